import Circuit
import TestSupport
import Testing

/// The class relation of docs/protocol.md §5 by enumeration: which sets of indices have a witness, and how many.
@Suite struct ClassRelationTests {
  /// Input x, source 1·x, and `count` indices of the largest entries of each of `rows` rows of `size`.
  private func circuit(_ count: Int, of size: Int, rows: Int, _ range: ClosedRange<Int64>) throws -> ArithmeticCircuit {
    var b = CircuitBuilder("classes", axes: [rows, size, count])
    let x = b.input([1, 2], range)
    let kept = b.apply(to: x) { $0 }
    _ = b.classes(3, of: b.contraction([1, 2], [b.term(1, kept)]))
    try b.circuit.validate()
    return b.circuit.withClassRelations
  }

  private func sets(_ count: Int, of size: Int) -> [[Int]] {
    (0..<1 << size).map { mask in (0..<size).filter { mask >> $0 & 1 == 1 } }.filter { $0.count == count }
  }

  private func vectors(_ count: Int, _ values: [Int64]) -> [[Int64]] {
    (0..<count).reduce([[]]) { prefixes, _ in prefixes.flatMap { prefix in values.map { prefix + [$0] } } }
  }

  /// How many assignments of the columns that the relation appends are a witness, for entries and indices given.
  private func witnessCount(_ circuit: ArithmeticCircuit, _ entries: [Int64], _ indices: [Int], size: Int) -> Int {
    guard let port = circuit.outputs.first, let source = port.classesOf, let below = port.below else { return 0 }
    var columns = [[Int64]](repeating: [], count: circuit.columns.count)
    (columns[0], columns[1], columns[source]) = (entries, entries, entries)
    columns[port.column] = indices.flatMap { index in (0..<size).map { $0 == index ? 1 : 0 } }
    columns[below] = indices.flatMap { index in (0..<size).map { $0 < index ? 1 : 0 } }
    let lead = below + 1
    columns[lead] = (circuit.contractions.last?.evaluate(circuit, batch: 1, columns)) ?? []
    return columns[lead].reduce(1) { $0 * solutionCount(circuit, lead, $1) }
  }

  /// How many values of its limbs make one entry of lead satisfy all lookups of lead and its limbs.
  private func solutionCount(_ circuit: ArithmeticCircuit, _ lead: Int, _ entry: Int64) -> Int {
    let limbs = Array(lead + 1..<circuit.columns.count)
    let assignments = limbs.reduce([[lead: entry]]) { partial, limb in
      partial.flatMap { known in
        (circuit.columns[limb].lower...circuit.columns[limb].upper).map { known.merging([limb: $0]) { $1 } }
      }
    }
    return assignments.count { values in
      circuit.lookups.filter { $0.forms[0].parts[0].column >= lead }.allSatisfy { lookup in
        let form = lookup.forms[0]
        let sum = form.parts.reduce(form.constant) { $0 + $1.coefficient * (values[$1.column] ?? 0) }
        guard case .range(let lower, let bits) = circuit.tables[lookup.table].content else { return false }
        return sum % (1 << form.shift) == 0 && (lower..<lower + 1 << bits).contains(sum >> form.shift)
      }
    }
  }

  private func expectOne(_ circuit: ArithmeticCircuit, _ entries: [Int64], _ count: Int, size: Int) {
    let rows = stride(from: 0, to: entries.count, by: size).map { Array(entries[$0..<$0 + size]) }
    let right = rows.flatMap { row in
      row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count).sorted()
    }
    let candidates = rows.reduce([[]]) { prefixes, _ in
      prefixes.flatMap { prefix in sets(count, of: size).map { prefix + $0 } }
    }
    for indices in candidates {
      #expect(
        witnessCount(circuit, entries, indices, size: size) == (indices == right ? 1 : 0), "\(count) of \(entries): \(indices)")
    }
  }

  @Test("for all k ≤ N ≤ 4 and all entries of three values, ties included, exactly one set has a witness, and has one")
  func oneRow() throws {
    for size in 1...4 {
      for count in 1...size {
        let circuit = try circuit(count, of: size, rows: 1, -1...1)
        for entries in vectors(size, [-1, 0, 1]) { expectOne(circuit, entries, count, size: size) }
      }
    }
  }

  @Test("the same for two rows at once")
  func twoRows() throws {
    for size in 2...4 {
      for count in 1..<size {
        let circuit = try circuit(count, of: size, rows: 2, 0...1)
        for entries in vectors(2 * size, [0, 1]) { expectOne(circuit, entries, count, size: size) }
      }
    }
  }

  @Test("the same where limbs of a remainder are appended: they have one value each", arguments: [256, 1023, 2000] as [Int64])
  func limbs(upper: Int64) throws {
    for (count, size) in [(1, 2), (1, 3), (2, 3)] {
      let circuit = try circuit(count, of: size, rows: 1, 0...upper)
      #expect(circuit.lookups.count > 2)
      for entries in vectors(size, [0, 1, upper - 1, upper]) { expectOne(circuit, entries, count, size: size) }
    }
  }
}
