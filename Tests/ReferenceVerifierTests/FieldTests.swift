import ReferenceVerifier
import Testing

@Suite struct ReferenceFieldTests {
  static let samples: [UInt64] = [0, 1, 2, 7, 1 << 32, (1 << 32) - 1, Residue.modulus - 1, 0x1234_5678_9ABC_DEF0]

  @Test func residuesAgreeWithIntegers() {
    let p = Integer(Residue.modulus)
    for a in Self.samples {
      for b in Self.samples {
        let sum = Integer(a) + Integer(b)
        #expect(Integer(Residue.add(a, b)) == (sum < p ? sum : sum - p))
        let product = Integer(a) * Integer(b)
        let rest = product - Integer(Residue.multiply(a, b))
        #expect(rest.isMultiple(of: p))
        #expect(Residue.add(Residue.subtract(a, b), b) == a)
      }
      if a != 0 { #expect(Residue.multiply(a, Residue.invert(a)) == 1) }
    }
  }

  @Test func signedIntegersStandForResidues() {
    #expect(Residue.of(-1) == Residue.modulus - 1)
    #expect(Residue.of(Int64.min) == Residue.modulus - Int64.min.magnitude)
    #expect(Residue.of(Int64.max) == Int64.max.magnitude)
  }

  @Test func rootsHaveTheirOrder() {
    for n in 1...32 {
      #expect(Residue.power(Residue.root(n), 1 << UInt64(n - 1)) == Residue.modulus - 1)
    }
  }

  @Test func extensionSquareOfTheGeneratorIsSeven() {
    let u = Extension(0, 1)
    #expect(u * u == Extension(7))
    let a = Extension(3, 5)
    let b = Extension(Residue.modulus - 2, 11)
    #expect(a * b == Extension(Residue.of(-6 + 7 * 55), Residue.of(33 - 10)))
  }

  @Test func equalityTables() {
    let point = (1...5).map { Extension(UInt64($0 * 1_000_003), UInt64($0)) }
    let table = eqTable(point[...])
    for index in 0..<32 { #expect(table[index] == eq(point[...], index: index)) }
    #expect(table[16] == point[0] * point[1...].reduce(.one) { $0 * (.one - $1) })
    for count in 0...32 {
      #expect(PrefixSum(point[...], count: count).weight == table[..<count].reduce(.zero) { $0 + $1 })
    }
  }
}
