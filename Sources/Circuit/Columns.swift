import Field

/// Where a committed column is: the commitment, and its index in that commitment's list.
package struct ColumnSlot: Hashable, Sendable {
  package var commitment: Int
  package var index: Int
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

/// Where the columns of a circuit and its lookups are for one batch; independent of all codes.
package struct Columns: Sendable {
  package let circuit: ArithmeticCircuit
  package let batch: Int
  /// By circuit column; nil for public and virtual columns.
  package let slots: [ColumnSlot?]
  /// The advice columns that the proof itself commits to.
  package let witness: [Int]
  /// By table.
  package let multiplicities: [ColumnSlot]
  package let lookupBlocks: Blocks
  package let tableBlocks: Blocks
  /// Those whose values at the lookups' leaf point are sent, in order. docs/protocol.md §6.
  package let lookedUp: [Int]
  /// By virtual column.
  package let contractions: [Int: Contraction]
  /// By column that a port shows, *below* of a class port too: the first such of the input and then the output ports.
  package let ports: [Int: Int]

  /// - Parameter priorCount: How many of the commitments of `circuit.priorColumns` there are.
  package init(_ circuit: ArithmeticCircuit, batch: Int, priorCount: Int) {
    self.circuit = circuit
    self.batch = batch
    contractions = circuit.contractions.reduce(into: [:]) { $0[$1.output] = $1 }
    ports = (circuit.inputs + circuit.outputs).enumerated().reversed().reduce(into: [:]) { ports, port in
      for column in [port.element.column, port.element.below ?? port.element.column] { ports[column] = port.offset }
    }
    let committed = circuit.priorColumns
    let elsewhere = Set(committed.joined())
    let witness = circuit.columns(of: .advice).filter { !elsewhere.contains($0) }
    var slots = [ColumnSlot?](repeating: nil, count: circuit.columns.count)
    for (commitment, columns) in (committed.prefix(priorCount) + [witness]).enumerated() {
      for (index, column) in columns.enumerated() { slots[column] = ColumnSlot(commitment: commitment, index: index) }
    }
    self.slots = slots
    self.witness = witness
    multiplicities = circuit.tables.indices.map { ColumnSlot(commitment: priorCount, index: witness.count + $0) }
    lookupBlocks = Blocks(
      bits: circuit.lookups.map { lookup in
        (circuit.domain(of: lookup) ?? []).map { bitCountOfAxis(circuit.size(ofAxis: $0, batch: batch)) }
          .reduce(0, +)
      })
    tableBlocks = Blocks(bits: circuit.tables.map { $0.bitCount })
    var listed = Set<Int>()
    lookedUp = circuit.lookups.flatMap { $0.forms.flatMap { $0.parts.map { $0.column } } }
      .filter { circuit.columns[$0].kind != .public && listed.insert($0).inserted }
  }

  package var hasWeights: Bool { !circuit.columns(of: .weight).isEmpty }

  /// Those of the virtual claims that every proof makes.
  package var virtual: [Int] { (lookedUp + circuit.claimedOutputs).filter { slots[$0] == nil } }

  package func shape(_ column: Int) -> [Int] { circuit.shape(ofColumn: column, batch: batch) }

  package func size(ofAxis axis: Int) -> Int { circuit.size(ofAxis: axis, batch: batch) }

  package func bits(ofAxis axis: Int) -> Int { bitCountOfAxis(size(ofAxis: axis)) }

  package func bits(ofColumn column: Int) -> [Int] { circuit.columns[column].axes.map { bits(ofAxis: $0) } }
}
