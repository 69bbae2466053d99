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
  /// The columns without which an output cannot be computed.
  private let needed: [Bool]

  private enum Step {
    case contraction([TermKernel], gathers: [Gather])
    case function(TableFunction)
    case limb(Limb)
    case selection(Selection)
    case below(Selection, of: Int)
    case lead(Selection, of: Int)
    case threshold(ThresholdSearch)
    /// Found with the first digit of its threshold.
    case digit(first: Int)

    /// The columns that it reads.
    var sources: [Int] {
      switch self {
      case .contraction(let terms, let gathers): terms.flatMap(\.columns) + gathers.flatMap(\.columns)
      case .function(let function): [function.argument.source]
      case .limb(let limb): [limb.source]
      case .selection(let selection): [selection.source]
      case .below(_, let selected): [selected]
      case .lead(let selection, let selected): [selection.source, selected]
      case .threshold(let search): search.sources
      case .digit(let first): [first]
      }
    }
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
    for contraction in circuit.contractions {
      let output = circuit.columns[contraction.output]
      let gathers = contraction.terms.map { Gather($0, output: output, circuit) }
      let terms = zip(contraction.terms, gathers).compactMap { $1 == nil ? AffineTerm($0, output: output, circuit) : nil }
      steps[contraction.output] = .contraction(
        terms.grouped().flatMap { terms -> [TermKernel] in
          MatrixProduct(terms, circuit) { integers[$0] }.map { [.matrix($0, columns: terms[0].columns)] }
            ?? terms.map { .strided($0) }
        }, gathers: gathers.compactMap(\.self))
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
    for threshold in circuit.thresholds {
      let first = threshold.digits.min() ?? 0
      for digit in threshold.digits { steps[digit] = .digit(first: first) }
      steps[first] = .threshold(ThresholdSearch(threshold, circuit))
    }
    var leads = stated.contractions.dropFirst(circuit.contractions.count).map(\.output)[...]
    for port in stated.outputs {
      guard let source = port.classesOf, let below = port.below, let lead = leads.popFirst() else { continue }
      let selection = Selection(port, of: source, circuit)
      steps[port.column] = .selection(selection)
      steps[below] = .below(selection, of: port.column)
      steps[lead] = .lead(selection, of: port.column)
    }
    self.steps = steps
    var needed = [Bool](repeating: false, count: steps.count)
    for port in circuit.outputs { needed[port.column] = true }
    for column in steps.indices.reversed() where needed[column] {
      for source in steps[column]?.sources ?? [] { needed[source] = true }
    }
    self.needed = needed
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
    for (column, step) in steps.enumerated() where needed?[column] ?? true {
      switch step {
      case .contraction(let terms, let gathers):
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
      case .threshold(let search):
        let digits = try search.apply(columns, circuit, batch: batch, threads: threads)
        for (column, integers) in zip(search.digits, digits) { columns[column] = integers }
      case .digit, nil: break
      }
    }
    return columns
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
