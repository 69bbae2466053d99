/// A rule of docs/protocol.md §3.3 that a circuit breaks, and the index of the part that breaks it.
package struct InvalidCircuit: Error, Equatable {
  package var rule: Int
  package var index: Int
}

extension ArithmeticCircuit {
  package static let integerBound: Int64 = 1 << 62
  package static let maximumTermCount = 1 << 16 - 1
  /// Of axes, of tables, of columns, contractions and lookups each, and of input and of output ports.
  package static let (axisCap, tableCap, listCap, portCap) = (4096, 1 << 10, 1 << 16, 255)

  /// Checks docs/protocol.md §3.3: every advice value is then determined by weights and inputs, and
  /// arithmetic in F is arithmetic on integers.
  ///
  /// - Throws: the first rule that does not hold.
  package func validate() throws(InvalidCircuit) {
    try validateCaps()
    try validateColumns()
    try validatePorts()
    for index in contractions.indices { try validateContraction(index) }
    try validateDefinitions()
    try validateLookups()
    try withClassRelations.validateTotals()
  }

  private func require(_ condition: Bool, rule: Int, _ index: Int = 0) throws(InvalidCircuit) {
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
      switch table.content {
      case .range(let lower, let bits):
        try require(bits <= 16 && isBounded(lower), rule: 1, index)
      case .function(let lower, let values):
        try require(values.count <= 1 << 16 && values.count.nonzeroBitCount == 1 && isBounded(lower), rule: 1, index)
        try require(values.allSatisfy(isBounded), rule: 1, index)
      }
    }
  }

  private func validateCounts() throws(InvalidCircuit) {
    try require(axes.count <= Self.axisCap && columns.count <= Self.listCap && tables.count <= Self.tableCap, rule: 1)
    // Each contraction has a term.
    try require(lookups.count <= Self.listCap, rule: 1)
    try require(contractions.reduce(0) { $0 + $1.terms.count } <= Self.maximumTermCount, rule: 1)
  }

  /// What grows with the class relations; the tables that a verifier makes of slices are bounded.
  private func validateTotals() throws(InvalidCircuit) {
    try validateCounts()
    var entries = 0
    for operand in contractions.flatMap({ $0.terms.flatMap { $0.operands } }) {
      for (axis, binding) in zip(columns[operand.column].axes, operand.bindings) where binding.slice != nil {
        entries += 1 << bitCountOfAxis(max(axes[axis], axes[binding.loopAxis]))
      }
    }
    try require(entries <= 1 << 28, rule: 1)
    let leaves = lookups.reduce(0) { sum, lookup in
      sum + 1 << (domain(of: lookup) ?? []).reduce(0) { $0 + bitCountOfAxis(size(ofAxis: $1, batch: batchCap)) }
    }
    try require(leaves < 1 << 40, rule: 1)
  }

  private func isBounded(_ value: Int64) -> Bool {
    -Self.integerBound <= value && value <= Self.integerBound
  }

  private func validateColumns() throws(InvalidCircuit) {
    var weightTotal = 0
    for (index, column) in columns.enumerated() {
      try require(column.axes.count <= 8 && Set(column.axes).count == column.axes.count, rule: 1, index)
      try require(column.axes.allSatisfy(axes.indices.contains), rule: 3, index)
      try require(!column.axes.dropFirst().contains(Self.batchAxis), rule: 2, index)
      try require((column.axes.first == Self.batchAxis) == (column.kind != .weight), rule: 2, index)
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
      try require(size == (port.classesOf == nil ? sizes : sizes.dropLast()).reduce(1, *), rule: 9, index)
    }
    try require(inputs.allSatisfy { $0.classesOf == nil }, rule: 9)
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
      try require(operand.column < contraction.output && column.kind != .virtual, rule: 5, index)
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

  /// Every virtual column has one contraction; every advice column is one limb or one function value.
  private func validateDefinitions() throws(InvalidCircuit) {
    var definitions = [Int](repeating: 0, count: columns.count)
    var rangeLookups = definitions
    var seen: Set<AffineForm> = []
    let codomains = tables.map { $0.codomain }
    for contraction in contractions { definitions[contraction.output] += 1 }
    for (index, lookup) in lookups.enumerated() {
      try require(tables.indices.contains(lookup.table), rule: 3, index)
      let table = tables[lookup.table]
      try require(lookup.forms.count == table.arity, rule: 6, index)
      for form in lookup.forms {
        try require(!form.parts.isEmpty, rule: 6, index)
        try require(form.parts.allSatisfy { columns.indices.contains($0.column) }, rule: 3, index)
        guard seen.insert(form).inserted else { continue }
        for limb in form.parts.dropFirst() { definitions[limb.column] += 1 }
      }
      if table.arity == 1, let column = lookup.forms[0].bareColumn { rangeLookups[column] += 1 }
      if table.arity == 2 {
        guard let column = lookup.forms[1].bareColumn else { throw InvalidCircuit(rule: 6, index: index) }
        definitions[column] += 1
        let sources = lookup.forms[0].parts.map { $0.column }
        try require(sources.allSatisfy { $0 < column }, rule: 4, index)
        try require(columns[column].kind == .advice, rule: 7, index)
        try require(columns[column].range == codomains[lookup.table], rule: 7, index)
      }
    }
    for (index, column) in columns.enumerated() where column.kind == .virtual || column.kind == .advice {
      try require(definitions[index] == 1, rule: column.kind == .virtual ? 5 : 7, index)
    }
    let limbs = Set(lookups.flatMap { $0.forms.flatMap { $0.parts.dropFirst().map { $0.column } } })
    for index in limbs {
      try require(columns[index].kind == .advice && rangeLookups[index] == 1, rule: 7, index)
    }
  }

  private func validateLookups() throws(InvalidCircuit) {
    let limbRanges = self.limbRanges
    for (index, lookup) in lookups.enumerated() {
      try require(domain(of: lookup) != nil, rule: 6, index)
      let (lower, upper) = tables[lookup.table].domain
      try validateForm(lookup.forms[0], lower: lower, upper: upper, limbRanges, index)
    }
  }

  /// Checks rule 6 for the first form of a lookup whose first coordinate is in lower ... upper.
  private func validateForm(
    _ form: AffineForm, lower: Int64, upper: Int64, _ limbRanges: [Int: LimbRange], _ index: Int
  ) throws(InvalidCircuit) {
    if form.bareColumn != nil { return }
    let source = form.parts[0]
    try require((1...48).contains(form.shift) && form.constant.magnitude <= 1 << 61, rule: 6, index)
    try require(source.coefficient == 1, rule: 6, index)
    var offset = 0
    for (position, limb) in form.parts.dropFirst().enumerated() {
      try require(limb.coefficient == -1 << Int64(offset), rule: 6, index)
      try require(limb.column > source.column, rule: 4, index)
      let (lower, bits) = limbRanges[limb.column, default: (0, 0)]
      let isLast = position == form.parts.count - 2
      try require(bits >= 1 && lower == (isLast ? -(1 << Int64(bits - 1)) : 0), rule: 6, index)
      try require(columns[limb.column].range == (lower, lower + (1 << Int64(bits)) - 1), rule: 7, index)
      offset += bits
    }
    try require(offset == form.shift, rule: 6, index)
    let divisor = Int128(1) << Int128(form.shift)
    let (low, high) = (Int128(lower), Int128(upper))
    let half = Int128(0xFFFF_FFFF_0000_0001 as UInt64) / 2
    try require(divisor * low - divisor / 2 >= -half && divisor * (high + 1) <= half, rule: 6, index)
  }

  private typealias LimbRange = (lower: Int64, bits: Int)

  /// The range tables in which columns are looked up as bare forms, by column.
  private var limbRanges: [Int: LimbRange] {
    lookups.reduce(into: [:]) { ranges, lookup in
      guard case .range(let lower, let bits) = tables[lookup.table].content else { return }
      if let column = lookup.forms[0].bareColumn { ranges[column] = (lower, bits) }
    }
  }
}

extension ArithmeticCircuit {
  /// The axes shared by all columns of a lookup, nil when they differ.
  package func domain(of lookup: Lookup) -> [Int]? {
    let columns = lookup.forms.flatMap { $0.parts.map { $0.column } }
    guard let first = columns.first else { return nil }
    let axes = self.columns[first].axes
    return columns.allSatisfy { self.columns[$0].axes == axes } ? axes : nil
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
