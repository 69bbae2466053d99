import ArgumentParser
import Glibc
import Logging
import Prover

/// Options of every command, and what follows from them.
struct SharedOptions: ParsableArguments {
  @Option(help: "Number of threads (default: all cores). Results do not depend on it.")
  var threads: Int?

  @Option(
    help: ArgumentHelp("Accepted with --transparent alone, where nothing is random: it changes nothing.", valueName: "hex"))
  var seed: String?

  @Flag(help: "Print one JSON object on standard output and messages on standard error.")
  var json = false

  @Flag(name: .shortAndLong, help: "Log what is done on standard error.")
  var verbose = false

  @Flag(help: "Print nothing but errors and JSON.")
  var quiet = false

  var threadCount: Int { threads ?? Machine.coreCount }

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024") }
    if let seed, seed.isEmpty || seed.utf8.count > 128 || !seed.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
      throw ValidationError("--seed must be 1 to 128 hexadecimal digits")
    }
  }

  /// Refuses a seed, which without `--transparent` would be asked to do what it must not do.
  func requireNoSeed(transparent: Bool = false) throws {
    guard seed != nil else { return }
    guard transparent else {
      throw Failure.unusable(
        "--seed is refused, but by prove, setup and measure with --transparent: masks that others can compute hide nothing")
    }
    note("--seed: changes nothing: with --transparent nothing is random")
  }

  /// A line on standard output for people.
  func say(_ line: String) { if !json, !quiet { Output.show(line) } }

  /// A line on standard error.
  func note(_ line: String) { if !quiet { Output.showError(line) } }

  /// Says which of the user's secret files others can read, and what stopped runs have left beside the files to be
  /// written.
  func noteFiles(secret: [String] = [], written: [String] = []) {
    for path in secret {
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
      note("\(path): others can use this secret file: chmod 600 \(path)")
    }
    for left in Set(written.flatMap { TemporaryFiles.leftovers(beside: $0) }).sorted() {
      note("\(left): a run that was stopped left it, with what may be secret: rm \(left)")
    }
  }

  /// Says which folders of inputs stopped runs have left.
  func noteLeftFolders() {
    for left in TemporaryFiles.leftFolders() {
      note("\(left): a run that was stopped left it, with an input in clear: rm -r \(left)")
    }
  }

  /// A line of the log, shown with --verbose.
  func detail(_ line: @autoclosure () -> String) {
    let level: Logger.Level = quiet ? .critical : verbose ? .debug : .notice
    Logger(label: "zkml") { _ in StandardErrorLog(logLevel: level) }.debug("\(line())")
  }

  /// What is being done, on a terminal.
  func status(_ text: String) { if !json, !quiet { StatusLine.show(text) } }

  /// The object of --json.
  func emit(_ object: @autoclosure () -> JSON) { if json { Output.show(object()) } }
}
