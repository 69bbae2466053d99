/// Where a vector and its tail lie in H (§9).
private struct VectorPlace {
  var offset: Int
  var tailOffset = 0
}

/// A code whose folded rows a level opens (§9 step 3).
private struct OpenedCode {
  var code: CodeParameters
  var root: [UInt8]
  var rowCount: Int
  var symbolByteCount: Int
  var rowPoint: [Extension]
  var mask = Mask.none
  /// β of §9a.3.
  var fold = Extension.zero
  /// The folded row, then h_Π,0, h_Π,1, … .
  var places: [VectorPlace]

  var leafByteCount: Int { (rowCount + maskRowCount) * symbolByteCount + code.saltByteCount }

  /// The further rows of the same tree (§9a.2).
  private var maskRowCount: Int {
    switch mask {
    case .none, .tree: 0
    case .rows(let padRowCount): 4 * padRowCount + 2
    }
  }

  func symbols(_ leaf: [UInt8]) throws(ReferenceRejection) -> [Extension] {
    let content = Array(leaf.dropLast(code.saltByteCount))
    return symbolByteCount == 16 ? try elements(content) : try residues(content).map { Extension($0) }
  }
}

/// A tensor in V (§9): factor · Π (a_i, b_i) over the last variables, the block's offset fixing those before.
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

extension ProofCheck {
  /// §9.
  mutating func open(_ claim: OpeningClaim) throws(ReferenceRejection) {
    let (places, length) = placeVectors()
    var n = length
    var codes: [OpenedCode] = []
    var tensors: [Tensor] = []
    for (c, commitment) in commitments.enumerated() {
      let part = claim.parts[c]
      codes.append(
        OpenedCode(
          code: commitment.code, root: commitment.root, rowCount: commitment.layout.rowCount, symbolByteCount: 8,
          rowPoint: part.rowPoint, mask: commitment.mask, fold: claim.fold, places: places[c]))
      tensors.append(
        Tensor(
          factor: part.factor, entries: part.low.map { (.one - $0, $0) },
          block: places[c][0].offset >> commitment.code.rowBits, firstChallenge: 0))
    }
    let first = codes

    var planner = RecursionPlanner()
    var challenges: [Extension] = []
    var e = claim.value
    while true {
      let plan = planner.best(n).plan
      var root: [UInt8] = []
      var vector: [Extension] = []
      switch plan {
      case .clear: vector = try transcript.receive("final", n)
      case .committed: root = try transcript.receiveBytes("level", 32)
      }
      try transcript.grind("grind", bits: 0)
      try query(codes, &tensors, &e, challenges.count)

      switch plan {
      case .clear:
        let start = challenges.count
        for _ in 0..<ceilLog(n) { e = try foldRound(e, &challenges) }
        vector += [Extension](repeating: .zero, count: (1 << ceilLog(n)) - n)
        let value = innerProduct(vector, eqTable(challenges[start...]))
        let weight = tensors.reduce(padWeight(claim, first, challenges)) { $0 + $1.evaluate(challenges) }
        guard e == weight * value else { throw .opening }
        return
      case .committed(let code):
        let rowCount = ceilDivide(n, 1 << code.rowBits)
        let start = challenges.count
        for _ in 0..<ceilLog(rowCount) { e = try foldRound(e, &challenges) }
        codes = [
          OpenedCode(
            code: code, root: root, rowCount: rowCount, symbolByteCount: 16,
            rowPoint: Array(challenges[start...]), places: [VectorPlace(offset: 0)])
        ]
        n = 1 << code.rowBits
      }
    }
  }

  private mutating func foldRound(
    _ e: Extension, _ challenges: inout [Extension]
  ) throws(ReferenceRejection) -> Extension {
    try quadraticRound("fold.round", Value(e), &challenges).constant
  }

  /// The places of each commitment's vectors in H, and n.
  private func placeVectors() -> (places: [[VectorPlace]], length: Int) {
    var vectors: [(commitment: Int, index: Int)] = commitments.indices.map { ($0, 0) }
    for (c, commitment) in commitments.enumerated() {
      vectors += (0..<commitment.mask.padRowCount).map { (c, 1 + $0) }
    }
    var places = commitments.map { [VectorPlace](repeating: VectorPlace(offset: 0), count: 1 + $0.mask.padRowCount) }
    var blocks = vectors.map { (vector: $0, size: 1 << commitments[$0.commitment].code.rowBits, isTail: false) }
    blocks += vectors.map { (vector: $0, size: commitments[$0.commitment].code.tail, isTail: true) }
    var cursor = 0
    for block in stableDescending(blocks.filter { $0.size > 0 }, by: { $0.size }) {
      if block.isTail {
        places[block.vector.commitment][block.vector.index].tailOffset = cursor
      } else {
        places[block.vector.commitment][block.vector.index].offset = cursor
      }
      cursor += block.size
    }
    return (places, cursor)
  }

  /// Σ_k of the extensions of Λ_k at the block of h_Π,k (§9a.3 step 5).
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

  /// Steps 3 and 4: opens the codes of the level before and adds what they say to V and e.
  private mutating func query(
    _ codes: [OpenedCode], _ tensors: inout [Tensor], _ e: inout Extension, _ firstChallenge: Int
  ) throws(ReferenceRejection) {
    var opened: [(value: Extension, code: CodeParameters, position: Int, place: VectorPlace)] = []
    var drawn = 0
    for opening in codes {
      let code = opening.code
      let positions = transcript.positions("positions", count: code.queryCount, bits: code.domainBits)
      let folded = try foldedSymbols(opening, positions)
      drawn += code.queryCount * opening.places.count
      ledger.addFolding(code, foldBits: opening.rowPoint.count)
      ledger.addPositions(code)
      for (position, values) in zip(positions, folded) {
        for (value, place) in zip(values, opening.places) { opened.append((value, code, position, place)) }
      }
    }
    let xi = transcript.challenge("combine")
    ledger.add(drawn)
    var power = xi
    for item in opened {
      e += power * item.value
      let z = codePoint(item.position, item.code)
      let (tensor, next) = Tensor.powers(
        of: z, bits: item.code.rowBits, factor: power, offset: item.place.offset, firstChallenge)
      tensors.append(tensor)
      if item.code.tail > 0 {
        let tail = Tensor.powers(
          of: z, bits: ceilLog(item.code.tail), factor: power * next, offset: item.place.tailOffset, firstChallenge)
        tensors.append(tail.tensor)
      }
      power *= xi
    }
  }

  /// The symbols s of each opened position, one for each of the code's vectors (§9 step 3, §9a.4).
  private mutating func foldedSymbols(
    _ opening: OpenedCode, _ positions: [Int]
  ) throws(ReferenceRejection) -> [[Extension]] {
    let leaves = try transcript.open(
      positions, depth: opening.code.domainBits, leafByteCount: opening.leafByteCount, root: opening.root)
    let rowTable = eqTable(opening.rowPoint[...])
    let rows = try leaves.map { leaf throws(ReferenceRejection) in try opening.symbols(leaf) }
    let folded = rows.map { innerProduct(Array($0.prefix(opening.rowCount)), rowTable) }
    switch opening.mask {
    case .none:
      return folded.map { [$0] }
    case .tree(let root):
      let masks = try transcript.open(
        positions, depth: opening.code.domainBits, leafByteCount: 16 + opening.code.saltByteCount, root: root)
      return try zip(folded, masks).map { value, leaf throws(ReferenceRejection) in
        [pairSymbol(try opening.symbols(leaf)[...]) + opening.fold * value]
      }
    case .rows(let padRowCount):
      return zip(folded, rows).map { value, symbols in
        let pairs = stride(from: opening.rowCount, to: symbols.count, by: 2).map { pairSymbol(symbols[$0..<$0 + 2]) }
        let mask = pairs[padRowCount] + opening.fold * value
        return [mask] + (0..<padRowCount).map { pairs[padRowCount + 1 + $0] + opening.fold * pairs[$0] }
      }
    }
  }
}

/// The symbol of a K-row: that of its first row + u times that of its second (§9a.4).
private func pairSymbol(_ pair: ArraySlice<Extension>) -> Extension {
  pair.reversed().reduce(.zero) { Extension(0, 1) * $0 + $1 }
}
