import Glibc
import Model
import TestSupport
import Testing

@Suite struct RecurrentTests {
  /// tanh of inputs + half of the state, of a model whose first axis is that of steps.
  @Test func symbolicStepsAreNoBatch() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 1, 1], symbol: "sequence_length")
    builder.initializer("w", .floats([1], [1, 1, 1]))
    builder.initializer("r", .floats([0.5], [1, 1, 1]))
    builder.node("RNN", ["x", "w", "r"], ["", "y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "steps") { _ in [2, 3, 1] }
    #expect(network.inputs[0].shape == [3, 1])
    let steps = [0.5, -1, 2]
    let result = network.run([FloatBatch(count: 1, values: steps)])[0].values
    #expect(result.count == 1 && abs(result[0] - steps.reduce(0) { tanh($1 + 0.5 * $0) }) < 1e-12)
  }

  @Test func sumsOfProductsThatAreShownFit() throws {
    var b = NetworkBuilder([2], [2])
    let (x, z) = (Factor.operand(0, [Index(0)]), Factor.operand(1, [Index(0)]))
    let terms: [Contraction<Double>.Term] = [.init(1, [x]), .init(-1, [x, z])]
    let sum = b.add(.contraction(Contraction(loops: [2], terms: terms)), 0, 1, shape: [2])
    let network = b.network(sum)
    let samples = network.samples(4)
    var options = QuantizationOptions()
    options.bits = 16
    let integers = try quantize(network, Calibration(network, samples, source: "s"), options)
    let exact = network.run(samples)[0].values
    let result = integers.run(zip(integers.inputs, samples).map { $0.quantize($1) })[0].values
    let scale = integers.quantum(of: integers.outputs[0].value).scale
    for (one, other) in zip(exact, result) { #expect(abs(one - Double(other) * scale) < 1e-3) }
  }

  @Test func aPartOfOneOfValuesSideBySideReadsThatOne() throws {
    var builder = ONNXBuilder()
    for name in ["x", "z"] { builder.input(name, [nil, 2, 3]) }
    for (name, number) in [("from", 2), ("to", 4), ("axis", 1)] { builder.initializer(name, .integers([number], [1])) }
    let joined = builder.node("Concat", ["x", "z"], [], ["axis": .integer(1)])
    builder.node("Exp", [builder.node("Slice", [joined, "from", "to", "axis"])], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "parts")
    let simplified = network.simplified()
    #expect(simplified.nodes.map(\.operands) == [[1]])
    let samples = network.samples(3)
    #expect(simplified.run(samples).map(\.values) == network.run(samples).map(\.values))
  }
}
