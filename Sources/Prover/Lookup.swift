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
      plan.lookedUpColumns.map { column in
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
    circuit.lookups.enumerated().map { index, lookup in
      var scale = challenges.lambda
      let forms = lookup.forms.map { form in
        defer { scale *= challenges.lambda }
        return LeafBlock.Form(
          factor: scale * form.inverseScale, constant: form.constant,
          parts: form.parts.map { ($0.coefficient, columns[$0.column]) })
      }
      let offset = lookupBlocks.offsets[index]
      return LeafBlock(
        leaves: offset..<offset + 1 << lookupBlocks.bits[index],
        shape: PaddedShape((circuit.domain(of: lookup) ?? []).map { circuit.size(ofAxis: $0, batch: batch) }),
        base: challenges.beta - tag(ofTable: lookup.table), forms: forms,
        hasUnitNumerators: circuit.hasUnitNumerators(lookup))
    }
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
    guard size > 1 else { return FractionTree(leaf: (numerators[0], denominators[0])) }
    func half(_ elements: [SecureField], _ range: Range<Int>) -> [SecureLanes] { SecureTable(Array(elements[range])).lanes }
    let (first, second) = (0..<size / 2, size / 2..<size)
    let layer = FractionLayer(
      count: size / 2, p0: half(numerators, first), p1: half(numerators, second), q0: half(denominators, first),
      q1: half(denominators, second))
    return FractionTree(layer, threads: threads)
  }
}
