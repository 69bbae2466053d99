/// Rule 10 of docs/protocol.md §3.3: the integer of a threshold is the only one for which both its lookups hold.
extension ArithmeticCircuit {
  /// After the other rules about lookups.
  func validateThresholds(_ uses: LookupUses) throws(InvalidCircuit) {
    let terms = contractions.reduce(into: [:]) { $0[$1.output] = $1.terms }
    var falling: Set<Int> = []
    for (index, threshold) in thresholds.enumerated() {
      let columns = [threshold.exponent, threshold.sum, threshold.sumBefore]
      try require(columns.allSatisfy(self.columns.indices.contains) && lookups.indices.contains(threshold.lookup), rule: 3, index)
      let table = lookups[threshold.lookup].table
      try require(falling.contains(table) || isFalling(tables[table]), rule: 10, index)
      falling.insert(table)
      try validateDigits(threshold, uses, index)
      try validateExponent(threshold, terms[threshold.exponent] ?? [], index)
      try validateSums(threshold, terms[threshold.sum] ?? [], terms[threshold.sumBefore] ?? [], index)
      let ends = Set((uses.ranges[threshold.sum] ?? []).map { $0.domain.upper + 1 })
      try require((uses.ranges[threshold.sumBefore] ?? []).contains { ends.contains($0.lower) }, rule: 10, index)
    }
  }

  /// True when the second coordinate does not grow, and the third is the second of the row before.
  private func isFalling(_ table: Table) -> Bool {
    table.arity == 3
      && (1..<max(1, 1 << table.bitCount)).allSatisfy { row in
        let before = table.value(1, row: row - 1)
        return table.value(1, row: row) <= before && table.value(2, row: row) == before
      }
  }

  private func validateDigits(_ threshold: Threshold, _ uses: LookupUses, _ index: Int) throws(InvalidCircuit) {
    try require((1...4).contains(threshold.digits.count), rule: 10, index)
    for (position, digit) in threshold.digits.enumerated() {
      let column = columns[digit]
      try require(column.kind == .advice && column.axes == columns[threshold.digits[0]].axes, rule: 10, index)
      guard let table = uses.onlyRange(digit), table.domain == column.range else { throw InvalidCircuit(rule: 10, index: index) }
      let isLast = position == threshold.digits.count - 1
      try require(isLast || table.content == .range(lower: 0, bits: 16), rule: 10, index)
    }
  }

  private func validateExponent(_ threshold: Threshold, _ terms: [Term], _ index: Int) throws(InvalidCircuit) {
    let (digits, form) = (threshold.digits, lookups[threshold.lookup].forms[0])
    let (axes, own) = (columns[digits[0]].axes, columns[threshold.exponent].axes)
    try require(axes.allSatisfy(own.contains) && axes.count < own.count, rule: 10, index)
    // No remainder, which stands in a range table.
    try require(form.parts[0].column == threshold.exponent, rule: 10, index)
    for (position, digit) in digits.enumerated() {
      let shift = form.shift + 16 * position
      let naming = terms.filter { term in term.operands.contains { $0.column == digit } }
      try require(shift <= 62 && naming == [Term(coefficient: 1 << Int64(shift), operands: [whole(digit)])], rule: 10, index)
    }
    for operand in terms.flatMap({ $0.operands }) where !digits.contains(operand.column) {
      try require(isIndependent(operand.column, of: digits), rule: 10, index)
    }
  }

  private func validateSums(
    _ threshold: Threshold, _ terms: [Term], _ termsBefore: [Term], _ index: Int
  ) throws(InvalidCircuit) {
    let values = lookups[threshold.lookup].forms.dropFirst().compactMap { $0.bareColumn }
    let (axes, loops) = (columns[threshold.digits[0]].axes, columns[threshold.exponent].axes)
    for column in [threshold.sum, threshold.sumBefore] { try require(columns[column].axes == axes, rule: 10, index) }
    try require(!terms.isEmpty && terms.count == termsBefore.count, rule: 10, index)
    for (term, before) in zip(terms, termsBefore) {
      try require(term.coefficient > 0 && term.coefficient == before.coefficient, rule: 10, index)
      try require([term, before].compactMap { $0.operands.first } == values.map { whole($0) }, rule: 10, index)
      try require(term.operands.dropFirst() == before.operands.dropFirst(), rule: 10, index)
      for mask in term.operands.dropFirst() {
        // No weight, whose declared range has negative integers.
        try require(columns[mask.column].lower >= 0, rule: 10, index)
        try require(isIndependent(mask.column, of: threshold.digits), rule: 10, index)
        try require(mask.bindings.allSatisfy { loops.contains($0.loopAxis) }, rule: 10, index)
      }
    }
  }

  /// True for what the digits do not change: it does not depend on columns of larger indices.
  private func isIndependent(_ column: Int, of digits: [Int]) -> Bool {
    [.weight, .constant].contains(columns[column].kind) || digits.allSatisfy { column < $0 }
  }
}
