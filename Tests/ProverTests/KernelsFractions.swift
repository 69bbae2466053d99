import Field
import Prover
import TestSupport
import Testing

@Suite struct FractionLayerTests {
  /// A layer of 2^(n + 1) fractions in arrays; the halves are p0, p1, q0, q1.
  private struct NaiveLayer {
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

  /// What the numerators are, and how much of the upper half is there.
  private static let kinds: [(areBits: Bool, upperShare: Int)] = [(false, 8), (false, 3), (true, 8), (true, 5), (true, 1)]

  /// A layer, and its numerators and denominators in arrays; beyond a part of the upper half they are 0/1.
  private func layer(
    _ half: Int, _ kind: (areBits: Bool, upperShare: Int), _ random: inout RepeatableRandom
  ) -> (FractionLayer, [SecureField], [SecureField]) {
    let upperCount = half < 8 ? half : max(8, half * kind.upperShare / 8 & ~7)
    let bits = (0..<2 * half).map { _ in Int.random(in: 0..<4, using: &random) > 0 }
    var p = kind.areBits ? bits.map { $0 ? SecureField.one : .zero } : random.secureFields(2 * half)
    var q = random.secureFields(2 * half)
    for index in half + upperCount..<2 * half { (p[index], q[index]) = (.zero, .one) }
    let (q0, q1) = (Self.lanes(q[..<half]), Self.lanes(q[half..<half + upperCount]))
    let layer =
      kind.areBits
      ? FractionLayer(count: half, bits: (Self.packed(bits[..<half]), Self.packed(bits[half..<half + upperCount])), q0: q0, q1: q1)
      : FractionLayer(count: half, p0: Self.lanes(p[..<half]), p1: Self.lanes(p[half..<half + upperCount]), q0: q0, q1: q1)
    return (layer, p, q)
  }

  private static func lanes(_ elements: ArraySlice<SecureField>) -> [SecureLanes] {
    stride(from: elements.startIndex, to: elements.endIndex, by: 8).map { start in
      let part = Array(elements[start..<min(start + 8, elements.endIndex)])
      func plane(_ plane: KeyPath<SecureField, BaseField>) -> BaseLanes {
        BaseLanes(reducing: SIMD8((0..<8).map { $0 < part.count ? part[$0][keyPath: plane].value : 0 }))
      }
      return SecureLanes(c0: plane(\.c0), c1: plane(\.c1))
    }
  }

  private static func packed(_ bits: ArraySlice<Bool>) -> [UInt8] {
    stride(from: bits.startIndex, to: bits.endIndex, by: 8).map { start in
      (start..<min(start + 8, bits.endIndex)).reduce(0) { $0 | (bits[$1] ? 1 << UInt8($1 - start) : 0) }
    }
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 7, 11, 12], kinds.indices) func roundsAgree(_ variableCount: Int, _ kind: Int) {
    var random = RepeatableRandom(seed: 501)
    let (layer, numerators, denominators) = layer(1 << variableCount, Self.kinds[kind], &random)
    let (a, b) = (random.secureField(), random.secureField())
    let point = random.secureFields(variableCount)
    let challenges = random.secureFields(variableCount)
    for threads in [1, 2] {
      var naive = NaiveLayer(numerators, denominators)
      var halves = LayerHalves(layer, a, b)
      for (round, equality) in SplitEquality.suffixes(point).enumerated() {
        let weights = Multilinear.equalityTable(Array(point[(round + 1)...]))
        let expected = naive.round(weights, a, b)
        let sums = halves.round(equality, threads: threads)
        #expect(sums.constant == expected.0 && sums.quadratic == expected.1)
        naive.fold(challenges[round])
        halves.fold(challenges[round])
      }
      #expect(halves.ends == naive.parts.map { $0[0] })
    }
  }

  @Test(arguments: [1, 2, 4, 8, 16, 1 << 13], kinds.indices) func sumsAgree(_ half: Int, _ kind: Int) {
    var random = RepeatableRandom(seed: 502)
    let (layer, p, q) = layer(half, Self.kinds[kind], &random)
    let (sums, products) = ((0..<half).map { p[$0] * q[$0 + half] + p[$0 + half] * q[$0] }, (0..<half).map { q[$0] * q[$0 + half] })
    for node in 0..<min(half, 100) { #expect(layer.node(node) == (sums[node], products[node])) }
    guard half > 1 else { return }
    for threads in [1, 2] {
      let above = layer.above(threads: threads)
      var isSame = true
      for node in 0..<half / 2 {
        let expected = (sums[node] * products[node + half / 2] + sums[node + half / 2] * products[node], products[node] * products[node + half / 2])
        isSame = isSame && above.node(node) == expected
      }
      #expect(isSame)
    }
  }

  /// Numerators 1, but for a few in the upper half, of which some may be missing.
  @Test(arguments: [6, 7, 11, 13], [0, 1, 5, 8]) func unitLayersAgree(_ variableCount: Int, _ upperShare: Int) throws {
    var random = RepeatableRandom(seed: 503)
    let half = 1 << variableCount
    let upperCount = half * upperShare / 8
    let bits = (0..<upperCount).map { _ in Int.random(in: 0..<40, using: &random) > 0 }
    let units = [SecureField](repeating: .one, count: half)
    let p = units + bits.map { $0 ? .one : .zero } + units[upperCount...].map { _ in .zero }
    let q = random.secureFields(half + upperCount) + units[upperCount...]
    let layer = try #require(
      UnitLayer(
        count: half, bits: ([UInt8](repeating: .max, count: half / 8), Self.packed(bits[...])), lower: Self.lanes(q[..<half]),
        upper: Self.lanes(q[half..<half + upperCount])))
    let (a, b) = (random.secureField(), random.secureField())
    let (point, challenges) = (random.secureFields(variableCount), random.secureFields(variableCount))
    for threads in [1, 2] {
      let above = layer.above(threads: threads)
      var isSame = true
      for node in 0..<half / 2 {
        let fractions = [node, node + half / 2].map { (p[$0] * q[$0 + half] + p[$0 + half] * q[$0], q[$0] * q[$0 + half]) }
        let expected = (
          fractions[0].0 * fractions[1].1 + fractions[1].0 * fractions[0].1, fractions[0].1 * fractions[1].1)
        isSame = isSame && above.node(node) == expected
      }
      #expect(isSame)
      var naive = NaiveLayer(p, q)
      var halves = UnitHalves(layer, a, b)
      for (round, equality) in SplitEquality.suffixes(point).enumerated() {
        let expected = naive.round(Multilinear.equalityTable(Array(point[(round + 1)...])), a, b)
        let sums = halves.round(equality, threads: threads)
        #expect(sums.constant == expected.0 && sums.quadratic == expected.1)
        naive.fold(challenges[round])
        halves.fold(challenges[round])
      }
      #expect(halves.ends == naive.parts.map { $0[0] })
    }
  }
}
