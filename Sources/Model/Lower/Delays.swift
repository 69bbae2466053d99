import Circuit

extension CircuitBuilder {
  /// Has sums that read a column read another one, one step before: docs/protocol.md §3.3, rule 4.
  ///
  /// - Parameters:
  ///   - standIn: The column that they read, of the axes 0, that of the steps, and others.
  ///   - view: Its axes are these, but for axis 0.
  mutating func replace(_ standIn: Int, byEarlier view: View) throws(ModelError) {
    let axes = circuit.columns[view.column].axes
    for (index, contraction) in circuit.contractions.enumerated() {
      guard contraction.terms.contains(where: { $0.operands.contains { $0.column == standIn } }) else { continue }
      var terms = contraction.terms
      for term in terms.indices {
        for (number, operand) in terms[term].operands.enumerated() where operand.column == standIn {
          var bindings = [Binding](repeating: operand.bindings[0], count: axes.count)
          for (place, axis) in view.axes.enumerated() {
            let own = operand.bindings[place + 1]
            let (start, stride) = own.slice.map { ($0.start, $0.stride) } ?? (0, 1)
            let shift = place == 0 ? 1 : 0
            bindings[axis.position] = axes[axis.position] == own.loopAxis && start == shift && stride == 1
              ? Binding(own.loopAxis) : Binding(own.loopAxis, slice: .init(start: start - shift, stride: stride))
          }
          terms[term].operands[number] = Operand(column: view.column, bindings: bindings)
        }
      }
      circuit.contractions[index].terms = terms
      try setRange(ofSum: contraction.output, terms, layer: circuit.columns[contraction.output].name)
    }
  }

  /// Takes columns out that nothing names.
  mutating func removeColumns(_ removed: Set<Int>) {
    guard !removed.isEmpty else { return }
    var numbers: [Int] = []
    for column in circuit.columns.indices { numbers.append((numbers.last ?? -1) + (removed.contains(column) ? 0 : 1)) }
    circuit.contractions = circuit.contractions.map { contraction in
      Circuit.Contraction(
        output: numbers[contraction.output],
        terms: contraction.terms.map { term in
          Term(coefficient: term.coefficient, operands: term.operands.map { Operand(column: numbers[$0.column], bindings: $0.bindings) })
        })
    }
    circuit.lookups = circuit.lookups.map { lookup in
      Lookup(
        table: lookup.table,
        forms: lookup.forms.map { form in
          AffineForm(
            shift: form.shift, constant: form.constant,
            parts: form.parts.map { AffineForm.Part(column: numbers[$0.column], coefficient: $0.coefficient) })
        })
    }
    circuit.thresholds = circuit.thresholds.map {
      Threshold(
        digits: $0.digits.map { numbers[$0] }, exponent: numbers[$0.exponent], lookup: $0.lookup, sum: numbers[$0.sum], sumBefore: numbers[$0.sumBefore])
    }
    func renumbered(_ port: Port) -> Port {
      var port = port
      port.column = numbers[port.column]
      port.classesOf = port.classesOf.map { numbers[$0] }
      return port
    }
    circuit.inputs = circuit.inputs.map(renumbered)
    circuit.outputs = circuit.outputs.map(renumbered)
    circuit.columns = circuit.columns.indices.filter { !removed.contains($0) }.map { circuit.columns[$0] }
  }
}
