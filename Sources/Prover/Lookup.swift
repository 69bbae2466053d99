import Circuit
import Field
import Verifier

extension Plan {
  /// A column's integers over its padded axes, zero beyond the true sizes.
  func padded(_ integers: [Int64], ofColumn column: Int) -> [BaseField] {
    let shape = circuit.shape(ofColumn: column, batch: batch)
    return padded(integers.map { BaseField($0) }, shape: shape, zero: .zero)
  }

  func padded<Element: BitwiseCopyable>(_ values: consuming [Element], shape: [Int], zero: Element) -> [Element] {
    var inner = 1
    for size in shape.reversed() {
      let target = 1 << bitCountOfAxis(size)
      if target != size {
        var next: [Element] = []
        next.reserveCapacity(values.count / size * target)
        for start in stride(from: 0, to: values.count, by: size * inner) {
          next.append(contentsOf: values[start..<start + size * inner])
          next.append(contentsOf: repeatElement(zero, count: (target - size) * inner))
        }
        values.erase()
        values = next
      }
      inner *= target
    }
    return values
  }
}

extension ProverTranscript {
  /// Step 2: all lookups by one fractional sum.
  package mutating func reduceLookups(
    _ plan: Plan, _ witness: Witness, _ claims: inout [Claim], threads: Int
  ) -> [VirtualClaim] {
    let circuit = plan.circuit
    guard !circuit.lookups.isEmpty else { return [] }
    let challenges = FingerprintChallenges(&sponge)
    let used = Set(circuit.lookups.flatMap { $0.forms.flatMap { $0.parts.map(\.column) } })
    var columns: [Int: [BaseField]] = [:]
    for column in used { columns[column] = plan.padded(witness.columns[column], ofColumn: column) }
    defer { for column in used { columns[column]?.erase() } }
    var trees = [
      plan.lookupTree(columns, challenges, threads: threads),
      plan.tableTree(witness.multiplicities, challenges, threads: threads),
    ]
    defer { for index in trees.indices { trees[index].erase() } }
    send("roots", trees.flatMap { [$0.root.numerator, $0.root.denominator] })
    if pads != nil { for tree in trees { send("inverse", [tree.root.denominator.inverseOrZero()]) } }
    let leaves = reduceFractions(trees, threads: threads)
    let values =
      plan.lookedUpColumns.map { column in
        Multilinear.evaluate(columns[column] ?? [], at: plan.leafPoint(ofColumn: column, leaves[0].point).flatMap { $0 })
      }
      + witness.multiplicities.enumerated().map { table, multiplicities in
        let point = leaves[1].point.suffix(circuit.tables[table].bitCount)
        return Multilinear.evaluate(multiplicities.map { BaseField($0) }, at: Array(point))
      }
    send("lookup.values", values)
    return plan.claims(ofLookedUp: values.map { Value($0) }, at: leaves.map(\.point), &claims)
  }
}

extension Plan {
  fileprivate func lookupTree(
    _ columns: [Int: [BaseField]], _ challenges: FingerprintChallenges, threads: Int
  ) -> FractionTree {
    let size = 1 << lookupBlocks.depth
    var numerators = [SecureField](repeating: .zero, count: size)
    var denominators = SecureTable(repeating: .one, count: size)
    for (index, lookup) in circuit.lookups.enumerated() {
      let offset = lookupBlocks.offsets[index]
      let count = 1 << lookupBlocks.bits[index]
      var base = challenges.beta - tag(ofTable: lookup.table)
      var parts: [LeafPart] = []
      var scale = challenges.lambda
      for form in lookup.forms {
        let factor = scale * form.inverseScale
        base -= factor * BaseField(form.constant)
        parts += form.parts.map { LeafPart(factor: factor * BaseField($0.coefficient), column: columns[$0.column] ?? []) }
        scale *= challenges.lambda
      }
      denominators.setLeaves(at: offset, count: count, base: base, parts, threads: threads)
      if circuit.hasUnitNumerators(lookup) {
        for leaf in offset..<offset + count { numerators[leaf] = .one }
      } else {
        let shape = (circuit.domain(of: lookup) ?? []).map { self.size(ofAxis: $0) }
        let live = [SecureField](repeating: .one, count: shape.reduce(1, *))
        for (leaf, value) in padded(live, shape: shape, zero: .zero).enumerated() {
          numerators[offset + leaf] = value
        }
      }
    }
    return FractionTree(numerators: SecureTable(numerators), denominators: denominators, threads: threads)
  }

  fileprivate func tableTree(
    _ multiplicities: [[Int64]], _ challenges: FingerprintChallenges, threads: Int
  ) -> FractionTree {
    let size = 1 << tableBlocks.depth
    var numerators = [SecureField](repeating: .zero, count: size)
    defer { numerators.erase() }
    var denominators = [SecureField](repeating: .one, count: size)
    let lambdaSquared = challenges.lambda.squared()
    for (index, table) in circuit.tables.enumerated() {
      let offset = tableBlocks.offsets[index]
      let base = challenges.beta - tag(ofTable: index)
      for row in 0..<1 << table.bitCount {
        numerators[offset + row] = SecureField(BaseField(multiplicities[index][row]))
        var fingerprint = SecureField.zero
        switch table.content {
        case .range(let lower, _): fingerprint = challenges.lambda * BaseField(lower + Int64(row))
        case .function(let lower, let values):
          let last = min(row, values.count - 1)
          fingerprint =
            challenges.lambda * BaseField(lower + Int64(last)) + lambdaSquared * BaseField(values[last])
        }
        denominators[offset + row] = base - fingerprint
      }
    }
    return FractionTree(
      numerators: SecureTable(numerators), denominators: SecureTable(denominators), threads: threads)
  }
}
