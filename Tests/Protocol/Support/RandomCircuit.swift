import Circuit
import TestSupport

/// Small circuits built from the rules of docs/protocol.md §3.3 alone, and circuits one change away from them.
struct RandomCircuit {
  var circuit = ArithmeticCircuit(name: "random", batchCap: 2, axes: [0])
  var random: RepeatableRandom

  /// - Parameter changes: How many random changes are made; without any the circuit is valid, but for a range beyond 2^62.
  init(seed: UInt64, changes: Int) {
    random = RepeatableRandom(seed: seed)
    circuit.axes += (0...below(3)).map { _ in 1 + below(3) }
    addInput()
    addWeight()
    for _ in 0..<2 + below(6) {
      switch below(17) {
      case 0: addInput()
      case 1: addWeight()
      case 2, 3, 4: addContraction()
      case 5: addRangeLookup()
      case 6, 7: addFunctionLookup()
      case 8: addIndexPort()
      case 9: addConstant()
      case 10: addTableOfOtherForm()
      case 11, 12: addQuotients()
      case 13, 14: addScan()
      case _: addThreshold()
      }
    }
    let shown = circuit.columns.indices.filter { [.advice, .virtual].contains(circuit.columns[$0].kind) }
    if let column = pick(shown) { circuit.outputs.append(port(column)) }
    for _ in 0..<changes { change() }
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(1, bound), using: &random) }
  mutating func integer(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
  mutating func pick<Element>(_ elements: [Element]) -> Element? { elements.isEmpty ? nil : elements[below(elements.count)] }

  func port(_ column: Int) -> Port {
    Port(column: column, name: "p\(column)", dimensions: circuit.columns[column].axes.dropFirst().map { circuit.axes[$0] })
  }

  mutating func someAxes() -> [Int] {
    circuit.axes.indices.dropFirst().shuffled(using: &random).prefix(below(3)).map(\.self)
  }

  mutating func add(_ kind: ColumnKind, _ axes: [Int], _ range: (lower: Int64, upper: Int64)) -> Int {
    circuit.columns.append(Column(name: "c\(circuit.columns.count)", kind: kind, axes: axes, lower: range.lower, upper: range.upper))
    return circuit.columns.count - 1
  }

  private mutating func addInput() {
    // Now and then one that reaches p/4.
    let top: Int64 = below(12) == 0 ? 1 << 61 : [1, 3, 9][below(3)]
    let column = add(.public, [0] + someAxes(), (-integer(0...top), integer(0...top)))
    circuit.inputs.append(port(column))
  }

  private mutating func addWeight() { _ = add(.weight, someAxes(), Column.weightRange(bitCount: 2 + below(2))) }

  private mutating func binding(_ axis: Int, among loops: [Int]) -> Binding {
    let others = circuit.axes.indices.dropFirst().filter { !loops.contains($0) }
    guard axis != 0, below(3) == 0 || loops.contains(axis), let loop = pick(others) else { return Binding(axis) }
    return Binding(loop, slice: .init(start: below(5) - 2, stride: 1 + below(2)))
  }

  mutating func term(before output: Int) -> Term? {
    var operands: [Operand] = []
    for _ in 0...below(3) {
      let columns = circuit.columns.indices.prefix(output).filter { circuit.columns[$0].kind != .virtual }
      guard let column = pick(Array(columns)) else { return nil }
      var bindings: [Binding] = []
      for axis in circuit.columns[column].axes { bindings.append(binding(axis, among: bindings.map(\.loopAxis))) }
      operands.append(Operand(column: column, bindings: bindings))
    }
    return Term(coefficient: integer(-3...3), operands: operands)
  }

  private mutating func addContraction() {
    let index = circuit.columns.count
    let terms = (0...below(2)).compactMap { _ in term(before: index) }
    guard !terms.isEmpty else { return }
    _ = add(.virtual, [0] + someAxes(), (0, 0))
    circuit.contractions.append(Contraction(output: index, terms: terms))
    widen(circuit.contractions.count - 1)
    guard (try? circuit.validate()) == nil else { return }
    circuit.columns.removeLast()
    circuit.contractions.removeLast()
  }

  /// Gives a virtual column the range of rule 8.
  private mutating func widen(_ contraction: Int) {
    let (output, terms) = (circuit.contractions[contraction].output, circuit.contractions[contraction].terms)
    var (lower, upper) = (Int128(0), Int128(0))
    for term in terms {
      let sizes = term.summedAxes(output: circuit.columns[output]).map { (Int128(circuit.axes[$0]), Int128(circuit.axes[$0])) }
      let ranges = term.operands.map { operand in
        let (lower, upper) = circuit.columns[operand.column].range
        return circuit.readsOutside(operand) ? (Int128(min(lower, 0)), Int128(max(upper, 0))) : (Int128(lower), Int128(upper))
      }
      var (low, high) = (Int128(term.coefficient), Int128(term.coefficient))
      for factor in ranges + sizes {
        let products = [low * factor.0, low * factor.1, high * factor.0, high * factor.1].map { min(max($0, -1 << 63), 1 << 63) }
        (low, high) = (products.min() ?? 0, products.max() ?? 0)
      }
      (lower, upper) = (lower + low, upper + high)
    }
    let bound = Int128(ArithmeticCircuit.integerBound)
    circuit.columns[output].lower = Int64(min(max(lower, -bound), bound))
    circuit.columns[output].upper = Int64(min(max(upper, -bound), bound))
  }

  private mutating func table(_ content: TableContent) -> Int {
    if let known = circuit.tables.firstIndex(where: { $0.content == content }) { return known }
    circuit.tables.append(Table(name: "t\(circuit.tables.count)", content: content))
    return circuit.tables.count - 1
  }

  /// A bare form, or one with new limbs.
  private mutating func form(of source: Int, widths: [Int]) -> AffineForm {
    guard !widths.isEmpty else { return AffineForm(bare: source) }
    var form = AffineForm(
      shift: widths.reduce(0, +), constant: integer(-5...5), parts: [.init(column: source, coefficient: 1)])
    var offset = 0
    for (index, bits) in widths.enumerated() {
      let low = index == widths.count - 1 ? -(Int64(1) << Int64(bits - 1)) : 0
      let limb = add(.advice, circuit.columns[source].axes, (low, low + (1 << Int64(bits)) - 1))
      circuit.lookups.append(Lookup(table: table(.range(lower: low, bits: bits)), forms: [AffineForm(bare: limb)]))
      form.parts.append(.init(column: limb, coefficient: -(1 << Int64(offset))))
      offset += bits
    }
    return form
  }

  /// Widths that take a column's range to a few quotients.
  private mutating func widths(for column: Int) -> [Int] {
    let span = Int128(circuit.columns[column].upper) - Int128(circuit.columns[column].lower)
    guard span >= 1 << 16 else { return (0..<below(4)).map { _ in 1 + below(2) } }
    return below(2) == 0 ? [16, 16, 16] : [15, 16, 14]
  }

  /// The quotients that a form can have.
  private func quotients(_ form: AffineForm) -> (lower: Int64, upper: Int64) {
    let range = circuit.columns[form.parts[0].column].range
    let half = form.shift == 0 ? 0 : Int64(1) << Int64(form.shift - 1)
    return ((range.lower + form.constant + half) >> Int64(form.shift), (range.upper + form.constant + half) >> Int64(form.shift))
  }

  private mutating func addFunctionLookup() {
    guard let source = pick(sources) else { return }
    let known = circuit.lookups.map { $0.forms[0] }.filter { $0.parts[0].column == source && $0.shift > 0 }
    let form = below(4) == 0 ? pick(known) ?? form(of: source, widths: widths(for: source)) : form(of: source, widths: widths(for: source))
    let (lower, upper) = quotients(form)
    // Mostly of all quotients, now and then of too few.
    let span = upper - lower + 1
    let rows = Int64(1) << Int64(min(bitCountOfAxis(Int(span)), below(8) == 0 ? 2 : 14))
    let first = lower + (rows < span ? integer(0...span - rows) : -integer(0...rows - span))
    let values = (0..<rows).map { _ in integer(-2...2) }
    let table = table(.function(lower: first, values: values))
    let result = add(.advice, circuit.columns[source].axes, circuit.tables[table].range(ofCoordinate: 1))
    circuit.lookups.append(Lookup(table: table, forms: [form, AffineForm(bare: result)]))
  }

  /// Of any column that is no limb, quotient or digit: whether its rounded value is in a table.
  private mutating func addRangeLookup() {
    let limbs = Set(circuit.lookups.flatMap { $0.forms.flatMap { $0.parts.dropFirst().map(\.column) } })
    let digits = circuit.thresholds.flatMap(\.digits)
    let sources = circuit.columns.indices.filter { !limbs.contains($0) && !digits.contains($0) && circuit.columns[$0].kind != .constant }
    guard let source = pick(sources) else { return }
    let isWeight = circuit.columns[source].kind == .weight
    let form = form(of: source, widths: isWeight ? [] : widths(for: source))
    let (lower, upper) = quotients(form)
    let bits = min(bitCountOfAxis(Int(clamping: Int128(upper) - Int128(lower) + 1)), 14)
    circuit.lookups.append(Lookup(table: table(.range(lower: lower - integer(0...1), bits: bits + below(2))), forms: [form]))
  }
}

extension RandomCircuit {
  /// One change anywhere.
  fileprivate mutating func change() {
    let (lookup, contraction) = (below(circuit.lookups.count), below(circuit.contractions.count))
    let column = below(circuit.columns.count)
    switch below(17) {
    case 0 where !circuit.lookups.isEmpty: circuit.lookups.remove(at: lookup)
    case 1 where !circuit.lookups.isEmpty: circuit.lookups.append(circuit.lookups[lookup])
    case 2, 3, 4: if !circuit.lookups.isEmpty { changeForm(of: lookup) }
    case 5 where !circuit.tables.isEmpty: changeTable(below(circuit.tables.count))
    case 6 where !circuit.contractions.isEmpty: circuit.contractions.remove(at: contraction)
    case 7, 8: if !circuit.contractions.isEmpty { changeTerm(of: contraction) }
    case 9: circuit.exchange(column, below(circuit.columns.count))
    case 10: circuit.columns[column].upper += Bool.random(using: &random) ? 1 : -1
    case 11: circuit.columns[column].lower += Bool.random(using: &random) ? 1 : -1
    case 12: changeKind(of: column)
    case 15, 16: if !circuit.thresholds.isEmpty { changeThreshold(below(circuit.thresholds.count)) }
    case 13 where !circuit.lookups.isEmpty:
      circuit.lookups[lookup].table = below(circuit.tables.count)
    case 14:
      circuit.columns[column].kind = .advice
      circuit.contractions.removeAll { $0.output == column }
      circuit.inputs.removeAll { $0.column == column }
    case _: break
    }
  }

  private mutating func changeForm(of lookup: Int) {
    let position = below(circuit.lookups[lookup].forms.count)
    var form = circuit.lookups[lookup].forms[position]
    let part = below(form.parts.count)
    let alike = circuit.columns.indices.filter { circuit.columns[$0].axes == circuit.columns[form.parts[0].column].axes }
    switch below(8) {
    case 0: form.shift = max(0, form.shift + (Bool.random(using: &random) ? 1 : -1))
    case 1: form.constant += integer(-2...2)
    case 2: form.parts[part].coefficient = pick([-1, 1, 2, -2, 2 * form.parts[part].coefficient, 0]) ?? 1
    case 3 where form.parts.count > 1: form.parts.remove(at: part)
    case 4: form.parts.swapAt(0, part)
    case 5: form.parts.append(.init(column: pick(alike) ?? 0, coefficient: pick([1, -1, 2]) ?? 1))
    case _: form.parts[part].column = pick(alike) ?? 0
    }
    circuit.lookups[lookup].forms[position] = form
  }

  private mutating func changeTable(_ table: Int) {
    switch circuit.tables[table].content {
    case .range(let lower, let bits):
      circuit.tables[table].content = .range(lower: lower + integer(-1...1), bits: max(0, min(16, bits + below(3) - 1)))
    case .ramp(let lower, let bits, let low, let high):
      let ends = [low + integer(-1...1), high + integer(-1...1)].sorted()
      circuit.tables[table].content = .ramp(lower: lower + integer(-1...1), bits: bits, low: ends[0], high: ends[1])
    case .function(let lower, let bits, let width, let offset, let values):
      circuit.tables[table].content = .function(
        lower: lower + integer(-1...1), bits: bits, width: width, offset: max(0, offset + Int(integer(-1...1))),
        values: values.map { below(3) == 0 ? $0 &+ 1 : $0 })
    }
  }

  private mutating func changeTerm(of contraction: Int) {
    let position = below(circuit.contractions[contraction].terms.count)
    guard !circuit.contractions[contraction].terms.isEmpty else { return }
    switch below(4) {
    case 0: circuit.contractions[contraction].terms[position].coefficient = integer(-4...4)
    case 1: circuit.contractions[contraction].terms.remove(at: position)
    case _:
      // Also of later columns, and with a wider range where that is all that it takes.
      guard let term = term(before: circuit.columns.count) else { return }
      circuit.contractions[contraction].terms[position] = term
      widen(contraction)
    }
  }

  private mutating func changeKind(of column: Int) {
    circuit.columns[column].kind = pick([.weight, .advice, .public, .virtual, .constant]) ?? .advice
    if circuit.columns[column].kind == .public, !circuit.inputs.contains(where: { $0.column == column }) {
      circuit.inputs.append(port(column))
    }
  }
}
