package struct CommitmentPlan: Hashable, Sendable {
  package let layout: Layout
  package let code: Code

  /// K-rows of Y that follow those of the columns.
  package let padRowCount: Int

  /// Variables of the committed matrix: in the row, then of the row index.
  package var variableCount: Int { layout.variableCount + layout.rowVariableCount }
}

/// How the hiding mode lays out its secret elements. docs/protocol.md §9a.
package struct PadPlan: Hashable, Sendable {
  /// E: entries of Y.
  package let entryCount: Int
  /// n_Y: its K-rows.
  package let rowCount: Int
  /// n_Z: variables of the sumcheck over the quadratic constraints.
  package let variableCount: Int

  package init(_ reductions: Reductions, mergeRounds: Int, rowVariableCount: Int) {
    variableCount = bitCountOfAxis(reductions.productCount + 1)
    entryCount = reductions.elementCount + 2 * mergeRounds + reductions.productCount + 4 + 3 * variableCount
    rowCount = (entryCount - 1) >> rowVariableCount + 1
  }
}

/// The commitments of a proof with their codes, the pads of the hiding mode, and the recursion of the opening.
package struct Openings: Sendable {
  /// The prior ones, then the witness, when it has columns; in the hiding mode always a witness.
  package let commitments: [CommitmentPlan]
  package let hasWitness: Bool
  /// The secret elements of the hiding mode; nil in the transparent mode.
  package let pads: PadPlan?
  package let levels: [Level]

  package init(_ columns: Columns, _ reductions: Reductions, codes: [Code], isHiding: Bool) {
    let prior = zip(columns.circuit.priorColumns, codes).map { own, code in
      CommitmentPlan(
        layout: Layout(shapes: own.map { columns.shape($0) }, variableCount: code.variableCount), code: code, padRowCount: 0)
    }
    let shapes = columns.witness.map { columns.shape($0) } + columns.circuit.tables.map { [1 << $0.bitCount] }
    let rowCounts = RowCounts(shapes: shapes)
    func pads(_ variableCount: Int) -> PadPlan? {
      let rounds = prior.reduce(variableCount + bitCountOfAxis(rowCounts[variableCount])) { max($0, $1.variableCount) }
      return isHiding ? PadPlan(reductions, mergeRounds: rounds, rowVariableCount: variableCount) : nil
    }
    let priorCount = prior.reduce(0) { $0 + $1.code.vectorCount }
    func elementCount(_ code: Code) -> Int {
      priorCount + code.vectorCount * (1 + (pads(code.variableCount)?.rowCount ?? 0))
    }
    var planner = ParameterPlanner()
    let padRowCount = isHiding ? { pads($0)?.rowCount ?? 0 } : nil
    let code = planner.witnessCode(rowCounts, padRowCount: padRowCount, elementCount: elementCount)
    self.pads = code.flatMap { pads($0.variableCount) }
    let witness = code.map { code in
      CommitmentPlan(
        layout: Layout(shapes: shapes, variableCount: code.variableCount), code: code, padRowCount: padRowCount?(code.variableCount) ?? 0)
    }
    commitments = prior + (witness.map { [$0] } ?? [])
    hasWitness = witness != nil
    let count = code.map { elementCount($0) } ?? priorCount
    levels = commitments.isEmpty ? [] : planner.recursion(elementCount: count, isMasked: isHiding).levels
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
    let tailed = codes.indices.filter { codes[$0].isTailed }
    let blocks = Blocks(bits: codes.map { $0.variableCount } + tailed.map { bitCountOfAxis(codes[$0].tailCount) })
    return codes.indices.map { index in
      OpeningBlock(entries: blocks.offsets[index], tail: tailed.firstIndex(of: index).map { blocks.offsets[codes.count + $0] })
    }
  }
}

extension Code {
  /// Elements of a folded row with its tail.
  package var vectorCount: Int { 1 << variableCount + tailCount }
}
