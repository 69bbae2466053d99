import Field
import Prover
import TestSupport
import Testing

@Suite struct LanesTests {
  private static let bases: [BaseField] = samples(66, seed: 21)
  private static let secures: [SecureField] = secureSamples(46, seed: 22)

  @Test func baseOperationsAgreeWithScalars() {
    for start in stride(from: 0, to: Self.bases.count - 8, by: 3) {
      let a = Array(Self.bases[start..<start + 8])
      let x = baseLanes(a[...])
      for element in Self.bases {
        for (b, y) in [([BaseField](repeating: element, count: 8), BaseLanes(repeating: element)), (a, x)] {
          let (sum, difference, product, square, negative) = (x + y, x - y, x * y, x.squared(), -x)
          for lane in 0..<8 {
            #expect(sum[lane] == a[lane] + b[lane])
            #expect(difference[lane] == a[lane] - b[lane])
            #expect(product[lane] == a[lane] * b[lane])
            #expect(square[lane] == a[lane].squared())
            #expect(negative[lane] == -a[lane])
          }
        }
      }
      #expect(x.sum() == a.reduce(.zero, +))
    }
  }

  @Test func reductionOfWordsAgrees() {
    var random = RepeatableRandom(seed: 23)
    for _ in 0..<50 {
      var words = SIMD8<UInt64>(repeating: .max)
      for lane in 1..<8 { words[lane] = lane < 4 ? BaseField.modulus - 2 + UInt64(lane) : random.next() }
      let lanes = BaseLanes(reducing: words)
      for lane in 0..<8 { #expect(lanes[lane] == BaseField(reducing: words[lane])) }
    }
  }

  @Test func signedWordsAgree() {
    let words = SIMD8<Int64>(0, 1, -1, .max, .min, .min + 1, -0xFFFF_FFFF, 0x7FFF_FFFF_8000_0000)
    let lanes = BaseLanes(words)
    for lane in 0..<8 { #expect(lanes[lane] == BaseField(words[lane])) }
  }

  @Test func secureOperationsAgreeWithScalars() {
    for start in stride(from: 0, to: Self.secures.count - 8, by: 5) {
      let a = Array(Self.secures[start..<start + 8])
      let x = secureLanes(a[...])
      for b in Self.secures {
        let y = SecureLanes(repeating: b)
        let (sum, difference, product, square, negative) = (x + y, x - y, x * y, x.squared(), -x)
        let scaled = x * BaseLanes(repeating: b.c1)
        for lane in 0..<8 {
          #expect(sum[lane] == a[lane] + b)
          #expect(difference[lane] == a[lane] - b)
          #expect(product[lane] == a[lane] * b)
          #expect(square[lane] == a[lane].squared())
          #expect(negative[lane] == -a[lane])
          #expect(scaled[lane] == a[lane] * b.c1)
        }
      }
      #expect(x.sum() == a.reduce(.zero, +))
    }
  }

  @Test func lazySumsHoldTheirProducts() {
    for a in Self.bases {
      for b in [a, -.one, BaseField(0x7FFF_FFFF_FFFF_FFFF)] {
        let (x, y) = (BaseLanes(repeating: a), BaseLanes(repeating: b))
        var sum = ProductLanes(x, y)
        var expected = a * b
        #expect(sum.reduced()[3] == expected)
        #expect(sum.timesSeven().reduced()[3] == expected * BaseField(7))
        for _ in 1..<32 {
          sum.add(x, y)
          expected += a * b
        }
        #expect(sum.reduced() == BaseLanes(repeating: expected))
        #expect(sum.reducedLong() == BaseLanes(repeating: expected))
        for _ in 5..<29 {
          sum.add(sum)
          expected += expected
          #expect(sum.reducedLong() == BaseLanes(repeating: expected))
        }
      }
    }
  }

  @Test func compoundOperatorsAgree() {
    let (x, y) = (secureLanes(Self.secures[4..<12]), secureLanes(Self.secures[20..<28]))
    var (sum, difference, product) = (x, x, x)
    sum += y
    difference -= y
    product *= y
    #expect(sum == x + y && difference == x - y && product == x * y)
    var (baseSum, baseDifference, baseProduct) = (x.c0, x.c0, x.c0)
    baseSum += y.c1
    baseDifference -= y.c1
    baseProduct *= y.c1
    #expect(baseSum == x.c0 + y.c1 && baseDifference == x.c0 - y.c1 && baseProduct == x.c0 * y.c1)
  }
}

private func baseLanes(_ elements: ArraySlice<BaseField>) -> BaseLanes {
  var values = SIMD8<UInt64>()
  for (lane, element) in elements.prefix(8).enumerated() { values[lane] = element.value }
  return BaseLanes(reducing: values)
}

private func secureLanes(_ elements: ArraySlice<SecureField>) -> SecureLanes {
  SecureLanes(c0: baseLanes(elements.map(\.c0)[...]), c1: baseLanes(elements.map(\.c1)[...]))
}
