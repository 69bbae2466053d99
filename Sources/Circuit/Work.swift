extension Plan {
  /// What the proofs about a key's weights, and a proof, may cost a verifier each.
  package static let workCap = 1 << 30

  /// A bound on a verifier's work before the opening, in products, that follows from the sizes of circuit and statement.
  /// docs/protocol.md §5.3.
  package var work: Int {
    var work = 0
    func visit(_ column: Int, products: Int = 1) {
      work += slots[column].map { products * (512 + 4 * placement($0).rowCount) } ?? 0
    }
    let ports = circuit.inputs + circuit.outputs
    // What a statement shows of a column, and constants.
    func visitShown(_ column: Int) {
      if let port = columns.ports[column].map({ ports[$0] }) {
        work += port.dimensions.reduce(port.showsIndices ? 96 * batch : batch, *)
      } else if circuit.columns[column].kind == .constant {
        work += circuit.columns[column].values.count
      } else {
        return
      }
      // The outputs of a proof about weights have no integers.
      guard ![.weight, .virtual].contains(circuit.columns[column].kind) || circuit.columns[column].axes.first == ArithmeticCircuit.batchAxis else { return }
      for bits in columns.bits(ofColumn: column) { work += 8 << bits }
    }
    for (index, lookup) in circuit.lookups.enumerated() {
      for column in lookup.columns {
        work += 8 << bitCountOfAxis(columns.lookupBlocks.blocks[index].size)
        visit(column)
        if circuit.columns[column].kind == .public { visitShown(column) }
      }
    }
    for slot in circuit.lookups.isEmpty ? [] : columns.multiplicities { work += 512 + 4 * placement(slot).rowCount }
    for column in circuit.claimedOutputs {
      visitShown(column)
      visit(column)
    }
    for column in paddedColumns { visit(column, products: 2) }
    for term in reductions.terms {
      work += 512
      for operand in term.operands {
        visit(operand.column)
        if slots[operand.column] == nil { visitShown(operand.column) }
        for (axis, binding) in zip(circuit.columns[operand.column].axes, operand.bindings) {
          work += 4 << max(columns.bits(ofAxis: axis), columns.bits(ofAxis: binding.loopAxis))
        }
      }
    }
    return work
  }
}
