/// An axis weight (π, count, start, stride) of §5: eq(π, o) at i = start + stride·o for 0 ≤ o < count, otherwise 0; 1 instead of eq without π.
package struct AxisWeight {
  package var point: [Extension]?
  package var count: Int
  package var start = 0
  package var stride = 1

  package static func eq(_ point: [Extension]) -> AxisWeight { AxisWeight(point: point, count: 1 << point.count) }

  package static func cut(_ point: [Extension], _ size: Int) -> AxisWeight { AxisWeight(point: point, count: size) }

  package static func live(_ size: Int) -> AxisWeight { AxisWeight(point: nil, count: size) }

  /// The weight through a binding; the sizes are the true ones of the loop axis and the column's axis (§7 step 2).
  func through(_ binding: Binding, loopSize: Int, size: Int) -> AxisWeight {
    guard let slice = binding.slice else { return self }
    let end = size <= slice.start ? 0 : ceilDivide(size - slice.start, slice.stride)
    return AxisWeight(point: point, count: min(count, loopSize, end), start: slice.start, stride: slice.stride)
  }

  /// The weights of the index values below `extent`.
  package func table(_ extent: Int) -> [Extension] {
    var values = [Extension](repeating: .zero, count: extent)
    let factors = point.map { eqTable($0[...]) }
    for o in 0..<count {
      let i = start + stride * o
      if i < 0 { continue }
      if i >= extent { break }
      values[i] = factors.map { $0[o] } ?? .one
    }
    return values
  }

  /// Σ_i w(i)·eq(other, i) over the padded axis.
  func evaluate(at other: [Extension]) -> Extension {
    innerProduct(table(1 << other.count), eqTable(other[...]))
  }

  /// Σ_{i < size} eq(π, i).
  func liveSum(_ size: Int) -> Extension {
    point.map { eqPrefixSum($0[...], count: size) } ?? .one
  }
}

/// A column in a commitment: a column of the circuit or the multiplicities of a table.
enum CommittedColumn: Hashable {
  case listed(Int)
  case multiplicity(table: Int)
}

/// Σ_x w(x)·column(x) = value (§5), w = Π `weights`, minus Π `subtracted` where there is one.
struct Claim {
  var column: CommittedColumn
  var weights: [AxisWeight]
  var subtracted: [AxisWeight]?
  var value: Value
}

/// Splits a point in the order of the axes (§5).
func split(_ point: [Extension], bits: [Int]) -> [[Extension]] {
  var parts: [[Extension]] = []
  var start = 0
  for count in bits {
    parts.append(Array(point[start..<start + count]))
    start += count
  }
  return parts
}

extension Layout {
  /// The extension at (row point, low point) of a product of axis weights placed at a column (§8.2).
  package func evaluate(
    _ weights: [AxisWeight], at column: Int, rowTable: [Extension], low: [Extension]
  ) -> Extension {
    let shape = shapes[column]
    let tables = zip(weights, extents(column)).map { $0.table($1) }
    switch placements[column] {
    case .block(let row, let offset):
      let free = rowBits - shape.bitCount
      let parts = split(Array(low[free...]), bits: shape.bits)
      var value = rowTable[row] * eq(low[..<free], index: offset >> shape.bitCount)
      for (table, part) in zip(tables, parts) { value *= innerProduct(table, eqTable(part[...])) }
      return value
    case .rows(let firstRow, let axis, let lowBits):
      let parts = split(low, bits: [lowBits] + shape.bits[(axis + 1)...])
      var inner = Extension.one
      for (table, part) in zip(tables[(axis + 1)...], parts.dropFirst()) {
        inner *= innerProduct(table, eqTable(part[...]))
      }
      let lowTable = eqTable(parts[0][...])
      let groups = stride(from: 0, to: tables[axis].count, by: 1 << lowBits).map { start in
        innerProduct(Array(tables[axis][start..<start + (1 << lowBits)]), lowTable) * inner
      }
      let rowCount = shape.sizes[..<axis].reduce(groups.count, *)
      return contract(Array(rowTable[firstRow..<firstRow + rowCount]), tables[..<axis] + [groups])
    }
  }
}
