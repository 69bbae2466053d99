import FoundationEssentials
import TestSupport
import Testing

/// Inputs from several files, parts of arrays, and sizes of symbolic axes.
@Suite struct InputFileTests {
  private struct Shown: Decodable {
    struct Output: Decodable { let values: [Double] }
    let outputs: [String: Output]
  }

  private let place: Workplace

  /// y = 2 (Σ x + m), where x has any length.
  init() throws {
    place = try Workplace()
    var builder = ONNXBuilder()
    builder.input("x", [nil, nil, 3])
    builder.input("m", [nil, 3])
    builder.initializer("axes", .integers([1]))
    builder.initializer("w", .floats([2, 0, 0, 0, 2, 0, 0, 0, 2], [3, 3]))
    let sum = builder.node("ReduceSum", ["x", "axes"], [], ["keepdims": .integer(0)])
    builder.node("MatMul", [builder.node("Add", [sum, "m"]), "w"], ["y"])
    builder.output("y")
    try place.write(builder.bytes, to: "m.onnx")
    try place.write(Array("[[[1, 2, 3], [4, 5, 6]], [[-1, 0, 1], [2, 0, -2]]]".utf8), to: "x.json")
    try place.write(Array("[[1, 2, 3, 4, 5, 6], [-1, 0, 1, 2, 0, -2]]".utf8), to: "flat.json")
    try place.write(Array(#"{"m": [[1, 1, 1], [0, 3, 0]]}"#.utf8), to: "m.json")
  }

  private func inputs(_ option: String, _ texts: String...) -> [String] {
    texts.flatMap { text -> [String] in
      let parts = text.split(separator: "=")
      return [option, parts.count == 1 ? "\(place.path)/\(text)" : "\(parts[0])=\(place.path)/\(parts[1])"]
    }
  }

  private func compile(_ arguments: [String]) throws -> ToolResult {
    try place.run(["compile", "@m.onnx", "-o", "@net", "--bits", "16"] + arguments)
  }

  private func expectValues(_ values: [Double], _ texts: [String]) throws {
    let result = try place.run(["run", "@net", "--json"] + texts.flatMap { inputs("--input", $0) })
    try #require(result.status == 0, "\(result.errors)")
    let output = try #require(try JSONDecoder().decode(Shown.self, from: Data(result.output.utf8)).outputs["y"])
    #expect(output.values.count == 3 && zip(output.values, values).allSatisfy { abs($0 - $1) < 0.01 }, "\(output.values)")
  }

  @Test func everyInputHasAFile() throws {
    #expect(try compile(inputs("--calibrate", "x=x.json", "m=m.json:m")).status == 0)
    for texts in [["x=x.json[1:2]", "m=m.json[1:]"], ["x=x.json[1]", "m.json:m[1]"]] {
      try expectValues([2, 6, -2], texts)
    }
    #expect(try place.run("setup", "@net").status == 0)
    let given = inputs("--input", "m=m.json[0:2]", "x=x.json")
    #expect(try place.run(["prove", "@net", "-o", "@a.proof"] + given).status == 0)
    let verify = ["verify", "--key", "@net.vk", "@a.proof"]
    #expect(try place.run(verify + given).status == 0)
    let other = inputs("--input", "m=m.json[1]", "x=x.json[1]")
    #expect(try place.run(verify + other).errors.contains("its batch is 2"))
  }

  @Test func sizesOfSymbolicAxes() throws {
    let flat = inputs("--calibrate", "x=flat.json", "m=m.json")
    #expect(try compile(flat).errors.contains("'x' has an axis without a fixed size"))
    #expect(try compile(flat + ["--input-shape", "x=1,2,3"]).status == 0)
    try expectValues([12, 16, 20], ["x=x.json[0]", "m=m.json[0]"])
    for (shape, part) in [
      ("x=1,3,3", "shape [2, 6] is not a batch of samples of shape [3, 3]"),
      ("x=1,2,4", "shape [1, 2, 4] is not a batch of samples of shape [2, 3]"), ("z=1,2", "the network has no such input; it has x, m"),
      ("x=1,0,3", "--input-shape must be NAME=SIZES"), ("x", "--input-shape must be NAME=SIZES"),
    ] {
      let result = try compile(flat + ["--input-shape", shape] + (shape.hasPrefix("z") ? ["--input-shape", "x=1,2,3"] : []))
      #expect(result.status == 2 && result.errors.contains(part), "\(shape): \(result.errors)")
    }
  }

  @Test func whatDoesNotNameOneFileForEach() throws {
    for (texts, part) in [
      (["x=x.json"], "has no file for 'm'; add m=FILE"), (["x=x.json", "x=flat.json", "m.json"], "has two files for 'x'"),
      (["x.json", "m.json"], "has two files without a name; write NAME=FILE for each input"),
      (["x=x.json", "m=m.json", "z=x.json"], "has a file for 'z', which is none of x, m"),
      (["x=x.json[1:3]", "m=m.json"], "an array of shape [2, 2, 3] has no elements 1:3"),
    ] {
      let result = try compile(texts.flatMap { inputs("--calibrate", $0) })
      #expect(result.status == 2 && result.errors.contains(part), "\(texts): \(result.errors)")
    }
  }

  /// A path may have the sign of a pair in it.
  @Test func pathsWithAnEqualsSign() throws {
    try place.write(Array(#"{"x": [[[1, 2, 3]]], "m": [[1, 1, 1]]}"#.utf8), to: "a=b.json")
    #expect(try compile(["--calibrate", "@a=b.json"]).status == 0)
  }
}
