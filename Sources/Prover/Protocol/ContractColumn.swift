import Circuit
import Execution
import Field

extension Witness {
  /// With these columns packed.
  func packing(_ columns: [Int], threads: Int) -> Witness {
    var witness = self
    let missing = columns.filter { packed[$0] == nil }
    let rows = Parallel.map(missing.count, threads: threads) { PackedRows(column: self.columns[missing[$0]]) }
    for (column, rows) in zip(missing, rows) { witness.packed[column] = rows }
    return witness
  }

  /// Contracts the axes of a column that have a weight; what remains is row-major over the other axes at true sizes.
  func contract(_ column: Int, shape: [Int], _ weights: [AxisWeight?], threads: Int) -> [SecureField] {
    (packed[column] ?? PackedRows(column: columns[column])).contract(shape: shape, zip(shape, weights).map { $1?.table($0) }, threads: threads)
  }
}

extension PackedRows {
  /// The one pass over all entries is that of a matrix: over the last axes with weights, or the first ones.
  fileprivate func contract(shape: [Int], _ tables: [[SecureField]?], threads: Int) -> [SecureField] {
    var (shape, tables) = (shape, tables)
    var (factor, start) = (SecureField.one, 0)
    // Leading axes that are read at one index only.
    while let size = shape.first, case .some(.some(let table)) = tables.first,
      let index = table.firstIndex(where: { $0 != .zero }), table.lastIndex(where: { $0 != .zero }) == index
    {
      start = start * size + index
      factor *= table[index]
      shape.removeFirst()
      tables.removeFirst()
    }
    let count = shape.reduce(1, *)
    var last = tables.reversed().prefix { $0 != nil }.count
    let first = tables.prefix { $0 != nil }.count
    let (lastSize, firstSize) = (shape.suffix(last).reduce(1, *), shape.prefix(first).reduce(1, *))
    func joint(_ tables: ArraySlice<[SecureField]?>) -> SecureTable {
      SecureTable(outer: [[factor]] + tables.compactMap { $0 }, threads: threads)
    }
    var values: [SecureField]
    if last > 0, lastSize >= firstSize {
      // A short table of weights, and the other axes after it.
      var lastSize = lastSize
      while last > 1 {
        let shorter = lastSize / shape[shape.count - last]
        guard shorter >= count / shorter else { break }
        (last, lastSize) = (last - 1, shorter)
      }
      let rows = start * count / lastSize..<(start + 1) * count / lastSize
      values = split(lastSize).dot(joint(tables.suffix(last)), rows: rows, threads: threads)
      for axis in shape.indices.suffix(last) { (shape[axis], tables[axis]) = (1, nil) }
    } else {
      let weights = joint(tables.prefix(first)).values
      let width = count / firstSize
      values = split(width).combine(weights, from: start * firstSize, threads: threads).values
      for axis in 0..<first { (shape[axis], tables[axis]) = (1, nil) }
    }
    for axis in shape.indices {
      guard let table = tables[axis] else { continue }
      values = contractAxis(
        values, table, outer: shape[..<axis].reduce(1, *), inner: shape[(axis + 1)...].reduce(1, *), threads: threads)
      shape[axis] = 1
    }
    return values
  }
}

private func contractAxis(
  _ values: [SecureField], _ table: [SecureField], outer: Int, inner: Int, threads: Int
) -> [SecureField] {
  guard inner >= 8 else {
    var result = [SecureField](repeating: .zero, count: outer * inner)
    for o in 0..<outer {
      for (i, weight) in table.enumerated() where weight != .zero {
        let start = (o * table.count + i) * inner
        for k in 0..<inner { result[o * inner + k] += weight * values[start + k] }
      }
    }
    return result
  }
  return values.withUnsafeBufferPointer { values in
    Parallel.build(outer * inner, size: inner, threads: threads) { start, part in
      part.initialize(repeating: .zero)
      for (i, weight) in table.enumerated() where weight != .zero {
        let (first, factor) = (start * table.count + i * inner, SecureLanes(repeating: weight))
        for place in stride(from: 0, to: inner & ~7, by: 8) {
          let sum = SecureLanes(UnsafeBufferPointer(part), from: place) + SecureLanes(values, from: first + place) * factor
          sum.store(to: part, from: place)
        }
        for place in inner & ~7..<inner { part[place] += weight * values[first + place] }
      }
    }
  }
}
