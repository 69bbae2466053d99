import Circuit
import Execution
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Arrays that are both a table of ids and the weights of a layer.
@Suite struct SharedArrayTests {
  private func quantized(_ network: Network, _ samples: [FloatBatch], bits: Int? = nil) throws -> IntegerNetwork {
    var options = QuantizationOptions()
    options.bits = bits
    return try quantize(network, try Calibration(network, samples, source: "data"), options)
  }

  /// By column of weights, how many contractions read it.
  private func readerCounts(_ circuit: ArithmeticCircuit) -> [Int] {
    circuit.columns(of: .weight).map { column in
      circuit.contractions.count { $0.terms.contains { $0.operands.contains { $0.column == column } } }
    }
  }

  /// That they are right and proved is tested with all other fixtures.
  @Test(arguments: ["gpt2", "gpt2_dynamo", "gpt2_left", "opt", "rotary", "rotary_dynamo"], [nil, 12])
  func tiedEmbeddingsAreOneColumn(name: String, bits: Int?) throws {
    let fixture = TransformerFixture(name: name)
    let network = try fixture.network().simplified()
    let circuit = try lower(quantized(network, fixture.samples(network), bits: bits), batchCap: 4).circuit
    #expect(readerCounts(circuit).filter { $0 > 1 } == [2])
    let weightCount = circuit.columns(of: .weight).reduce(0) { $0 + circuit.shape(ofColumn: $1, batch: 1).reduce(1, *) }
    let numbers = network.nodes.reduce(0) { count, node in
      guard case .contraction(let contraction) = node.operation else { return count }
      return contraction.constants.reduce(count) { $1.isPublic ? $0 : $0 + $1.values.count }
    }
    #expect(weightCount == numbers - 16 * 32)
    let shared = try #require(zip(circuit.columns(of: .weight), readerCounts(circuit)).first { $1 == 2 }?.0)
    #expect(circuit.shape(ofColumn: shared, batch: 1).sorted() == [16, 32])
    // Both read it as it lies: the stream has one axis of channels from the embedding to the logits.
    let reads = circuit.contractions.flatMap { $0.terms.flatMap { $0.operands } }.filter { $0.column == shared }
    #expect(reads.allSatisfy { $0.bindings.allSatisfy { $0.slice == nil } })
  }

  @Test(arguments: ["llama", "bert", "t5", "fused"])
  func otherTablesAreNot(name: String) throws {
    let network = try TransformerFixture(name: name).network().simplified()
    #expect(arrays(network).isEmpty)
  }

  private func arrays(_ network: Network) -> [Int] {
    network.nodes.flatMap { node -> [Int] in
      if case .contraction(let contraction) = node.operation { contraction.constants.compactMap(\.array) } else { [] }
    }
  }

  /// Two tables, one of which a function is applied to, and the weights of a layer behind another one, all of them one array.
  private func network(rows: Int, length: Int = 6, isRounded: Bool = false) throws -> Network {
    var random = SplitMix(state: 5)
    func floats(_ shape: [Int]) -> ONNXBuilder.Tensor {
      .floats((0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &random) }, shape)
    }
    var builder = ONNXBuilder()
    for name in ["ids", "others"] { builder.input(name, [nil, length], type: 7) }
    for (name, shape) in [("table", [rows, 16]), ("weights", [16, 16]), ("gains", [16]), ("shifts", [16]), ("bias", [rows])] {
      builder.initializer(name, floats(shape))
    }
    builder.initializer("four", .floats([4], []))
    let scaled = builder.node("Mul", [builder.node("Gather", ["table", "ids"]), "four"])
    let other = builder.node("Tanh", [builder.node("Gather", ["table", "others"])])
    let hidden = builder.node("Relu", [builder.node("MatMul", [builder.node("Add", [scaled, other]), "weights"])])
    let normal = builder.node("Add", [builder.node("Mul", [hidden, "gains"]), "shifts"])
    let logits = builder.node("MatMul", [normal, builder.node("Transpose", ["table"], [], ["perm": .integers([1, 0])])])
    let result = builder.node("Add", [logits, "bias"], isRounded ? [] : ["y"])
    if isRounded { builder.node("Relu", [result], ["y"]) }
    builder.output("y")
    return try importONNX(builder.bytes, file: "model")
  }

  private func ids(_ network: Network, rows: Int) -> [FloatBatch] {
    var random = SplitMix(state: 7)
    return network.inputs.map { input in
      FloatBatch(count: 8, values: (0..<8 * input.width).map { _ in Double(Int.random(in: 0..<rows, using: &random)) })
    }
  }

  /// A square table lies in one of two ways, which its integers tell apart.
  @Test(arguments: [24, 16], [false, true])
  func layersOfOtherAxesReadTheTable(rows: Int, isRounded: Bool) throws {
    let float = try network(rows: rows, isRounded: isRounded)
    let network = float.simplified()
    #expect(arrays(network) == [0, 0, 0])
    #expect(network.parameterCount == rows * 16 + 256 + 32 + rows)
    let samples = ids(network, rows: rows)
    let (integers, expected) = (try quantized(network, samples, bits: 14), float.run(samples)[0].values)
    let inputs = zip(integers.inputs, samples).map { $0.quantize($1) }
    let results = integers.run(inputs)
    let unit = integers.quantum(of: integers.outputs[0].value).scale
    let largest = expected.reduce(0) { max($0, $1.magnitude) }
    for (own, other) in zip(results[0].values, expected) { #expect(abs(Double(own) * unit - other) < 0.002 * largest) }
    let lowered = try lower(integers, batchCap: 8)
    #expect(readerCounts(lowered.circuit).sorted().suffix(2) == [1, 3])
    let executor = CircuitExecutor(lowered.circuit, weights: lowered.weights)
    #expect(try executor.run(batch: 8, inputs: inputs.map(\.values), threads: 2) == results.map(\.values))
    let key = ProvingKey(circuit: lowered.circuit, weights: lowered.weights, proofCount: 4, threads: 2)
    let verifying = try key.verifyingKey(threads: 2)
    try verifying.verifyWeights()
    let (proof, _) = try key.prove(
      batch: 8, inputs: inputs.map(\.values), visibility: [.shown, .hidden], mode: .hiding, threads: 2)
    try verifying.verify(proof)
  }

  /// Where the value that the layer reads is larger than the array, that is there twice.
  @Test func longTextsAreNotRoundedOnceMore() throws {
    #expect(arrays(try network(rows: 24, length: 40).simplified()).isEmpty)
  }

  /// Equal numbers of different scales in one sum are two columns.
  @Test func sumsOfOneTableAreRight() throws {
    var random = SplitMix(state: 9)
    let table = (0..<20 * 16).map { _ in Float.random(in: -1...1, using: &random) }
    var builder = ONNXBuilder()
    for name in ["ids", "others"] { builder.input(name, [nil, 3], type: 7) }
    builder.initializer("table", .floats(table, [20, 16]))
    builder.initializer("half", .floats([0.5], []))
    let half = builder.node("Mul", [builder.node("Gather", ["table", "others"]), "half"])
    let sum = builder.node("Relu", [builder.node("Add", [builder.node("Gather", ["table", "ids"]), half])])
    builder.node("MatMul", [sum, builder.node("Transpose", ["table"], [], ["perm": .integers([1, 0])])], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model").simplified()
    let samples = ids(network, rows: 20)
    let (integers, expected) = (try quantized(network, samples, bits: 14), network.run(samples)[0].values)
    let inputs = zip(integers.inputs, samples).map { $0.quantize($1) }
    let results = integers.run(inputs)
    let unit = integers.quantum(of: integers.outputs[0].value).scale
    for (own, other) in zip(results[0].values, expected) { #expect(abs(Double(own) * unit - other) < 0.01) }
    let lowered = try lower(integers, batchCap: 8)
    #expect(readerCounts(lowered.circuit).sorted() == [1, 2])
    let executor = CircuitExecutor(lowered.circuit, weights: lowered.weights)
    #expect(try executor.run(batch: 8, inputs: inputs.map(\.values), threads: 2) == results.map(\.values))
  }
}
