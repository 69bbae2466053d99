import ReferenceVerifier
import Testing

@Suite struct ReferenceLayoutTests {
  /// Rows of 16: 3×5×6 takes 3·3 rows (axis of 5 split in groups of 2), 5×2 a block of 16, 3 a block of 4.
  static let shapes = [[3], [3, 5, 6], [5, 2], [2, 3, 16]].map { ColumnShape(sizes: $0) }
  static let layout = Layout(shapes, rowBits: 4)

  @Test func placements() {
    #expect(
      Self.layout.placements == [
        .block(row: 16, offset: 0),
        .rows(firstRow: 0, axis: 1, lowBits: 1),
        .block(row: 15, offset: 0),
        .rows(firstRow: 9, axis: 1, lowBits: 0),
      ])
    #expect(Self.layout.rowCount == 17)
    #expect(Self.layout.foldBits == 5)
    #expect(Self.layout.extents(0) == [4])
    #expect(Self.layout.extents(1) == [3, 6, 8])
    #expect(Self.layout.extents(2) == [8, 2])
    #expect(Self.layout.extents(3) == [2, 3, 16])
  }

  @Test func equalBlocksKeepTheirOrder() {
    let layout = Layout([[2], [3], [4], [1]].map { ColumnShape(sizes: $0) }, rowBits: 3)
    #expect(
      layout.placements == [
        .block(row: 1, offset: 0), .block(row: 0, offset: 0), .block(row: 0, offset: 4), .block(row: 1, offset: 2),
      ])
  }

  /// The extension of placed weights against the sum over all entries of the matrix.
  @Test(arguments: 0..<4)
  func extensionOfPlacedWeights(column: Int) {
    let layout = Self.layout
    let low = (0..<4).map { (i: UInt64) -> Extension in Extension(100 + i, 7 * i + 1) }
    let rowPoint = (0..<5).map { (i: UInt64) -> Extension in Extension(900 + i, 5 * i + 2) }
    let weights = Self.shapes[column].bits.enumerated().map { i, bits in
      AxisWeight.eq((0..<UInt64(bits)).map { (j: UInt64) -> Extension in Extension(31 * UInt64(i) + j + 3, j + 1) })
    }
    let extents = layout.extents(column)
    let tables = zip(weights, extents).map { $0.table($1) }
    var sum = Extension.zero
    for flat in 0..<extents.reduce(1, *) {
      var index: [Int] = []
      var rest = flat
      for extent in extents.reversed() {
        index.insert(rest % extent, at: 0)
        rest /= extent
      }
      let (row, position) = place(index, column)
      let weight = zip(tables, index).reduce(Extension.one) { $0 * $1.0[$1.1] }
      sum = sum + weight * eq(rowPoint[...], index: row) * eq(low[...], index: position)
    }
    #expect(layout.evaluate(weights, at: column, rowTable: eqTable(rowPoint[...]), low: low) == sum)
  }

  private func place(_ index: [Int], _ column: Int) -> (row: Int, position: Int) {
    switch column {
    case 0: (16, index[0])
    case 1: (index[0] * 3 + index[1] / 2, (index[1] % 2) * 8 + index[2])
    case 2: (15, index[0] * 2 + index[1])
    default: (9 + index[0] * 3 + index[1], index[2])
    }
  }

  @Test func axisWeights() {
    let point = [Extension(3, 4), Extension(5, 6)]
    let eqs = eqTable(point[...])
    #expect(AxisWeight.eq(point).table(4) == eqs)
    #expect(AxisWeight.cut(point, 3).table(4) == [eqs[0], eqs[1], eqs[2], .zero])
    #expect(AxisWeight.live(2).table(3) == [.one, .one, .zero])
    var slice = AxisWeight.cut(point, 3)
    slice.start = 1
    slice.stride = 2
    #expect(slice.table(8) == [.zero, eqs[0], .zero, eqs[1], .zero, eqs[2], .zero, .zero])
    slice.start = -3
    #expect(slice.table(4) == [.zero, eqs[2], .zero, .zero])
  }

  @Test func tablesAreExtended() {
    let point = [Extension(3, 4), Extension(5, 6)]
    let eqs = eqTable(point[...])
    let coordinates = Table.function(lower: -1, values: [10, 20, 30, 40]).coordinates(at: point)
    #expect(coordinates[0] == eqs[2] + eqs[3] * 2 - eqs[0])
    #expect(coordinates[1] == eqs[0] * 10 + eqs[1] * 20 + eqs[2] * 30 + eqs[3] * 40)
    let range = Table.range(lower: -2, bits: 2).coordinates(at: point)
    #expect(range == [eqs[3] - eqs[0] - eqs[0] - eqs[1]])
  }
}
