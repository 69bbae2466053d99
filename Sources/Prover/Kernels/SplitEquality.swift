import Execution
import Field

/// eq(point, i) = high[i / size]·low[i mod size], size = `low.count`: two small tables in the place of a large one.
package struct SplitEquality: Sendable {
  let high: [SecureField]
  let low: SecureTable

  private static let lowVariableCount = 9

  package var count: Int { high.count * low.count }

  /// For each variable of a point, eq over the variables after it.
  package static func suffixes(_ point: [SecureField]) -> [SplitEquality] {
    let common = SecureTable.equality(point.suffix(lowVariableCount))
    return point.indices.map { index in
      let rest = point[(index + 1)...]
      let low = rest.count < lowVariableCount ? SecureTable.equality(Array(rest)) : common
      return SplitEquality(high: Multilinear.equalityTable(Array(rest.dropLast(lowVariableCount))), low: low)
    }
  }

  /// Sums that `body` adds to, with the low factor of the weight, for every vector of eight points.
  ///
  /// - Precondition: `count` is at least 8.
  @inline(__always) func sum(
    threads: Int,
    _ body: (_ place: Int, _ weight: SecureLanes, inout SecureProductSum, inout SecureProductSum) -> Void
  ) -> (constant: SecureField, quadratic: SecureField) {
    let groups = low.lanes.count
    let weights = low.lanes
    let parts = Parallel.map(high.count, threads: threads) { block in
      var (constant, quadratic) = (SecureProductSum(), SecureProductSum())
      for index in 0..<groups { body(block * groups + index, weights[index], &constant, &quadratic) }
      return (constant.total * high[block], quadratic.total * high[block])
    }
    return parts.reduce((.zero, .zero)) { ($0.0 + $1.0, $0.1 + $1.1) }
  }
}
