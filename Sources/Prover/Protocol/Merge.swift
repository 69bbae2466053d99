import Circuit
import Execution
import Field
import Verifier

/// One commitment's side of the merge: first over the entries of a row, then over the rows.
///
/// The entries' high bits are bound in sums of small tables, for which one pass over the rows is made; a second one folds
/// the rows by what they were bound to.
private struct MergeInstance {
  let commitment: Commitment
  let variableCount: Int
  let weights: GroupedWeights
  /// Σ_pairs Σ_y matrix(y)·weight(y), while entries are being bound.
  var pairs: [ProductSumcheck]
  /// By value of the high bits, then by member: what the groups' low parts make of the rows, and the members' weights.
  var high: ProductSumcheck?
  /// The rows, bound to the high bits.
  var lowRows: [SecureTable] = []
  /// The claims' weights.
  let products: [(placement: Placement, coefficient: SecureField, weights: [AxisWeight])]
  /// By row, once the entries are bound.
  private(set) var rowWeights: [SecureField] = []
}

extension ProverTranscript {
  /// Step 5: all claims by one sumcheck; returns its point.
  package mutating func mergeClaims(
    _ plan: Plan, _ claims: [Claim], _ commitments: [Commitment], threads: Int
  ) -> OpeningClaim {
    let gammas = powers(of: sponge.challenge("merge"), count: claims.count)
    var instances = commitments.indices.map { index in
      let own = zip(gammas, claims).filter { $0.1.commitment == index }
      return mergeInstance(plan, index, commitments[index], own, threads: threads)
    }
    defer { for index in instances.indices { instances[index].erase(threads: threads) } }
    let (point, value) = sendBatch(
      "merge.round", zip(gammas, claims).map { (plan.commitments[$1.commitment].variableCount, $0 * $1.value.constant) },
      roundCount: plan.mergeRoundCount
    ) { remaining in
      var (constant, quadratic) = (SecureField.zero, SecureField.zero)
      for index in instances.indices where instances[index].variableCount >= remaining {
        let sums = instances[index].round(threads: threads)
        constant += sums.constant
        quadratic += sums.quadratic
      }
      return [constant, quadratic]
    } bind: { remaining, point in
      for index in instances.indices where instances[index].variableCount >= remaining {
        point.last.map { instances[index].bind($0) }
        let bound = point.suffix(instances[index].variableCount - remaining + 1)
        let bits = instances[index].weights.bits
        if bound.count == bits.high { instances[index].bindHigh(at: Array(bound), threads: threads) }
        if bound.count == bits.high + bits.low { instances[index].bindRows(at: Array(bound), threads: threads) }
      }
    }
    let parts = plan.commitments.indices.map { index in
      let (inRow, row) = plan.mergePoint(point, index)
      let coefficient = zip(instances[index].rowWeights, Multilinear.equalityTable(row)).reduce(SecureField.zero) { $0 + $1.0 * $1.1 }
      return OpeningClaim.Part(coefficient: coefficient, row: row, inRow: inRow)
    }
    return OpeningClaim(parts: parts, value: Value(value))
  }

  private func mergeInstance(
    _ plan: Plan, _ index: Int, _ commitment: Commitment, _ claims: [(SecureField, Claim)], threads: Int
  ) -> MergeInstance {
    let products = claims.flatMap { gamma, claim in
      claim.parts.map { (plan.commitments[index].layout.placements[$0.index], gamma * $0.weight.coefficient, $0.weight.weights) }
    }
    return MergeInstance(commitment, plan.commitments[index], products, threads: threads)
  }
}

extension MergeInstance {
  init(
    _ commitment: Commitment, _ plan: CommitmentPlan,
    _ products: [(placement: Placement, coefficient: SecureField, weights: [AxisWeight])], threads: Int
  ) {
    (self.commitment, self.products, variableCount) = (commitment, products, plan.variableCount)
    weights = GroupedWeights(
      products, variableCount: plan.layout.variableCount, rowCount: plan.layout.rowCount, threads: threads)
    pairs = weights.dense.map { rows, entries, offset in
      var weight = SecureTable(zeros: 1 << commitment.code.variableCount)
      weight.add(entries, times: .one, at: offset, threads: threads)
      return ProductSumcheck(commitment.combineRows(rows, threads: threads), weight)
    }
    guard !weights.groups.isEmpty else { return }
    if weights.bits.high > 0 { high = highSums(threads: threads) } else { bindHigh(at: [], threads: threads) }
  }

  mutating func erase(threads: Int) {
    for index in pairs.indices { pairs[index].erase(threads: threads) }
    for index in lowRows.indices { lowRows[index].erase() }
    high?.erase(threads: 1)
  }

  /// Rows of the entries with the same high bits.
  private var pieces: PackedRows { commitment.rows.split(1 << weights.bits.low) }

  private func highSums(threads: Int) -> ProductSumcheck {
    let (bits, pieces) = (weights.bits, pieces)
    let used = weights.groups.map(\.rows)
    let passes = used.enumerated().flatMap { group, rows in rows.map { (group: group, row: $0) } }
    var sums = Parallel.map(passes.count, threads: threads) { index in
      let (group, row) = passes[index]
      return pieces.dot(weights.groups[group].low, rows: row << bits.high..<(row + 1) << bits.high, threads: 1)
    }
    let memberCount = weights.groups.reduce(0) { $0 + $1.members.count }
    let pitch = 1 << bitCountOfAxis(memberCount)
    var matrix = [SecureField](repeating: .zero, count: pitch << bits.high)
    defer {
      matrix.erase()
      for index in sums.indices { sums[index].erase() }
    }
    var weight = matrix
    var (member, first) = (0, 0)
    var places = [Int](repeating: 0, count: weights.rowCount)
    for (group, rows) in zip(weights.groups, used) {
      for (place, row) in rows.enumerated() { places[row] = first + place }
      for own in group.members {
        for index in 0..<1 << bits.high {
          weight[index * pitch + member] = own.high[index]
          matrix[index * pitch + member] = own.rows.reduce(.zero) { $0 + $1.weight * sums[places[$1.row]][index] }
        }
        member += 1
      }
      first += rows.count
    }
    return ProductSumcheck(SecureTable(matrix), SecureTable(weight))
  }

  /// Goes over from the high bits of the entries' indices, bound to a point, to the low ones.
  mutating func bindHigh(at point: [SecureField], threads: Int) {
    guard !weights.groups.isEmpty else { return }
    var bound = high?.take(threads: threads)
    bound?.left.erase()
    high = nil
    let memberWeights = bound?.right
    if memberWeights != nil {
      let (pieces, equality) = (pieces, Multilinear.equalityTable(point))
      lowRows = Parallel.map(weights.rowCount, threads: threads) { pieces.combine(equality, from: $0 << point.count, threads: 1) }
    }
    let groups = weights.groups
    let firstMembers = groups.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.members.count) }
    let matrices = Parallel.map(groups.count, threads: threads) { index in
      var coefficients = [SecureField](repeating: .zero, count: weights.rowCount)
      for (place, member) in groups[index].members.enumerated() {
        let factor = memberWeights?[firstMembers[index] + place] ?? member.high[0]
        for (row, weight) in member.rows { coefficients[row] += factor * weight }
      }
      guard memberWeights != nil else { return commitment.combineRows(coefficients, threads: 1) }
      var sum = SecureTable(zeros: 1 << weights.bits.low)
      for row in groups[index].rows { sum.add(lowRows[row], times: coefficients[row]) }
      return sum
    }
    pairs += zip(matrices, groups).map { ProductSumcheck($0, $1.low) }
  }

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
    let first = high?.round(threads: threads.inner) ?? (.zero, .zero)
    return sums.reduce(first) { ($0.constant + $1.constant, $0.quadratic + $1.quadratic) }
  }

  mutating func bind(_ r: SecureField) {
    for index in pairs.indices { pairs[index].bind(r) }
    high?.bind(r)
  }

  /// Goes over from the entries, bound to `inRow`, to the rows.
  mutating func bindRows(at inRow: [SecureField], threads: Int) {
    let rowCount = weights.rowCount
    var values: [SecureField]
    if lowRows.isEmpty {
      values = commitment.evaluateRows(at: inRow, threads: threads)
    } else {
      let low = SecureTable.equality(inRow.suffix(weights.bits.low))
      values = Parallel.map(rowCount, threads: threads) { lowRows[$0].innerProduct(low) }
    }
    erase(threads: threads)
    lowRows = []
    rowWeights = [SecureField](repeating: .zero, count: rowCount)
    let factors = Parallel.map(products.count, threads: threads) { products[$0].placement.rowFactors(products[$0].weights, inRow: inRow) }
    for (product, factors) in zip(products, factors) {
      for (row, factor) in factors.enumerated() { rowWeights[product.placement.firstRow + row] += product.coefficient * factor }
    }
    var (matrix, weight) = (SecureTable(zeros: 1 << (variableCount - inRow.count)), SecureTable(zeros: 1 << (variableCount - inRow.count)))
    for (row, own) in rowWeights.enumerated() { (matrix[row], weight[row]) = (values[row], own) }
    values.erase()
    pairs = [ProductSumcheck(matrix, weight)]
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
      sum?.add(part, times: .one, threads: threads)
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
