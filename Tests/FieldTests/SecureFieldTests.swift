import Field
import TestSupport
import Testing

@Suite struct SecureFieldTests {
  @Test func arithmeticAgreesWithIntegers() {
    let elements = secureSamples(30, seed: 11)
    for a in elements {
      let x = ReferencePair(a)
      #expect(ReferencePair(-a) == ReferencePair(.zero) - x)
      #expect(ReferencePair(a.squared()) == x * x)
      for b in elements {
        let y = ReferencePair(b)
        #expect(ReferencePair(a + b) == x + y)
        #expect(ReferencePair(a - b) == x - y)
        #expect(ReferencePair(a * b) == x * y)
        #expect(a * b.c0 == a * SecureField(b.c0))
      }
    }
  }

  @Test func compoundOperatorsAgree() {
    var random = RepeatableRandom(seed: 12)
    let (a, b) = (random.secureField(), random.secureField())
    var (sum, difference, product, scaled) = (a, a, a, a)
    sum += b
    difference -= b
    product *= b
    scaled *= b.c1
    #expect(sum == a + b && difference == a - b && product == a * b && scaled == a * b.c1)
  }

  @Test func sevenIsNotASquare() {
    #expect(BigInteger(7).power((p - .one).dividedRoundingDown(by: BigInteger(2)), modulo: p) == p - .one)
  }

  @Test func inversesAreInverses() {
    for a in secureSamples(30, seed: 13) {
      #expect(a * a.inverseOrZero() == (a == .zero ? .zero : .one))
    }
    #expect(SecureField.zero.inverseOrZero() == .zero)
  }

  @Test func powersAreRepeatedProducts() {
    var random = RepeatableRandom(seed: 15)
    let a = random.secureField()
    var product = SecureField.one
    for exponent in 0..<40 as Range<UInt64> {
      #expect(a.power(exponent) == product)
      product *= a
    }
    #expect(a.power(BaseField.modulus).c0 == a.c0 && a.power(BaseField.modulus).c1 == -a.c1)
  }
}
