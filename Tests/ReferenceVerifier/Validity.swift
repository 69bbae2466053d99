/// Checks rules 1 to 3 and 9 of §3.3; the others are in the files beside.
extension CircuitDescription {
  package func checkValidity() throws(ReferenceRejection) {
    try checkCaps()
    try checkAxesAndIndices()
    try checkContractions()
    try checkLookups()
    try checkRanges()
    try checkPorts()
    try checkOrder()
    try checkExpandedCaps()
  }

  /// Rule 1, apart from the counts that decoding has checked and the block sizes.
  private func checkCaps() throws(ReferenceRejection) {
    guard (1...65536).contains(batchCap), axes.first == 0 else { throw .invalidCircuit(rule: 1) }
    for size in axes.dropFirst() where !(1...1 << 24).contains(size) { throw .invalidCircuit(rule: 1) }
    for contraction in contractions {
      guard !contraction.terms.isEmpty else { throw .invalidCircuit(rule: 1) }
      for term in contraction.terms {
        guard (1...3).contains(term.operands.count), isSmall(term.coefficient) else { throw .invalidCircuit(rule: 1) }
      }
    }
    for column in columns where !(isSmall(column.lower) && isSmall(column.upper)) { throw .invalidCircuit(rule: 1) }
    guard columns.reduce(0, { $0 + $1.values.count }) <= 1 << 22 else { throw .invalidCircuit(rule: 1) }
    guard columns.contains(where: { $0.kind == .weight || $0.kind == .advice }) else { throw .invalidCircuit(rule: 1) }
    for form in lookups.flatMap(\.forms) {
      guard form.shift <= 48, isSmall(form.constant), form.entries.allSatisfy({ isSmall($0.coefficient) }) else {
        throw .invalidCircuit(rule: 1)
      }
    }
  }

  /// Rule 2, and rule 3 with the parts of rule 1 that need indices in range.
  private func checkAxesAndIndices() throws(ReferenceRejection) {
    for column in columns {
      guard column.axes.allSatisfy({ $0 < axes.count }) else { throw .invalidCircuit(rule: 3) }
      guard Set(column.axes).count == column.axes.count else { throw .invalidCircuit(rule: 1) }
      guard !column.axes.dropFirst().contains(0) else { throw .invalidCircuit(rule: 2) }
      let isBatched = column.kind != .weight && column.kind != .constant
      guard (column.axes.first == 0) == isBatched else { throw .invalidCircuit(rule: 2) }
    }
    for contraction in contractions {
      guard contraction.output < columns.count else { throw .invalidCircuit(rule: 3) }
      for operand in contraction.terms.flatMap(\.operands) {
        guard operand.column < columns.count else { throw .invalidCircuit(rule: 3) }
        for (axis, binding) in zip(columns[operand.column].axes, operand.bindings) {
          guard binding.loop < axes.count, isAllowed(binding, axis) else { throw .invalidCircuit(rule: 3) }
        }
      }
    }
    for lookup in lookups {
      guard lookup.table < tables.count,
        lookup.forms.allSatisfy({ $0.entries.allSatisfy { $0.column < columns.count } })
      else { throw .invalidCircuit(rule: 3) }
    }
    for threshold in thresholds {
      let named = threshold.digits + [threshold.exponent, threshold.sum, threshold.sumBefore]
      guard threshold.lookup < lookups.count, named.allSatisfy({ $0 < columns.count }) else { throw .invalidCircuit(rule: 3) }
    }
    let bits = sizes(batch: batchCap).map(ceilLog)
    for column in columns where column.axes.reduce(0, { $0 + bits[$1] }) > 32 { throw .invalidCircuit(rule: 1) }
    let weights = columns.filter { $0.kind == .weight }.map { 1 << $0.axes.reduce(0) { $0 + bits[$1] } }
    guard weights.reduce(0, +) <= 1 << 36 else { throw .invalidCircuit(rule: 1) }
    let constants = contractions.flatMap(\.terms).flatMap(\.operands).filter { columns[$0.column].kind == .constant }
    guard constants.reduce(0, { $0 + 1 << columns[$1.column].axes.reduce(0) { $0 + bits[$1] } }) <= 1 << 28 else {
      throw .invalidCircuit(rule: 1)
    }
    for lookup in lookups where lookup.forms.first?.entries.isEmpty ?? true { throw .invalidCircuit(rule: 6) }
  }

  /// A whole binding names the column's own axis; a slice is bounded and stays away from the batch (rule 3).
  private func isAllowed(_ binding: Binding, _ axis: Int) -> Bool {
    guard let slice = binding.slice else { return binding.loop == axis }
    return abs(slice.start) <= 1 << 24 && (1...1 << 24).contains(slice.stride) && axis != 0 && binding.loop != 0
  }

  /// The caps of rule 1 on counts and totals, which also hold with the class relations (rule 9).
  private func checkExpandedCaps() throws(ReferenceRejection) {
    let termCounts = contractions.reduce(into: [:]) { $0[$1.output] = $1.terms.count }
    let total = outputs.reduce(contractions.reduce(0) { $0 + $1.terms.count }) { sum, port in
      guard let source = port.source else { return sum }
      let ranks = columns[port.column].axes.dropLast().last.map { axes[$0] } ?? 0
      return sum + 2 * (termCounts[source] ?? 0) + min(ranks, 2)
    }
    guard total <= 65535 else { throw .invalidCircuit(rule: 1) }
    let circuit = withClassRelations
    guard circuit.axes.count <= 4096, circuit.columns.count <= 65536, circuit.tables.count <= 1024,
      circuit.contractions.count <= 65536, circuit.lookups.count <= 65536,
      circuit.contractions.reduce(0, { $0 + $1.terms.count }) <= 65535
    else { throw .invalidCircuit(rule: 1) }
    let paddedSizes = circuit.sizes(batch: batchCap).map { 1 << ceilLog($0) }
    var sliced = 0
    for operand in circuit.contractions.flatMap(\.terms).flatMap(\.operands) {
      for (axis, binding) in zip(circuit.columns[operand.column].axes, operand.bindings) where binding.slice != nil {
        sliced += max(paddedSizes[axis], paddedSizes[binding.loop])
      }
    }
    guard sliced <= 1 << 28 else { throw .invalidCircuit(rule: 1) }
    let expandedTerms = circuit.contractions.reduce(into: [:]) { $0[$1.output] = $1.terms.count }
    let lookedUp = circuit.lookups.reduce(0) { sum, lookup in
      Set(lookup.forms.flatMap { $0.entries.map(\.column) }).reduce(sum) { $0 + (expandedTerms[$1] ?? 0) }
    }
    guard lookedUp <= 1 << 18 else { throw .invalidCircuit(rule: 1) }
    let capSizes = circuit.sizes(batch: batchCap)
    let blocks = circuit.lookups.map { lookup in
      let axes = circuit.columns[lookup.forms[0].entries[0].column].axes
      let leading = axes.firstIndex { capSizes[$0] > 1 } ?? 0
      return axes.dropFirst(leading + 1).reduce(axes.isEmpty ? 1 : capSizes[axes[leading]]) { $0 * paddedSizes[$1] }
    }
    guard blocks.reduce(0, +) < 1 << 40, circuit.tables.reduce(0, { $0 + $1.rowCount }) <= 1 << 24 else {
      throw .invalidCircuit(rule: 1)
    }
  }

  /// Rule 9.
  private func checkPorts() throws(ReferenceRejection) {
    let ported = (inputs + outputs.filter { $0.source != nil }).map(\.column)
    guard ported.sorted() == columnIndices(.published) else { throw .invalidCircuit(rule: 9) }
    for ports in [inputs, outputs] {
      guard Set(ports.map(\.name)).count == ports.count else { throw .invalidCircuit(rule: 9) }
    }
    for port in inputs + outputs {
      guard port.column < columns.count else { throw .invalidCircuit(rule: 3) }
      guard port.dimensions.count <= 8, port.dimensions.allSatisfy({ (1...1 << 24).contains($0) }) else {
        throw .invalidCircuit(rule: 9)
      }
      if let source = port.source { try checkClasses(port, source) }
      let column = columns[port.column]
      if port.isIndexPort {
        guard column.axes.count >= 2, column.lower == 0, column.upper == 1 else { throw .invalidCircuit(rule: 9) }
      }
      let own = column.axes.dropFirst()
      let entries = (port.showsIndices ? own.dropLast() : own).reduce(Integer(1)) { $0 * Integer(axes[$1]) }
      let product = port.dimensions.reduce(Integer(1)) { $0 * Integer($1) }
      guard product == entries else { throw .invalidCircuit(rule: 9) }
    }
    for port in outputs where port.source == nil {
      switch columns[port.column].kind {
      case .advice, .virtual: break
      case .weight, .published, .constant: throw .invalidCircuit(rule: 9)
      }
    }
  }
}

extension CircuitDescription {
  /// The second part of rule 9.
  private func checkClasses(_ port: Port, _ source: Int) throws(ReferenceRejection) {
    guard source < columns.count else { throw .invalidCircuit(rule: 3) }
    let (column, a) = (columns[port.column], columns[source])
    guard column.axes.count >= 3, column.lower == 0, column.upper == 1 else { throw .invalidCircuit(rule: 9) }
    let (ranks, entries) = (column.axes[column.axes.count - 2], column.axes[column.axes.count - 1])
    guard axes[ranks] <= axes[entries], source < port.column, a.kind == .virtual,
      a.axes == column.axes.filter({ $0 != ranks }),
      Integer(a.upper) <= Integer(a.lower) + Integer.powerOfTwo(59)
    else { throw .invalidCircuit(rule: 9) }
    for term in contractions.filter({ $0.output == source }).flatMap(\.terms) {
      let names = term.operands.flatMap(\.bindings).map(\.loop)
      guard term.operands.count <= 2, !names.contains(ranks) else { throw .invalidCircuit(rule: 9) }
    }
  }
}

func isSmall(_ value: Int64) -> Bool { value.magnitude <= 1 << 62 }
