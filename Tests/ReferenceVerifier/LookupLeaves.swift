/// A term of a form, in the block of its lookup (§6 step 4).
private struct LeafTerm {
  var lookup: Int
  var column: Int
  /// λ^k·coefficient·2^(−shift); times E_j for a domain without axes.
  var factor: Extension
  var weights: [AxisWeight]
}

extension ProofCheck {
  /// Steps 4 and 5 of §6 for the tree of lookups.
  mutating func checkLookupLeaves(
    _ blocks: [LeafBlock], _ end: TreeClaim, _ lambda: Extension, _ beta: Extension
  ) throws(ReferenceRejection) {
    let terms = leafTerms(blocks, end.point, lambda)
    let columns = try receiveLookupValues(terms)
    var p = Extension.zero
    var q = Extension.one
    for (lookup, block) in zip(circuit.lookups, blocks) {
      let weight = block.weight(at: end.point)
      let constants = lookup.forms.map { Extension(Residue.of($0.constant)) * inverse($0) }
      p += weight * numerator(lookup, Array(end.point.suffix(block.rest)))
      q += weight * (beta - .one - fingerprint(lookup.table, constants, lambda))
    }
    try transcript.require(end.p, equals: Value(p), else: .leaves)
    try transcript.require(end.q, equals: Value(q) - columns, else: .leaves)
  }

  /// Steps 4 and 5 of §6 for the tree of tables.
  mutating func checkTableLeaves(
    _ blocks: [LeafBlock], _ end: TreeClaim, _ lambda: Extension, _ beta: Extension
  ) throws(ReferenceRejection) {
    var products: [WeightProduct] = []
    var q = Extension.one
    for (index, (table, block)) in zip(circuit.tables, blocks).enumerated() {
      let weight = block.weight(at: end.point)
      let point = Array(end.point.suffix(block.rest))
      products.append(WeightProduct(column: .multiplicity(table: index), factor: weight, weights: [.eq(point)]))
      q += weight * (beta - .one - fingerprint(index, table.coordinates(at: point), lambda))
    }
    claims.append(Claim(products: products, value: end.p))
    try transcript.require(end.q, equals: Value(q), else: .leaves)
  }

  /// φ of §6.
  private func fingerprint(_ table: Int, _ tuple: [Extension], _ lambda: Extension) -> Extension {
    evaluate([Extension(UInt64(table + 1))] + tuple, at: lambda)
  }

  /// 2^(−shift).
  private func inverse(_ form: Form) -> UInt64 { Residue.invert(Residue.power(2, UInt64(form.shift))) }

  private func leafTerms(_ blocks: [LeafBlock], _ point: [Extension], _ lambda: Extension) -> [LeafTerm] {
    var terms: [LeafTerm] = []
    for (index, (lookup, block)) in zip(circuit.lookups, blocks).enumerated() {
      let weights = weights(of: lookup, block, point)
      var power = weights.isEmpty ? block.weight(at: point) : .one
      for form in lookup.forms {
        power *= lambda
        for entry in form.entries {
          let factor = power * Residue.of(entry.coefficient) * inverse(form)
          terms.append(LeafTerm(lookup: index, column: entry.column, factor: factor, weights: weights))
        }
      }
    }
    return terms
  }

  /// The weight of a column in the block of a lookup.
  private func weights(of lookup: Lookup, _ block: LeafBlock, _ point: [Extension]) -> [AxisWeight] {
    guard let leading = leadingAxis(of: lookup) else { return [] }
    let axes = axes(of: lookup)
    let after = split(point.suffix(block.rest), bits: axes[(leading + 1)...].map { bits[$0] })
    return axes[..<leading].map { _ in .eq([]) } + [.place(block.leading(point), block.first, block.count)]
      + after.map(AxisWeight.eq)
  }

  /// Receives what step 4 lists and makes its claims; returns Σ λ^k·coefficient·2^(−shift)·value over all terms.
  private mutating func receiveLookupValues(_ terms: [LeafTerm]) throws(ReferenceRejection) -> Value {
    var virtuals: [(term: LeafTerm, factor: Extension)] = []
    var places: [[Int]: Int] = [:]
    for term in terms where circuit.columns[term.column].kind == .virtual {
      if let place = places[[term.lookup, term.column]] {
        virtuals[place].factor += term.factor
      } else {
        places[[term.lookup, term.column]] = virtuals.count
        virtuals.append((term, term.factor))
      }
    }
    let sums = holdings.map { columns in
      let held = Set(columns)
      return terms.filter { held.contains(.listed($0.column)) }
    }.filter { !$0.isEmpty }
    let values = try transcript.receiveValues("lookup.values", virtuals.count + sums.count)

    var total = Value(.zero)
    for (listed, value) in zip(virtuals, values) {
      virtualClaims.append(VirtualClaim(column: listed.term.column, weights: listed.term.weights, value: value))
      total += value * listed.factor
    }
    for (terms, value) in zip(sums, values[virtuals.count...]) {
      let products = terms.map { WeightProduct(column: .listed($0.column), factor: $0.factor, weights: $0.weights) }
      claims.append(Claim(products: products, value: value))
      total += value
    }
    for term in terms where circuit.columns[term.column].kind.isKnown {
      total += Value(knownValue(term.column, term.weights) * term.factor)
    }
    return total
  }

  /// 1, or the indicator of the true sizes after the leading axis where the padding is not looked up (§6).
  private func numerator(_ lookup: Lookup, _ point: [Extension]) -> Extension {
    if lookup.forms.allSatisfy({ $0.constant == 0 }), circuit.tables[lookup.table].containsZeros { return .one }
    guard let leading = leadingAxis(of: lookup) else { return .one }
    let axes = axes(of: lookup)[(leading + 1)...]
    return zip(axes, split(point, bits: axes.map { bits[$0] })).reduce(.one) { product, part in
      product * eqSum(part.1[...], over: 0..<sizes[part.0])
    }
  }
}
