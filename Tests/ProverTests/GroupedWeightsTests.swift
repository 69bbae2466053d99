import Circuit
import Field
import Prover
import TestSupport
import Testing

@Suite struct GroupedWeightsTests {
  /// Row columns that are cut within and between axes, blocks longer and shorter than the low bits; the last column has
  /// many rows and is read in slices, so that its weights have too many parts for a pass for each.
  private static let shapes = [[3, 3, 40, 64], [5, 128, 128], [30, 17], [2, 7, 9], [1], [6], [14, 128, 128]]

  private static func weight(_ random: inout RepeatableRandom, size: Int, isSliced: Bool) -> AxisWeight {
    let point = random.secureFields(bitCountOfAxis(size))
    switch isSliced ? 4 : Int.random(in: 0...4, using: &random) {
    case 0: return AxisWeight(at: point)
    case 1: return AxisWeight(point: point, count: size)
    case 2: return AxisWeight(point: nil, count: size)
    case 3: return AxisWeight(point: nil, count: 1, start: Int.random(in: 0..<size, using: &random), stride: 1)
    default: return AxisWeight(point: point, count: (size + 1) / 2, start: Int.random(in: -1...1, using: &random), stride: 2)
    }
  }

  /// The groups' and the dense weights' sum is that of the products, entry by entry.
  @Test(arguments: [7, 10, 12, 13, 14]) func theSumIsThatOfTheProducts(_ variableCount: Int) {
    var random = RepeatableRandom(seed: 140 + UInt64(variableCount))
    let layout = Layout(shapes: Self.shapes, variableCount: variableCount)
    let width = 1 << variableCount
    var expected = [SecureField](repeating: .zero, count: layout.rowCount * width)
    var products: [(placement: Placement, coefficient: SecureField, weights: [AxisWeight])] = []
    for column in Self.shapes.indices {
      let placement = layout.placements[column]
      for copy in 0..<4 {
        let shape = Self.shapes[column]
        let isLast = column == Self.shapes.count - 1
        var weights = shape.indices.map { Self.weight(&random, size: shape[$0], isSliced: isLast && $0 == 1) }
        if copy == 3, let last = products.last { weights = [AxisWeight(point: nil, count: shape[0])] + last.weights.dropFirst() }
        let coefficient = random.secureField()
        products.append((placement, coefficient, weights))
        for (row, rowWeight) in Self.rows(placement, weights).enumerated() {
          for (entry, weight) in rowWeight { expected[(placement.firstRow + row) * width + entry] += coefficient * weight }
        }
      }
    }
    let weights = GroupedWeights(products, variableCount: variableCount, rowCount: layout.rowCount, threads: 2)
    var sum = [SecureField](repeating: .zero, count: layout.rowCount * width)
    for group in weights.groups {
      let low = group.low.values
      for member in group.members {
        for (row, rowWeight) in member.rows {
          for (high, highWeight) in member.high.enumerated() where highWeight != .zero {
            let (first, factor) = (row * width + high << weights.bits.low, rowWeight * highWeight)
            for (index, weight) in low.enumerated() { sum[first + index] += factor * weight }
          }
        }
      }
    }
    for (rows, entries, offset) in weights.dense {
      for (row, rowWeight) in rows.enumerated() where rowWeight != .zero {
        for (index, weight) in entries.values.enumerated() { sum[row * width + offset + index] += rowWeight * weight }
      }
    }
    let areEqual = sum == expected
    #expect(areEqual)
    #expect(weights.bits.high + weights.bits.low == variableCount)
    if variableCount == 14 { #expect(!weights.dense.isEmpty && weights.groups.count > 10) }
  }

  /// By row of the column, the entries that have a weight.
  private static func rows(_ placement: Placement, _ weights: [AxisWeight]) -> [[(entry: Int, weight: SecureField)]] {
    var rows = [[(entry: Int, weight: SecureField)]](repeating: [], count: placement.rowCount)
    func visit(_ axis: Int, row: Int, entry: Int, _ weight: SecureField) {
      guard axis < weights.count else { return rows[row].append((placement.offset + entry, weight)) }
      for (index, own) in weights[axis].table(placement.extent(ofAxis: axis)).enumerated() where own != .zero {
        var (row, entry) = (row, entry)
        if axis < placement.splitAxis {
          row = row * placement.shape[axis] + index
        } else if axis == placement.splitAxis {
          row = row * placement.leadingExtent + index >> placement.splitBits
          entry = index & (1 << placement.splitBits - 1)
        } else {
          entry = entry << placement.bits[axis] + index
        }
        visit(axis + 1, row: row, entry: entry, weight * own)
      }
    }
    visit(0, row: 0, entry: 0, .one)
    return rows
  }
}
