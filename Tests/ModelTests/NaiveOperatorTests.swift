import Model
import TestSupport
import Testing

/// The importer and the float executor agree with formulas of ONNX that know nothing of either.
@Suite struct NaiveOperatorTests {
  /// What neither formula nor case is written for, and why.
  private static let reasons = [
    "Constant": "it has no operand: its result stands in the file",
    "ConstantOfShape": "it repeats one number of the file, and OperatorTests has it",
  ].merging(
    (["GatherElements", "GatherND", "IsNaN", "Mod", "ReduceL2", "ReduceSumSquare", "RotaryEmbedding", "ScatterND", "Tile"]
      + ["GRU", "LSTM", "RNN"]
      + ImportedOperator.all.map(\.name).filter {
        $0.hasPrefix(classicalDomain) || $0.hasPrefix("QLinear") || $0.hasSuffix("Integer") || $0 == "DynamicQuantizeLinear"
          || $0.hasPrefix(fusedDomain) || $0.hasSuffix("Normalization") && $0 != "BatchNormalization" || $0 == "Attention"
      }).map { ($0, "onnxruntime's results are in OperatorTests or TransformerTests") }
  ) { first, _ in first }

  @Test(arguments: ImportedOperator.all.map(\.name))
  func importIsTheFormula(name: String) throws {
    let hasFormula = NaiveOperators.formulas[name] != nil
    #expect((Self.reasons[name] == nil) == hasFormula, "a formula or a reason")
    let cases = hasFormula ? NaiveCase.cases(of: name) : []
    #expect(hasFormula == !cases.isEmpty, "a case for each formula")
    for (index, test) in cases.enumerated() {
      #expect(test.result.contains(name), "\(test) is of \(name)")
      for isSingle in test.isSingle ? [true] : [true, false] {
        for publishes in [true, false] {
          try expectFormula(test, isSingle: isSingle, publishes: publishes, seed: UInt64(index))
        }
      }
    }
  }

  @Test func everyFormulaIsOfAnOperator() {
    let names = Set(ImportedOperator.all.map(\.name))
    #expect(NaiveOperators.formulas.keys.filter { !names.contains($0) } == [])
    #expect(Self.reasons.keys.filter { !names.contains($0) } == [])
  }

  private func expectFormula(_ test: NaiveCase, isSingle: Bool, publishes: Bool, seed: UInt64) throws {
    var graph = NaiveGraph(test, isSingle: isSingle, seed: seed)
    let all = graph.add(test.result)
    // Of a TopK only the indices are imported; they are shown in ascending order.
    let shown = test.result.operation == "TopK" ? [all[1]] : all
    for (name, _) in shown { graph.builder.output(name) }
    let publish = publishes ? Set(graph.constants) : nil
    let network = try importONNX(graph.builder.bytes, publish: publish, file: "\(test)")
    let results = network.run(graph.inputs.map { FloatBatch(count: graph.batchCount, values: $0.values) })
    #expect(results.count == shown.count)
    for ((output, result), (_, expected)) in zip(zip(network.outputs, results), shown) {
      var values = expected.values
      if let classCount = output.classCount {
        values = stride(from: 0, to: values.count, by: classCount).flatMap { values[$0..<$0 + classCount].sorted() }
      }
      let source = "\(test), batch of \(graph.batchCount), publishes: \(publishes)"
      #expect([graph.batchCount] + network.shape(of: output) == expected.shape, "\(source)")
      #expect(result.values.count == values.count, "\(source)")
      let errors = zip(result.values, values).filter { !(abs($0 - $1) <= 1e-9 * max(1, abs($1))) }
      #expect(errors.isEmpty, "\(source)")
    }
  }
}

/// A model in the making, with the number of samples that it is to run, and what the formulas make of them.
struct NaiveGraph {
  let batchCount: Int
  var builder: ONNXBuilder
  private(set) var inputs: [NaiveArray] = []
  private(set) var constants: [String] = []
  private let isSingle: Bool
  private let operatorSet: Int
  private let outputCount: Int
  private var random: RepeatableRandom
  private var nodeCount = 0

  init(_ test: NaiveCase, isSingle: Bool, seed: UInt64) {
    self.isSingle = isSingle
    batchCount = isSingle ? 1 : 3
    operatorSet = test.operatorSet
    outputCount = test.outputCount
    builder = ONNXBuilder(operatorSet: operatorSet)
    random = RepeatableRandom(seed: seed)
  }

  /// Writes the model's part, and gives names and numbers of its outputs.
  mutating func add(_ expression: NaiveExpression) -> [(name: String, array: NaiveArray)] {
    switch expression {
    case .absent: return [("", NaiveArray([0], []))]
    case .input(let sample, let range):
      let shape = [batchCount] + sample
      let values = (0..<shape.reduce(1, *)).map { _ in Double.random(in: range, using: &random) }
      inputs.append(NaiveArray(shape, values))
      builder.input("x\(inputs.count)", [isSingle ? 1 : nil] + sample)
      return [("x\(inputs.count)", inputs[inputs.count - 1])]
    case .weights(let shape):
      // With 12 bits they may be trained, and small multiples of them are exact in Float32.
      let values = (0..<shape.reduce(1, *)).map { _ in Float(Int.random(in: -2048...2048, using: &random)) / 1024 }
      return add(.floats(values, shape))
    case .floats(let values, let shape): return constant(.floats(values, shape), values.map(Double.init), shape)
    case .integers(let values, let shape):
      return constant(.integers(values, shape), values.map(Double.init), shape, type: 7)
    case .narrow(let values, let shape, let type):
      let tensor: ONNXBuilder.Tensor =
        switch type {
        case 2: .narrow(values.map { UInt8($0) }, shape)
        case 3: .narrow(values.map { Int8($0) }, shape)
        case 4: .narrow(values.map { UInt16($0) }, shape)
        case 5: .narrow(values.map { Int16($0) }, shape)
        case _: .narrow(values.map { Int32($0) }, shape)
        }
      return constant(tensor, values.map(Double.init), shape, type: type)
    case .node(let operation, let operands, let attributes):
      var known: [(name: String, array: NaiveArray?)] = []
      for operand in operands {
        let (name, array) = add(operand)[0]
        known.append((name, name.isEmpty ? nil : array))
      }
      let count = operation == "Split" || operation == "TopK" ? outputCount : 1
      nodeCount += 1
      let names = (0..<count).map { "\(operation)\(nodeCount).\($0)" }
      builder.node(operation, known.map(\.name), names, list: attributes.map { ($0.key, $0.value) })
      guard let formula = NaiveOperators.formulas[operation] else { preconditionFailure("no formula of \(operation)") }
      let node = NaiveNode(
        operands: known.map(\.array), attributes: attributes, outputCount: count, operatorSet: operatorSet)
      return Array(zip(names, formula(node)))
    }
  }

  private mutating func constant(
    _ tensor: ONNXBuilder.Tensor, _ values: [Double], _ shape: [Int], type: Int = 1
  ) -> [(name: String, array: NaiveArray)] {
    constants.append("c\(constants.count)")
    builder.initializer(constants[constants.count - 1], tensor)
    var array = NaiveArray(shape, values)
    array.type = type
    return [(constants[constants.count - 1], array)]
  }
}
