import Circuit
import Model
import Testing

@Suite struct LoweringTests {
  @Test func relationsHoldForWhatTheExecutorComputes() throws {
    let compiled = try CircuitFolder.digits.compiled()
    let batch = try CircuitFolder.digits.testInputs(compiled.integers, count: 3)
    let checker = try checker(compiled, batch)
    let circuit = checker.circuit
    for contraction in circuit.contractions {
      let values = checker.indices(of: contraction.output).map { checker.value(of: contraction, at: $0) }
      #expect(values == checker.columns[contraction.output])
    }
    for lookup in circuit.lookups { #expect(checker.holds(lookup)) }
    for (column, integers) in zip(circuit.columns, checker.columns) {
      #expect(integers.count == checker.indices(of: circuit.columns.firstIndex(of: column) ?? 0).count)
      #expect(integers.allSatisfy { column.lower <= $0 && $0 <= column.upper })
    }
    #expect(checker.columns[circuit.outputs[0].column] == compiled.integers.run(batch).values)
  }

  @Test func relationsRefuseOtherIntegers() throws {
    let compiled = try CircuitFolder.digits.compiled()
    let batch = try CircuitFolder.digits.testInputs(compiled.integers, count: 2)
    let honest = try checker(compiled, batch)
    for (index, column) in honest.circuit.columns.enumerated() where column.kind == .advice {
      var checker = honest
      checker.columns[index][7] += checker.columns[index][7] == column.upper ? -1 : 1
      #expect(checker.circuit.lookups.contains { !checker.holds($0) })
    }
  }

  /// The executor's values, and the limbs that they imply, as columns.
  private func checker(_ compiled: CompiledModel, _ batch: IntegerBatch) throws -> CircuitChecker {
    let circuit = compiled.lowered.circuit
    let values = (0..<batch.count).map { compiled.integers.values(of: batch.sample($0)) }
    var named = [circuit.inputs[0].name: batch.values]
    for (value, node) in compiled.integers.nodes.enumerated() {
      let results = values.flatMap { $0[value + 1] }
      switch node.operation {
      case .linear(let linear):
        named["\(node.name).weight"] = linear.weights.map(Int64.init)
        named["\(node.name).bias"] = linear.bias
        named["\(node.name).accumulator"] = results
      case .requantize(let requantization):
        #expect(requantization.shift == 16)
        let remainders = values.flatMap { $0[value] }.map(requantization.remainder)
        named["\(node.name).remainder0"] = remainders.map { $0 & 255 }
        named["\(node.name).remainder1"] = remainders.map { $0 >> 8 }
        named["\(node.name).activation"] = results
      case .reshape: break
      }
    }
    return CircuitChecker(
      circuit: circuit, batch: batch.count, columns: try circuit.columns.map { try #require(named[$0.name]) })
  }

  @Test(arguments: CircuitFolder.all)
  func circuitIsCanonicalAndRaised(folder: CircuitFolder) throws {
    let compiled = try folder.compiled()
    let lowered = compiled.lowered
    #expect(try ArithmeticCircuit(encoded: lowered.circuit.encoded[...]) == lowered.circuit)
    let raised = try #require(IntegerNetwork(lowered))
    #expect(raised.input == compiled.integers.input)
    #expect(raised.outputScale == compiled.integers.outputScale)
    let batch = try folder.testInputs(raised, count: 20)
    #expect(raised.run(batch) == compiled.integers.run(batch))
    #expect(raised.nodes.map(\.name) == compiled.integers.nodes.map(\.name))
  }

  @Test func layersWithOneClampShareATable() throws {
    let circuit = try CircuitFolder.fashion.compiled().lowered.circuit
    #expect(circuit.tables.map(\.name) == ["limb of 8 bits", "limb of 8 bits", "clamp to 0...255"])
    #expect(circuit.lookups.count == 6)
    #expect(circuit.tables.allSatisfy { $0.containsZeroRow })
  }

  @Test func limbsAreSplitByCost() {
    #expect(LimbWidths(for: [(16, 32)]).bits(ofShift: 16) == [8, 8])
    #expect(LimbWidths(for: [(16, 128), (16, 64)]).bits(ofShift: 13) == [8, 5])
    #expect(LimbWidths(for: [(16, 1 << 20)]).bits(ofShift: 16) == [16])
    #expect(LimbWidths(for: [(16, 1 << 20)]).bits(ofShift: 9) == [9])
    #expect(LimbWidths(for: [(3, 4)]).bits(ofShift: 3) == [3])
    #expect(LimbWidths(for: [(8, 4)]).bits(ofShift: 8) == [8])
  }

  @Test func longNamesKeepTheirEnds() throws {
    let name = String(repeating: "é", count: 300)
    let linear = IntegerLinear(inputCount: 1, outputCount: 1, weights: [1], bias: [0])
    let network = IntegerNetwork(
      name: name, input: InputEncoding(port: NamedShape(name: "x", shape: [1]), scale: 1, range: 0...1),
      output: NamedShape(name: "y", shape: [1]), outputScale: 1,
      nodes: [IntegerNode(name: name, operand: 0, operation: .linear(linear), shape: [1], range: 0...1)])
    let circuit = try lower(network).circuit
    #expect(circuit.columns.map { $0.name.suffix(5) } == ["x", "eight", ".bias", "lator"])
    #expect(circuit.columns.allSatisfy { $0.name.utf8.count <= 255 })
    #expect(circuit.name.utf8.count == 254)
  }

  @Test(arguments: [(Int64(1) << 15, 32), (1 << 31, 48), (1 << 47, nil), (0, 16)])
  func biasesAreDeclaredInMultiplesOf16Bits(bias: Int64, bits: Int?) throws {
    let linear = IntegerLinear(inputCount: 1, outputCount: 1, weights: [1], bias: [bias])
    let network = IntegerNetwork(
      name: "n", input: InputEncoding(port: NamedShape(name: "x", shape: [1]), scale: 1, range: 0...1),
      output: NamedShape(name: "y", shape: [1]), outputScale: 1,
      nodes: [IntegerNode(name: "fc", operand: 0, operation: .linear(linear), shape: [1], range: 0...1)])
    guard let bits else {
      let description = errorDescription { _ = try lower(network) }
      #expect(description == "layer fc: its bias does not fit 48 bits in units of the accumulator")
      return
    }
    #expect(try lower(network).circuit.columns[2].weightBitCount == bits)
  }
}
