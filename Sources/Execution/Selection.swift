import Circuit

/// The public column of a class port: by sample, for the indices of the largest entries, ascending, a row with a 1
/// there. Of equal entries the first ones are taken.
struct Selection: Sendable {
  let source: Int
  let count: Int

  func apply(to source: [Int64], batch: Int) -> [Int64] {
    let size = source.count / batch
    var selection = [Int64](repeating: 0, count: count * source.count)
    for sample in 0..<batch {
      let row = source[sample * size..<(sample + 1) * size]
      let largest = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count)
      for (rank, index) in largest.sorted().enumerated() {
        selection[(sample * count + rank) * size + index - row.startIndex] = 1
      }
    }
    return selection
  }
}

extension ArithmeticCircuit {
  /// What a statement shows of each output port: the column, or the indices that it selects.
  package func shownOutputs(_ columns: [[Int64]]) -> [[Int64]] {
    outputs.map { port in
      let column = columns[port.column]
      guard port.classesOf != nil, let axis = self.columns[port.column].axes.last else { return column }
      return column.indices.filter { column[$0] == 1 }.map { Int64($0 % axes[axis]) }
    }
  }
}
