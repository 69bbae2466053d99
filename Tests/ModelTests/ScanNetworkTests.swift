import Circuit
import Execution
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Recurrent layers as scans: docs/protocol.md §3.3, rule 4.
@Suite struct ScanNetworkTests {
  /// A layer of so many steps over numbers, each a sample's: batch × steps × 2.
  private static func network(_ operation: String, steps: Int, attributes: [(String, ONNXBuilder.Attribute)] = []) throws -> Network {
    let gates = ["LSTM": 4, "GRU": 3, "RNN": 1][operation] ?? 1
    var random = RepeatableRandom(seed: 11)
    func weights(_ shape: [Int]) -> ONNXBuilder.Tensor {
      .floats((0..<shape.reduce(1, *)).map { _ in Float(Int(random.next() % 2001)) / 1000 - 1 }, shape)
    }
    var builder = ONNXBuilder()
    builder.input("x", [nil, steps, 2])
    builder.initializer("w", weights([1, gates * 3, 2]))
    builder.initializer("r", weights([1, gates * 3, 3]))
    builder.initializer("b", weights([1, 2 * gates * 3]))
    builder.node(operation, ["x", "w", "r", "b"], ["y", "h"], list: [("layout", .integer(1)), ("hidden_size", .integer(3))] + attributes)
    builder.output("y")
    builder.output("h")
    return try importONNX(builder.bytes, file: "model").simplified()
  }

  private static func lowered(_ network: Network) throws -> (IntegerNetwork, LoweredNetwork) {
    let samples = network.samples(12)
    var options = QuantizationOptions()
    options.bits = 12
    let integers = try quantize(network, Calibration(network, samples, source: "samples"), options)
    return (integers, try lower(integers))
  }

  @Test(arguments: ["LSTM", "GRU", "RNN"]) func columnsDoNotGrowWithSteps(_ operation: String) throws {
    let circuits = try [20, 60].map { try Self.lowered(Self.network(operation, steps: $0)).1.circuit }
    #expect(circuits[0].columns.count == circuits[1].columns.count)
    #expect(circuits[0].lookups.count == circuits[1].lookups.count)
    #expect(circuits.map { $0.contractions.map(\.terms.count) }[0] == circuits[1].contractions.map(\.terms.count))
    #expect(circuits[0].contractions.contains { sum in sum.terms.contains { $0.operands.contains { $0.column > sum.output } } })
  }

  /// The cell of an LSTM that is not shown has no column: sums read its high and its low bits, and what tanh makes of it is looked up with
  /// the high ones. What gates make of that is kept without a clamp.
  @Test func cellsAreLookedUpInTwoParts() throws {
    let (integers, lowered) = try Self.lowered(Self.network("LSTM", steps: 20))
    let states = integers.nodes.compactMap { node in if case .map(.requantize(let state)) = node.operation, state.lowBits > 0 { state } else { nil } }
    #expect(states.count == 1)
    let circuit = lowered.circuit
    let wide = try #require(circuit.lookups.first { $0.forms.count == 3 })
    let (high, low) = (try #require(wide.forms[1].bareColumn), try #require(wide.forms[0].parts.last).column)
    for part in [high, low] { #expect(circuit.contractions.contains { $0.terms.contains { $0.operands.contains { $0.column == part } } }) }
    #expect(circuit.tables.allSatisfy { $0.bitCount <= 17 })
    #expect(!circuit.columns.contains { $0.kind == .advice && [$0.lower, $0.upper] == [-1 << 19, 1 << 19 - 1] })
    #expect(circuit.lookups.contains { $0.forms[0].remainderShift != nil })
  }

  @Test(arguments: ["LSTM", "GRU", "RNN"], [3, 20]) func theyAreProved(_ operation: String, steps: Int) throws {
    let network = try Self.network(operation, steps: steps)
    let (integers, lowered) = try Self.lowered(network)
    let samples = network.samples(12)
    let inputs = zip(integers.inputs, samples).map { $0.quantize($1) }
    let expected = integers.run(inputs)
    let proving = ProvingKey(circuit: lowered.circuit, weights: lowered.weights, threads: 1)
    let (proof, _) = try proving.prove(batch: 12, inputs: inputs.map(\.values), threads: 1)
    try proving.verifyingKey(threads: 1).verify(proof)
    #expect(proof.statement.outputs == expected.map(\.values))
    for (output, exact) in zip(zip(integers.outputs, expected), network.run(samples)) {
      let real = output.1.scaled(by: integers.quantum(of: output.0.value).scale)
      #expect(zip(real.values, exact.values).allSatisfy { abs($0 - $1) < 0.02 }, "\(operation) \(steps)")
    }
  }

  /// The state of a step that is none of the sequence is the one before; worked by hand.
  @Test func stepsRunInOrder() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3, 1])
    builder.initializer("w", .floats([1], [1, 1, 1]))
    builder.initializer("r", .floats([0.5], [1, 1, 1]))
    builder.node(
      "RNN", ["x", "w", "r"], ["y", "h"], ["layout": .integer(1), "activations": .texts(["Affine"]), "activation_alpha": .floats([1])])
    builder.output("y")
    builder.output("h")
    let network = try importONNX(builder.bytes, file: "model")
    let results = network.run([FloatBatch(count: 1, values: [4, 2, 1])])
    #expect(results.map(\.values) == [[4, 4, 3], [3]])
    #expect(network.simplified().run([FloatBatch(count: 1, values: [4, 2, 1])]).map(\.values) == [[4, 4, 3], [3]])
  }
}
