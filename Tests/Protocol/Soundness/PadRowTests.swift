import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Which entry of Y belongs to an element, and which row of a leaf to a vector of the opening.
@Suite struct PadRowTests {
  @Test("a verifier that takes one pad for two elements does not see the second's entry, and this one does")
  func sharedPad() {
    let proven = ProvenNetwork.small(.hiding)
    var prover = MaliciousProver(proven)
    let (first, second) = (prover.products[2].second, prover.products[3])
    let flaw = HidingFlaw.sharedPad(first, insteadOf: second.second)
    #expect(ForgedProof(prover).error(flaw) == .openingMismatch)
    prover.changePads = { pads in
      pads[second.second] = pads[first]
      pads[second.product] = pads[second.first] * pads[first]
    }
    // Equal pads hide less, and are sound.
    #expect(ForgedProof(prover).error(flaw) == nil)
    #expect(ForgedProof(prover).error() == nil)
    let row = proven.plan.commitments[1].layout.rowCount
    prover.changeCommitment = { commitment in
      commitment.changingRows(proven.secrets) { $0[row][second.second] += .one }
    }
    let forged = ForgedProof(prover)
    #expect(forged.error(flaw) == nil)
    #expect(forged.error() == .openingMismatch)
    #expect(forged.honestChallengesError == .openingMismatch)
  }

  @Test("rows of pads are those of their numbers", arguments: [(0, 1), (1, 2), (0, 2)])
  func swappedRows(first: Int, second: Int) throws {
    let proven = try #require(
      ProvenNetwork.proven(.hiding).first { $0.plan.commitments.count == 2 && $0.plan.commitments[1].padRowCount >= 3 })
    let witness = proven.plan.commitments[1]
    var prover = MaliciousProver(proven)
    prover.changeCommitment = { commitment in
      commitment.changingRows(proven.secrets) { rows in
        for part in 0..<2 {
          rows.swapAt(witness.layout.rowCount + 2 * first + part, witness.layout.rowCount + 2 * second + part)
        }
      }
    }
    let forged = ForgedProof(prover)
    #expect(forged.error(.swappedRows(first, second)) == nil)
    #expect(forged.error() == .openingMismatch)
    #expect(forged.honestChallengesError == .openingMismatch)
  }

  @Test("each vector of the opening is a sum of its own rows of a leaf, and of no other",
    arguments: ProvenNetwork.proven(.hiding))
  func foldedRows(proven: ProvenNetwork) {
    let (plan, u) = (proven.plan, SecureField.generator)
    let claim = OpeningClaim(
      parts: plan.commitments.map { commitment in
        let row = (0..<commitment.layout.rowVariableCount).map { SecureField(BaseField(Int64($0 + 2))) }
        return OpeningClaim.Part(coefficient: .one, row: row, inRow: [])
      }, value: .zero)
    func weights(_ fold: CodeFold, _ count: Int) -> [SecureField] {
      repeatElement(.zero, count: fold.start) + fold.weights
        + repeatElement(.zero, count: count - fold.start - fold.weights.count)
    }
    for (code, (commitment, part)) in zip(plan.openedCodes(claim), zip(plan.commitments, claim.parts)) {
      let rowCount = commitment.layout.rowCount
      let count = rowCount + 2 * commitment.padRowCount
      #expect(code.rowCount == count && code.folds.count == 1 + commitment.padRowCount)
      for index in 0..<count {
        let own = index < rowCount ? Multilinear.equality(part.row[...], index: index) : .zero
        #expect(weights(code.folds[0], count)[index] == own)
        for pad in 0..<commitment.padRowCount {
          let place = index - rowCount - 2 * pad
          let own = place == 0 ? SecureField.one : place == 1 ? u : .zero
          #expect(weights(code.folds[1 + pad], count)[index] == own)
        }
      }
    }
    guard case .committed(_, let rowCount, _) = plan.levels[0] else { return }
    let point = (0..<plan.levels[0].roundCount).map { SecureField(BaseField(Int64($0 + 2))) }
    let beta = SecureField(c0: .one, c1: .one)
    let folds = plan.levels[0].openedCode(boundTo: point, fold: beta)?.folds ?? []
    let rows = (0..<rowCount).map { Multilinear.equality(point[...], index: $0) * beta }
    #expect(folds.map(\.weights) == [(rows + [.one]).flatMap { [$0, $0 * u] }])
  }
}

extension Commitment {
  /// With other rows, of the same number.
  fileprivate func changingRows(_ secrets: any SecretSource, _ change: (inout [[BaseField]]) -> Void) -> Commitment {
    var (rows, random) = ((0..<rowCount).map { Array(row($0)) }, secrets)
    change(&rows)
    return Commitment(rows: rows.flatMap { $0 }, code: code, random: &random, threads: 1)
  }
}
