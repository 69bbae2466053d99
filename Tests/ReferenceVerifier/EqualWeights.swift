extension CircuitDescription {
  /// The circuit of the equal weights proof (§10), which §3.3 does not check.
  var equalWeightsCircuit: CircuitDescription {
    let weights = columns.filter { $0.kind == .weight }
    let differences = weights.map { Column(kind: .virtual, axes: $0.axes, lower: 0, upper: 0, scale: 1) }
    let first = 2 * weights.count
    let contractions = weights.indices.map { index in
      let bindings = weights[index].axes.map { Binding(loop: $0) }
      let terms = [(index, 1 as Int64), (weights.count + index, -1)].map { column, coefficient in
        Term(coefficient: coefficient, operands: [Operand(column: column, bindings: bindings)])
      }
      return Contraction(output: first + index, terms: terms)
    }
    return CircuitDescription(
      batchCap: 1, axes: axes, columns: weights + weights + differences, tables: [], contractions: contractions,
      lookups: [], thresholds: [], inputs: [], outputs: weights.indices.map { Port(column: first + $0, name: [], dimensions: []) })
  }
}
