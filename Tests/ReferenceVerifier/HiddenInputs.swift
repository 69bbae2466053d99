extension CircuitDescription {
  /// The circuit of a statement with these visibility bytes (§5).
  func withHiddenInputs(_ visibility: [UInt8], isHiding: Bool) throws(ReferenceRejection) -> CircuitDescription {
    guard visibility.count == inputs.count, visibility.allSatisfy({ $0 == 0 || $0 == 1 && isHiding }) else {
      throw .malformedStatement
    }
    var circuit = self
    circuit.inputs = zip(inputs, visibility).filter { $1 == 0 }.map(\.0)
    for (port, byte) in zip(inputs, visibility) where byte == 1 {
      let (lower, upper) = (columns[port.column].lower, columns[port.column].upper)
      let (span, overflow) = upper.subtractingReportingOverflow(lower)
      guard !overflow, span < 65536 else { throw .malformedStatement }
      let bits = ceilLog(Int(span) + 1)
      circuit.columns[port.column].kind = .advice
      circuit.addRangeLookup(port.column, from: lower, bits: bits)
      if Int(span) + 1 < 1 << bits {
        circuit.addRangeLookup(port.column, from: upper - Int64(1 << bits) + 1, bits: bits)
      }
    }
    return circuit
  }

  private mutating func addRangeLookup(_ column: Int, from lower: Int64, bits: Int) {
    let table = Table.range(lower: lower, bits: bits)
    if !tables.contains(table) { tables.append(table) }
    guard let index = tables.firstIndex(of: table) else { return }
    lookups.append(Lookup(table: index, forms: [.plain(column)]))
  }
}
