import Circuit
import Field
import Verifier

/// A code whose symbols the next level opens.
private struct OpeningCode {
  let opened: OpenedCode
  /// By number of rows as in `opened`.
  let trees: [Commitment]

  func leaf(_ position: Int) -> [BaseField] { trees.flatMap { $0.leaf(position) } }

  /// Σ_k weight_k·part of row k, over the rows of all trees.
  func combine(_ weights: [SecureField], _ part: (Commitment, [SecureField]) -> SecureTable) -> SecureTable {
    var rest = weights[...]
    var sum: SecureTable?
    for tree in trees {
      let own = part(tree, Array(rest.prefix(tree.rowCount)))
      rest = rest.dropFirst(tree.rowCount)
      if sum == nil { sum = own } else { sum?.add(own, scaledBy: .one) }
    }
    return sum ?? SecureTable(zeros: 0)
  }
}

extension ProverTranscript {
  /// Step 7: opens all commitments at once by recursive folding. docs/protocol.md §9.
  ///
  /// - Parameter trees: By commitment, what is opened at the same positions.
  /// - Returns: The opened positions of each commitment.
  @discardableResult
  package mutating func open(
    _ plan: Plan, _ trees: [[Commitment]], _ claim: OpeningClaim, threads: Int
  ) -> [[Int]] {
    var codes = zip(plan.openedCodes(claim), trees).map { OpeningCode(opened: $0, trees: $1) }
    let size = 1 << (plan.levels.first.map(\.variableCount) ?? 0)
    var vector = SecureTable(zeros: size)
    var weight = SecureTable(zeros: size)
    for code in codes {
      for fold in code.opened.folds {
        let rows = code.combine(fold.weights) { $0.combineRows($1, from: 0, threads: threads) }
        vector.replace(at: fold.block.entries << code.opened.code.variableCount, with: rows)
        guard let tail = fold.block.tail else { continue }
        vector.replace(
          at: tail * code.opened.code.tailCount,
          with: code.combine(fold.weights) { $0.combineTails($1, threads: threads) })
      }
    }
    for part in plan.openingWeights(claim) {
      weight.replace(at: part.block << part.variableCount, with: part.table(threads: threads))
    }
    var running = claim.value.constant
    var firstPositions: [[Int]]?
    for level in plan.levels {
      var next: Commitment?
      switch level {
      case .clear(let elementCount): send("final", Array(vector.values.prefix(elementCount)))
      case .committed(let code, let rowCount, _):
        let commitment = Commitment(secure: vector, rowCount: rowCount, code: code, threads: threads)
        sendBytes("level", commitment.tree.root.bytes)
        next = commitment
      }
      grind(bits: Code.grindingBits)
      let positions = codes.map { openLeaves($0) }
      firstPositions = firstPositions ?? positions
      running += addSymbols(codes, positions, to: &weight, threads: threads)
      var point: [SecureField] = []
      for _ in 0..<level.roundCount {
        let round = productRound(vector, weight, threads: threads)
        let sent = sendRound("fold.round", claim: running, [round.constant, round.quadratic])
        running = sent.claim
        point.append(sent.challenge)
        vector.fold(sent.challenge, threads: threads)
        weight.fold(sent.challenge, threads: threads)
      }
      codes = next.map { commitment in
        let opened = OpenedCode(commitment.code, rowCount: commitment.rowCount / 2, boundTo: point)
        return [OpeningCode(opened: opened, trees: [commitment])]
      } ?? []
    }
    return firstPositions ?? []
  }

  /// Adds the opened symbols' weights; returns what they add to the claim.
  private mutating func addSymbols(
    _ codes: [OpeningCode], _ positions: [[Int]], to weight: inout SecureTable, threads: Int
  ) -> SecureField {
    let combine = sponge.challenge("combine")
    var (power, sum) = (SecureField.one, SecureField.zero)
    for (code, positions) in zip(codes, positions) {
      let folds = code.opened.folds
      var powers = [[SecureField]](repeating: [], count: folds.count)
      for position in positions {
        let leaf = code.leaf(position)
        for (index, fold) in folds.enumerated() {
          power *= combine
          powers[index].append(power)
          sum += power * fold.symbol(leaf)
        }
      }
      let parameters = code.opened.code
      let points = parameters.points(at: positions)
      for (fold, powers) in zip(folds, powers) {
        weight.addPowers(
          of: points, scaledBy: powers, offset: fold.block.entries << parameters.variableCount,
          variableCount: parameters.variableCount, threads: threads)
        guard let tail = fold.block.tail else { continue }
        weight.addPowers(
          of: points, scaledBy: zip(powers, points).map { $0 * parameters.tailShift($1) },
          offset: tail * parameters.tailCount, variableCount: bitCountOfAxis(parameters.tailCount), threads: threads)
      }
    }
    return sum
  }

  /// Draws positions and sends the leaves there with their siblings, tree by tree.
  private mutating func openLeaves(_ code: OpeningCode) -> [Int] {
    let parameters = code.opened.code
    let positions = sponge.positions(
      "positions", count: parameters.queryCount, domainBits: parameters.domainBits)
    for tree in code.trees {
      sendBytes("leaves", positions.flatMap { tree.leafBytes($0) })
      hint(tree.tree.siblings(at: positions).flatMap(\.bytes), label: "paths")
    }
    return positions
  }
}

extension TensorWeight {
  /// The weight on its block.
  fileprivate func table(threads: Int) -> SecureTable {
    switch factors {
    case .equality(let point): SecureTable.equality(point, scale: coefficient, threads: threads)
    case .table(let entries): SecureTable(entries.map { $0 * coefficient })
    case .powers(let z, let variableCount):
      SecureTable(powers(of: SecureField(z), count: 1 << variableCount).map { $0 * coefficient })
    }
  }
}

extension Commitment {
  /// Σ_i weights[i]·tail of row i.
  fileprivate func combineTails(_ weights: [SecureField], threads: Int) -> SecureTable {
    Prover.combineRows(weights, tails, firstRow: 0, width: code.tailCount, threads: threads)
  }
}

extension Level {
  /// Variables of the padded vector.
  var variableCount: Int {
    switch self {
    case .clear(let elementCount): bitCountOfAxis(elementCount)
    case .committed(let code, let rowCount, _): code.variableCount + bitCountOfAxis(rowCount)
    }
  }
}

extension Commitment {
  /// Rows of elements of K: for each the row of first coordinates, then that of second ones.
  init(secure vector: SecureTable, rowCount: Int, code: Code, threads: Int) {
    var rows: [BaseField] = []
    let length = 1 << code.variableCount
    rows.reserveCapacity(2 * rowCount * length)
    for row in 0..<rowCount {
      let entries = row * length / 8..<(row + 1) * length / 8
      for plane in [\SecureLanes.c0, \SecureLanes.c1] {
        for group in entries {
          let lanes = vector.lanes[group][keyPath: plane]
          for lane in 0..<BaseLanes.laneCount { rows.append(lanes[lane]) }
        }
      }
    }
    self.init(rows: rows, code: code, threads: threads)
  }
}
