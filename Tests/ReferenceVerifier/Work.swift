extension ProofCheck {
  /// W of §5, once the layouts of the commitments are known.
  func work() -> Int {
    let listed = unique(circuit.lookups.flatMap { $0.forms.flatMap { $0.entries.map(\.column) } })
    let shownPorts = unique(circuit.outputs.filter { $0.source == nil }.map(\.column))
    let lookedUp = listed.filter { circuit.columns[$0].kind != .published }
    var claimed = lookedUp.map { CommittedColumn.listed($0) } + shownPorts.map { .listed($0) }
    if !circuit.lookups.isEmpty { claimed += circuit.tables.indices.map { .multiplicity(table: $0) } }
    var shown = shownPorts + listed.filter { circuit.columns[$0].kind == .published }
    var work = 0
    for column in (lookedUp + shownPorts).filter({ circuit.columns[$0].kind == .virtual }) {
      for term in circuit.contractions.first(where: { $0.output == column })?.terms ?? [] {
        work += 512
        for operand in term.operands {
          claimed.append(.listed(operand.column))
          if circuit.columns[operand.column].kind == .published { shown.append(operand.column) }
          for (axis, binding) in zip(circuit.columns[operand.column].axes, operand.bindings) where binding.slice != nil {
            work += 4 << max(bits[axis], bits[binding.loop])
          }
        }
      }
    }
    let rows = rowCounts
    for column in claimed { work += rows[column].map { 512 + 4 * $0 } ?? 0 }
    for column in paddedColumns { work += rows[.listed(column)].map { 512 + 8 * $0 } ?? 0 }
    return shown.reduce(work) { $0 + shownWork($1) }
  }

  /// By column of a commitment: the rows that it has.
  private var rowCounts: [CommittedColumn: Int] {
    var counts: [CommittedColumn: Int] = [:]
    for commitment in commitments {
      for (index, column) in commitment.columns.enumerated() { counts[column] = commitment.layout.rowCount(ofColumn: index) }
    }
    return counts
  }

  /// The integers that a port shows for a column, 96 for an index of a class port, and its axes.
  private func shownWork(_ column: Int) -> Int {
    guard let port = (circuit.inputs + circuit.outputs).first(where: { $0.column == column || $0.smaller == column }) else { return 0 }
    let integers = port.dimensions.reduce(sizes[0], *) * (port.source == nil ? 1 : 96)
    guard circuit.columns[column].axes.first == 0 else { return integers }
    return bits(ofColumn: column).reduce(integers) { $0 + 8 << $1 }
  }

  private func unique(_ columns: [Int]) -> [Int] {
    var seen: Set<Int> = []
    return columns.filter { seen.insert($0).inserted }
  }
}
