import FoundationEssentials
import Glibc
import TestSupport
import Testing

private struct Refused: Decodable { let error: String, status: Int }

/// What is shown arrives, or the command fails; names of others reach neither terminal nor object as they are.
@Suite struct OutputTests {
  private func status(_ place: Workplace, _ arguments: [String], output: String) throws -> (Int32, errors: String) {
    let status = try place.start(arguments, logs: [output, place.path + "/.errors"]).wait()
    return (status, String(decoding: try place.bytes(".errors"), as: UTF8.self))
  }

  @Test func outputThatCannotBeWrittenIsAnError() throws {
    let network = try TrainedNetwork()
    let sample = TrainedNetwork.sample(3)
    let verify = ["verify", "--key", "@net.vk", "@a.proof", "--context"]
    for arguments in [
      ["run", "@net", "--input", sample], ["run", "@net", "--input", sample, "--json"], ["inspect", "@net.vk"],
      ["prove", "@net", "--input", sample, "-o", "@b.proof", "--json"], verify + ["order 1"], verify + ["order 1", "--json"],
      ["--help"], ["--version"], ["help", "prove"],
    ] {
      let (status, errors) = try status(network.place, arguments, output: "/dev/full")
      #expect(status == 3 && errors == "zkml: standard output cannot be written\n", "\(arguments) \(status) \(errors)")
    }
    #expect(try status(network.place, verify + ["other"], output: "/dev/full").0 == 1)
    #expect(try status(network.place, ["run", "@net", "--input", sample, "--quiet"], output: "/dev/full").0 == 0)
  }

  /// Nothing is written into a file that was given the descriptor of standard output.
  @Test func closedOutputIsAnError() throws {
    let network = try TrainedNetwork(isProved: false)
    let folder = network.place.path
    let prove = "\(built("zkml")) prove \(folder)/net --input '\(TrainedNetwork.sample(0))' -o \(folder)/b.proof"
    let closed = try ChildProcess(["/bin/bash", "-c", "exec \(prove) <&- >&- 2>&-"], output: "/dev/null")
    #expect(closed.wait() == 3)
    #expect(try network.verify("@b.proof", context: "").status == 0)
  }

  @Test func errorsAreObjectsToo() throws {
    let network = try TrainedNetwork()
    for (arguments, status) in [
      (["run", "@net", "--input", "@none.npy"], 2), (["prove", "@net", "--input", TrainedNetwork.data, "-o", "@no/p"], 2),
      (["verify", "--key", "@net.vk", "@a.proof"], 1), (["verify", "--key", "@net.vk", "@a.proof", "@none.proof"], 1),
      (["verify", "--key", "@net.vk", "@none.proof"], 2), (["verify", "--key", "@none.vk", "@a.proof"], 2),
      (["inspect", "@none"], 2), (["setup", "@net"], 2), (["measure", "@none", "--input", "@x"], 2),
      (["fly"], 2), (["run"], 2), (["run", "@net", "--input", "x", "--bogus"], 2), (["setup", "@net", "--proofs", "0"], 2),
      (["compile", TrainedNetwork.model, "--calibrate", TrainedNetwork.data], 2),
    ] as [([String], Int)] {
      let result = try network.place.run(arguments + ["--json"])
      let object = try JSONDecoder().decode(Refused.self, from: Data(result.output.utf8))
      #expect(Int(result.status) == status && object.status == status, "\(arguments)")
      #expect(!object.error.isEmpty && result.errors.contains(object.error.prefix(60)), "\(arguments) \(result.errors)")
      #expect(result.output.split(separator: "\n").count == 1)
    }
    #expect(try network.place.run("run", "@net", "--input", "@none.npy").output.isEmpty)
  }

  /// Right-to-left override, isolates, a C1 control, a zero-width space, an end of a line.
  private static let unseen = "\u{202e}\u{2066}\u{2069}\u{9b}31m\u{200b}\u{2028}\u{7}\u{feff}\u{e0001}"

  private func expectSeen(_ text: String, _ subject: String) {
    let scalars = text.unicodeScalars.filter {
      $0 != "\n" && [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
    }
    #expect(scalars.isEmpty, "\(subject): \(scalars.map { String($0.value, radix: 16) })")
  }

  @Test func namesOfOthersAreShownHarmless() throws {
    let place = try Workplace()
    var builder = ONNXBuilder(name: "net" + Self.unseen)
    builder.input("x" + Self.unseen, [nil, 2])
    builder.initializer("w" + Self.unseen, .floats([1, 2, 3, 4], [2, 2]))
    let product = builder.node("MatMul", ["x" + Self.unseen, "w" + Self.unseen], ["m" + Self.unseen])
    builder.node("Relu", [product], ["y" + Self.unseen])
    builder.output("y" + Self.unseen)
    try place.write(builder.bytes, to: "model.onnx")
    var refused = ONNXBuilder()
    refused.input("x", [nil, 2])
    refused.node("Fly" + Self.unseen, ["x"], ["y" + Self.unseen], domain: "")
    refused.output("y" + Self.unseen)
    try place.write(refused.bytes, to: "refused.onnx")
    try place.write(Array("[[1, 2], [3, 4]]".utf8), to: "x.json")
    let context = "pay 1" + Self.unseen
    let commands: [[String]] = [
      ["compile", "@model.onnx", "--calibrate", "@x.json", "-o", "@net", "-v"], ["setup", "@net"],
      ["run", "@net", "--input", "@x.json"],
      ["prove", "@net", "--input", "@x.json", "-o", "@a.proof", "--context", context],
      ["verify", "--key", "@net.vk", "@a.proof", "--context", context], ["verify", "--key", "@net.vk", "@a.proof"],
      ["inspect", "@net.vk"], ["inspect", "@net.circuit"], ["inspect", "@a.proof", "--key", "@net.vk"],
      ["compile", "@refused.onnx", "--calibrate", "@x.json", "--dry-run"], ["run", "@net", "--input", "@x.json" + Self.unseen],
      ["run", "@net", "--input", "@x.json:" + Self.unseen], ["compile", "@" + Self.unseen, "--calibrate", "@x", "-o", "@y"],
      ["commit-input", "@net", "--input", "@x.json", "-o", "@x.input"], ["inspect", "@x.input"],
      ["commit-input", "@net", "--input", "@x.json", "-o", "@y.input", "--port", Self.unseen], [Self.unseen],
      ["run", "--" + Self.unseen],
    ]
    for command in commands {
      let result = try place.run(command)
      expectSeen(result.output, "\(command)")
      expectSeen(result.errors, "\(command)")
      let overwrite = ["setup", "commit-input"].contains(command[0]) ? ["--overwrite"] : []
      let object = try place.run(command + overwrite + ["--json"])
      expectSeen(object.output, "\(command) --json")
      expectSeen(object.errors, "\(command) --json")
      #expect((try? JSONDecoder().decode(Anything.self, from: Data(object.output.utf8))) != nil, "\(command) \(object.output)")
    }
    let verified = try place.run("verify", "--key", "@net.vk", "@a.proof", "--context", context)
    #expect(verified.output.contains("context  0x7061792031e280ae"), "what is not seen is shown as bytes: \(verified.output)")
    let object = try place.run("verify", "--key", "@net.vk", "@a.proof", "--context", context, "--json")
    let statement = try JSONDecoder().decode(Verified.self, from: Data(object.output.utf8))
    #expect(statement.proofs.map(\.context) == [context])
  }

  private struct Anything: Decodable { init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: Key.self) } }
  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
  private struct Verified: Decodable {
    struct Proof: Decodable { let context: String }
    let proofs: [Proof]
  }
}
