extension CircuitDescription {
  /// The circuit of the weight range proof (§10), which §3.3 does not check.
  func weightRangeCircuit() throws(ReferenceRejection) -> CircuitDescription {
    var columns = columns.filter { $0.kind == .weight }
    var tables: [Table] = []
    var lookups: [Lookup] = []
    var nextLimb = columns.count

    func table(lower: Int64, bits: Int) -> Int {
      let wanted = Table.range(lower: lower, bits: bits)
      if let index = tables.firstIndex(of: wanted) { return index }
      tables.append(wanted)
      return tables.count - 1
    }

    for (index, weight) in columns.enumerated() {
      guard let bits = weightBits(weight) else { throw .invalidCircuit(rule: 8) }
      if bits <= 16 {
        lookups.append(Lookup(table: table(lower: -(1 << Int64(bits - 1)), bits: bits), forms: [.bare(index)]))
        continue
      }
      let shift = 16 * ceilDivide(bits - 16, 16)
      var entries = [FormEntry(column: index, coefficient: 1)]
      for k in 0..<shift / 16 {
        let lower: Int64 = k == shift / 16 - 1 ? -(1 << 15) : 0
        columns.append(Column(kind: .advice, axes: weight.axes, lower: lower, upper: lower + 65535, scale: 1))
        lookups.append(Lookup(table: table(lower: lower, bits: 16), forms: [.bare(nextLimb)]))
        entries.append(FormEntry(column: nextLimb, coefficient: -(1 << Int64(16 * k))))
        nextLimb += 1
      }
      let quotient = table(lower: -(1 << Int64(bits - shift - 1)), bits: bits - shift)
      lookups.append(Lookup(table: quotient, forms: [Form(shift: shift, constant: 0, entries: entries)]))
    }
    return CircuitDescription(
      batchCap: 1, axes: axes, columns: columns, tables: tables, contractions: [], lookups: lookups, thresholds: [], inputs: [],
      outputs: [])
  }
}
