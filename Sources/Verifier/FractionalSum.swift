import Circuit
import Field

/// The fraction at a node or the claim about a layer of one tree.
package struct Fraction: Sendable {
  package var numerator: Value
  package var denominator: Value

  package init(numerator: Value, denominator: Value) {
    self.numerator = numerator
    self.denominator = denominator
  }
}

/// The extensions of a tree's leaves at one point.
package struct LeafClaim: Sendable {
  package var point: [SecureField]
  package var fraction: Fraction

  package init(point: [SecureField], fraction: Fraction) {
    self.point = point
    self.fraction = fraction
  }
}

extension VerifierTranscript {
  /// Reduces the roots of trees of the given depths to one claim about the leaves of each.
  ///
  /// - Throws: `.malformed`, `.layerMismatch`.
  ///
  /// ## Soundness
  /// For each layer of i variables (2i + 4)/|K|. The caller must discharge the leaf claims. docs/protocol.md §6.
  package mutating func reduceFractions(
    _ roots: [Fraction], depths: [Int]
  ) throws(VerificationError) -> [LeafClaim] {
    var leaves = roots.map { LeafClaim(point: [], fraction: $0) }
    var point: [SecureField] = []
    for layer in 0..<(depths.max() ?? 0) {
      let active = depths.indices.filter { depths[$0] > layer }
      let alphas = powers(of: sponge.challenge("layer"), count: 2 * active.count)
      var claim = Value.zero
      for (t, tree) in active.enumerated() {
        let fraction = leaves[tree].fraction
        claim.add(fraction.numerator, times: alphas[2 * t])
        claim.add(fraction.denominator, times: alphas[2 * t + 1])
      }
      var challenges: [SecureField] = []
      for coordinate in point {
        let sent = try receive("layer.round", 2)
        let challenge = sponge.challenge("layer.round")
        claim.add(sent[0], times: challenge - coordinate)
        claim.add(sent[1], times: challenge.squared() - coordinate)
        challenges.append(challenge)
      }
      let ends = try receive("layer.ends", 4 * active.count)
      for t in active.indices {
        let (p0, p1, q0, q1) = (ends[4 * t], ends[4 * t + 1], ends[4 * t + 2], ends[4 * t + 3])
        let numerator = try product(p0, q1) + product(p1, q0)
        claim.add(numerator, times: -alphas[2 * t])
        claim.add(try product(q0, q1), times: -alphas[2 * t + 1])
      }
      try requireZero(claim, .layerMismatch(layer: layer))
      let line = sponge.challenge("layer.line")
      point = [line] + challenges
      for (t, tree) in active.enumerated() {
        let (p0, p1, q0, q1) = (ends[4 * t], ends[4 * t + 1], ends[4 * t + 2], ends[4 * t + 3])
        leaves[tree] = LeafClaim(
          point: point,
          fraction: Fraction(numerator: p0 + (p1 - p0) * line, denominator: q0 + (q1 - q0) * line))
      }
    }
    return leaves
  }
}
