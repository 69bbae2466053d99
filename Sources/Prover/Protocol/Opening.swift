import Circuit
import Execution
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
  /// - Parameters:
  ///   - claim: What is left of all claims.
  ///   - discharge: The same with the weights of Y, from what was sent so far; nil leaves it as it is.
  ///   - random: What the hiding mode draws its masks from.
  /// - Returns: The opened positions of each commitment.
  /// - Throws: `.key`.
  @discardableResult
  package mutating func open(
    _ plan: Plan, _ commitments: [Commitment], _ claim: OpeningClaim, discharge: ((_ sent: [UInt8]) -> OpeningClaim)? = nil,
    random: (any SecretSource)? = nil, threads: Int
  ) throws(ProvingError) -> [[Int]] {
    var codes = zip(plan.openedCodes(claim), commitments).map { OpeningCode(opened: $0, commitment: $1) }
    let size = 1 << (plan.levels.first.map(\.variableCount) ?? 0)
    var vector = SecureTable(zeros: 0)
    var masks: LevelMasks?
    defer {
      vector.erase(threads: threads)
      masks?.erase()
    }
    // The vector is that of the claim without Y's weights, which are found aside.
    let (discharged, first) = Parallel.both(threads: threads) { [proof] in discharge?(proof) ?? claim } _: { threads in
      vector = SecureTable(folding: codes, count: size, threads: threads)
      return plan.levels.first.flatMap { commit($0, vector, random, &masks, threads: threads) }
    }
    var weight = SecureTable(zeros: size)
    for part in plan.openingWeights(discharged) {
      weight.replace(at: part.block << part.variableCount, with: part.table(threads: threads))
    }
    var running = discharged.value.constant
    var firstPositions: [[Int]]?
    for (index, level) in plan.levels.enumerated() {
      let next = index == 0 ? first : commit(level, vector, random, &masks, threads: threads)
      if let masks { send("level.mask", [masks.sum]) }
      grind(bits: Code.grindingBits, threads: threads)
      let positions = codes.map(\.opened.code).map {
        sponge.positions("positions", count: $0.queryCount, domainBits: $0.domainBits)
      }
      firstPositions = firstPositions ?? positions
      let commitments = codes.map(\.commitment)
      let opened = Parallel.map(codes.count, threads: threads) { index in
        Result { () throws(ProvingError) in try commitments[index].leaves.open(at: positions[index], threads: threads) }
      }
      let openings = try opened.map { result throws(ProvingError) in
        let opening = try result.get()
        sendBytes("leaves", opening.bytes)
        hint(opening.siblings.withUnsafeBytes { Array($0) }, label: "paths")
        return opening
      }
      let symbols = addSymbols(codes, openings, to: &weight, threads: threads)
      running += symbols.sum
      if let sum = masks?.sum { running += sum * symbols.power }
      masks?.multiply(by: symbols.power)
      var point: [SecureField] = []
      var sumcheck = ProductSumcheck(vector, weight)
      (vector, weight) = (SecureTable(zeros: 0), SecureTable(zeros: 0))
      for _ in 0..<level.roundCount {
        let round = sumcheck.round(threads: threads)
        let mask = masks?.round ?? (.zero, .zero)
        let sent = sendRound("fold.round", claim: running, [round.constant + mask.constant, round.quadratic + mask.quadratic])
        masks?.bind(sent.challenge)
        running = sent.claim
        point.append(sent.challenge)
        sumcheck.bind(sent.challenge)
      }
      (vector, weight) = sumcheck.take(threads: threads)
      var fold = SecureField.one
      if let masks {
        let value = masks.value(weight, threads: threads)
        send("mask.value", [value])
        fold = sponge.challenge("mask.fold")
        running = value + fold * running
      }
      guard let next, let opened = level.openedCode(boundTo: point, fold: fold) else { continue }
      codes = [OpeningCode(opened: opened, commitment: next)]
      guard let masks else { continue }
      let size = 2 << next.code.variableCount
      vector.erase(threads: threads)
      vector = SecureTable(folding: codes, count: size, threads: threads)
      var blocks = SecureTable(zeros: size)
      let block = opened.folds[0].block
      blocks.replace(at: block.entries << opened.code.variableCount, with: weight)
      blocks.add(masks.weight, times: .one, at: (block.tail ?? 0) * opened.code.tailCount)
      weight = blocks
    }
    return firstPositions ?? []
  }

  /// Sends a level's commitment to a vector, or the vector; takes the masks of a masked level in the place of others.
  private mutating func commit(
    _ level: Level, _ vector: SecureTable, _ random: (any SecretSource)?, _ masks: inout LevelMasks?, threads: Int
  ) -> Commitment? {
    masks?.erase()
    masks = nil
    switch level {
    case .clear(let elementCount):
      send("final", Array(vector.values.prefix(elementCount)))
      return nil
    case .committed(let code, let rowCount, _):
      var rows = vector.rowPairs(rowCount, length: 1 << code.variableCount, roomForRows: code.isTailed ? 2 : 0)
      defer { rows.erase(threads: threads) }
      if code.isTailed, let random {
        masks = LevelMasks(&rows, code: code, rowCount: rowCount, random: random, threads: threads)
      }
      let commitment = masks?.commitment ?? Commitment(rows: rows, code: code, threads: threads)
      sendBytes("level", commitment.root.bytes)
      return commitment
    }
  }

  /// Adds the opened symbols' weights; returns what they add to the claim, and the next power of the combination.
  private mutating func addSymbols(
    _ codes: [OpeningCode], _ openings: [LeafOpening], to weight: inout SecureTable, threads: Int
  ) -> (sum: SecureField, power: SecureField) {
    let combine = sponge.challenge("combine")
    var (power, sum) = (combine, SecureField.zero)
    for (code, opening) in zip(codes, openings) {
      let folds = code.opened.folds
      var powers = [[SecureField]](repeating: [], count: folds.count)
      for leaf in opening.symbols(rowCount: code.commitment.rowCount) {
        for (index, fold) in folds.enumerated() {
          powers[index].append(power)
          sum += power * fold.symbol(leaf)
          power *= combine
        }
      }
      for (fold, powers) in zip(folds, powers) {
        weight.addPowers(of: code.opened.code, at: opening.positions, coefficients: powers, to: fold.block, threads: threads)
      }
    }
    return (sum, power)
  }
}

extension SecureTable {
  /// H: the sums of rows and tails that the codes' folds name, each in its block.
  fileprivate init(folding codes: [OpeningCode], count: Int, threads: Int) {
    self.init(zeros: count)
    for code in codes {
      for fold in code.opened.folds {
        let (commitment, parameters) = (code.commitment, code.opened.code)
        var entries = commitment.combineRows(fold.weights, from: fold.start, threads: threads)
        replace(at: fold.block.entries << parameters.variableCount, with: entries)
        entries.erase()
        guard let block = fold.block.tail else { continue }
        var tail = commitment.combineTails(fold, threads: threads)
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
    case .equality(let point): SecureTable.equality(point, factor: coefficient, threads: threads)
    case .table(let entries): SecureTable(entries.map { $0 * coefficient })
    }
  }
}

extension Commitment {
  /// The fold of the rows' tails.
  fileprivate func combineTails(_ fold: CodeFold, threads: Int) -> SecureTable {
    Prover.combineRows(fold.weights, tails, firstRow: fold.start, width: code.tailCount, threads: threads)
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
    Array(unsafeUninitializedCapacity: (2 * rowCount + extraRowCount) * length) { buffer, initialized in
      initialized = 2 * rowCount * length
      guard let base = buffer.baseAddress else { return }
      for group in 0..<rowCount * length / 8 {
        let (row, place) = (8 * group / length, 8 * group % length)
        let first = UnsafeMutableRawPointer(base + 2 * row * length + place)
        first.storeBytes(of: lanes[group].c0, as: BaseLanes.self)
        first.storeBytes(of: lanes[group].c1, toByteOffset: 8 * length, as: BaseLanes.self)
      }
    }
  }
}
