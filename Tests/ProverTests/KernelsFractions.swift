import Field
import Prover
import TestSupport
import Testing

@Suite struct FractionLayerTests {
  /// A layer of 2^(n + 1) fractions in plain arrays; the halves are p0, p1, q0, q1.
  private struct PlainLayer {
    var parts: [[SecureField]]

    init(_ numerators: [SecureField], _ denominators: [SecureField]) {
      let half = numerators.count / 2
      parts = [numerators, denominators].flatMap { [Array($0[..<half]), Array($0[half...])] }
    }

    mutating func fold(_ r: SecureField) {
      parts = parts.map { part in
        let half = part.count / 2
        return (0..<half).map { part[$0] + r * (part[$0 + half] - part[$0]) }
      }
    }

    func round(_ weights: [SecureField], _ a: SecureField, _ b: SecureField) -> (SecureField, SecureField) {
      func value(_ x: [SecureField]) -> SecureField { a * (x[0] * x[3] + x[1] * x[2]) + b * x[2] * x[3] }
      var sums = (SecureField.zero, SecureField.zero)
      for (index, weight) in weights.enumerated() {
        let low = parts.map { $0[index] }
        let slope = parts.map { $0[index + weights.count] - $0[index] }
        sums.0 += weight * value(low)
        sums.1 += weight * value(slope)
      }
      return sums
    }
  }

  private func layer(_ count: Int, ones: Bool, _ random: inout RepeatableRandom) -> ([SecureField], [SecureField]) {
    (ones ? [SecureField](repeating: .one, count: count) : random.secureFields(count), random.secureFields(count))
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 11, 12], [false, true])
  func roundsAgree(_ variableCount: Int, _ ones: Bool) {
    var random = RepeatableRandom(seed: 501)
    let (numerators, denominators) = layer(2 << variableCount, ones: ones, &random)
    let (a, b) = (ones ? SecureField.one : random.secureField(), random.secureField())
    let point = random.secureFields(variableCount)
    let challenges = random.secureFields(variableCount)
    for threads in [1, 2] {
      var plain = PlainLayer(numerators, denominators)
      var halves = LayerHalves(
        numerators: SecureTable(numerators), denominators: SecureTable(denominators), a, b)
      for (round, equality) in SplitEquality.suffixes(point).enumerated() {
        let weights = Multilinear.equalityTable(Array(point[(round + 1)...]))
        let expected = plain.round(weights, a, b)
        let sums = halves.round(equality, threads: threads)
        #expect(sums.constant == expected.0 && sums.quadratic == expected.1)
        plain.fold(challenges[round])
        halves.fold(challenges[round], threads: threads)
      }
      #expect(halves.ends == plain.parts.map { $0[0] })
    }
  }

  @Test(arguments: [2, 4, 8, 16, 1 << 14], [false, true]) func sumsAgree(_ count: Int, _ ones: Bool) {
    var random = RepeatableRandom(seed: 502)
    let (p, q) = layer(count, ones: ones, &random)
    let half = count / 2
    for threads in [1, 2] {
      let above = fractionSums(numerators: SecureTable(p), denominators: SecureTable(q), threads: threads)
      #expect(above.numerators.values == (0..<half).map { p[$0] * q[$0 + half] + p[$0 + half] * q[$0] })
      #expect(above.denominators.values == (0..<half).map { q[$0] * q[$0 + half] })
    }
  }
}
