import Circuit
import Field
import Glibc
import Verifier

/// The bytes of a proof file by part, from the plan alone: exact except for leaves and paths, which are those expected of
/// random positions.
struct ProofSize {
  private(set) var parts: [(label: String, byteCount: Double)] = []

  var byteCount: Int { Int(parts.reduce(0) { $0 + $1.byteCount }.rounded()) }

  init(_ plan: Plan) {
    let circuit = plan.circuit
    add("statement", Self.statementByteCount(circuit, batch: plan.batch))
    if plan.openings.hasWitness { add("witness", Digest.byteCount) }
    addReductions(plan)
    addElements("merge.round", 2 * plan.mergeRoundCount)
    if let pads = plan.pads {
      addElements("mask.sum", 1)
      addElements("quadratic.round", 3 * pads.variableCount)
      addElements("quadratic.ends", 2)
      addElements("level.mask", 1)
      addElements("mask.value", 1)
    }
    addOpenings(plan)
  }

  /// What steps 2 and 3 of docs/protocol.md §5 send.
  private mutating func addReductions(_ plan: Plan) {
    let isHiding = plan.mode == .hiding
    if !plan.circuit.lookups.isEmpty {
      let depths = [plan.columns.lookupBlocks.depth, plan.columns.tableBlocks.depth]
      let layers = depths.max() ?? 0
      addElements("roots", 4)
      addElements("inverse", isHiding ? 2 : 0)
      addElements("layer.round", layers * (layers - 1))
      addElements("layer.ends", 4 * depths.reduce(0, +))
      addElements("lookup.values", plan.columns.lookupValueCount)
    }
    let instances = plan.reductions.instances
    let committed = instances.map { $0.operands.count { plan.slots[$0.column] != nil } }
    addElements("terms", plan.reductions.sentTermCount)
    addElements("contraction.round", instances.contractionDegree * instances.roundCount)
    addElements("operands", committed.reduce(0, +))
    addElements("product", isHiding ? committed.reduce(0) { $0 + max(0, $1 - 2) } : 0)
  }

  private mutating func addOpenings(_ plan: Plan) {
    var codes = plan.commitments.map { commitment in
      (code: commitment.code, leafByteCount: BaseField.byteCount * commitment.rowCount + commitment.code.saltByteCount)
    }
    for level in plan.levels {
      add("grind", MemoryLayout<UInt64>.size)
      for (code, leafByteCount) in codes { addOpening(code, leafByteCount: leafByteCount) }
      addElements("fold.round", 2 * level.roundCount)
      switch level {
      case .clear(let elementCount): addElements("final", elementCount)
      case .committed(let code, let rowCount, _):
        add("level", Digest.byteCount)
        let masked = code.isTailed ? 1 : 0
        codes = [(code, SecureField.byteCount * (rowCount + masked) + code.saltByteCount)]
      }
    }
  }

  private mutating func add(_ label: String, _ byteCount: Double) {
    guard byteCount > 0 else { return }
    if let index = parts.firstIndex(where: { $0.label == label }) {
      parts[index].byteCount += byteCount
    } else {
      parts.append((label, byteCount))
    }
  }

  private mutating func add(_ label: String, _ byteCount: Int) { add(label, Double(byteCount)) }

  private mutating func addElements(_ label: String, _ count: Int) { add(label, SecureField.byteCount * count) }

  private mutating func addOpening(_ code: Code, leafByteCount: Int) {
    /// How many of the nodes of a level are above one of the drawn leaves.
    func reached(_ level: Int) -> Double {
      let count = pow(2, Double(code.domainBits - level))
      return -count * expm1(Double(code.queryCount) * log1p(-1 / count))
    }
    let siblings = (0..<code.domainBits).map { 2 * (code.domainBits == $0 + 1 ? 1 : reached($0 + 1)) - reached($0) }
    add("leaves", reached(0) * Double(leafByteCount))
    add("paths", siblings.reduce(0, +) * Double(Digest.byteCount))
  }

  /// All of a .proof file but the proof itself; the context is empty.
  private static func statementByteCount(_ circuit: ArithmeticCircuit, batch: Int) -> Int {
    let ports = circuit.inputs + circuit.outputs
    return 96 + 32 + circuit.inputs.count
      + ports.reduce(0) { $0 + circuit.shownColumn($1).integerByteCount * $1.dimensions.reduce(batch, *) }
  }
}
