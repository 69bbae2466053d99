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

    var byteCount: Int {
      switch self {
      case .secure: 16
      case .symbol: 8
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

  init(_ plan: Plan, _ core: KeyCore, _ purpose: Purpose, _ statement: Statement, _ proof: [UInt8]) {
    var sponge = Sponge()
    sponge.bind(purpose, plan.mode, keyCore: core.digest, statement, plan.circuit)
    if plan.hasWitness { read("witness", .digest, 1, proof, &sponge) }
    walkLookups(plan, proof, &sponge)
    walkContractions(plan, proof, &sponge)
    let padded = plan.circuit.columns(of: .advice).filter { column in
      plan.slots[column].map { plan.placement($0).hasPadding } ?? false
    }
    for _ in 0..<(padded.map { plan.bits(ofColumn: $0).reduce(0, +) }.max() ?? 0) { draw("padding", &sponge) }
    draw("merge", &sponge)
    for _ in 0..<(plan.commitments.map(\.variableCount).max() ?? 0) { round("merge.round", 2, proof, &sponge) }
    walkOpening(plan, proof, &sponge)
  }

  private mutating func read(
    _ label: String, _ kind: Kind, _ count: Int, _ proof: [UInt8], observed name: String? = nil,
    _ sponge: inout Sponge
  ) {
    guard count > 0 else { return }
    let end = byteCount + count * kind.byteCount
    // Changed bytes can ask for more leaves than there are.
    guard end <= proof.count else {
      byteCount = proof.count
      return
    }
    sponge.observe(name ?? label, proof[byteCount..<end])
    for _ in 0..<count {
      fields.append(Field(label: label, kind: kind, offset: byteCount))
      byteCount += kind.byteCount
    }
  }

  private mutating func draw(_ label: String, _ sponge: inout Sponge) {
    let element = sponge.challenge(label)
    challenges.append(Challenge(label: label, offset: byteCount, words: [element.c0.value, element.c1.value]))
  }

  private mutating func round(_ label: String, _ count: Int, _ proof: [UInt8], _ sponge: inout Sponge) {
    read(label, .secure, count, proof, &sponge)
    draw(label, &sponge)
  }

  private mutating func walkLookups(_ plan: Plan, _ proof: [UInt8], _ sponge: inout Sponge) {
    guard !plan.circuit.lookups.isEmpty else { return }
    draw("lambda", &sponge)
    draw("beta", &sponge)
    read("roots", .secure, 4, proof, &sponge)
    let depths = [plan.lookupBlocks.depth, plan.tableBlocks.depth]
    for layer in 0..<(depths.max() ?? 0) {
      draw("layer", &sponge)
      for _ in 0..<layer { round("layer.round", 2, proof, &sponge) }
      read("layer.ends", .secure, 4 * depths.count { $0 > layer }, proof, &sponge)
      draw("layer.line", &sponge)
    }
    read("lookup.values", .secure, plan.lookedUpColumns.count + plan.circuit.tables.count, proof, &sponge)
  }

  private mutating func walkContractions(_ plan: Plan, _ proof: [UInt8], _ sponge: inout Sponge) {
    for port in plan.circuit.outputs where port.classesOf == nil {
      for _ in 0..<plan.bits(ofColumn: port.column).reduce(0, +) { draw("output", &sponge) }
    }
    for column in plan.virtualColumns {
      let axes = plan.bits(ofColumn: column).map { AxisWeight(at: .init(repeating: .zero, count: $0)) }
      let terms = plan.terms(ofColumn: column, axes)
      read("terms", .secure, terms.count { !plan.isComputed($0) }, proof, &sponge)
    }
    let instances = plan.instanceShapes
    guard !instances.isEmpty else { return }
    draw("contraction", &sponge)
    let degree = instances.reduce(2) { max($0, $1.degree) }
    for _ in 0..<(instances.map(\.variableCount).max() ?? 0) { round("contraction.round", degree, proof, &sponge) }
    let operands = instances.flatMap(\.operands).count { plan.slots[$0.column] != nil }
    read("operands", .secure, operands, proof, &sponge)
  }

  private mutating func walkOpening(_ plan: Plan, _ proof: [UInt8], _ sponge: inout Sponge) {
    var codes = plan.commitments.map { (code: $0.code, rowCount: $0.layout.rowCount, kind: Kind.symbol) }
    for level in plan.levels {
      switch level {
      case .clear(let elementCount): read("final", .secure, elementCount, proof, &sponge)
      case .committed: read("level", .digest, 1, proof, &sponge)
      }
      for (code, rowCount, kind) in codes {
        let positions = sponge.positions("positions", count: code.queryCount, domainBits: code.domainBits)
        challenges.append(Challenge(label: "positions", offset: byteCount, words: positions.map { UInt64($0) }))
        read("leaves", kind, rowCount * positions.count, proof, &sponge)
        for _ in 0..<Merkle.siblingCount(positions: positions, depth: code.domainBits) {
          fields.append(Field(label: "paths", kind: .digest, offset: byteCount))
          byteCount += Kind.digest.byteCount
        }
      }
      draw("combine", &sponge)
      for _ in 0..<level.roundCount { round("fold.round", 2, proof, &sponge) }
      if case .committed(let code, let rowCount, _) = level { codes = [(code, rowCount, .secure)] }
    }
  }
}
