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
      table = next.map { $0 & 1 == 1 ? table[$0 >> 1 - first] * coordinate : table[$0 >> 1 - first] * (.one - coordinate) }
      first = next.lowerBound
    }
    return table
  }

  /// eq(a, b) = Π_j (a_j·b_j + (1 − a_j)(1 − b_j)); zero for points of different lengths.
  package static func equality(_ a: [SecureField], _ b: [SecureField]) -> SecureField {
    guard a.count == b.count else { return .zero }
    var product = SecureField.one
    for (x, y) in zip(a, b) {
      let both = x * y
      product *= .one - x - y + both + both
    }
    return product
  }

  /// eq(point, bits of `index`); zero for an index outside 0..<2ⁿ.
  package static func equality(_ point: [SecureField], index: Int) -> SecureField {
    guard index >= 0, index >> point.count == 0 else { return .zero }
    var product = SecureField.one
    var rest = index
    for coordinate in point.reversed() {
      product *= rest & 1 == 1 ? coordinate : .one - coordinate
      rest >>= 1
    }
    return product
  }

  /// Σ_i table[i]·eq(point, i) over the i below both `table.count` and 2ⁿ.
  package static func evaluate(_ table: [BaseField], at point: [SecureField]) -> SecureField {
    let inner = equalityTable(Array(point.suffix((point.count + 1) / 2)))
    var (sum, start) = (SecureField.zero, 0)
    for outer in equalityTable(point.dropLast((point.count + 1) / 2)) where start < table.count {
      sum += outer * zip(inner, table[start...]).reduce(.zero) { $0 + $1.0 * $1.1 }
      start += inner.count
    }
    return sum
  }

  /// Σ_i table[i]·eq(point, i) over the i below both `table.count` and 2ⁿ.
  package static func evaluate(_ table: [SecureField], at point: [SecureField]) -> SecureField {
    zip(table, equalityTable(point)).reduce(.zero) { $0 + $1.0 * $1.1 }
  }

  /// The extension of i ↦ [i < bound], in O(n); `bound` outside 0...2ⁿ counts as the nearer end.
  package static func lessThan(_ bound: Int, at point: [SecureField]) -> SecureField {
    sumBelow(bound, point.map { (.one - $0, $0) })
  }

  /// Σ_{i < bound} eq(r, i)·eq(point, i), in O(n); `bound` outside 0...2ⁿ counts as the nearer end.
  ///
  /// Zero for points of different lengths.
  package static func equalityLessThan(_ bound: Int, _ r: [SecureField], _ point: [SecureField]) -> SecureField {
    guard r.count == point.count else { return .zero }
    return sumBelow(bound, zip(r, point).map { x, y in ((.one - x) * (.one - y), x * y) })
  }

  /// Σ_i eq(r, window.lowerBound + i)·eq(point, i) over the i below the window's length and 2ⁿ, in O(bits).
  ///
  /// For a window of integers that `r` has, and a `point` of n ≤ `r.count` variables.
  package static func equalityWindow(_ window: Range<Int>, _ r: [SecureField], _ point: [SecureField]) -> SecureField {
    // Bit by bit, lowest first: sums over the i so far, by the carry of the addition, and whether i is below the length.
    typealias Sums = (below: SecureField, other: SecureField)
    var sums: [Sums] = [(.zero, .one), (.zero, .zero)]
    var (offset, length) = (window.lowerBound, window.count)
    for (x, y) in zip(r.reversed(), point.reversed()) {
      let both = x * y
      // By bit of i, then of the sum.
      let factors = [[.one - x - y + both, x - both], [y - both, both]]
      var next: [Sums] = [(.zero, .zero), (.zero, .zero)]
      for carry in 0...1 where sums[carry].below != .zero || sums[carry].other != .zero {
        for bit in 0...1 {
          let sum = (offset & 1) + bit + carry
          let factor = factors[bit][sum & 1]
          let (below, other) = (sums[carry].below * factor, sums[carry].other * factor)
          let isBelow = bit < length & 1
          next[sum >> 1].below += isBelow ? below + other : bit > length & 1 ? .zero : below
          next[sum >> 1].other += isBelow ? .zero : bit > length & 1 ? below + other : other
        }
      }
      sums = next
      (offset, length) = (offset >> 1, length >> 1)
    }
    var totals = sums.map { length > 0 ? $0.below + $0.other : $0.below }
    for x in r.dropLast(point.count).reversed() {
      let (zero, one) = (totals[0], totals[1])
      totals = offset & 1 == 0 ? [zero * (.one - x) + one * x, .zero] : [zero * x, one * (.one - x)]
      offset >>= 1
    }
    return totals[0]
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

  /// Σ_{i < bound} Π_j f_j(bit j of i), where `factors` gives f_j(0) and f_j(1).
  private static func sumBelow(_ bound: Int, _ factors: [(SecureField, SecureField)]) -> SecureField {
    guard bound > 0 else { return .zero }
    var all = SecureField.one
    var below = SecureField.zero
    var rest = bound
    for (zero, one) in factors.reversed() {
      below = rest & 1 == 1 ? zero * all + one * below : zero * below
      all *= zero + one
      rest >>= 1
    }
    return rest == 0 ? below : all
  }
}
