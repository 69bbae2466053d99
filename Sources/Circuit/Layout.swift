/// Where a column's entries stand in the rows of a commitment. docs/protocol.md §4.1.
package struct Placement: Hashable, Sendable {
  /// True axis sizes.
  package let shape: [Int]
  package let bits: [Int]
  /// Axes before this one are in the row index alone, this one is split, those after it are in the row.
  package let splitAxis: Int
  /// How many low bits of the split axis are in the row.
  package let splitBits: Int
  package let firstRow: Int
  package let rowCount: Int
  /// Offset of the block in its row, a multiple of 2^inRowBits.
  package let offset: Int
  package let inRowBits: Int

  /// How many index values of an axis exist.
  package func extent(ofAxis axis: Int) -> Int {
    if axis < splitAxis { return shape[axis] }
    if axis > splitAxis { return 1 << bits[axis] }
    return leadingExtent << splitBits
  }

  /// The number of values that the row part of the split axis takes.
  package var leadingExtent: Int {
    shape.isEmpty ? 1 : (shape[splitAxis] + (1 << splitBits) - 1) >> splitBits
  }

  package var variableCount: Int { bits.reduce(0, +) }

  /// True when some existing index is beyond the true size of its axis.
  package var hasPadding: Bool {
    shape.indices.contains { extent(ofAxis: $0) != shape[$0] }
  }
}

/// A matrix of rows of 2^variableCount entries and the columns in it.
package struct Layout: Hashable, Sendable {
  package let variableCount: Int
  package let placements: [Placement]
  package let rowCount: Int

  package var rowVariableCount: Int { bitCountOfAxis(rowCount) }

  /// Lays out columns of these shapes, in this order.
  package init(shapes: [[Int]], variableCount: Int) {
    self.variableCount = variableCount
    let bits = shapes.map { $0.map(bitCountOfAxis) }
    let totals = bits.map { $0.reduce(0, +) }
    var placements = [Placement?](repeating: nil, count: shapes.count)
    var row = 0
    for index in shapes.indices where totals[index] > variableCount {
      var axis = shapes[index].count - 1
      var inner = 0
      while inner + bits[index][axis] <= variableCount {
        inner += bits[index][axis]
        axis -= 1
      }
      let splitBits = variableCount - inner
      let rows = shapes[index][..<axis].reduce(
        (shapes[index][axis] + (1 << splitBits) - 1) >> splitBits, *)
      placements[index] = Placement(
        shape: shapes[index], bits: bits[index], splitAxis: axis, splitBits: splitBits,
        firstRow: row, rowCount: rows, offset: 0, inRowBits: variableCount)
      row += rows
    }
    var offset = 0
    let blocks = shapes.indices.filter { totals[$0] <= variableCount }
    for index in blocks.sorted(by: { (totals[$0], $1) > (totals[$1], $0) }) {
      placements[index] = Placement(
        shape: shapes[index], bits: bits[index], splitAxis: 0, splitBits: bits[index].first ?? 0,
        firstRow: row + offset >> variableCount, rowCount: 1,
        offset: offset & ((1 << variableCount) - 1), inRowBits: totals[index])
      offset += 1 << totals[index]
    }
    self.placements = placements.compactMap { $0 }
    rowCount = row + (offset + (1 << variableCount) - 1) >> variableCount
  }
}

/// `Layout.rowCount` of the same columns for each length that rows can have.
package struct RowCounts: Sendable {
  package static let variableCounts = 6...20
  private let counts: [Int]

  package init(shapes: [[Int]]) { counts = Self.variableCounts.map { Layout(shapes: shapes, variableCount: $0).rowCount } }

  package var isEmpty: Bool { counts[0] == 0 }

  package subscript(variableCount: Int) -> Int { counts[variableCount - Self.variableCounts.lowerBound] }
}
