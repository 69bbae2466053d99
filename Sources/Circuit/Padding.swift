/// How the hiding mode lays out its secret elements. docs/protocol.md §9a.
package struct PadPlan: Hashable, Sendable {
  /// E: entries of Π.
  package let entryCount: Int
  /// n_Π: its K-rows.
  package let rowCount: Int
  /// n_q: variables of the sumcheck over the quadratic constraints.
  package let variableCount: Int

  /// - Parameter messages: What the steps before the merge send.
  package init(_ messages: ReductionMessages, mergeRounds: Int, rowVariableCount: Int) {
    variableCount = bitCountOfAxis(messages.productCount + 1)
    entryCount = messages.elementCount + 2 * mergeRounds + messages.productCount + 4 + 3 * variableCount
    rowCount = (entryCount - 1) >> rowVariableCount + 1
  }
}

/// What steps 2 and 3 of docs/protocol.md §5 send: elements of K by label, and products of them that a hiding proof forms.
package struct ReductionMessages: Sendable {
  package private(set) var elementCounts: [(label: String, count: Int)] = []
  package private(set) var productCount = 0

  package var elementCount: Int { elementCounts.reduce(0) { $0 + $1.count } }

  package init(_ plan: Plan, isHiding: Bool) {
    let tableCount = plan.circuit.tables.count
    if !plan.circuit.lookups.isEmpty {
      let depths = [plan.lookupBlocks.depth, plan.tableBlocks.depth]
      let layers = depths.max() ?? 0
      productCount = 4 + 3 * depths.reduce(0, +)
      elementCounts = [
        ("roots", 4), ("inverse", isHiding ? 2 : 0), ("layer.round", layers * (layers - 1)),
        ("layer.ends", 4 * depths.reduce(0, +)), ("lookup.values", plan.lookedUpColumns.count + tableCount),
      ]
    }
    let instances = plan.instanceShapes
    let committed = instances.map { $0.operands.count { plan.slots[$0.column] != nil } }
    productCount += committed.reduce(0) { $0 + max(0, $1 - 1) }
    elementCounts += [
      ("terms", plan.sentTermCount), ("contraction.round", instances.contractionDegree * instances.roundCount),
      ("operands", committed.reduce(0, +)), ("product", isHiding ? committed.reduce(0) { $0 + max(0, $1 - 2) } : 0),
    ]
  }
}
