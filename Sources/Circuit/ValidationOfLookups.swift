/// Rules 5 to 7 of docs/protocol.md §3.3 for lookups: every advice column is a limb, a function value, a quotient or a digit.
extension ArithmeticCircuit {
  func validateLookups() throws(InvalidCircuit) {
    var roles = [Int](repeating: 0, count: columns.count)
    for contraction in contractions { roles[contraction.output] += 1 }
    for digit in thresholds.flatMap({ $0.digits }) {
      try require(columns.indices.contains(digit), rule: 3)
      roles[digit] += 1
    }
    var seen: Set<AffineForm> = []
    let ranges = tables.map { table in (0..<table.arity).map { table.range(ofCoordinate: $0) } }
    for (index, lookup) in lookups.enumerated() {
      try require(tables.indices.contains(lookup.table), rule: 3, index)
      let table = tables[lookup.table]
      try require(lookup.forms.count == table.arity, rule: 6, index)
      for form in lookup.forms {
        try require(!form.parts.isEmpty, rule: 6, index)
        try require(form.parts.allSatisfy { columns.indices.contains($0.column) }, rule: 3, index)
        try require(form.parts.allSatisfy { columns[$0.column].kind != .constant }, rule: 6, index)
      }
      try require(domain(of: lookup) != nil, rule: 6, index)
      let first = lookup.forms[0]
      // A remainder is in one lookup, a rounding form may be in several.
      if first.remainderShift != nil || !seen.contains(first) { for part in first.parts.dropFirst() { roles[part.column] += 1 } }
      seen.insert(first)
      for (coordinate, form) in lookup.forms.enumerated().dropFirst() {
        guard let column = form.bareColumn else { throw InvalidCircuit(rule: 6, index: index) }
        roles[column] += 1
        try require(columns[column].kind == .advice, rule: 7, index)
        try require(columns[column].range == ranges[lookup.table][coordinate], rule: 7, index)
      }
    }
    let uses = LookupUses(self)
    for (index, lookup) in lookups.enumerated() { try validateForm(lookup, uses, index) }
    for (index, column) in columns.enumerated() where column.kind == .virtual || column.kind == .advice {
      try require(roles[index] == 1, rule: column.kind == .virtual ? 5 : 7, index)
    }
    try validateThresholds(uses)
  }

  /// Checks the first form of a lookup.
  private func validateForm(_ lookup: Lookup, _ uses: LookupUses, _ index: Int) throws(InvalidCircuit) {
    let (form, table) = (lookup.forms[0], tables[lookup.table])
    if form.bareColumn != nil { return }
    let source = form.parts[0]
    try require(form.constant.magnitude <= 1 << 61 && source.coefficient == 1, rule: 6, index)
    for part in form.parts.dropFirst() { try require(columns[part.column].kind == .advice, rule: 7, index) }
    if let shift = form.remainderShift {
      try require(table.content == .range(lower: -(1 << Int64(shift - 1)), bits: shift), rule: 6, index)
      try validateQuotient(form.parts[1].column, shift: shift, uses, index)
      return
    }
    try require((1...48).contains(form.shift), rule: 6, index)
    var offset = 0
    for (position, limb) in form.parts.enumerated().dropFirst() {
      try require(limb.coefficient == -1 << Int64(offset), rule: 6, index)
      guard let table = uses.onlyRange(limb.column) else { throw InvalidCircuit(rule: 7, index: index) }
      let (lower, bits) = (table.lower, table.bitCount)
      let isLast = position == form.parts.count - 1
      try require(bits >= 1 && lower == (isLast ? -(1 << Int64(bits - 1)) : 0), rule: 6, index)
      try require(columns[limb.column].range == table.domain, rule: 7, index)
      offset += bits
    }
    try require(offset == form.shift, rule: 6, index)
    let (divisor, (lower, upper)) = (Int128(1) << Int128(form.shift), table.domain)
    let half = Int128(0xFFFF_FFFF_0000_0001 as UInt64) / 2
    try require(divisor * Int128(lower) - divisor / 2 >= -half && divisor * (Int128(upper) + 1) <= half, rule: 6, index)
  }

  /// Checks that a quotient's declared range is small, and that a lookup keeps the quotient in it: its own, or that of the
  /// quotient of which it is the source.
  private func validateQuotient(
    _ column: Int, shift: Int, _ uses: LookupUses, _ index: Int
  ) throws(InvalidCircuit) {
    let (lower, upper) = columns[column].range
    try require(max(lower.magnitude, upper.magnitude) <= 1 << UInt64(60 - shift), rule: 6, index)
    guard uses.ranges[column] == nil else {
      guard let table = uses.onlyRange(column), table.domain == (lower, upper) else { throw InvalidCircuit(rule: 7, index: index) }
      return
    }
    guard let next = uses.remainders[column], next.count == 1, let shift = next[0].remainderShift else {
      throw InvalidCircuit(rule: 7, index: index)
    }
    let (least, most) = columns[next[0].parts[1].column].range
    let (power, half, constant) = (Int128(1) << Int128(shift), Int128(1) << Int128(shift - 1), Int128(next[0].constant))
    try require(Int128(lower) == power * Int128(least) - half - constant, rule: 7, index)
    try require(Int128(upper) == power * Int128(most) + half - 1 - constant, rule: 7, index)
  }
}

/// What the lookups of a circuit, and its contractions, say of each column.
struct LookupUses {
  /// The range tables in which it is looked up as a bare form.
  private(set) var ranges: [Int: [Table]] = [:]
  /// The remainder forms that it is the source of.
  private(set) var remainders: [Int: [AffineForm]] = [:]

  /// For lookups of valid indices.
  init(_ circuit: ArithmeticCircuit) {
    for lookup in circuit.lookups {
      let (form, table) = (lookup.forms[0], circuit.tables[lookup.table])
      if table.arity == 1, let column = form.bareColumn { ranges[column, default: []].append(table) }
      if form.remainderShift != nil { remainders[form.parts[0].column, default: []].append(form) }
    }
  }

  /// The one range table in which a column is looked up as a bare form.
  func onlyRange(_ column: Int) -> Table? {
    ranges[column].flatMap { $0.count == 1 ? $0[0] : nil }
  }
}
