import Circuit
import Execution
import Field
import Verifier

/// What makes row weights, or entry weights, equal.
private struct WeightKey: Hashable {
  /// Row or offset that they begin at.
  var start: Int
  var bits: [Int]
  var axes: [AxisWeight]
  /// Of the split axis's weight: the part that is meant, and the slice where slices are not proportional.
  var split: [SecureField]?
  var slice: Int
}

/// A part of a claim's weight: scale·rows(row)·entries(y), y running over a block of a row.
private struct WeightTerm {
  var scale: SecureField
  /// By row of the column, from its first row on.
  var rows: [SecureField]
  var rowKey: WeightKey
  /// Tables whose product the entry weights are, the last one running fastest.
  var entryFactors: [[SecureField]]
  var entryKey: WeightKey
}

extension Placement {
  /// A product of axis weights as a sum of row weights times entry weights.
  fileprivate func terms(_ axes: [AxisWeight], scale: SecureField) -> [WeightTerm] {
    var rowKey = WeightKey(start: firstRow, bits: [rowCount, offset], axes: Array(axes.prefix(splitAxis)), slice: -1)
    var entryKey = WeightKey(
      start: offset, bits: bits.suffix(from: min(splitAxis + 1, bits.count)) + [splitBits],
      axes: Array(axes.dropFirst(splitAxis + 1)), slice: -1)
    guard !axes.isEmpty else {
      return [WeightTerm(scale: scale, rows: [.one], rowKey: rowKey, entryFactors: [], entryKey: entryKey)]
    }
    var leading = [SecureField.one]
    for axis in 0..<splitAxis { leading = outer(leading, axes[axis].table(shape[axis])) }
    let inner = (splitAxis + 1..<axes.count).map { axes[$0].table(1 << bits[$0]) }
    let (split, size) = (axes[splitAxis], 1 << splitBits)
    var terms: [WeightTerm] = []
    // Slices of the split axis's weight that are multiples of one, then the others.
    let whole = split.isContiguous ? min(split.count / size, leadingExtent) : 0
    if whole > 0 {
      let highBits = max(0, (split.point?.count ?? 0) - splitBits)
      (rowKey.split, entryKey.split) = (split.point.map { Array($0.prefix(highBits)) }, split.point.map { Array($0.dropFirst(highBits)) })
      rowKey.slice -= whole
      let factors = rowKey.split.map(Multilinear.equalityTable) ?? Array(repeating: .one, count: whole)
      let low = entryKey.split.map(Multilinear.equalityTable) ?? Array(repeating: .one, count: size)
      let rows = (0..<leadingExtent).map { $0 < whole ? factors[$0] : .zero }
      terms.append(
        WeightTerm(
          scale: scale, rows: outer(leading, rows), rowKey: rowKey, entryFactors: [low] + inner, entryKey: entryKey))
    }
    (rowKey.split, entryKey.split) = (nil, split.point)
    entryKey.axes.append(split)
    let table = whole < leadingExtent ? split.table(leadingExtent << splitBits) : []
    for slice in whole..<leadingExtent {
      let entries = Array(table[slice * size..<(slice + 1) * size])
      guard entries.contains(where: { $0 != .zero }) else { continue }
      (rowKey.slice, entryKey.slice) = (slice, slice)
      let rows = (0..<leadingExtent).map { $0 == slice ? SecureField.one : .zero }
      terms.append(
        WeightTerm(
          scale: scale, rows: outer(leading, rows), rowKey: rowKey, entryFactors: [entries] + inner, entryKey: entryKey))
    }
    return terms
  }
}

/// Terms with the same entry weights, or with the same row weights for one column, as one.
private func joined(
  _ terms: [WeightTerm], rowCount: Int, threads: Int
) -> [(rows: [SecureField], entries: SecureTable, offset: Int)] {
  func grouped(_ terms: [WeightTerm], by key: KeyPath<WeightTerm, WeightKey>) -> [[WeightTerm]] {
    var places: [WeightKey: Int] = [:]
    var groups: [[WeightTerm]] = []
    for term in terms {
      if let place = places[term[keyPath: key]] {
        groups[place].append(term)
      } else {
        places[term[keyPath: key]] = groups.count
        groups.append([term])
      }
    }
    return groups
  }
  func rows(_ terms: [WeightTerm], _ scale: KeyPath<WeightTerm, SecureField>?) -> [SecureField] {
    var rows = [SecureField](repeating: .zero, count: rowCount)
    for term in terms {
      let factor = scale.map { term[keyPath: $0] } ?? .one
      for (row, weight) in term.rows.enumerated() { rows[term.rowKey.start + row] += factor * weight }
    }
    return rows
  }
  let byEntries = grouped(terms, by: \.entryKey)
  let single = grouped(byEntries.filter { $0.count == 1 }.map { $0[0] }, by: \.rowKey)
  let sameEntries = byEntries.filter { $0.count > 1 }.map { terms in
    (rows(terms, \.scale), SecureTable(outer: terms[0].entryFactors, threads: threads), terms[0].entryKey.start)
  }
  return sameEntries + single.map { terms in
    let entries = sumOfOuterProducts(terms.map { ($0.scale, $0.entryFactors) }, threads: threads)
    return (rows([terms[0]], nil), entries, terms[0].entryKey.start)
  }
}

/// Σ scale·(outer product of factors), the last factor running fastest; a first or last factor that is common to all is
/// multiplied once.
private func sumOfOuterProducts(
  _ terms: [(scale: SecureField, factors: [[SecureField]])], threads: Int
) -> SecureTable {
  func common(_ factor: ([[SecureField]]) -> [SecureField]?) -> [SecureField]? {
    guard terms.count > 1, let own = factor(terms[0].factors) else { return nil }
    return terms.allSatisfy { factor($0.factors) == own } ? own : nil
  }
  func rest(_ factors: ([[SecureField]]) -> ArraySlice<[SecureField]>) -> [SecureField] {
    sumOfOuterProducts(terms.map { ($0.scale, Array(factors($0.factors))) }, threads: threads).values
  }
  if let first = common(\.first) { return SecureTable(outer: [first, rest { $0.dropFirst() }], threads: threads) }
  if let last = common(\.last) { return SecureTable(outer: [rest { $0.dropLast() }, last], threads: threads) }
  var sum = SecureTable(zeros: terms[0].factors.reduce(1) { $0 * $1.count })
  for term in terms {
    sum.add(SecureTable(outer: [[term.scale]] + term.factors, threads: threads), scaledBy: .one, threads: threads)
  }
  return sum
}

/// One commitment's side of the merge: first over the entries of a row, then over the rows.
private struct MergeInstance {
  let commitment: Commitment
  let variableCount: Int
  /// Σ_pairs Σ_y matrix(y)·weight(y), while entries are being bound.
  var pairs: [ProductSumcheck]
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
    defer { for index in instances.indices { instances[index].erase(threads: threads) } }
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
        let sums = instances[index].round(threads: threads)
        constant += sums.constant
        quadratic += sums.quadratic
      }
      let round = sendRound("merge.round", claim: claim, [constant, quadratic])
      claim = round.claim
      point.append(round.challenge)
      for index in instances.indices where instances[index].variableCount >= remaining {
        instances[index].bind(round.challenge)
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
    var terms: [WeightTerm] = []
    for (gamma, claim) in claims {
      for product in claim.weight {
        terms += plan.placement(claim.slot).terms(product.axes, scale: gamma * product.coefficient)
      }
    }
    func weight(_ entries: SecureTable, at offset: Int) -> SecureTable {
      guard entries.count < rowLength else { return entries }
      var weight = SecureTable(zeros: rowLength)
      weight.add(entries, scaledBy: .one, at: offset, threads: threads)
      return weight
    }
    var single: [Int: SecureTable] = [:]
    var pairs: [ProductSumcheck] = []
    for (rows, entries, offset) in joined(terms, rowCount: commitment.rowCount, threads: threads) {
      let used = rows.indices.filter { rows[$0] != .zero }
      if used.count == 1 {
        single[used[0], default: SecureTable(zeros: rowLength)].add(
          entries, scaledBy: rows[used[0]], at: offset, threads: threads)
      } else {
        pairs.append(ProductSumcheck(commitment.combineRows(rows, threads: threads), weight(entries, at: offset)))
      }
    }
    for (row, weight) in single.sorted(by: { $0.key < $1.key }) {
      pairs.append(ProductSumcheck(commitment.combineRows([.one], from: row, threads: threads), weight))
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
  mutating func erase(threads: Int) { for index in pairs.indices { pairs[index].erase(threads: threads) } }

  /// Threads for the pairs, and within each: small tables leave nothing to share out.
  private func shares(_ threads: Int) -> (outer: Int, inner: Int) {
    pairs.count >= 2 * threads ? (threads, 1) : (1, threads)
  }

  mutating func round(threads: Int) -> (constant: SecureField, quadratic: SecureField) {
    let threads = shares(threads)
    let sums = pairs.withUnsafeMutableBufferPointer { pairs in
      let pairs = pairs
      return Parallel.map(pairs.count, threads: threads.outer) { pairs[$0].round(threads: threads.inner) }
    }
    return sums.reduce((.zero, .zero)) { ($0.0 + $1.constant, $0.1 + $1.quadratic) }
  }

  mutating func bind(_ r: SecureField) { for index in pairs.indices { pairs[index].bind(r) } }

  /// Goes over from the entries, bound to `inRow`, to the rows.
  mutating func bindRows(at inRow: [SecureField], threads: Int) {
    let size = 1 << (variableCount - entryVariableCount)
    let padding = repeatElement(SecureField.zero, count: size - rowCount)
    let matrix = commitment.evaluateRows(at: inRow, threads: threads).prefix(rowCount) + padding
    erase(threads: threads)
    pairs = [ProductSumcheck(SecureTable(Array(matrix)), SecureTable(rowWeight(inRow) + padding))]
  }
}

extension Commitment {
  /// Σ_i weights[i]·row(i), over runs of rows whose weights are not zero.
  fileprivate func combineRows(_ weights: [SecureField], threads: Int) -> SecureTable {
    var sum: SecureTable?
    var row = 0
    while let first = weights[row...].firstIndex(where: { $0 != .zero }) {
      row = weights[first...].firstIndex(of: .zero) ?? weights.count
      var part = combineRows(Array(weights[first..<row]), from: first, threads: threads)
      guard sum != nil else {
        sum = part
        continue
      }
      sum?.add(part, scaledBy: .one, threads: threads)
      part.erase()
    }
    return sum ?? SecureTable(zeros: 1 << code.variableCount)
  }

  /// Σ_i weights[i]·row(first + i).
  func combineRows(_ weights: [SecureField], from first: Int, threads: Int) -> SecureTable {
    rows.combine(weights, from: first, threads: threads)
  }

  /// Every row's extension at a point.
  func evaluateRows(at point: [SecureField], threads: Int) -> [SecureField] {
    rows.dot(SecureTable.equality(point, threads: threads), rows: 0..<rowCount, threads: threads)
  }
}
