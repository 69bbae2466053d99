extension Plan {
  /// What the proofs about a key's weights, and a proof, may cost a verifier each.
  package static let workCap = 1 << 31

  /// A bound on a verifier's work, in products, that follows from the sizes of circuit and statement. docs/protocol.md §5.
  package var work: Int {
    var work = 0
    func visit(_ column: Int, products: Int = 1) {
      work += slots[column].map { 512 + 4 * products * placement($0).rowCount } ?? 0
    }
    var shown: [Int: Int] = [:]
    for port in circuit.inputs + circuit.outputs {
      let count = port.dimensions.reduce(port.classesOf == nil ? batch : 32 * batch, *)
      for column in [port.column, port.below ?? port.column] { shown[column] = count }
    }
    for column in columns.lookedUp { visit(column) }
    for slot in circuit.lookups.isEmpty ? [] : columns.multiplicities { work += 512 + 4 * placement(slot).rowCount }
    for column in Set(circuit.lookups.flatMap { $0.forms.flatMap { $0.parts.map { $0.column } } })
    where circuit.columns[column].kind == .input { work += shown[column] ?? 0 }
    for column in circuit.claimedOutputs {
      work += shown[column] ?? 0
      visit(column)
    }
    for column in paddedColumns { visit(column, products: 2) }
    for term in reductions.terms {
      work += 512
      for operand in term.operands {
        visit(operand.column)
        if circuit.columns[operand.column].kind == .input { work += shown[operand.column] ?? 0 }
        for (axis, binding) in zip(circuit.columns[operand.column].axes, operand.bindings) where binding.slice != nil {
          work += 4 << max(columns.bits(ofAxis: axis), columns.bits(ofAxis: binding.loopAxis))
        }
      }
    }
    return work
  }
}
