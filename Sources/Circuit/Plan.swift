import Field

/// Where a committed column is: the commitment, and its index in that commitment's list.
package struct ColumnSlot: Hashable, Sendable {
  package var commitment: Int
  package var index: Int
}

package struct CommitmentPlan: Hashable, Sendable {
  package let layout: Layout
  package let code: Code

  /// K-rows of Y that follow those of the columns.
  package let padRowCount: Int

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

/// All that follows from circuit, batch and the codes of prior commitments: layouts, codes, blocks. Both sides compute it.
package struct Plan: Sendable {
  package let circuit: ArithmeticCircuit
  package let batch: Int
  /// The prior ones, then the witness, when it has columns; in the hiding mode always a witness.
  package private(set) var commitments: [CommitmentPlan] = []
  package let hasWeights: Bool
  package let hasWitness: Bool
  /// The advice columns that this proof commits to.
  package let witnessColumns: [Int]
  /// By circuit column; nil for input and virtual columns.
  package let slots: [ColumnSlot?]
  /// By table.
  package let multiplicities: [ColumnSlot]
  package let lookupBlocks: Blocks
  package let tableBlocks: Blocks
  /// The columns whose values at the lookups' leaf point are sent, in order. docs/protocol.md §6.
  package let lookedUpColumns: [Int]
  package private(set) var levels: [Level] = []
  /// The secret elements of the hiding mode; nil in the plain mode.
  package private(set) var pads: PadPlan?
  /// The terms of the virtual claims that every proof makes, without their values.
  package private(set) var termShapes: [ReducedTerm] = []
  /// By virtual column.
  package let contractions: [Int: Contraction]

  /// For a valid circuit and a batch of 1 … batchCap.
  ///
  /// - Parameter codes: Those of `circuit.priorColumns`.
  package init(circuit: ArithmeticCircuit, batch: Int, codes: [Code], isHiding: Bool = false) {
    self.circuit = circuit
    self.batch = batch
    contractions = circuit.contractions.reduce(into: [:]) { $0[$1.output] = $1 }
    func shapes(_ columns: [Int]) -> [[Int]] { columns.map { circuit.shape(ofColumn: $0, batch: batch) } }
    let committed = circuit.priorColumns
    let elsewhere = Set(committed.joined())
    let advice = circuit.columns(of: .advice).filter { !elsewhere.contains($0) }
    var slots = [ColumnSlot?](repeating: nil, count: circuit.columns.count)
    for (commitment, columns) in (committed.prefix(codes.count) + [advice]).enumerated() {
      for (index, column) in columns.enumerated() { slots[column] = ColumnSlot(commitment: commitment, index: index) }
    }
    let witnessShapes = shapes(advice) + circuit.tables.map { [1 << $0.bitCount] }
    hasWeights = !circuit.columns(of: .weight).isEmpty
    hasWitness = !witnessShapes.isEmpty || isHiding
    witnessColumns = advice
    self.slots = slots
    multiplicities = circuit.tables.indices.map { ColumnSlot(commitment: codes.count, index: advice.count + $0) }
    lookupBlocks = Blocks(
      bits: circuit.lookups.map { lookup in
        (circuit.domain(of: lookup) ?? []).map { bitCountOfAxis(circuit.size(ofAxis: $0, batch: batch)) }
          .reduce(0, +)
      })
    tableBlocks = Blocks(bits: circuit.tables.map { $0.bitCount })
    var listed = Set<Int>()
    lookedUpColumns = circuit.lookups.flatMap { $0.forms.flatMap { $0.parts.map { $0.column } } }
      .filter { circuit.columns[$0].kind != .input && listed.insert($0).inserted }
    termShapes = virtualColumns.flatMap { column in
      terms(ofColumn: column, bits(ofColumn: column).map { AxisWeight(at: .init(repeating: .zero, count: $0)) })
    }
    commitments = zip(committed, codes).map { columns, code in
      CommitmentPlan(layout: Layout(shapes: shapes(columns), variableCount: code.variableCount), code: code, padRowCount: 0)
    }
    addWitness(witnessShapes, messages: isHiding ? ReductionMessages(self) : nil)
  }

  /// The witness's code, the pads, which depend on it, and the recursion.
  private mutating func addWitness(_ shapes: [[Int]], messages: ReductionMessages?) {
    let priorCount = commitments.reduce(0) { $0 + $1.code.vectorCount }
    let priorRounds = mergeRoundCount
    let rowCounts = RowCounts(shapes: shapes)
    func pads(_ variableCount: Int) -> PadPlan? {
      let rounds = max(priorRounds, variableCount + bitCountOfAxis(rowCounts[variableCount]))
      return messages.map { PadPlan($0, mergeRounds: rounds, rowVariableCount: variableCount) }
    }
    func elementCount(_ code: Code) -> Int {
      priorCount + code.vectorCount * (1 + (pads(code.variableCount)?.rowCount ?? 0))
    }
    var planner = ParameterPlanner()
    let code = planner.witnessCode(
      rowCounts, padRowCount: messages.map { _ in { pads($0)?.rowCount ?? 0 } }, elementCount: elementCount)
    var count = priorCount
    if let code {
      let layout = Layout(shapes: shapes, variableCount: code.variableCount)
      self.pads = pads(code.variableCount)
      count = elementCount(code)
      commitments.append(
        CommitmentPlan(layout: layout, code: code, padRowCount: self.pads?.rowCount ?? 0))
    }
    levels = commitments.isEmpty ? [] : planner.recursion(elementCount: count, isHiding: messages != nil).levels
  }

  package var mergeRoundCount: Int { commitments.map { $0.variableCount }.max() ?? 0 }

  /// The advice columns whose padding has to be shown to be zero, in circuit order. docs/protocol.md §8.1.
  package var paddedColumns: [Int] {
    circuit.columns(of: .advice).filter { slots[$0].map { placement($0).hasPadding } ?? false }
  }

  /// The most variables of a padded column.
  package var paddingVariableCount: Int { paddedColumns.map { bits(ofColumn: $0).reduce(0, +) }.max() ?? 0 }

  /// Variables of a K-row of Y.
  package var padVariableCount: Int { commitments.last?.layout.variableCount ?? 0 }

  package func bits(ofAxis axis: Int) -> Int {
    bitCountOfAxis(circuit.size(ofAxis: axis, batch: batch))
  }

  package func bits(ofColumn column: Int) -> [Int] {
    circuit.columns[column].axes.map { bits(ofAxis: $0) }
  }

  package func placement(_ slot: ColumnSlot) -> Placement {
    commitments[slot.commitment].layout.placements[slot.index]
  }
}

/// Where a vector and its tail are in H, in units of their sizes.
package struct OpeningBlock: Hashable, Sendable {
  package let entries: Int
  package let tail: Int?

  package init(entries: Int, tail: Int?) {
    self.entries = entries
    self.tail = tail
  }

  /// The blocks of rows of these codes. docs/protocol.md §9.
  package static func blocks(of codes: [Code]) -> [OpeningBlock] {
    let tailed = codes.indices.filter { codes[$0].isHiding }
    let blocks = Blocks(bits: codes.map { $0.variableCount } + tailed.map { bitCountOfAxis(codes[$0].tailCount) })
    func block(_ index: Int) -> Int { blocks.offsets[index] >> blocks.bits[index] }
    return codes.indices.map { index in
      OpeningBlock(entries: block(index), tail: tailed.firstIndex(of: index).map { block(codes.count + $0) })
    }
  }
}

extension Plan {
  /// By commitment, then by K-row of Y.
  package var openingBlocks: [OpeningBlock] {
    OpeningBlock.blocks(of: commitments.map { $0.code } + commitments.flatMap { Array(repeating: $0.code, count: $0.padRowCount) })
  }
}

extension Code {
  /// Elements of a folded row with its tail.
  package var vectorCount: Int { 1 << variableCount + tailCount }
}
