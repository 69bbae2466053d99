/// How the hiding mode lays out its secret elements. docs/protocol.md §9a.
package struct PadPlan: Hashable, Sendable {
  /// E: entries of Y.
  package let entryCount: Int
  /// n_Y: its K-rows.
  package let rowCount: Int
  /// n_Z: variables of the sumcheck over the quadratic constraints.
  package let variableCount: Int

  /// - Parameter messages: What the steps before the merge send.
  package init(_ messages: ReductionMessages, mergeRounds: Int, rowVariableCount: Int) {
    variableCount = bitCountOfAxis(messages.productCount + 1)
    entryCount = messages.elementCount + 2 * mergeRounds + messages.productCount + 4 + 3 * variableCount
    rowCount = (entryCount - 1) >> rowVariableCount + 1
  }
}

/// What steps 2 and 3 of docs/protocol.md §5 send in the hiding mode: elements of K, and products of them that are formed.
package struct ReductionMessages: Sendable {
  package private(set) var elementCount = 0
  package private(set) var productCount = 0

  package init(_ plan: Plan) {
    if !plan.circuit.lookups.isEmpty {
      let depths = [plan.lookupBlocks.depth, plan.tableBlocks.depth]
      let (sum, layers) = (depths.reduce(0, +), depths.max() ?? 0)
      productCount = 4 + 3 * sum
      // Roots, their inverses, rounds, ends, values.
      elementCount = 4 + 2 + layers * (layers - 1) + 4 * sum + plan.lookedUpColumns.count + plan.circuit.tables.count
    }
    let instances = plan.instanceShapes
    elementCount += plan.sentTermCount + instances.contractionDegree * instances.roundCount
    for instance in instances {
      let committed = instance.operands.count { plan.slots[$0.column] != nil }
      productCount += max(0, committed - 1)
      elementCount += committed + max(0, committed - 2)
    }
  }
}
