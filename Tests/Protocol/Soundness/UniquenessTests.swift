import Circuit
import Execution
import Glibc
import TestSupport
import Testing

/// What follows from docs/protocol.md §3.3, by trying all witnesses of small circuits; `scripts/fuzz circuits COUNT` sets of how many.
@Suite struct UniquenessTests {
  private static let count = getenv("ZKML_CIRCUITS").flatMap { Int(String(cString: $0)) } ?? 1_500

  /// The integers of all columns by the definitions, nil when a lookup does not hold.
  private func honestColumns(_ circuit: ArithmeticCircuit, batch: Int, given: [[Int64]]) -> [[Int64]]? {
    let executor = CircuitExecutor(circuit, weights: circuit.columns(of: .weight).map { given[$0] })
    let inputs = circuit.inputs.map { circuit.shown($0, given[$0.column]) }
    guard let columns = try? executor.columns(batch: batch, inputs: inputs, threads: 1) else { return nil }
    for lookup in circuit.lookups {
      for index in columns[lookup.forms[0].parts[0].column].indices {
        let tuple = lookup.forms.map { form in
          form.parts.reduce(Int128(form.constant)) { $0 + Int128($1.coefficient) * Int128(columns[$1.column][index]) }
        }
        guard circuit.tables[lookup.table].holds(tuple, shifts: lookup.forms.map(\.shift)) else { return nil }
      }
    }
    return columns
  }

  @Test("row 6: a valid circuit has one witness, that of the plain run, or none if that is outside a table")
  func validCircuits() throws {
    var (validCount, provableCount, seed) = (0, 0, UInt64(0))
    var kinds: [String: Int] = [:]
    var incompleteCount = 0
    while validCount < Self.count {
      seed += 1
      var random = RandomCircuit(seed: seed, changes: Int(seed % 3))
      let circuit = random.circuit
      guard (try? circuit.validate()) != nil else { continue }
      validCount += 1
      let batch = 1 + Int(seed / 3 % 2)
      let given = random.given(batch: batch)
      let solver = WitnessSolver(circuit, batch: batch, given: given, nodeCap: 100_000)
      let honest = honestColumns(circuit, batch: batch, given: given)
      try #require(solver.witnesses.count <= 1, "seed \(seed)")
      // A few have more to try than there is time for.
      guard solver.isComplete else {
        incompleteCount += 1
        continue
      }
      // The value before that of a table's first row is free: the run does not rely on it.
      let counts = honest != nil ? 1...1 : circuit.thresholds.isEmpty ? 0...0 : 0...1
      try #require(counts.contains(solver.witnesses.count), "seed \(seed)")
      guard let honest else { continue }
      provableCount += 1
      for kind in Self.kinds(circuit) { kinds[kind, default: 0] += 1 }
      for column in circuit.columns.indices {
        let range = circuit.columns[column].range
        try #require(honest[column].allSatisfy { range.lower <= $0 && $0 <= range.upper }, "seed \(seed)")
        guard circuit.columns[column].kind == .advice else { continue }
        try #require(solver.witnesses[0][column].map(\.centred) == honest[column], "seed \(seed)")
      }
    }
    #expect(provableCount > Self.count / 2 && incompleteCount < Self.count / 50, "\(provableCount) \(incompleteCount)")
    for kind in ["remainder", "chain", "threshold", "masks", "rounded threshold", "ramp", "ends", "pairs", "constant", "index port", "scan"] {
      #expect(kinds[kind, default: 0] > Self.count / 100, "\(kind) \(kinds)")
    }
    #expect(kinds["scanned threshold"] != nil, "\(kinds)")
  }

  /// What a circuit has of the parts that determine advice.
  private static func kinds(_ circuit: ArithmeticCircuit) -> Set<String> {
    var kinds: Set<String> = []
    let remainders = circuit.lookups.map { $0.forms[0] }.filter { $0.remainderShift != nil }
    if !remainders.isEmpty { kinds.insert("remainder") }
    if remainders.contains(where: { form in remainders.contains { $0.parts[0].column == form.parts[1].column } }) { kinds.insert("chain") }
    for threshold in circuit.thresholds {
      kinds.insert("threshold")
      if circuit[terms: threshold.sum].contains(where: { $0.operands.count > 1 }) { kinds.insert("masks") }
      if circuit.lookups[threshold.lookup].forms[0].shift > 0 { kinds.insert("rounded threshold") }
    }
    for lookup in circuit.lookups {
      switch circuit.tables[lookup.table].content {
      case .range: break
      case .ramp: kinds.insert("ramp")
      case .function(_, let bits, let width, _, let values):
        if values.count < width << bits { kinds.insert("ends") }
        if width > 1 { kinds.insert("pairs") }
      }
    }
    let backward = circuit.contractions.flatMap { contraction in
      contraction.terms.flatMap(\.operands).map(\.column).filter { $0 > contraction.output }
    }
    if !backward.isEmpty { kinds.insert("scan") }
    if backward.contains(where: { column in circuit.thresholds.contains { $0.digits.contains(column) } }) { kinds.insert("scanned threshold") }
    if !circuit.columns(of: .constant).isEmpty { kinds.insert("constant") }
    if circuit.inputs.contains(where: \.isIndex) { kinds.insert("index port") }
    return kinds
  }

  @Test("row 6: circuits one change away that break a rule have several witnesses") func invalidCircuits() {
    let rules = [4, 6, 7, 10]
    var counts: [Int: Int] = [:]
    var seed = UInt64(0)
    while seed < Self.count || seed < 20_000 && !rules.allSatisfy({ counts[$0] != nil }) {
      var random = RandomCircuit(seed: seed, changes: 1)
      do throws(InvalidCircuit) { try random.circuit.validate() } catch {
        let solver = WitnessSolver(random.circuit, batch: 1, given: random.given(batch: 1))
        if solver.witnesses.count > 1 { counts[error.rule, default: 0] += 1 }
      }
      seed += 1
    }
    for rule in rules { #expect(counts[rule] != nil, "\(counts)") }
  }

  /// Columns: 0 x, 1 a limb of 2 bits, 2 one of 1 bit, 3 y = round(x / 8). Lookups and tables: 0, 1 of the limbs, 2 of y.
  private let rounding: ArithmeticCircuit = {
    var b = CircuitBuilder("rounding", axes: [1])
    b.output(b.apply(to: b.input([1]), limbs: [2, 1]) { $0 })
    return b.circuit
  }()

  /// Refused by this rule, for it has more than one witness.
  private func isAmbiguous(_ rule: Int, x: Int64 = 2, _ change: (inout ArithmeticCircuit) -> Void) -> Bool {
    var circuit = rounding
    change(&circuit)
    let given = circuit.columns.map { $0.kind == .public ? [x] : [] }
    guard WitnessSolver(circuit, batch: 1, given: given).witnesses.count > 1 else { return false }
    do throws(InvalidCircuit) {
      try circuit.validate()
      return false
    } catch { return error.rule == rule }
  }

  @Test("row 6: what each rule rules out") func ambiguities() {
    #expect(WitnessSolver(rounding, batch: 1, given: [[2], [], [], []]).witnesses.count == 1)
    let identity = TableContent.function(lower: -4, values: Array(-4...3))
    func addAdvice(_ circuit: inout ArithmeticCircuit) {
      circuit.columns.append(Column(name: "z", kind: .advice, axes: [0, 1], lower: -4, upper: 3))
      circuit.tables.append(Table(name: "z", content: identity))
    }
    // 4: a value of itself; limbs of what is made of them.
    #expect(isAmbiguous(4) { circuit in
      addAdvice(&circuit)
      circuit.lookups.append(Lookup(table: 3, forms: [AffineForm(bare: 4), AffineForm(bare: 4)]))
    })
    #expect(isAmbiguous(4) { circuit in
      var form = circuit.lookups[2].forms[0]
      addAdvice(&circuit)
      form.parts[0].column = 4
      circuit.lookups[2] = Lookup(table: 3, forms: [AffineForm(bare: 1), AffineForm(bare: 4)])
      circuit.lookups.append(Lookup(table: 0, forms: [form]))
      circuit.columns.remove(at: 3)
      circuit.outputs[0].column = 3
      circuit.lookups[2].forms[1] = AffineForm(bare: 3)
      circuit.lookups[3].forms[0].parts[0].column = 3
    })
    // 4: a sum of what is made of it.
    #expect(isAmbiguous(4) { circuit in
      circuit.columns[1] = Column(name: "v", kind: .virtual, axes: [0, 1], lower: -4, upper: 3)
      circuit.columns.removeLast(2)
      addAdvice(&circuit)
      let read = Operand(column: 2, bindings: [Binding(0), Binding(1)])
      circuit.contractions = [Contraction(output: 1, terms: [Term(operands: [read])])]
      circuit.lookups = [Lookup(table: 3, forms: [AffineForm(bare: 1), AffineForm(bare: 2)])]
      circuit.outputs[0].column = 2
    })
    // 4: a column that is read at its own index; one whose threshold has no place of its own for each index.
    for (distance, count) in [(0, 4), (1, 1)] {
      var b = CircuitBuilder("fixed points", axes: [2])
      let sum = b.contraction([1], [b.term(1, b.input([1], 0...0))], later: 0...1)
      let y = b.apply(to: sum) { $0 }
      b.append([Term(operands: [b.before(y, 1, by: distance)])], to: sum)
      #expect(WitnessSolver(b.circuit, batch: 1, given: [[0, 0], [], []], limit: 9).witnesses.count == count)
      #expect(b.circuit.brokenRule() == (count == 1 ? nil : 4))
    }
    for axes in [[], [1]] {
      var b = CircuitBuilder("thresholds", axes: [3, 1])
      let x = b.input([1, 2], 0...3)
      let sum = b.contraction([1, 2], [b.term(1, x)], later: -4...0)
      let o = b.apply(to: sum) { $0 }
      let pairs: [Int64] = [4, 4, 4, 4, 3, 4, 2, 3, 2, 2, 1, 2, 1, 1, 0, 1, 0, 0]
      let columns = b.threshold(
        axes, over: [1, 2].filter { !axes.contains($0) }, top: (0, 4), plus: [b.term(-1, o)],
        .function(lower: -16, bits: 6, width: 2, offset: 16, values: pairs), weights: [(1, [])], bound: 2)
      b.append([Term(coefficient: -1, operands: [b.before(columns.value, 1)])], to: sum)
      let given = b.circuit.columns.indices.map { $0 == x ? [3, 3, 2] : [] as [Int64] }
      #expect(WitnessSolver(b.circuit, batch: 1, given: given, limit: 9, nodeCap: 100_000).witnesses.count == (axes.isEmpty ? 2 : 1))
      #expect(b.circuit.brokenRule() == (axes.isEmpty ? 4 : nil))
    }
    // 6: a shift other than the limbs' widths; limbs that overlap; one that is too wide.
    #expect(isAmbiguous(6) { $0.lookups[2].forms[0].shift = 2 })
    #expect(isAmbiguous(6, x: 1) { $0.lookups[2].forms[0].parts[2].coefficient = -2 })
    #expect(isAmbiguous(6) { circuit in
      circuit.tables[1].content = .range(lower: -8, bits: 4)
      (circuit.columns[2].lower, circuit.columns[2].upper) = (-8, 7)
    })
    // 6: 2^48·2^16 is more than p.
    func wide(_ rows: Int) -> ArithmeticCircuit {
      var b = CircuitBuilder("wide", axes: [1])
      let x = b.input([1], -(1 << 48)...1 << 48)
      b.requireNonnegative(x, limbs: [16, 16, 16], bits: rows)
      return b.circuit
    }
    for rows in [14, 16] {
      var circuit = wide(rows)
      circuit.lookups[3].forms[0].constant = 0
      let given = [[-(1 << 47)], [], [], []] as [[Int64]]
      #expect(WitnessSolver(circuit, batch: 1, given: given).witnesses.count == (rows == 14 ? 1 : 2))
      #expect(((try? circuit.validate()) != nil) == (rows == 14))
    }
    // 7: advice that nothing determines, or that nothing bounds.
    #expect(isAmbiguous(7) { $0.columns.append($0.columns[2]) })
    #expect(isAmbiguous(7) { circuit in
      circuit.columns.append(circuit.columns[1])
      circuit.lookups.append(Lookup(table: 0, forms: [AffineForm(bare: 4)]))
    })
    #expect(isAmbiguous(7) { $0.lookups.remove(at: 0) })
  }

  @Test("row 6: of all classes those of the largest entries have a witness, of equal ones the first") func classes() throws {
    for seed in 0..<200 as Range<UInt64> {
      let (size, count) = (2 + Int(seed % 3), 1 + Int(seed / 3 % 2))
      var b = CircuitBuilder("classes", axes: [2, size, count], seed: seed)
      let x = b.input([1], 0...2)
      let source = b.contraction([2], [b.term(1, b.weight([2, 1], bits: 2), x)])
      let column = b.classes(3, of: source)
      try b.circuit.validate()
      let circuit = b.circuit.withClassRelations
      let below = try #require(circuit.outputs[0].below)
      let (weights, input) = (b.weights[0], b.inputs(batch: 1, seed: seed)[0])
      let entries = (0..<size).map { weights[2 * $0] * input[0] + weights[2 * $0 + 1] * input[1] }
      let largest = Set((0..<size).sorted { (-entries[$0], $0) < (-entries[$1], $1) }.prefix(count))
      for bits in 0..<1 << size where bits.nonzeroBitCount == count {
        let shown = (0..<size).filter { bits >> $0 & 1 == 1 }
        var given = [[Int64]](repeating: [], count: circuit.columns.count)
        given[circuit.columns(of: .weight)[0]] = weights
        given[x] = input
        given[column] = shown.flatMap { index in (0..<size).map { $0 == index ? 1 : 0 } }
        given[below] = shown.flatMap { index in (0..<size).map { $0 < index ? 1 : 0 } }
        let solver = WitnessSolver(circuit, batch: 1, given: given)
        #expect(solver.isComplete && solver.witnesses.count == (Set(shown) == largest ? 1 : 0), "\(entries) \(shown)")
      }
    }
  }
}

extension Table {
  /// Whether sums over their powers of two are a row.
  fileprivate func holds(_ sums: [Int128], shifts: [Int]) -> Bool {
    var quotients: [Int128] = []
    for (sum, shift) in zip(sums, shifts) {
      let (quotient, remainder) = sum.quotientAndRemainder(dividingBy: Int128(1) << Int128(shift))
      guard remainder == 0 else { return false }
      quotients.append(quotient)
    }
    let first = quotients[0]
    guard Int128(domain.lower) <= first, first <= Int128(domain.upper) else { return false }
    let row = Int(first - Int128(lower))
    return quotients.enumerated().allSatisfy { Int128(value($0.offset, row: row)) == $0.element }
  }
}
