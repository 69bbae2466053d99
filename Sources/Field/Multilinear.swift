/// Multilinear extensions over {0,1}ⁿ, variable 1 being the most significant bit of an index. docs/protocol.md §1.
///
/// All functions are total: what lies outside a table or a cube counts as zero.
package enum Multilinear {
  /// eq(point, i) for every i in 0..<2ⁿ, n = `point.count`.
  package static func equalityTable(_ point: [SecureField]) -> [SecureField] {
    var table = [SecureField.one]
    table.reserveCapacity(1 << point.count)
    for coordinate in point.reversed() {
      for index in table.indices {
        let upper = table[index] * coordinate
        table.append(upper)
        table[index] -= upper
      }
    }
    return table
  }

  /// eq(point, i) for the i of a range, in O(its length + n).
  package static func equalityTable(_ point: [SecureField], _ range: Range<Int>) -> [SecureField] {
    let range = range.clamped(to: 0..<1 << point.count)
    guard !range.isEmpty else { return [] }
    guard range.count < 1 << point.count else { return equalityTable(point) }
    var (first, table) = (0, [SecureField.one])
    for (variable, coordinate) in point.enumerated() {
      let rest = point.count - 1 - variable
      let next = range.lowerBound >> rest...(range.upperBound - 1) >> rest
      var entries: [SecureField] = []
      entries.reserveCapacity(next.count)
      for index in next {
        let (parent, upper) = (table[index >> 1 - first], table[index >> 1 - first] * coordinate)
        entries.append(index & 1 == 1 ? upper : parent - upper)
      }
      (first, table) = (next.lowerBound, entries)
    }
    return table
  }

  /// eq(a, b) = Π_j (a_j·b_j + (1 − a_j)(1 − b_j)); zero for points of different lengths.
  package static func equality(_ a: ArraySlice<SecureField>, _ b: ArraySlice<SecureField>) -> SecureField {
    guard a.count == b.count else { return .zero }
    var product = SecureField.one
    for (x, y) in zip(a, b) {
      let both = x * y
      product *= .one - x - y + both + both
    }
    return product
  }

  /// eq(point, bits of `index`); zero for an index outside 0..<2ⁿ.
  package static func equality(_ point: ArraySlice<SecureField>, index: Int) -> SecureField {
    guard index >= 0, index >> point.count == 0 else { return .zero }
    var product = SecureField.one
    var rest = index
    for coordinate in point.reversed() {
      product *= rest & 1 == 1 ? coordinate : .one - coordinate
      rest >>= 1
    }
    return product
  }

  /// Σ_i table[i]·eq(point, start + i) over the i below `table.count` with start + i below 2ⁿ; zero for a negative start.
  package static func evaluate(_ table: [BaseField], from start: Int = 0, at point: [SecureField]) -> SecureField {
    start < 0 ? .zero : evaluate(table, from: start, at: point) { sum($0, $1) }
  }

  /// Σ_i table[i]·eq(point, i) over the i below both `table.count` and 2ⁿ.
  package static func evaluate(_ table: [SecureField], at point: [SecureField]) -> SecureField {
    evaluate(table, from: 0, at: point) { zip($0, $1).reduce(.zero) { $0 + $1.0 * $1.1 } }
  }

  /// Σ_i weights[i]·elements[i] over the i that both have.
  package static func sum(_ weights: ArraySlice<SecureField>, _ elements: ArraySlice<BaseField>) -> SecureField {
    var (c0, c1) = (SumOfProducts(), SumOfProducts())
    for (weight, element) in zip(weights, elements) {
      c0.add(weight.c0, element)
      c1.add(weight.c1, element)
    }
    return SecureField(c0: c0.value, c1: c1.value)
  }

  /// By two tables, of the high and of the low variables.
  private static func evaluate<Element>(
    _ table: [Element], from start: Int, at point: [SecureField], _ sumOfProducts: (ArraySlice<SecureField>, ArraySlice<Element>) -> SecureField
  ) -> SecureField {
    let lowCount = (point.count + 1) / 2
    let (low, high) = (equalityTable(Array(point.suffix(lowCount))), equalityTable(point.dropLast(lowCount)))
    var (sum, rest, first) = (SecureField.zero, table[...], start & (low.count - 1))
    for outer in high.dropFirst(start >> lowCount) where !rest.isEmpty {
      sum += outer * sumOfProducts(low[first...], rest)
      (rest, first) = (rest.dropFirst(low.count - first), 0)
    }
    return sum
  }

  /// The extension of i ↦ [i < bound], in O(n); `bound` outside 0...2ⁿ counts as the nearer end.
  package static func lessThan(_ bound: Int, at point: ArraySlice<SecureField>) -> SecureField {
    guard bound > 0 else { return .zero }
    var (below, rest) = (SecureField.zero, bound)
    for x in point.reversed() {
      let upper = x * below
      below = rest & 1 == 1 ? .one - x + upper : below - upper
      rest >>= 1
    }
    return rest == 0 ? below : .one
  }

  /// Σ_{i < bound} eq(r, i)·eq(point, i), in O(n); `bound` outside 0...2ⁿ counts as the nearer end.
  ///
  /// Zero for points of different lengths.
  package static func equalityLessThan(
    _ bound: Int, _ r: ArraySlice<SecureField>, _ point: ArraySlice<SecureField>
  ) -> SecureField {
    guard bound > 0, r.count == point.count else { return .zero }
    guard bound >> point.count == 0 else { return equality(r, point) }
    var (all, below, rest) = (SecureField.one, SecureField.zero, bound)
    for (x, y) in zip(r.reversed(), point.reversed()) {
      let one = x * y
      let zero = .one - x - y + one
      below = rest & 1 == 1 ? zero * all + one * below : zero * below
      all *= zero + one
      rest >>= 1
    }
    return below
  }

  /// Σ_i eq(r, (start + i) mod 2ⁿ)·eq(point, i) over the i below `length` and 2ⁿ, in O(n): `sum` over those for which
  /// start mod 2ⁿ + i is below 2ⁿ, `carried` over the others.
  ///
  /// For two points of n variables.
  package static func equalityWindow(
    _ start: Int, _ length: Int, _ r: ArraySlice<SecureField>, _ point: ArraySlice<SecureField>
  ) -> (sum: SecureField, carried: SecureField) {
    // Bit by bit, lowest first: sums over the i so far, by the carry of the addition, and whether i is below the length.
    typealias Sums = (below: SecureField, other: SecureField)
    var (sums, carried): (Sums, Sums) = ((.zero, .one), (.zero, .zero))
    var (offset, length) = (start, length)
    for (x, y) in zip(r.reversed(), point.reversed()) {
      let both = x * y
      let last = (sums, carried)
      (sums, carried) = ((.zero, .zero), (.zero, .zero))
      for carry in 0...1 {
        let own = carry == 0 ? last.0 : last.1
        guard own.below != .zero || own.other != .zero else { continue }
        for bit in 0...1 {
          let sum = (offset & 1) + bit + carry
          let ofZero = sum & 1 == 0 ? .one - x - y + both : x - both
          let factor = bit == 0 ? ofZero : sum & 1 == 0 ? y - both : both
          let total = (own.below + own.other) * factor
          let below = bit < length & 1 ? total : bit > length & 1 ? .zero : own.below * factor
          let added: Sums = (below, total - below)
          if sum < 2 {
            sums = (sums.below + added.below, sums.other + added.other)
          } else {
            carried = (carried.below + added.below, carried.other + added.other)
          }
        }
      }
      (offset, length) = (offset >> 1, length >> 1)
    }
    return length > 0 ? (sums.below + sums.other, carried.below + carried.other) : (sums.below, carried.below)
  }

  /// Σ_i i·eq(point, i), the extension of the identity on 0..<2ⁿ.
  package static func identity(at point: [SecureField]) -> SecureField {
    point.reduce(.zero) { $0 + $0 + $1 }
  }

  /// Σ_{i < bound} i·eq(point, i), in O(n).
  package static func identity(below bound: Int, at point: [SecureField]) -> SecureField {
    // By bit of the index, lowest first: Σ eq and Σ i·eq over all indices so far and over those below the bound.
    var (all, below) = ((SecureField.one, SecureField.zero), (SecureField.zero, SecureField.zero))
    var (rest, place) = (bound, SecureField.one)
    for coordinate in point.reversed() {
      let zero = SecureField.one - coordinate
      let (lower, upper) = rest & 1 == 1 ? (all, below) : (below, (.zero, .zero))
      below = (zero * lower.0 + coordinate * upper.0, zero * lower.1 + coordinate * (upper.1 + place * upper.0))
      all = (all.0, all.1 + coordinate * place * all.0)
      rest >>= 1
      place += place
    }
    return rest == 0 ? below.1 : all.1
  }
}
