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
    case .table(let entries): bitCountOfAxis(entries.count)
    }
  }

  /// The extension at `point`, whose last variables are the tensor's.
  package func evaluate(at point: ArraySlice<SecureField>) -> SecureField {
    let own = point.suffix(variableCount)
    let factor = coefficient * Multilinear.equality(point.dropLast(own.count), index: block)
    switch factors {
    case .equality(let other): return factor * Multilinear.equality(other[...], own)
    case .table(let entries): return factor * Multilinear.evaluate(entries, at: Array(own))
    }
  }
}

/// A vector of H as a sum of rows, and where it is.
package struct CodeFold: Sendable {
  /// By symbol of a leaf, from this one on.
  package var start = 0
  package let weights: [SecureField]
  package let block: OpeningBlock

  /// Σ_k weight_k·symbol_k.
  package func symbol(_ leaf: [BaseField]) -> SecureField {
    Multilinear.sum(weights[...], leaf.dropFirst(start))
  }
}

/// A committed code, and the vectors of its rows that the next level is about.
package struct OpenedCode: Sendable {
  package let code: Code
  /// Rows of F.
  package let rowCount: Int
  package let folds: [CodeFold]
}

extension SecureField {
  /// The weights of a K-row's two rows of F.
  fileprivate var rowPair: [SecureField] { [self, self * .generator] }
}

extension Level {
  /// The level's code, once its rounds bound the row variables to `point`; `fold` is χ in the masked level.
  package func openedCode(boundTo point: [SecureField], fold: SecureField) -> OpenedCode? {
    guard case .committed(let code, let rowCount, _) = self else { return nil }
    let rows = Multilinear.equalityTable(point).prefix(rowCount).map { $0 * fold } + (code.isTailed ? [.one] : [])
    let fold = CodeFold(weights: rows.flatMap { $0.rowPair }, block: OpeningBlock.blocks(of: [code])[0])
    return OpenedCode(code: code, rowCount: fold.weights.count, folds: [fold])
  }

  /// The weights of the rounds' masks, in the tail of the H after the level. docs/protocol.md §9a.
  package func maskWeight(boundTo point: [SecureField], factor: SecureField) -> TensorWeight? {
    guard case .committed(let code, _, _) = self, code.isTailed else { return nil }
    return TensorWeight(
      coefficient: factor, factors: .table([.one, Multilinear.identity(at: point)]),
      block: (OpeningBlock.blocks(of: [code])[0].tail ?? 0) * code.tailCount / Self.maskCount)
  }
}

extension Plan {
  /// The commitments' codes, with the K-rows of Y each a vector of its own.
  package func openedCodes(_ claim: OpeningClaim) -> [OpenedCode] {
    let blocks = openingBlocks
    return commitments.indices.map { index in
      let plan = commitments[index]
      let weights = Array(Multilinear.equalityTable(claim.parts[index].row).prefix(plan.layout.rowCount))
      let pads = (0..<plan.padRowCount).map { k in
        CodeFold(start: weights.count + 2 * k, weights: SecureField.one.rowPair, block: blocks[commitments.count + k])
      }
      return OpenedCode(
        code: plan.code, rowCount: weights.count + 2 * plan.padRowCount,
        folds: [CodeFold(weights: weights, block: blocks[index])] + pads)
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

/// The weights of Σ_y z^y·h_y for opened points z and vectors h of H.
private struct SymbolWeights {
  let code: Code
  let points: [BaseField]
  /// By vector: where it is, and the power of the combination for each point.
  var folds: [(block: OpeningBlock, powers: [SecureField])]

  /// The extension at `point`, whose last variables are those of an entry.
  func evaluate(at point: ArraySlice<SecureField>) -> SecureField {
    let tailVariableCount = bitCountOfAxis(code.tailCount)
    let variables = point.suffix(max(code.variableCount, tailVariableCount)).reversed()
    var (entries, tails): ([SecureField], [SecureField]) = ([], [])
    for z in points {
      var (product, power, entry, tail, shift) = (SecureField.one, z, SecureField.one, SecureField.one, z)
      for (index, x) in variables.enumerated() {
        product *= .one + x * (power - .one)
        power = power.squared()
        if index + 1 == code.variableCount { (entry, shift) = (product, power) }
        if index + 1 == tailVariableCount { tail = product }
      }
      entries.append(entry)
      tails.append(tail * shift)
    }
    func sum(_ tensors: [SecureField], _ variableCount: Int, _ block: (OpeningBlock) -> Int?) -> SecureField {
      let prefix = point.dropLast(variableCount)
      return folds.reduce(.zero) { sum, fold in
        guard let block = block(fold.block) else { return sum }
        let total = zip(tensors, fold.powers).reduce(SecureField.zero) { $0 + $1.0 * $1.1 }
        return sum + Multilinear.equality(prefix, index: block) * total
      }
    }
    return sum(entries, code.variableCount) { $0.entries } + sum(tails, tailVariableCount) { $0.tail }
  }
}

/// A part of U: its variables are the challenges from `start` on, except those of `gap`, which stand for block 0.
private struct PlacedWeight {
  enum Part {
    case claim(TensorWeight)
    case symbols(SymbolWeights)
  }

  var part: Part
  var start: Int
  var gap: Range<Int>

  func evaluate(at point: [SecureField]) -> SecureField {
    let own = point[start..<gap.lowerBound] + point[gap.upperBound...]
    let factor = Multilinear.equality(point[gap], index: 0)
    switch part {
    case .claim(let weight): return factor * weight.evaluate(at: own)
    case .symbols(let weights): return factor * weights.evaluate(at: own)
    }
  }
}

extension VerifierTranscript {
  /// Step 7: opens all commitments at once by recursive folding.
  ///
  /// - Throws: `.malformed`, `.grindingMismatch`, `.merkleMismatch`, `.openingMismatch`.
  ///
  /// ## Soundness
  /// For each code κ·|D|/|K| and its query phase; for each level the combination and its rounds. docs/protocol.md §9.
  package mutating func open(
    _ plan: Plan, roots: [Digest], _ claim: OpeningClaim
  ) throws(VerificationError) {
    var (codes, roots) = (plan.openedCodes(claim), roots)
    var weights = plan.openingWeights(claim).map { PlacedWeight(part: .claim($0), start: 0, gap: 0..<0) }
    var running = claim.value
    var point: [SecureField] = []
    for level in plan.levels {
      var final: [Value] = []
      var root = Digest.zero
      switch level {
      case .clear(let elementCount): final = try receive("final", elementCount)
      case .committed: root = try receiveRoot("level")
      }
      let masks = try receive("level.mask", level.isMasked ? 1 : 0)
      try grind(bits: Code.grindingBits)
      let symbols = try receiveSymbols(codes, roots)
      let combine = sponge.challenge("combine")
      var power = combine
      let before = point.count
      for (opened, symbols) in zip(codes, symbols) {
        var part = SymbolWeights(code: opened.code, points: symbols.points, folds: opened.folds.map { ($0.block, []) })
        for values in symbols.values {
          for (index, value) in values.enumerated() {
            running.constant += value * power
            part.folds[index].powers.append(power)
            power *= combine
          }
        }
        weights.append(PlacedWeight(part: .symbols(part), start: before, gap: before..<before))
      }
      for mask in masks { running.add(mask, times: power) }
      for _ in 0..<level.roundCount {
        point.append(try reduceRound("fold.round", &running, degree: 2))
      }
      let bound = Array(point[before...])
      guard case .committed = level else {
        var value = Value.zero
        for (entry, weight) in zip(final, Multilinear.equalityTable(bound)) { value.add(entry, times: weight) }
        let total = weights.reduce(SecureField.zero) { $0 + $1.evaluate(at: point) }
        return try requireZero(running - value * total, .openingMismatch)
      }
      var fold = SecureField.one
      if let maskWeight = level.maskWeight(boundTo: bound, factor: power) {
        let mask = try receive("mask.value", 1).reduce(.zero, +)
        fold = sponge.challenge("mask.fold")
        // The variable of the next H that chooses between a row and its tail.
        let gap = point.count..<point.count + 1
        for index in weights.indices { weights[index].gap = gap }
        weights.append(PlacedWeight(part: .claim(maskWeight), start: point.count, gap: point.count..<point.count))
        running = mask + running * fold
      }
      codes = level.openedCode(boundTo: bound, fold: fold).map { [$0] } ?? []
      roots = [root]
    }
    throw .malformed
  }

  /// Draws positions for all codes, then opens them, and folds the symbols: by point, by vector.
  private mutating func receiveSymbols(
    _ codes: [OpenedCode], _ roots: [Digest]
  ) throws(VerificationError) -> [(points: [BaseField], values: [[SecureField]])] {
    var symbols: [(points: [BaseField], values: [[SecureField]])] = []
    let positions = codes.map { sponge.positions("positions", count: $0.code.queryCount, domainBits: $0.code.domainBits) }
    for ((opened, root), positions) in zip(zip(codes, roots), positions) {
      let code = opened.code
      let byteCount = BaseField.byteCount * opened.rowCount
      let leaves = try receiveLeaves(
        at: positions, byteCount: byteCount + code.saltByteCount, depth: code.domainBits, root: root)
      let values = try leaves.map { content throws(VerificationError) in
        let leaf = try baseElements(content.prefix(byteCount))
        return opened.folds.map { $0.symbol(leaf) }
      }
      symbols.append((code.points(at: positions), values))
    }
    return symbols
  }
}
