import Circuit
import Field

/// What remains of all claims: Σ_c Ω_c·⟨eq(inRow_c), h_c⟩ = value, h_c = Σ_i eq(row_c, i)·row_i.
package struct OpeningClaim: Sendable {
  package struct Part: Sendable {
    package var coefficient: SecureField
    package var row: [SecureField]
    package var inRow: [SecureField]

    package init(coefficient: SecureField, row: [SecureField], inRow: [SecureField]) {
      self.coefficient = coefficient
      self.row = row
      self.inRow = inRow
    }
  }

  package var parts: [Part]
  package var value: Value
  /// Hiding: Λ, the weights of Y, filled up to whole K-rows.
  package var padWeights: [SecureField] = []

  package init(parts: [Part], value: Value) {
    self.parts = parts
    self.value = value
  }
}

extension Plan {
  /// The padding claims of docs/protocol.md §8.1: zero times whatever the padding holds.
  package func paddingClaims(_ sponge: inout Sponge) -> [Claim] {
    let tau = sponge.challenges("padding", count: paddingVariableCount)
    return paddedColumns.compactMap { column in
      slots[column].map { slot in
        let bits = columns.bits(ofColumn: column)
        let parts = split(tau.suffix(bits.reduce(0, +)), bits)
        let shape = circuit.shape(ofColumn: column, batch: batch)
        let products = [
          WeightProduct(weights: parts.map { AxisWeight(at: $0) }),
          WeightProduct(coefficient: -.one, weights: zip(parts, shape).map { AxisWeight(point: $0, count: $1) }),
        ]
        return Claim(
          commitment: slot.commitment, parts: products.map { Claim.Part(index: slot.index, weight: $0) }, value: .zero)
      }
    }
  }

  /// Splits the merge's point into the parts of one commitment.
  package func mergePoint(
    _ point: [SecureField], _ commitment: Int
  ) -> (inRow: [SecureField], row: [SecureField]) {
    let plan = commitments[commitment]
    let own = Array(point.suffix(plan.variableCount))
    return (Array(own.prefix(plan.layout.variableCount)), Array(own.dropFirst(plan.layout.variableCount)))
  }
}

extension VerifierTranscript {
  /// Step 5: all claims by one sumcheck. No value of a column or a commitment is received.
  ///
  /// - Throws: `.malformed`.
  ///
  /// ## Soundness
  /// (claims + 2·rounds)/|K|. The caller must discharge the opening claim. docs/protocol.md §8.2.
  package mutating func mergeClaims(
    _ plan: Plan, _ claims: [Claim]
  ) throws(VerificationError) -> OpeningClaim {
    let gammas = powers(of: sponge.challenge("merge"), count: claims.count)
    let (point, value) = try reduceBatch(
      "merge.round", claims.map { (plan.commitments[$0.commitment].variableCount, $0.value) }, gammas,
      roundCount: plan.mergeRoundCount, degree: 2)
    var parts = plan.commitments.indices.map { commitment in
      let (inRow, row) = plan.mergePoint(point, commitment)
      return OpeningClaim.Part(coefficient: .zero, row: row, inRow: inRow)
    }
    var points = parts.map { CommitmentPoint(rowWeights: Multilinear.equalityTable($0.row), inRow: $0.inRow) }
    for (gamma, claim) in zip(gammas, claims) {
      let commitment = claim.commitment
      var sum = SecureField.zero
      for part in claim.parts {
        let placed = points[commitment].evaluate(part.weight.weights, plan.commitments[commitment].layout.placements[part.index])
        sum += part.weight.coefficient * placed
      }
      parts[commitment].coefficient += gamma * sum
    }
    return OpeningClaim(parts: parts, value: value)
  }
}
