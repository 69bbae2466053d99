/// How what a column is made of is read along an axis that both have (§3.3 rule 4).
private enum Reading {
  case level, late, other
}

/// A column is made of another.
private struct Dependence {
  var start: Int
  var end: Int
  var reading: (Int) -> Reading

  var isBackward: Bool { start <= end }
}

extension CircuitDescription {
  /// Rule 4 of §3.3 for what columns are made of; the other rules hold.
  func checkOrder() throws(ReferenceRejection) {
    let dependences = dependences()
    let backward = dependences.filter(\.isBackward)
    guard !backward.isEmpty else { return }
    let representatives = representatives(dependences)
    for dependence in backward where representatives[dependence.start] != representatives[dependence.end] {
      throw .invalidCircuit(rule: 4)
    }
    for scan in Set(backward.map { representatives[$0.start] }) {
      let members = columns.indices.filter { representatives[$0] == scan }
      let inner = dependences.filter { representatives[$0.start] == scan && representatives[$0.end] == scan }
      let isScan = axes.indices.dropFirst().contains { axis in
        members.allSatisfy { columns[$0].axes.contains(axis) }
          && inner.allSatisfy { dependence in
            switch dependence.reading(axis) {
            case .late: true
            case .level: !dependence.isBackward
            case .other: false
            }
          }
      }
      guard isScan else { throw .invalidCircuit(rule: 4) }
    }
  }

  private func dependences() -> [Dependence] {
    var dependences: [Dependence] = []
    func read(_ operand: Operand, by start: Int) {
      guard columns[operand.column].kind == .advice || columns[operand.column].kind == .published else { return }
      dependences.append(Dependence(start: start, end: operand.column) { axis in reading(operand, axis) })
    }
    let terms = contractions.reduce(into: [:]) { $0[$1.output] = $1.terms }
    for (output, terms) in terms {
      for operand in terms.flatMap(\.operands) { read(operand, by: output) }
    }
    for lookup in lookups {
      let first = lookup.forms[0].entries.map(\.column)
      for column in first.dropFirst() { dependences.append(Dependence(start: column, end: first[0]) { _ in .level }) }
      for column in lookup.forms.dropFirst().compactMap(\.bareColumn) {
        dependences.append(Dependence(start: column, end: first[0]) { _ in .level })
      }
    }
    for threshold in thresholds {
      let exponents = (terms[threshold.exponent] ?? []).flatMap(\.operands)
      let masks = (terms[threshold.sum] ?? []).flatMap { $0.operands.dropFirst() }
      for digit in threshold.digits {
        for operand in exponents + masks where !threshold.digits.contains(operand.column) { read(operand, by: digit) }
      }
    }
    for port in outputs {
      guard let source = port.source else { continue }
      let rows = columns[source].axes.dropLast()
      dependences.append(Dependence(start: port.column, end: source) { rows.contains($0) ? .level : .other })
    }
    return dependences
  }

  private func reading(_ operand: Operand, _ axis: Int) -> Reading {
    guard let position = columns[operand.column].axes.firstIndex(of: axis), operand.bindings[position].loop == axis else { return .other }
    guard let slice = operand.bindings[position].slice else { return .level }
    if slice.stride != 1 || slice.start > 0 { return .other }
    return slice.start == 0 ? .level : .late
  }

  /// For each column one of those that it leads to and that lead to it, the same for all of these: by two searches, the
  /// second against the edges in the order in which the first one left the columns, the last one first.
  private func representatives(_ dependences: [Dependence]) -> [Int] {
    var (ends, starts) = ([[Int]](repeating: [], count: columns.count), [[Int]](repeating: [], count: columns.count))
    for dependence in dependences {
      ends[dependence.start].append(dependence.end)
      starts[dependence.end].append(dependence.start)
    }
    var left: [Int] = []
    var isSeen = [Bool](repeating: false, count: columns.count)
    for root in columns.indices where !isSeen[root] {
      isSeen[root] = true
      var path = [(column: root, rest: ends[root][...])]
      while let last = path.indices.last {
        guard let next = path[last].rest.popFirst() else {
          left.append(path.removeLast().column)
          continue
        }
        if isSeen[next] { continue }
        isSeen[next] = true
        path.append((next, ends[next][...]))
      }
    }
    var representatives = [Int](repeating: -1, count: columns.count)
    for root in left.reversed() where representatives[root] < 0 {
      var open = [root]
      while let column = open.popLast() {
        if representatives[column] >= 0 { continue }
        representatives[column] = root
        open += starts[column].filter { representatives[$0] < 0 }
      }
    }
    return representatives
  }
}
