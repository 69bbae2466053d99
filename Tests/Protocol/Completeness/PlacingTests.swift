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

  @Test("passes over rows of small and of long integers are those over all elements") func passes() {
    var random = RepeatableRandom(seed: 64)
    for _ in 0..<100 {
      let shapes = (0..<5).map { _ in [Int.random(in: 1...30, using: &random), Int.random(in: 1...9, using: &random)] }
      let layout = Layout(shapes: shapes, variableCount: Int.random(in: 1...4, using: &random))
      let columns = shapes.map { shape in
        let bound: Int64 = Bool.random(using: &random) ? 1 << 15 - 1 : 1 << 40
        return (0..<shape.reduce(1, *)).map { _ in Int64.random(in: -bound...bound, using: &random) }
      }
      let more = random.baseFields(Int.random(in: 0...3, using: &random) << layout.variableCount)
      let placed = layout.packedRows(of: columns, threads: 1)
      let whole = placed.appending(more)
      #expect(whole.elements == placed.elements + more)
      let halves = whole.split(whole.width / 2)
      for rows in [whole, halves] {
        let elements = whole.elements
        #expect(rows.elements == elements && rows.rowCount * rows.width == elements.count)
        let first = Int.random(in: 0...rows.rowCount, using: &random)
        let range = first..<Int.random(in: first...rows.rowCount, using: &random)
        let (weights, factors) = (random.secureFields(range.count), random.secureFields(rows.width))
        let combined = (0..<rows.width).map { column in
          zip(range, weights).reduce(SecureField.zero) { $0 + $1.1 * elements[$1.0 * rows.width + column] }
        }
        let products = range.map { row in
          factors.indices.reduce(SecureField.zero) { $0 + factors[$1] * elements[row * rows.width + $1] }
        }
        for threads in [1, 2] {
          #expect(rows.combine(weights, from: first, threads: threads).values == combined)
          #expect(rows.dot(SecureTable(factors), rows: range, threads: threads) == products)
        }
        if let row = range.randomElement(using: &random), let column = factors.indices.randomElement(using: &random) {
          #expect(rows[row, column] == elements[row * rows.width + column])
        }
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

  @Test("products of weights have the same extension whichever column's came before") func commitmentPoints() {
    var random = RepeatableRandom(seed: 63)
    for _ in 0..<200 {
      // Sizes of which several have the same weights below them and other bits.
      let shapes = (0..<6).map { _ in (0..<2).map { _ in Int.random(in: 3...16, using: &random) } }
      let layout = Layout(shapes: shapes, variableCount: Int.random(in: 4...9, using: &random))
      let weights = AxisWeight(placing: 3, at: 0, of: random.secureFields(2))
      let rowWeights = Multilinear.equalityTable(random.secureFields(bitCountOfAxis(layout.rowCount)))
      let inRow = random.secureFields(layout.variableCount)
      var point = CommitmentPoint(rowWeights: rowWeights, inRow: inRow)
      for placement in layout.placements {
        let factors = placement.rowFactors([weights, weights], inRow: inRow)
        let expected = zip(factors, rowWeights.dropFirst(placement.firstRow)).reduce(SecureField.zero) { $0 + $1.0 * $1.1 }
        #expect(point.evaluate([weights, weights], placement) == expected, "\(shapes)")
      }
    }
  }
}
