import Circuit
import Field
import Prover
import Verifier

/// Makes proofs of any outputs under given challenges, without weights and without a witness.
struct Simulator {
  let plan: Plan
  let statement: Statement
  let coins: Digest
  let core: WeightCommitment
  private let prior: [Commitment]

  /// With commitments of its own to nothing, the model's first; a statement is told the roots of the others.
  init(
    _ plan: Plan, _ stated: ([Digest]) -> Statement, proofCount: Int, coins: Digest, random: inout some SecretSource
  ) {
    (self.plan, self.coins) = (plan, coins)
    var prior: [Commitment] = []
    for own in plan.commitments.dropLast() { prior.append(Commitment(uniform: own, &random)) }
    self.prior = prior
    statement = stated(prior.dropFirst().map(\.root))
    core = WeightCommitment(circuit: plan.circuit, proofCount: proofCount, root: prior[0].root)
  }

  func prove(_ random: inout some SecretSource) throws -> [UInt8] {
    guard case .committed(let code, let rowCount, _) = plan.levels[0], case .clear(let finalCount) = plan.levels[1],
      let pads = plan.pads, let witnessPlan = plan.commitments.last
    else { preconditionFailure("a masked level, and then the vector in clear") }
    let witness = Commitment(uniform: witnessPlan, &random)
    var proof = witness.root.bytes
    let sentCount = plan.reductions.elementCount + 2 * plan.mergeRoundCount
    proof += random.secureElements(sentCount + 1 + 3 * pads.variableCount + 2).flatMap(\.bytes)
    var verifier = VerifierTranscript(.hiding, proof: proof)
    verifier.sponge = Sponge(deafAt: coins)
    _ = try verifier.receiveRoot("witness")
    let claim = try verifier.reduce(plan, statement)

    // The first level: whatever is sent, the mask makes it true.
    let codes = plan.openedCodes(claim)
    let nonce = verifier.sponge.nonce
    let positions = codes.map { $0.code.draw(&verifier.sponge) }
    let leaves = zip(prior + [witness], positions).flatMap { $0.sent(at: $1) }
    var running = claim.value
    var weight = OpeningWeight(variableCount: code.variableCount + bitCountOfAxis(rowCount))
    for part in plan.openingWeights(claim) { weight.add(part) }
    let power = weight.add(codes, prior + [witness], positions, &running, &verifier.sponge)
    let sum = random.secureElements(1)
    running += Value(power * sum[0])
    var (rounds, point): ([SecureField], [SecureField]) = ([], [])
    for _ in 0..<plan.levels[0].roundCount {
      let sent = random.secureElements(2)
      rounds += sent
      point.append(verifier.sponge.challenge("fold.round"))
      running.fold(sent.map { Value($0) }, at: point[point.count - 1])
      weight.bind(point[point.count - 1])
    }
    let fold = verifier.sponge.challenge("mask.fold")

    // h' and its tail are uniform; a makes the claim about them true.
    guard let opened = plan.levels[0].openedCode(boundTo: point, fold: fold),
      let masks = plan.levels[0].maskWeight(boundTo: point, factor: power)
    else { return [] }
    let (final, own) = (random.secureElements(finalCount), opened.folds[0])
    var last = OpeningWeight(variableCount: bitCountOfAxis(finalCount))
    last.add(weight.entries, times: .one, block: own.block.entries)
    last.add(masks)
    var vector = SecureTable(final + [SecureField](repeating: .zero, count: last.entries.count - finalCount))
    let mask = vector.innerProduct(SecureTable(last.entries)) - fold * running.constant
    running = Value(mask + fold * running.constant)

    // The symbols of the mask are those that the opened leaves need.
    let lastNonce = verifier.sponge.nonce
    let lastPositions = code.draw(&verifier.sponge)
    var symbols = random.elements(opened.rowCount << code.domainBits)
    let row = opened.rowCount - 2
    for (position, z) in zip(lastPositions, code.points(at: lastPositions)) {
      for half in row..<row + 2 { symbols[half << code.domainBits + position] = .zero }
      let leaf = (0..<opened.rowCount).map { symbols[$0 << code.domainBits + position] }
      let missing = own.block.symbol(of: final, code, at: z) - own.symbol(leaf)
      symbols[row << code.domainBits + position] = missing.c0
      symbols[(row + 1) << code.domainBits + position] = missing.c1
    }
    let level = Commitment(code, symbols, rowCount: opened.rowCount, &random)
    _ = last.add([opened], [level], [lastPositions], &running, &verifier.sponge)

    var lastRounds: [SecureField] = []
    var table = SecureTable(last.entries)
    for _ in 0..<plan.levels[1].roundCount {
      let round = productRound(vector, table)
      lastRounds += [round.constant, round.quadratic]
      let challenge = verifier.sponge.challenge("fold.round")
      vector.fold(challenge)
      table.fold(challenge)
    }
    proof += level.root.bytes + sum[0].bytes + nonce + leaves + (rounds + [mask] + final).flatMap(\.bytes)
    return proof + lastNonce + level.sent(at: lastPositions) + lastRounds.flatMap(\.bytes)
  }
}

/// U of docs/protocol.md §9 by entry of H.
private struct OpeningWeight {
  private(set) var entries: [SecureField]

  init(variableCount: Int) { entries = [SecureField](repeating: .zero, count: 1 << variableCount) }

  /// Adds a multiple of `own` to a block of its size.
  mutating func add(_ own: [SecureField], times factor: SecureField, block: Int) {
    for index in own.indices { entries[block * own.count + index] += factor * own[index] }
  }

  mutating func add(_ part: TensorWeight) {
    switch part.factors {
    case .equality(let point): add(Multilinear.equalityTable(point), times: part.coefficient, block: part.block)
    case .table(let own): add(own, times: part.coefficient, block: part.block)
    }
  }

  /// Adds a multiple of the powers of z.
  private mutating func add(_ z: BaseField, _ count: Int, times factor: SecureField, block: Int) {
    add(powers(of: SecureField(z), count: count), times: factor, block: block)
  }

  mutating func bind(_ x: SecureField) {
    let half = entries.count / 2
    entries = (0..<half).map { entries[$0] + x * (entries[$0 + half] - entries[$0]) }
  }

  /// Adds the symbols at these positions to the weight and the claim; returns the next power of the combination.
  mutating func add(
    _ codes: [OpenedCode], _ commitments: [Commitment], _ positions: [[Int]], _ claim: inout Value,
    _ sponge: inout Sponge
  ) -> SecureField {
    let combine = sponge.challenge("combine")
    var power = combine
    for ((opened, commitment), positions) in zip(zip(codes, commitments), positions) {
      let code = opened.code
      for (position, z) in zip(positions, code.points(at: positions)) {
        for fold in opened.folds {
          claim += Value(power * fold.symbol(commitment.leaf(position)))
          add(z, 1 << code.variableCount, times: power, block: fold.block.entries)
          if let tail = fold.block.tail {
            add(z, code.tailCount, times: power * code.tailShift(z), block: tail)
          }
          power *= combine
        }
      }
    }
    return power
  }
}

extension OpeningBlock {
  /// The symbol at z of the vector that stands here.
  fileprivate func symbol(of vector: [SecureField], _ code: Code, at z: BaseField) -> SecureField {
    func sum(_ block: Int, _ count: Int) -> SecureField {
      vector[block * count..<(block + 1) * count].reversed().reduce(.zero) { $0 * z + $1 }
    }
    return sum(entries, 1 << code.variableCount)
      + (tail.map { sum($0, code.tailCount) * code.tailShift(z) } ?? .zero)
  }
}

extension Code {
  /// z^(2^variableCount), the power of a tail's first coefficient.
  fileprivate func tailShift(_ z: BaseField) -> BaseField { z.power(1 << UInt64(variableCount)) }

  fileprivate func draw(_ sponge: inout Sponge) -> [Int] {
    sponge.positions("positions", count: queryCount, domainBits: domainBits)
  }
}

extension Sponge {
  /// The bytes of what a prover sends before positions are drawn.
  fileprivate var nonce: [UInt8] { firstNonce(after: state, bits: Code.grindingBits, threads: 1).littleEndianBytes }
}

extension Commitment {
  /// A tree over these symbols, whether they are code words or not.
  fileprivate init(_ code: Code, _ symbols: [BaseField], rowCount: Int, _ random: inout some SecretSource) {
    let salts = random.bytes(code.saltByteCount << code.domainBits)
    let made = EncodedRows(symbols: symbols, salts: salts, depth: code.domainBits, threads: 1)
    let zeros = [BaseField](repeating: .zero, count: rowCount << code.variableCount)
    self.init(code: code, rows: PackedRows(zeros, width: 1 << code.variableCount), tails: [], leaves: .made(made))
  }

  /// Of nothing but uniform symbols.
  fileprivate init(uniform plan: CommitmentPlan, _ random: inout some SecretSource) {
    let rowCount = plan.layout.rowCount + 2 * plan.padRowCount
    self.init(plan.code, random.elements(rowCount << plan.code.domainBits), rowCount: rowCount, &random)
  }

  fileprivate func sent(at positions: [Int]) -> [UInt8] {
    let (leaves, siblings) = opened(at: positions)
    return leaves + siblings.flatMap(\.bytes)
  }
}
