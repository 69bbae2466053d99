import Field
import TestSupport
import Testing

@Suite struct BaseFieldTests {
  @Test func arithmeticAgreesWithIntegers() {
    let elements = samples(40, seed: 1)
    for a in elements {
      let x = BigInteger(a)
      #expect(BigInteger(-a) == -x % p)
      #expect(BigInteger(a.squared()) == x * x % p)
      for b in elements {
        let y = BigInteger(b)
        #expect(BigInteger(a + b) == (x + y) % p)
        #expect(BigInteger(a - b) == (x - y) % p)
        #expect(BigInteger(a * b) == x * y % p)
      }
    }
  }

  @Test func compoundOperatorsAgree() {
    let (a, b) = (BaseField(reducing: .max), BaseField(-9 as Int64))
    var (sum, difference, product) = (a, a, a)
    sum += b
    difference -= b
    product *= b
    #expect(sum == a + b && difference == a - b && product == a * b)
  }

  @Test func sumsOfTwoProductsAgreeWithIntegers() {
    let (elements, others) = (samples(6, seed: 6), samples(20, seed: 7))
    for a in elements {
      for b in elements {
        let product = BigInteger(a) * BigInteger(b)
        for (c, d) in zip(others, elements + elements) + [(-.one, -.one), (a, b), (b, -a)] {
          #expect(BigInteger(BaseField(a, b, plus: c, d)) == (product + BigInteger(c) * BigInteger(d)) % p)
        }
      }
    }
  }

  @Test func inversesAgreeWithIntegers() {
    for a in samples(40, seed: 2) {
      let expected = BigInteger(a).inverse(modulo: p) ?? .zero
      #expect(BigInteger(a.inverseOrZero()) == expected)
    }
  }

  @Test func powersAgreeWithIntegers() {
    for a in samples(6, seed: 4) {
      for exponent in [0, 1, 2, 3, 0xFFFF_FFFF, BaseField.modulus - 1, .max] as [UInt64] {
        #expect(BigInteger(a.power(exponent)) == BigInteger(a).power(BigInteger(exponent), modulo: p))
      }
    }
  }

  @Test func canonicalRejectsTheModulusAndAbove() {
    #expect(BaseField(canonical: BaseField.modulus - 1)?.value == BaseField.modulus - 1)
    #expect(BaseField(canonical: BaseField.modulus) == nil)
    #expect(BaseField(canonical: .max) == nil)
  }

  @Test func reductionOfWordsAgreesWithIntegers() {
    var random = RepeatableRandom(seed: 5)
    let edges: [UInt64] = [0, 1, 0xFFFF_FFFF, 1 << 32, (1 << 32) + 1, p.uint64 ?? 0, .max - 1, .max, .max << 32]
    let words = edges + BaseField.edges.map(\.value) + (0..<30).map { _ in random.next() }
    for low in words {
      #expect(BigInteger(BaseField(reducing: low)) == BigInteger(low) % p)
      for high in words {
        #expect(BigInteger(BaseField(reducing: high, low)) == (BigInteger(high).shiftedLeft(64) + BigInteger(low)) % p)
      }
    }
  }

  @Test(arguments: [0, 1, -1, 2, -2, .max, .min, .min + 1, 0x7FFF_FFFF_8000_0000, -0x7FFF_FFFF_8000_0001] as [Int64])
  func signedValuesAreCentred(_ signed: Int64) {
    #expect(BigInteger(BaseField(signed)) == BigInteger(signed: signed) % p)
    let half = Int64(BaseField.modulus / 2)
    if -half...half ~= signed { #expect(BaseField(signed).centred == signed) }
  }

  @Test func centredRepresentsTheElement() {
    for a in samples(40, seed: 6) {
      #expect(BaseField(a.centred) == a)
      #expect(UInt64(a.centred.magnitude) <= BaseField.modulus / 2)
    }
  }

  @Test func rootsHaveTheirOrder() {
    for logOrder in 0...32 {
      let root = BaseField.rootOfUnity(logOrder: logOrder)
      let exponent = (p - .one).dividedRoundingDown(by: BigInteger.one.shiftedLeft(logOrder))
      #expect(BigInteger(root) == BigInteger(7).power(exponent, modulo: p))
      #expect(root.power(1 << UInt64(logOrder)) == .one)
      if logOrder > 0 { #expect(root.power(1 << UInt64(logOrder - 1)) == -.one) }
    }
  }
}
