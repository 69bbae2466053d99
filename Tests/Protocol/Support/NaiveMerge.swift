import Circuit
import Field
import Prover
import Verifier

/// What a merge leaves to be proved, and all that a forger may want to know about it.
struct MergeEnd {
  let claim: SecureField
  let point: [SecureField]
  let coefficients: [SecureField]
}

/// Tables over the same variables, the first one the most significant.
private struct MergeTables {
  let variableCount: Int
  var values: [SecureField]
  var weights: [SecureField]

  var round: (constant: SecureField, quadratic: SecureField) {
    let half = values.count / 2
    return (0..<half).reduce((SecureField.zero, SecureField.zero)) { sum, i in
      let (value, weight) = (values[i + half] - values[i], weights[i + half] - weights[i])
      return (sum.0 + values[i] * weights[i], sum.1 + value * weight)
    }
  }

  mutating func fold(_ r: SecureField) {
    let half = values.count / 2
    values = (0..<half).map { values[$0] + r * (values[$0 + half] - values[$0]) }
    weights = (0..<half).map { weights[$0] + r * (weights[$0 + half] - weights[$0]) }
  }
}

extension ProverTranscript {
  /// The merge sumcheck over full tables, for true or false claims: a false one shifts the running claim.
  mutating func mergeNaively(
    _ plan: Plan, _ claims: [Claim], _ commitments: [Commitment], _ flaw: Flaw
  ) -> MergeEnd {
    let coefficients = flaw.coefficients(sponge.challenge("merge"), claims)
    var tables: [MergeTables] = []
    for (index, commitment) in commitments.enumerated() {
      let own = zip(coefficients, claims).filter { $0.1.commitment == index }
      if flaw == .columnEnds {
        for column in plan.commitments[index].layout.placements.indices {
          tables.append(plan.columnTables(commitment, index, column, own))
        }
      } else {
        tables.append(plan.tables(commitment, index, own))
      }
    }
    var claim = SecureField.zero
    var point: [SecureField] = []
    for remaining in stride(from: plan.commitments.map(\.variableCount).max() ?? 0, through: 0, by: -1) {
      for (coefficient, joining) in zip(coefficients, claims) where plan.joiningCount(joining, flaw) == remaining {
        claim += coefficient * joining.value.constant
      }
      guard remaining > 0 else { break }
      let active = tables.indices.filter { tables[$0].variableCount >= remaining }
      let rounds = active.map { tables[$0].round }
      let sent = sendRound(
        "merge.round", claim: claim,
        [rounds.reduce(.zero) { $0 + $1.constant }, rounds.reduce(.zero) { $0 + $1.quadratic }])
      claim = sent.claim
      point.append(sent.challenge)
      for index in active { tables[index].fold(sent.challenge) }
    }
    return MergeEnd(claim: claim, point: point, coefficients: coefficients)
  }
}

extension Plan {
  fileprivate func tables(
    _ commitment: Commitment, _ index: Int, _ claims: [(SecureField, Claim)]
  ) -> MergeTables {
    let layout = commitments[index].layout
    let (rowBits, entryBits) = (layout.rowVariableCount, layout.variableCount)
    let size = 1 << (rowBits + entryBits)
    let elements = commitment.rows.elements
    var values = [SecureField](repeating: .zero, count: size)
    var weights = values
    for entry in 0..<1 << entryBits {
      let point = (0..<entryBits).map { SecureField(BaseField(Int64(entry >> (entryBits - 1 - $0) & 1))) }
      for row in 0..<layout.rowCount {
        values[entry << rowBits + row] = SecureField(elements[row << entryBits + entry])
      }
      for (coefficient, claim) in claims {
        for part in claim.parts {
          let placement = layout.placements[part.index]
          for (row, factor) in placement.rowFactors(part.weight.weights, inRow: point).enumerated() {
            weights[entry << rowBits + placement.firstRow + row] += coefficient * part.weight.coefficient * factor
          }
        }
      }
    }
    return MergeTables(variableCount: rowBits + entryBits, values: values, weights: weights)
  }

  /// For a block column.
  fileprivate func columnTables(
    _ commitment: Commitment, _ index: Int, _ column: Int, _ claims: [(SecureField, Claim)]
  ) -> MergeTables {
    let placement = commitments[index].layout.placements[column]
    var weights = [SecureField](repeating: .zero, count: 1 << placement.inRowBits)
    for (coefficient, claim) in claims {
      for part in claim.parts where part.index == column {
        var table = [coefficient * part.weight.coefficient]
        for (weight, bits) in zip(part.weight.weights, placement.bits) { table = outer(table, weight.table(1 << bits)) }
        for entry in table.indices { weights[entry] += table[entry] }
      }
    }
    return MergeTables(
      variableCount: placement.inRowBits, values: block(commitment, placement).map { SecureField($0) },
      weights: weights)
  }

  /// The entries of a block column, padding included.
  func block(_ commitment: Commitment, _ placement: Placement) -> [BaseField] {
    let start = placement.firstRow << commitment.code.variableCount + placement.offset
    return Array(commitment.rows.elements[start..<start + 1 << placement.inRowBits])
  }

  /// What the merge leaves, with these coefficients and this value.
  func openingClaim(_ coefficients: [SecureField], _ value: SecureField, at point: [SecureField]) -> OpeningClaim {
    OpeningClaim(
      parts: commitments.indices.map { index in
        let (inRow, row) = mergePoint(point, index)
        return OpeningClaim.Part(coefficient: coefficients[index], row: row, inRow: inRow)
      }, value: Value(value))
  }

  /// Σ of the weights of each commitment's claims.
  func totals(_ claims: [Claim], _ weights: [SecureField]) -> [SecureField] {
    commitments.indices.map { index in
      zip(claims, weights).reduce(.zero) { $1.0.commitment == index ? $0 + $1.1 : $0 }
    }
  }
}

extension ProverTranscript {
  /// What a flawed protocol sends in addition.
  mutating func sendUnpadded(_ label: String, _ elements: [SecureField]) {
    let own = pads
    pads = nil
    send(label, elements)
    pads = own
  }
}

extension Commitment {
  func row(_ index: Int) -> ArraySlice<BaseField> {
    rows.elements[index << code.variableCount..<(index + 1) << code.variableCount]
  }
}
