import Field

/// The error of one kind of verifier message, in units of 2^−160, rounded up.
public struct SoundnessTerm: Hashable, Sendable {
  public let name: String
  public let units: UInt128
}

/// The sum of docs/protocol.md §12.
public struct Soundness: Sendable {
  public static let unitBits = 160
  /// The sum of all errors is at most 2^−requiredBits.
  public static let requiredBits = 100

  public private(set) var terms: [SoundnessTerm] = []

  public var totalUnits: UInt128 { terms.reduce(0) { $0 + $1.units } }
  public var isSufficient: Bool { totalUnits <= 1 << UInt128(Self.unitBits - Self.requiredBits) }

  private mutating func add(_ name: String, units: UInt128) {
    guard units > 0 else { return }
    if let index = terms.firstIndex(where: { $0.name == name }) {
      terms[index] = SoundnessTerm(name: name, units: terms[index].units + units)
    } else {
      terms.append(SoundnessTerm(name: name, units: units))
    }
  }

  /// `count`/|K|: 2^160/p² is below 2^32 + 3.
  private mutating func add(_ name: String, overField count: Int) {
    add(name, units: UInt128(count) * ((1 << 32) + 3))
  }

  /// The chance that a nonce is right and a word far from the code passes all queries drawn after it.
  package static func queryUnits(_ code: Code) -> UInt128 {
    var power = Agreement(variableCount: code.variableCount, rateBits: code.rateBits, tailCount: code.tailCount)
    for _ in 0..<code.queryCount { power.multiply() }
    return power.units(unitBits - Code.grindingBits)
  }

  package init(_ plan: Plan) {
    let circuit = plan.circuit
    if !circuit.lookups.isEmpty {
      let (lookups, tables) = (plan.columns.lookupBlocks.depth, plan.columns.tableBlocks.depth)
      add("lambda", overField: (circuit.tables.map { $0.arity }.max() ?? 0) << tables)
      add("beta", overField: 1 << lookups + 1 << tables)
      for layer in 0..<max(lookups, tables) { add("layers", overField: 4 + 2 * layer) }
    }
    for column in circuit.claimedOutputs { add("outputs", overField: plan.columns.bits(ofColumn: column).reduce(0, +)) }
    let instances = plan.reductions.instances
    add("contraction", overField: instances.count + instances.contractionDegree * instances.roundCount)
    add("padding", overField: plan.paddingVariableCount)
    add("merge", overField: plan.claimCount + 2 * plan.mergeRoundCount)
    var codes = plan.commitments.map { (code: $0.code, rowBits: $0.layout.rowVariableCount) }
    if let pads = plan.pads, let witness = codes.last {
      add("quadratic", overField: 4 * pads.variableCount + 1)
      add("constraints", overField: pads.entryCount + circuit.outputs.count)
      add("combine", overField: pads.rowCount * witness.code.queryCount)
    }
    for level in plan.levels {
      for (code, rowBits) in codes {
        add("row folding", overField: rowBits << code.domainBits)
        add("positions", units: Self.queryUnits(code))
        add("combine", overField: code.queryCount)
      }
      add("fold rounds", overField: 2 * level.roundCount)
      guard case .committed(let code, _, _) = level else { continue }
      codes = [(code, level.roundCount)]
      guard code.isTailed else { continue }
      add("mask fold", overField: 1 + 1 << code.domainBits)
      add("combine", overField: 1)
    }
    add("hash", units: 1 << UInt128(Self.unitBits - 128))
  }
}
