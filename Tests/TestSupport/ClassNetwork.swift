import Circuit

extension SmallNetwork {
  /// One layer of which only the indices of the `count` largest of 5 outputs are shown, for each row of the axes of these
  /// sizes. Nothing reads the class column.
  package static func classes(_ count: Int, rows: [Int] = []) -> SmallNetwork {
    let name = rows.isEmpty ? "\(count) classes" : "\(count) classes of rows \(rows)"
    var b = CircuitBuilder(name, axes: [4, 5, count] + rows, seed: 6)
    let leading = rows.indices.map { $0 + 4 }
    let x = b.input(leading + [1])
    let a = b.contraction(leading + [2], [b.term(1, b.weight([2, 1]), x), b.term(1, b.weight([2], bits: 6))])
    _ = b.classes(3, of: a)
    return SmallNetwork(b, batches: [1, 3])
  }
}
