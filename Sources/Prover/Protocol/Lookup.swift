import Circuit
import Field
import Verifier

extension ProverTranscript {
  /// Step 2: all lookups by one fractional sum.
  package mutating func reduceLookups(
    _ plan: Plan, _ witness: Witness, _ claims: inout [Claim], threads: Int
  ) -> [VirtualClaim] {
    let circuit = plan.circuit
    guard !circuit.lookups.isEmpty else { return [] }
    let challenges = FingerprintChallenges(&sponge)
    var trees = [
      FractionTree(plan.leafBlocks(witness.columns, challenges), threads: threads),
      plan.tableTree(witness.multiplicities, challenges, threads: threads),
    ]
    send("roots", trees.flatMap { [$0.root.numerator, $0.root.denominator] })
    if pads != nil { for tree in trees { send("inverse", [tree.root.denominator.inverseOrZero()]) } }
    let leaves = reduceFractions(&trees, threads: threads)
    let sums = plan.lookupSums(witness.columns, challenges, leaves[0], threads: threads)
    send("lookup.values", sums.virtual + sums.commitments)
    claims += plan.lookupClaims(
      sums.commitments.map { Value($0) }, multiplicities: Value(leaves[1].numerator), lambda: challenges.lambda, at: leaves.map(\.point))
    return plan.virtualClaims(ofLookups: sums.virtual.map { Value($0) }, at: leaves[0].point)
  }
}

extension Plan {
  /// The values of virtual columns in lookups, and the sum of those of each commitment. The last sum is what the others leave.
  fileprivate func lookupSums(
    _ columns: [[Int64]], _ challenges: FingerprintChallenges, _ leaf: ProvenLeaf, threads: Int
  ) -> (virtual: [SecureField], commitments: [SecureField]) {
    let evaluator = ColumnEvaluator(leaf.point)
    func value(_ lookup: Int, _ column: Int) -> SecureField {
      let shape = PaddedShape(circuit.shape(ofColumn: column, batch: batch))
      return evaluator.evaluate(columns[column], shape, self.columns.lookupBlocks.leaves(lookup), threads: threads)
    }
    let last = self.columns.lookupCommitments.last
    var virtual: [SecureField] = []
    var sums = [SecureField](repeating: .zero, count: self.columns.lookupCommitments.count)
    var rest = knownDenominator(challenges, at: leaf.point) + .one - leaf.denominator
    for (index, lookup) in circuit.lookups.enumerated() {
      var values: [Int: SecureField] = [:]
      for (column, factor) in partFactors(lookup, lambda: challenges.lambda) {
        let commitment = slots[column]?.commitment
        if commitment != nil, commitment == last { continue }
        if values[column] == nil {
          values[column] = value(index, column)
          if circuit.columns[column].kind == .virtual { virtual.append(values[column] ?? .zero) }
        }
        let part = factor * (values[column] ?? .zero)
        rest -= part
        if let commitment, let place = self.columns.lookupCommitments.firstIndex(of: commitment) { sums[place] += part }
      }
    }
    if last != nil { sums[sums.count - 1] = rest }
    return (virtual, sums)
  }

  fileprivate func leafBlocks(_ columns: [[Int64]], _ challenges: FingerprintChallenges) -> [LeafBlock] {
    let blocks = self.columns.lookupBlocks
    return circuit.lookups.enumerated().map { index, lookup in
      var power = challenges.lambda
      let forms = lookup.forms.map { form in
        defer { power *= challenges.lambda }
        return LeafBlock.Form(
          factor: power * form.inverseDivisor, constant: form.constant,
          parts: form.parts.map { ($0.coefficient, columns[$0.column]) })
      }
      return LeafBlock(
        leaves: blocks.leaves(index),
        shape: PaddedShape((circuit.domain(of: lookup) ?? []).map { circuit.size(ofAxis: $0, batch: batch) }),
        base: challenges.beta - tag(ofTable: lookup.table), forms: forms,
        hasUnitNumerators: circuit.hasUnitNumerators(lookup))
    }
  }

  fileprivate func tableTree(
    _ multiplicities: [[Int64]], _ challenges: FingerprintChallenges, threads: Int
  ) -> FractionTree {
    let powers = powers(of: challenges.lambda, count: 4).dropFirst()
    var numerators = [Int64](repeating: 0, count: 1 << columns.tableBlocks.depth)
    defer { numerators.erase() }
    let blocks = circuit.tables.enumerated().map { index, table in
      let leaves = columns.tableBlocks.leaves(index)
      numerators.replaceSubrange(leaves, with: multiplicities[index])
      let forms = powers.prefix(table.arity).enumerated().map { coordinate, power in
        LeafBlock.Form(factor: power, constant: 0, parts: [(Int64(1), (0..<1 << table.bitCount).map { table.value(coordinate, row: $0) })])
      }
      return LeafBlock(
        leaves: leaves, shape: PaddedShape([leaves.count]), base: challenges.beta - tag(ofTable: index), forms: forms,
        hasUnitNumerators: true)
    }
    return FractionTree(blocks, numerators: numerators, threads: threads)
  }
}
