import Circuit
import Field

/// The integers of every column of a statement's circuit by the definitions of docs/protocol.md §3.2 and §5, one entry at
/// a time.
package func naiveColumns(_ network: SmallNetwork, batch: Int, inputs: [[Int64]]) -> [[Int64]] {
  naiveColumns(network.circuit.withClassRelations, weights: network.weights, batch: batch, inputs: inputs)
}

/// - Parameter chosen: Columns that are these instead; the others follow from them, in F, where a table has no row by its nearest one.
package func naiveColumns(
  _ circuit: ArithmeticCircuit, weights: [[Int64]], batch: Int, inputs: [[Int64]], chosen: [Int: [Int64]] = [:]
) -> [[Int64]] {
  var columns = [[Int64]](repeating: [], count: circuit.columns.count)
  for (port, integers) in zip(circuit.inputs, inputs) {
    let size = Int64(circuit.axes[circuit.columns[port.column].axes.last ?? 0])
    columns[port.column] = port.isIndex ? integers.flatMap { index in (0..<size).map { $0 == index ? 1 : 0 } } : integers
  }
  for column in circuit.columns(of: .constant) { columns[column] = circuit.columns[column].values }
  for (column, integers) in zip(circuit.columns(of: .weight), weights) { columns[column] = integers }
  let isScan = circuit.contractions.contains { contraction in
    contraction.terms.contains { $0.operands.contains { $0.column > contraction.output } }
  }
  guard isScan else {
    completeNaively(&columns, circuit, batch: batch, chosen)
    return columns
  }
  // From zeros, until nothing changes: each time entries are right one place further.
  for column in circuit.columns.indices where columns[column].isEmpty {
    columns[column] = [Int64](repeating: 0, count: circuit.shape(ofColumn: column, batch: batch).reduce(1, *))
  }
  for _ in 0..<circuit.axes.reduce(2, +) {
    let before = columns
    completeNaively(&columns, circuit, batch: batch, chosen)
    if columns == before { break }
  }
  return columns
}

private func completeNaively(_ columns: inout [[Int64]], _ circuit: ArithmeticCircuit, batch: Int, _ chosen: [Int: [Int64]]) {
  for column in circuit.columns.indices {
    if let integers = chosen[column] {
      columns[column] = integers
      continue
    }
    for port in circuit.outputs where port.column == column {
      if let source = port.classesOf {
        columns[column] = naiveSelection(port, circuit, of: columns[source])
      }
    }
    for port in circuit.outputs where port.below == column {
      let size = circuit.shape(ofColumn: column, batch: batch).last ?? 1
      let selected = columns[port.column]
      columns[column] = selected.indices.map { index in
        selected[(index + 1)..<(index / size + 1) * size].contains(1) ? 1 : 0
      }
    }
    for threshold in circuit.thresholds where threshold.digits.min() == column {
      if threshold.digits.contains(where: { chosen[$0] != nil }) { continue }
      for (digit, integers) in zip(threshold.digits, naiveDigits(threshold, circuit, batch: batch, columns)) { columns[digit] = integers }
    }
    for contraction in circuit.contractions where contraction.output == column {
      columns[column] =
        chosen.isEmpty
        ? contraction.evaluate(circuit, batch: batch, columns) : contraction.evaluateInField(circuit, batch: batch, columns)
    }
    for lookup in circuit.lookups {
      let form = lookup.forms[0]
      let power = Int64(1) << Int64(form.remainderShift ?? form.shift)
      let sums = columns[form.parts[0].column].map { $0 &+ form.constant }
      let table = circuit.tables[lookup.table]
      for (coordinate, form) in lookup.forms.enumerated().dropFirst() where form.parts[0].column == column {
        columns[column] = sums.map { table.nearestValue(coordinate, nearest($0, power)) }
      }
      if form.remainderShift != nil, form.parts[1].column == column { columns[column] = sums.map { nearest($0, power) } }
      guard form.remainderShift == nil, let position = form.parts.dropFirst().firstIndex(where: { $0.column == column }) else { continue }
      // Digit by digit: what is left of the remainder after the lower limbs, in the limb's range.
      let (unit, range) = (-form.parts[position].coefficient, circuit.columns[column].range)
      let base = range.upper - range.lower + 1
      columns[column] = sums.enumerated().map { index, sum in
        let lower = form.parts[1..<position].reduce(0) { $0 - $1.coefficient * columns[$1.column][index] }
        let rest = (sum &- power &* nearest(sum, power) &- lower) / unit
        let digit = ((rest % base) + base) % base
        return digit > range.upper ? digit - base : digit
      }
    }
  }
}

/// What a statement shows of a port.
package func naiveOutput(_ port: Port, _ circuit: ArithmeticCircuit, _ columns: [[Int64]]) -> [Int64] {
  let column = columns[port.column]
  guard port.classesOf != nil else { return column }
  let classCount = circuit.axes[circuit.columns[port.column].axes.last ?? 0]
  return stride(from: 0, to: column.count, by: classCount).map { row in
    (0..<Int64(classCount)).reduce(0) { $0 + $1 * column[row + Int($1)] }
  }
}

/// A class is selected when fewer than `count` are larger, or equal and before it.
private func naiveSelection(_ port: Port, _ circuit: ArithmeticCircuit, of source: [Int64]) -> [Int64] {
  let sizes = circuit.columns[port.column].axes.suffix(2).map { circuit.axes[$0] }
  var selection: [Int64] = []
  for start in stride(from: 0, to: source.count, by: sizes[1]) {
    let row = Array(source[start..<start + sizes[1]])
    let selected = row.indices.filter { index in
      row.indices.filter { row[$0] > row[index] || row[$0] == row[index] && $0 < index }.count < sizes[0]
    }
    for index in selected { selection += row.indices.map { $0 == index ? 1 : 0 } }
  }
  return selection
}

/// By digit: one integer after the other is tried, with the value of the nearest row where an exponent is outside the table.
private func naiveDigits(_ threshold: Threshold, _ circuit: ArithmeticCircuit, batch: Int, _ given: [[Int64]]) -> [[Int64]] {
  var columns = given
  let lookup = circuit.lookups[threshold.lookup]
  let (table, form) = (circuit.tables[lookup.table], lookup.forms[0])
  func sums(_ column: Int) -> [Int64] {
    circuit.contractions.first { $0.output == column }?.evaluate(circuit, batch: batch, columns) ?? []
  }
  func tables(_ column: Int) -> [Table] {
    circuit.lookups.filter { $0.forms == [AffineForm(bare: column)] }.map { circuit.tables[$0.table] }
  }
  let ends = tables(threshold.sum).map(\.domain.upper)
  let bound = ends.first { end in tables(threshold.sumBefore).contains { $0.lower == end + 1 } } ?? 0
  for digit in threshold.digits {
    columns[digit] = [Int64](repeating: 0, count: circuit.shape(ofColumn: digit, batch: batch).reduce(1, *))
  }
  let quotients = sums(threshold.exponent).map { nearest($0 + form.constant, 1 << Int64(form.shift)) }
  let value = lookup.forms[1].parts[0].column
  var found = [Int64?](repeating: nil, count: columns[threshold.digits[0]].count)
  for integer in table.lower - (quotients.max() ?? 0)...table.domain.upper - (quotients.min() ?? 0) {
    columns[value] = quotients.map { quotient in
      table.nearestValue(1, quotient + integer)
    }
    for (row, sum) in sums(threshold.sum).enumerated() where sum <= bound && found[row] == nil { found[row] = integer }
  }
  return threshold.digits.indices.map { position in
    found.map { integer in
      let rest = (integer ?? 0) >> Int64(16 * position)
      return position == threshold.digits.count - 1 ? rest : rest & 0xFFFF
    }
  }
}

/// ⌊sum / power + 1/2⌋.
private func nearest(_ sum: Int64, _ power: Int64) -> Int64 {
  let doubled = 2 * Int128(sum) + Int128(power)
  let quotient = doubled / (2 * Int128(power))
  return Int64(quotient * 2 * Int128(power) > doubled ? quotient - 1 : quotient)
}

extension Table {
  /// That of the nearest row.
  fileprivate func nearestValue(_ coordinate: Int, _ first: Int64) -> Int64 {
    value(coordinate, row: Int(min(max(first, lower), domain.upper) - lower))
  }
}
