import Circuit
import Field
import Verifier

/// A part of a claim's weight: rows(row)·entries(y), y running over a block of a row.
private struct WeightTerm {
  /// By row of the column, from its first row on.
  var rows: [SecureField]
  var firstRow: Int
  var entries: [SecureField]
  var offset: Int
}

extension Placement {
  /// A product of axis weights as a sum of row weights times entry weights.
  fileprivate func terms(_ axes: [AxisWeight], scale: SecureField) -> [WeightTerm] {
    guard !axes.isEmpty else {
      return [WeightTerm(rows: [scale], firstRow: firstRow, entries: [.one], offset: offset)]
    }
    var leading = [scale]
    for axis in 0..<splitAxis { leading = outer(leading, axes[axis].table(shape[axis])) }
    var inner = [SecureField.one]
    for axis in (splitAxis + 1)..<max(splitAxis + 1, axes.count) {
      inner = outer(inner, axes[axis].table(1 << bits[axis]))
    }
    let size = 1 << splitBits
    let table = axes[splitAxis].table(leadingExtent << splitBits)
    let slices = (0..<leadingExtent).map { Array(table[$0 * size..<($0 + 1) * size]) }
    return groupProportional(slices, axes[splitAxis], size: size).map { rows, entries in
      WeightTerm(
        rows: outer(leading, rows), firstRow: firstRow, entries: outer(entries, inner), offset: offset)
    }
  }

  /// Slices of the split axis's weight as (factor by slice, common slice).
  private func groupProportional(
    _ slices: [[SecureField]], _ weight: AxisWeight, size: Int
  ) -> [([SecureField], [SecureField])] {
    var groups: [([SecureField], [SecureField])] = []
    let whole = weight.isContiguous ? min(weight.count / size, slices.count) : 0
    if whole > 0 {
      let highBits = max(0, (weight.point?.count ?? 0) - splitBits)
      let high = weight.point.map { Multilinear.equalityTable(Array($0.prefix(highBits))) }
      let low = weight.point.map { Multilinear.equalityTable(Array($0.suffix($0.count - highBits))) }
      let factors = slices.indices.map { $0 < whole ? (high?[$0] ?? .one) : SecureField.zero }
      groups.append((factors, low ?? Array(repeating: .one, count: size)))
    }
    for (index, slice) in slices.enumerated().dropFirst(whole) where slice.contains(where: { $0 != .zero }) {
      groups.append((slices.indices.map { $0 == index ? .one : .zero }, slice))
    }
    return groups
  }
}

/// One commitment's side of the merge: first over the entries of a row, then over the rows.
private struct MergeInstance {
  let commitment: Commitment
  let variableCount: Int
  /// Σ_pairs Σ_y matrix(y)·weight(y), while entries are being bound.
  var pairs: [(matrix: SecureTable, weight: SecureTable)]
  let entryVariableCount: Int
  /// Rows of the columns.
  let rowCount: Int
  /// The weight of a row once the entries are bound.
  let rowWeight: ([SecureField]) -> [SecureField]
}

extension ProverTranscript {
  /// Step 5: all claims by one sumcheck; returns its point.
  package mutating func mergeClaims(
    _ plan: Plan, _ claims: [Claim], _ commitments: [Commitment], threads: Int
  ) -> OpeningClaim {
    let gammas = powers(of: sponge.challenge("merge"), count: claims.count)
    var instances = commitments.indices.map { index in
      let own = zip(gammas, claims).filter { $0.1.slot.commitment == index }
      return mergeInstance(plan, index, commitments[index], own, threads: threads)
    }
    defer { for index in instances.indices { instances[index].erase() } }
    var claim = SecureField.zero
    var point: [SecureField] = []
    for remaining in stride(from: plan.mergeRoundCount, to: 0, by: -1) {
      var (constant, quadratic) = (SecureField.zero, SecureField.zero)
      for index in instances.indices where instances[index].variableCount >= remaining {
        if instances[index].variableCount == remaining {
          for (gamma, claimed) in zip(gammas, claims) where claimed.slot.commitment == index {
            claim += gamma * claimed.value.constant
          }
        }
        for pair in instances[index].pairs {
          let round = productRound(pair.matrix, pair.weight, threads: threads)
          constant += round.constant
          quadratic += round.quadratic
        }
      }
      let round = sendRound("merge.round", claim: claim, [constant, quadratic])
      claim = round.claim
      point.append(round.challenge)
      for index in instances.indices where instances[index].variableCount >= remaining {
        for pair in instances[index].pairs.indices {
          instances[index].pairs[pair].matrix.fold(round.challenge, threads: threads)
          instances[index].pairs[pair].weight.fold(round.challenge, threads: threads)
        }
        let bound = instances[index].variableCount - remaining + 1
        if bound == instances[index].entryVariableCount {
          instances[index].bindRows(at: Array(point.suffix(bound)), threads: threads)
        }
      }
    }
    let parts = plan.commitments.indices.map { index in
      let (inRow, row) = plan.mergePoint(point, index)
      let weights = instances[index].rowWeight(inRow)
      let coefficient = zip(weights, Multilinear.equalityTable(row)).reduce(SecureField.zero) { $0 + $1.0 * $1.1 }
      return OpeningClaim.Part(coefficient: coefficient, row: row, inRow: inRow)
    }
    return OpeningClaim(parts: parts, value: Value(claim))
  }

  private func mergeInstance(
    _ plan: Plan, _ index: Int, _ commitment: Commitment, _ claims: [(SecureField, Claim)], threads: Int
  ) -> MergeInstance {
    let commitmentPlan = plan.commitments[index]
    let rowLength = 1 << commitment.code.variableCount
    var single: [Int: [SecureField]] = [:]
    var pairs: [(matrix: SecureTable, weight: SecureTable)] = []
    for (gamma, claim) in claims {
      for product in claim.weight {
        for term in plan.placement(claim.slot).terms(product.axes, scale: gamma * product.coefficient) {
          if term.rows.count == 1 {
            var weight = single[term.firstRow] ?? Array(repeating: .zero, count: rowLength)
            for (entry, value) in term.entries.enumerated() { weight[term.offset + entry] += term.rows[0] * value }
            single[term.firstRow] = weight
          } else {
            let matrix = commitment.combineRows(term.rows, from: term.firstRow, threads: threads)
            pairs.append((matrix, SecureTable(term.entries)))
          }
        }
      }
    }
    for (row, weight) in single.sorted(by: { $0.key < $1.key }) {
      pairs.append((commitment.combineRows([.one], from: row, threads: threads), SecureTable(weight)))
    }
    return MergeInstance(
      commitment: commitment, variableCount: commitmentPlan.variableCount, pairs: pairs,
      entryVariableCount: commitmentPlan.layout.variableCount, rowCount: commitmentPlan.layout.rowCount
    ) { inRow in
      var weights = [SecureField](repeating: .zero, count: commitmentPlan.layout.rowCount)
      for (gamma, claim) in claims {
        let placement = plan.placement(claim.slot)
        for product in claim.weight {
          let scale = gamma * product.coefficient
          for (row, factor) in placement.rowFactors(product.axes, inRow: inRow).enumerated() {
            weights[placement.firstRow + row] += scale * factor
          }
        }
      }
      return weights
    }
  }
}

extension MergeInstance {
  mutating func erase() { for index in pairs.indices { pairs[index].matrix.erase() } }

  /// Goes over from the entries, bound to `inRow`, to the rows.
  mutating func bindRows(at inRow: [SecureField], threads: Int) {
    let size = 1 << (variableCount - entryVariableCount)
    let padding = repeatElement(SecureField.zero, count: size - rowCount)
    let matrix = commitment.evaluateRows(at: inRow, threads: threads).prefix(rowCount) + padding
    erase()
    pairs = [(SecureTable(Array(matrix)), SecureTable(rowWeight(inRow) + padding))]
  }
}

extension Commitment {
  /// Σ_i weights[i]·row(first + i).
  func combineRows(_ weights: [SecureField], from first: Int, threads: Int) -> SecureTable {
    Prover.combineRows(weights, rows, firstRow: first, width: 1 << code.variableCount, threads: threads)
  }

  /// Every row's extension at a point.
  func evaluateRows(at point: [SecureField], threads: Int) -> [SecureField] {
    dotRows(rows, SecureTable.equality(point, threads: threads), threads: threads)
  }
}
