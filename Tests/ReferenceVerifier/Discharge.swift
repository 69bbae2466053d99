/// One linear claim on Y for all that the values owe (§9a.3): the merge's sum + ⟨Λ, Y⟩ = e.
package struct Discharge {
  /// Λ, of E entries.
  package var weights: [Extension]
  /// e.
  package var value: Extension
  /// n_Z.
  package var roundCount: Int
}

extension Transcript {
  /// §9a.3; `merged` is the e that the merge leaves. What is received from here on has no pads.
  package mutating func discharge(_ merged: Value) throws(ReferenceRejection) -> Discharge {
    isPadded = false
    let rounds = obligations.roundCount
    let mask = obligations.close()
    let eta = challenges("quadratic", rounds)
    let total = try receive("mask.sum", 1)[0]
    let rho = challenge("mask.scale")
    var e = rho * total
    var zeta: [Extension] = []
    for _ in 0..<rounds {
      let c = try receive("quadratic.round", 3)
      let c1 = e - c[0] - c[0] - c[1] - c[2]
      zeta.append(challenge("quadratic.round"))
      e = evaluate([c[0], c1, c[1], c[2]], at: zeta[zeta.count - 1])
    }
    let ends = try receive("quadratic.ends", 2)

    var left: [Int: Extension] = [:]
    var right: [Int: Extension] = [:]
    var product: [Int: Extension] = [:]
    let equality = zip(eta, zeta).reduce(Extension.one) { $0 * ($1.0 * $1.1 + (.one - $1.0) * (.one - $1.1)) }
    for (triple, weight) in zip(obligations.triples, eqTable(zeta[...])) {
      left[triple.left, default: .zero] += weight
      right[triple.right, default: .zero] += weight
      product[triple.product, default: .zero] += equality * weight
    }
    product[mask] = .zero - rho
    for (v, point) in zeta.enumerated() {
      var power = Extension.one
      for degree in 1...3 {
        power *= point
        product[mask + 3 * v + degree] = .zero - rho * power
      }
    }
    var constraints = [PadConstraint(weights: merged.pads.mapValues { .zero - $0 }, value: merged.constant)]
    constraints += obligations.constraints
    constraints.append(PadConstraint(weights: left, value: ends[0]))
    constraints.append(PadConstraint(weights: right, value: ends[1]))
    constraints.append(PadConstraint(weights: product, value: equality * ends[0] * ends[1] - e))

    let xi = challenge("constraints")
    var weights = [Extension](repeating: .zero, count: obligations.padCount)
    var value = Extension.zero
    var power = Extension.one
    for constraint in constraints {
      for (index, weight) in constraint.weights { weights[index] += power * weight }
      value += power * constraint.value
      power *= xi
    }
    return Discharge(weights: weights, value: value, roundCount: rounds)
  }
}

/// What the opening has to show (§9): Σ_c Ω_c·⟨eq(p_c,lo), h_c⟩ + Σ_k ⟨Λ[k], Y[k]⟩ = value.
struct OpeningClaim {
  var parts: [MergedClaim.Part]
  /// Λ and n_Y of a hiding proof.
  var padWeights: [Extension] = []
  var padRowCount = 0
  var value: Extension

  /// The claim of a transparent proof.
  init(_ merged: MergedClaim) {
    parts = merged.parts
    value = merged.value.constant
  }
}

extension ProofCheck {
  /// §9a.3.
  mutating func discharge(_ merged: MergedClaim) throws(ReferenceRejection) -> OpeningClaim {
    let discharge = try transcript.discharge(merged.value)
    ledger.add(discharge.roundCount + 1)
    for _ in 0..<discharge.roundCount { ledger.add(3) }
    ledger.add(discharge.weights.count + circuit.outputs.count)
    var claim = OpeningClaim(merged)
    claim.padWeights = discharge.weights
    claim.padRowCount = padRowCount
    claim.value = discharge.value
    return claim
  }
}
