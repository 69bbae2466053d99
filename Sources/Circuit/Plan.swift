/// All that follows from circuit, batch and the codes of prior commitments, in three steps. Both sides compute it.
package struct Plan: Sendable {
  package let columns: Columns
  package let reductions: Reductions
  package let openings: Openings

  /// For a valid circuit and a batch of 1 … batchCap.
  ///
  /// - Parameter codes: Those of `circuit.priorColumns`.
  package init(circuit: ArithmeticCircuit, batch: Int, codes: [Code], isHiding: Bool = false) {
    columns = Columns(circuit, batch: batch, priorCount: codes.count)
    reductions = Reductions(columns)
    openings = Openings(columns, reductions, codes: codes, isHiding: isHiding)
  }

  package var circuit: ArithmeticCircuit { columns.circuit }
  package var batch: Int { columns.batch }
  package var slots: [ColumnSlot?] { columns.slots }
  package var commitments: [CommitmentPlan] { openings.commitments }
  package var pads: PadPlan? { openings.pads }
  package var levels: [Level] { openings.levels }

  package var mergeRoundCount: Int { commitments.map { $0.variableCount }.max() ?? 0 }

  /// The advice columns whose padding has to be shown to be zero, in circuit order. docs/protocol.md §8.1.
  package var paddedColumns: [Int] {
    circuit.columns(of: .advice).filter { slots[$0].map { placement($0).hasPadding } ?? false }
  }

  /// The most variables of a padded column.
  package var paddingVariableCount: Int { paddedColumns.map { columns.bits(ofColumn: $0).reduce(0, +) }.max() ?? 0 }

  /// Variables of a K-row of Y.
  package var padVariableCount: Int { commitments.last?.layout.variableCount ?? 0 }

  /// How many claims the merge combines.
  package var claimCount: Int { reductions.claimCount + paddedColumns.count }

  package func placement(_ slot: ColumnSlot) -> Placement {
    commitments[slot.commitment].layout.placements[slot.index]
  }

  /// By commitment, then by K-row of Y.
  package var openingBlocks: [OpeningBlock] {
    OpeningBlock.blocks(of: commitments.map { $0.code } + commitments.flatMap { Array(repeating: $0.code, count: $0.padRowCount) })
  }
}
