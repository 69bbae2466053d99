import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Tables against each other, and weights against their range.
@Suite struct RelationTests {
  private func network(_ b: CircuitBuilder, _ inputs: [[Int64]], _ mode: ProofMode) -> ProvenNetwork {
    ProvenNetwork(
      SmallNetwork(circuit: b.circuit, weights: b.weights, batches: [1]) { _ in inputs }, batch: 1, mode: mode)
  }

  @Test("rows 12, 26: a row of one table does not pass for a row of another", arguments: ProofMode.both)
  func swappedTables(mode: ProofMode) {
    var b = CircuitBuilder("tables", axes: [4])
    let x = b.input([1], 0...3)
    let (y, z) = (b.apply(to: x) { $0 }, b.apply(to: x) { 3 - $0 })
    b.output(b.contraction([1], [b.term(1, y), b.term(2, z)]))
    let proven = network(b, [[0, 1, 2, 3]], mode)
    #expect(proven.error(proven.proof.bytes) == nil)
    var prover = MaliciousProver(proven)
    prover.witness.columns[y] = [3, 2, 1, 0]
    prover.recompute()
    // Each row of the second table is looked up twice now, none of the first.
    prover.witness.multiplicities = [[0, 0, 0, 0], [2, 2, 2, 2]]
    #expect(proven.error(of: prover) == mode.found(.lookupSumMismatch))
  }

  @Test("row 26: a row (v, 0) of a function does not pass for the value v of a range", arguments: ProofMode.both)
  func otherArity(mode: ProofMode) {
    var b = CircuitBuilder("arity", axes: [2])
    let x = b.input([1], 0...15)
    let y = b.apply(to: x, limbs: [2]) { _ in 0 }
    b.output(y)
    let limb = y - 1
    let proven = network(b, [[6, 6]], mode)
    #expect(proven.witness.columns[limb] == [-2, -2] && proven.witness.columns[y] == [0, 0])
    var prover = MaliciousProver(proven)
    // 6 = 4·1 + 2 with a remainder that only the function's table has: (2, 0).
    prover.witness.columns[limb][0] = 2
    prover.recompute()
    prover.witness.multiplicities[1][2] += 1
    #expect(proven.error(of: prover) == mode.found(.lookupSumMismatch))
  }

  @Test("row 26: nothing passes for a row that a function table does not have", arguments: ProofMode.both)
  func shortTable(mode: ProofMode) throws {
    var b = CircuitBuilder("short table", axes: [2])
    let x = b.input([1], 0...3)
    let y = b.apply(to: x) { 5 * ($0 % 2) }
    b.output(y)
    var circuit = b.circuit
    circuit.tables[0].content = .function(lower: 1, values: [5, 0, 5, 5])
    try circuit.validate()
    let proven = ProvenNetwork(
      SmallNetwork(circuit: circuit, weights: [], batches: [1]) { _ in [[1, 3]] }, batch: 1, mode: mode)
    #expect(proven.error(proven.proof.bytes) == nil)
    for value: Int64 in [0, 5] {
      var prover = MaliciousProver(proven)
      prover.witness.columns[x][0] = 0
      prover.witness.columns[y][0] = value
      prover.statement.inputs[0][0] = 0
      prover.recompute()
      prover.witness.multiplicities[0][3] += 1
      #expect(proven.error(of: prover) == mode.found(.lookupSumMismatch))
    }
  }

  @Test("row 11: a slice is bound to the entries that it reads, also where it starts before the column or goes beyond it",
    arguments: [(0, 1), (3, 1), (0, 2), (1, 3), (-1, 1), (-3, 2), (11, 1), (7, 4)], ProofMode.both)
  func boundSlices(part: (start: Int, stride: Int), mode: ProofMode) {
    let (start, stride) = part
    var b = CircuitBuilder("slice", axes: [3, 12, 5])
    let (x, w, v) = (b.input([1]), b.weight([2]), b.weight([2, 3]))
    func view(_ loop: Int) -> Binding { Binding(loop, slice: .init(start: start, stride: stride)) }
    let terms = [
      Term(operands: [Operand(column: w, bindings: [view(1)])]),
      Term(operands: [Operand(column: v, bindings: [view(1), Binding(3)])]),
      Term(operands: [b.whole(x), Operand(column: w, bindings: [view(1)])]),
    ]
    b.output(b.contraction([1], terms))
    let proven = network(b, [[1, 2, 3]], mode)
    #expect(proven.error(proven.proof.bytes) == nil)
    for column in [w, v] {
      for entry in [start, start + stride, start + 2 * stride] where (0..<12).contains(entry) {
        var prover = MaliciousProver(proven)
        prover.witness.columns[column][column == w ? entry : 5 * entry] += 1
        prover.recompute()
        #expect(prover.statement != proven.statement)
        #expect(proven.error(of: prover) == .openingMismatch)
      }
      var prover = MaliciousProver(proven)
      prover.witness.columns[column] = prover.witness.columns[column].map { _ in 0 }
      prover.recompute()
      #expect(proven.error(of: prover) == .openingMismatch)
    }
  }

  @Test("row 6: a constant moves the quotient, and its remainder is the only one", arguments: [-37, -16, 0, 1, 16, 45],
    ProofMode.both)
  func constantsInForms(constant: Int64, mode: ProofMode) {
    var b = CircuitBuilder("constant", axes: [41])
    let x = b.input([1], -200...200)
    let y = b.apply(to: x, plus: constant, limbs: [2, 3]) { 2 * $0 + 1 }
    b.output(y)
    let inputs = Array(-20...20 as ClosedRange<Int64>)
    let proven = network(b, [inputs], mode)
    #expect(proven.statement.outputs == [inputs.map { 2 * (($0 + constant + 16) >> 5) + 1 }])
    #expect(proven.error(proven.proof.bytes) == nil)
    for step: Int64 in [-1, 1] {
      var prover = MaliciousProver(proven)
      prover.witness.columns[y - 1][7] -= 8 * step
      prover.witness.columns[y][7] += 2 * step
      prover.recompute()
      #expect(proven.error(of: prover) == mode.found(.lookupSumMismatch))
    }
  }

  @Test("row 6: a comparison holds for 0 and above, and for nothing below", arguments: ProofMode.both)
  func comparison(mode: ProofMode) throws {
    var b = CircuitBuilder("comparison", axes: [3])
    let x = b.input([1], -20...20)
    let a = b.contraction([1], [b.term(1, x)])
    b.requireNonnegative(a, limbs: [2, 1], bits: 2)
    b.output(a)
    let proven = network(b, [[0, 20, 7]], mode)
    #expect(proven.error(proven.proof.bytes) == nil)
    let (low, high) = (a + 1, a + 2)
    for value: Int64 in -20 ..< 0 {
      var prover = MaliciousProver(proven)
      prover.statement.inputs = [[0, value, 7]]
      prover.witness = try Witness(proven.key.executor, batch: 1, inputs: prover.statement.inputs, threads: 1)
      prover.recompute()
      #expect(proven.error(of: prover) == mode.found(.lookupSumMismatch))
      // The remainder that brings the quotient to 0 is outside the limbs' tables.
      prover.witness.columns[low][1] = (value - 4) & 3
      prover.witness.columns[high][1] = (value - 4) >> 2
      prover.recompute()
      #expect(proven.error(of: prover) == mode.found(.lookupSumMismatch))
    }
  }

  private func keyError(bits: Int, _ weight: Int64, _ mode: ProofMode) throws -> VerificationError? {
    var b = CircuitBuilder("weights", axes: [3])
    let x = b.input([1], 0...9)
    b.output(b.contraction([], [b.term(1, b.weight([1], bits: bits), x)]))
    let key = ProvingKey(circuit: b.circuit, weights: [[1, weight, -1]], proofCount: mode.proofCount, threads: 1)
    let verifyingKey = try VerifyingKey(file: try key.verifyingKey(threads: 1).file)
    do throws(VerificationError) {
      try verifyingKey.verifyWeights()
      return nil
    } catch { return error }
  }

  @Test("row 27: weights at the ends of their range pass, those beyond do not", arguments: [2, 8, 16, 17, 20, 32, 33, 48],
    ProofMode.both)
  func weightsOutOfRange(bits: Int, mode: ProofMode) throws {
    let (lower, upper) = Column.weightRange(bitCount: bits)
    for weight in [lower, upper, 0] { #expect(try keyError(bits: bits, weight, mode) == nil) }
    for weight in [lower - 1, upper + 1, upper + 1 << 16, lower - 1 << 32, 1 << 60] {
      #expect(try keyError(bits: bits, weight, mode) == mode.found(.lookupSumMismatch))
    }
  }

  @Test("row 27: 1/3 mod p as a weight divides exactly, and only the range proof sees it", arguments: ProofMode.both)
  func inverseWeight(mode: ProofMode) throws {
    let third = BaseField(3 as Int64).inverseOrZero().centred
    #expect(BaseField(third) * BaseField(3 as Int64) == .one)
    for bits in [8, 20, 40] { #expect(try keyError(bits: bits, third, mode) == mode.found(.lookupSumMismatch)) }

    var b = CircuitBuilder("third", axes: [1])
    let x = b.input([1], 0...9)
    let w = b.weight([1], bits: 8)
    b.output(b.contraction([1], [b.term(1, w, x)]))
    let network = SmallNetwork(circuit: b.circuit, weights: [[third]], batches: [1]) { _ in [[6]] }
    let proven = ProvenNetwork(network, batch: 1, mode: mode)
    var statement = proven.statement
    statement.outputs = [[2]]
    var prover = MaliciousProver(proven)
    prover.statement = statement
    #expect(proven.error(prover.prove(), statement) == nil, "the inference alone is true modulo p")
    #expect(throws: mode.found(.lookupSumMismatch)) { try proven.verifyingKey.verifyWeights() }
  }
}
