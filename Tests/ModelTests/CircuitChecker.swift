import Circuit

/// Evaluates the relations of a circuit on integers, index by index, as docs/protocol.md §3.2 states them.
struct CircuitChecker {
  let circuit: ArithmeticCircuit
  let batch: Int
  /// The integers of every column, row-major.
  var columns: [[Int64]]

  /// Σ_terms coefficient · Σ_s Π operands at one index of the output.
  func value(of contraction: Contraction, at index: [Int]) -> Int64 {
    let output = circuit.columns[contraction.output]
    var total: Int64 = 0
    for term in contraction.terms {
      var loops = Dictionary(uniqueKeysWithValues: zip(output.axes, index))
      total += term.coefficient * sum(term, term.summedAxes(output: output)[...], &loops)
    }
    return total
  }

  /// Whether the tuple of a lookup is a row of its table, at every index.
  func holds(_ lookup: Lookup) -> Bool {
    let column = lookup.forms[0].parts[0].column
    return columns[column].indices.allSatisfy { index in
      let tuple = lookup.forms.map { value(of: $0, at: index) }
      let table = circuit.tables[lookup.table]
      guard let argument = tuple[0], table.domain.lower <= argument, argument <= table.domain.upper else { return false }
      return tuple.enumerated().allSatisfy { $1 == table.value($0, row: Int(argument - table.lower)) }
    }
  }

  func indices(of column: Int) -> [[Int]] {
    circuit.shape(ofColumn: column, batch: batch).reduce([[]]) { prefixes, size in
      prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } }
    }
  }

  private func sum(_ term: Term, _ axes: ArraySlice<Int>, _ loops: inout [Int: Int]) -> Int64 {
    guard let axis = axes.first else {
      return term.operands.reduce(1) { $0 * entry(of: $1, loops) }
    }
    var total: Int64 = 0
    for index in 0..<circuit.size(ofAxis: axis, batch: batch) {
      loops[axis] = index
      total += sum(term, axes.dropFirst(), &loops)
    }
    return total
  }

  private func entry(of operand: Operand, _ loops: [Int: Int]) -> Int64 {
    var position = 0
    for (binding, size) in zip(operand.bindings, circuit.shape(ofColumn: operand.column, batch: batch)) {
      let loop = loops[binding.loopAxis] ?? 0
      let index = binding.slice.map { $0.start + $0.stride * loop } ?? loop
      guard (0..<size).contains(index) else { return 0 }
      position = position * size + index
    }
    return columns[operand.column][position]
  }

  /// Nil when the form is not an integer.
  private func value(of form: AffineForm, at index: Int) -> Int64? {
    let sum = form.parts.reduce(form.constant) { $0 + $1.coefficient * columns[$1.column][index] }
    return sum & (1 << form.shift - 1) == 0 ? sum >> form.shift : nil
  }
}
