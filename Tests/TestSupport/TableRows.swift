import Circuit

extension Table {
  /// The rows, as far as a table is small.
  package var rows: [[Int64]] {
    (0..<1 << bitCount).map { row in (0..<arity).map { value($0, row: row) } }
  }
}

extension TableContent {
  /// The value of each row of a function or a ramp.
  package var function: (lower: Int64, values: [Int64])? {
    let table = Table(name: "", content: self)
    return table.arity == 2 ? (table.lower, table.rows.map { $0[1] }) : nil
  }
}
