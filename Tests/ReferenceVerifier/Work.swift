/// The most of §5.3.
let workLimit = 1 << 30

extension ProofCheck {
  /// *work* of §5.3, once the layouts of the commitments are known; beyond `workLimit` it is not counted to the end.
  func work() -> Int {
    let outputs = unique(circuit.outputs.filter { $0.source == nil }.map(\.column))
    var virtuals = outputs.filter { circuit.columns[$0].kind == .virtual }
    var claimed = outputs.map { CommittedColumn.listed($0) }
    var known = outputs
    var work = 0
    for lookup in circuit.lookups {
      let columns = lookup.forms.flatMap { $0.entries.map(\.column) }
      let leadingBits = leadingAxis(of: lookup).map { bits[axes(of: lookup)[$0]] } ?? 0
      work += columns.count * 8 << leadingBits
      claimed += columns.map { .listed($0) }
      known += columns.filter { circuit.columns[$0].kind.isKnown }
      virtuals += unique(columns).filter { circuit.columns[$0].kind == .virtual }
    }
    if !circuit.lookups.isEmpty { claimed += circuit.tables.indices.map { .multiplicity(table: $0) } }
    for column in virtuals {
      for term in circuit.contractions.first(where: { $0.output == column })?.terms ?? [] {
        work += 512
        if work > workLimit { return work }
        for operand in term.operands {
          claimed.append(.listed(operand.column))
          if circuit.columns[operand.column].kind.isKnown { known.append(operand.column) }
          for (axis, binding) in zip(circuit.columns[operand.column].axes, operand.bindings) {
            work += 4 << max(bits[axis], bits[binding.loop])
          }
        }
      }
    }
    claimed += paddedColumns.flatMap { [.listed($0), .listed($0)] }
    let rows = rowCounts
    for column in claimed { work += rows[column].map { 512 + 4 * $0 } ?? 0 }
    for column in known where work <= workLimit { work += knownWork(column) }
    return work
  }

  /// By column of a commitment: the rows that have a part of it.
  private var rowCounts: [CommittedColumn: Int] {
    var counts: [CommittedColumn: Int] = [:]
    for commitment in commitments {
      for (index, column) in commitment.columns.enumerated() { counts[column] = commitment.layout.rowCount(ofColumn: index) }
    }
    return counts
  }

  /// The integers that the statement or the circuit has for a column, 96 for an index of a port, and its axes.
  private func knownWork(_ column: Int) -> Int {
    let axes = bits(ofColumn: column).reduce(0) { $0 + 8 << $1 }
    if circuit.columns[column].kind == .constant { return circuit.columns[column].values.count + axes }
    guard let port = (circuit.inputs + circuit.outputs).first(where: { $0.column == column || $0.below == column }) else { return 0 }
    let integers = port.dimensions.reduce(sizes[0], *) * (port.showsIndices ? 96 : 1)
    return circuit.columns[column].axes.first == 0 ? integers + axes : integers
  }

  private func unique(_ columns: [Int]) -> [Int] {
    var seen: Set<Int> = []
    return columns.filter { seen.insert($0).inserted }
  }
}
