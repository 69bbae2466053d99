import FoundationEssentials
import TestSupport
import Testing

/// Classes of each row of a value with further axes, from the model to the verifier.
@Suite struct RowClassTests {
  private struct Shown: Decodable {
    struct Output: Decodable {
      let shape: [Int]
      let classes: [Int]
    }
    let outputs: [String: Output]
  }
  private struct Verified: Decodable { let proofs: [Shown] }
  private struct Evaluated: Decodable {
    let integerAccuracy: Double
    enum CodingKeys: String, CodingKey { case integerAccuracy = "integer_accuracy" }
  }

  /// Two samples of three rows of four; W turns a row round.
  private static let input: [[[Float]]] = [
    [[0.1, 0.9, -0.3, 0.4], [0.8, -0.2, 0.1, 0.3], [-0.9, -0.8, -0.7, -0.1]],
    [[0.5, 0.5, -0.5, 0.2], [0, 0, 0, 0], [0.2, 0.3, 0.4, 0.1]],
  ]

  private func place(_ build: (inout ONNXBuilder) -> String, _ shape: [Int?]) throws -> Workplace {
    let place = try Workplace()
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3, 4])
    builder.initializer("w", .floats((0..<16).map { $0 / 4 + $0 % 4 == 3 ? 1 : 0 }, [4, 4]))
    let output = build(&builder)
    builder.output(output, shape, type: 7)
    try place.write(builder.bytes, to: "m.onnx")
    let samples = Self.input.map { "[" + $0.map { "[" + $0.map { "\($0)" }.joined(separator: ", ") + "]" }.joined(separator: ", ") + "]" }
    try place.write(Array("{\"x\": [\(samples.joined(separator: ", "))], \"labels\": [[2, 3, 0], [2, 0, 0]]}".utf8), to: "x.json")
    for command in [["compile", "@m.onnx", "--calibrate", "@x.json", "-o", "@net"], ["setup", "@net"]] {
      let result = try place.run(command)
      try #require(result.status == 0, "\(result.errors)")
    }
    return place
  }

  private func object<Object: Decodable>(_ place: Workplace, _ arguments: String...) throws -> Object {
    let result = try place.run(arguments + ["--json"])
    try #require(result.status == 0, "\(arguments): \(result.errors)")
    return try JSONDecoder().decode(Object.self, from: Data(result.output.utf8))
  }

  @Test(arguments: [false, true]) func largestOfEachRow(keepsAxis: Bool) throws {
    let place = try place({ builder in
      let turned = builder.node("MatMul", ["x", "w"])
      return builder.node("ArgMax", [turned], ["y"], ["axis": .integer(-1), "keepdims": .integer(keepsAxis ? 1 : 0)])
    }, [nil, 3] + (keepsAxis ? [1] : []))
    let (shape, classes) = ([2, 3] + (keepsAxis ? [1] : []), [2, 3, 0, 2, 0, 1])
    let run: Shown = try object(place, "run", "@net", "--input", "@x.json:x", "--output", "@y.npy")
    #expect(run.outputs["y"]?.shape == shape && run.outputs["y"]?.classes == classes)
    try #require(try place.run("prove", "@net", "--input", "@x.json:x", "-o", "@a.proof").status == 0)
    let verified: Verified = try object(
      place, "verify", "--key", "@net.vk", "@a.proof", "--input", "@x.json:x", "--output", "@y.npy")
    #expect(verified.proofs.map { $0.outputs["y"]?.classes } == [classes])
    #expect(verified.proofs.map { $0.outputs["y"]?.shape } == [shape])
    try place.write(Array("[[2, 3, 0], [2, 0, 0]]".utf8), to: "other.json")
    #expect(try place.run("verify", "--key", "@net.vk", "@a.proof", "--output", "@other.json").status == 1)
    // One label for each row; the last one is wrong.
    let evaluated: Evaluated = try object(
      place, "evaluate", "@net", "--data", "@x.json:x", "--labels", "labels", "--float", "@m.onnx")
    #expect(abs(evaluated.integerAccuracy - 5.0 / 6) < 1e-9)
    #expect(try place.run("inspect", "@net.vk").status == 0)
  }

  @Test func twoLargestOfEachRow() throws {
    let place = try place({ builder in
      builder.initializer("k", .integers([2]))
      builder.node("TopK", ["x", "k"], ["values", "y"])
      return "y"
    }, [nil, 3, 2])
    let run: Shown = try object(place, "run", "@net", "--input", "@x.json:x")
    #expect(run.outputs["y"]?.shape == [2, 3, 2])
    #expect(run.outputs["y"]?.classes == [1, 3, 0, 3, 2, 3, 0, 1, 0, 1, 1, 2])
    try #require(try place.run("prove", "@net", "--input", "@x.json:x", "-o", "@a.proof").status == 0)
    let verified: Verified = try object(place, "verify", "--key", "@net.vk", "@a.proof", "--input", "@x.json:x")
    #expect(verified.proofs.map { $0.outputs["y"]?.classes } == [run.outputs["y"]?.classes])
  }
}
