/// Rows of 2^bits, the first coordinate being lower + i in row i. docs/protocol.md §3.1.
package enum TableContent: Hashable, Sendable {
  /// The 2^bits integers from `lower` on.
  case range(lower: Int64, bits: Int)
  /// The second coordinate is the first, but at least low and at most high.
  case ramp(lower: Int64, bits: Int, low: Int64, high: Int64)
  /// `width` further coordinates: those of entry i − offset of `values`, the first entry below it, the last one above.
  case function(lower: Int64, bits: Int, width: Int, offset: Int, values: [Int64])

  /// One value for each of the rows, a power of two.
  package static func function(lower: Int64, values: [Int64]) -> TableContent {
    .function(lower: lower, bits: bitCountOfAxis(values.count), width: 1, offset: 0, values: values)
  }
}

package struct Table: Hashable, Sendable {
  package var name: String
  package var content: TableContent

  package init(name: String, content: TableContent) {
    self.name = name
    self.content = content
  }

  /// The number of coordinates of a row.
  package var arity: Int {
    switch content {
    case .range: 1
    case .ramp: 2
    case .function(_, _, let width, _, _): 1 + width
    }
  }

  package var lower: Int64 {
    switch content {
    case .range(let lower, _), .ramp(let lower, _, _, _), .function(let lower, _, _, _, _): lower
    }
  }

  package var bitCount: Int {
    switch content {
    case .range(_, let bits), .ramp(_, let bits, _, _), .function(_, let bits, _, _, _): bits
    }
  }

  /// The first coordinate's bounds.
  package var domain: (lower: Int64, upper: Int64) { (lower, lower + (1 << Int64(bitCount)) - 1) }

  /// The bounds of a coordinate of a valid table.
  package func range(ofCoordinate coordinate: Int) -> (lower: Int64, upper: Int64) {
    switch content {
    case .ramp(_, _, let low, let high) where coordinate > 0: return (low, high)
    case .function(_, _, let width, _, let values) where coordinate > 0:
      let own = stride(from: coordinate - 1, to: values.count, by: width).lazy.map { values[$0] }
      return (own.min() ?? 0, own.max() ?? 0)
    default: return domain
    }
  }

  /// A coordinate of a row, of those that a valid table has.
  package func value(_ coordinate: Int, row: Int) -> Int64 {
    switch content {
    case .ramp(let lower, _, let low, let high) where coordinate > 0: return min(max(lower + Int64(row), low), high)
    case .function(_, _, let width, let offset, let values) where coordinate > 0:
      return values[width * min(max(row - offset, 0), values.count / width - 1) + coordinate - 1]
    default: return lower + Int64(row)
    }
  }

  /// True when the row of zeros is in the table.
  package var containsZeroRow: Bool {
    let (lower, upper) = domain
    return lower <= 0 && 0 <= upper && (1..<arity).allSatisfy { value($0, row: Int(-lower)) == 0 }
  }
}
