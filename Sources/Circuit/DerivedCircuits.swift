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
      let bits = circuit.columns[weight].weightBitCount ?? 0
      let limbBits = Column.weightLimbBitCount(bitCount: bits)
      let limbs = [Int](repeating: 16, count: limbBits / 16)
      circuit.lookUp(weight, limbs: limbs, from: -(1 << Int64(bits - limbBits - 1)), bits: bits - limbBits)
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
        Term(coefficient: coefficient, operands: [circuit.whole(column)])
      }
      circuit.contractions.append(Contraction(output: difference, terms: terms))
      circuit.outputs.append(Port(column: difference, name: weight.name, dimensions: []))
    }
    return circuit
  }
}

extension ArithmeticCircuit {
  /// The circuit of a statement: with the class relations, and inputs that it does not show as advice that lookups keep
  /// in its range. docs/protocol.md §5.
  ///
  /// For a valid circuit; nil when there is not one visibility for each input port, or one not shown has more than 2^16 values.
  package func stating(_ visibility: [Visibility]) -> ArithmeticCircuit? {
    guard visibility.count == inputs.count else { return nil }
    var circuit = withClassRelations
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
        circuit.lookUp(port.column, from: start, bits: bits)
      }
      if port.isIndex { circuit.appendRowSums(of: port.column) }
    }
    return circuit
  }

  /// The circuit of a statement that shows all inputs: each class port has a relation that admits the largest entries'
  /// indices only. docs/protocol.md §5.
  ///
  /// For a valid circuit.
  package var withClassRelations: ArithmeticCircuit {
    var circuit = self
    for (index, port) in outputs.enumerated() {
      guard let source = port.classesOf else { continue }
      circuit.appendClassRelation(index, contractions.first { $0.output == source }?.terms ?? [], columns[source])
    }
    return circuit
  }

  private mutating func appendClassRelation(_ port: Int, _ terms: [Term], _ source: Column) {
    let own = whole(outputs[port].column)
    var column = columns[own.column]
    let (ranks, classes) = (column.axes[column.axes.count - 2], column.axes[column.axes.count - 1])
    axes += [axes[ranks], axes[classes]]
    let (rank, other) = (axes.count - 2, axes.count - 1)
    column.name += ".below"
    columns.append(column)
    outputs[port].below = columns.count - 1
    var sum = terms.flatMap { term in
      [
        Term(coefficient: term.coefficient, operands: ([own] + term.operands).map { $0.moving(classes, to: other) }),
        Term(coefficient: -term.coefficient, operands: term.operands),
      ]
    }
    sum.append(Term(coefficient: -1, operands: [whole(columns.count - 1)]))
    (column.kind, column.upper, column.name) = (.virtual, source.upper &- source.lower, column.name + ".lead")
    if axes[ranks] > 1 {
      sum.append(Term(coefficient: column.upper &+ 1, operands: [own.moving(ranks, to: rank)]))
      column.upper = 2 &* column.upper &+ 1
    }
    let lead = columns.count
    columns.append(column)
    contractions.append(Contraction(output: lead, terms: sum))
    let (bits, width) = (Int64.bitWidth - column.upper.leadingZeroBitCount, column.axes.dropFirst().reduce(1) { $0 * axes[$1] } <= 1 << 12 ? 8 : 16)
    let limbs = stride(from: width, to: bits, by: width).map { min(width, bits - $0) }
    lookUp(lead, limbs: limbs, isFloor: true, from: 0, bits: min(bits, width))
  }

  /// Each row of the column has exactly one 1.
  private mutating func appendRowSums(of port: Int) {
    var sum = columns[port]
    (sum.name, sum.kind, sum.upper) = (sum.name + ".sum", .virtual, sum.axes.popLast().map { Int64(axes[$0]) } ?? 1)
    contractions.append(Contraction(output: columns.count, terms: [Term(operands: [whole(port)])]))
    columns.append(sum)
    lookUp(columns.count - 1, from: 1, bits: 0)
  }

  /// An operand that reads every entry of a column.
  func whole(_ column: Int) -> Operand {
    Operand(column: column, bindings: columns[column].axes.map { Binding($0) })
  }

  /// Looks up a column, divided by 2^Σ`limbs` and rounded, in the range table of `bits` from `lower` on; the limbs of the
  /// remainder, the last of which is signed, are appended.
  ///
  /// - Parameter isFloor: Rounds down instead of to the nearest.
  private mutating func lookUp(_ column: Int, limbs: [Int] = [], isFloor: Bool = false, from lower: Int64, bits: Int) {
    var form = AffineForm(bare: column)
    for (index, bits) in limbs.enumerated() {
      let lower: Int64 = index == limbs.count - 1 ? -(1 << Int64(bits - 1)) : 0
      var limb = columns[column]
      limb.name += ".limb\(index)"
      (limb.kind, limb.lower, limb.upper) = (.advice, lower, lower + (1 << Int64(bits)) - 1)
      columns.append(limb)
      lookUp(columns.count - 1, from: lower, bits: bits)
      form.parts.append(.init(column: columns.count - 1, coefficient: -(1 << Int64(form.shift))))
      form.shift += bits
    }
    if isFloor, form.shift > 0 { form.constant = -(1 << Int64(form.shift - 1)) }
    let content = TableContent.range(lower: lower, bits: bits)
    let table = tables.firstIndex { $0.content == content } ?? tables.count
    if table == tables.count { tables.append(Table(name: "range", content: content)) }
    lookups.append(Lookup(table: table, forms: [form]))
  }
}

extension Operand {
  /// The same reads with another loop axis of the same size in place of `axis`.
  fileprivate func moving(_ axis: Int, to loop: Int) -> Operand {
    Operand(column: column, bindings: bindings.map { binding in
      binding.loopAxis == axis ? Binding(loop, slice: binding.slice ?? .init(start: 0, stride: 1)) : binding
    })
  }
}
