import Circuit
import Field
import Verifier

/// A code whose symbols the next level opens.
private struct OpeningCode {
  let commitment: Commitment
  /// Where the folded row begins in the vector H.
  let offset: Int
  /// The weight of each row of symbols in the folded row.
  var rowWeights: [SecureField] = []

  func foldedSymbol(_ position: Int) -> SecureField {
    zip(rowWeights, commitment.leaf(position)).reduce(.zero) { $0 + $1.0 * $1.1 }
  }
}

extension ProverTranscript {
  /// Step 6: opens all commitments at once by recursive folding. docs/protocol.md §9.
  package mutating func open(_ plan: Plan, _ commitments: [Commitment], _ claim: OpeningClaim, threads: Int) {
    let blocks = plan.openingBlocks
    var codes = commitments.indices.map { index in
      OpeningCode(commitment: commitments[index], offset: blocks[index] << commitments[index].code.variableCount)
    }
    let size = 1 << (plan.levels.first.map(\.variableCount) ?? 0)
    var vector = SecureTable(zeros: size)
    var weight = SecureTable(zeros: size)
    for (index, part) in claim.parts.enumerated() {
      let rowWeights = Array(Multilinear.equalityTable(part.row).prefix(commitments[index].rowCount))
      vector.replace(
        at: codes[index].offset, with: commitments[index].combineRows(rowWeights, from: 0, threads: threads))
      weight.replace(
        at: codes[index].offset,
        with: SecureTable.equality(part.inRow, scale: part.coefficient, threads: threads))
      codes[index].rowWeights = rowWeights
    }
    var running = claim.value.constant
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
      let opened = codes.map { openLeaves($0.commitment) }
      let combine = sponge.challenge("combine")
      var power = SecureField.one
      for (code, positions) in zip(codes, opened) {
        var powers: [SecureField] = []
        for position in positions {
          power *= combine
          powers.append(power)
          running += power * code.foldedSymbol(position)
        }
        weight.addPowers(
          of: code.commitment.code.points(at: positions), scaledBy: powers, offset: code.offset,
          variableCount: code.commitment.code.variableCount, threads: threads)
      }
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
        let rowWeights = Multilinear.equalityTable(point).flatMap { [$0, $0 * SecureField.generator] }
        return [
          OpeningCode(
            commitment: commitment, offset: 0, rowWeights: Array(rowWeights.prefix(commitment.rowCount)))
        ]
      } ?? []
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
