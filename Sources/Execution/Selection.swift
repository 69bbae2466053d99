import Circuit

/// What a class port adds to the columns: by row of its source, the indices of the largest entries as rows with a 1
/// there, ascending; of equal entries the first ones are taken. docs/protocol.md §3.2, §5.
struct Selection: Sendable {
  let source: Int
  /// Indices of a row.
  let count: Int
  /// Entries of a row.
  let size: Int
  /// D + 1, for more than one index.
  let bonus: Int64

  init(_ port: Port, of source: Int, _ circuit: ArithmeticCircuit) {
    let column = circuit.columns[source]
    self.source = source
    count = circuit.classCount(port)
    size = column.axes.last.map { circuit.axes[$0] } ?? 1
    bonus = count > 1 ? column.upper - column.lower + 1 : 0
  }

  func apply(to source: [Int64]) -> [Int64] {
    var selection = [Int64](repeating: 0, count: count * source.count)
    for start in stride(from: 0, to: source.count, by: size) {
      let row = source[start..<start + size]
      let largest = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count)
      for (rank, index) in largest.sorted().enumerated() { selection[start * count + rank * size + index - start] = 1 }
    }
    return selection
  }

  /// The places of the ones, by row.
  private func indices(_ selection: [Int64]) -> [Int] { selection.indices.filter { selection[$0] == 1 } }

  /// Z: ones before each index.
  func below(_ selection: [Int64]) -> [Int64] {
    var below = [Int64](repeating: 0, count: selection.count)
    for index in indices(selection) { for entry in index - index % size..<index { below[entry] = 1 } }
    return below
  }

  /// By how much each index is ahead of each entry.
  func lead(_ source: [Int64], _ selection: [Int64]) -> [Int64] {
    var lead = [Int64](repeating: 0, count: selection.count)
    for index in indices(selection) {
      let (start, row) = (index - index % size, index / size / count * size)
      for entry in 0..<size {
        lead[start + entry] &+= source[row + index % size] - source[row + entry] - (start + entry < index ? 1 : 0)
      }
      guard count > 1 else { continue }
      for rank in 0..<count { lead[row * count + rank * size + index % size] &+= bonus }
    }
    return lead
  }
}

extension ArithmeticCircuit {
  /// The entries of an input port's column: the integers, or rows with a 1 at each index of an index port.
  package func entries(of port: Port, _ integers: [Int64]) -> [Int64] {
    guard port.isIndex, let axis = columns[port.column].axes.last else { return integers }
    var entries = [Int64](repeating: 0, count: integers.count * axes[axis])
    for (row, index) in integers.enumerated() { entries[row * axes[axis] + Int(index)] = 1 }
    return entries
  }

  /// The integers of an input port whose column has these entries.
  package func integers(of port: Port, _ entries: [Int64]) -> [Int64] {
    guard port.isIndex, let axis = columns[port.column].axes.last else { return entries }
    return entries.indices.filter { entries[$0] == 1 }.map { Int64($0 % axes[axis]) }
  }

  /// What a statement shows of each output port: the column, or the indices that it selects.
  package func shownOutputs(_ columns: [[Int64]]) -> [[Int64]] {
    outputs.map { port in
      let column = columns[port.column]
      guard port.classesOf != nil, let axis = self.columns[port.column].axes.last else { return column }
      return column.indices.filter { column[$0] == 1 }.map { Int64($0 % axes[axis]) }
    }
  }
}
