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
    let evaluators = leaves.map { ColumnEvaluator($0.point) }
    let values =
      plan.columns.lookedUp.map { column in
        let shape = PaddedShape(circuit.shape(ofColumn: column, batch: plan.batch))
        return evaluators[0].evaluate(witness.columns[column], shape, threads: threads)
      }
      + witness.multiplicities.map { evaluators[1].evaluate($0, PaddedShape([$0.count]), threads: threads) }
    send("lookup.values", values)
    return plan.claims(ofLookedUp: values.map { Value($0) }, at: leaves.map(\.point), &claims)
  }
}

extension Plan {
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
        leaves: blocks.offsets[index]..<blocks.offsets[index] + 1 << blocks.bits[index],
        shape: PaddedShape((circuit.domain(of: lookup) ?? []).map { circuit.size(ofAxis: $0, batch: batch) }),
        base: challenges.beta - tag(ofTable: lookup.table), forms: forms,
        hasUnitNumerators: circuit.hasUnitNumerators(lookup))
    }
  }

  fileprivate func tableTree(
    _ multiplicities: [[Int64]], _ challenges: FingerprintChallenges, threads: Int
  ) -> FractionTree {
    let powers = [challenges.lambda, challenges.lambda.squared()]
    var numerators = [Int64](repeating: 0, count: 1 << columns.tableBlocks.depth)
    defer { numerators.erase() }
    let blocks = circuit.tables.enumerated().map { index, table in
      let leaves = columns.tableBlocks.offsets[index]..<columns.tableBlocks.offsets[index] + 1 << table.bitCount
      numerators.replaceSubrange(leaves, with: multiplicities[index])
      let forms = powers.prefix(table.arity).enumerated().map { coordinate, power in
        LeafBlock.Form(factor: power, constant: 0, parts: [(Int64(1), table.column(coordinate))])
      }
      return LeafBlock(
        leaves: leaves, shape: PaddedShape([leaves.count]), base: challenges.beta - tag(ofTable: index), forms: forms,
        hasUnitNumerators: true)
    }
    return FractionTree(blocks, numerators: numerators, threads: threads)
  }
}

extension Table {
  /// A coordinate of all rows.
  fileprivate func column(_ coordinate: Int) -> [Int64] {
    switch content {
    case .range(let lower, let bits): (0..<1 << bits).map { lower + Int64($0) }
    case .function(let lower, let values):
      coordinate == 0 ? values.indices.map { lower + Int64($0) } : values
    }
  }
}
