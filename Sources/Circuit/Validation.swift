/// A rule of docs/protocol.md §3.3 that a circuit breaks, and the index of the part that breaks it.
package struct InvalidCircuit: Error, Equatable {
  package var rule: Int
  package var index: Int
}

extension ArithmeticCircuit {
  package static let integerBound: Int64 = 1 << 62
  package static let maximumTermCount = 1 << 16 - 1
  /// Of axes, of tables, of columns, contractions, lookups and thresholds each, and of input and of output ports.
  package static let (axisCap, tableCap, listCap, portCap) = (4096, 1 << 10, 1 << 16, 255)
  /// Of integers of all constants.
  package static let constantCap = 1 << 22

  /// Checks docs/protocol.md §3.3: every advice value is then determined by weights and inputs, and
  /// arithmetic in F is arithmetic on integers.
  ///
  /// - Throws: the first rule that does not hold.
  package func validate() throws(InvalidCircuit) {
    try validateCaps()
    try validateColumns()
    try validatePorts()
    for index in contractions.indices { try validateContraction(index) }
    try validateLookups()
    try validateOrder()
    try withClassRelations.validateTotals()
  }

  func require(_ condition: Bool, rule: Int, _ index: Int = 0) throws(InvalidCircuit) {
    guard condition else { throw InvalidCircuit(rule: rule, index: index) }
  }

  private func validateCaps() throws(InvalidCircuit) {
    try require((1...1 << 16).contains(batchCap), rule: 1)
    try require(axes.first == 0, rule: 1)
    for (index, size) in axes.enumerated().dropFirst() {
      try require((1...1 << 24).contains(size), rule: 1, index)
    }
    try validateCounts()
    try require(inputs.count <= Self.portCap && outputs.count <= Self.portCap, rule: 1)
    try require(columns.contains { $0.kind == .weight || $0.kind == .advice }, rule: 1)
    let names = [name] + columns.map { $0.name } + tables.map { $0.name } + (inputs + outputs).map { $0.name }
    try require(names.allSatisfy { $0.utf8.count <= 255 }, rule: 2)
    for (index, table) in tables.enumerated() {
      try require((0...22).contains(table.bitCount) && isBounded(table.lower) && isBounded(table.domain.upper), rule: 1, index)
      switch table.content {
      case .range: break
      case .ramp(let lower, _, let low, let high):
        try require(lower <= low && low <= high && high <= table.domain.upper, rule: 1, index)
      case .function(_, let bits, let width, let offset, let values):
        try require((1...2).contains(width) && values.count.isMultiple(of: width), rule: 1, index)
        let count = values.count / width
        try require((1...1 << 16).contains(count) && offset >= 0 && offset + count <= 1 << bits, rule: 1, index)
        try require(values.allSatisfy(isBounded), rule: 1, index)
      }
    }
  }

  private func validateCounts() throws(InvalidCircuit) {
    try require(axes.count <= Self.axisCap && columns.count <= Self.listCap && tables.count <= Self.tableCap, rule: 1)
    // Each contraction has a term.
    try require(lookups.count <= Self.listCap && thresholds.count <= Self.listCap, rule: 1)
    try require(contractions.reduce(0) { $0 + $1.terms.count } <= Self.maximumTermCount, rule: 1)
    try require(tables.reduce(0) { $0 + 1 << min($1.bitCount, 25) } <= 1 << 24, rule: 1)
  }

  /// What grows with the class relations; the tables that a verifier makes of slices are bounded.
  private func validateTotals() throws(InvalidCircuit) {
    try validateCounts()
    var (entries, constants) = (0, 0)
    for operand in contractions.flatMap({ $0.terms.flatMap { $0.operands } }) {
      if columns[operand.column].kind == .constant {
        constants += 1 << shape(ofColumn: operand.column, batch: 1).map(bitCountOfAxis).reduce(0, +)
      }
      for (axis, binding) in zip(columns[operand.column].axes, operand.bindings) where binding.slice != nil {
        entries += 1 << bitCountOfAxis(max(axes[axis], axes[binding.loopAxis]))
      }
    }
    try require(entries <= 1 << 28 && constants <= 1 << 28, rule: 1)
    let terms = contractions.reduce(into: [:]) { $0[$1.output] = $1.terms.count }
    let lookedUp = lookups.reduce(0) { sum, lookup in Set(lookup.columns).reduce(sum) { $0 + terms[$1, default: 0] } }
    try require(lookedUp <= 1 << 18, rule: 1)
    let leaves = lookups.reduce(0) { $0 + block(of: $1, batch: batchCap).leafCount }
    try require(leaves < 1 << 40, rule: 1)
  }

  private func isBounded(_ value: Int64) -> Bool {
    -Self.integerBound <= value && value <= Self.integerBound
  }

  private func validateColumns() throws(InvalidCircuit) {
    var (weightTotal, constantTotal) = (0, 0)
    for (index, column) in columns.enumerated() {
      try require(column.axes.count <= 8 && Set(column.axes).count == column.axes.count, rule: 1, index)
      try require(column.axes.allSatisfy(axes.indices.contains), rule: 3, index)
      try require(!column.axes.dropFirst().contains(Self.batchAxis), rule: 2, index)
      try require((column.axes.first == Self.batchAxis) == ![.weight, .constant].contains(column.kind), rule: 2, index)
      let bits = shape(ofColumn: index, batch: batchCap).map(bitCountOfAxis).reduce(0, +)
      try require(bits <= 32, rule: 1, index)
      try require(isBounded(column.lower) && isBounded(column.upper), rule: 8, index)
      try require(column.lower <= column.upper, rule: 8, index)
      try require(column.scale.isFinite && column.scale > 0, rule: 8, index)
      switch column.kind {
      case .weight:
        try require(column.weightBitCount != nil, rule: 8, index)
        weightTotal += 1 << bits
        try require(weightTotal <= 1 << 36, rule: 1, index)
      case .public: try require(column.lower <= 0 && 0 <= column.upper, rule: 8, index)
      case .constant:
        constantTotal += column.values.count
        try require(constantTotal <= Self.constantCap, rule: 1, index)
        try require(column.values.count == column.axes.reduce(1) { $0 * axes[$1] }, rule: 8, index)
        try require(column.values.allSatisfy { column.lower <= $0 && $0 <= column.upper }, rule: 8, index)
      case .advice, .virtual: break
      }
    }
  }

  private func validatePorts() throws(InvalidCircuit) {
    for (index, port) in (inputs + outputs).enumerated() {
      try require(columns.indices.contains(port.column), rule: 3, index)
      try require(port.dimensions.count <= 8, rule: 9, index)
      try require(port.dimensions.allSatisfy { (1...1 << 24).contains($0) }, rule: 9, index)
      let sizes = columns[port.column].axes.dropFirst().map { axes[$0] }
      // A column has at most 2^32 entries.
      let size = port.dimensions.reduce(1) { min($0 * $1, 1 << 38) }
      try require(size == (port.showsIndices ? sizes.dropLast() : sizes).reduce(1, *), rule: 9, index)
      if port.isIndex { try require(!sizes.isEmpty && columns[port.column].range == (0, 1), rule: 9, index) }
    }
    try require(inputs.allSatisfy { $0.classesOf == nil } && outputs.allSatisfy { !$0.isIndex }, rule: 9)
    for ports in [inputs, outputs] { try require(Set(ports.map { Array($0.name.utf8) }).count == ports.count, rule: 9) }
    let published = inputs + outputs.filter { $0.classesOf != nil }
    try require(published.map { $0.column }.sorted() == columns(of: .public), rule: 9)
    var termCount = contractions.reduce(0) { $0 + $1.terms.count }
    for (index, port) in outputs.enumerated() {
      let column = columns[port.column]
      if let source = port.classesOf {
        try require(columns.indices.contains(source), rule: 3, index)
        try require(column.range == (0, 1) && column.axes.count >= 3, rule: 9, index)
        let (ranks, classes) = (column.axes[column.axes.count - 2], column.axes[column.axes.count - 1])
        try require(axes[ranks] <= axes[classes], rule: 9, index)
        try require(source < port.column && columns[source].kind == .virtual, rule: 9, index)
        try require(columns[source].axes == column.axes.dropLast(2) + [classes], rule: 9, index)
        try require(UInt64(bitPattern: columns[source].upper &- columns[source].lower) <= 1 << 59, rule: 9, index)
        let terms = contractions.filter { $0.output == source }.flatMap { $0.terms }
        // Those of the class relation, before they are made.
        termCount += 2 * terms.count + (axes[ranks] > 1 ? 2 : 1)
        try require(termCount <= Self.maximumTermCount, rule: 1, index)
        for term in terms {
          let loops = term.operands.flatMap { $0.bindings.map { $0.loopAxis } }
          try require(term.operands.count <= 2 && !loops.contains(ranks), rule: 9, index)
        }
      } else {
        try require(column.kind == .virtual || column.kind == .advice, rule: 9, index)
      }
    }
  }

  private func validateContraction(_ index: Int) throws(InvalidCircuit) {
    let contraction = contractions[index]
    try require(columns.indices.contains(contraction.output), rule: 3, index)
    let output = columns[contraction.output]
    try require(output.kind == .virtual, rule: 5, index)
    try require(!contraction.terms.isEmpty, rule: 1, index)
    var lower: Int128 = 0
    var upper: Int128 = 0
    for term in contraction.terms {
      let summed = try validateTerm(term, of: contraction, index)
      guard let (low, high) = interval(term, summed: summed) else {
        throw InvalidCircuit(rule: 8, index: index)
      }
      lower += low
      upper += high
    }
    try require(Int128(output.lower) <= lower && upper <= Int128(output.upper), rule: 8, index)
  }

  /// Returns the summed axes.
  private func validateTerm(
    _ term: Term, of contraction: Contraction, _ index: Int
  ) throws(InvalidCircuit) -> [Int] {
    try require((1...3).contains(term.operands.count) && isBounded(term.coefficient), rule: 1, index)
    for operand in term.operands {
      try require(columns.indices.contains(operand.column), rule: 3, index)
      let column = columns[operand.column]
      try require(column.kind != .virtual, rule: 5, index)
      try require(operand.bindings.count == column.axes.count, rule: 5, index)
      let loops = operand.bindings.map { $0.loopAxis }
      try require(Set(loops).count == loops.count, rule: 5, index)
      try require(loops.allSatisfy(axes.indices.contains), rule: 3, index)
      for (axis, binding) in zip(column.axes, operand.bindings) {
        if let slice = binding.slice {
          try require(slice.start.magnitude <= 1 << 24 && (1...1 << 24).contains(slice.stride), rule: 5, index)
          // Nothing is inside the batch axis: its size here is 0.
          try require(!slice.inside(loopSize: axes[binding.loopAxis], size: axes[axis]).isEmpty, rule: 5, index)
        } else {
          try require(axis == binding.loopAxis, rule: 5, index)
        }
      }
    }
    let summed = term.summedAxes(output: columns[contraction.output])
    for axis in summed where axes[axis].nonzeroBitCount != 1 {
      let users = term.operands.filter { operand in operand.bindings.contains { $0.loopAxis == axis } }
      let forced = users.contains { operand in
        columns[operand.column].kind != .weight
          || operand.bindings.contains { $0.loopAxis == axis && $0.slice != nil }
      }
      try require(users.count == 1 || forced, rule: 5, index)
    }
    return summed
  }

  /// The range of one term, nil beyond the bound.
  package func interval(_ term: Term, summed: [Int]) -> (Int128, Int128)? {
    var low = Int128(term.coefficient)
    var high = low
    let sizes = summed.map { (Int128(axes[$0]), Int128(axes[$0])) }
    let ranges = term.operands.map { operand in
      let (lower, upper) = columns[operand.column].range
      return readsOutside(operand) ? (Int128(min(lower, 0)), Int128(max(upper, 0))) : (Int128(lower), Int128(upper))
    }
    for (factorLow, factorHigh) in ranges + sizes {
      let products = [low * factorLow, low * factorHigh, high * factorLow, high * factorHigh]
      low = products.min() ?? 0
      high = products.max() ?? 0
      let bound = Int128(Self.integerBound)
      guard -bound <= low, high <= bound else { return nil }
    }
    return (low, high)
  }

  /// True when a slice reads the operand's column outside one of its axes, where it is 0.
  package func readsOutside(_ operand: Operand) -> Bool {
    zip(columns[operand.column].axes, operand.bindings).contains { axis, binding in
      binding.slice.map {
        $0.inside(loopSize: axes[binding.loopAxis], size: axes[axis]).count < axes[binding.loopAxis]
      } ?? false
    }
  }
}

extension Term {
  /// The loop axes that are not axes of the output, in order of first occurrence.
  package func summedAxes(output: Column) -> [Int] {
    var summed: [Int] = []
    for operand in operands {
      for axis in operand.bindings.map({ $0.loopAxis })
      where !output.axes.contains(axis) && !summed.contains(axis) {
        summed.append(axis)
      }
    }
    return summed
  }
}

extension Column {
  package var range: (lower: Int64, upper: Int64) { (lower, upper) }

  /// The bits b of a weight's declared range, nil when it is not one of docs/protocol.md §10.
  package var weightBitCount: Int? {
    (2...48).first { Self.weightRange(bitCount: $0) == range }
  }

  /// The integers that the weight range proof admits for b bits.
  package static func weightRange(bitCount: Int) -> (lower: Int64, upper: Int64) {
    let half = Int64(1) << Int64(bitCount - 1)
    let shift = weightLimbBitCount(bitCount: bitCount)
    let rounding = shift == 0 ? 0 : Int64(1) << Int64(shift - 1)
    return (-half - rounding, half - rounding - 1)
  }

  /// The bits of a b-bit weight below its top limb.
  package static func weightLimbBitCount(bitCount: Int) -> Int {
    (bitCount - 1) / 16 * 16
  }
}
