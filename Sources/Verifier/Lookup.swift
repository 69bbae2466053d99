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
  /// What the values of virtual columns at the lookups' leaf point claim.
  package func virtualClaims(ofLookups values: some Sequence<Value>, at point: [SecureField]) -> [VirtualClaim] {
    let weights = columns.lookupWeights(at: point)
    return zip(columns.virtualLookups, values).map { listed, value in
      VirtualClaim(column: listed.column, weights: weights[listed.lookup].weights, value: value)
    }
  }

  /// λ^k·coefficient·2^−shift of each part of each form of a lookup, in order.
  package func partFactors(_ lookup: Lookup, lambda: SecureField) -> [(column: Int, factor: SecureField)] {
    var (factors, power) = ([(column: Int, factor: SecureField)](), SecureField.one)
    for form in lookup.forms {
      power *= lambda
      let own = power * form.inverseDivisor
      for part in form.parts { factors.append((part.column, own * BaseField(part.coefficient))) }
    }
    return factors
  }

  /// One claim for each commitment that holds columns of lookups, and one about the multiplicities.
  package func lookupClaims(
    _ values: some Sequence<Value>, multiplicities: Value, lambda: SecureField, at points: [[SecureField]]
  ) -> [Claim] {
    var claims = zip(columns.lookupCommitments, values).map { Claim(commitment: $0, parts: [], value: $1) }
    for (lookup, weight) in zip(columns.circuit.lookups, columns.lookupWeights(at: points[0])) {
      for (column, factor) in partFactors(lookup, lambda: lambda) {
        guard let slot = slots[column], let claim = columns.lookupCommitments.firstIndex(of: slot.commitment) else { continue }
        let product = WeightProduct(coefficient: weight.coefficient * factor, weights: weight.weights)
        claims[claim].parts.append(Claim.Part(index: slot.index, weight: product))
      }
    }
    let parts = zip(columns.multiplicities, columns.tableBlocks.indicators(at: points[1])).enumerated().map { table, column in
      let own = AxisWeight(at: Array(points[1].suffix(columns.circuit.tables[table].bitCount)))
      return Claim.Part(index: column.0.index, weight: WeightProduct(coefficient: column.1, weights: [own]))
    }
    return claims + (columns.multiplicities.first.map { [Claim(commitment: $0.commitment, parts: parts, value: multiplicities)] } ?? [])
  }

  /// What no column says of the denominators of the lookups' tree, less 1.
  package func knownDenominator(_ challenges: FingerprintChallenges, at point: [SecureField]) -> SecureField {
    zip(columns.circuit.lookups, columns.lookupBlocks.indicators(at: point)).reduce(.zero) { sum, lookup in
      var (known, power) = (challenges.beta - .one - tag(ofTable: lookup.0.table), challenges.lambda)
      for form in lookup.0.forms {
        known -= power * form.inverseDivisor * BaseField(form.constant)
        power *= challenges.lambda
      }
      return sum + lookup.1 * known
    }
  }

  package func tag(ofTable table: Int) -> SecureField {
    SecureField(BaseField(reducing: UInt64(table + 1)))
  }

  /// The fingerprint of the rows of a table, extended to the point.
  package func fingerprint(ofTable index: Int, at point: [SecureField], lambda: SecureField) -> SecureField {
    let table = columns.circuit.tables[index]
    let coordinates = [Multilinear.identity(at: point) + SecureField(BaseField(table.lower))] + table.values(at: point)
    return zip(coordinates, powers(of: lambda, count: coordinates.count + 1).dropFirst()).reduce(tag(ofTable: index)) { $0 + $1.0 * $1.1 }
  }

  /// The numerator of a lookup's block at the leaf point, summed over the axes after the leading one.
  package func numerator(ofLookup index: Int, at point: [SecureField]) -> SecureField {
    guard !columns.circuit.hasUnitNumerators(columns.circuit.lookups[index]) else { return .one }
    let block = columns.lookupBlocks.blocks[index]
    return zip(block.innerSizes, block.parts(of: point)).reduce(.one) { $0 * Multilinear.lessThan($1.0, at: $1.1[...]) }
  }
}

extension Table {
  /// The extensions of the coordinates after the first.
  fileprivate func values(at point: [SecureField]) -> [SecureField] {
    switch content {
    case .range: return []
    case .ramp(let lower, _, let low, let high):
      let starts = [low, high].map { Int($0 - lower) }
      let below = starts.map { Multilinear.lessThan($0, at: point[...]) }
      let identity = starts.map { Multilinear.identity(below: $0, at: point) }
      let middle = (below[1] - below[0]) * BaseField(lower) + identity[1] - identity[0]
      return [below[0] * BaseField(low) + middle + (.one - below[1]) * BaseField(high)]
    case .function(_, _, let width, let offset, let values):
      let end = offset + values.count / width
      let (below, above) = (Multilinear.lessThan(offset, at: point[...]), .one - Multilinear.lessThan(end, at: point[...]))
      return (0..<width).map { coordinate in
        let own = stride(from: coordinate, to: values.count, by: width).map { BaseField(values[$0]) }
        return Multilinear.evaluate(own, from: offset, at: point) + below * (own.first ?? .zero) + above * (own.last ?? .zero)
      }
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
    let columns = plan.columns
    let (point, tablePoint) = (leaves[0].point, leaves[1].point)
    let sent = try receive("lookup.values", columns.lookupValueCount)
    let (virtual, sums) = (sent.prefix(columns.virtualLookups.count), sent.dropFirst(columns.virtualLookups.count))
    claims += plan.lookupClaims(
      sums, multiplicities: leaves[1].fraction.numerator, lambda: challenges.lambda, at: leaves.map { $0.point })
    var numerator = leaves[0].fraction.numerator
    var denominators = leaves.map { $0.fraction.denominator - .one }
    for sum in sums { denominators[0] += sum }
    let (indicators, weights) = (columns.lookupBlocks.indicators(at: point), columns.lookupWeights(at: point))
    var rest = virtual
    denominators[0].constant -= plan.knownDenominator(challenges, at: point)
    for (index, lookup) in circuit.lookups.enumerated() {
      numerator.constant -= indicators[index] * plan.numerator(ofLookup: index, at: point)
      var (own, shown) = ([Int: Value](), Statement.PartialSums())
      for (column, factor) in plan.partFactors(lookup, lambda: challenges.lambda) where plan.slots[column] == nil {
        if circuit.columns[column].kind == .virtual {
          own[column] = own[column] ?? rest.popFirst()
        } else {
          own[column] = Value(statement.evaluate(column, plan, weights[index].weights, &shown))
        }
        denominators[0].add(own[column] ?? .zero, times: factor)
      }
    }
    for (index, indicator) in columns.tableBlocks.indicators(at: tablePoint).enumerated() {
      let own = Array(tablePoint.suffix(circuit.tables[index].bitCount))
      let known = challenges.beta - .one - plan.fingerprint(ofTable: index, at: own, lambda: challenges.lambda)
      denominators[1].constant -= indicator * known
    }
    for difference in [numerator] + denominators { try requireZero(difference, .leafMismatch) }
    return plan.virtualClaims(ofLookups: virtual, at: point)
  }
}

extension AffineForm {
  /// 2^−shift in F.
  package var inverseDivisor: BaseField {
    BaseField(unchecked: BaseField.modulus / 2 + 1).power(UInt64(shift))
  }
}
