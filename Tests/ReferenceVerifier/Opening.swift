/// A code whose folded row a level opens (§9 step 3).
private struct OpenedCode {
  var code: CodeParameters
  var root: [UInt8]
  var rowCount: Int
  var symbolByteCount: Int
  var rowPoint: [Extension]
  /// The place of the folded row in the vector.
  var offset: Int
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
}

extension ProofCheck {
  /// §9.
  mutating func open(_ merged: MergedClaim) throws(ReferenceRejection) {
    var codes: [OpenedCode] = []
    var tensors: [Tensor] = []
    let order = stableDescending(Array(commitments.indices)) { commitments[$0].code.rowBits }
    var offsets = [Int](repeating: 0, count: commitments.count)
    var n = 0
    for c in order {
      offsets[c] = n
      n += 1 << commitments[c].code.rowBits
    }
    for (c, commitment) in commitments.enumerated() {
      let part = merged.parts[c]
      codes.append(
        OpenedCode(
          code: commitment.code, root: commitment.root, rowCount: commitment.layout.rowCount, symbolByteCount: 8,
          rowPoint: part.rowPoint, offset: offsets[c]))
      tensors.append(
        Tensor(
          factor: part.factor, entries: part.low.map { (.one - $0, $0) },
          block: offsets[c] >> commitment.code.rowBits, firstChallenge: 0))
    }

    var planner = RecursionPlanner()
    var challenges: [Extension] = []
    var e = merged.value
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
        for _ in 0..<ceilLog(n) { e = try quadraticRound("fold.round", e, &challenges) }
        vector += [Extension](repeating: .zero, count: (1 << ceilLog(n)) - n)
        let value = innerProduct(vector, eqTable(challenges[start...]))
        let weight = tensors.reduce(Extension.zero) { $0 + $1.evaluate(challenges) }
        guard e == weight * value else { throw .opening }
        return
      case .committed(let code):
        let rowCount = ceilDivide(n, 1 << code.rowBits)
        let start = challenges.count
        for _ in 0..<ceilLog(rowCount) { e = try quadraticRound("fold.round", e, &challenges) }
        codes = [
          OpenedCode(
            code: code, root: root, rowCount: rowCount, symbolByteCount: 16,
            rowPoint: Array(challenges[start...]), offset: 0)
        ]
        n = 1 << code.rowBits
      }
    }
  }

  /// Steps 3 and 4: opens the codes of the level before and adds what they say to V and e.
  private mutating func query(
    _ codes: [OpenedCode], _ tensors: inout [Tensor], _ e: inout Extension, _ firstChallenge: Int
  ) throws(ReferenceRejection) {
    var opened: [(value: Extension, tensor: Tensor)] = []
    var drawn = 0
    for opening in codes {
      let code = opening.code
      let positions = transcript.positions("positions", count: code.queryCount, bits: code.domainBits)
      let leaves = try transcript.open(
        positions, depth: code.domainBits, leafByteCount: opening.rowCount * opening.symbolByteCount,
        root: opening.root)
      drawn += code.queryCount
      ledger.addFolding(code, foldBits: opening.rowPoint.count)
      ledger.addPositions(code)
      let rowTable = eqTable(opening.rowPoint[...])
      for (position, leaf) in zip(positions, leaves) {
        let symbols =
          opening.symbolByteCount == 16 ? try elements(leaf) : try residues(leaf).map { Extension($0) }
        let value = innerProduct(symbols, rowTable)
        var entries: [(a: Extension, b: Extension)] = []
        var power = codePoint(position, code)
        for _ in 0..<code.rowBits {
          entries.append((.one, Extension(power)))
          power = Residue.multiply(power, power)
        }
        let tensor = Tensor(
          factor: .one, entries: entries.reversed(), block: opening.offset >> code.rowBits,
          firstChallenge: firstChallenge)
        opened.append((value, tensor))
      }
    }
    let xi = transcript.challenge("combine")
    ledger.add(drawn)
    var power = xi
    for item in opened {
      e += power * item.value
      tensors.append(
        Tensor(
          factor: power, entries: item.tensor.entries, block: item.tensor.block, firstChallenge: firstChallenge))
      power *= xi
    }
  }
}
