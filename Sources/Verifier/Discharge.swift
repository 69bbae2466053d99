import Circuit
import Field

/// One of the sums of the quadratic constraints' lists: by constraint, the pad that it names.
private func combine(_ pads: [Int], _ weights: [SecureField], factor: SecureField = .one) -> [Value.PadTerm] {
  zip(pads, weights).map { Value.PadTerm(pad: $0, coefficient: $1 * factor) }
}

extension PadPlan {
  /// The quadratic constraints with the spare one, and the first of the entries of M, after `ledger`.
  package func quadratic(_ ledger: PadLedger) -> (products: [PadProduct], mask: Int) {
    let spare = ledger.count
    return (
      ledger.products + [PadProduct(first: spare, second: spare + 1, product: spare + 2)], spare + 3
    )
  }

  /// M as a sum over its entries of Y at a point. docs/protocol.md §9a.
  fileprivate func mask(from first: Int, at point: [SecureField], factor: SecureField) -> [Value.PadTerm] {
    var terms = [Value.PadTerm(pad: first, coefficient: factor)]
    for (variable, x) in point.enumerated() {
      var power = factor
      for degree in 0..<3 {
        power *= x
        terms.append(.init(pad: first + 1 + 3 * variable + degree, coefficient: power))
      }
    }
    return terms
  }
}

extension VerifierTranscript {
  /// Step 6: quadratic constraints on the pads become linear ones, and all linear ones become one with the claim.
  ///
  /// - Returns: the claim with weights for Y and without pads.
  /// - Throws: `.malformed`.
  ///
  /// ## Soundness
  /// (4·n_Z + 1)/|K| for the sumcheck, constraints/|K|. The caller must discharge the claim. docs/protocol.md §9a.
  package mutating func discharge(
    _ plan: Plan, _ claim: OpeningClaim
  ) throws(VerificationError) -> OpeningClaim {
    guard let layout = plan.pads, let ledger = pads else { return claim }
    pads = nil
    let (products, mask) = layout.quadratic(ledger)
    guard mask + 1 + 3 * layout.variableCount == layout.entryCount else { throw .malformed }
    let eta = sponge.challenges("quadratic", count: layout.variableCount)
    let sum = try receive("mask.sum", 1)
    let sigma = sponge.challenge("mask.scale")
    var running = sum.reduce(.zero, +) * sigma
    var point: [SecureField] = []
    for _ in 0..<layout.variableCount {
      point.append(try reduceRound("quadratic.round", &running, degree: 3))
    }
    let ends = try receive("quadratic.ends", 2).map { $0.constant }
    let (table, equality) = (Multilinear.equalityTable(point), Multilinear.equality(eta[...], point[...]))
    let constraints =
      ledger.constraints + [
        Value(-ends[0], pads: combine(products.map { $0.first }, table)),
        Value(-ends[1], pads: combine(products.map { $0.second }, table)),
        Value(
          running.constant - equality * ends[0] * ends[1],
          pads: combine(products.map { $0.product }, table, factor: equality)
            + layout.mask(from: mask, at: point, factor: -sigma)),
      ]
    let xi = sponge.challenge("constraints")
    var claim = claim
    let values = [claim.value * -SecureField.one] + constraints
    claim.value = .zero
    claim.padWeights = [SecureField](repeating: .zero, count: layout.rowCount << plan.padVariableCount)
    for (power, value) in zip(powers(of: xi, count: values.count), values) {
      claim.value.constant -= value.constant * power
      for term in value.pads where claim.padWeights.indices.contains(term.pad) {
        claim.padWeights[term.pad] += term.coefficient * power
      }
    }
    return claim
  }
}
