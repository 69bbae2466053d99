import Circuit
import Field

/// A claim column~ = value under the given weights of its axes, for a column that may be virtual.
package struct VirtualClaim: Sendable {
  package var column: Int
  package var weights: [AxisWeight]
  package var value: Value

  package init(column: Int, weights: [AxisWeight], value: Value) {
    self.column = column
    self.weights = weights
    self.value = value
  }
}

/// The challenges of the fingerprints.
package struct FingerprintChallenges: Sendable {
  package let lambda: SecureField
  package let beta: SecureField

  package init(_ sponge: inout Sponge) {
    lambda = sponge.challenge("lambda")
    beta = sponge.challenge("beta")
  }
}

extension Plan {
  /// The part of the lookups' leaf point that belongs to a column, by axis.
  package func leafPoint(ofColumn column: Int, _ point: [SecureField]) -> [[SecureField]] {
    let bits = columns.bits(ofColumn: column)
    return split(point.suffix(bits.reduce(0, +)), bits)
  }

  /// What the values at the trees' leaf points claim: of `columns.lookedUp`, then of multiplicities.
  ///
  /// - Returns: those of virtual columns; the others are appended to `claims`.
  package func claims(
    ofLookedUp values: [Value], at points: [[SecureField]], _ claims: inout [Claim]
  ) -> [VirtualClaim] {
    let listed = columns.lookedUp
    let virtuals = claim(zip(listed, values).map { column, value in
      VirtualClaim(column: column, weights: leafPoint(ofColumn: column, points[0]).map { AxisWeight(at: $0) }, value: value)
    }, &claims)
    for (table, value) in values.dropFirst(listed.count).enumerated() {
      let point = Array(points[1].suffix(circuit.tables[table].bitCount))
      claims.append(Claim(slot: columns.multiplicities[table], weights: [AxisWeight(at: point)], value: value))
    }
    return virtuals
  }

  /// Appends those about committed columns to `claims`; returns the others.
  package func claim(_ pending: [VirtualClaim], _ claims: inout [Claim]) -> [VirtualClaim] {
    pending.filter { claim in
      guard let slot = slots[claim.column] else { return true }
      claims.append(Claim(slot: slot, weights: claim.weights, value: claim.value))
      return false
    }
  }

  package func tag(ofTable table: Int) -> SecureField {
    SecureField(BaseField(reducing: UInt64(table + 1)))
  }

  /// λ·first + λ²·second + tag over the rows of a table, extended to the point.
  package func fingerprint(ofTable table: Int, at point: [SecureField], lambda: SecureField) -> SecureField {
    let content = circuit.tables[table]
    var fingerprint = Multilinear.identity(at: point) + SecureField(BaseField(content.domain.lower))
    if case .function(_, let values) = content.content {
      fingerprint += lambda * Multilinear.evaluate(values.map { BaseField($0) }, at: point)
    }
    return tag(ofTable: table) + lambda * fingerprint
  }

  /// λ·first + λ²·second + … + tag of a lookup's forms, given the values of columns at its part of the leaf point.
  fileprivate func fingerprint(ofLookup lookup: Lookup, _ values: [Int: Value], lambda: SecureField) -> Value {
    var fingerprint = Value(tag(ofTable: lookup.table))
    var power = lambda
    for form in lookup.forms {
      var sum = Value(SecureField(BaseField(form.constant)))
      for part in form.parts { sum.add(values[part.column] ?? .zero, times: SecureField(BaseField(part.coefficient))) }
      fingerprint.add(sum, times: power * form.inverseDivisor)
      power *= lambda
    }
    return fingerprint
  }

  /// The numerator of a lookup's block at the leaf point.
  package func numerator(ofLookup lookup: Lookup, at point: [SecureField]) -> SecureField {
    guard !circuit.hasUnitNumerators(lookup) else { return .one }
    let parts = leafPoint(ofColumn: lookup.forms[0].parts[0].column, point)
    return zip(circuit.domain(of: lookup) ?? [], parts).reduce(.one) {
      $0 * Multilinear.lessThan(circuit.size(ofAxis: $1.0, batch: batch), at: $1.1)
    }
  }
}

extension VerifierTranscript {
  /// Step 2: all lookups by one fractional sum.
  ///
  /// - Returns: the virtual columns' claims; the claims on committed columns are appended to `claims`.
  /// - Throws: `.malformed`, `.lookupSumMismatch`, `.layerMismatch`, `.leafMismatch`.
  ///
  /// ## Soundness
  /// (L + T + 2T)/|K| and the layers' errors. The caller must discharge all claims. docs/protocol.md §6.
  package mutating func reduceLookups(
    _ plan: Plan, _ statement: Statement, _ claims: inout [Claim]
  ) throws(VerificationError) -> [VirtualClaim] {
    let circuit = plan.circuit
    guard !circuit.lookups.isEmpty else { return [] }
    let challenges = FingerprintChallenges(&sponge)
    let roots = try receive("roots", 4)
    try requireZero(
      try product(roots[0], roots[3]) - product(roots[2], roots[1]), .lookupSumMismatch)
    for denominator in [roots[1], roots[3]] { try requireNonzero(denominator, .lookupSumMismatch) }
    let leaves = try reduceFractions(
      [
        Fraction(numerator: roots[0], denominator: roots[1]),
        Fraction(numerator: roots[2], denominator: roots[3]),
      ], depths: [plan.columns.lookupBlocks.depth, plan.columns.tableBlocks.depth])
    let columns = plan.columns.lookedUp
    let sent = try receive("lookup.values", columns.count + circuit.tables.count)
    let virtuals = plan.claims(ofLookedUp: sent, at: leaves.map { $0.point }, &claims)
    var values = zip(columns, sent).reduce(into: [:]) { $0[$1.0] = $1.1 }
    let inputs = circuit.lookups.flatMap { $0.forms.flatMap { $0.parts.map { $0.column } } }
    var known: Statement.PartialSums = [:]
    for column in Set(inputs) where circuit.columns[column].kind == .public {
      let weights = plan.leafPoint(ofColumn: column, leaves[0].point).map { AxisWeight(at: $0) }
      values[column] = Value(statement.evaluate(column, plan, weights, &known))
    }
    let lookups = circuit.lookups.enumerated().map { index, lookup in
      LeafBlock(
        prefix: plan.columns.lookupBlocks.prefixWeight(index, at: leaves[0].point),
        numerator: Value(plan.numerator(ofLookup: lookup, at: leaves[0].point)),
        fingerprint: plan.fingerprint(ofLookup: lookup, values, lambda: challenges.lambda))
    }
    let tables = sent.dropFirst(columns.count).enumerated().map { table, multiplicity in
      let own = Array(leaves[1].point.suffix(circuit.tables[table].bitCount))
      return LeafBlock(
        prefix: plan.columns.tableBlocks.prefixWeight(table, at: leaves[1].point), numerator: multiplicity,
        fingerprint: Value(plan.fingerprint(ofTable: table, at: own, lambda: challenges.lambda)))
    }
    for (leaf, blocks) in zip(leaves, [lookups, tables]) { try check(leaf, blocks, beta: challenges.beta) }
    return virtuals
  }

  /// A leaf without a block is 0/1.
  private mutating func check(
    _ leaf: LeafClaim, _ blocks: [LeafBlock], beta: SecureField
  ) throws(VerificationError) {
    var (numerator, denominator) = (leaf.fraction.numerator, leaf.fraction.denominator - .one)
    for block in blocks {
      numerator.add(block.numerator, times: -block.prefix)
      denominator.add(block.fingerprint - (beta - .one), times: block.prefix)
    }
    try requireZero(numerator, .leafMismatch)
    try requireZero(denominator, .leafMismatch)
  }
}

/// What the leaves of one block are at a point: fractions of numerator and β − fingerprint.
private struct LeafBlock {
  let prefix: SecureField
  let numerator: Value
  let fingerprint: Value
}

extension AffineForm {
  /// 2^−shift in F.
  package var inverseDivisor: BaseField {
    BaseField(reducing: 1 << UInt64(shift)).inverseOrZero()
  }
}
