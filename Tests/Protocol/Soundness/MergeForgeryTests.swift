import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// The three forgeries of the merge that plausible variants accept with probability 1. Each claims an output that is
/// off by one, by false values of linear terms whose sum is right.
@Suite struct MergeForgeryTests {
  /// out = Σ biases + 2·relu(w·x): every term of the output is a simple one.
  ///
  /// So wide that both commitments have as many variables.
  private static func network(_ mode: ProofMode) -> SmallNetwork {
    let width =
      switch mode {
      case .transparent: 3
      case .hiding: 9
      }
    var b = CircuitBuilder("forgery", axes: [2, width])
    let x = b.input([1], 0...3)
    let a = b.contraction([2], [b.term(1, b.weight([2, 1], bits: 3), x)])
    let y = b.apply(to: a, limbs: [2, 2], CircuitBuilder.relu)
    let biases = (0..<8).map { _ in b.weight([2], bits: 5) }
    b.output(b.contraction([2], biases.map { b.term(1, $0) } + [b.term(2, y)]))
    return SmallNetwork(b, batches: [1])
  }

  private struct Forger {
    let proven: ProvenNetwork
    var plan: Plan { proven.plan }

    init(_ mode: ProofMode) { proven = ProvenNetwork(network(mode), batch: 1, mode: mode) }

    private let activation = 5
    private let output = 14

    /// Where the output's claim about the activation stands among the claims of the witness.
    private let twin = 2

    private func bias(_ index: Int) -> Int { 6 + index }

    /// A prover whose contractions see one bias and the activation changed, and whose output follows.
    func liar(bias delta: Int64, activation epsilon: Int64) -> MaliciousProver {
      var prover = MaliciousProver(proven)
      var witness = proven.witness
      witness.columns[bias(twin)][1] += delta
      witness.columns[activation][1] += epsilon
      witness.columns[output][1] += delta + 2 * epsilon
      prover.contractionWitness = witness
      prover.statement.outputs = [witness.columns[output]]
      return prover
    }

    func forge(_ prover: MaliciousProver, _ flaw: Flaw, adapting: Bool = true) -> [UInt8] {
      var transcript = ProverTranscript()
      let committed = prover.commit()
      let commitments = committed.commitments
      let claims = prover.reduce(&transcript, committed)
      let end = transcript.mergeNaively(plan, claims, commitments, flaw)
      let weights = plan.weights(claims, end.coefficients, at: end.point, flaw)
      let opening: OpeningClaim
      switch flaw {
      case .none, .noPaddingClaims, .restartedPowers, .unshiftedSlices:
        opening = plan.openingClaim(plan.totals(claims, weights), end.claim, at: end.point)
      case .commitmentValues:
        var values = commitments.indices.map { value(commitments[$0], $0, at: end.point) }
        let totals = plan.totals(claims, weights)
        let error = end.claim - zip(values, totals).reduce(.zero) { $0 + $1.0 * $1.1 }
        if adapting {
          // Δ0 + Δ1 = 0 and Ω0·Δ0 + Ω1·Δ1 = error.
          let shift = error * (totals[0] - totals[1]).inverseOrZero()
          values[0] += shift
          values[1] -= shift
        }
        transcript.sendUnpadded("values", values)
        opening = plan.openingClaim([.one, .one], values[0] + values[1], at: end.point)
      case .columnEnds:
        var ends = commitments.indices.map { columnEnds(commitments[$0], $0, at: end.point) }
        var columnWeights = ends.map { $0.map { _ in SecureField.zero } }
        for (claim, weights) in zip(claims, plan.partWeights(claims, end.coefficients, at: end.point, flaw)) {
          for (part, weight) in zip(claim.parts, weights) { columnWeights[claim.commitment][part.index] += weight }
        }
        var error = end.claim
        for index in ends.indices {
          error -= zip(ends[index], columnWeights[index]).reduce(.zero) { $0 + $1.0 * $1.1 }
        }
        if adapting {
          // w0·Δ0 + w1·Δ1 = error and s0·Δ0 + s1·Δ1 = 0.
          let (w, s) = (columnWeights[0], plan.selectors(0, at: end.point))
          let factor = error * (w[0] * s[1] - w[1] * s[0]).inverseOrZero()
          ends[0][0] += factor * s[1]
          ends[0][1] -= factor * s[0]
        }
        for column in ends { transcript.sendUnpadded("ends", column) }
        let batching = transcript.sponge.challenge("batch")
        let value = ends.indices.reduce(SecureField.zero) { sum, index in
          sum + batching.power(UInt64(index))
            * zip(ends[index], plan.selectors(index, at: end.point)).reduce(.zero) { $0 + $1.0 * $1.1 }
        }
        opening = plan.openingClaim([.one, batching], value, at: end.point)
      }
      prover.finish(&transcript, committed, opening, flaw)
      return transcript.proof
    }

    /// The commitment's extension at its point of the merge.
    private func value(_ commitment: Commitment, _ index: Int, at point: [SecureField]) -> SecureField {
      zip(columnEnds(commitment, index, at: point), plan.selectors(index, at: point)).reduce(.zero) { $0 + $1.0 * $1.1 }
    }

    private func columnEnds(_ commitment: Commitment, _ index: Int, at point: [SecureField]) -> [SecureField] {
      plan.commitments[index].layout.placements.map { placement in
        Multilinear.evaluate(
          plan.block(commitment, placement), at: Array(plan.mergePoint(point, index).inRow.suffix(placement.inRowBits)))
      }
    }

    func error(_ flaw: Flaw, _ prover: MaliciousProver, adapting: Bool = true) -> VerificationError? {
      let proof = forge(prover, flaw, adapting: adapting)
      do throws(VerificationError) {
        try plan.verify(flaw, proven.core, prover.statement, proof)
        return nil
      } catch { return error }
    }
  }

  @Test("the forger's merge is the prover's when nothing is forged, and every flawed verifier is complete",
    arguments: ProofMode.both)
  func honestForger(mode: ProofMode) {
    let forger = Forger(mode)
    let honest = MaliciousProver(forger.proven)
    #expect(forger.forge(honest, .none) == forger.proven.proof.bytes)
    for flaw in [Flaw.none, .columnEnds, .commitmentValues, .restartedPowers] {
      #expect(forger.error(flaw, honest) == nil, "\(flaw)")
    }
    // The setting of the forgeries: both commitments join in the same round, all columns are blocks.
    #expect(forger.plan.commitments.count == 2)
    #expect(forger.plan.commitments[0].variableCount == forger.plan.commitments[1].variableCount)
    #expect(forger.plan.commitments.allSatisfy { $0.layout.placements.allSatisfy { $0.rowCount == 1 } })
  }

  @Test("row 25 (i): one end value for each column, recombined with selector bits, is forged",
    arguments: ProofMode.both)
  func columnEnds(mode: ProofMode) {
    let forger = Forger(mode)
    let liar = forger.liar(bias: 1, activation: 0)
    #expect(forger.error(.columnEnds, liar) == nil)
    #expect(forger.error(.columnEnds, liar, adapting: false) != nil)
    #expect(forger.proven.error(forger.forge(liar, .columnEnds), liar.statement) != nil)
    #expect(forger.proven.error(forger.forge(liar, .none), liar.statement) == .openingMismatch)
  }

  @Test("row 25 (ii): values of commitments whose openings are added without a later challenge are forged",
    arguments: ProofMode.both)
  func commitmentValues(mode: ProofMode) {
    let forger = Forger(mode)
    let liar = forger.liar(bias: 1, activation: 0)
    #expect(forger.error(.commitmentValues, liar) == nil)
    #expect(forger.error(.commitmentValues, liar, adapting: false) != nil)
    #expect(forger.proven.error(forger.forge(liar, .commitmentValues), liar.statement) != nil)
    #expect(forger.proven.error(forger.forge(liar, .none), liar.statement) == .openingMismatch)
  }

  @Test("row 25 (iii): powers of γ that start again with each commitment are forged", arguments: ProofMode.both)
  func restartedPowers(mode: ProofMode) {
    let forger = Forger(mode)
    let liar = forger.liar(bias: 1, activation: -1)
    #expect(forger.error(.restartedPowers, liar) == nil)
    #expect(forger.error(.restartedPowers, forger.liar(bias: 1, activation: 0)) != nil)
    #expect(forger.proven.error(forger.forge(liar, .restartedPowers), liar.statement) != nil)
    #expect(forger.proven.error(forger.forge(liar, .none), liar.statement) == .openingMismatch)
    #expect(forger.proven.error(of: liar) == .openingMismatch)
  }
}
