import Field

/// What steps 2 and 3 of docs/protocol.md §5 come to in every proof, without values.
package struct Reductions: Sendable {
  /// The terms of the virtual claims.
  package let terms: [ReducedTerm]
  package let instances: [ContractionInstance]
  /// How many values of terms are sent.
  package let sentTermCount: Int
  /// How many claims about committed columns result.
  package let claimCount: Int
  /// Elements of K that are sent in the hiding mode.
  package private(set) var elementCount = 0
  /// Products of sent elements that are formed there.
  package private(set) var productCount = 0

  package init(_ columns: Columns) {
    let (circuit, slots) = (columns.circuit, columns.slots)
    terms = columns.virtual.flatMap { column in
      columns.terms(ofColumn: column, circuit.columns[column].axes.map { _ in AxisWeight(point: nil, count: 0) })
    }
    instances = terms.compactMap { term in
      if case .instance(let instance) = term.remainder { instance } else { nil }
    }
    sentTermCount = terms.count { !columns.isComputed($0) }
    // The multiplicities make one.
    let lookups = circuit.lookups.isEmpty ? 0 : columns.lookupCommitments.count + 1
    let operands = terms.flatMap { $0.operands }.count { slots[$0.column] != nil }
    claimCount = lookups + circuit.claimedOutputs.count { slots[$0] != nil } + operands
    if !circuit.lookups.isEmpty {
      let depths = [columns.lookupBlocks.depth, columns.tableBlocks.depth]
      let (sum, layers) = (depths.reduce(0, +), depths.max() ?? 0)
      productCount = 4 + 3 * sum
      // Roots, their inverses, rounds, ends, values.
      elementCount = 4 + 2 + layers * (layers - 1) + 4 * sum + columns.lookupValueCount
    }
    elementCount += sentTermCount + instances.contractionDegree * instances.roundCount
    for instance in instances {
      let committed = instance.operands.count { slots[$0.column] != nil }
      productCount += max(0, committed - 1)
      elementCount += committed + max(0, committed - 2)
    }
  }
}

extension [ContractionInstance] {
  /// D: the degree of the contractions' rounds. docs/protocol.md §7.
  package var contractionDegree: Int { reduce(2) { Swift.max($0, $1.degree) } }

  /// N: the most variables of any.
  package var roundCount: Int { reduce(0) { Swift.max($0, $1.variableCount) } }
}
