extension CircuitDescription {
  /// Rule 10 of §3.3.
  func check(_ threshold: Threshold, _ roles: AdviceRoles) throws(ReferenceRejection) {
    let digits = threshold.digits
    guard (1...4).contains(digits.count), let least = digits.min() else { throw .invalidCircuit(rule: 10) }
    let axes = columns[digits[0]].axes
    for (k, digit) in digits.enumerated() {
      guard columns[digit].kind == .advice, columns[digit].axes == axes, roles.digits[digit] == 1,
        let ranges = roles.rangeTables[digit], ranges.count == 1,
        k == digits.count - 1 || tables[ranges[0]] == .range(lower: 0, bits: 16)
      else { throw .invalidCircuit(rule: 10) }
    }
    let exponentAxes = columns[threshold.exponent].axes
    guard columns[threshold.exponent].kind == .virtual, Set(exponentAxes).isStrictSuperset(of: axes) else {
      throw .invalidCircuit(rule: 10)
    }

    let lookup = lookups[threshold.lookup]
    guard case .function(let entries) = tables[lookup.table].kind, entries.width == 2,
      entries.isFalling(rowCount: tables[lookup.table].rowCount)
    else { throw .invalidCircuit(rule: 10) }
    switch lookup.forms[0].kind {
    case .bare(let column): guard column == threshold.exponent else { throw .invalidCircuit(rule: 10) }
    case .rounding(let source, _): guard source == threshold.exponent else { throw .invalidCircuit(rule: 10) }
    case .remainder, nil: throw .invalidCircuit(rule: 10)
    }
    try checkExponent(threshold, shift: lookup.forms[0].shift, least)
    try checkSums(threshold, lookup.forms.dropFirst().compactMap(\.bareColumn), axes, least)

    let upper = ranges(threshold.sum, roles).map { $0.bounds(ofCoordinate: 0).upper }
    let lower = ranges(threshold.sumBefore, roles).map(\.lower)
    guard upper.contains(where: { lower.contains($0 + 1) }) else { throw .invalidCircuit(rule: 10) }
  }

  private func ranges(_ column: Int, _ roles: AdviceRoles) -> [Table] { (roles.rangeTables[column] ?? []).map { tables[$0] } }

  private func terms(_ column: Int) -> [Term] { contractions.first { $0.output == column }?.terms ?? [] }

  /// The terms of the exponent column.
  private func checkExponent(_ threshold: Threshold, shift: Int, _ least: Int) throws(ReferenceRejection) {
    let terms = terms(threshold.exponent)
    for (k, digit) in threshold.digits.enumerated() {
      let own = terms.filter { $0.operands.contains { $0.column == digit } }
      guard own.count == 1, Integer(own[0].coefficient) == Integer.powerOfTwo(shift + 16 * k), own[0].operands.count == 1,
        own[0].operands[0].bindings.allSatisfy({ $0.slice == nil })
      else { throw .invalidCircuit(rule: 10) }
    }
    for column in terms.flatMap(\.operands).map(\.column) where !threshold.digits.contains(column) {
      switch columns[column].kind {
      case .weight, .constant: break
      case .advice, .published, .virtual: guard column < least else { throw .invalidCircuit(rule: 10) }
      }
    }
  }

  /// The sum column, that before, and their masks.
  private func checkSums(
    _ threshold: Threshold, _ values: [Int], _ axes: [Int], _ least: Int
  ) throws(ReferenceRejection) {
    let (sum, before) = (threshold.sum, threshold.sumBefore)
    for column in [sum, before] {
      guard columns[column].kind == .virtual, columns[column].axes == axes else { throw .invalidCircuit(rule: 10) }
    }
    guard values.count == 2, terms(sum).count == terms(before).count else { throw .invalidCircuit(rule: 10) }
    let exponentAxes = columns[threshold.exponent].axes
    for (term, other) in zip(terms(sum), terms(before)) {
      guard term.coefficient > 0, term.coefficient == other.coefficient,
        term.operands.dropFirst() == other.operands.dropFirst()
      else { throw .invalidCircuit(rule: 10) }
      for (operand, value) in zip([term.operands[0], other.operands[0]], values) {
        guard operand.column == value, operand.bindings.allSatisfy({ $0.slice == nil }) else { throw .invalidCircuit(rule: 10) }
      }
      for mask in term.operands.dropFirst() {
        guard columns[mask.column].lower >= 0, mask.bindings.allSatisfy({ exponentAxes.contains($0.loop) }) else {
          throw .invalidCircuit(rule: 10)
        }
        switch columns[mask.column].kind {
        case .constant: break
        case .advice, .published: guard mask.column < least else { throw .invalidCircuit(rule: 10) }
        case .weight, .virtual: throw .invalidCircuit(rule: 10)
        }
      }
    }
  }
}

extension FunctionEntries {
  /// Whether (E, E') of each row after the first have E ≤ the E of the row before = E'. Rows further out are as their neighbours.
  fileprivate func isFalling(rowCount: Int) -> Bool {
    (max(1, offset)..<max(1, offset, min(rowCount, offset + count + 1))).allSatisfy { i in
      let (before, this) = (row(i - 1 - offset), row(i - offset))
      return this[0] <= before[0] && this[1] == before[0]
    }
  }
}
