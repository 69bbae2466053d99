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
      let split = Split(shapes[index], bits[index], variableCount)
      placements[index] = Placement(
        shape: shapes[index], bits: bits[index], splitAxis: split.axis, splitBits: split.bits,
        firstRow: row, rowCount: split.rowCount, offset: 0, inRowBits: variableCount)
      row += split.rowCount
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

/// Where the entries of a row column are cut into rows.
private struct Split {
  let axis: Int
  /// Low bits of this axis that are in a row.
  let bits: Int
  let rowCount: Int

  /// For a column of more than `variableCount` bits.
  init(_ shape: [Int], _ bits: [Int], _ variableCount: Int) {
    var (axis, rest) = (shape.count - 1, variableCount)
    while bits[axis] <= rest {
      rest -= bits[axis]
      axis -= 1
    }
    self.axis = axis
    self.bits = rest
    rowCount = shape[..<axis].reduce((shape[axis] + (1 << rest) - 1) >> rest, *)
  }
}

/// `Layout.rowCount` of the same columns for each length that rows can have.
package struct RowCounts: Sendable {
  package static let variableCounts = 6...20
  private let counts: [Int]

  package init(shapes: [[Int]]) {
    let bits = shapes.map { $0.map(bitCountOfAxis) }
    let totals = bits.map { $0.reduce(0, +) }
    counts = Self.variableCounts.map { variableCount in
      // Rows of row columns, entries of block columns.
      var (rowCount, entryCount) = (0, (1 << variableCount) - 1)
      for (index, total) in totals.enumerated() {
        if total > variableCount {
          rowCount += Split(shapes[index], bits[index], variableCount).rowCount
        } else {
          entryCount += 1 << total
        }
      }
      return rowCount + entryCount >> variableCount
    }
  }

  package var isEmpty: Bool { counts[0] == 0 }

  package subscript(variableCount: Int) -> Int { counts[variableCount - Self.variableCounts.lowerBound] }
}
