/// What the merge leaves to the opening (§8.2): Σ_c Ω_c·⟨eq(p_c,lo), h_c⟩ = value.
struct MergedClaim {
  struct Part {
    var low: [Extension]
    var rowPoint: [Extension]
    var factor: Extension
  }

  var parts: [Part]
  var value: Value
}

extension ProofCheck {
  /// The columns of §8.1, in order.
  var paddedColumns: [Int] {
    commitments.flatMap { commitment in
      commitment.columns.enumerated().compactMap { index, column -> Int? in
        guard case .listed(let listed) = column, circuit.columns[listed].kind == .advice,
          commitment.layout.extents(index) != commitment.layout.shapes[index].sizes
        else { return nil }
        return listed
      }
    }.sorted()
  }

  /// §8.1.
  mutating func claimPadding() {
    let padded = paddedColumns
    let most = padded.map { bits(ofColumn: $0).reduce(0, +) }.max() ?? 0
    let tau = transcript.challenges("padding", most)
    ledger.add(most)
    for column in padded {
      let bits = bits(ofColumn: column)
      let parts = split(Array(tau[(most - bits.reduce(0, +))...]), bits: bits)
      let cuts = zip(parts, sizes(ofColumn: column)).map { AxisWeight.cut($0, $1) }
      claims.append(
        Claim(
          products: [
            WeightProduct(column: .listed(column), weights: parts.map(AxisWeight.eq)),
            WeightProduct(column: .listed(column), factor: .zero - .one, weights: cuts),
          ], value: Value(.zero)))
    }
  }

  /// §8.2.
  mutating func merge() throws(ReferenceRejection) -> MergedClaim {
    let gamma = transcript.challenge("merge")
    ledger.add(claims.count)
    var homes: [CommittedColumn: (commitment: Int, index: Int)] = [:]
    for (c, commitment) in commitments.enumerated() {
      for (index, column) in commitment.columns.enumerated() { homes[column] = (c, index) }
    }
    var located: [(claim: Claim, power: Extension, commitment: Int)] = []
    var power = Extension.one
    for claim in claims {
      if let home = claim.products.first.flatMap({ homes[$0.column] }) { located.append((claim, power, home.commitment)) }
      power *= gamma
    }

    let rounds = commitments.map(\.variableCount).max() ?? 0
    var e = Value(.zero)
    var rho: [Extension] = []
    for remaining in stride(from: rounds, through: 0, by: -1) {
      for item in located where commitments[item.commitment].variableCount == remaining {
        e += item.claim.value * item.power
      }
      if remaining == 0 { break }
      e = try quadraticRound("merge.round", e, &rho)
    }

    let parts = commitments.indices.map { c in
      let commitment = commitments[c]
      let point = rho[(rounds - commitment.variableCount)...]
      let low = Array(point.prefix(commitment.code.rowBits))
      let rowPoint = Array(point.dropFirst(commitment.code.rowBits))
      let rowTable = eqTable(rowPoint[...])
      var factor = Extension.zero
      for item in located where item.commitment == c {
        for product in item.claim.products {
          guard let home = homes[product.column] else { continue }
          let weight = commitment.layout.evaluate(product.weights, at: home.index, rowTable: rowTable, low: low)
          factor += item.power * product.factor * weight
        }
      }
      return MergedClaim.Part(low: low, rowPoint: rowPoint, factor: factor)
    }
    return MergedClaim(parts: parts, value: e)
  }

  /// One sumcheck round of degree 2: receives c0 and c2, c1 = e − 2·c0 − c2; appends ρ and returns the value there.
  mutating func quadraticRound(
    _ label: String, _ e: Value, _ rho: inout [Extension]
  ) throws(ReferenceRejection) -> Value {
    let c = try transcript.receiveValues(label, 2)
    let challenge = transcript.challenge(label)
    ledger.add(2)
    rho.append(challenge)
    return evaluate([c[0], e - c[0] - c[0] - c[1], c[1]], at: challenge)
  }
}
