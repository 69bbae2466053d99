import Field

/// Where a committed column is: the commitment, and its index in that commitment's list.
package struct ColumnSlot: Hashable, Sendable {
  package var commitment: Int
  package var index: Int
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
  /// The virtual columns of lookups, each once in a lookup, whose values at the lookups' leaf point are sent, in order.
  /// docs/protocol.md §6.
  package let virtualLookups: [(lookup: Int, column: Int)]
  /// The commitments that hold columns of lookups.
  package let lookupCommitments: [Int]
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
    lookupBlocks = Blocks(circuit.lookups.map { circuit.block(of: $0, batch: batch) })
    tableBlocks = Blocks(bits: circuit.tables.map { $0.bitCount })
    virtualLookups = circuit.lookups.enumerated().flatMap { index, lookup in
      var listed = Set<Int>()
      return lookup.columns.filter { circuit.columns[$0].kind == .virtual && listed.insert($0).inserted }
        .map { (lookup: index, column: $0) }
    }
    lookupCommitments = Set(circuit.lookups.flatMap { $0.columns.compactMap { slots[$0]?.commitment } }).sorted()
  }

  package var hasWeights: Bool { !circuit.columns(of: .weight).isEmpty }

  /// How many values are sent of columns in lookups.
  package var lookupValueCount: Int { virtualLookups.count + lookupCommitments.count }

  /// Those of the virtual claims that every proof makes.
  package var virtual: [Int] { virtualLookups.map { $0.column } + circuit.claimedOutputs.filter { slots[$0] == nil } }

  /// By lookup: the weights of its columns at the lookups' leaf point.
  package func lookupWeights(at point: [SecureField]) -> [WeightProduct] {
    var products: [WeightProduct] = []
    for (index, block) in lookupBlocks.blocks.enumerated() {
      guard let leading = block.leading else {
        products.append(WeightProduct(coefficient: lookupBlocks.place(index, at: point).sum(block.size), weights: []))
        continue
      }
      // As the lookup before, whose points serve again.
      let isSame = index > 0 && block == lookupBlocks.blocks[index - 1]
      var weights = isSame ? products[index - 1].weights : [AxisWeight](repeating: AxisWeight(at: []), count: leading + 1)
      if !isSame { weights += block.parts(of: point).map { AxisWeight(at: $0) } }
      let before = isSame ? weights[leading].point ?? [] : point.dropLast(block.rest)
      weights[leading] = AxisWeight(placing: block.size, at: lookupBlocks.offsets[index], of: before)
      products.append(WeightProduct(weights: weights))
    }
    return products
  }

  package func shape(_ column: Int) -> [Int] { circuit.shape(ofColumn: column, batch: batch) }

  package func size(ofAxis axis: Int) -> Int { circuit.size(ofAxis: axis, batch: batch) }

  package func bits(ofAxis axis: Int) -> Int { bitCountOfAxis(size(ofAxis: axis)) }

  package func bits(ofColumn column: Int) -> [Int] { circuit.columns[column].axes.map { bits(ofAxis: $0) } }
}
