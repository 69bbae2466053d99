/// Where a vector and its tail lie in H (§9).
private struct VectorPlace {
  var offset: Int
  var tailOffset = 0
}

/// The rows of a code that are not folded by its row point.
private enum OtherRows {
  case none
  /// The K-rows of Y, in two rows of F each (§9a.2).
  case pads(count: Int)
  /// The mask, which χ joins the others to (§9).
  case mask(fold: Extension)
}

/// A code whose folded rows a level opens (§9).
private struct OpenedCode {
  var code: CodeParameters
  var root: [UInt8]
  var rowCount: Int
  var symbolByteCount: Int
  var rowPoint: [Extension]
  var others = OtherRows.none
  /// The folded row, then Y[0], Y[1], …
  var places: [VectorPlace]

  var leafByteCount: Int {
    let otherCount =
      switch others {
      case .none: 0
      case .pads(let count): 2 * count
      case .mask: 1
      }
    return (rowCount + otherCount) * symbolByteCount + code.saltByteCount
  }

  /// The symbols s of a leaf, one for each place.
  func symbols(_ leaf: [UInt8], rowTable: [Extension]) throws(ReferenceRejection) -> [Extension] {
    let content = Array(leaf.dropLast(code.saltByteCount))
    let symbols = symbolByteCount == 16 ? try elements(content) : try residues(content).map { Extension($0) }
    let folded = innerProduct(Array(symbols.prefix(rowCount)), rowTable)
    let rest = Array(symbols.dropFirst(rowCount))
    switch others {
    case .none: return [folded]
    case .pads(let count): return [folded] + (0..<count).map { rest[2 * $0] + Extension(0, 1) * rest[2 * $0 + 1] }
    case .mask(let fold): return [rest[0] + fold * folded]
    }
  }
}

/// A tensor in U (§9): factor · Π (a_i, b_i) over the last variables, the block's offset fixing those before.
private struct Tensor {
  var factor: Extension
  var entries: [(a: Extension, b: Extension)]
  var block: Int
  /// How many fold challenges there were when it was added.
  var firstChallenge: Int

  func evaluate(_ challenges: [Extension]) -> Extension {
    let point = challenges[firstChallenge...]
    let fixed = point.dropLast(entries.count)
    var value = factor * eq(fixed, index: block)
    for (entry, x) in zip(entries, point.suffix(entries.count)) {
      value *= entry.a + x * (entry.b - entry.a)
    }
    return value
  }

  /// factor·z^y for y = 0 … 2^bits − 1.
  static func powers(
    of z: UInt64, bits: Int, factor: Extension, offset: Int, _ firstChallenge: Int
  ) -> (tensor: Tensor, next: UInt64) {
    var entries: [(a: Extension, b: Extension)] = []
    var power = z
    for _ in 0..<bits {
      entries.append((.one, Extension(power)))
      power = Residue.multiply(power, power)
    }
    let tensor = Tensor(
      factor: factor, entries: entries.reversed(), block: offset >> bits, firstChallenge: firstChallenge)
    return (tensor, power)
  }
}

/// What the masked level leaves to the later ones (§9): the parts of U at its vector, and in the vector's tail the masks.
private struct MaskedLevel {
  var tensors: [Tensor]
  /// Those of the first entries of the tail.
  var maskWeights: [Extension]
  var rowBits: Int
  var place: VectorPlace
  /// How many fold challenges there were after it.
  var challengeCount: Int
}

/// The claim ⟨U, H⟩ = e and the codes that hold H (§9).
private struct OpeningState {
  var n: Int
  var codes: [OpenedCode]
  var tensors: [Tensor] = []
  var e: Extension
  var challenges: [Extension] = []
}

extension ProofCheck {
  /// §9.
  mutating func open(_ claim: OpeningClaim) throws(ReferenceRejection) {
    var state = firstState(claim)
    let first = state.codes
    let masked = isHiding ? try openMaskedLevel(&state) : nil

    if isHiding { transcript.mark("7.0") }
    var planner = RecursionPlanner()
    for level in (isHiding ? 1 : 0)... {
      switch planner.best(state.n).plan {
      case .clear:
        var vector = try transcript.receive("final", state.n)
        try query(&state)
        let start = state.challenges.count
        for _ in 0..<ceilLog(state.n) { try foldRound(&state) }
        vector += [Extension](repeating: .zero, count: (1 << ceilLog(state.n)) - state.n)
        let value = innerProduct(vector, eqTable(state.challenges[start...]))
        var weight = state.tensors.reduce(.zero) { $0 + $1.evaluate(state.challenges) }
        if let masked { weight += maskedWeight(masked, claim, first, state.challenges) }
        guard state.e == weight * value else { throw .opening }
        transcript.mark("7.\(level)")
        return
      case .committed(let code):
        let root = try transcript.receiveBytes("level", 32)
        try query(&state)
        let rowCount = ceilDivide(state.n, 1 << code.rowBits)
        let start = state.challenges.count
        for _ in 0..<ceilLog(rowCount) { try foldRound(&state) }
        state.codes = [
          OpenedCode(
            code: code, root: root, rowCount: rowCount, symbolByteCount: 16,
            rowPoint: Array(state.challenges[start...]), places: [VectorPlace(offset: 0)])
        ]
        state.n = 1 << code.rowBits
        transcript.mark("7.\(level)")
      }
    }
  }

  /// The commitments as the codes that the first level opens, and the claim about their vectors.
  private func firstState(_ claim: OpeningClaim) -> OpeningState {
    let padRowCount = claim.padRowCount
    let witness = commitments.suffix(1).map(\.code)
    let (places, n) = placeVectors(
      commitments.map(\.code) + (0..<padRowCount).flatMap { _ in witness })
    var state = OpeningState(n: n, codes: [], e: claim.value)
    for (c, commitment) in commitments.enumerated() {
      let part = claim.parts[c]
      var opened = OpenedCode(
        code: commitment.code, root: commitment.root, rowCount: commitment.layout.rowCount, symbolByteCount: 8,
        rowPoint: part.rowPoint, places: [places[c]])
      if isHiding && c == commitments.count - 1 {
        opened.others = .pads(count: padRowCount)
        opened.places += places[commitments.count...]
      }
      state.codes.append(opened)
      state.tensors.append(
        Tensor(
          factor: part.factor, entries: part.low.map { (.one - $0, $0) },
          block: places[c].offset >> commitment.code.rowBits, firstChallenge: 0))
    }
    return state
  }

  /// §9a.4.
  private mutating func openMaskedLevel(_ state: inout OpeningState) throws(ReferenceRejection) -> MaskedLevel {
    guard let code = maskedLevel(state.n)?.code else { throw .wrongParameters }
    let root = try transcript.receiveBytes("level", 32)
    let masks = try transcript.receive("level.mask", 1)[0]
    let psi = try query(&state)
    state.e += psi * masks
    ledger.add(1)
    let rowCount = ceilDivide(state.n, 1 << code.rowBits)
    for _ in 0..<ceilLog(rowCount) { try foldRound(&state) }
    let index = state.challenges.reduce(Extension.zero) { $0 + $0 + $1 }

    let value = try transcript.receive("mask.value", 1)[0]
    let fold = transcript.challenge("mask.fold")
    ledger.add(1 + 1 << code.domainBits)
    let (places, n) = placeVectors([code])
    let masked = MaskedLevel(
      tensors: state.tensors, maskWeights: [psi, psi * index], rowBits: code.rowBits, place: places[0],
      challengeCount: state.challenges.count)
    state.codes = [
      OpenedCode(
        code: code, root: root, rowCount: rowCount, symbolByteCount: 16, rowPoint: state.challenges,
        others: .mask(fold: fold), places: places)
    ]
    state.n = n
    state.tensors = []
    state.e = value + fold * state.e
    return masked
  }

  private mutating func foldRound(_ state: inout OpeningState) throws(ReferenceRejection) {
    state.e = try quadraticRound("fold.round", Value(state.e), &state.challenges).constant
  }

  /// The places of vectors in these codes, and the length of all of them together with their tails.
  private func placeVectors(_ codes: [CodeParameters]) -> (places: [VectorPlace], length: Int) {
    var places = codes.map { _ in VectorPlace(offset: 0) }
    var blocks = codes.enumerated().map { (vector: $0.offset, size: 1 << $0.element.rowBits, isTail: false) }
    blocks += codes.enumerated().map { (vector: $0.offset, size: $0.element.tail, isTail: true) }
    var cursor = 0
    for block in stableDescending(blocks.filter { $0.size > 0 }, by: { $0.size }) {
      if block.isTail {
        places[block.vector].tailOffset = cursor
      } else {
        places[block.vector].offset = cursor
      }
      cursor += block.size
    }
    return (places, cursor)
  }

  /// The extensions of those parts and of the masks' weights (§9).
  private func maskedWeight(
    _ masked: MaskedLevel, _ claim: OpeningClaim, _ codes: [OpenedCode], _ challenges: [Extension]
  ) -> Extension {
    let later = challenges[masked.challengeCount...]
    let (between, low) = (later.dropLast(masked.rowBits), later.suffix(masked.rowBits))
    let point = Array(challenges[..<masked.challengeCount] + low)
    let weight = masked.tensors.reduce(padWeight(claim, codes, point)) { $0 + $1.evaluate(point) }
    let masks = masked.maskWeights.enumerated().reduce(Extension.zero) {
      $0 + $1.element * eq(later, index: masked.place.tailOffset + $1.offset)
    }
    return eq(between, index: masked.place.offset >> masked.rowBits) * weight + masks
  }

  /// Σ_k of the extensions of Λ[k] at the block of Y[k] (§9a.3).
  private func padWeight(_ claim: OpeningClaim, _ codes: [OpenedCode], _ challenges: [Extension]) -> Extension {
    var sum = Extension.zero
    for opening in codes {
      let m = opening.code.rowBits
      let table = eqTable(challenges.suffix(m))
      for (k, place) in opening.places.dropFirst().enumerated() {
        let part = claim.padWeights.dropFirst(k << m).prefix(1 << m)
        sum += eq(challenges.dropLast(m), index: place.offset >> m) * innerProduct(Array(part), table)
      }
    }
    return sum
  }

  /// Opens the codes of the level before and adds what they say to U and e; returns the next power of ξ.
  @discardableResult
  private mutating func query(_ state: inout OpeningState) throws(ReferenceRejection) -> Extension {
    try transcript.grind("grind", bits: grindingBits)
    let drawn = state.codes.map {
      transcript.positions("positions", count: $0.code.queryCount, bits: $0.code.domainBits)
    }
    var opened: [(value: Extension, code: CodeParameters, position: Int, place: VectorPlace)] = []
    var symbolCount = 0
    for (opening, positions) in zip(state.codes, drawn) {
      let code = opening.code
      let leaves = try transcript.open(
        positions, depth: code.domainBits, leafByteCount: opening.leafByteCount, root: opening.root)
      symbolCount += code.queryCount * opening.places.count
      ledger.addFolding(code, foldBits: opening.rowPoint.count)
      ledger.addPositions(code)
      let rowTable = eqTable(opening.rowPoint[...])
      for (position, leaf) in zip(positions, leaves) {
        for (value, place) in zip(try opening.symbols(leaf, rowTable: rowTable), opening.places) {
          opened.append((value, code, position, place))
        }
      }
    }
    let xi = transcript.challenge("combine")
    ledger.add(symbolCount)
    var power = xi
    for item in opened {
      state.e += power * item.value
      let z = codePoint(item.position, item.code)
      let (tensor, next) = Tensor.powers(
        of: z, bits: item.code.rowBits, factor: power, offset: item.place.offset, state.challenges.count)
      state.tensors.append(tensor)
      if item.code.tail > 0 {
        let tail = Tensor.powers(
          of: z, bits: ceilLog(item.code.tail), factor: power * next, offset: item.place.tailOffset,
          state.challenges.count)
        state.tensors.append(tail.tensor)
      }
      power *= xi
    }
    return power
  }
}
