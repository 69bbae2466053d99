import FoundationEssentials
import Model
import TestSupport
import Testing

private typealias Refusal = (name: String, reason: String, build: @Sendable (inout ONNXBuilder) -> Void)

/// Graphs from x, batch × 2 × 3, to y, and why they are refused.
private let refusals: [Refusal] = [
  (
    "product of matrices of other axes", "matmul2 (MatMul): its operands have the batch at axes that are not one of the result's",
    { $0.node("MatMul", ["x", $0.node("Flatten", ["x"])], ["y"]) }
  ),
  (
    "an ellipsis", "einsum1 (Einsum): its equation is '...i->...'",
    { $0.node("Einsum", ["x"], ["y"], ["equation": .text("...i->...")]) }
  ),
  (
    "a diagonal", "einsum1 (Einsum): its equation 'bij,bii->bj' names an axis twice, or one of no operand",
    { $0.node("Einsum", ["x", "x"], ["y"], ["equation": .text("bij,bii->bj")]) }
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
    "rows of values by ids of values", "gather2 (Gather): its indices depend on the input, and so does what it picks from",
    { $0.node("Gather", ["x", $0.node("Cast", ["x"], [], ["to": .integer(7)])], ["y"], ["axis": .integer(1)]) }
  ),
  (
    "quotients of integers", "div3 (Div): it divides integers that depend on the input",
    {
      let (a, b) = ($0.node("Cast", ["x"], [], ["to": .integer(7)]), $0.node("Cast", ["x"], [], ["to": .integer(7)]))
      $0.node("Div", [a, b], ["y"])
    }
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
    "classes inside",
    "relu2 (Relu): operand 0 comes from an ArgMax or TopK, which is supported only before an output",
    { $0.node("Relu", [$0.node("ArgMax", ["x"], [], ["axis": .integer(2)])], ["y"]) }
  ),
  (
    "classes over another axis", "argmax1 (ArgMax): it is not over the last axis",
    { $0.node("ArgMax", ["x"], ["y"], ["axis": .integer(1)]) }
  ),
  (
    "values of the largest elements", "topk1 (TopK): its values are used; only its indices are supported",
    {
      $0.initializer("k", .integers([1]))
      $0.node("TopK", ["x", "k"], ["y", "indices"])
    }
  ),
  (
    "concatenated batches", "concat1 (Concat): it works along the batch axis",
    { $0.node("Concat", ["x", "x"], ["y"], ["axis": .integer(0)]) }
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
    "batch axis alone", "reducesum1 (ReduceSum): its result has a batch axis only",
    {
      $0.initializer("a", .integers([1, 2]))
      $0.node("ReduceSum", ["x", "a"], ["y"], ["keepdims": .integer(0)])
    }
  ),
  (
    "padding with ones", "pad1 (Pad): it pads with 1.0, not 0",
    {
      $0.initializer("p", .integers([0, 0, 1, 0, 0, 1]))
      $0.initializer("c", .floats([1], []))
      $0.node("Pad", ["x", "p", "c"], ["y"])
    }
  ),
  (
    "mirrored padding", "pad1 (Pad): it pads with something else than constants",
    {
      $0.initializer("p", .integers([0, 0, 1, 0, 0, 1]))
      $0.node("Pad", ["x", "p"], ["y"], ["mode": .text("reflect")])
    }
  ),
  (
    "cubic samples", "resize1 (Resize): its mode is 'cubic'",
    { $0.node("Resize", ["x"], ["y"], ["mode": .text("cubic")]) }
  ),
  (
    "several exponents", "pow1 (Pow): its exponent is not one number",
    {
      $0.initializer("c", .floats([1, 2, 3], [3]))
      $0.node("Pow", ["x", "c"], ["y"])
    }
  ),
  ("exponent of the input", "pow1 (Pow): operand 1 is not a constant", { $0.node("Pow", ["x", "x"], ["y"]) }),
  (
    "integers from nowhere", "dequantizelinear1 (DequantizeLinear): operand 0 does not come from a QuantizeLinear",
    {
      $0.initializer("s", .floats([1], []))
      $0.node("DequantizeLinear", ["x", "s"], ["y"])
    }
  ),
  (
    "integers used as such", "relu2 (Relu): operand 0 is quantized; only a DequantizeLinear can follow",
    {
      $0.initializer("s", .floats([1], []))
      $0.node("Relu", [$0.node("QuantizeLinear", ["x", "s"])], ["y"])
    }
  ),
  (
    "two scales",
    "dequantizelinear2 (DequantizeLinear): its scale and zero point are not those of the QuantizeLinear before it",
    {
      $0.initializer("s", .floats([1], []))
      $0.initializer("t", .floats([2], []))
      $0.node("DequantizeLinear", [$0.node("QuantizeLinear", ["x", "s"]), "t"], ["y"])
    }
  ),
  (
    "scales of channels", "quantizelinear1 (QuantizeLinear): it quantizes a value with several scales",
    {
      $0.initializer("s", .floats([1, 2], [2]))
      $0.node("QuantizeLinear", ["x", "s"], ["y"])
    }
  ),
  (
    "long integers without a sign", "cast1 (Cast): the tensor 'c' has element type UINT32, which is not read",
    {
      $0.initializer("c", .narrow([1] as [UInt32], [1]))
      $0.node("Add", ["x", $0.node("Cast", ["c"], [], ["to": .integer(1)])], ["y"])
    }
  ),
  (
    "batch size as a number", "mul5 (Mul): it computes with integers beyond 2^60, or otherwise than by a factor with the batch size",
    {
      $0.initializer("k", .integers([0], []))
      let size = $0.node("Gather", [$0.node("Shape", ["x"]), "k"])
      let other = $0.node("Gather", [$0.node("Shape", ["x"], ["shape"]), "k"], ["size"])
      $0.node("Mul", [size, other])
      $0.node("Relu", ["x"], ["y"])
    }
  ),
]

@Suite struct OperatorTests {
  /// The expected outputs are onnxruntime's; Fixtures/generate.py writes them.
  @Test(arguments: try fixtureNames("operators").filter { $0.hasSuffix(".onnx") })
  func resultIsOnnxruntimes(file: String) throws {
    let name = String(file.dropLast(".onnx".count))
    let tolerance = name.hasPrefix("Gemm_half_input") ? 4e-3 : 2e-6
    try expectOutputs(
      of: try fixtureNetwork("operators/\(file)"), in: fixtures + "operators/expected.npz:\(name)", tolerance: tolerance
    )
  }

  @Test func everyOperatorHasAModel() throws {
    let tested = Set(try fixtureNames("operators").map { String($0.prefix { $0 != "_" && $0 != "." }) })
    // The field of a node that holds the name of its operator.
    let fields = try TransformerFixture.all.map { [UInt8](try readFile(fixtures + "transformers/\($0.name).onnx")) }
    let names = ImportedOperator.all.map(\.name).filter { !tested.contains($0) && $0 != "Swish" }
    let missing = names.filter { name in
      let own = name.hasPrefix(fusedDomain) ? String(name.dropFirst(fusedDomain.count + 1)) : name
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
