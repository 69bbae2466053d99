import Glibc
import TestSupport
import Testing

/// What the tool says is so.
@Suite struct WordingTests {
  @Test func seedsChangeNothing() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--transparent")
    let place = network.place
    let keys = try ["net.pk", "net.vk"].map { try place.bytes($0) }
    let prove = ["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof", "--transparent"]
    try network.succeed(prove)
    let proof = try place.bytes("a.proof")
    for command in [
      ["setup", "@net", "--transparent", "--overwrite"], prove,
      ["measure", "@net", "--input", TrainedNetwork.sample(0), "--transparent", "--repeat", "1"],
    ] { #expect(try network.succeed(command + ["--seed", "00"]).errors.contains("--seed: changes nothing"), "\(command)") }
    #expect(try keys == ["net.pk", "net.vk"].map { try place.bytes($0) } && proof == place.bytes("a.proof"))
    for command in [["setup", "@net", "--overwrite"], ["run", "@net", "--input", "x"], ["inspect", "@net.vk"]] {
      let refused = try place.run(command + ["--seed", "00"])
      #expect(refused.status == 2 && refused.errors.contains("--seed is refused, but by"), "\(command)")
    }
  }

  @Test func integersWithoutAScaleAreNamed() throws {
    let place = try Workplace()
    let folder = circuitFolder("fmnist-mlp")
    let compile = ["compile", folder + "/model.onnx", "--calibrate", folder + "/calibration.npz", "--dry-run"]
    let told = try place.run(compile)
    #expect(told.status == 0 && told.errors.contains("the integers for 'input' are taken as they are"), "\(told)")
    #expect(try place.run(compile + ["--input-scale", "1/255"]).errors.isEmpty)
    let help = try place.run("compile", "--help").output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(help.contains("is taken as it is, unless --input-scale"))
  }

  @Test func theModelIsNamedWhereItIsSaid() throws {
    let network = try TrainedNetwork()
    let lines = try network.verify("@a.proof").output.split(separator: "\n")
    let model = try #require(lines.first { $0.hasPrefix("model    ") }?.dropFirst(9))
    #expect(try network.verify("@a.proof", "--model", String(model)).status == 0)
    #expect(try !network.place.run("verify", "--help").output.contains("first line"))
  }

  @Test func aForfeitIsAnnouncedWhenItIsMade() throws {
    let network = try TrainedNetwork(isProved: false)
    let prove = ["prove", "@net", "-o", "@a.proof", "--transparent", "--forfeit-hiding", "--input"]
    let counted = try network.place.bytes("net.spent")
    let refused = try network.place.run(prove + ["@missing.npy"])
    #expect(refused.status == 2 && refused.errorLines.count == 1 && !refused.errors.contains("not hidden"), "\(refused.errors)")
    #expect(try network.place.bytes("net.spent") == counted)
    #expect(try network.succeed(prove + [TrainedNetwork.sample(0)]).errors.contains("the weights are not hidden any more"))
  }

  /// One committed or hidden, one shown.
  @Test func shownInputsAreCompared() throws {
    let place = try Workplace()
    var builder = ONNXBuilder()
    for name in ["a", "b"] { builder.input(name, [nil, 2]) }
    builder.initializer("w", .floats([1, 2, 3, 4], [2, 2]))
    builder.node("Add", ["a", "b"], ["s"])
    builder.node("MatMul", ["s", "w"], ["y"])
    builder.output("y")
    try place.write(builder.bytes, to: "model.onnx")
    for (name, b) in [("x", "[3, 4]"), ("other", "[4, 3]")] {
      try place.write(Array("{\"a\": [[1, 2]], \"b\": [\(b)]}".utf8), to: name + ".json")
    }
    try place.write(Array("[[3, 4]]".utf8), to: "b.json")
    for command in [
      ["compile", "@model.onnx", "--calibrate", "@x.json", "-o", "@net"], ["setup", "@net"],
      ["commit-input", "@net", "--port", "a", "--input", "@x.json", "-o", "@a.input"],
      ["prove", "@net", "--committed-input", "a=\(place.path)/a.input", "--input", "@x.json", "-o", "@a.proof"],
    ] {
      let result = try place.run(command)
      try #require(result.status == 0, "\(command): \(result.errors)")
    }
    func verify(_ input: String) throws -> ToolResult { try place.run("verify", "--key", "@net.vk", "@a.proof", "--input", input) }
    for input in ["@x.json", "@b.json"] {
      let result = try verify(input)
      #expect(result.status == 0 && result.errors.contains("input 'a' is committed: --input-commitment demands it"), "\(result)")
    }
    let result = try verify("@other.json")
    #expect(result.status == 1 && result.errors.contains("its input is not"), "\(result)")
  }
}
