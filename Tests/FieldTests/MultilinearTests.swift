import Field
import TestSupport
import Testing

@Suite struct MultilinearTests {
  /// Variable 1 is the most significant bit.
  private func bit(_ index: Int, variable: Int, of count: Int) -> Int { (index >> (count - variable)) & 1 }

  private func equality(_ point: [SecureField], _ index: Int) -> SecureField {
    (1...max(point.count, 1)).prefix(point.count).reduce(.one) { product, variable in
      let x = point[variable - 1]
      return product * (bit(index, variable: variable, of: point.count) == 1 ? x : .one - x)
    }
  }

  private func point(_ count: Int, _ seed: UInt64) -> [SecureField] {
    var random = RepeatableRandom(seed: seed)
    return random.secureFields(count)
  }

  @Test(arguments: 0...6) func equalityTablesHaveTheirEntries(_ count: Int) {
    let r = point(count, 31)
    let expected = (0..<1 << count).map { equality(r, $0) }
    #expect(Multilinear.equalityTable(r) == expected)
    for index in expected.indices {
      #expect(Multilinear.equality(r[...], index: index) == expected[index])
      let bits = (1...max(count, 1)).prefix(count).map { bit(index, variable: $0, of: count) }
      #expect(Multilinear.equality(r[...], bits.map { SecureField(BaseField(Int64($0))) }[...]) == expected[index])
    }
  }

  @Test(arguments: 0...6) func functionsAreTheirSums(_ count: Int) {
    let (r, s) = (point(count, 32), point(count, 33))
    let (a, b) = (Multilinear.equalityTable(r), Multilinear.equalityTable(s))
    #expect(Multilinear.equality(r[...], s[...]) == zip(a, b).reduce(.zero) { $0 + $1.0 * $1.1 })
    #expect(Multilinear.identity(at: r) == a.indices.reduce(.zero) { $0 + a[$1] * BaseField(Int64($1)) })
    var (below, both) = (SecureField.zero, SecureField.zero)
    for bound in 0...(1 << count) {
      #expect(Multilinear.lessThan(bound, at: r[...]) == below)
      #expect(Multilinear.equalityLessThan(bound, r[...], s[...]) == both)
      guard bound < a.count else { break }
      below += a[bound]
      both += a[bound] * b[bound]
    }
  }

  @Test(arguments: 0...5) func rangesAreTheirEntries(_ count: Int) {
    let r = point(count, 36)
    let table = (0..<1 << count).map { equality(r, $0) }
    var identity = SecureField.zero
    for end in 0...(1 << count) + 2 {
      #expect(Multilinear.identity(below: end, at: r) == identity)
      if end < table.count { identity += table[end] * BaseField(Int64(end)) }
      for start in 0...end {
        let inside = (start..<end).clamped(to: table.indices)
        #expect(Multilinear.equalityTable(r, start..<end) == Array(table[inside]), "\(start) \(end)")
      }
    }
    #expect(Multilinear.equalityTable(r, -3..<1) == [table[0]])
    #expect(Multilinear.equalityTable(r, -3..<0).isEmpty)
  }

  @Test(arguments: 0...6) func evaluationsAreTheirSums(_ count: Int) {
    var random = RepeatableRandom(seed: 34)
    let r = random.secureFields(count)
    let base = random.baseFields(1 << count)
    let secure = random.secureFields(1 << count)
    let weights = base.indices.map { equality(r, $0) }
    #expect(Multilinear.evaluate(base, at: r) == zip(weights, base).reduce(.zero) { $0 + $1.0 * $1.1 })
    #expect(Multilinear.evaluate(secure, at: r) == zip(weights, secure).reduce(.zero) { $0 + $1.0 * $1.1 })
  }

  /// Tables shorter and longer than the cube, on words around every carry.
  @Test(arguments: 0...9) func evaluationsOfAnyTableAreTheirSums(_ count: Int) {
    var random = RepeatableRandom(seed: 37)
    let r = random.secureFields(count)
    let weights = (0..<1 << count).map { equality(r, $0) }
    let lengths = Set(0...20).union((-2...9).map { max(0, 1 << count + $0) }).union([33, 3 << count])
    for length in lengths {
      let words = BaseField.edges.shuffled(using: &random)
      let base = (0..<length).map { $0 % 3 == 0 ? random.baseField() : words[$0 % words.count] }
      let expected = zip(weights, base).reduce(SecureField.zero) { $0 + $1.0 * $1.1 }
      #expect(Multilinear.evaluate(base, at: r) == expected, "\(length)")
      #expect(Multilinear.evaluate(base.map { SecureField($0) }, at: r) == expected, "\(length)")
      for start in Set([0, 1, 3, 1 << count / 2, 1 << count - 1, 1 << count, 2 << count]) {
        let expected = zip(weights.dropFirst(start), base).reduce(SecureField.zero) { $0 + $1.0 * $1.1 }
        #expect(Multilinear.evaluate(base, from: start, at: r) == expected, "\(length) from \(start)")
      }
    }
    let last = SecureField(-BaseField.one)
    #expect(Multilinear.evaluate([BaseField](repeating: -.one, count: 2 << count), at: r) == last)
  }

  @Test func nothingTrapsOutsideTheCube() {
    let r = point(3, 35)
    #expect(Multilinear.lessThan(-1, at: r[...]) == .zero)
    #expect(Multilinear.lessThan(.min, at: r[...]) == .zero)
    #expect(Multilinear.lessThan(9, at: r[...]) == .one)
    #expect(Multilinear.lessThan(.max, at: r[...]) == .one)
    #expect(Multilinear.equality(r[...], index: -1) == .zero)
    #expect(Multilinear.equality(r[...], index: 8) == .zero)
    #expect(Multilinear.equality(r[...], r.dropLast()) == .zero)
    #expect(Multilinear.equalityLessThan(3, r[...], []) == .zero)
    #expect(Multilinear.equalityLessThan(.max, r[...], r[...]) == Multilinear.equality(r[...], r[...]))
    #expect(Multilinear.evaluate([BaseField.one, .one], at: r) == Multilinear.lessThan(2, at: r[...]))
    #expect(Multilinear.evaluate([SecureField](repeating: .one, count: 20), at: r) == .one)
    #expect(Multilinear.evaluate([BaseField.one], from: -1, at: r) == .zero)
    #expect(Multilinear.evaluate([BaseField.one], from: .min, at: r) == .zero)
    #expect(Multilinear.evaluate([BaseField.one], from: .max, at: r) == .zero)
    let long = point(70, 36)
    #expect(Multilinear.equality(long[...], index: .max) == Multilinear.equality(long.suffix(63), index: .max)
      * long.prefix(7).reduce(.one) { $0 * (.one - $1) })
    #expect(Multilinear.lessThan(0, at: long[...]) == .zero)
  }
}
