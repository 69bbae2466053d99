/// Whether a statement shows an input, the proof hides it, or it is that of a commitment to which the statement refers.
public enum Visibility: UInt8, Hashable, Sendable {
  case shown = 0
  case hidden = 1
  case committed = 2
}

extension ArithmeticCircuit {
  /// The circuit of the weight range proof: every weight is in its declared range. docs/protocol.md §10.
  ///
  /// Weight columns keep their order, so the model commitment's layout is the same. For a valid circuit.
  package var weightRangeCircuit: ArithmeticCircuit {
    var circuit = ArithmeticCircuit(
      name: name, batchCap: 1, axes: axes, columns: columns.filter { $0.kind == .weight })
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
          Lookup(table: circuit.rangeTable(lower: lower, bits: 16), forms: [AffineForm(plain: index)]))
        form.shift += 16
        form.parts.append(.init(column: index, coefficient: -(1 << Int64(16 * limb))))
      }
      let top = bits - limbBits
      circuit.lookups.append(
        Lookup(table: circuit.rangeTable(lower: -(1 << Int64(top - 1)), bits: top), forms: [form]))
    }
    return circuit
  }

  /// The circuit of the equal weights proof: the weights of the key, the same columns in a commitment made before, and
  /// their differences, which are outputs. docs/protocol.md §10.
  ///
  /// For a valid circuit.
  package var equalWeightsCircuit: ArithmeticCircuit {
    let weights = columns.filter { $0.kind == .weight }
    var circuit = ArithmeticCircuit(name: name, batchCap: 1, axes: axes, columns: weights + weights)
    circuit.committed = [Array(weights.count..<2 * weights.count)]
    for (index, weight) in weights.enumerated() {
      let difference = circuit.columns.count
      circuit.columns.append(Column(name: weight.name, kind: .virtual, axes: weight.axes, lower: 0, upper: 0))
      let terms = [(1, index), (-1, weights.count + index)].map { (coefficient: Int64, column: Int) in
        Term(coefficient: coefficient, operands: [Operand(column: column, bindings: weight.axes.map { Binding($0) })])
      }
      circuit.contractions.append(Contraction(output: difference, terms: terms))
      circuit.outputs.append(Port(column: difference, name: weight.name, dimensions: []))
    }
    return circuit
  }
}

extension ArithmeticCircuit {
  /// The circuit of a statement: inputs that it does not show are advice that lookups keep in its range. docs/protocol.md §5.
  ///
  /// For a valid circuit; nil when there is not one visibility for each input port, or one not shown has more than 2^16 values.
  package func hiding(_ visibility: [Visibility]) -> ArithmeticCircuit? {
    guard visibility.count == inputs.count else { return nil }
    var circuit = self
    circuit.inputs = []
    for (port, visibility) in zip(inputs, visibility) {
      switch visibility {
      case .shown:
        circuit.inputs.append(port)
        continue
      case .committed: circuit.committed.append([port.column])
      case .hidden: break
      }
      circuit.columns[port.column].kind = .advice
      let (lower, upper) = (columns[port.column].lower, columns[port.column].upper)
      guard UInt64(bitPattern: upper &- lower) < 1 << 16 else { return nil }
      let bits = bitCountOfAxis(Int(upper - lower) + 1)
      for start in Set([lower, upper - (1 << Int64(bits) - 1)]).sorted(by: >) {
        circuit.lookups.append(
          Lookup(table: circuit.rangeTable(lower: start, bits: bits), forms: [AffineForm(plain: port.column)]))
      }
    }
    return circuit
  }

  /// The index of a range table, which is added when there is none like it.
  fileprivate mutating func rangeTable(lower: Int64, bits: Int) -> Int {
    let content = TableContent.range(lower: lower, bits: bits)
    if let known = tables.firstIndex(where: { $0.content == content }) { return known }
    tables.append(Table(name: "range", content: content))
    return tables.count - 1
  }
}
