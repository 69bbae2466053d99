extension CircuitDescription {
  /// The key's circuit with a relation for each class port (§5).
  var withClassRelations: CircuitDescription {
    var circuit = self
    for port in outputs.indices where outputs[port].source != nil { circuit.relateClasses(port) }
    return circuit
  }

  private mutating func relateClasses(_ index: Int) {
    let port = outputs[index]
    guard let source = port.source, let definition = contractions.first(where: { $0.output == source }) else { return }
    let y = columns[port.column]
    let (rankAxis, entryAxis) = (y.axes[y.axes.count - 2], y.axes[y.axes.count - 1])
    let (k, d) = (axes[rankAxis], columns[source].upper - columns[source].lower)
    let (rankLoop, entryLoop) = (axes.count, axes.count + 1)
    axes.append(axes[rankAxis])
    axes.append(axes[entryAxis])

    let z = columns.count
    columns.append(Column(kind: .published, axes: y.axes, lower: 0, upper: 1, scale: 1))
    outputs[index].below = z

    var terms: [Term] = []
    for term in definition.terms {
      let chosen = term.operands.map { $0.reading(entryAxis, by: entryLoop) }
      let classes = whole(port.column).reading(entryAxis, by: entryLoop)
      terms.append(Term(coefficient: term.coefficient, operands: [classes] + chosen))
      terms.append(Term(coefficient: 0 - term.coefficient, operands: term.operands))
    }
    terms.append(Term(coefficient: -1, operands: [whole(z)]))
    if k > 1 {
      terms.append(Term(coefficient: d + 1, operands: [whole(port.column).reading(rankAxis, by: rankLoop)]))
    }
    let u = k == 1 ? d : 2 * d + 1
    let lead = columns.count
    columns.append(Column(kind: .virtual, axes: y.axes, lower: 0, upper: u, scale: 1))
    contractions.append(Contraction(output: lead, terms: terms))

    let b = u == 0 ? 0 : floorLog(Int(u)) + 1
    let entries = y.axes.dropFirst().reduce(1) { $0 * axes[$1] }
    let w = entries <= 4096 ? 8 : 16
    guard b > w else { return lookUp(.bare(lead), from: 0, bits: b) }
    var form = Form(shift: b - w, constant: -(1 << Int64(b - w - 1)), entries: [FormEntry(column: lead, coefficient: 1)])
    var offset = 0
    while offset < b - w {
      let bits = min(w, b - w - offset)
      let lower: Int64 = offset + bits == b - w ? -(1 << Int64(bits - 1)) : 0
      let limb = columns.count
      columns.append(Column(kind: .advice, axes: y.axes, lower: lower, upper: lower + (1 << Int64(bits)) - 1, scale: 1))
      lookUp(.bare(limb), from: lower, bits: bits)
      form.entries.append(FormEntry(column: limb, coefficient: -(1 << Int64(offset))))
      offset += bits
    }
    lookUp(form, from: 0, bits: w)
  }

  private func whole(_ column: Int) -> Operand {
    Operand(column: column, bindings: columns[column].axes.map { Binding(loop: $0) })
  }

  /// Appends a lookup in a range table, and the table where it is new.
  mutating func lookUp(_ form: Form, from lower: Int64, bits: Int) {
    let table = Table.range(lower: lower, bits: bits)
    if !tables.contains(table) { tables.append(table) }
    guard let index = tables.firstIndex(of: table) else { return }
    lookups.append(Lookup(table: index, forms: [form]))
  }
}

extension Operand {
  /// What names one loop axis names another instead; where it was whole it is the slice (0, 1).
  fileprivate func reading(_ axis: Int, by loop: Int) -> Operand {
    var operand = self
    for index in bindings.indices where bindings[index].loop == axis {
      operand.bindings[index] = Binding(loop: loop, slice: bindings[index].slice ?? Slice(start: 0, stride: 1))
    }
    return operand
  }
}
