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
  }

  package var coefficient: SecureField
  package var factors: Factors
  /// The block's index among the aligned blocks of its size.
  package var block: Int

  package var variableCount: Int {
    switch factors {
    case .equality(let point): point.count
    case .powers(_, let variableCount): variableCount
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
    }
  }
}

/// A committed code whose folded row the next level is about.
package struct OpenedCode: Sendable {
  package var code: Code
  package var root: Digest
  package var rowWeights: [SecureField]
  package var rowCount: Int
  package var isBaseField: Bool
  package var block: Int

  package var leafByteCount: Int {
    rowCount * (isBaseField ? BaseField.byteCount : SecureField.byteCount)
  }

  /// Σ_k eq(row point, k)·symbol_k for the symbols of a leaf.
  package func foldedSymbol(_ leaf: ArraySlice<UInt8>) throws(VerificationError) -> SecureField {
    if isBaseField {
      return zip(rowWeights, try baseElements(leaf)).reduce(.zero) { $0 + $1.0 * $1.1 }
    }
    return zip(rowWeights, try secureElements(leaf)).reduce(.zero) { $0 + $1.0 * $1.1 }
  }
}

extension Plan {
  /// Block index of each commitment's folded row in H, in units of its own size.
  package var openingBlocks: [Int] {
    Blocks(bits: commitments.map(\.layout.variableCount)).offsets.enumerated().map { index, offset in
      offset >> commitments[index].layout.variableCount
    }
  }
}

extension VerifierTranscript {
  /// Step 6: opens all commitments at once by recursive folding.
  ///
  /// - Throws: `.malformed`, `.grindingMismatch`, `.merkleMismatch`, `.openingMismatch`.
  ///
  /// ## Soundness
  /// For each code κ·|D|/|K| and its query phase; for each level the combination and its rounds. docs/protocol.md §9.
  package mutating func open(
    _ plan: Plan, roots: [Digest], _ claim: OpeningClaim
  ) throws(VerificationError) {
    let blocks = plan.openingBlocks
    var codes = plan.commitments.indices.map { index in
      OpenedCode(
        code: plan.commitments[index].code, root: roots[index],
        rowWeights: Multilinear.equalityTable(claim.parts[index].row),
        rowCount: plan.commitments[index].layout.rowCount, isBaseField: true, block: blocks[index])
    }
    var weights = claim.parts.indices.map { index in
      (
        start: 0,
        weight: TensorWeight(
          coefficient: claim.parts[index].coefficient, factors: .equality(claim.parts[index].inRow),
          block: blocks[index])
      )
    }
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
      let symbols = try receiveSymbols(codes)
      let combine = sponge.challenge("combine")
      var power = SecureField.one
      for (weight, symbol) in symbols {
        power *= combine
        running += Value(symbol * power)
        var weight = weight
        weight.coefficient = power
        weights.append((point.count, weight))
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
        codes = [
          OpenedCode(
            code: code, root: root, rowWeights: Multilinear.equalityTable(Array(point[before...])),
            rowCount: rowCount, isBaseField: false, block: 0)
        ]
      }
    }
  }

  /// Draws positions for each code, opens them, and folds the symbols.
  private mutating func receiveSymbols(
    _ codes: [OpenedCode]
  ) throws(VerificationError) -> [(TensorWeight, SecureField)] {
    var symbols: [(TensorWeight, SecureField)] = []
    for code in codes {
      let domainBits = code.code.domainBits
      let positions = sponge.positions("positions", count: code.code.queryCount, domainBits: domainBits)
      let leaves = try receiveLeaves(
        at: positions, byteCount: code.leafByteCount, depth: domainBits, root: code.root)
      for (z, leaf) in zip(code.code.points(at: positions), leaves) {
        let factors = TensorWeight.Factors.powers(z, variableCount: code.code.variableCount)
        symbols.append(
          (TensorWeight(coefficient: .zero, factors: factors, block: code.block), try code.foldedSymbol(leaf)))
      }
    }
    return symbols
  }
}
