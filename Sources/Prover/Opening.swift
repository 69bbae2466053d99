import Circuit
import Field
import Verifier

/// A code whose symbols the next level opens.
private struct OpeningCode {
  let opened: OpenedCode
  let commitment: Commitment
}

extension ProverTranscript {
  /// Step 7: opens all commitments at once by recursive folding. docs/protocol.md §9.
  ///
  /// - Parameter random: What the hiding mode draws its masks from.
  /// - Returns: The opened positions of each commitment.
  /// - Throws: `.key`.
  @discardableResult
  package mutating func open(
    _ plan: Plan, _ commitments: [Commitment], _ claim: OpeningClaim, random: (any SecretSource)? = nil, threads: Int
  ) throws(ProvingError) -> [[Int]] {
    var codes = zip(plan.openedCodes(claim), commitments).map { OpeningCode(opened: $0, commitment: $1) }
    let size = 1 << (plan.levels.first.map(\.variableCount) ?? 0)
    var vector = SecureTable(folding: codes, count: size, threads: threads)
    defer { vector.erase() }
    var weight = SecureTable(zeros: size)
    for part in plan.openingWeights(claim) {
      weight.replace(at: part.block << part.variableCount, with: part.table(threads: threads))
    }
    var running = claim.value.constant
    var firstPositions: [[Int]]?
    for level in plan.levels {
      var next: Commitment?
      var masks = random.flatMap { LevelMasks(level, random: $0) }
      switch level {
      case .clear(let elementCount): send("final", Array(vector.values.prefix(elementCount)))
      case .committed(let code, let rowCount, _):
        var rows = vector.rowPairs(
          rowCount, length: 1 << code.variableCount, roomForRows: masks == nil ? 0 : LevelMasks.rowCount)
        let commitment =
          masks?.commit(&rows, threads: threads) ?? Commitment(rows: rows, code: code, threads: threads)
        rows.erase()
        sendBytes("level", commitment.root.bytes)
        next = commitment
      }
      grind(bits: Code.grindingBits)
      let openings = try codes.map { code throws(ProvingError) in try openLeaves(code) }
      firstPositions = firstPositions ?? openings.map(\.positions)
      running += addSymbols(codes, openings, to: &weight, threads: threads)
      masks?.claim = Value(running)
      pads = masks?.pads
      var point: [SecureField] = []
      for _ in 0..<level.roundCount {
        let round = productRound(vector, weight, threads: threads)
        let sent = sendRound("fold.round", claim: running, [round.constant, round.quadratic])
        masks?.follow([round.constant, round.quadratic], sent.challenge)
        running = sent.claim
        point.append(sent.challenge)
        vector.fold(sent.challenge, threads: threads)
        weight.fold(sent.challenge, threads: threads)
      }
      pads = nil
      var fold = SecureField.one
      if let masks, let next {
        let value = masks.value(next, weight, threads: threads)
        send("mask.value", [value])
        fold = sponge.challenge("mask.fold")
        running = value + fold * masks.claim.constant
      }
      guard let next, let opened = level.openedCode(boundTo: point, fold: fold) else { continue }
      codes = [OpeningCode(opened: opened, commitment: next)]
      guard let masks else { continue }
      let size = 1 << (level.blockVariableCount + next.code.variableCount)
      vector.erase()
      vector = SecureTable(folding: codes, count: size, threads: threads)
      var blocks = SecureTable(zeros: size)
      for (block, table) in zip(level.maskedBlocks, [weight, masks.weight]) {
        blocks.replace(at: block.entries << next.code.variableCount, with: table)
      }
      weight = blocks
    }
    return firstPositions ?? []
  }

  /// Adds the opened symbols' weights; returns what they add to the claim.
  private mutating func addSymbols(
    _ codes: [OpeningCode], _ openings: [LeafOpening], to weight: inout SecureTable, threads: Int
  ) -> SecureField {
    let combine = sponge.challenge("combine")
    var (power, sum) = (SecureField.one, SecureField.zero)
    for (code, opening) in zip(codes, openings) {
      let folds = code.opened.folds
      var powers = [[SecureField]](repeating: [], count: folds.count)
      for leaf in opening.symbols(rowCount: code.commitment.rowCount) {
        for (index, fold) in folds.enumerated() {
          power *= combine
          powers[index].append(power)
          sum += power * fold.symbol(leaf)
        }
      }
      for (fold, powers) in zip(folds, powers) {
        weight.addPowers(of: code.opened.code, at: opening.positions, scaledBy: powers, to: fold.block, threads: threads)
      }
    }
    return sum
  }

  /// Draws positions and sends the leaves there with their siblings.
  private mutating func openLeaves(_ code: OpeningCode) throws(ProvingError) -> LeafOpening {
    let parameters = code.opened.code
    let positions = sponge.positions(
      "positions", count: parameters.queryCount, domainBits: parameters.domainBits)
    let opening = try code.commitment.leaves.open(at: positions)
    sendBytes("leaves", opening.bytes)
    hint(opening.siblings.flatMap(\.bytes), label: "paths")
    return opening
  }
}

extension SecureTable {
  /// H: the sums of rows and tails that the codes' folds name, each in its block.
  fileprivate init(folding codes: [OpeningCode], count: Int, threads: Int) {
    self.init(zeros: count)
    for code in codes {
      for fold in code.opened.folds {
        let (commitment, parameters) = (code.commitment, code.opened.code)
        var entries = commitment.combineRows(fold.weights, from: 0, threads: threads)
        replace(at: fold.block.entries << parameters.variableCount, with: entries)
        entries.erase()
        guard let block = fold.block.tail else { continue }
        var tail = commitment.combineTails(fold.weights, threads: threads)
        replace(at: block * parameters.tailCount, with: tail)
        tail.erase()
      }
    }
  }
}

extension TensorWeight {
  /// The weight on its block.
  fileprivate func table(threads: Int) -> SecureTable {
    switch factors {
    case .equality(let point): SecureTable.equality(point, scale: coefficient, threads: threads)
    case .table(let entries): SecureTable(entries.map { $0 * coefficient })
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

extension SecureTable {
  /// The first `rowCount` rows of `length` elements of K as pairs of rows of F: first coordinates, second ones.
  fileprivate func rowPairs(_ rowCount: Int, length: Int, roomForRows extraRowCount: Int) -> [BaseField] {
    var rows: [BaseField] = []
    rows.reserveCapacity((2 * rowCount + extraRowCount) * length)
    for row in 0..<rowCount {
      let entries = row * length / 8..<(row + 1) * length / 8
      for plane in [\SecureLanes.c0, \SecureLanes.c1] {
        for group in entries {
          let lanes = lanes[group][keyPath: plane]
          for lane in 0..<BaseLanes.laneCount { rows.append(lanes[lane]) }
        }
      }
    }
    return rows
  }
}
