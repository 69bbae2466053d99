import Circuit
import Execution
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Masks that leave out keys for all queries: scores of these are 0, so tables of exponentials need fewer rows.
@Suite struct MaskedKeyTests {
  /// Every integer L that a row can have gives masked scores the share 0, and the table has all rows that exponents reach.
  @Test(arguments: [Exponential.Masking.any, .zero], [1.0 / 256, 1.0 / 300, 1.0 / 5000, 0.5, 7])
  func offsets(masking: Exponential.Masking, unit: Double) {
    for scores: ClosedRange<Int64> in [-1000...1000, -7...3, 0...0, 5...90, -90...(-5)] {
      let exponential = Exponential(unit: unit, scores: scores, count: 5, masking: masking)
      let (exponents, last) = (exponential.exponents, Int64(exponential.values.count - 1))
      let integers = -exponents.upperBound...exponential.slack - exponents.lowerBound
      let masked = masking == .zero ? 0...0 : exponents
      #expect(integers.lowerBound + masked.lowerBound + exponential.maskOffset >= last)
      #expect(integers.upperBound + masked.upperBound + exponential.maskOffset <= exponential.largest)
      #expect(integers.upperBound + exponents.upperBound <= exponential.largest)
      let spread = exponents.upperBound - exponents.lowerBound
      #expect(exponential.largest == exponential.slack + last + (masking == .zero ? spread : 2 * spread + 1))
    }
  }

  /// All scores of two rows, and all masks; the shares are shown.
  @Test func allRows() throws {
    let (scores, shape) = (Int64(-3)...3, [2, 3])
    let exponential = Exponential(unit: 1, scores: scores, count: 3, masking: .zero)
    let softmax = Softmax<Int64>(shape: shape, axis: 1, masks: [.operand(1, [Index(1)])], exponential: exponential)
    #expect(softmax.masksKeys)
    let ports = [NamedShape(name: "scores", shape: shape), NamedShape(name: "mask", shape: [3], kind: .boolean)]
    let network = IntegerNetwork(
      name: "rows", inputs: zip(ports, [scores, 0...1]).map { InputEncoding(port: $0, scale: 1, range: $1) },
      outputs: [NetworkOutput(name: "shares", value: 2)],
      nodes: [
        Node(
          name: "softmax", operands: [0, 1], operation: .softmax(softmax), shape: shape,
          encoding: Quantum(scale: 1, range: 0...Exponential.one + 1))
      ])
    let rows = (0..<343).map { number in [1, 7, 49].map { Int64(number / $0 % 7 - 3) } }
    let cases = rows.flatMap { row in (0..<8).map { mask in (row, [1, 2, 4].map { Int64(mask / $0 % 2) }) } }
    let inputs = [cases.flatMap { $0.0 + $0.0.reversed() }, cases.flatMap(\.1)]
    let lowered = try lower(network, batchCap: cases.count)
    let columns = try CircuitExecutor(lowered.circuit, weights: lowered.weights).columns(batch: cases.count, inputs: inputs, threads: 2)
    let shares = try #require(lowered.circuit.shownOutputs(columns).first)
    let batches = zip(network.inputs, inputs).map { IntegerBatch(count: cases.count, values: $1) }
    #expect(network.run(batches).map(\.values) == [shares])
    for (number, (row, mask)) in cases.enumerated() {
      for (place, row) in [row, row.reversed()].enumerated() {
        let own = Array(shares[number * 6 + place * 3..<number * 6 + place * 3 + 3])
        let allowed = (0..<3).filter { mask[$0] != 0 }
        let isNone = allowed.isEmpty
        let expected = Int64.shares(of: isNone ? [0, 0, 0] : allowed.map { row[$0] }, weights: nil, exponential)
        #expect((isNone ? own : allowed.map { own[$0] }) == expected)
        #expect(isNone || own.reduce(0, +) == expected.reduce(0, +))
      }
    }
    // The offset is the least one.
    let exponent = try #require(lowered.circuit.columns.firstIndex { $0.name == "softmax.exponent" })
    let masked = columns[exponent].indices.filter { cases[$0 / 6].1[$0 % 3] == 0 && cases[$0 / 6].1.contains(1) }.map { columns[exponent][$0] }
    #expect(masked.min() == Int64(exponential.values.count - 1))
    #expect(try #require(columns[exponent].max()) <= exponential.largest)
  }

  private func quantized(_ fixture: TransformerFixture) throws -> (float: Network, integers: IntegerNetwork, samples: [FloatBatch]) {
    let network = try fixture.network().simplified()
    let samples = try fixture.samples(network)
    return (network, try quantize(network, try Calibration(network, samples, source: "data"), QuantizationOptions()), samples)
  }

  /// A padding mask is one more factor of scores; the table has no rows for the exponents of scores that it leaves out.
  @Test(arguments: ["bert", "bert_dynamo", "distilbert", "minilm", "t5", "torch_encoder", "fused_attention"])
  func tables(name: String) throws {
    let (_, integers, _) = try quantized(TransformerFixture(name: name))
    let circuit = try lower(integers, batchCap: 4).circuit
    for node in integers.nodes {
      // One attention is causal, without another mask.
      guard case .softmax(let softmax) = node.operation, let exponential = softmax.exponential, softmax.constants.isEmpty else { continue }
      #expect(softmax.masksKeys)
      let spread = exponential.exponents.upperBound - exponential.exponents.lowerBound
      #expect(exponential.largest == spread + exponential.slack + Int64(exponential.values.count - 1))
      let column = try #require(circuit.columns.firstIndex { $0.name == "\(node.name).exponent" })
      let terms = try #require(circuit.contractions.first { $0.output == column }).terms
      #expect(terms.contains { $0.operands.count == (name == "t5" ? 2 : 3) })
    }
    #expect(!circuit.columns.contains { $0.name.hasSuffix(".none") })
  }

  /// Where other masks meet in it nothing changes.
  @Test(arguments: ["gpt2", "llama", "opt", "rotary"])
  func others(name: String) throws {
    let (_, integers, _) = try quantized(TransformerFixture(name: name))
    for node in integers.nodes {
      guard case .softmax(let softmax) = node.operation, let exponential = softmax.exponential else { continue }
      #expect(!softmax.masksKeys)
      #expect(exponential.maskOffset > exponential.exponents.upperBound - exponential.exponents.lowerBound)
    }
  }

  /// Where a mask leaves out all keys, shares are equal, as onnxruntime's are.
  @Test(arguments: ["bert", "bert_dynamo", "distilbert", "t5"])
  func unseen(name: String) throws {
    let fixture = TransformerFixture(name: name)
    let (float, integers, seen) = try quantized(fixture)
    let samples = zip(float.inputs, seen).map { port, batch in
      port.name == "attention_mask" ? FloatBatch(count: batch.count, values: batch.values.map { _ in 0 }) : batch
    }
    let (expected, result) = (try fixture.array("unseen"), float.run(samples)[0])
    let scale = expected.values.reduce(0) { max($0, $1.magnitude) }
    func error(_ values: [Double]) -> Double { zip(values, expected.values).reduce(0) { max($0, ($1.0 - $1.1).magnitude) } / scale }
    #expect(error(result.values) < 1e-4)
    let inputs = zip(integers.inputs, samples).map { $0.quantize($1) }
    let integer = integers.run(inputs)[0]
    let unit = integers.quantum(of: integers.outputs[0].value).scale
    #expect(error(integer.values.map { Double($0) * unit }) < 0.015)
    let lowered = try lower(integers, batchCap: 4)
    let key = ProvingKey(circuit: lowered.circuit, weights: lowered.weights, proofCount: 2, threads: 2)
    let (proof, _) = try key.prove(batch: samples[0].count, inputs: inputs.map(\.values), mode: .hiding, threads: 2)
    #expect(proof.statement.outputs[0] == integer.values)
    try key.verifyingKey(threads: 2).verify(proof)
  }

  /// A model of scores of two queries and three keys, x · gain, to which −30 is added for one key each.
  private func scored(gain: Float) throws -> TemporaryFile {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2, 3])
    builder.initializer("gain", .floats([gain, gain, gain], [3]))
    builder.initializer("added", .floats([0, 0, -30, 0, -30, 0], [2, 3]))
    builder.initializer("w", .floats([-1, 0.5, -2, 1.25, -1.5, 0.75], [3, 2]))
    builder.node("Softmax", [builder.node("Add", [builder.node("Mul", ["x", "gain"]), "added"])], ["shares"], ["axis": .integer(-1)])
    builder.node("MatMul", ["shares", "w"], ["y"])
    builder.output("y")
    return try TemporaryFile(builder.bytes, ending: "onnx")
  }

  /// −30 below scores that are 60 apart is a number and no mask, and the stated error is that against the model.
  @Test(arguments: [(Float(1), true), (40, false)])
  func numbersThatAreAdded(gain: Float, isMask: Bool) throws {
    let model = try scored(gain: gain)
    let data = try TemporaryFile("[[[0.1, 0.2, 1], [-0.3, 1, -0.5]], [[-1, 0.5, 0.2], [0.9, -0.7, 0.3]]]".utf8, ending: "json")
    let compiled = try compile(model: model.path, calibration: DataSource(data.path))
    #expect(compiled.network.maskNumbers.isEmpty != isMask)
    let literal = try importONNX(path: model.path, publish: nil, mostOfMask: -.infinity)
    #expect(literal.maskNumbers.isEmpty)
    let samples = [FloatBatch(count: 1, values: [0.1, 0.2, 1, -0.3, 1, -0.5])]
    let results = [literal, compiled.network, try importONNX(path: model.path)].map { $0.run(samples)[0].values }
    func distance(_ other: Int) -> Double { zip(results[0], results[other]).reduce(0) { max($0, abs($1.0 - $1.1)) } }
    #expect(distance(1) < 1e-9)
    // Key 2 of the first query has e^(40 − 8 − 30) times the share of key 1, were it no mask.
    #expect((distance(2) > 0.1) != isMask)
    #expect(compiled.comparison.largestError < 0.02)
  }

  /// Scores that are integers on all calibration data have no coarser steps for that.
  @Test func scoresThatAreIntegers() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2, 3])
    builder.initializer("gain", .floats([20], []))
    builder.initializer("w", .floats([-1, 0.5, -2, 1.25, -1.5, 0.75], [3, 2]))
    let scores = builder.node("Transpose", [builder.node("Mul", ["x", "gain"])], [], ["perm": .integers([0, 2, 1])])
    let shares = builder.node("Transpose", [builder.node("Softmax", [scores], [], ["axis": .integer(1)])], [], ["perm": .integers([0, 2, 1])])
    builder.node("MatMul", [shares, "w"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "integers").simplified()
    let samples = [FloatBatch(count: 2, values: [0.1, 0.2, 1, -0.3, 1, -0.5, -1, 0.5, 0.25, 0.9, 0.95, 0.3])]
    #expect(try compile(network, Calibration(network, samples, source: "data")).comparison.largestError < 0.01)
  }

  /// What is added to all scores of a row changes no share, also where another mask leaves out some.
  @Test func rowsWithoutKeys() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2, 3])
    builder.input("mask", [nil, 3], type: 9)
    builder.initializer("constant", .floats([-10000, -10000, -10000, 0, 0, -10000], [2, 3]))
    builder.initializer("low", .floats([-10000], []))
    builder.initializer("axis", .integers([1]))
    let masked = builder.node("Where", [builder.node("Unsqueeze", ["mask", "axis"]), "x", "low"])
    builder.node("Softmax", [builder.node("Add", [masked, "constant"])], ["shares"], ["axis": .integer(-1)])
    builder.node("Neg", ["shares"], ["y"])
    builder.output("y")
    let samples = [FloatBatch(count: 1, values: [1, 2, 3, 3, 2, 1]), FloatBatch(count: 1, values: [1, 1, 0])]
    let network = try importONNX(builder.bytes, file: "rows")
    let literal = try importONNX(builder.bytes, publish: nil, mostOfMask: -.infinity, file: "rows")
    let (own, expected) = (network.run(samples)[0].values, literal.run(samples)[0].values)
    #expect(zip(own, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(own) \(expected)")
    #expect(abs(own[2]) < 1e-6 && own[0] < -0.1)
  }

  /// Scores that are almost 0 are refused at once; so is −∞ that masks nothing, and +∞.
  @Test func scoresThatAreNone() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2, 3])
    builder.initializer("small", .floats([1e-25], []))
    let scores = builder.node("MatMul", [builder.node("Mul", ["x", "small"]), builder.node("Transpose", ["x"], [], ["perm": .integers([0, 2, 1])])])
    builder.node("Neg", [builder.node("Softmax", [scores], [], ["axis": .integer(-1)])], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, publish: ["small"], file: "small").simplified()
    let calibration = try Calibration(network, [FloatBatch(count: 1, values: [1, 2, 3, 3, 2, 1])], source: "data")
    let error = errorDescription { _ = try Model.compile(network, calibration) }
    #expect(error?.contains("its scores are almost 0") ?? false, "\(error ?? "")")
    for (number, reason) in [(-Float.infinity, "it is infinite or the largest number where no Softmax"), (.infinity, "its constant is infinite at some places")] {
      var builder = ONNXBuilder()
      builder.input("x", [nil, 2])
      builder.initializer("c", .floats([0, number], [2]))
      builder.node("Add", ["x", "c"], ["y"])
      builder.output("y")
      let error = errorDescription { _ = try importONNX(builder.bytes, file: "infinite") }
      #expect(error?.contains(reason) ?? false, "\(error ?? "none")")
    }
  }
}
