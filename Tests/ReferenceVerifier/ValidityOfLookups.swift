/// Where advice columns occur in lookups.
private struct Occurrences {
  var limbs: [Int: Int] = [:]
  var seconds: [Int: [Int]] = [:]
  var rangeTables: [Int: [Int]] = [:]
}

extension CircuitDescription {
  /// Rules 4, 6 and 7 of §3.3 for lookups.
  func checkLookups() throws(ReferenceRejection) {
    let occurrences = self.occurrences()
    for lookup in lookups { try check(lookup, occurrences) }
    for index in columnIndices(.advice) { try checkAdvice(index, occurrences) }
  }

  private func occurrences() -> Occurrences {
    var found = Occurrences()
    var known: [Form] = []
    for lookup in lookups {
      for form in lookup.forms where form.shift >= 1 && !known.contains(form) {
        known.append(form)
        for limb in form.entries.dropFirst() { found.limbs[limb.column, default: 0] += 1 }
      }
      if lookup.forms.count == 2, let second = lookup.forms[1].bareColumn {
        found.seconds[second, default: []].append(lookup.table)
      }
      if lookup.forms.count == 1, case .range = tables[lookup.table], let column = lookup.forms[0].bareColumn {
        found.rangeTables[column, default: []].append(lookup.table)
      }
    }
    return found
  }

  private func check(_ lookup: Lookup, _ occurrences: Occurrences) throws(ReferenceRejection) {
    let table = tables[lookup.table]
    guard lookup.forms.count == table.formCount else { throw .invalidCircuit(rule: 6) }
    let used = lookup.forms.flatMap { $0.entries.map(\.column) }
    guard let first = used.first, used.allSatisfy({ columns[$0].axes == columns[first].axes }) else {
      throw .invalidCircuit(rule: 6)
    }
    for form in lookup.forms where form.bareColumn == nil {
      try checkRounding(form, table, occurrences)
    }
    guard lookup.forms.count == 2 else { return }
    guard let second = lookup.forms[1].bareColumn else { throw .invalidCircuit(rule: 6) }
    guard columns[second].kind == .advice else { throw .invalidCircuit(rule: 7) }
    guard lookup.forms[0].entries.allSatisfy({ $0.column < second }) else { throw .invalidCircuit(rule: 4) }
  }

  private func checkRounding(
    _ form: Form, _ table: Table, _ occurrences: Occurrences
  ) throws(ReferenceRejection) {
    guard form.shift >= 1, form.constant.magnitude <= 1 << 61, form.entries.count >= 2, form.entries[0].coefficient == 1 else {
      throw .invalidCircuit(rule: 6)
    }
    var offset = 0
    for (k, limb) in form.entries.enumerated().dropFirst() {
      guard limb.column > form.entries[0].column else { throw .invalidCircuit(rule: 4) }
      guard columns[limb.column].kind == .advice, occurrences.limbs[limb.column] == 1,
        let table = occurrences.rangeTables[limb.column], table.count == 1,
        case .range(let lower, let bits) = tables[table[0]], bits >= 1
      else { throw .invalidCircuit(rule: 6) }
      let isLast = k == form.entries.count - 1
      guard offset < 49, limb.coefficient == -(1 << Int64(offset)), lower == (isLast ? -(1 << Int64(bits - 1)) : 0)
      else { throw .invalidCircuit(rule: 6) }
      offset += bits
    }
    guard offset == form.shift else { throw .invalidCircuit(rule: 6) }

    let p = Integer(Integer.modulus)
    let lower = Integer(table.domain.lower)
    let upper = Integer(table.domain.upper)
    let divisor = Integer.powerOfTwo(form.shift)
    let zero = Integer(0)
    guard Integer(2) * divisor * lower - divisor > zero - p,
      Integer(2) * divisor * (upper + Integer(1)) < p
    else { throw .invalidCircuit(rule: 6) }
  }

  private func checkAdvice(_ index: Int, _ occurrences: Occurrences) throws(ReferenceRejection) {
    let column = columns[index]
    let seconds = occurrences.seconds[index] ?? []
    let range: (lower: Int64, upper: Int64)
    switch (occurrences.limbs[index] ?? 0, seconds.count) {
    case (1, 0):
      guard let ranges = occurrences.rangeTables[index], ranges.count == 1 else { throw .invalidCircuit(rule: 7) }
      range = tables[ranges[0]].domain
    case (0, 1):
      guard case .function(_, let values) = tables[seconds[0]], let lower = values.min(), let upper = values.max()
      else { throw .invalidCircuit(rule: 7) }
      range = (lower, upper)
    default:
      throw .invalidCircuit(rule: 7)
    }
    guard column.lower == range.lower, column.upper == range.upper else { throw .invalidCircuit(rule: 7) }
  }
}
