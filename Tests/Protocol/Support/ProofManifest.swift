import Circuit
import Field
import Verifier

/// Every field of a proof and every challenge of its verifier, found by walking through the schedule of
/// docs/protocol.md §5 … §9 without checking anything.
struct ProofManifest {
  enum Kind: Equatable {
    /// An element of K.
    case secure
    /// An element of F in a leaf.
    case symbol
    case digest
    /// What ends a leaf of a tailed code.
    case salt
    case nonce

    var byteCount: Int {
      switch self {
      case .secure, .salt: 16
      case .symbol, .nonce: 8
      case .digest: 32
      }
    }
  }

  struct Field {
    let label: String
    let kind: Kind
    let offset: Int
  }

  struct Challenge {
    let label: String
    /// How many bytes of the proof were read before it.
    let offset: Int
    /// c0, c1; or positions.
    let words: [UInt64]
  }

  private(set) var fields: [Field] = []
  private(set) var challenges: [Challenge] = []
  private(set) var byteCount = 0

  var labels: Set<String> { Set(fields.map(\.label)) }

  init(_ plan: Plan, _ core: WeightCommitment, _ purpose: Purpose, _ statement: Statement, _ proof: [UInt8]) {
    var sponge = Sponge()
    sponge.absorb(purpose, plan.mode, keyCore: core.digest, statement, plan.circuit)
    self.init(plan, proof, sponge)
  }

  /// - Parameter sponge: That of a verifier before the first message.
  init(_ plan: Plan, _ proof: [UInt8], _ sponge: consuming Sponge) {
    if plan.openings.hasWitness { read("witness", .digest, 1, proof, &sponge) }
    walkLookups(plan, proof, &sponge)
    walkContractions(plan, proof, &sponge)
    for _ in 0..<plan.paddingVariableCount { draw("padding", &sponge) }
    draw("merge", &sponge)
    for _ in 0..<(plan.commitments.map(\.variableCount).max() ?? 0) { round("merge.round", 2, proof, &sponge) }
    walkDischarge(plan, proof, &sponge)
    walkOpening(plan, proof, &sponge)
  }

  private mutating func read(
    _ label: String, _ kind: Kind, _ count: Int, _ proof: [UInt8], _ sponge: inout Sponge
  ) {
    read(label, [Kind](repeating: kind, count: count), proof, &sponge)
  }

  private mutating func read(_ label: String, _ kinds: [Kind], _ proof: [UInt8], _ sponge: inout Sponge) {
    guard !kinds.isEmpty else { return }
    let end = kinds.reduce(byteCount) { $0 + $1.byteCount }
    // Changed bytes can ask for more leaves than there are.
    guard end <= proof.count else {
      byteCount = proof.count
      return
    }
    sponge.observe(label, proof[byteCount..<end])
    for kind in kinds {
      fields.append(Field(label: label, kind: kind, offset: byteCount))
      byteCount += kind.byteCount
    }
  }

  private mutating func draw(_ label: String, _ sponge: inout Sponge) {
    let element = sponge.challenge(label)
    challenges.append(Challenge(label: label, offset: byteCount, words: [element.c0.value, element.c1.value]))
  }

  private mutating func round(
    _ label: String, _ count: Int, drawing challenge: String? = nil, _ proof: [UInt8], _ sponge: inout Sponge
  ) {
    read(label, .secure, count, proof, &sponge)
    draw(challenge ?? label, &sponge)
  }

  private mutating func walkLookups(_ plan: Plan, _ proof: [UInt8], _ sponge: inout Sponge) {
    guard !plan.circuit.lookups.isEmpty else { return }
    draw("lambda", &sponge)
    draw("beta", &sponge)
    read("roots", .secure, 4, proof, &sponge)
    if plan.mode == .hiding { for _ in 0..<2 { read("inverse", .secure, 1, proof, &sponge) } }
    let depths = [plan.columns.lookupBlocks.depth, plan.columns.tableBlocks.depth]
    for layer in 0..<(depths.max() ?? 0) {
      draw("layer", &sponge)
      for _ in 0..<layer { round("layer.round", 2, proof, &sponge) }
      read("layer.ends", .secure, 4 * depths.count { $0 > layer }, proof, &sponge)
      draw("layer.line", &sponge)
    }
    read("lookup.values", .secure, plan.columns.lookupValueCount, proof, &sponge)
  }

  private mutating func walkContractions(_ plan: Plan, _ proof: [UInt8], _ sponge: inout Sponge) {
    for column in plan.circuit.claimedOutputs {
      for _ in 0..<plan.columns.bits(ofColumn: column).reduce(0, +) { draw("output", &sponge) }
    }
    for column in plan.columns.virtual {
      let weights = plan.columns.bits(ofColumn: column).map { AxisWeight(at: .init(repeating: .zero, count: $0)) }
      let terms = plan.columns.terms(ofColumn: column, weights)
      read("terms", .secure, terms.count { !plan.columns.isComputed($0) }, proof, &sponge)
    }
    let instances = plan.reductions.instances
    guard !instances.isEmpty else { return }
    draw("contraction", &sponge)
    let degree = instances.reduce(2) { max($0, $1.degree) }
    for _ in 0..<(instances.map(\.variableCount).max() ?? 0) { round("contraction.round", degree, proof, &sponge) }
    let operands = instances.flatMap(\.operands).count { plan.slots[$0.column] != nil }
    read("operands", .secure, operands, proof, &sponge)
    guard plan.mode == .hiding else { return }
    for instance in instances {
      let committed = instance.operands.count { plan.slots[$0.column] != nil }
      for _ in 0..<max(0, committed - 2) { read("product", .secure, 1, proof, &sponge) }
    }
  }

  private mutating func walkDischarge(_ plan: Plan, _ proof: [UInt8], _ sponge: inout Sponge) {
    guard let pads = plan.pads else { return }
    for _ in 0..<pads.variableCount { draw("quadratic", &sponge) }
    round("mask.sum", 1, drawing: "mask.scale", proof, &sponge)
    for _ in 0..<pads.variableCount { round("quadratic.round", 3, proof, &sponge) }
    round("quadratic.ends", 2, drawing: "constraints", proof, &sponge)
  }

  private mutating func walkOpening(_ plan: Plan, _ proof: [UInt8], _ sponge: inout Sponge) {
    var codes = plan.commitments.map {
      (code: $0.code, rowCount: $0.layout.rowCount + 2 * $0.padRowCount, kind: Kind.symbol)
    }
    for level in plan.levels {
      switch level {
      case .clear(let elementCount): read("final", .secure, elementCount, proof, &sponge)
      case .committed: read("level", .digest, 1, proof, &sponge)
      }
      if level.isMasked { read("level.mask", .secure, 1, proof, &sponge) }
      read("grind", .nonce, 1, proof, &sponge)
      let drawn = codes.map { sponge.positions("positions", count: $0.code.queryCount, domainBits: $0.code.domainBits) }
      for positions in drawn {
        challenges.append(Challenge(label: "positions", offset: byteCount, words: positions.map { UInt64($0) }))
      }
      for ((code, rowCount, kind), positions) in zip(codes, drawn) {
        let leaf = [Kind](repeating: kind, count: rowCount) + (code.isTailed ? [.salt] : [])
        read("leaves", positions.flatMap { _ in leaf }, proof, &sponge)
        for _ in 0..<siblingCount(positions, depth: code.domainBits) {
          fields.append(Field(label: "paths", kind: .digest, offset: byteCount))
          byteCount += Kind.digest.byteCount
        }
      }
      draw("combine", &sponge)
      for _ in 0..<level.roundCount { round("fold.round", 2, proof, &sponge) }
      if level.isMasked { round("mask.value", 1, drawing: "mask.fold", proof, &sponge) }
      if case .committed(let code, let rowCount, _) = level {
        codes = [(code, rowCount + (code.isTailed ? 1 : 0), .secure)]
      }
    }
  }
}

/// How many digests accompany an opening at sorted distinct positions.
private func siblingCount(_ positions: [Int], depth: Int) -> Int {
  var count = 0
  var known = positions
  for _ in 0..<depth {
    var parents: [Int] = []
    for position in known where parents.last != position >> 1 { parents.append(position >> 1) }
    count += 2 * parents.count - known.count
    known = parents
  }
  return count
}
