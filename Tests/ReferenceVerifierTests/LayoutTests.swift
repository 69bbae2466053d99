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
    slice.begin = 1
    slice.stride = 2
    #expect(slice.table(8) == [.zero, eqs[0], .zero, eqs[1], .zero, eqs[2], .zero, .zero])
    slice.begin = -3
    #expect(slice.table(4) == [.zero, eqs[2], .zero, .zero])
  }

  @Test func placesAreShifted() {
    let point = [Extension(3, 4), Extension(5, 6), Extension(7, 8)]
    let eqs = eqTable(point[...])
    let place = AxisWeight.place(point, 2, 5)
    #expect(place.table(8) == Array(eqs[2..<7]) + [.zero, .zero, .zero])
    #expect(place.sum(below: 3) == eqs[2] + eqs[3] + eqs[4])
    #expect(place.through(nil, loopSize: 5, size: 5).table(5) == place.table(5))
    // Indices 0 … 4 read entries −1, 1, 3, … of a column of 4.
    let slice = Slice(start: -1, stride: 2)
    #expect(place.through(slice, loopSize: 5, size: 4).table(4) == [.zero, eqs[3], .zero, eqs[4]])
    #expect(AxisWeight.eq(point).through(slice, loopSize: 2, size: 9).table(4) == [.zero, eqs[1], .zero, .zero])
    #expect(place.through(Slice(start: 9, stride: 1), loopSize: 5, size: 4).table(4) == [.zero, .zero, .zero, .zero])
  }

  @Test func prefixSums() {
    let point = (1...4).map { Extension(UInt64(3 * $0), UInt64(5 * $0)) }
    let eqs = eqTable(point[...])
    for first in 0..<16 {
      for end in first + 1...16 {
        #expect(eqTable(point[...], over: first..<end) == Array(eqs[first..<end]))
        #expect(eqSum(point[...], over: first..<end) == eqs[first..<end].reduce(.zero) { $0 + $1 })
      }
      let sum = PrefixSum(point[...], count: first)
      #expect(sum.index == (0..<first).reduce(Extension.zero) { $0 + eqs[$1] * UInt64($1) })
    }
  }

  @Test func tablesAreExtended() {
    let point = [Extension(3, 4), Extension(5, 6), Extension(7, 8)]
    let eqs = eqTable(point[...])
    func check(_ kind: Table.Kind, _ others: [[UInt64]]) {
      let coordinates = Table(lower: 10, bits: 3, kind).coordinates(at: point)
      let expected = [[10, 11, 12, 13, 14, 15, 16, 17]] + others
      #expect(coordinates == expected.map { column in zip(eqs, column).reduce(.zero) { $0 + $1.0 * $1.1 } })
    }
    check(.range, [])
    check(.ramp(low: 12, high: 15), [[12, 12, 12, 13, 14, 15, 15, 15]])
    check(.ramp(low: 10, high: 17), [[10, 11, 12, 13, 14, 15, 16, 17]])
    check(.ramp(low: 14, high: 14), [[14, 14, 14, 14, 14, 14, 14, 14]])
    let values: [Int64] = [1, 20, 2, 21, 3, 22]
    check(
      .function(FunctionEntries(width: 2, offset: 2, values: values)),
      [[1, 1, 1, 2, 3, 3, 3, 3], [20, 20, 20, 21, 22, 22, 22, 22]])
    check(.function(FunctionEntries(width: 1, offset: 0, values: [5])), [[5, 5, 5, 5, 5, 5, 5, 5]])
    check(.function(FunctionEntries(width: 1, offset: 7, values: [5])), [[5, 5, 5, 5, 5, 5, 5, 5]])
    check(.function(FunctionEntries(width: 1, offset: 2, values: values)), [[1, 1, 1, 20, 2, 21, 3, 22]])
  }
}
