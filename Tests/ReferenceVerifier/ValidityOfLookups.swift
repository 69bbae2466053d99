/// What a form is (§3.3 rule 6).
enum FormKind {
  case bare(column: Int)
  /// The limbs follow the source.
  case rounding(source: Int, limbs: [FormEntry])
  case remainder(source: Int, quotient: Int, bits: Int)
}

/// What lookups and thresholds make of columns, by column (§3.3 rule 7).
struct AdviceRoles {
  /// The number of different rounding forms with this limb.
  var limbs: [Int: Int] = [:]
  /// The tables and coordinates that forms other than the first look it up in.
  var functionValues: [Int: [(table: Int, coordinate: Int)]] = [:]
  /// The remainder forms in lookups, by their quotient and by their source.
  var quotients: [Int: [Form]] = [:]
  var remainderSources: [Int: [Form]] = [:]
  /// The range tables of lookups whose first form is bare.
  var rangeTables: [Int: [Int]] = [:]
  /// The number of places in thresholds.
  var digits: [Int: Int] = [:]
}

extension Form {
  var kind: FormKind? {
    if let column = bareColumn { return .bare(column: column) }
    guard constant.magnitude <= 1 << 61, entries.count >= 2, entries[0].coefficient == 1 else { return nil }
    if shift >= 1 { return .rounding(source: entries[0].column, limbs: Array(entries.dropFirst())) }
    let factor = entries[1].coefficient
    guard entries.count == 2, factor <= -2, factor.magnitude.nonzeroBitCount == 1 else { return nil }
    return .remainder(source: entries[0].column, quotient: entries[1].column, bits: factor.trailingZeroBitCount)
  }
}

extension CircuitDescription {
  /// Rules 6, 7 and 10 of §3.3 for lookups and thresholds.
  func checkLookups() throws(ReferenceRejection) {
    let roles = adviceRoles()
    for lookup in lookups { try check(lookup, roles) }
    for (index, column) in columns.enumerated() { try checkRole(of: index, column, roles) }
    for threshold in thresholds { try check(threshold, roles) }
  }

  private func adviceRoles() -> AdviceRoles {
    var roles = AdviceRoles()
    var known: Set<Form> = []
    for lookup in lookups {
      for (k, form) in lookup.forms.enumerated() {
        switch form.kind {
        case .bare(let column):
          if k > 0 {
            roles.functionValues[column, default: []].append((lookup.table, k))
          } else if tables[lookup.table].kind == .range {
            roles.rangeTables[column, default: []].append(lookup.table)
          }
        case .rounding(_, let limbs):
          guard known.insert(form).inserted else { continue }
          for limb in limbs { roles.limbs[limb.column, default: 0] += 1 }
        case .remainder(let source, let quotient, _):
          roles.quotients[quotient, default: []].append(form)
          roles.remainderSources[source, default: []].append(form)
        case nil: continue
        }
      }
    }
    for digit in thresholds.flatMap(\.digits) { roles.digits[digit, default: 0] += 1 }
    return roles
  }

  private func check(_ lookup: Lookup, _ roles: AdviceRoles) throws(ReferenceRejection) {
    let table = tables[lookup.table]
    guard lookup.forms.count == table.coordinateCount else { throw .invalidCircuit(rule: 6) }
    let used = lookup.forms.flatMap { $0.entries.map(\.column) }
    guard let first = used.first, used.allSatisfy({ columns[$0].axes == columns[first].axes && columns[$0].kind != .constant })
    else { throw .invalidCircuit(rule: 6) }
    switch lookup.forms[0].kind {
    case .bare: break
    case .rounding(let source, let limbs):
      try checkRounding(lookup.forms[0].shift, source, limbs, table, roles)
    case .remainder(_, let quotient, let bits):
      guard columns[quotient].kind == .advice, table == .range(lower: -1 << Int64(bits - 1), bits: bits),
        [columns[quotient].lower, columns[quotient].upper].allSatisfy({ $0.magnitude <= 1 << UInt64(60 - bits) })
      else { throw .invalidCircuit(rule: 6) }
    case nil: throw .invalidCircuit(rule: 6)
    }
    let others = lookup.forms.dropFirst().compactMap(\.bareColumn)
    guard others.count == lookup.forms.count - 1, Set(others).count == others.count else { throw .invalidCircuit(rule: 6) }
  }

  private func checkRounding(
    _ shift: Int, _ source: Int, _ limbs: [FormEntry], _ table: Table, _ roles: AdviceRoles
  ) throws(ReferenceRejection) {
    var offset = 0
    for (k, limb) in limbs.enumerated() {
      guard columns[limb.column].kind == .advice, roles.limbs[limb.column] == 1,
        let ranges = roles.rangeTables[limb.column], ranges.count == 1, tables[ranges[0]].bits >= 1
      else { throw .invalidCircuit(rule: 6) }
      let range = tables[ranges[0]]
      guard offset < 49, limb.coefficient == -(1 << Int64(offset)),
        range.lower == (k == limbs.count - 1 ? -(1 << Int64(range.bits - 1)) : 0)
      else { throw .invalidCircuit(rule: 6) }
      offset += range.bits
    }
    guard offset == shift else { throw .invalidCircuit(rule: 6) }

    let p = Integer(Integer.modulus)
    let (lower, upper) = table.bounds(ofCoordinate: 0)
    let divisor = Integer.powerOfTwo(shift)
    guard Integer(2) * divisor * Integer(lower) - divisor > Integer(0) - p,
      Integer(2) * divisor * (Integer(upper) + Integer(1)) < p
    else { throw .invalidCircuit(rule: 6) }
  }

  /// Rule 7: an advice column has exactly one role, which says its range, any other none.
  private func checkRole(of index: Int, _ column: Column, _ roles: AdviceRoles) throws(ReferenceRejection) {
    let functionValues = roles.functionValues[index] ?? []
    let quotients = roles.quotients[index] ?? []
    let counts = [roles.limbs[index] ?? 0, functionValues.count, quotients.count, roles.digits[index] ?? 0]
    guard counts.reduce(0, +) == (column.kind == .advice ? 1 : 0) else { throw .invalidCircuit(rule: 7) }
    if column.kind != .advice { return }
    let ranges = roles.rangeTables[index] ?? []
    let bounds: (lower: Int64, upper: Int64)
    if let value = functionValues.first {
      bounds = tables[value.table].bounds(ofCoordinate: value.coordinate)
    } else if ranges.count == 1 {
      bounds = tables[ranges[0]].bounds(ofCoordinate: 0)
    } else {
      guard !quotients.isEmpty, ranges.isEmpty, let forms = roles.remainderSources[index], forms.count == 1 else {
        throw .invalidCircuit(rule: 7)
      }
      bounds = try sourceBounds(forms[0])
    }
    guard (column.lower, column.upper) == bounds else { throw .invalidCircuit(rule: 7) }
  }

  /// The range of the source of a remainder form that nothing else bounds.
  private func sourceBounds(_ form: Form) throws(ReferenceRejection) -> (lower: Int64, upper: Int64) {
    guard case .remainder(_, let quotient, let bits) = form.kind else { throw .invalidCircuit(rule: 7) }
    let (factor, half) = (Int64(1) << Int64(bits), Int64(1) << Int64(bits - 1))
    let (x, y) = (columns[quotient].lower, columns[quotient].upper)
    return (factor * x - half - form.constant, factor * y + half - 1 - form.constant)
  }
}
