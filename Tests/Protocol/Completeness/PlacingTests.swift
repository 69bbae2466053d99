import Circuit
import Field
import Prover
import TestSupport
import Testing

@Suite struct PlacingTests {
  @Test("every entry stands where the layout says, and all else is zero") func entries() {
    var random = RepeatableRandom(seed: 61)
    for _ in 0..<300 {
      let shapes = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        (0..<Int.random(in: 0...3, using: &random)).map { _ in Int.random(in: 1...9, using: &random) }
      }
      let layout = Layout(shapes: shapes, variableCount: Int.random(in: 1...6, using: &random))
      let columns = shapes.map { shape in
        let bound: Int64 = Bool.random(using: &random) ? 1 << 15 - 1 : 1 << 40
        return (0..<shape.reduce(1, *)).map { _ in Int64.random(in: -bound...bound, using: &random) }
      }
      var expected = [BaseField](repeating: .zero, count: layout.rowCount << layout.variableCount)
      for (placement, column) in zip(layout.placements, columns) {
        for (index, integer) in zip(placement.trueIndices, column) {
          let (row, offset) = placement.position(index)
          expected[row << layout.variableCount + offset] = BaseField(integer)
        }
      }
      for threads in [1, 3] {
        let isEqual = layout.packedRows(of: columns, threads: threads).elements == expected
        #expect(isEqual, "\(shapes) \(layout.variableCount)")
      }
    }
  }

  @Test("rows are counted as they are laid out") func rowCounts() {
    var random = RepeatableRandom(seed: 62)
    for _ in 0..<100 {
      let shapes = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        (0..<Int.random(in: 0...4, using: &random)).map { _ in Int.random(in: 1...90, using: &random) }
      }
      let counts = RowCounts(shapes: shapes)
      for variableCount in RowCounts.variableCounts {
        #expect(counts[variableCount] == Layout(shapes: shapes, variableCount: variableCount).rowCount, "\(shapes)")
      }
      #expect(counts.isEmpty == shapes.isEmpty)
    }
  }
}
