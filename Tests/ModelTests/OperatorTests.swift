import FoundationEssentials
import Model
import TestSupport
import Testing

private typealias Refusal = (name: String, reason: String, build: @Sendable (inout ONNXBuilder) -> Void)

private func recurrentWeights(_ builder: inout ONNXBuilder) {
  builder.initializer("w", .floats([1, 2, 3], [1, 1, 3]))
  builder.initializer("r", .floats([0.5], [1, 1, 1]))
}

/// Graphs from x, batch × 2 × 3, to y, and why they are refused.
private let refusals: [Refusal] = [
  (
    "an attribute that ONNX does not know",
    "leakyrelu1 (LeakyRelu): ONNX has no attribute 'slope' of it; export without it",
    { $0.node("LeakyRelu", ["x"], ["y"], ["slope": .float(0.5)]) }
  ),
  (
    "corners of no whole size",
    "resize1 (Resize): a scale gives an axis of 3 no whole size, and runtimes differ in where its corners are then; give sizes",
    {
      $0.initializer("scales", .floats([1, 1, 0.5], [3]))
      $0.node(
        "Resize", ["x", "", "scales"], ["y"], ["mode": .text("linear"), "coordinate_transformation_mode": .text("align_corners")])
    }
  ),
  (
    "steps that are samples",
    "rnn1 (RNN): the batch is at axis 0 of its input, where its steps are; name the axis of the model's input that is the batch 'batch', and fix the size of the other",
    {
      recurrentWeights(&$0)
      $0.node("RNN", ["x", "w", "r"], ["y"])
    }
  ),
  (
    "lengths of sequences that depend on the input",
    "rnn1 (RNN): operand 4, the length of each sequence, depends on the input; give it as a constant, or leave it out",
    {
      recurrentWeights(&$0)
      $0.node("RNN", ["x", "w", "r", "", "x"], ["y"], ["layout": .integer(1)])
    }
  ),
  (
    "product of matrices of other axes", "matmul2 (MatMul): its operands have the batch at axes that are not one of the result's",
    { $0.node("MatMul", ["x", $0.node("Flatten", ["x"])], ["y"]) }
  ),
  (
    "a result over samples", "einsum1 (Einsum): its operands have the batch at axes that are not one of the result's",
    { $0.node("Einsum", ["x"], ["y"], ["equation": .text("bij->ij")]) }
  ),
  (
    "weights for each sample", "einsum1 (Einsum): operand 1 of shape [2, 3] has another element for each sample",
    {
      $0.initializer("c", .floats([1, 2, 3, 4, 5, 6], [2, 3]))
      $0.node("Einsum", ["x", "c"], ["y"], ["equation": .text("bij,bj->bi")])
    }
  ),
  (
    "two constants", "einsum1 (Einsum): it has 2 constant operands of 3",
    {
      $0.initializer("c", .floats([1, 2, 3], [3]))
      $0.node("Einsum", ["x", "c", "c"], ["y"], ["equation": .text("bij,j,j->bi")])
    }
  ),
  (
    "constant with a batch", "add1 (Add): a constant of shape [2, 2, 3] does not broadcast to batch × [2, 3]",
    {
      $0.initializer("c", .floats(Array(repeating: 1, count: 12), [2, 2, 3]))
      $0.node("Add", ["x", "c"], ["y"])
    }
  ),
  (
    "ranks that mix the batch axis",
    "add2 (Add): its operands have the batch at different axes: 0; 1",
    {
      $0.initializer("k", .integers([0], []))
      $0.node("Add", ["x", $0.node("Gather", ["x", "k"], [], ["axis": .integer(1)])], ["y"])
    }
  ),
  (
    "samples mixed by a shape", "reshape2 (Reshape): it reshapes to [3, -1, 2], which does not keep the batch axis",
    {
      $0.initializer("s", .integers([3, -1, 2]))
      $0.node("Reshape", [$0.node("Transpose", ["x"], [], ["perm": .integers([1, 0, 2])]), "s"], ["y"])
    }
  ),
  (
    "convolution of a batch that is second", "conv2 (Conv): operand 0 has the batch at axis 1, not at axis 0",
    {
      $0.initializer("w", .floats([1, 1], [1, 2, 1]))
      $0.node("Conv", [$0.node("Transpose", ["x"], [], ["perm": .integers([1, 0, 2])]), "w"], ["y"])
    }
  ),
  (
    "a sample picked", "gather1 (Gather): it works along the batch axis",
    {
      $0.initializer("k", .integers([0], []))
      $0.node("Gather", ["x", "k"], ["y"])
    }
  ),
  (
    "rows of values by ids of values", "gather2 (Gather): its operands have the batch at axes that are not one of the result's",
    { $0.node("Gather", ["x", $0.node("Cast", ["x"], [], ["to": .integer(7)])], ["y"], ["axis": .integer(1)]) }
  ),
  (
    "a repeated batch", "expand1 (Expand): it expands the batch axis",
    {
      $0.initializer("s", .integers([2, 2, 3]))
      $0.node("Expand", ["x", "s"], ["y"])
    }
  ),
  (
    "softmax over the batch", "softmax1 (Softmax): it is over the batch axis",
    { $0.node("Softmax", ["x"], ["y"], ["axis": .integer(0)]) }
  ),
  (
    "sliced batch", "slice1 (Slice): it cuts the batch axis",
    {
      $0.initializer("a", .integers([0]))
      $0.initializer("b", .integers([2]))
      $0.node("Slice", ["x", "a", "b"], ["y"])
    }
  ),
  ("reduced batch", "reducemean1 (ReduceMean): it reduces the batch axis", { $0.node("ReduceMean", ["x"], ["y"]) }),
  (
    "integers used as such",
    "relu2 (Relu): operand 0 is quantized; only a DequantizeLinear, or an operator of integers, can follow",
    {
      $0.initializer("s", .floats([1], []))
      $0.node("Relu", [$0.node("QuantizeLinear", ["x", "s"])], ["y"])
    }
  ),
  (
    "batch size as a number", "mul5 (Mul): it computes with integers beyond 2^60, or otherwise than by a factor with the batch size",
    {
      $0.initializer("k", .integers([0], []))
      let size = $0.node("Gather", [$0.node("Shape", ["x"]), "k"])
      let other = $0.node("Gather", [$0.node("Shape", ["x"], ["shape"]), "k"], ["size"])
      $0.node("Mul", ["x", $0.node("Cast", [$0.node("Mul", [size, other])], [], ["to": .integer(1)])], ["y"])
    }
  ),
]

/// Where onnxruntime is not exact: it stops when probabilities that it iterates are near, and adds many cubic parts.
private let tolerances = ["SVMClassifier_probabilities": 2e-3, "Resize_cubic_shrunk_filtered": 5e-6]

@Suite struct OperatorTests {
  /// The expected outputs are onnxruntime's; Fixtures/generate.py writes them.
  @Test(arguments: try fixtureNames("operators").filter { $0.hasSuffix(".onnx") })
  func resultIsOnnxruntimes(file: String) throws {
    let name = String(file.dropLast(".onnx".count))
    // What onnxruntime rounds to 8 bits by itself is not rounded.
    let tolerance = name.hasPrefix("Gemm_half_input") ? 4e-3 : name.hasPrefix("DynamicQuantize") ? 5e-2
      : tolerances[name] ?? 2e-6
    try expectOutputs(
      of: try fixtureNetwork("operators/\(file)"), in: fixtures + "operators/expected.npz:\(name)", tolerance: tolerance
    )
  }

  @Test func everyOperatorHasAModel() throws {
    let tested = Set(try fixtureNames("operators").map { String($0.prefix { $0 != "_" && $0 != "." }) })
    // The field of a node that holds the name of its operator.
    let fields = try TransformerFixture.all.map { [UInt8](try readFile(fixtures + "transformers/\($0.name).onnx")) }
    let names = ImportedOperator.all.map(\.name).filter { !tested.contains($0) && $0 != "Swish" && !$0.hasSuffix(".ZipMap") }
    let missing = names.filter { name in
      let own = name.split(separator: ".").last.map(String.init) ?? name
      if tested.contains(own) { return false }
      let field = [0x22, UInt8(own.utf8.count)] + Array(own.utf8)
      return !fields.contains { file in file.indices.contains { file[$0...].starts(with: field) } }
    }
    #expect(missing == [])
  }

  @Test(arguments: refusals.indices)
  func nodeIsRefused(index: Int) {
    let (name, reason, build) = refusals[index]
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2, 3])
    build(&builder)
    builder.output("y")
    #expect(
      errorDescription { _ = try importONNX(builder.bytes, file: name) } == "\(name): 1 unsupported node: \(reason)")
  }

  /// With ZKML_PIN the document is written.
  @Test func documentIsPrintedFromTheCode() throws {
    let path = String(#filePath.dropLast("Tests/ModelTests/OperatorTests.swift".count)) + "docs/operators.md"
    if ProcessInfo.processInfo.environment["ZKML_PIN"] != nil {
      try Data(ImportedOperator.document.utf8).write(to: URL(filePath: path))
    }
    #expect(String(decoding: try readFile(path), as: UTF8.self) == ImportedOperator.document)
  }
}
