import ArgumentParser
import Glibc
import Verifier

struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zkml",
    abstract: "Proves what a neural network computed, and verifies such proofs.",
    discussion: """
      compile and setup once for a network; then prove each inference and hand NET.vk and the proof to who verifies.

        zkml compile model.onnx --calibrate samples.npz -o net
        zkml setup net
        zkml prove net --input sample.npy -o sample.proof
        zkml verify --key net.vk sample.proof

      Exit status: 0 done, or every proof is valid; 1 a proof does not hold; 2 inputs that cannot be used;
      3 an internal error, or a file or standard output that could not be written. With --json also errors are
      objects: {"error": …, "status": 2}.
      """,
    version: "0.1.0",
    subcommands: [
      CompileCommand.self, SetupCommand.self, RunCommand.self, CommitInputCommand.self, ProveCommand.self, VerifyCommand.self,
      InspectCommand.self, EvaluateCommand.self, MeasureCommand.self,
    ])
}

@main enum Tool {
  static func main() {
    Ending.prepare()
    Output.reserveDescriptors()
    var status = Tool.status()
    StatusLine.end()
    if status == 0, !Output.isComplete {
      Output.showError("zkml: standard output cannot be written")
      status = Status.internalError.rawValue
    }
    exit(status)
  }

  /// Refuses arguments that are not UTF-8: different ones would be read as the same text.
  private static func requireText() throws {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else { continue }
      throw Failure.unusable("argument \(index) is not valid UTF-8: give it, or the file, a name that is")
    }
  }

  private static func status() -> Int32 {
    var command: ParsableCommand
    do {
      try requireText()
      try Machine.requireSupport()
      command = try RootCommand.parseAsRoot()
    } catch let failure as Failure {
      return failure.report()
    } catch {
      guard RootCommand.exitCode(for: error) != .success else {
        Output.showPage(RootCommand.fullMessage(for: error))
        return 0
      }
      return Failure.unusable(RootCommand.message(for: error)).report()
    }
    do {
      try command.run()
      return 0
    } catch {
      guard RootCommand.exitCode(for: error) != .success else {
        Output.showPage(RootCommand.fullMessage(for: error))
        return 0
      }
      return Failure(error).report()
    }
  }
}
