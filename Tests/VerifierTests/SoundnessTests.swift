import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// The exact fractions of docs/protocol.md §12, as integers over a common denominator.
private struct ExactSum {
  /// Σ numerators over |K| = p².
  var overField: [String: BigInteger] = [:]
  /// Query errors: 2^−12·((2^r + 1) / 2^(r+1))^t.
  var codes: [Code] = []

  mutating func add(_ name: String, _ count: Int) {
    guard count > 0 else { return }
    overField[name] = (overField[name] ?? .zero) + BigInteger(count)
  }

  /// Recounts every message of a proof from the circuit.
  init(_ plan: Plan) {
    let circuit = plan.circuit
    func bits(_ column: Int) -> Int { plan.columns.bits(ofColumn: column).reduce(0, +) }
    if !circuit.lookups.isEmpty {
      let lookups = circuit.lookups.reduce(0) { sum, lookup in
        let sizes = plan.columns.shape(lookup.forms[0].parts[0].column)
        let after = sizes.drop { $0 == 1 }.dropFirst()
        return sum + after.reduce(sizes.first { $0 > 1 } ?? 1) { $0 << bitCountOfAxis($1) }
      }
      let tables = circuit.tables.reduce(0) { $0 + 1 << $1.bitCount }
      let (depthL, depthT) = (bitCountOfAxis(lookups), bitCountOfAxis(tables))
      add("lambda", (circuit.tables.map(\.arity).max() ?? 0) << depthT)
      add("beta", 1 << depthL + 1 << depthT)
      for variables in 0..<max(depthL, depthT) { add("layers", 3 + 2 * variables + 1) }
    }
    for column in Set(circuit.outputs.filter { $0.classesOf == nil }.map(\.column)) { add("outputs", bits(column)) }
    let instances = plan.reductions.instances
    if !instances.isEmpty {
      let degree = max(2, instances.map(\.degree).max() ?? 0)
      add("contraction", instances.count)
      add("contraction", degree * (instances.map(\.variableCount).max() ?? 0))
    }
    let padded = circuit.columns(of: .advice).filter { column in
      plan.slots[column].map { plan.placement($0).hasPadding } ?? false
    }
    add("padding", padded.map(bits).max() ?? 0)
    add("merge", plan.claimCount)
    for _ in 0..<(plan.commitments.map(\.variableCount).max() ?? 0) { add("merge", 2) }
    var level = plan.commitments.map { ($0.code, $0.layout.rowCount) }
    for next in plan.levels {
      for (code, rows) in level {
        for _ in 0..<bitCountOfAxis(rows) { add("row folding", 1 << code.domainBits) }
        add("combine", code.queryCount)
        codes.append(code)
      }
      switch next {
      case .clear(let count): add("fold rounds", 2 * bitCountOfAxis(count))
      case .committed(let code, let rows, _):
        add("fold rounds", 2 * bitCountOfAxis(rows))
        level = [(code, rows)]
      }
    }
  }
}

@Suite struct SoundnessTests {
  private static let fieldSize = BigInteger.goldilocks * .goldilocks

  /// True when `units`/2^160 is at least numerator/denominator, and at most 1 % above it or one unit.
  private func isTight(_ units: UInt128, _ numerator: BigInteger, _ denominator: BigInteger) -> Bool {
    let scaled = numerator.shiftedLeft(Soundness.unitBits)
    let claimed = BigInteger(units) * denominator
    let slack = scaled.dividedRoundingDown(by: BigInteger(100)) + denominator
    return scaled <= claimed && claimed <= scaled + slack
  }

  private func power(_ base: Int, _ exponent: Int) -> BigInteger {
    (0..<exponent).reduce(.one) { product, _ in product * BigInteger(base) }
  }

  private func plans(_ network: SmallNetwork) -> [Plan] {
    let shapes = network.circuit.columns(of: .weight).map { network.circuit.shape(ofColumn: $0, batch: 1) }
    let code = ParameterPlanner.modelCode(RowCounts(shapes: shapes))
    let range = code.map { _ in [Plan(circuit: network.circuit.weightRangeCircuit, batch: 1, modelCode: code)] } ?? []
    return network.batches.map { Plan(circuit: network.circuit.withClassRelations, batch: $0, modelCode: code) } + range
  }

  private let networks =
    SmallNetwork.all + [.small]
    + [[64, 32, 10], [300, 100, 10], [784, 512, 256, 10]].map { SmallNetwork(DenseNetwork(sizes: $0), batches: [1, 16, 1000]) }

  @Test("row 19: every term is an upper bound within 1 % of the exact fraction, recounted from the circuit")
  func termsAreTight() {
    for plan in networks.flatMap(plans) {
      let exact = ExactSum(plan)
      let terms = Dictionary(uniqueKeysWithValues: Soundness(plan).terms.map { ($0.name, $0.units) })
      #expect(Set(terms.keys) == Set(exact.overField.keys).union(["positions", "hash"]), "\(plan.circuit.name)")
      for (name, numerator) in exact.overField {
        #expect(isTight(terms[name] ?? 0, numerator, Self.fieldSize), "\(plan.circuit.name) \(name)")
      }
      let bits = exact.codes.reduce(0) { $0 + ($1.rateBits + 1) * $1.queryCount }
      let queries = exact.codes.reduce(BigInteger.zero) { sum, code in
        let rest = bits - (code.rateBits + 1) * code.queryCount
        return sum + power(1 << code.rateBits + 1, code.queryCount).shiftedLeft(rest)
      }
      #expect(isTight(terms["positions"] ?? 0, queries, BigInteger.one.shiftedLeft(bits + 12)))
      #expect(terms["hash"] == 1 << 32)
    }
  }

  @Test("row 19: the total is at most 2^−100 for every network, batch and weight range proof")
  func totalsSuffice() {
    for plan in networks.flatMap(plans) {
      let soundness = Soundness(plan)
      #expect(soundness.isSufficient, "\(plan.circuit.name) \(plan.batch)")
      #expect(soundness.totalUnits == soundness.terms.reduce(0) { $0 + $1.units })
      #expect(soundness.totalUnits <= 1 << 60)
    }
  }

  @Test("row 19: query counts are the smallest with an error of at most 2^−104 after grinding", arguments: 1...6)
  func queryCounts(rateBits: Int) {
    let count = Code.queryCounts[rateBits - 1]
    func isEnough(_ count: Int) -> Bool {
      // (2^r + 1)^t · 2^104 ≤ 2^((r+1)·t + 12)
      power(1 << rateBits + 1, count).shiftedLeft(104) <= BigInteger.one.shiftedLeft((rateBits + 1) * count + 12)
    }
    #expect(isEnough(count) && !isEnough(count - 1))
    let code = Code(variableCount: 6, rateBits: rateBits)
    #expect(
      isTight(
        Soundness.queryUnits(code), power(1 << rateBits + 1, count),
        BigInteger.one.shiftedLeft((rateBits + 1) * count + 12)))
    #expect(Soundness.queryUnits(code) <= 1 << UInt128(Soundness.unitBits - 104))
  }

  @Test("rows 9, 19: a circuit with too many lookups for 100 bits is refused before its proof is read")
  func largeCircuits() throws {
    var b = CircuitBuilder("large", axes: [1 << 24, 64], batchCap: 1)
    let x = b.input([1])
    b.output(b.apply(to: b.contraction([1, 2], [b.term(1, x)]), limbs: [3], CircuitBuilder.relu))
    try b.circuit.validate()
    let plan = Plan(circuit: b.circuit, batch: 1, modelCode: nil)
    #expect(!Soundness(plan).isSufficient)
    let core = WeightCommitment(circuit: b.circuit, code: nil, root: .zero)
    let statement = Statement(batch: 1, inputs: [[]], outputs: [[]])
    #expect(throws: VerificationError.insufficientSoundness) { try plan.verify(.inference, core, statement, []) }
  }

  /// Four committed inputs with the most proofs, which anyone can state, make more than 2^25.
  @Test("vectors of any size are planned", arguments: [1, 192, 1 << 12, 1 << 25 + 1, 35 << 20, 1 << 32, 1 << 40])
  func anySize(elementCount: Int) {
    var planner = ParameterPlanner()
    for isMasked in [false, true] {
      let plan = planner.recursion(elementCount: elementCount, isMasked: isMasked)
      #expect(plan.cost > 0 && (plan.levels.isEmpty ? isMasked && elementCount < 64 : plan.cost < 1 << 50))
    }
  }

  @Test("row 27: so is the range proof of too many weights") func largeModels() throws {
    var circuit = ArithmeticCircuit(name: "large", batchCap: 1, axes: [0, 1 << 24, 256])
    circuit.columns = [Column(name: "w", kind: .weight, axes: [1, 2], lower: -8, upper: 7)]
    try circuit.validate()
    let code = ParameterPlanner.modelCode(RowCounts(shapes: [[1 << 24, 256]]))
    let key = VerifyingKey(
      circuit: circuit, core: WeightCommitment(circuit: circuit, code: code, root: .zero), proof: [1])
    #expect(throws: VerificationError.insufficientSoundness) { try key.verifyWeights() }
  }
}

extension BigInteger {
  fileprivate convenience init(_ value: UInt128) {
    self.init(littleEndian: (0..<16).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * $0)) })
  }
}
