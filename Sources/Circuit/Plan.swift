import Field

/// Where a committed column is: the commitment, and its index in that commitment's list.
package struct ColumnSlot: Hashable, Sendable {
  package var commitment: Int
  package var index: Int
}

package struct CommitmentPlan: Hashable, Sendable {
  package let layout: Layout
  package let code: Code

  /// Variables of the committed matrix: in the row, then of the row index.
  package var variableCount: Int { layout.variableCount + layout.rowVariableCount }
}

/// Aligned blocks of leaves, largest first. docs/protocol.md §6.
package struct Blocks: Hashable, Sendable {
  package let bits: [Int]
  package let offsets: [Int]
  package let depth: Int

  package init(bits: [Int]) {
    self.bits = bits
    var offsets = [Int](repeating: 0, count: bits.count)
    var next = 0
    for index in bits.indices.sorted(by: { (bits[$0], $1) > (bits[$1], $0) }) {
      offsets[index] = next
      next += 1 << bits[index]
    }
    self.offsets = offsets
    depth = bitCountOfAxis(next)
  }

  /// The extension at the leaf point of the indicator of a block's prefix.
  package func prefixWeight(_ block: Int, at point: [SecureField]) -> SecureField {
    Multilinear.equality(Array(point.prefix(depth - bits[block])), index: offsets[block] >> bits[block])
  }
}

/// All that follows from circuit, batch and model code: layouts, codes, blocks. Both sides compute it.
package struct Plan: Sendable {
  package let circuit: ArithmeticCircuit
  package let batch: Int
  /// Model, then witness, each when it has columns.
  package let commitments: [CommitmentPlan]
  package let hasWeights: Bool
  package let hasWitness: Bool
  /// By circuit column; nil for input and virtual columns.
  package let slots: [ColumnSlot?]
  /// By table.
  package let multiplicities: [ColumnSlot]
  package let lookupBlocks: Blocks
  package let tableBlocks: Blocks
  package let levels: [Level]
  /// By virtual column.
  package let contractions: [Int: Contraction]

  /// For a valid circuit and a batch of 1 … batchCap; `modelCode` is nil without weights.
  package init(circuit: ArithmeticCircuit, batch: Int, modelCode: Code?) {
    self.circuit = circuit
    self.batch = batch
    contractions = Dictionary(circuit.contractions.map { ($0.output, $0) }) { first, _ in first }
    var planner = ParameterPlanner()
    let weights = circuit.columns(of: .weight)
    let advice = circuit.columns(of: .advice)
    let witnessShapes =
      advice.map { circuit.shape(ofColumn: $0, batch: batch) } + circuit.tables.map { [1 << $0.bitCount] }
    var commitments: [CommitmentPlan] = []
    var slots = [ColumnSlot?](repeating: nil, count: circuit.columns.count)
    if let modelCode {
      let shapes = weights.map { circuit.shape(ofColumn: $0, batch: batch) }
      let layout = Layout(shapes: shapes, variableCount: modelCode.variableCount)
      commitments.append(CommitmentPlan(layout: layout, code: modelCode))
      for (index, column) in weights.enumerated() { slots[column] = ColumnSlot(commitment: 0, index: index) }
    }
    hasWeights = modelCode != nil
    let witness = commitments.count
    let code = planner.witnessCode(shapes: witnessShapes, model: modelCode)
    if let code {
      let layout = Layout(shapes: witnessShapes, variableCount: code.variableCount)
      commitments.append(CommitmentPlan(layout: layout, code: code))
    }
    hasWitness = code != nil
    for (index, column) in advice.enumerated() {
      slots[column] = ColumnSlot(commitment: witness, index: index)
    }
    multiplicities = circuit.tables.indices.map { ColumnSlot(commitment: witness, index: advice.count + $0) }
    self.slots = slots
    self.commitments = commitments
    lookupBlocks = Blocks(
      bits: circuit.lookups.map { lookup in
        (circuit.domain(of: lookup) ?? []).map { bitCountOfAxis(circuit.size(ofAxis: $0, batch: batch)) }
          .reduce(0, +)
      })
    tableBlocks = Blocks(bits: circuit.tables.map(\.bitCount))
    let elementCount = commitments.reduce(0) { $0 + 1 << $1.layout.variableCount }
    levels = commitments.isEmpty ? [] : planner.recursion(elementCount: elementCount).levels
  }

  package func bits(ofAxis axis: Int) -> Int {
    bitCountOfAxis(circuit.size(ofAxis: axis, batch: batch))
  }

  package func bits(ofColumn column: Int) -> [Int] {
    circuit.columns[column].axes.map { bits(ofAxis: $0) }
  }

  package func placement(_ slot: ColumnSlot) -> Placement {
    commitments[slot.commitment].layout.placements[slot.index]
  }

  /// The columns whose values at the lookups' leaf point are sent, in order. docs/protocol.md §6.
  package var lookedUpColumns: [Int] {
    var listed = Set<Int>()
    return circuit.lookups.flatMap { $0.forms.flatMap { $0.parts.map(\.column) } }
      .filter { circuit.columns[$0].kind != .input && listed.insert($0).inserted }
  }
}
