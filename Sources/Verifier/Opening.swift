import Circuit
import Field

extension Code {
  /// z of each position: ω^rev(position). docs/protocol.md §4.2.
  package func points(at positions: [Int]) -> [BaseField] {
    var roots: [BaseField] = []
    var root = BaseField.rootOfUnity(logOrder: domainBits)
    for _ in 0..<domainBits {
      roots.append(root)
      root = root.squared()
    }
    return positions.map { position in
      var point = BaseField.one
      for bit in 0..<domainBits where position >> bit & 1 == 1 { point *= roots[domainBits - 1 - bit] }
      return point
    }
  }
}

/// A tensor weight on a block of the vector H, to be evaluated once all challenges are known.
package struct TensorWeight: Sendable {
  package enum Factors: Sendable {
    /// eq(point, y).
    case equality([SecureField])
    /// z^y.
    case powers(BaseField, variableCount: Int)
    /// Entry by entry.
    case table([SecureField])
  }

  package var coefficient: SecureField
  package var factors: Factors
  /// The block's index among the aligned blocks of its size.
  package var block: Int

  package var variableCount: Int {
    switch factors {
    case .equality(let point): point.count
    case .powers(_, let variableCount): variableCount
    case .table(let entries): bitCountOfAxis(entries.count)
    }
  }

  /// The extension at `point`, whose last variables are the tensor's.
  package func evaluate(at point: ArraySlice<SecureField>) -> SecureField {
    let own = Array(point.suffix(variableCount))
    let scale = coefficient * Multilinear.equality(Array(point.dropLast(own.count)), index: block)
    switch factors {
    case .equality(let other): return scale * Multilinear.equality(other, own)
    case .powers(let z, _):
      var product = scale
      var power = z
      for x in own.reversed() {
        product *= .one + x * (power - .one)
        power = power.squared()
      }
      return product
    case .table(let entries): return scale * Multilinear.evaluate(entries, at: own)
    }
  }
}

/// A vector of H as a sum of rows, and where it is.
package struct CodeFold: Sendable {
  /// By symbol of a leaf.
  package let weights: [SecureField]
  package let block: OpeningBlock

  /// Σ_k weight_k·symbol_k.
  package func symbol(_ leaf: [BaseField]) -> SecureField {
    zip(weights, leaf).reduce(.zero) { $0 + $1.0 * $1.1 }
  }
}

/// A committed code, and the vectors of its rows that the next level is about.
package struct OpenedCode: Sendable {
  package let code: Code
  /// Trees that are opened at the same positions, by the number of rows of F.
  package let rowCounts: [Int]
  package let folds: [CodeFold]

  /// A code of K-rows of which the level before bound the row variables to `point`.
  package init(_ code: Code, rowCount: Int, boundTo point: [SecureField]) {
    self.code = code
    rowCounts = [2 * rowCount]
    let weights = Multilinear.equalityTable(point).prefix(rowCount).flatMap { $0.secureRow }
    folds = [CodeFold(weights: weights, block: OpeningBlock(entries: 0, tail: nil))]
  }

  fileprivate init(code: Code, rowCounts: [Int], folds: [CodeFold]) {
    self.code = code
    self.rowCounts = rowCounts
    self.folds = folds
  }
}

extension SecureField {
  /// The weights of a K-row's two rows of F.
  fileprivate var secureRow: [SecureField] { [self, self * .generator] }
}

extension Plan {
  /// The first level's codes: by commitment, with the rows that mask it in the hiding mode. docs/protocol.md §9a.
  package func openedCodes(_ claim: OpeningClaim) -> [OpenedCode] {
    let blocks = openingBlocks
    return commitments.indices.map { index in
      let (plan, block) = (commitments[index], blocks[index])
      let rows = plan.layout.rowCount
      let weights = Multilinear.equalityTable(claim.parts[index].row).prefix(rows)
      guard let pads, let fold = claim.fold else {
        return OpenedCode(code: plan.code, rowCounts: [rows], folds: [CodeFold(weights: Array(weights), block: block)])
      }
      let masked = weights.map { $0 * fold }
      guard plan.maskedRowCount > 0 else {
        let folds = [CodeFold(weights: masked + SecureField.one.secureRow, block: block)]
        return OpenedCode(code: plan.code, rowCounts: [rows, 2], folds: folds)
      }
      let (zeros, row) = ([SecureField](repeating: .zero, count: 2 * pads.rowCount), SecureField.one.secureRow)
      var folds = [CodeFold(weights: masked + zeros + row, block: block)]
      for k in 0..<pads.rowCount {
        var weights = [SecureField](repeating: .zero, count: rows) + zeros + [.zero, .zero] + zeros
        weights.replaceSubrange(rows + 2 * k..<rows + 2 * k + 2, with: fold.secureRow)
        let mask = rows + zeros.count + 2 + 2 * k
        weights.replaceSubrange(mask..<mask + 2, with: row)
        folds.append(CodeFold(weights: weights, block: blocks[commitments.count + k]))
      }
      return OpenedCode(code: plan.code, rowCounts: [rows + plan.maskedRowCount], folds: folds)
    }
  }

  /// The weights of the claim itself on the blocks of H.
  package func openingWeights(_ claim: OpeningClaim) -> [TensorWeight] {
    let blocks = openingBlocks
    let rows = zip(claim.parts, blocks).map { part, block in
      TensorWeight(coefficient: part.coefficient, factors: .equality(part.inRow), block: block.entries)
    }
    let size = 1 << padVariableCount
    return rows + blocks.dropFirst(commitments.count).enumerated().map { index, block in
      let entries = Array(claim.padWeights.dropFirst(index * size).prefix(size))
      return TensorWeight(coefficient: .one, factors: .table(entries), block: block.entries)
    }
  }
}

extension VerifierTranscript {
  /// Step 7: opens all commitments at once by recursive folding.
  ///
  /// - Parameter roots: By commitment, the roots of the trees that are opened together.
  /// - Throws: `.malformed`, `.grindingMismatch`, `.merkleMismatch`, `.openingMismatch`.
  ///
  /// ## Soundness
  /// For each code κ·|D|/|K| and its query phase; for each level the combination and its rounds. docs/protocol.md §9.
  package mutating func open(
    _ plan: Plan, roots: [[Digest]], _ claim: OpeningClaim
  ) throws(VerificationError) {
    var codes = plan.openedCodes(claim)
    var roots = roots
    var weights = plan.openingWeights(claim).map { (start: 0, weight: $0) }
    var running = claim.value
    var point: [SecureField] = []
    for level in plan.levels {
      var final: [Value] = []
      var root = Digest.zero
      switch level {
      case .clear(let elementCount): final = try receive("final", elementCount)
      case .committed: root = try receiveRoot("level")
      }
      try grind(bits: Code.grindingBits)
      let symbols = try receiveSymbols(codes, roots)
      let combine = sponge.challenge("combine")
      var power = SecureField.one
      for symbol in symbols {
        power *= combine
        running += Value(symbol.value * power)
        weights += symbol.weights(power).map { (point.count, $0) }
      }
      let before = point.count
      for _ in 0..<level.roundCount {
        let round = try reduceRound("fold.round", claim: running, degree: 2)
        running = round.claim
        point.append(round.challenge)
      }
      switch level {
      case .clear:
        var value = Value.zero
        for (entry, weight) in zip(final, Multilinear.equalityTable(Array(point[before...]))) {
          value += entry * weight
        }
        let total = weights.reduce(SecureField.zero) { $0 + $1.weight.evaluate(at: point[$1.start...]) }
        try requireZero(running - value * total, .openingMismatch)
      case .committed(let code, let rowCount, _):
        codes = [OpenedCode(code, rowCount: rowCount, boundTo: Array(point[before...]))]
        roots = [[root]]
      }
    }
  }

  /// Draws positions for each code, opens them in its trees, and folds the symbols.
  private mutating func receiveSymbols(
    _ codes: [OpenedCode], _ roots: [[Digest]]
  ) throws(VerificationError) -> [FoldedSymbol] {
    var symbols: [FoldedSymbol] = []
    for (opened, roots) in zip(codes, roots) {
      let code = opened.code
      let positions = sponge.positions("positions", count: code.queryCount, domainBits: code.domainBits)
      var leaves = [[BaseField]](repeating: [], count: positions.count)
      for (rowCount, root) in zip(opened.rowCounts, roots) {
        let byteCount = BaseField.byteCount * rowCount
        let contents = try receiveLeaves(
          at: positions, byteCount: byteCount + code.saltByteCount, depth: code.domainBits, root: root)
        for (index, content) in contents.enumerated() { leaves[index] += try baseElements(content.prefix(byteCount)) }
      }
      for (z, leaf) in zip(code.points(at: positions), leaves) {
        for fold in opened.folds {
          symbols.append(FoldedSymbol(z: z, code: code, block: fold.block, value: fold.symbol(leaf)))
        }
      }
    }
    return symbols
  }
}

/// Σ_y z^y·h_y = value for a vector h of H.
private struct FoldedSymbol {
  let z: BaseField
  let code: Code
  let block: OpeningBlock
  let value: SecureField

  /// The weights on H of the statement times `power`.
  func weights(_ power: SecureField) -> [TensorWeight] {
    let entries = TensorWeight(
      coefficient: power, factors: .powers(z, variableCount: code.variableCount), block: block.entries)
    guard let tail = block.tail else { return [entries] }
    let factors = TensorWeight.Factors.powers(z, variableCount: bitCountOfAxis(code.tailCount))
    return [entries, TensorWeight(coefficient: power * code.tailShift(z), factors: factors, block: tail)]
  }
}

extension Code {
  /// z^(2^variableCount), the power of a tail's first coefficient.
  package func tailShift(_ z: BaseField) -> BaseField {
    (0..<variableCount).reduce(z) { power, _ in power.squared() }
  }
}
