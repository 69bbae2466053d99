import Field
import Prover
import TestSupport
import Testing

@Suite struct ButterflyTests {
  /// Words around every carry and borrow, and others.
  private static let words: [UInt64] = {
    let p = BaseField.modulus
    let bases: [UInt64] = [0, 1 << 32, 1 << 63, p, 0 &- (1 << 32)]
    var random = RepeatableRandom(seed: 91)
    return bases.flatMap { base in [base &- 2, base &- 1, base, base &+ 1] } + (0..<12).map { _ in random.next() }
  }()

  @Test func anyWordsGiveTheSumsOfTheirResidues() {
    check(SIMD8<UInt64>.self)
    check(SIMD16<UInt64>.self)
  }

  private func check<W: Words>(_: W.Type) {
    for a in Self.words {
      for factor in Self.words.map(BaseField.init(reducing:)) {
        for first in stride(from: 0, to: Self.words.count, by: 8) {
          var b = W()
          for lane in 0..<W.scalarCount { b[lane] = Self.words[(first + lane) % Self.words.count] }
          let (sum, difference) = butterfly(W(repeating: a), b, W(repeating: (factor * montgomeryForm).value))
          for lane in 0..<W.scalarCount {
            let product = factor * BaseField(reducing: b[lane])
            #expect(BaseField(reducing: sum[lane]) == BaseField(reducing: a) + product, "\(a) + \(factor)·\(b[lane])")
            #expect(BaseField(reducing: difference[lane]) == BaseField(reducing: a) - product, "\(a) - \(factor)·\(b[lane])")
          }
        }
      }
    }
  }
}
