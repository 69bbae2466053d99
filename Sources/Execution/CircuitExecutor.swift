import Circuit

/// An input that takes a circuit outside one of its tables.
package enum ExecutionError: Error, Equatable {
  /// A lookup's first coordinate at this index of its columns is outside its table.
  case outsideTable(lookup: Int, index: Int, value: Int64)
}

/// A circuit with its weights, prepared to be run on integers. docs/protocol.md §3.2.
///
/// The same results at any number of threads and on every machine.
package struct CircuitExecutor: Sendable {
  package let circuit: ArithmeticCircuit
  /// The circuit with the class relations of a statement.
  package let stated: ArithmeticCircuit
  /// By weight column, in circuit order.
  package let weights: [[Int64]]
  /// By column; nil for those that are given.
  private let steps: [Step?]
  private let searches: [ThresholdSearch]
  private let stages: [Stage]
  /// The columns without which an output cannot be computed.
  private let needed: [Bool]

  private enum Step {
    /// The last terms are added one place of a scan after the other.
    case contraction([TermKernel], gathers: [Gather], [PlacedTerm])
    case function(TableFunction)
    case limb(Limb)
    case selection(Selection)
    case below(Selection, of: Int)
    case lead(Selection, of: Int)
    case digit(threshold: Int)

    /// The columns that it reads.
    func sources(_ searches: [ThresholdSearch]) -> [Int] {
      switch self {
      case .contraction(let terms, let gathers, let placed):
        terms.flatMap(\.columns) + gathers.flatMap(\.columns) + placed.flatMap(\.columns)
      case .function(let function): [function.argument.source]
      case .limb(let limb): [limb.source]
      case .selection(let selection): [selection.source]
      case .below(_, let selected): [selected]
      case .lead(let selection, let selected): [selection.source, selected]
      case .digit(let threshold): searches[threshold].sources
      }
    }
  }

  private enum Item {
    case column(Int)
    /// All digits.
    case threshold(Int)
  }

  /// What is computed one after the other; in a scan at one place of its axis after the other.
  private struct Stage {
    /// That of a scan, docs/protocol.md §3.3, rule 4.
    var axis: Int?
    var items: [Item]
  }

  /// Prepares the kernels.
  ///
  /// For a valid circuit, and weights of its shapes and ranges.
  package init(_ circuit: ArithmeticCircuit, weights: [[Int64]]) {
    let stated = circuit.withClassRelations
    self.circuit = circuit
    self.stated = stated
    self.weights = weights
    var steps = [Step?](repeating: nil, count: stated.columns.count)
    var integers = Dictionary(uniqueKeysWithValues: zip(circuit.columns(of: .weight), weights))
    for column in circuit.columns(of: .constant) { integers[column] = circuit.columns[column].values }
    let order = ColumnOrder(circuit)
    func axis(ofScan column: Int) -> Int? { order.scans[order.components[column]]?.min() }
    for contraction in circuit.contractions {
      let (output, axis) = (circuit.columns[contraction.output], axis(ofScan: contraction.output))
      func isPlaced(_ term: Term) -> Bool {
        axis != nil && term.operands.contains { order.components[$0.column] == order.components[contraction.output] }
      }
      let placed = contraction.terms.filter(isPlaced).compactMap { term in
        PlacedTerm(term, output: output, along: axis, circuit) { integers[$0] }
      }
      let free = contraction.terms.filter { !isPlaced($0) }
      let gathers = free.map { Gather($0, output: output, circuit) }
      let terms = zip(free, gathers).compactMap { $1 == nil ? AffineTerm($0, output: output, circuit) : nil }
      steps[contraction.output] = .contraction(
        terms.grouped().flatMap { terms -> [TermKernel] in
          MatrixProduct(terms, circuit) { integers[$0] }.map { [.matrix($0, columns: terms[0].columns)] }
            ?? terms.map { .strided($0) }
        }, gathers: gathers.compactMap(\.self), placed)
    }
    var ranges: [Int: Int] = [:]
    for (index, lookup) in stated.lookups.enumerated() where lookup.forms.count == 1 {
      if let column = lookup.forms[0].bareColumn { ranges[column] = index }
    }
    for (index, lookup) in stated.lookups.enumerated() {
      let (form, table) = (lookup.forms[0], stated.tables[lookup.table])
      if form.remainderShift != nil {
        let quotient = form.parts[1].column
        steps[quotient] = .function(TableFunction(lookup: ranges[quotient] ?? index, form, stated.columns[quotient].range))
        continue
      }
      var offset = 0
      for part in form.parts.dropFirst() {
        let width = ranges[part.column].map { stated.tables[stated.lookups[$0].table].bitCount } ?? 0
        steps[part.column] = .limb(
          Limb(
            source: form.parts[0].column, constant: form.constant, offset: offset, width: width,
            isLast: offset + width == form.shift))
        offset += width
      }
      for (coordinate, form) in lookup.forms.enumerated().dropFirst() {
        form.bareColumn.map { steps[$0] = .function(TableFunction(lookup: index, lookup.forms[0], table, coordinate: coordinate)) }
      }
    }
    searches = circuit.thresholds.map { threshold in
      ThresholdSearch(threshold, along: threshold.digits.lazy.compactMap(axis(ofScan:)).first, circuit)
    }
    for (index, threshold) in circuit.thresholds.enumerated() { for digit in threshold.digits { steps[digit] = .digit(threshold: index) } }
    var leads = stated.contractions.dropFirst(circuit.contractions.count).map(\.output)[...]
    for port in stated.outputs {
      guard let source = port.classesOf, let below = port.below, let lead = leads.popFirst() else { continue }
      let selection = Selection(port, of: source, circuit)
      steps[port.column] = .selection(selection)
      steps[below] = .below(selection, of: port.column)
      steps[lead] = .lead(selection, of: port.column)
    }
    self.steps = steps
    stages = Self.stages(steps, order, axis(ofScan:))
    var needed = [Bool](repeating: false, count: steps.count)
    var pending = circuit.outputs.map(\.column)
    while let column = pending.popLast() {
      if needed[column] { continue }
      needed[column] = true
      pending += steps[column]?.sources(searches) ?? []
    }
    self.needed = needed
  }

  /// All columns, each after those that it is made of.
  private static func stages(_ steps: [Step?], _ order: ColumnOrder, _ axis: (Int) -> Int?) -> [Stage] {
    var own = Array(order.components.indices)
    if !order.scans.isEmpty { own.sort { (order.components[$0], $0) < (order.components[$1], $1) } }
    var stages = [Stage(items: [])]
    var (searched, last) = (Set<Int>(), -1)
    for column in own {
      let item: Item
      switch steps[column] {
      case .digit(let threshold):
        guard searched.insert(threshold).inserted else { continue }
        item = .threshold(threshold)
      case nil: continue
      case .contraction, .function, .limb, .selection, .below, .lead: item = .column(column)
      }
      let axis = axis(column)
      if axis != stages[stages.count - 1].axis || axis != nil && last != order.components[column] {
        stages.append(Stage(axis: axis, items: []))
      }
      last = order.components[column]
      stages[stages.count - 1].items.append(item)
    }
    return stages + [Stage(items: (own.count..<steps.count).map { .column($0) })]
  }

  /// What a statement shows of each output port, row-major, batch first. Limbs that no output needs are not computed.
  ///
  /// - Parameter inputs: By port, batch first, of the circuit's sizes and ranges.
  package func run(batch: Int, inputs: [[Int64]], threads: Int) throws(ExecutionError) -> [[Int64]] {
    let columns = try columns(needed, batch: batch, inputs: inputs, threads: threads)
    return circuit.shownOutputs(columns)
  }

  /// The integers of every column of `stated` by index, row-major, weights and inputs among them.
  ///
  /// - Parameter inputs: By port, batch first, of the circuit's sizes and ranges.
  package func columns(batch: Int, inputs: [[Int64]], threads: Int) throws(ExecutionError) -> [[Int64]] {
    try columns(nil, batch: batch, inputs: inputs, threads: threads)
  }

  private func columns(
    _ needed: [Bool]?, batch: Int, inputs: [[Int64]], threads: Int
  ) throws(ExecutionError) -> [[Int64]] {
    var columns = [[Int64]](repeating: [], count: steps.count)
    for (port, integers) in zip(circuit.inputs, inputs) { columns[port.column] = circuit.entries(of: port, integers) }
    for (column, integers) in zip(circuit.columns(of: .weight), weights) { columns[column] = integers }
    for column in circuit.columns(of: .constant) { columns[column] = circuit.columns[column].values }
    func isNeeded(_ item: Item) -> Bool {
      switch item {
      case .column(let column): needed?[column] ?? true
      case .threshold(let index): needed.map { needed in searches[index].digits.contains { needed[$0] } } ?? true
      }
    }
    for stage in stages {
      let items = stage.items.filter(isNeeded)
      guard let axis = stage.axis else {
        for item in items { try compute(item, &columns, inputs, batch: batch, threads: threads) }
        continue
      }
      for item in items { try prepare(item, &columns, inputs, batch: batch, threads: threads) }
      for place in 0..<circuit.axes[axis] {
        for item in items { try compute(item, at: place, of: axis, &columns, batch: batch, threads: threads) }
      }
    }
    return columns
  }

  private func compute(
    _ item: Item, _ columns: inout [[Int64]], _ inputs: [[Int64]], batch: Int, threads: Int
  ) throws(ExecutionError) {
    switch item {
    case .threshold(let index):
      let digits = try searches[index].apply(columns, circuit, batch: batch, threads: threads)
      for (column, integers) in zip(searches[index].digits, digits) { columns[column] = integers }
    case .column(let column):
      switch steps[column] {
      case .contraction(let terms, let gathers, _):
        let count = circuit.shape(ofColumn: column, batch: batch).reduce(1, *)
        var sums = [Int64](repeating: 0, count: count)
        for term in terms { term.add(to: &sums, columns, batch: batch, threads: threads) }
        for gather in gathers { gather.add(to: &sums, columns, indices: inputs[gather.port], batch: batch, threads: threads) }
        columns[column] = sums
      case .function(let function):
        columns[column] = try function.apply(to: columns[function.argument.source], threads: threads)
      case .limb(let limb): columns[column] = limb.apply(to: columns[limb.source], threads: threads)
      case .selection(let selection): columns[column] = selection.apply(to: columns[selection.source])
      case .below(let selection, let selected): columns[column] = selection.below(columns[selected])
      case .lead(let selection, let selected):
        columns[column] = selection.lead(columns[selection.source], columns[selected])
      case .digit, nil: break
      }
    }
  }

  /// Before the first place of a scan: what does not depend on places before, and zeros.
  private func prepare(
    _ item: Item, _ columns: inout [[Int64]], _ inputs: [[Int64]], batch: Int, threads: Int
  ) throws(ExecutionError) {
    switch item {
    case .column(let column):
      if case .contraction = steps[column] { return try compute(item, &columns, inputs, batch: batch, threads: threads) }
      columns[column] = [Int64](repeating: 0, count: circuit.shape(ofColumn: column, batch: batch).reduce(1, *))
    case .threshold(let index):
      for digit in searches[index].digits {
        columns[digit] = [Int64](repeating: 0, count: circuit.shape(ofColumn: digit, batch: batch).reduce(1, *))
      }
    }
  }

  /// One place of a scan, after those before.
  private func compute(
    _ item: Item, at place: Int, of axis: Int, _ columns: inout [[Int64]], batch: Int, threads: Int
  ) throws(ExecutionError) {
    func entries(_ column: Int) -> PlaceEntries {
      let position = circuit.columns[column].axes.firstIndex(of: axis) ?? 0
      return PlaceEntries(of: place, axis: position, shape: circuit.shape(ofColumn: column, batch: batch))
    }
    func read(_ column: Int) -> [Int64] { entries(column).read(columns[column]) }
    do throws(ExecutionError) {
      switch item {
      case .threshold(let index):
        let digits = try searches[index].apply(columns, at: place, circuit, batch: batch, threads: threads)
        for (column, integers) in zip(searches[index].digits, digits) { entries(column).write(integers, to: &columns[column]) }
      case .column(let column):
        var integers: [Int64]
        switch steps[column] {
        case .contraction(_, _, let terms):
          integers = read(column)
          for term in terms { term.add(to: &integers, columns, at: place, batch: batch, threads: threads) }
        case .function(let function): integers = try function.apply(to: read(function.argument.source), threads: threads)
        case .limb(let limb): integers = limb.apply(to: read(limb.source), threads: threads)
        case .selection(let selection): integers = selection.apply(to: read(selection.source))
        case .below, .lead, .digit, nil: return
        }
        entries(column).write(integers, to: &columns[column])
      }
    } catch {
      switch error {
      case .outsideTable(let lookup, let index, let value):
        let column = stated.lookups[lookup].forms[0].parts[0].column
        throw .outsideTable(lookup: lookup, index: entries(column).index(index), value: value)
      }
    }
  }
}

extension [AffineTerm] {
  /// The terms, parallel ones together.
  fileprivate func grouped() -> [[AffineTerm]] {
    reduce(into: []) { groups, term in
      if let index = groups.firstIndex(where: { $0[0].isParallel(to: term) }) {
        groups[index].append(term)
      } else {
        groups.append([term])
      }
    }
  }
}
