/// The sizes of a committed column's axes, the batch axis being B.
package struct ColumnShape: Equatable {
  package var sizes: [Int]

  package init(sizes: [Int]) { self.sizes = sizes }

  package var bits: [Int] { sizes.map(ceilLog) }
  package var bitCount: Int { bits.reduce(0, +) }
}

/// Where a column lies in the rows of a commitment (§4.1).
package enum Placement: Equatable {
  /// Consecutive rows from `firstRow` on; `axis` is b and `lowBits` is s.
  case rows(firstRow: Int, axis: Int, lowBits: Int)
  /// An aligned block inside one row.
  case block(row: Int, offset: Int)
}

/// The layout of a list of columns in rows of 2^m entries (§4.1).
package struct Layout {
  package let rowBits: Int
  package let shapes: [ColumnShape]
  package let placements: [Placement]
  /// R.
  package let rowCount: Int

  package init(_ shapes: [ColumnShape], rowBits m: Int) {
    var placements = [Placement](repeating: .block(row: 0, offset: 0), count: shapes.count)
    var row = 0
    for (index, shape) in shapes.enumerated() where shape.bitCount > m {
      let bits = shape.bits
      var axis = bits.count - 1
      var after = 0
      while after + bits[axis] <= m {
        after += bits[axis]
        axis -= 1
      }
      placements[index] = .rows(firstRow: row, axis: axis, lowBits: m - after)
      row += shape.sizes[..<axis].reduce(ceilDivide(shape.sizes[axis], 1 << (m - after)), *)
    }
    let blocks = shapes.indices.filter { shapes[$0].bitCount <= m }
    var cursor = row << m
    for index in stableDescending(blocks, by: { shapes[$0].bitCount }) {
      placements[index] = .block(row: cursor >> m, offset: cursor & ((1 << m) - 1))
      cursor += 1 << shapes[index].bitCount
    }
    rowBits = m
    self.shapes = shapes
    self.placements = placements
    rowCount = ceilDivide(cursor, 1 << m)
  }

  /// κ = ⌈log R⌉.
  package var foldBits: Int { ceilLog(rowCount) }

  /// The rows that a column has a part of.
  func rowCount(ofColumn column: Int) -> Int {
    let sizes = shapes[column].sizes
    switch placements[column] {
    case .block: return 1
    case .rows(_, let axis, let lowBits): return sizes[..<axis].reduce(ceilDivide(sizes[axis], 1 << lowBits), *)
    }
  }

  /// The number of index values of each axis of a column that exist (§4.1).
  package func extents(_ column: Int) -> [Int] {
    let shape = shapes[column]
    switch placements[column] {
    case .block:
      return shape.bits.map { 1 << $0 }
    case .rows(_, let axis, let lowBits):
      return shape.sizes.indices.map { i in
        if i < axis { return shape.sizes[i] }
        if i > axis { return 1 << shape.bits[i] }
        return ceilDivide(shape.sizes[i], 1 << lowBits) << lowBits
      }
    }
  }
}

/// Sorts by a key, largest first, keeping the order of equal keys.
func stableDescending<Element>(_ elements: [Element], by key: (Element) -> Int) -> [Element] {
  elements.enumerated().sorted { a, b in
    let (left, right) = (key(a.element), key(b.element))
    return left != right ? left > right : a.offset < b.offset
  }.map(\.element)
}
