import Execution
import Field

extension SecureTable {
  /// Adds Σ_q coefficients[q]·points[q]^y to entry offset + y, for y below 2^variableCount.
  ///
  /// - Precondition: variableCount ≥ 5; `offset` is a multiple of 8.
  mutating func addPowers(
    of points: [BaseField], scaledBy coefficients: [SecureField], offset: Int, variableCount: Int, threads: Int
  ) {
    precondition(variableCount >= 5 && offset & 7 == 0, "a block of whole vectors")
    precondition(points.count == coefficients.count && points.count <= 1 << 10, "a coefficient for each point")
    let lowBits = min(variableCount, 6)
    let groups = 1 << (lowBits - 3)
    var low: [BaseLanes] = []
    var scales = SecureRows(rowCount: 1 << (variableCount - lowBits), length: points.count)
    for (index, point) in points.enumerated() {
      var power = BaseField.one
      for _ in 0..<groups {
        var lanes = SIMD8<UInt64>()
        for lane in 0..<8 {
          lanes[lane] = power.value
          power *= point
        }
        low.append(BaseLanes(reducing: lanes))
      }
      var scale = coefficients[index]
      for high in 0..<scales.rowCount {
        scales[high, index] = scale
        scale *= power
      }
    }
    let start = offset / 8
    Parallel.chunks(&lanes, size: groups, threads: threads) { first, span in
      let high = (first - start) / groups
      guard first >= start, high < scales.rowCount else { return }
      for group in 0..<groups {
        var (c0, c1) = (ProductLanes(), ProductLanes())
        for index in points.indices {
          let factor = low[index * groups + group]
          let scale = scales[high, index]
          c0.add(factor, BaseLanes(repeating: scale.c0))
          c1.add(factor, BaseLanes(repeating: scale.c1))
        }
        span[group] = span[group] + SecureLanes(c0: c0.reducedLong(), c1: c1.reducedLong())
      }
    }
  }
}

/// A row-major matrix over K.
private struct SecureRows {
  let rowCount: Int
  let length: Int
  private var entries: [SecureField]

  init(rowCount: Int, length: Int) {
    self.rowCount = rowCount
    self.length = length
    entries = Array(repeating: .zero, count: rowCount * length)
  }

  subscript(row: Int, index: Int) -> SecureField {
    get { entries[row * length + index] }
    set { entries[row * length + index] = newValue }
  }
}
