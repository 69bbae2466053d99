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
  /// Columns of `SmallNetwork.small`: x, w1, b1, a, limb 0 (2 bits), limb 1 (3 bits, signed), y, w2, output.
  private let accumulator = 3
  private let low = 4
  private let high = 5
  private let activation = 6

  @Test("the harness itself proves honestly", arguments: ProofMode.both)
  func honestHarness(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    var prover = MaliciousProver(proven)
    #expect(prover.prove() == proven.proof.bytes)
    prover.recompute()
    #expect(prover.witness.columns == proven.witness.columns)
    #expect(prover.statement == proven.statement)
    #expect(proven.error { _ in } == nil)
    #expect(proven.circuit.columns[accumulator].kind == .virtual)
    #expect(proven.circuit.columns[activation].upper > 4)
  }

  @Test("row 6: a wrong remainder is rejected, alone or with a compensating limb out of its range",
    arguments: ProofMode.both)
  func wrongRemainder(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    for index in proven.witness.columns[low].indices {
      #expect(proven.error { $0.columns[low][index] += 1 } == mode.found(.lookupSumMismatch))
    }
    #expect(proven.error { $0.columns[high][0] -= 1 } == mode.found(.lookupSumMismatch))
    #expect(proven.error { $0.columns[low][0] += 4; $0.columns[high][0] -= 1 } == mode.found(.lookupSumMismatch))
    #expect(proven.error { $0.columns[low][1] -= 4; $0.columns[high][1] += 1 } == mode.found(.lookupSumMismatch))
  }

  @Test("rows 6, 8: another quotient with the remainder moved by a whole step is rejected", arguments: ProofMode.both)
  func movedQuotient(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    for step: Int64 in [-1, 1] {
      // (a − rem)/2^5 stays an integer; only the range of the top limb forbids it.
      let moved = proven.error { witness in
        let positive = witness.columns[activation].firstIndex { $0 > 1 } ?? 0
        witness.columns[high][positive] -= 8 * step
        witness.columns[activation][positive] += step
      }
      #expect(moved == mode.found(.lookupSumMismatch))
    }
    // A quotient that is no integer, but a small field element times 2^−5.
    #expect(proven.error { $0.columns[activation][0] = 32; $0.columns[low][0] += 1 } == mode.found(.lookupSumMismatch))
  }

  @Test("rows 6, 12: a wrong activation is rejected, and so is the identity or the other sign in its place",
    arguments: ProofMode.both)
  func wrongActivation(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    for index in proven.witness.columns[activation].indices {
      #expect(proven.error { $0.columns[activation][index] += 1 } == mode.found(.lookupSumMismatch))
    }
    let identity = proven.error { witness in
      for index in witness.columns[activation].indices {
        let remainder = witness.columns[low][index] + 4 * witness.columns[high][index]
        witness.columns[activation][index] = (witness.columns[accumulator][index] - remainder) / 32
      }
    }
    #expect(proven.witness.columns[accumulator].contains { $0 < -32 }, "some activation is cut")
    #expect(identity == mode.found(.lookupSumMismatch))
    #expect(proven.error { w in w.columns[activation] = w.columns[activation].map { -$0 } } == mode.found(.lookupSumMismatch))
  }

  @Test("row 12: a layer whose outputs are all zero, or another batch entry's, is rejected", arguments: ProofMode.both)
  func droppedLayer(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    #expect(proven.error { w in w.columns[activation] = w.columns[activation].map { _ in 0 } } == mode.found(.lookupSumMismatch))
    let swapped = proven.error { w in
      for column in [low, high, activation] { w.columns[column].swapAt(0, 5) }
    }
    #expect(swapped == mode.found(.lookupSumMismatch))
  }

  @Test("row 7: a saturation that the table does not have is rejected", arguments: ProofMode.both)
  func fakedSaturation(mode: ProofMode) throws {
    let proven = ProvenNetwork.small(mode)
    var circuit = proven.circuit
    let lookup = circuit.lookups.firstIndex { $0.forms.count == 2 } ?? 0
    // The same network with a table that ends before the quotients of this input do.
    circuit.tables[circuit.lookups[lookup].table].content = .function(lower: -12, values: (-12...3).map { max($0, 0) })
    circuit.columns[activation].upper = 3
    try circuit.validate()
    #expect(throws: ExecutionError.self) {
      try Witness(
        CircuitExecutor(circuit, weights: proven.key.weights), batch: 3, inputs: proven.statement.inputs, threads: 1)
    }
    let network = SmallNetwork(circuit: circuit, weights: proven.key.weights, batches: [3]) { _ in [.init(repeating: 0, count: 9)] }
    let cut = ProvenNetwork(network, batch: 3, mode: mode)
    var prover = MaliciousProver(cut)
    prover.witness.columns = proven.witness.columns
    prover.witness.columns[activation] = proven.witness.columns[activation].map { min($0, 3) }
    prover.statement.inputs = proven.statement.inputs
    prover.recompute()
    #expect(cut.error(of: prover) == mode.found(.lookupSumMismatch))
  }

  @Test("row 9: a forged multiplicity is rejected: one more, one less, moved, negative, scaled, wrapped",
    arguments: ProofMode.both)
  func forgedMultiplicities(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    func forged(_ change: (inout [[Int64]]) -> Void) -> VerificationError? {
      var prover = MaliciousProver(proven)
      change(&prover.witness.multiplicities)
      return proven.error(of: prover)
    }
    for table in proven.circuit.tables.indices {
      #expect(forged { $0[table][0] += 1 } == mode.found(.lookupSumMismatch))
      #expect(forged { $0[table][1] -= 1 } == mode.found(.lookupSumMismatch))
      #expect(forged { $0[table][0] += 1; $0[table][1] -= 1 } == mode.found(.lookupSumMismatch))
      #expect(forged { $0[table] = $0[table].map { -$0 } } == mode.found(.lookupSumMismatch))
      #expect(forged { $0[table] = $0[table].map { _ in 0 } } == mode.found(.lookupSumMismatch))
      #expect(forged { $0[table][0] += Int64(bitPattern: UInt64(1) << 63) } == mode.found(.lookupSumMismatch))
    }
  }

  @Test("row 9: a row outside the table stays outside, even against p − 1 lookups of it", arguments: ProofMode.both)
  func wrappedMultiplicity(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    let wrong = proven.error { $0.columns[activation][0] += 1 }
    #expect(wrong == mode.found(.lookupSumMismatch))
    // The number of lookups is far below p, so that a pole cannot vanish by counting.
    #expect(proven.plan.columns.lookupBlocks.depth < 62)
  }

  @Test("rows 3, 4: an output that the layers do not give is rejected, shown consistently or not",
    arguments: ProofMode.both)
  func wrongOutput(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    var prover = MaliciousProver(proven)
    prover.statement.outputs[0][4] += 1
    #expect(proven.error(of: prover) == mode.found(.termMismatch(claim: 1)))
    prover.witness.columns[8][4] += 1
    #expect(proven.error(of: prover) == mode.found(.termMismatch(claim: 1)))
    // The activation that would give this output, in the contraction alone.
    var witness = proven.witness
    witness.columns[activation][2] += 1
    witness.columns[8] = proven.circuit.contractions[1].evaluate(proven.circuit, batch: 3, witness.columns)
    prover = MaliciousProver(proven)
    prover.contractionWitness = witness
    prover.statement.outputs = [witness.columns[8]]
    #expect(proven.error(of: prover) == .openingMismatch)
  }

  @Test("row 3: a public input is compared with what the layers read", arguments: ProofMode.both)
  func wrongInput(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    var prover = MaliciousProver(proven)
    prover.statement.inputs[0][0] ^= 1
    #expect(proven.error(of: prover) != nil)
    prover = MaliciousProver(proven)
    prover.witness.columns[0][0] ^= 1
    #expect(proven.error(of: prover) != nil)
  }

  @Test("row 12: weights changed in the contraction are not those of the commitment", arguments: ProofMode.both)
  func wrongWeights(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    for column in [1, 2, 7] {
      var witness = proven.witness
      witness.columns[column][0] += 1
      let other = proven.error { $0.columns[column] = witness.columns[column] }
      #expect(other != nil)
      var prover = MaliciousProver(proven)
      prover.witness.columns[column] = witness.columns[column]
      let weights = [1, 2, 7].map { prover.witness.columns[$0] }
      guard let honest = try? Witness(
        CircuitExecutor(proven.circuit, weights: weights), batch: 3, inputs: proven.statement.inputs, threads: 1)
      else { continue }
      prover.witness = honest
      prover.statement.outputs = [honest.columns[8]]
      #expect(proven.error(of: prover) == .openingMismatch)
    }
  }
}
