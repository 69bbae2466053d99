import Circuit
import Prover
import TestSupport
import Testing
import Verifier

/// The largest valid keys of each kind with proofs of 64 MiB: both are checked or refused within the bounds that are
/// promised, whatever the proof holds.
///
/// Proofs are zeros that hide: nothing is found wrong before the opening, after all that depends on the circuit.
@Suite(.serialized) struct LargestKeyTests {
  private static let fileByteCap = 64 << 20

  enum Construction: String, CaseIterable {
    case portsOfOneColumn, publicTerms, slicedTerms, longAxes, lookups, columns, tables, rows, longStatement, weights
  }

  @Test(arguments: Construction.allCases) func isBounded(_ construction: Construction) throws {
    let circuit = construction.circuit
    try circuit.validate()
    let core = WeightCommitment(circuit: circuit, proofCount: 1, root: .zero)
    let proof = [UInt8](repeating: 0, count: core.code == nil ? 0 : Self.fileByteCap / 2)
    let key = VerifyingKey(circuit: circuit, core: core, proof: proof).file
    let batch = construction == .longStatement ? circuit.batchCap : 1
    let plan = Plan(circuit: circuit, batch: batch, modelCode: core.code, isHiding: true)
    func zeros(_ ports: [Port]) -> [[Int64]] { ports.map { .init(repeating: 0, count: $0.dimensions.reduce(batch, *)) } }
    let statement = Statement(batch: batch, inputs: zeros(circuit.inputs), outputs: zeros(circuit.outputs))
    func file(_ count: Int) -> [UInt8] {
      Proof(core: core, mode: .hiding, statement: statement, bytes: [UInt8](repeating: 0, count: count)).file(circuit)
    }
    let head = file(0).count
    try #require(key.count <= Self.fileByteCap && head <= Self.fileByteCap)
    let place = try Workplace()
    try place.write(key, to: "a.vk")
    try place.write(file(Self.fileByteCap - head), to: "a.proof")
    let process = try place.start(
      ["verify", "--key", "@a.vk", "@a.proof"], logs: [place.path + "/.output", place.path + "/.errors"])
    #expect(process.wait() == 1)
    let errors = String(decoding: try place.bytes(".errors"), as: UTF8.self)
    let (seconds, memory) = process.usage
    print("\(construction): key \(key.count), work \(plan.work), \(seconds) s, \(memory >> 20) MiB: \(errors)")
    #expect(errors.contains(plan.work <= Plan.workCap ? "proof of work" : "products"), "\(errors)")
    #expect(memory > 0 && memory <= 2_000_000_000)
  }

  @Test("ports of classes of one column, whose relations would have 30 million terms, are refused before these are made")
  func classesOfOneColumn() throws {
    var circuit = Construction.publicTerms.circuit
    let source = circuit.outputs[0].column
    (circuit.columns[source].lower, circuit.columns[source].upper) = (-1 << 58, 1 << 58)
    circuit.axes.append(1)
    circuit.outputs = []
    for number in 0..<255 {
      circuit.outputs.append(Port(column: circuit.columns.count, name: "\(number)", dimensions: [1], classesOf: source))
      circuit.columns.append(Column(name: "", kind: .public, axes: [0, 2, 1], lower: 0, upper: 1))
    }
    let place = try Workplace()
    let core = WeightCommitment(circuit: circuit, proofCount: 0, root: .zero)
    try place.write(VerifyingKey(circuit: circuit, core: core, proof: []).file, to: "a.vk")
    // KiB of address space.
    let result = try place.run(["inspect", "@a.vk"], under: ["sh", "-c", "ulimit -v 700000; exec \"$0\" \"$@\""])
    #expect(result.status == 2 && result.errors.contains("rule 1"), "\(result)")
  }

  @Test("an object with all integers of a statement is written as it is made", arguments: [[], ["--json"]])
  func longObject(options: [String]) throws {
    var b = CircuitBuilder("long", axes: [1 << 22, 1], batchCap: 1)
    let x = b.input([1])
    b.output(b.apply(to: b.input([2])) { $0 })
    let key = ProvingKey(circuit: b.circuit, weights: [], proofCount: 0, threads: 1)
    let inputs = [[Int64](repeating: 7, count: b.circuit.axes[1]), [3]]
    let place = try Workplace()
    try place.write(key.verifyingKey(threads: 1).file, to: "a.vk")
    let proof = try key.prove(batch: 1, inputs: inputs, mode: .transparent, threads: 1).proof
    try place.write(proof.file(b.circuit), to: "a.proof")
    let program = ["sh", "-c", "ulimit -v 300000; exec \"$0\" \"$@\""]
    let result = try place.run(["verify", "--key", "@a.vk", "@a.proof"] + options, under: program)
    #expect(result.status == 0, "\(result.errors)")
    #expect(!options.isEmpty == (result.output.utf8.count > 8 * inputs[0].count) && x == 0)
  }
}

extension LargestKeyTests.Construction {
  private static let bound = Int64(1) << 62
  private static let termCount = ArithmeticCircuit.maximumTermCount

  /// A circuit with axes of these sizes and these columns, without relations.
  private func circuit(_ axes: [Int], batchCap: Int = 1, _ columns: [Column]) -> ArithmeticCircuit {
    ArithmeticCircuit(name: rawValue, batchCap: batchCap, axes: [0] + axes, columns: columns)
  }

  private func operand(_ column: Int, _ axes: [Int]) -> Operand { Operand(column: column, bindings: axes.map { Binding($0) }) }

  /// Adds an advice column y = 0·x of the axes of column x, which is in 0 … 1.
  private func appendCopy(of column: Int, _ circuit: inout ArithmeticCircuit) {
    if circuit.tables.isEmpty { circuit.tables = [Table(name: "t", content: .function(lower: 0, values: [0, 1]))] }
    circuit.columns.append(Column(name: "", kind: .advice, axes: circuit.columns[column].axes, lower: 0, upper: 1))
    circuit.lookups.append(
      Lookup(table: 0, forms: [AffineForm(bare: column), AffineForm(bare: circuit.columns.count - 1)]))
  }

  private func appendInput(_ axes: [Int], _ circuit: inout ArithmeticCircuit) {
    circuit.columns.append(Column(name: "", kind: .public, axes: axes, lower: 0, upper: 1))
    circuit.inputs.append(
      Port(column: circuit.columns.count - 1, name: "\(circuit.inputs.count)", dimensions: axes.dropFirst().map { circuit.axes[$0] }))
  }

  /// Adds a virtual column over these axes, and as many output ports of it.
  private func appendSum(_ axes: [Int], _ terms: [Term], ports: Int = 1, _ circuit: inout ArithmeticCircuit) {
    circuit.columns.append(Column(name: "", kind: .virtual, axes: axes, lower: -Self.bound, upper: Self.bound))
    let output = circuit.columns.count - 1
    circuit.contractions.append(Contraction(output: output, terms: terms))
    circuit.outputs = (0..<ports).map { Port(column: output, name: "\($0)", dimensions: axes.dropFirst().map { circuit.axes[$0] }) }
  }

  var circuit: ArithmeticCircuit {
    var circuit = circuit([4], [])
    switch self {
    case .portsOfOneColumn:
      appendInput([0, 1], &circuit)
      appendCopy(of: 0, &circuit)
      let term = Term(operands: [operand(1, [0, 1]), operand(1, [0, 1]), operand(0, [0, 1])])
      appendSum([0, 1], Array(repeating: term, count: Self.termCount), ports: 255, &circuit)
    case .publicTerms:
      circuit.axes[1] = 1_024
      appendInput([0, 1], &circuit)
      appendInput([0], &circuit)
      appendCopy(of: 1, &circuit)
      appendSum([0, 1], Array(repeating: Term(operands: [operand(0, [0, 1])]), count: Self.termCount), &circuit)
    case .slicedTerms:
      circuit.axes = [0] + Array(repeating: 2, count: 20) + [1 << 10]
      let axes = [0, 1, 2, 3, 4, 5, 6, 21]
      appendInput(axes, &circuit)
      appendCopy(of: 0, &circuit)
      let slice = Binding.Slice(start: 1, stride: 1)
      let term = Term(
        operands: (0..<3).map { part in
          Operand(column: 1, bindings: [Binding(0)] + (1...6).map { Binding($0 + 6 * part, slice: slice) } + [Binding(19 + part % 2, slice: slice)])
        })
      appendSum([0] + Array(1...7), Array(repeating: term, count: Self.termCount), &circuit)
    case .longAxes:
      // Points that change with each term, so that no sum over an axis is known from the term before.
      circuit.axes = [0, 1 << 23 + 1, 2]
      appendInput([0, 1], &circuit)
      appendCopy(of: 0, &circuit)
      appendSum([0, 1, 2], [Term(operands: [operand(1, [0, 1])])], &circuit)
      appendCopy(of: 2, &circuit)
      let terms = [[operand(0, [0, 1]), operand(1, [0, 1])], [operand(0, [0, 1]), operand(3, [0, 1, 2])]]
      appendSum([0], (0..<6).map { Term(operands: terms[$0 % 2]) }, &circuit)
    case .lookups:
      circuit.axes[1] = 1
      appendInput([0, 1], &circuit)
      circuit.tables = [
        Table(name: "", content: .range(lower: 0, bits: 1)), Table(name: "", content: .range(lower: -1, bits: 1)),
      ]
      var form = AffineForm(shift: 48, parts: [.init(column: 0, coefficient: 1)])
      for limb in 0..<48 {
        let isLast = limb == 47
        circuit.columns.append(
          Column(name: "", kind: .advice, axes: [0, 1], lower: isLast ? -1 : 0, upper: isLast ? 0 : 1))
        circuit.lookups.append(Lookup(table: isLast ? 1 : 0, forms: [AffineForm(bare: limb + 1)]))
        form.parts.append(.init(column: limb + 1, coefficient: -(1 << Int64(limb))))
      }
      circuit.lookups += Array(repeating: Lookup(table: 0, forms: [form]), count: 65_536 - 48)
      appendSum([0, 1], [Term(operands: [operand(0, [0, 1])])], &circuit)
    case .columns:
      circuit.axes[1] = 3
      appendInput([0, 1], &circuit)
      for _ in 0..<65_534 { appendCopy(of: 0, &circuit) }
      appendSum([0, 1], (1...65_534).map { Term(operands: [operand($0, [0, 1])]) }, &circuit)
    case .tables:
      appendInput([0, 1], &circuit)
      appendCopy(of: 0, &circuit)
      let values = [Int64](repeating: 0, count: 1 << 13)
      circuit.tables += Array(repeating: Table(name: "", content: .function(lower: 0, values: values)), count: 1_023)
      appendSum([0, 1], [Term(operands: [operand(1, [0, 1])])], &circuit)
    case .rows:
      circuit.axes[1] = 1 << 24
      appendInput([0], &circuit)
      appendSum([0, 1], [Term(operands: [operand(0, [0])])], &circuit)
      appendCopy(of: 1, &circuit)
      let term = Term(operands: [operand(2, [0, 1]), operand(2, [0, 1]), operand(2, [0, 1])])
      appendSum([0], Array(repeating: term, count: 65_000), &circuit)
    case .longStatement:
      circuit.axes[1] = 1 << 14
      circuit.batchCap = 4_000
      appendInput([0, 1], &circuit)
      appendInput([0], &circuit)
      appendCopy(of: 1, &circuit)
      let slice = Operand(column: 0, bindings: [Binding(0), Binding(1, slice: .init(start: 1, stride: 1))])
      appendSum([0], Array(repeating: Term(operands: [slice]), count: 15), &circuit)
    case .weights:
      let range = Column.weightRange(bitCount: 48)
      let weight = Column(name: "", kind: .weight, axes: [1], lower: range.lower, upper: range.upper)
      circuit.columns = Array(repeating: weight, count: 65_534)
      appendInput([0], &circuit)
      appendSum([0], [Term(operands: [operand(65_534, [0])])], &circuit)
    }
    return circuit
  }
}
