/// A table of 2^bits rows (§3.1).
package struct Table: Equatable {
  package enum Kind: Equatable {
    case range
    case ramp(low: Int64, high: Int64)
    case function(FunctionEntries)
  }

  var lower: Int64
  var bits: Int
  var kind: Kind

  package init(lower: Int64, bits: Int, _ kind: Kind) {
    self.lower = lower
    self.bits = bits
    self.kind = kind
  }

  static func range(lower: Int64, bits: Int) -> Table { Table(lower: lower, bits: bits, .range) }

  var rowCount: Int { 1 << bits }

  var coordinateCount: Int {
    switch kind {
    case .range: 1
    case .ramp: 2
    case .function(let entries): 1 + entries.width
    }
  }

  /// Least and largest value of a coordinate.
  func bounds(ofCoordinate coordinate: Int) -> (lower: Int64, upper: Int64) {
    if coordinate > 0 {
      switch kind {
      case .range: break
      case .ramp(let low, let high): return (low, high)
      case .function(let entries):
        let values = (0..<entries.count).map { entries.row($0)[coordinate - 1] }
        return (values.min() ?? 0, values.max() ?? 0)
      }
    }
    return (lower, lower + Int64(rowCount - 1))
  }

  /// Whether the row of zeros is in the table.
  var containsZeros: Bool {
    guard lower <= 0, -lower < Int64(rowCount) else { return false }
    switch kind {
    case .range: return true
    case .ramp(let low, let high): return low <= 0 && 0 <= high
    case .function(let entries): return entries.row(Int(-lower) - entries.offset).allSatisfy { $0 == 0 }
    }
  }

  /// The extensions of the coordinates.
  package func coordinates(at point: [Extension]) -> [Extension] {
    let all = PrefixSum(point[...], count: rowCount)
    let first = Extension(Residue.of(lower)) + all.index
    switch kind {
    case .range: return [first]
    case .ramp(let low, let high):
      let below = PrefixSum(point[...], count: Int(low - lower))
      let inside = PrefixSum(point[...], count: Int(high - lower))
      let ends = below.weight * Residue.of(low) + (.one - inside.weight) * Residue.of(high)
      return [first, ends + (inside.weight - below.weight) * Residue.of(lower) + inside.index - below.index]
    case .function(let entries):
      let end = entries.offset + entries.count
      var weights = eqTable(point[...], over: entries.offset..<end)
      weights[0] += PrefixSum(point[...], count: entries.offset).weight
      weights[entries.count - 1] += .one - PrefixSum(point[...], count: end).weight
      return [first] + (0..<entries.width).map { coordinate in
        weights.indices.reduce(.zero) { $0 + weights[$1] * Residue.of(entries.row($1)[coordinate]) }
      }
    }
  }
}

/// What a function table lists (§3.1).
package struct FunctionEntries: Equatable {
  var width: Int
  var offset: Int
  var values: [Int64]

  package init(width: Int, offset: Int, values: [Int64]) {
    self.width = width
    self.offset = offset
    self.values = values
  }

  var count: Int { values.count / width }

  /// The values of an entry; of the first one before it, of the last one after it.
  func row(_ entry: Int) -> [Int64] {
    let index = max(0, min(entry, count - 1))
    return Array(values[index * width..<(index + 1) * width])
  }
}
