import Testing

/// The sumcheck over quadratic constraints of docs/protocol.md §9a.3 in a field so small that all its secrets can be
/// listed: one constraint π_j·π_k = π_i and the spare one, so one variable.
@Suite("The sumcheck over quadratic constraints hides them: every mask of a small field") struct SmallFieldTests {
  private static let order = 11
  private static let (eta, rho) = (3, 5)

  /// The spare pair, then a_0 and the three coefficients of g.
  private enum Mask: Int, CaseIterable { case firstSpare, secondSpare, constant, linear, quadratic, cubic }

  /// How often each transcript comes, over all values of the masks that are drawn; the others are zero.
  private static func transcripts(_ secret: (Int, Int), zeta: Int, drawn: Set<Mask>) -> [Int32] {
    let q = order
    var counts = [Int32](repeating: 0, count: q * q * q * q * q * q)
    func values(_ mask: Mask) -> Range<Int> { drawn.contains(mask) ? 0..<q : 0..<1 }
    // eq(η, X) = e0 + e1·X.
    let (e0, e1) = ((1 - eta + q) % q, (2 * eta - 1 + q) % q)
    for a in values(.firstSpare) {
      for b in values(.secondSpare) {
        // The lines through the constraint at 0 and the spare one at 1.
        let (first, second) = ((a - secret.0 + q) % q, (b - secret.1 + q) % q)
        let product = (a * b - secret.0 * secret.1 % q + q * q) % q
        let linear = (secret.0 * second + secret.1 * first + (q - product)) % q
        let square = first * second % q
        // eq(η, X)·(A·B − C)(X), whose constant is zero because the constraint holds.
        let f = (e0 * linear % q, (e0 * square + e1 * linear) % q, e1 * square % q)
        let ends = ((secret.0 + zeta * first) % q, (secret.1 + zeta * second) % q)
        for constant in values(.constant) {
          for g1 in values(.linear) {
            for g2 in values(.quadratic) {
              for g3 in values(.cubic) {
                let sum = (2 * constant + g1 + g2 + g3) % q
                let c0 = rho * constant % q
                let (c1, c2, c3) = ((f.0 + rho * g1) % q, (f.1 + rho * g2) % q, (f.2 + rho * g3) % q)
                precondition((2 * c0 + c1 + c2 + c3 - rho * sum) % q == 0, "the round fits the claim")
                let index = [c0, c2, c3, ends.0, ends.1].reduce(sum) { $0 * q + $1 }
                counts[index] += 1
              }
            }
          }
        }
      }
    }
    return counts
  }

  /// The statistical distance of what is shown of two secrets, ζ being uniform.
  private static func distance(without left: Set<Mask>) -> Double {
    let drawn = Set(Mask.allCases).subtracting(left)
    return (0..<order).reduce(0.0) { sum, zeta in
      let (one, other) = (
        transcripts((2, 7), zeta: zeta, drawn: drawn), transcripts((9, 4), zeta: zeta, drawn: drawn)
      )
      var (difference, total) = (0, 0)
      for index in one.indices {
        difference += Int(abs(one[index] - other[index]))
        total += Int(one[index])
      }
      return sum + Double(difference) / Double(2 * total) / Double(order)
    }
  }

  @Test("transcripts of two secrets differ only where ζ meets the constraint") func hides() {
    #expect(abs(Self.distance(without: []) - 1 / Double(Self.order)) < 1e-9)
  }

  @Test("without g, a coefficient of it, or a factor of the spare pair they tell the secrets apart") func leftOut() {
    let masks: [Set<Mask>] = [
      [.constant, .linear, .quadratic, .cubic], [.linear], [.quadratic], [.cubic], [.firstSpare], [.secondSpare],
      [.firstSpare, .secondSpare],
    ]
    for left in masks { #expect(Self.distance(without: left) > 0.8, "\(left)") }
  }
}
