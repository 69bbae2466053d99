import Circuit
import Field
import Verifier

/// A code whose symbols the next level opens.
private struct OpeningCode {
  let commitment: Commitment
  /// Where the folded row begins in the vector H.
  let offset: Int
}

extension ProverTranscript {
  /// Step 6: opens all commitments at once by recursive folding. docs/protocol.md §9.
  mutating func open(_ plan: Plan, _ commitments: [Commitment], _ claim: OpeningClaim, threads: Int) {
    let blocks = plan.openingBlocks
    var codes = commitments.indices.map { index in
      OpeningCode(commitment: commitments[index], offset: blocks[index] << commitments[index].code.variableCount)
    }
    let elementCount = plan.levels.first.map(\.elementCount) ?? 0
    var vector = [SecureField](repeating: .zero, count: elementCount)
    var weight = vector
    for (index, part) in claim.parts.enumerated() {
      let folded = commitments[index].combineRows(
        Multilinear.equalityTable(part.row).dropLast(0), count: commitments[index].rowCount, threads: threads)
      let equality = SecureTable.equality(part.inRow, scale: part.coefficient, threads: threads).values
      for entry in 0..<folded.count {
        vector[codes[index].offset + entry] = folded[entry]
        weight[codes[index].offset + entry] = equality[entry]
      }
    }
    var running = claim.value.constant
    for level in plan.levels {
      let padded = 1 << level.variableCount
      vector += repeatElement(.zero, count: padded - vector.count)
      weight += repeatElement(.zero, count: padded - weight.count)
      var next: Commitment?
      switch level {
      case .clear(let elementCount): send("final", Array(vector.prefix(elementCount)))
      case .committed(let code, let rowCount, _):
        let commitment = Commitment(
          secure: vector, rowCount: rowCount, code: code, threads: threads)
        sendBytes("level", commitment.tree.root.bytes)
        next = commitment
      }
      grind(bits: Code.grindingBits)
      let symbols = codes.map { ($0, openLeaves($0.commitment)) }
      let combine = sponge.challenge("combine")
      var power = SecureField.one
      for (code, positions) in symbols {
        for position in positions {
          power *= combine
          let z = codePoint(position, domainBits: code.commitment.code.domainBits)
          var term = power
          var value = SecureField.zero
          for entry in code.offset..<code.offset + 1 << code.commitment.code.variableCount {
            weight[entry] += term
            value += term * vector[entry]
            term *= z
          }
          running += value
        }
      }
      var point: [SecureField] = []
      var tables = (SecureTable(vector), SecureTable(weight))
      for _ in 0..<level.roundCount {
        let round = productRound(tables.0, tables.1, threads: threads)
        let sent = sendRound("fold.round", claim: running, [round.constant, round.quadratic])
        running = sent.claim
        point.append(sent.challenge)
        tables.0.fold(sent.challenge, threads: threads)
        tables.1.fold(sent.challenge, threads: threads)
      }
      (vector, weight) = (tables.0.values, tables.1.values)
      codes = next.map { [OpeningCode(commitment: $0, offset: 0)] } ?? []
    }
  }

  /// Draws positions and sends the leaves there with their siblings.
  private mutating func openLeaves(_ commitment: Commitment) -> [Int] {
    let code = commitment.code
    let positions = sponge.positions("positions", count: code.queryCount, domainBits: code.domainBits)
    sendBytes(
      "leaves", positions.flatMap { commitment.leaf($0).flatMap(\.value.littleEndianBytes) })
    hint(commitment.tree.siblings(at: positions).flatMap(\.bytes), label: "paths")
    return positions
  }
}

extension Level {
  var elementCount: Int {
    switch self {
    case .clear(let elementCount), .committed(_, _, let elementCount): elementCount
    }
  }

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
  init(secure vector: [SecureField], rowCount: Int, code: Code, threads: Int) {
    var rows: [BaseField] = []
    let length = 1 << code.variableCount
    rows.reserveCapacity(2 * rowCount * length)
    for row in 0..<rowCount {
      let entries = vector[row * length..<(row + 1) * length]
      rows.append(contentsOf: entries.lazy.map(\.c0))
      rows.append(contentsOf: entries.lazy.map(\.c1))
    }
    self.init(rows: rows, code: code, threads: threads)
  }

  func combineRows(_ weights: ArraySlice<SecureField>, count: Int, threads: Int) -> SecureTable {
    combineRows(Array(weights.prefix(count)), from: 0, threads: threads)
  }
}
