import Circuit
import Model
import Prover
import Testing

@Suite struct LoweringTests {
  @Test(arguments: CircuitFolder.all)
  func circuitComputesWhatTheExecutorDoes(folder: CircuitFolder) throws {
    let compiled = try folder.compiled()
    let (integers, lowered) = (compiled.integers, compiled.lowered)
    let batch = try folder.testInputs(integers, count: 3)
    let witness = try Witness(
      lowered.circuit, batch: batch.count, inputs: [batch.values], weights: lowered.weights, threads: 1)

    let values = (0..<batch.count).map { integers.values(of: batch.sample($0)) }
    var comparisons = 0
    for (index, node) in integers.nodes.enumerated() {
      let suffix =
        switch node.operation {
        case .linear: "accumulator"
        case .requantize: "activation"
        case .reshape: "none"
        }
      let column = lowered.circuit.columns.firstIndex { $0.name == "\(node.name).\(suffix)" }
      guard let column else { continue }
      #expect(witness.columns[column] == values.flatMap { $0[index + 1] })
      comparisons += 1
    }
    #expect(comparisons == integers.nodes.count)
    #expect(witness.columns[lowered.circuit.outputs[0].column] == integers.run(batch).values)
    for (column, integers) in zip(lowered.circuit.columns, witness.columns) {
      #expect(integers.allSatisfy { column.lower <= $0 && $0 <= column.upper })
    }
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
    #expect(circuit.tables.allSatisfy(\.containsZeroRow))
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
      #expect(
        throws: ModelError.unusableLayer("fc", reason: "its bias does not fit 48 bits in units of the accumulator")
      ) { try lower(network) }
      return
    }
    #expect(try lower(network).circuit.columns[2].weightBitCount == bits)
  }
}
