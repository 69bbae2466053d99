import Model
import TestSupport
import Testing

/// Models for one sample of which the first axis has several, and what of them does not depend on the input.
@Suite struct SampleTests {
  /// Samples have different numbers of keys. Of queries that are 0 all keys have equal shares.
  @Test(arguments: [false, true])
  func numbersOfKeys(isConstant: Bool) throws {
    var builder = ONNXBuilder(operatorSet: 24)
    builder.input("q", [2, 2, 2, 1])
    builder.input("k", [2, 1, 2, 1])
    if isConstant {
      builder.initializer("n", .integers([1, 2]))
    } else {
      builder.input("n", [2], type: 7)
    }
    builder.node("Attention", ["q", "k", "k", "", "", "", "n"], ["y"])
    builder.node("Attention", ["q", "k", "k", "", "", "", "n"], ["causal"], ["is_causal": .integer(1)])
    builder.output("y")
    builder.output("causal")
    let network = try importONNX(builder.bytes, file: "model")
    var batches = [[Double](repeating: 0, count: 8), [3, 5, 4, 8]].map { FloatBatch(count: 1, values: $0) }
    if !isConstant { batches.append(FloatBatch(count: 1, values: [1, 2])) }
    let results = network.run(batches).map(\.values)
    #expect(results[0] == [3, 3, 3, 3, 6, 6, 6, 6])
    // The last query is at the last key; one before the first key sees none.
    #expect(results[1] == [0, 3, 0, 3, 4, 6, 4, 6])
  }

  /// Masks of samples and of heads, which groups of two queries share.
  @Test func masksOfSamples() throws {
    var builder = ONNXBuilder(operatorSet: 24)
    builder.input("q", [2, 2, 1, 1])
    builder.input("k", [2, 1, 2, 1])
    builder.input("m", [2, 2, 1, 2], type: 9)
    builder.node("Attention", ["q", "k", "k", "m"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    let batches = [[0, 0, 0, 0], [3, 5, 4, 8], [1, 0, 0, 1, 1, 1, 0, 0]].map { FloatBatch(count: 1, values: $0) }
    #expect(network.run(batches)[0].values == [3, 5, 6, 0])
  }

  @Test func rowsThatAreInfinite() throws {
    var builder = ONNXBuilder()
    builder.input("m", [nil, 2, 2], type: 9)
    builder.initializer("zero", .floats([0], []))
    builder.initializer("least", .floats([-.infinity], []))
    builder.initializer("axes", .integers([-1]))
    let added = builder.node("Where", ["m", "zero", "least"])
    let rows = builder.node("Equal", [builder.node("ReduceMax", [added, "axes"]), "least"])
    builder.node("Cast", [rows], ["y"], ["to": .integer(1)])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.run([FloatBatch(count: 1, values: [0, 0, 0, 1])])[0].values == [1, 0])
  }

  /// What is padded with −∞ takes no part in a Softmax.
  @Test func paddedScores() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 1, 2])
    builder.initializer("pads", .integers([0, 0, 0, 0, 0, 1]))
    builder.initializer("least", .floats([-.infinity], []))
    builder.initializer("w", .floats([1, 2, 3], [3, 1]))
    builder.node("MatMul", [builder.node("Softmax", [builder.node("Pad", ["x", "pads", "least"])]), "w"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.run([FloatBatch(count: 1, values: [0.5, 0.5])])[0].values == [1.5])
  }

  @Test func outputsOfNoInput() throws {
    var builder = ONNXBuilder()
    builder.input("x", [2, 3])
    builder.node("Shape", ["x"], ["y"])
    builder.output("y", type: 7)
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.run([FloatBatch(count: 1, values: [1, 2, 3, 4, 5, 6])])[0].values == [2, 3])
  }

  @Test func piecesWithoutElements() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.initializer("sizes", .integers([3, 0]))
    builder.node("Split", ["x", "sizes"], ["a", "b"], ["axis": .integer(1)])
    builder.node("Concat", [builder.node("Neg", ["a"]), "b"], ["y"], ["axis": .integer(1)])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.run([FloatBatch(count: 1, values: [1, 2, 3])])[0].values == [-1, -2, -3])
  }

  /// From operator set 28 on.
  @Test func remaindersWithTheSignOfTheDivisor() throws {
    var builder = ONNXBuilder(operatorSet: 28)
    builder.input("x", [nil, 4])
    builder.input("z", [nil, 4])
    builder.node("Mod", ["x", "z"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    let results = network.run([[-4.5, 7.25, 5, -7], [2, -3.5, 8, 3]].map { FloatBatch(count: 1, values: $0) })
    #expect(results[0].values == [1.5, -3.25, 5, 2])
  }

  /// Tables of cosines and sines that are inputs, each sample with rows of its own.
  @Test func turnsOfSamples() throws {
    var builder = ONNXBuilder(operatorSet: 24)
    builder.input("x", [2, 1, 1, 2])
    builder.input("c", [3, 1])
    builder.input("s", [3, 1])
    builder.initializer("p", .integers([2, 0], [2, 1]))
    builder.node("RotaryEmbedding", ["x", "c", "s", "p"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    let results = network.run([[1, 2, 3, 4], [1, 0, 0.5], [0, 1, 2]].map { FloatBatch(count: 1, values: $0) })
    // x·c − y·s and x·s + y·c.
    #expect(results[0].values == [-3.5, 3, 3, 4])
  }
}
