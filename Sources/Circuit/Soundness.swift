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

  /// ((1 + 2^−rateBits)/2)^queries.
  package static func queryUnits(_ code: Code) -> UInt128 {
    let factor = UInt128(1 << code.rateBits + 1)
    var mantissa: UInt128 = 1 << 100
    var exponent = 100
    for _ in 0..<code.queryCount {
      mantissa *= factor
      exponent += code.rateBits + 1
      while mantissa >= 1 << 101 {
        mantissa = (mantissa + 1) / 2
        exponent -= 1
      }
    }
    let excess = exponent - unitBits
    return excess > 0 ? mantissa >> UInt128(min(excess, 127)) + 1 : mantissa << UInt128(-excess)
  }

  package init(_ plan: Plan) {
    let circuit = plan.circuit
    if !circuit.lookups.isEmpty {
      let (lookups, tables) = (plan.lookupBlocks.depth, plan.tableBlocks.depth)
      add("lambda", overField: 2 << tables)
      add("beta", overField: 1 << lookups + 1 << tables)
      for layer in 0..<max(lookups, tables) { add("layers", overField: 4 + 2 * layer) }
    }
    for port in circuit.claimedOutputs {
      add("outputs", overField: plan.bits(ofColumn: circuit.outputs[port].column).reduce(0, +))
    }
    addContractions(plan)
    let padded = circuit.columns(of: .advice).filter { column in
      plan.slots[column].map { plan.placement($0).hasPadding } ?? false
    }
    let paddingBits = padded.map { plan.bits(ofColumn: $0).reduce(0, +) }
    add("padding", overField: paddingBits.max() ?? 0)
    add("merge", overField: plan.claimCount + 2 * (plan.commitments.map(\.variableCount).max() ?? 0))
    var codes = plan.commitments.map { (code: $0.code, rowBits: $0.layout.rowVariableCount) }
    for level in plan.levels {
      for (code, rowBits) in codes {
        add("row folding", overField: rowBits << code.domainBits)
        add("positions", units: Self.queryUnits(code))
        add("combine", overField: code.queryCount)
      }
      add("fold rounds", overField: 2 * level.roundCount)
      if case .committed(let code, _, _) = level { codes = [(code, level.roundCount)] }
    }
    add("hash", units: 1 << UInt128(Self.unitBits - 128))
  }

  private mutating func addContractions(_ plan: Plan) {
    let instances = plan.instanceShapes
    let degree = instances.reduce(2) { max($0, $1.degree) }
    add("contraction", overField: instances.count + degree * (instances.map(\.variableCount).max() ?? 0))
  }
}

extension Plan {
  /// The virtual claims that every proof makes, without their values.
  package var virtualColumns: [Int] {
    (lookedUpColumns + circuit.claimedOutputs.map { circuit.outputs[$0].column }).filter { slots[$0] == nil }
  }

  private func reducedTerms(ofColumn column: Int) -> [ReducedTerm] {
    let axes = bits(ofColumn: column).map { AxisWeight(at: .init(repeating: .zero, count: $0)) }
    return terms(ofColumn: column, axes)
  }

  /// The contraction instances that every proof has, without their values.
  package var instanceShapes: [ContractionInstance] {
    virtualColumns.flatMap { reducedTerms(ofColumn: $0) }.compactMap { term in
      if case .instance(let instance) = term.remainder { instance } else { nil }
    }
  }

  /// How many claims the merge combines.
  package var claimCount: Int {
    let lookups = circuit.lookups.isEmpty ? 0 : lookedUpColumns.count { slots[$0] != nil } + circuit.tables.count
    let outputs = circuit.outputs.count { slots[$0.column] != nil }
    let operands = virtualColumns.flatMap { reducedTerms(ofColumn: $0) }.map { term in
      switch term.remainder {
      case .direct(let operand, _): slots[operand.column] == nil ? 0 : 1
      case .instance(let instance): instance.operands.count { slots[$0.column] != nil }
      }
    }
    let padding = circuit.columns(of: .advice).count { column in
      slots[column].map { placement($0).hasPadding } ?? false
    }
    return lookups + outputs + operands.reduce(0, +) + padding
  }
}
