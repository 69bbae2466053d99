/// Multilinear extensions over {0,1}ⁿ, variable 1 being the most significant bit of an index. docs/protocol.md §1.
///
/// All functions are total: what lies outside a table or a cube counts as zero.
package enum Multilinear {
  /// eq(point, i) for every i in 0..<2ⁿ, n = `point.count`.
  package static func equalityTable(_ point: [SecureField]) -> [SecureField] {
    guard point.count > 3 else { return smallEqualityTable(point) }
    var lanes = [SecureLanes(padding: smallEqualityTable(point.suffix(3)))]
    lanes.reserveCapacity(1 << (point.count &- 3))
    for coordinate in point.dropLast(3).reversed() {
      let factor = SecureLanes(repeating: coordinate)
      for index in lanes.indices {
        let upper = lanes[index] * factor
        lanes.append(upper)
        lanes[index] -= upper
      }
    }
    var table: [SecureField] = []
    table.reserveCapacity(8 &* lanes.count)
    for vector in lanes { for lane in 0..<8 { table.append(vector[lane]) } }
    return table
  }

  private static func smallEqualityTable(_ point: some Sequence<SecureField>) -> [SecureField] {
    var table = [SecureField.one]
    for coordinate in point {
      var next: [SecureField] = []
      next.reserveCapacity(2 &* table.count)
      for entry in table {
        let upper = entry * coordinate
        next.append(entry - upper)
        next.append(upper)
      }
      table = next
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
    let weights = stride(from: 0, to: inner.count, by: 8).map { SecureLanes(padding: Array(inner[$0...].prefix(8))) }
    var (sum, start) = (SecureField.zero, 0)
    for outer in equalityTable(point.dropLast((point.count + 1) / 2)) where start < table.count {
      var (c0, c1) = (ProductLanes(), ProductLanes())
      for (index, weight) in weights.enumerated() {
        // Entries after the last weight are another row's, and count as many times as zero.
        let entries = BaseLanes(padding: table, from: start &+ 8 &* index)
        c0.add(weight.c0, entries)
        c1.add(weight.c1, entries)
      }
      sum += outer * SecureLanes(c0: c0.reducedLong(), c1: c1.reducedLong()).sum()
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

  /// Σ_i i·eq(point, i), the extension of the identity on 0..<2ⁿ.
  package static func identity(at point: [SecureField]) -> SecureField {
    point.reduce(.zero) { $0 + $0 + $1 }
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
