extension ArithmeticCircuit {
  /// The circuit of the weight range proof: every weight is in its declared range. docs/protocol.md §10.
  ///
  /// Weight columns keep their order, so the model commitment's layout is the same. For a valid circuit.
  package var weightRangeCircuit: ArithmeticCircuit {
    var circuit = ArithmeticCircuit(
      name: name, batchCap: 1, axes: axes, columns: columns.filter { $0.kind == .weight })
    func table(lower: Int64, bits: Int) -> Int {
      let content = TableContent.range(lower: lower, bits: bits)
      if let known = circuit.tables.firstIndex(where: { $0.content == content }) { return known }
      circuit.tables.append(Table(name: "range", content: content))
      return circuit.tables.count - 1
    }
    for weight in circuit.columns.indices {
      let column = circuit.columns[weight]
      let bits = column.weightBitCount ?? 0
      let limbBits = Column.weightLimbBitCount(bitCount: bits)
      var form = AffineForm(plain: weight)
      for limb in 0..<limbBits / 16 {
        let lower: Int64 = 16 * (limb + 1) == limbBits ? -(1 << 15) : 0
        let index = circuit.columns.count
        circuit.columns.append(
          Column(
            name: "\(column.name).limb\(limb)", kind: .advice, axes: column.axes, lower: lower,
            upper: lower + (1 << 16) - 1))
        circuit.lookups.append(
          Lookup(table: table(lower: lower, bits: 16), forms: [AffineForm(plain: index)]))
        form.shift += 16
        form.parts.append(.init(column: index, coefficient: -(1 << Int64(16 * limb))))
      }
      let top = bits - limbBits
      circuit.lookups.append(
        Lookup(table: table(lower: -(1 << Int64(top - 1)), bits: top), forms: [form]))
    }
    return circuit
  }
}
