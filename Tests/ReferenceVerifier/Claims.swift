/// An axis weight of §5.5: eq(π, o) at i = begin + stride·(o − first) for first ≤ o < end, otherwise 0; 1 instead of eq without π.
///
/// The text's start is begin − stride·first, which may not fit into 64 bits.
package struct AxisWeight {
  package var point: [Extension]?
  package var first = 0
  package var end: Int
  package var begin = 0
  package var stride = 1

  package static func eq(_ point: [Extension]) -> AxisWeight { AxisWeight(point: point, end: 1 << point.count) }

  package static func cut(_ point: [Extension], _ size: Int) -> AxisWeight { AxisWeight(point: point, end: size) }

  package static func live(_ size: Int) -> AxisWeight { AxisWeight(point: nil, end: size) }

  package static func place(_ point: [Extension], _ first: Int, _ size: Int) -> AxisWeight {
    AxisWeight(point: point, first: first, end: first + size)
  }

  /// The weight through a binding; the sizes are the true ones of the loop axis and the column's axis (§7 step 2).
  package func through(_ slice: Slice?, loopSize: Int, size: Int) -> AxisWeight {
    guard let slice else { return self }
    let sliceEnd = size <= slice.start ? 0 : ceilDivide(size - slice.start, slice.stride)
    return AxisWeight(
      point: point, first: first, end: min(end, first + min(loopSize, sliceEnd)),
      begin: slice.start, stride: slice.stride)
  }

  /// The weights of the index values below `extent`.
  package func table(_ extent: Int) -> [Extension] {
    var values = [Extension](repeating: .zero, count: extent)
    guard first < end else { return values }
    let factors = point.map { eqTable($0[...], over: first..<end) }
    for o in first..<end {
      let i = begin + stride * (o - first)
      if i < 0 { continue }
      if i >= extent { break }
      values[i] = factors.map { $0[o - first] } ?? .one
    }
    return values
  }

  /// Σ_i w(i)·eq(other, i) over the padded axis.
  func evaluate(at other: [Extension]) -> Extension {
    innerProduct(table(1 << other.count), eqTable(other[...]))
  }

  /// Σ_{i < size} w(i).
  package func sum(below size: Int) -> Extension { table(size).reduce(.zero) { $0 + $1 } }
}

/// A column in a commitment: a column of the circuit or the multiplicities of a table.
enum CommittedColumn: Hashable {
  case listed(Int)
  case multiplicity(table: Int)
}

/// Σ over the products, of w(x)·column(x) over x, is `value` (§5.5); all columns are of one commitment.
struct Claim {
  var products: [WeightProduct]
  var value: Value
}

/// factor·Π weights, one of the products in the weight of a column.
struct WeightProduct {
  var column: CommittedColumn
  var factor = Extension.one
  var weights: [AxisWeight]
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
