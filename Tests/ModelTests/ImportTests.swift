import Model
import TestSupport
import Testing

@Suite struct ImportTests {
  @Test(arguments: [
    "gemm_scaled", "gemm_scalar_bias", "gemm_without_bias", "matmul_add", "shapes", "typed_fields", "unused_nodes",
    "local_functions",
  ])
  func floatExecutorMatchesReference(name: String) throws {
    let network = try fixtureNetwork("accepted/\(name).onnx")
    try expectOutputs(of: network, in: fixtures + "accepted/expected.npz:\(name)", tolerance: 1e-5)
  }

  @Test func everyAcceptedFixtureIsTested() throws {
    #expect(try fixtureNames("accepted").count == 9)
  }

  @Test func unusedNodesDisappear() throws {
    let network = try fixtureNetwork("accepted/unused_nodes.onnx")
    #expect(network.nodes.count == 1)
    #expect(network.parameterCount == 6)
    #expect(network.multiplicationCount == 6)
  }

  @Test func biasIsFoldedAndAliasesVanish() throws {
    let network = try fixtureNetwork("accepted/matmul_add.onnx").simplified()
    #expect(network.nodes.count == 3)
    #expect(try fixtureNetwork("accepted/shapes.onnx").simplified().nodes.map(\.shape) == [[12], [2], [1, 2, 1]])
  }

  @Test func inputsAndOutputsKeepTheirOrderAndNames() throws {
    var builder = ONNXBuilder()
    builder.input("a", [nil, 2])
    builder.input("b", [nil, 3], type: 10)
    builder.node("Concat", ["b", "a"], ["joined"], ["axis": .integer(1)])
    builder.node("Neg", ["a"], ["negated"])
    builder.output("negated", [nil, 2])
    builder.output("joined", [nil, 5])
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.inputs == [NamedShape(name: "a", shape: [2]), NamedShape(name: "b", shape: [3])])
    #expect(network.outputs.map(\.name) == ["negated", "joined"])
    let batches = [FloatBatch(count: 2, values: [1, 2, 3, 4]), FloatBatch(count: 2, values: [5, 6, 7, 8, 9, 10])]
    #expect(
      network.run(batches) == [
        FloatBatch(count: 2, values: [-1, -2, -3, -4]), FloatBatch(count: 2, values: [5, 6, 7, 1, 2, 8, 9, 10, 3, 4]),
      ])
  }

  @Test func aFirstAxisOfFixedSizeIsTheSamples() throws {
    var builder = ONNXBuilder()
    builder.input("x", [3, 2])
    builder.initializer("w", .floats([1, 2, 3, 4], [2, 2]))
    builder.node("Gemm", ["x", "w"], ["y"])
    builder.node("Softmax", ["y"], ["s"], ["axis": .integer(0)])
    builder.node("ReduceSum", ["s"], ["t"], ["keepdims": .integer(0)])
    builder.output("y", [3, 2])
    builder.output("t", [])
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.inputs == [NamedShape(name: "x", shape: [3, 2])])
    #expect(network.outputs.map { network.shape(of: $0) } == [[3, 2], []])
    let results = network.run([FloatBatch(count: 2, values: [1, 0, 0, 1, 1, 1, 2, 0, 0, 2, -1, 1])])
    #expect(results[0].values == [1, 2, 3, 4, 4, 6, 2, 4, 6, 8, 2, 2])
    #expect(results[1].values.allSatisfy { abs($0 - 2) < 1e-12 })
  }

  @Test func numbersWithoutAxesAreMultiplied() throws {
    var builder = ONNXBuilder()
    builder.input("x", [])
    builder.input("z", [])
    builder.node("Einsum", ["x", "z"], ["y"], ["equation": .text(",->")])
    builder.output("y", [])
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.run([FloatBatch(count: 2, values: [2, 3]), FloatBatch(count: 2, values: [5, -7])])[0].values == [10, -21])
  }

  @Test(arguments: ["Softmax", "LogSoftmax"])
  func finalSoftmaxIsLeftOutWithANotice(operation: String) throws {
    var builder = ONNXBuilder()
    builder.input("x", [1, 2])
    builder.node(operation, [builder.node("Neg", ["x"])], ["y"])
    builder.output("y", [1, 2])
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.notices == ["the final \(operation) is left out: the proof is about its input, the logits"])
    #expect(network.run([FloatBatch(count: 1, values: [1, -2])]) == [FloatBatch(count: 1, values: [-1, 2])])
  }

  @Test func classesAreAscendingAndTheFirstOfEqualOnesWins() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2, 4])
    builder.initializer("k", .integers([2]))
    builder.node("TopK", [builder.node("Relu", ["x"]), "k"], ["values", "y"])
    builder.output("y", [nil, 2, 2], type: 7)
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.outputs == [NetworkOutput(name: "y", value: 1, classCount: 2)])
    let batch = FloatBatch(count: 1, values: [1, 3, 2, 9, 5, 5, 5, 0])
    #expect(network.run([batch]) == [FloatBatch(count: 1, values: [1, 3, 0, 1])])
  }

  @Test func quantizedOutputIsShownAsStoredIntegers() throws {
    var builder = ONNXBuilder()
    builder.input("x", [1, 3])
    builder.initializer("scale", .floats([0.5], []))
    builder.initializer("zero", .narrow([10] as [UInt8], []))
    builder.node("QuantizeLinear", ["x", "scale", "zero"], ["y"])
    builder.output("y", [1, 3], type: 2)
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.notices.isEmpty)
    // Halves go to the even step.
    #expect(
      network.run([FloatBatch(count: 1, values: [0.25, 0.75, -100])]) == [FloatBatch(count: 1, values: [10, 12, 0])])
  }

  @Test func multiplicationsAndParametersAreCounted() throws {
    var builder = ONNXBuilder()
    builder.input("x", [1, 5, 2])
    builder.initializer("w", .floats([1, 2, 3, 4, 5, 6], [2, 3]))
    builder.initializer("c", .floats([1, 2, 3], [3]))
    let product = builder.node("MatMul", ["x", "w"])
    builder.node("Mul", [builder.node("Mul", [product, "c"]), product], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.multiplicationCount == 5 * 6 + 15 + 15)
    #expect(network.parameterCount == 6 + 3)
  }
}

/// Compares a network's outputs, and those of its simplified form, with the arrays of an .npz file.
///
/// - Parameter source: The file and the first part of the arrays' names; `/` and the name of an input or output follow.
func expectOutputs(of network: Network, in source: String, tolerance: Double) throws {
  let batches = try network.inputs.map { input in
    try FloatBatch(DataReference("\(source)/\(input.name)").read(), for: input, source: source)
  }
  let simplified = network.simplified()
  #expect(simplified.nodes.count <= network.nodes.count)
  let results = zip(network.run(batches), simplified.run(batches))
  for (output, (result, simpleResult)) in zip(network.outputs, results) {
    let expected = try DataReference("\(source)/\(output.name)").read()
    #expect(result.values.count == expected.values.count)
    // Of a model without a batch axis all axes are the sample's.
    let shape = network.shape(of: output)
    if output.classCount == nil { #expect(shape == Array(expected.shape.dropFirst()) || batches[0].count == 1 && shape == expected.shape) }
    for (index, value) in expected.values.enumerated() {
      #expect(abs(result.values[index] - value) <= tolerance * max(1, abs(value)))
      #expect(abs(simpleResult.values[index] - result.values[index]) <= 2e-6 * max(1, abs(value)))
    }
  }
}
