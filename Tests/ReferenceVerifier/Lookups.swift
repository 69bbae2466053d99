/// A block of leaves in a tree of §6.
private struct Block {
  var offset: Int
  var bits: Int
}

/// A tree of fractions: its blocks, in the order of lookups or tables, and its depth.
private struct Tree {
  var blocks: [Block]
  var depth: Int

  init(blockBits: [Int]) {
    blocks = blockBits.map { Block(offset: 0, bits: $0) }
    var cursor = 0
    for index in stableDescending(Array(blockBits.indices), by: { blockBits[$0] }) {
      blocks[index].offset = cursor
      cursor += 1 << blockBits[index]
    }
    depth = ceilLog(cursor)
  }

  /// pre_j of §6 step 5.
  func selector(_ index: Int, _ point: [Extension]) -> Extension {
    let block = blocks[index]
    return eq(point[..<(depth - block.bits)], index: block.offset >> block.bits)
  }

  func blockPoint(_ index: Int, _ point: [Extension]) -> [Extension] { Array(point[(depth - blocks[index].bits)...]) }
}

/// The running claim on one tree: the numerators' and denominators' values at `point`.
private struct TreeClaim {
  var p: Value
  var q: Value
  var point: [Extension] = []
}

extension ProofCheck {
  /// §6.
  mutating func checkLookups() throws(ReferenceRejection) {
    let lookupTree = Tree(blockBits: circuit.lookups.map { axes(of: $0).reduce(0) { $0 + bits[$1] } })
    let tableTree = Tree(blockBits: circuit.tables.map(\.bits))
    let lambda = transcript.challenge("lambda")
    let beta = transcript.challenge("beta")
    ledger.add(2 << tableTree.depth)
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

    let values = try receiveLookupValues(lookupTree, tableTree, ends)
    try checkLookupLeaves(lookupTree, ends[0], values.columns, lambda, beta)
    try checkTableLeaves(tableTree, ends[1], values.multiplicities, lambda, beta)
  }

  private func axes(of lookup: Lookup) -> [Int] { circuit.columns[lookup.forms[0].entries[0].column].axes }

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

  /// Step 4: the values of the columns at the leaves, which become claims.
  private mutating func receiveLookupValues(
    _ lookupTree: Tree, _ tableTree: Tree, _ ends: [TreeClaim]
  ) throws(ReferenceRejection) -> (columns: [Int: Value], multiplicities: [Value]) {
    var listed: [(column: Int, point: [Extension])] = []
    var seen: Set<Int> = []
    var columns: [Int: Value] = [:]
    for (index, lookup) in circuit.lookups.enumerated() {
      let point = lookupTree.blockPoint(index, ends[0].point)
      for column in lookup.forms.flatMap({ $0.entries.map(\.column) }) where seen.insert(column).inserted {
        if circuit.columns[column].kind == .published {
          columns[column] = Value(
            publicValue(column, split(point, bits: bits(ofColumn: column)).map(AxisWeight.eq)))
        } else {
          listed.append((column, point))
        }
      }
    }
    let values = try transcript.receiveValues("lookup.values", listed.count + circuit.tables.count)
    for (value, item) in zip(values, listed) {
      columns[item.column] = value
      let weights = split(item.point, bits: bits(ofColumn: item.column)).map(AxisWeight.eq)
      if circuit.columns[item.column].kind == .virtual {
        virtualClaims.append(VirtualClaim(column: item.column, weights: weights, value: value))
      } else {
        claim(item.column, weights, value)
      }
    }
    let multiplicities = Array(values[listed.count...])
    for (table, value) in multiplicities.enumerated() {
      let weight = AxisWeight.eq(tableTree.blockPoint(table, ends[1].point))
      claims.append(
        Claim(column: .multiplicity(table: table), weights: [weight], subtracted: nil, value: value))
    }
    return (columns, multiplicities)
  }

  /// Step 5 for the lookups' tree.
  private mutating func checkLookupLeaves(
    _ tree: Tree, _ end: TreeClaim, _ values: [Int: Value], _ lambda: Extension, _ beta: Extension
  ) throws(ReferenceRejection) {
    var p = Extension.zero
    var q = Value(.one)
    for (index, lookup) in circuit.lookups.enumerated() {
      let e = tree.selector(index, end.point)
      let forms = lookup.forms.map { form in
        var sum = Value(Extension(Residue.of(form.constant)))
        for entry in form.entries { sum += (values[entry.column] ?? Value(.zero)) * Residue.of(entry.coefficient) }
        return sum * Residue.invert(Residue.power(2, UInt64(form.shift)))
      }
      p += e * numerator(lookup, tree.blockPoint(index, end.point))
      q += (Value(beta - .one) - fingerprint(table: lookup.table, forms, lambda)) * e
    }
    try transcript.require(end.p, equals: Value(p), else: .leaves)
    try transcript.require(end.q, equals: q, else: .leaves)
  }

  /// 1, or the indicator of the true sizes where the padding is not looked up (§6).
  private func numerator(_ lookup: Lookup, _ point: [Extension]) -> Extension {
    let constants = lookup.forms.map(\.constant)
    if constants.allSatisfy({ $0 == 0 }), circuit.tables[lookup.table].contains(constants) { return .one }
    let axes = axes(of: lookup)
    return zip(axes, split(point, bits: axes.map { bits[$0] })).reduce(.one) { product, part in
      product * eqPrefixSum(part.1[...], count: sizes[part.0])
    }
  }

  /// Step 5 for the tables' tree.
  private mutating func checkTableLeaves(
    _ tree: Tree, _ end: TreeClaim, _ multiplicities: [Value], _ lambda: Extension, _ beta: Extension
  ) throws(ReferenceRejection) {
    var p = Value(.zero)
    var q = Value(.one)
    for (index, table) in circuit.tables.enumerated() {
      let e = tree.selector(index, end.point)
      let coordinates = table.coordinates(at: tree.blockPoint(index, end.point)).map { Value($0) }
      p += multiplicities[index] * e
      q += (Value(beta - .one) - fingerprint(table: index, coordinates, lambda)) * e
    }
    try transcript.require(end.p, equals: p, else: .leaves)
    try transcript.require(end.q, equals: q, else: .leaves)
  }

  /// φ of §6.
  private func fingerprint(table: Int, _ tuple: [Value], _ lambda: Extension) -> Value {
    evaluate([Value(Extension(UInt64(table + 1)))] + tuple, at: lambda)
  }
}

extension Table {
  /// Whether a tuple of integers is a row.
  func contains(_ tuple: [Int64]) -> Bool {
    switch self {
    case .range(let lower, _):
      return (0..<rowCount).contains { lower + Int64($0) == tuple[0] }
    case .function(let lower, let values):
      return values.indices.contains {
        lower + Int64($0) == tuple[0] && values[$0] == tuple[1]
      }
    }
  }

  /// The extensions of the coordinates.
  package func coordinates(at point: [Extension]) -> [Extension] {
    switch self {
    case .range(let lower, let bits):
      var sum = Extension(Residue.of(lower))
      for (i, coordinate) in point.enumerated() { sum += coordinate * (UInt64(1) << UInt64(bits - 1 - i)) }
      return [sum]
    case .function(let lower, let values):
      var sums = [Extension.zero, Extension.zero]
      for (i, weight) in eqTable(point[...]).enumerated() {
        sums[0] += weight * Residue.of(lower + Int64(i))
        sums[1] += weight * Residue.of(values[i])
      }
      return sums
    }
  }
}
