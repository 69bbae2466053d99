import Circuit
import Field

/// A claim column~ = value under the given weights of its axes, for a column that may be virtual.
package struct VirtualClaim: Sendable {
  package var column: Int
  package var axes: [AxisWeight]
  package var value: Value

  package init(column: Int, axes: [AxisWeight], value: Value) {
    self.column = column
    self.axes = axes
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
    let bits = bits(ofColumn: column)
    return split(point.suffix(bits.reduce(0, +)), bits)
  }

  /// What the values at the trees' leaf points claim: of `lookedUpColumns`, then of multiplicities.
  ///
  /// - Returns: those of virtual columns; the others are appended to `claims`.
  package func claims(
    ofLookedUp values: [Value], at points: [[SecureField]], _ claims: inout [Claim]
  ) -> [VirtualClaim] {
    let columns = lookedUpColumns
    let virtuals = claim(zip(columns, values).map { column, value in
      VirtualClaim(column: column, axes: leafPoint(ofColumn: column, points[0]).map { AxisWeight(at: $0) }, value: value)
    }, &claims)
    for (table, value) in values.dropFirst(columns.count).enumerated() {
      let point = Array(points[1].suffix(circuit.tables[table].bitCount))
      claims.append(Claim(slot: multiplicities[table], axes: [AxisWeight(at: point)], value: value))
    }
    return virtuals
  }

  /// Appends those about committed columns to `claims`; returns the others.
  package func claim(_ pending: [VirtualClaim], _ claims: inout [Claim]) -> [VirtualClaim] {
    pending.filter { claim in
      guard let slot = slots[claim.column] else { return true }
      claims.append(Claim(slot: slot, axes: claim.axes, value: claim.value))
      return false
    }
  }

  package func tag(ofTable table: Int) -> SecureField {
    SecureField(BaseField(reducing: UInt64(table + 1)))
  }

  /// λ·first + λ²·second + tag over the rows of a table, extended to the point.
  package func fingerprint(ofTable table: Int, at point: [SecureField], lambda: SecureField) -> SecureField {
    switch circuit.tables[table].content {
    case .range(let lower, _):
      return tag(ofTable: table) + lambda * (Multilinear.identity(at: point) + SecureField(BaseField(lower)))
    case .function(let lower, let values):
      // Rows after the last value repeat it.
      let rest = SecureField.one - Multilinear.lessThan(values.count, at: point)
      func extend(_ column: [BaseField]) -> SecureField {
        Multilinear.evaluate(column, at: point) + rest * (column.last ?? .zero)
      }
      let first = extend(values.indices.map { BaseField(lower + Int64($0)) })
      let second = extend(values.map { BaseField($0) })
      return tag(ofTable: table) + lambda * (first + lambda * second)
    }
  }

  /// The numerator of a lookup's block at its part of the leaf point, by axis.
  package func numerator(ofLookup lookup: Lookup, at parts: [[SecureField]]) -> SecureField {
    guard !circuit.hasUnitNumerators(lookup) else { return .one }
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
      ], depths: [plan.lookupBlocks.depth, plan.tableBlocks.depth])
    let columns = plan.lookedUpColumns
    let sent = try receive("lookup.values", columns.count + circuit.tables.count)
    let virtuals = plan.claims(ofLookedUp: sent, at: leaves.map { $0.point }, &claims)
    var values = zip(columns, sent).reduce(into: [:]) { $0[$1.0] = $1.1 }
    let inputs = circuit.lookups.flatMap { $0.forms.flatMap { $0.parts.map { $0.column } } }
    for column in Set(inputs) where circuit.columns[column].kind == .input {
      let axes = plan.leafPoint(ofColumn: column, leaves[0].point).map { AxisWeight(at: $0) }
      values[column] = Value(statement.evaluate(input: column, plan, axes))
    }
    try check(lookups: plan, values, challenges, leaves[0])
    try check(tables: plan, Array(sent.dropFirst(columns.count)), challenges, leaves[1])
    return virtuals
  }

  private mutating func check(
    lookups plan: Plan, _ values: [Int: Value], _ challenges: FingerprintChallenges, _ leaf: LeafClaim
  ) throws(VerificationError) {
    var numerator = leaf.fraction.numerator
    var denominator = leaf.fraction.denominator - .one
    for (index, lookup) in plan.circuit.lookups.enumerated() {
      let prefix = plan.lookupBlocks.prefixWeight(index, at: leaf.point)
      let parts = plan.leafPoint(ofColumn: lookup.forms[0].parts[0].column, leaf.point)
      numerator = numerator - prefix * plan.numerator(ofLookup: lookup, at: parts)
      var fingerprint = Value(plan.tag(ofTable: lookup.table))
      var scale = challenges.lambda
      for form in lookup.forms {
        var sum = Value(SecureField(BaseField(form.constant)))
        for part in form.parts {
          sum += (values[part.column] ?? .zero) * SecureField(BaseField(part.coefficient))
        }
        fingerprint += sum * (scale * form.inverseScale)
        scale *= challenges.lambda
      }
      denominator += (fingerprint - challenges.beta + .one) * prefix
    }
    try requireZero(numerator, .leafMismatch)
    try requireZero(denominator, .leafMismatch)
  }

  private mutating func check(
    tables plan: Plan, _ multiplicities: [Value], _ challenges: FingerprintChallenges, _ leaf: LeafClaim
  ) throws(VerificationError) {
    var numerator = leaf.fraction.numerator
    var denominator = leaf.fraction.denominator - .one
    for (table, multiplicity) in multiplicities.enumerated() {
      let prefix = plan.tableBlocks.prefixWeight(table, at: leaf.point)
      let point = Array(leaf.point.suffix(plan.circuit.tables[table].bitCount))
      let fingerprint = plan.fingerprint(ofTable: table, at: point, lambda: challenges.lambda)
      numerator = numerator - multiplicity * prefix
      denominator = denominator - (challenges.beta - fingerprint - .one) * prefix
    }
    try requireZero(numerator, .leafMismatch)
    try requireZero(denominator, .leafMismatch)
  }
}

extension AffineForm {
  /// 2^−shift in F.
  package var inverseScale: BaseField {
    BaseField(reducing: 1 << UInt64(shift)).inverseOrZero()
  }
}
