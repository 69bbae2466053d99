/// How the hiding mode lays out its secret elements. docs/protocol.md §9a.
package struct PadPlan: Hashable, Sendable {
  /// E: entries of Π.
  package let entryCount: Int
  /// n_Π: its K-rows.
  package let rowCount: Int
  /// n_q: variables of the sumcheck over the quadratic constraints.
  package let variableCount: Int

  /// - Parameter messages: What the steps before the merge send.
  fileprivate init(_ messages: PaddedMessages, mergeRounds: Int, rowVariableCount: Int) {
    variableCount = bitCountOfAxis(messages.productCount + 1)
    entryCount = messages.valueCount + 2 * mergeRounds + messages.productCount + 4 + 3 * variableCount
    rowCount = (entryCount - 1) >> rowVariableCount + 1
  }
}

/// What a proof sends before the merge: elements of K, and products of them that the verifier forms.
package struct PaddedMessages: Hashable, Sendable {
  package private(set) var valueCount = 0
  package private(set) var productCount = 0

  package init(_ plan: Plan) {
    let circuit = plan.circuit
    if !circuit.lookups.isEmpty {
      valueCount += 6 + plan.lookedUpColumns.count + circuit.tables.count
      productCount += 4
      let depths = [plan.lookupBlocks.depth, plan.tableBlocks.depth]
      for layer in 0..<(depths.max() ?? 0) {
        let active = depths.count { $0 > layer }
        valueCount += 2 * layer + 4 * active
        productCount += 3 * active
      }
    }
    let instances = plan.instanceShapes
    valueCount += plan.sentTermCount
    valueCount += instances.contractionDegree * (instances.map(\.variableCount).max() ?? 0)
    for instance in instances {
      let committed = instance.operands.count { plan.slots[$0.column] != nil }
      valueCount += committed + max(0, committed - 2)
      productCount += max(0, committed - 1)
    }
  }

  func padPlan(mergeRounds: Int, rowVariableCount: Int) -> PadPlan {
    PadPlan(self, mergeRounds: mergeRounds, rowVariableCount: rowVariableCount)
  }
}
