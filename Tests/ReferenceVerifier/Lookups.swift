/// A block of leaves in a tree of §6: d·2^rest leaves from leaf f·2^rest on.
struct LeafBlock {
  /// d.
  var count: Int
  var rest: Int
  /// f.
  var first = 0

  func leading(_ point: [Extension]) -> [Extension] { point.dropLast(rest) }

  /// The weight that the block has at a leaf point: E_j of a lookup, pre_j of a table.
  func weight(at point: [Extension]) -> Extension { eqSum(leading(point)[...], over: first..<first + count) }
}

/// A tree of fractions: its blocks, in the order of lookups or tables, and its depth.
private struct Tree {
  var blocks: [LeafBlock]
  var depth: Int

  init(_ unplaced: [LeafBlock]) {
    blocks = unplaced
    var cursor = 0
    for index in stableDescending(Array(blocks.indices), by: { unplaced[$0].rest }) {
      blocks[index].first = cursor >> blocks[index].rest
      cursor += blocks[index].count << blocks[index].rest
    }
    depth = ceilLog(cursor)
  }
}

/// The running claim on one tree: the numerators' and denominators' values at `point`.
struct TreeClaim {
  var p: Value
  var q: Value
  var point: [Extension] = []
}

extension ProofCheck {
  /// §6.
  mutating func checkLookups() throws(ReferenceRejection) {
    let lookupTree = Tree(circuit.lookups.map(block(of:)))
    let tableTree = Tree(circuit.tables.map { LeafBlock(count: 1, rest: $0.bits) })
    let lambda = transcript.challenge("lambda")
    let beta = transcript.challenge("beta")
    ledger.add((circuit.tables.map(\.coordinateCount).max() ?? 0) << tableTree.depth)
    ledger.add((1 << lookupTree.depth) + (1 << tableTree.depth))

    let roots = try transcript.receiveValues("roots", 4)
    let left = try transcript.product(roots[0], roots[3])
    let right = try transcript.product(roots[2], roots[1])
    try transcript.require(left, equals: right, else: .fractionalSum)
    try transcript.requireNonzero(roots[1], else: .fractionalSum)
    try transcript.requireNonzero(roots[3], else: .fractionalSum)
    let ends = try walk(
      [TreeClaim(p: roots[0], q: roots[1]), TreeClaim(p: roots[2], q: roots[3])],
      depths: [lookupTree.depth, tableTree.depth])

    try checkLookupLeaves(lookupTree.blocks, ends[0], lambda, beta)
    try checkTableLeaves(tableTree.blocks, ends[1], lambda, beta)
  }

  /// The axes of a lookup's domain.
  func axes(of lookup: Lookup) -> [Int] { circuit.columns[lookup.forms[0].entries[0].column].axes }

  /// The place of the leading axis of a lookup in its domain; nil without axes.
  func leadingAxis(of lookup: Lookup) -> Int? {
    let axes = axes(of: lookup)
    return axes.firstIndex { sizes[$0] > 1 } ?? axes.indices.first
  }

  private func block(of lookup: Lookup) -> LeafBlock {
    let axes = axes(of: lookup)
    guard let leading = leadingAxis(of: lookup) else { return LeafBlock(count: 1, rest: 0) }
    return LeafBlock(count: sizes[axes[leading]], rest: axes[(leading + 1)...].reduce(0) { $0 + bits[$1] })
  }

  /// Step 3: from the roots to the leaves.
  private mutating func walk(_ start: [TreeClaim], depths: [Int]) throws(ReferenceRejection) -> [TreeClaim] {
    var trees = start
    var r: [Extension] = []
    for layer in 0..<(depths.max() ?? 0) {
      let active = trees.indices.filter { depths[$0] > layer }
      let alpha = transcript.challenge("layer")
      ledger.add(3)
      var e = evaluate(active.flatMap { [trees[$0].p, trees[$0].q] }, at: alpha)
      var rho: [Extension] = []
      for j in 0..<layer {
        let c = try transcript.receiveValues("layer.round", 2)
        let c0 = e - (c[0] + c[1]) * r[j]
        rho.append(transcript.challenge("layer.round"))
        ledger.add(2)
        e = evaluate([c0, c[0], c[1]], at: rho[j])
      }
      let ends = try transcript.receiveValues("layer.ends", 4 * active.count)
      var combined: [Value] = []
      for t in active.indices {
        let (p0, p1, q0, q1) = (ends[4 * t], ends[4 * t + 1], ends[4 * t + 2], ends[4 * t + 3])
        let (first, second) = (try transcript.product(p0, q1), try transcript.product(p1, q0))
        combined += [first + second, try transcript.product(q0, q1)]
      }
      try transcript.require(e, equals: evaluate(combined, at: alpha), else: .layer)
      let mu = transcript.challenge("layer.line")
      ledger.add(1)
      r = [mu] + rho
      for (t, tree) in active.enumerated() {
        trees[tree].p = ends[4 * t] + (ends[4 * t + 1] - ends[4 * t]) * mu
        trees[tree].q = ends[4 * t + 2] + (ends[4 * t + 3] - ends[4 * t + 2]) * mu
        trees[tree].point = r
      }
    }
    return trees
  }
}
