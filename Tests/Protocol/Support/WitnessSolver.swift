import Circuit
import Field

/// Fills in the advice of a small circuit in every way for which all lookups hold, over F itself. docs/protocol.md §3.2.
///
/// Uses no rule of §3.3: circuits that break one may have several witnesses, or any number.
struct WitnessSolver {
  private struct Variable: Hashable {
    let column: Int
    let entry: Int
  }

  /// The integers that a table admits for an advice column that stands in it as it is.
  private struct Domain {
    var range: ClosedRange<Int64>
    /// Nil when all of the range.
    var members: Set<Int64>?

    var count: Int { members?.count ?? Int(range.upperBound - range.lowerBound + 1) }
    var integers: [Int64] { members?.sorted() ?? Array(range) }

    func contains(_ integer: Int64) -> Bool { range.contains(integer) && members?.contains(integer) ?? true }
  }

  private struct Monomial {
    let coefficient: BaseField
    let factors: [Variable]
  }

  /// One lookup at one index of its columns.
  private struct Constraint {
    let lookup: Int
    let entry: Int
  }

  /// Σ coefficient·variable = target.
  private struct Equation {
    var terms: [(variable: Variable, coefficient: Int64)] = []
    var target: BaseField
  }

  /// Beyond so many candidates for one value not all are tried.
  private static let candidateCap = 4096
  private static let p = Int128(BaseField.modulus)

  private let circuit: ArithmeticCircuit
  private let limit: Int
  private let nodeCap: Int
  private var values: [[BaseField?]]
  private var monomials: [[[Monomial]]]
  private var domains: [Domain?]
  private var constraints: [Constraint] = []
  private var nodeCount = 0

  /// By column, for the advice of each witness.
  private(set) var witnesses: [[[BaseField]]] = []
  /// False when there may be more witnesses than these, fewer than `limit` though they are.
  private(set) var isComplete = true

  /// - Parameters:
  ///   - given: By column, of weights and inputs; nothing for the others.
  ///   - nodeCap: Beyond so many steps not all is tried.
  init(_ circuit: ArithmeticCircuit, batch: Int, given: [[Int64]], limit: Int = 2, nodeCap: Int = 2_000) {
    self.circuit = circuit
    self.limit = limit
    self.nodeCap = nodeCap
    values = circuit.columns.indices.map { column in
      switch circuit.columns[column].kind {
      case .weight, .public: given[column].map { BaseField($0) }
      case .constant: circuit.columns[column].values.map { BaseField($0) }
      case .advice, .virtual: Array(repeating: nil, count: circuit.shape(ofColumn: column, batch: batch).reduce(1, *))
      }
    }
    monomials = circuit.columns.map { _ in [] }
    domains = circuit.columns.map { _ in nil }
    for contraction in circuit.contractions {
      monomials[contraction.output] = Self.monomials(of: contraction, circuit, batch: batch)
    }
    for lookup in circuit.lookups.indices { restrict(circuit.lookups[lookup]) }
    for (index, lookup) in circuit.lookups.enumerated() {
      let count = lookup.forms.flatMap(\.parts).map { values[$0.column].count }.min() ?? 0
      constraints += (0..<count).map { Constraint(lookup: index, entry: $0) }
    }
    search()
  }

  private static func monomials(of contraction: Contraction, _ circuit: ArithmeticCircuit, batch: Int) -> [[Monomial]] {
    func indices(_ axes: [Int]) -> [[Int: Int]] {
      axes.reduce([[:]]) { partial, axis in
        partial.flatMap { index in (0..<circuit.size(ofAxis: axis, batch: batch)).map { index.merging([axis: $0]) { $1 } } }
      }
    }
    func variable(_ operand: Operand, _ loops: [Int: Int]) -> Variable? {
      var entry = 0
      for (axis, binding) in zip(circuit.columns[operand.column].axes, operand.bindings) {
        let loop = loops[binding.loopAxis] ?? 0
        let index = binding.slice.map { $0.start + $0.stride * loop } ?? loop
        let size = circuit.size(ofAxis: axis, batch: batch)
        guard (0..<size).contains(index) else { return nil }
        entry = entry * size + index
      }
      return Variable(column: operand.column, entry: entry)
    }
    let output = circuit.columns[contraction.output]
    return indices(output.axes).map { index in
      contraction.terms.flatMap { term in
        indices(term.summedAxes(output: output)).compactMap { inner in
          let factors = term.operands.compactMap { variable($0, index.merging(inner) { $1 }) }
          guard factors.count == term.operands.count else { return nil }
          return Monomial(coefficient: BaseField(term.coefficient), factors: factors)
        }
      }
    }
  }

  private mutating func restrict(_ lookup: Lookup) {
    let table = circuit.tables[lookup.table]
    for (position, form) in lookup.forms.enumerated() {
      guard let column = form.bareColumn, position < table.arity else { continue }
      var domain = Domain(range: table.domain.lower...table.domain.upper)
      if position > 0 {
        let (lower, upper) = table.range(ofCoordinate: position)
        domain = Domain(range: lower...upper, members: Set((0..<1 << table.bitCount).map { table.value(position, row: $0) }))
      }
      if let known = domains[column] {
        guard known.range.overlaps(domain.range) else {
          domains[column] = Domain(range: domain.range, members: [])
          continue
        }
        let members = known.members.map { $0.filter(domain.contains) } ?? domain.members?.filter(known.contains)
        domain = Domain(range: domain.range.clamped(to: known.range), members: members)
      }
      domains[column] = domain
    }
  }

  /// Nil while something that it depends on is not known.
  private func value(_ variable: Variable) -> BaseField? {
    guard circuit.columns[variable.column].kind == .virtual else {
      return values[variable.column].indices.contains(variable.entry) ? values[variable.column][variable.entry] : nil
    }
    var sum = BaseField.zero
    guard monomials[variable.column].indices.contains(variable.entry) else { return nil }
    for monomial in monomials[variable.column][variable.entry] {
      var product = monomial.coefficient
      for factor in monomial.factors {
        // No virtual column is defined by another.
        guard circuit.columns[factor.column].kind != .virtual, let value = value(factor) else { return nil }
        product *= value
      }
      sum += product
    }
    return sum
  }

  /// What the unknown advice of each form has to sum to less the row's coordinate; nil while a virtual column is unknown.
  private func equations(_ constraint: Constraint) -> [Equation]? {
    var equations: [Equation] = []
    for form in circuit.lookups[constraint.lookup].forms {
      var equation = Equation(target: -BaseField(form.constant))
      for part in form.parts {
        let variable = Variable(column: part.column, entry: constraint.entry)
        if let value = value(variable) {
          equation.target -= value * BaseField(part.coefficient)
        } else {
          guard circuit.columns[part.column].kind == .advice else { return nil }
          equation.terms.append((variable, part.coefficient))
        }
      }
      equations.append(equation)
    }
    return equations
  }

  private mutating func search() {
    guard witnesses.count < limit else { return }
    nodeCount += 1
    guard nodeCount < nodeCap else {
      isComplete = false
      return
    }
    var best: (constraint: Constraint, equations: [Equation], cost: Int)?
    for constraint in constraints {
      guard let equations = equations(constraint) else { continue }
      let rowCount = rowCount(constraint, equations)
      if rowCount == 0 { return }
      // A column in a range is its domain.
      let forms = circuit.lookups[constraint.lookup].forms
      if equations.allSatisfy({ $0.terms.isEmpty }) || forms.count == 1 && forms[0].bareColumn != nil { continue }
      // What follows from something known has few solutions.
      let cost = equations[0].terms.count < forms[0].parts.count ? rowCount : rowCount + Self.candidateCap << 16
      if best.map({ cost < $0.cost }) ?? true { best = (constraint, equations, cost) }
    }
    // What others follow from comes before what nothing is known of.
    if best.map({ $0.cost >= Self.candidateCap << 16 }) ?? true, let digit = nextDigit {
      for candidate in candidates(digit) { assign(digit, candidate) { $0.search() } }
      return
    }
    if let best {
      let scales = circuit.lookups[best.constraint.lookup].forms.map { BaseField(reducing: 1 << UInt64($0.shift)) }
      for row in rows(best.constraint, best.equations) {
        var equations = best.equations
        for index in equations.indices { equations[index].target += BaseField(row[index]) * scales[index] }
        solve(equations)
      }
      return
    }
    var rest: [Variable] = []
    for column in circuit.columns(of: .advice) {
      rest += values[column].indices.filter { values[column][$0] == nil }.map { Variable(column: column, entry: $0) }
    }
    guard let variable = rest.min(by: { count($0) < count($1) }) else {
      // What no value follows for is undecided: a virtual column without definition, or of others.
      let isKnown = constraints.allSatisfy { equations($0) != nil }
      if isKnown { witnesses.append(values.map { $0.compactMap(\.self) }) } else { isComplete = false }
      return
    }
    for candidate in candidates(variable) { assign(variable, candidate) { $0.search() } }
  }

  private func count(_ variable: Variable) -> Int { domains[variable.column]?.count ?? .max }

  /// The rows that the known forms leave.
  private func rows(_ constraint: Constraint, _ equations: [Equation]) -> [[Int64]] {
    let lookup = circuit.lookups[constraint.lookup]
    let table = circuit.tables[lookup.table]
    guard lookup.forms.count == table.arity else { return [] }
    let known = zip(equations, lookup.forms).map { equation, form in
      equation.terms.isEmpty ? (-equation.target * form.inverse).centred : nil
    }
    var integers = table.domain.lower...table.domain.upper
    if let integer = known[0] {
      guard integers.contains(integer) else { return [] }
      integers = integer...integer
    }
    return integers.compactMap { integer in
      let row = (0..<table.arity).map { table.value($0, row: Int(integer - table.lower)) }
      return zip(row, known).allSatisfy { $1 == nil || $1 == $0 } ? row : nil
    }
  }

  /// How many these are; all of the table's while no form is known.
  private func rowCount(_ constraint: Constraint, _ equations: [Equation]) -> Int {
    guard equations.contains(where: { $0.terms.isEmpty }) else {
      let (lower, upper) = circuit.tables[circuit.lookups[constraint.lookup].table].domain
      return Int(upper - lower + 1)
    }
    return rows(constraint, equations).count
  }

  private mutating func assign(_ variable: Variable, _ value: BaseField, _ next: (inout WitnessSolver) -> Void) {
    guard witnesses.count < limit, domains[variable.column]?.contains(value.centred) ?? true else { return }
    values[variable.column][variable.entry] = value
    next(&self)
    values[variable.column][variable.entry] = nil
  }

  /// Goes on searching with every solution of the equations.
  private mutating func solve(_ equations: [Equation]) {
    let open = equations.map { equation in
      var rest = Equation(target: equation.target)
      for (variable, coefficient) in equation.terms {
        if let value = values[variable.column][variable.entry] {
          rest.target -= value * BaseField(coefficient)
        } else if let index = rest.terms.firstIndex(where: { $0.variable == variable }) {
          rest.terms[index].coefficient += coefficient
        } else {
          rest.terms.append((variable, coefficient))
        }
      }
      rest.terms.removeAll { $0.coefficient == 0 }
      return rest
    }
    guard open.allSatisfy({ !$0.terms.isEmpty || $0.target == .zero }) else { return }
    guard let equation = open.filter({ !$0.terms.isEmpty }).min(by: { $0.terms.count < $1.terms.count }) else {
      return search()
    }
    let terms = equation.terms.sorted { $0.coefficient.magnitude > $1.coefficient.magnitude }
    let found =
      terms.count == 1
      ? [equation.target * BaseField(terms[0].coefficient).inverseOrZero()]
      : candidates(terms[0].variable, terms[0].coefficient, Array(terms.dropFirst()), equation.target)
    for value in found { assign(terms[0].variable, value) { $0.solve(open) } }
  }

  /// The first digit of a threshold that is not known.
  private var nextDigit: Variable? {
    for digit in circuit.thresholds.flatMap(\.digits) where circuit.columns.indices.contains(digit) && circuit.columns[digit].kind == .advice {
      if let entry = values[digit].firstIndex(where: { $0 == nil }) { return Variable(column: digit, entry: entry) }
    }
    return nil
  }

  /// All values, or some when there are too many.
  private mutating func candidates(_ variable: Variable) -> [BaseField] {
    guard let domain = domains[variable.column] else {
      isComplete = false
      return [.zero, .one]
    }
    guard domain.count > Self.candidateCap else { return domain.integers.map { BaseField($0) } }
    isComplete = false
    return [BaseField(domain.range.lowerBound), BaseField(domain.range.upperBound)]
  }

  /// The values of a variable for which target − coefficient·value can be the sum of the other terms modulo p.
  private mutating func candidates(
    _ variable: Variable, _ coefficient: Int64, _ others: [(variable: Variable, coefficient: Int64)], _ target: BaseField
  ) -> [BaseField] {
    guard let domain = domains[variable.column], domain.count > 16 else { return candidates(variable) }
    func products(_ range: ClosedRange<Int64>, _ coefficient: Int64) -> (low: Int128, high: Int128) {
      let ends = [Int128(range.lowerBound), Int128(range.upperBound)].map { $0 * Int128(coefficient) }
      return (min(ends[0], ends[1]), max(ends[0], ends[1]))
    }
    var rest: (low: Int128, high: Int128) = (0, 0)
    for other in others {
      guard let range = domains[other.variable.column]?.range else { return candidates(variable) }
      let (low, high) = products(range, other.coefficient)
      rest = (rest.low + low, rest.high + high)
    }
    let own = products(domain.range, coefficient)
    let start = Int128(target.centred)
    // target + turn·p = coefficient·value + rest as integers.
    let turns = (own.low + rest.low - start) / Self.p - 1...(own.high + rest.high - start) / Self.p + 1
    guard turns.count < 64 else { return candidates(variable) }
    var found: [BaseField] = []
    for turn in turns {
      let sum = start + turn * Self.p
      let bounds = [sum - rest.high, sum - rest.low].map { $0.quotientAndRemainder(dividingBy: Int128(coefficient)).quotient }
      let low = max(min(bounds[0], bounds[1]) - 1, Int128(domain.range.lowerBound))
      let high = min(max(bounds[0], bounds[1]) + 1, Int128(domain.range.upperBound))
      guard low <= high else { continue }
      guard high - low < Int128(Self.candidateCap) else { return candidates(variable) }
      found += (Int64(low)...Int64(high)).filter(domain.contains).map { BaseField($0) }
    }
    return Set(found).sorted { $0.value < $1.value }
  }
}

extension AffineForm {
  /// 2^−shift.
  fileprivate var inverse: BaseField { BaseField(reducing: 1 << UInt64(shift)).inverseOrZero() }
}
