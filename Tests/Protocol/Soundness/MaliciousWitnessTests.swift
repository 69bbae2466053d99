import Circuit
import Execution
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Provers that follow the protocol with a false witness: every change is carried through to all later columns,
/// multiplicities and outputs, so that only the relation that it breaks can notice.
@Suite struct MaliciousWitnessTests {
  private let proven = ProvenNetwork.small

  /// Columns of `SmallNetwork.small`: x, w1, b1, a, limb 0 (2 bits), limb 1 (3 bits, signed), y, w2, output.
  private let accumulator = 3
  private let low = 4
  private let high = 5
  private let activation = 6

  private func error(_ change: (inout Witness) -> Void) -> VerificationError? {
    var prover = MaliciousProver(proven)
    change(&prover.witness)
    prover.recompute()
    return proven.error(prover.prove(), prover.statement)
  }

  @Test("the harness itself proves honestly") func honestHarness() {
    var prover = MaliciousProver(proven)
    #expect(prover.prove() == proven.proof.bytes)
    prover.recompute()
    #expect(prover.witness.columns == proven.witness.columns)
    #expect(prover.statement == proven.statement)
    #expect(error { _ in } == nil)
    #expect(proven.circuit.columns[accumulator].kind == .virtual)
    #expect(proven.circuit.columns[activation].upper > 4)
  }

  @Test("row 6: a wrong remainder is rejected, alone or with a compensating limb out of its range")
  func wrongRemainder() {
    for index in proven.witness.columns[low].indices {
      #expect(error { $0.columns[low][index] += 1 } == .lookupSumMismatch)
    }
    #expect(error { $0.columns[high][0] -= 1 } == .lookupSumMismatch)
    #expect(error { $0.columns[low][0] += 4; $0.columns[high][0] -= 1 } == .lookupSumMismatch)
    #expect(error { $0.columns[low][1] -= 4; $0.columns[high][1] += 1 } == .lookupSumMismatch)
  }

  @Test("rows 6, 8: another quotient with the remainder moved by a whole step is rejected")
  func movedQuotient() {
    for step: Int64 in [-1, 1] {
      // (a − rem)/2^5 stays an integer; only the range of the top limb forbids it.
      let moved = error { witness in
        let positive = witness.columns[activation].firstIndex { $0 > 1 } ?? 0
        witness.columns[high][positive] -= 8 * step
        witness.columns[activation][positive] += step
      }
      #expect(moved == .lookupSumMismatch)
    }
    // A quotient that is no integer, but a small field element times 2^−5.
    #expect(error { $0.columns[activation][0] = 32; $0.columns[low][0] += 1 } == .lookupSumMismatch)
  }

  @Test("rows 6, 12: a wrong activation is rejected, and so is the identity or the other sign in its place")
  func wrongActivation() {
    for index in proven.witness.columns[activation].indices {
      #expect(error { $0.columns[activation][index] += 1 } == .lookupSumMismatch)
    }
    let identity = error { witness in
      for index in witness.columns[activation].indices {
        let remainder = witness.columns[low][index] + 4 * witness.columns[high][index]
        witness.columns[activation][index] = (witness.columns[accumulator][index] - remainder) / 32
      }
    }
    #expect(proven.witness.columns[accumulator].contains { $0 < -32 }, "some activation is cut")
    #expect(identity == .lookupSumMismatch)
    #expect(error { w in w.columns[activation] = w.columns[activation].map { -$0 } } == .lookupSumMismatch)
  }

  @Test("row 12: a layer whose outputs are all zero, or another batch entry's, is rejected")
  func droppedLayer() {
    #expect(error { w in w.columns[activation] = w.columns[activation].map { _ in 0 } } == .lookupSumMismatch)
    let swapped = error { w in
      for column in [low, high, activation] { w.columns[column].swapAt(0, 5) }
    }
    #expect(swapped == .lookupSumMismatch)
  }

  @Test("row 7: a saturation that the table does not have is rejected")
  func fakedSaturation() throws {
    var circuit = proven.circuit
    let lookup = circuit.lookups.firstIndex { $0.forms.count == 2 } ?? 0
    // The same network with a table that ends before the quotients of this input do.
    circuit.tables[circuit.lookups[lookup].table].content = .function(lower: -8, values: (-8...3).map { max($0, 0) })
    circuit.columns[activation].upper = 3
    try circuit.validate()
    #expect(throws: ExecutionError.self) {
      try Witness(
        CircuitExecutor(circuit, weights: proven.key.weights), batch: 3, inputs: proven.statement.inputs, threads: 1)
    }
    let network = SmallNetwork(circuit: circuit, weights: proven.key.weights, batches: [3]) { _ in [.init(repeating: 0, count: 9)] }
    let cut = ProvenNetwork(network, batch: 3)
    var prover = MaliciousProver(cut)
    prover.witness.columns = proven.witness.columns
    prover.witness.columns[activation] = proven.witness.columns[activation].map { min($0, 3) }
    prover.statement.inputs = proven.statement.inputs
    prover.recompute()
    #expect(cut.error(prover.prove(), prover.statement) == .lookupSumMismatch)
  }

  @Test("row 9: a forged multiplicity is rejected: one more, one less, moved, negative, scaled, wrapped")
  func forgedMultiplicities() {
    func forged(_ change: (inout [[Int64]]) -> Void) -> VerificationError? {
      var prover = MaliciousProver(proven)
      change(&prover.witness.multiplicities)
      return proven.error(prover.prove(), prover.statement)
    }
    for table in proven.circuit.tables.indices {
      #expect(forged { $0[table][0] += 1 } == .lookupSumMismatch)
      #expect(forged { $0[table][1] -= 1 } == .lookupSumMismatch)
      #expect(forged { $0[table][0] += 1; $0[table][1] -= 1 } == .lookupSumMismatch)
      #expect(forged { $0[table] = $0[table].map { -$0 } } == .lookupSumMismatch)
      #expect(forged { $0[table] = $0[table].map { _ in 0 } } == .lookupSumMismatch)
      #expect(forged { $0[table][0] += Int64(bitPattern: UInt64(1) << 63) } == .lookupSumMismatch)
    }
  }

  @Test("row 9: a row outside the table stays outside, even against p − 1 lookups of it")
  func wrappedMultiplicity() {
    let wrong = error { $0.columns[activation][0] += 1 }
    #expect(wrong == .lookupSumMismatch)
    // The number of lookups is far below p, so that a pole cannot vanish by counting.
    #expect(proven.plan.lookupBlocks.depth < 62)
  }

  @Test("rows 3, 4: an output that the layers do not give is rejected, shown consistently or not")
  func wrongOutput() {
    var prover = MaliciousProver(proven)
    prover.statement.outputs[0][4] += 1
    #expect(proven.error(prover.prove(), prover.statement) == .termMismatch(claim: 1))
    prover.witness.columns[8][4] += 1
    #expect(proven.error(prover.prove(), prover.statement) == .termMismatch(claim: 1))
    // The activation that would give this output, in the contraction alone.
    var witness = proven.witness
    witness.columns[activation][2] += 1
    witness.columns[8] = proven.circuit.contractions[1].evaluate(proven.circuit, batch: 3, witness.columns)
    prover = MaliciousProver(proven)
    prover.contractionWitness = witness
    prover.statement.outputs = [witness.columns[8]]
    #expect(proven.error(prover.prove(), prover.statement) == .openingMismatch)
  }

  @Test("row 3: a public input is compared with what the layers read")
  func wrongInput() {
    var prover = MaliciousProver(proven)
    prover.statement.inputs[0][0] ^= 1
    #expect(proven.error(prover.prove(), prover.statement) != nil)
    prover = MaliciousProver(proven)
    prover.witness.columns[0][0] ^= 1
    #expect(proven.error(prover.prove(), prover.statement) != nil)
  }

  @Test("row 12: weights changed in the contraction are not those of the commitment")
  func wrongWeights() {
    for column in [1, 2, 7] {
      var witness = proven.witness
      witness.columns[column][0] += 1
      let other = error { $0.columns[column] = witness.columns[column] }
      #expect(other != nil)
      var prover = MaliciousProver(proven)
      prover.witness.columns[column] = witness.columns[column]
      let weights = [1, 2, 7].map { prover.witness.columns[$0] }
      guard let honest = try? Witness(
        CircuitExecutor(proven.circuit, weights: weights), batch: 3, inputs: proven.statement.inputs, threads: 1)
      else { continue }
      prover.witness = honest
      prover.statement.outputs = [honest.columns[8]]
      #expect(proven.error(prover.prove(), prover.statement) == .openingMismatch)
    }
  }
}
