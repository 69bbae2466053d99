import Circuit
import Execution
import Field

/// Weights with the same part on the low bits of entries' indices: Σ_members rows(row)·high(hi), times low(lo).
package struct WeightGroup {
  package struct Member {
    /// Those of the commitment that have a weight, ascending.
    package var rows: [(row: Int, weight: SecureField)]
    /// By value of the high bits.
    package let high: [SecureField]
  }

  package var members: [Member]
  package var low: SecureTable

  /// Rows with a weight in any member, ascending.
  var rows: [Int] { members.count == 1 ? members[0].rows.map(\.row) : Set(members.flatMap { $0.rows.map(\.row) }).sorted() }
}

/// Weights of a commitment's rows, cut at a number of low bits of an entry's index.
package struct GroupedWeights {
  /// High bits and low bits of an entry's index.
  package let bits: (high: Int, low: Int)
  package let rowCount: Int
  package private(set) var groups: [WeightGroup] = []
  /// Weights with too many different parts: rows, and entries from an offset on.
  package private(set) var dense: [(rows: [SecureField], entries: SecureTable, offset: Int)] = []

  /// Of an index of `variableCount` bits: tables of the low ones stay in the first-level cache; short rows have no others.
  package static func lowBits(_ variableCount: Int) -> Int { variableCount <= 12 ? variableCount : 10 }

  /// A pass over a row for a group costs one, a table of a row's size this much.
  private static let tableCost = 100

  /// - Parameter products: Products of axis weights, each at a column's placement.
  package init(
    _ products: [(placement: Placement, coefficient: SecureField, weights: [AxisWeight])], variableCount: Int, rowCount: Int, threads: Int
  ) {
    let lowBits = Self.lowBits(variableCount)
    bits = (variableCount - lowBits, lowBits)
    self.rowCount = rowCount
    let terms = Parallel.map(products.count, threads: threads) { index in
      products[index].placement.terms(products[index].weights, coefficient: products[index].coefficient, lowBits: lowBits)
    }
    let byLow = grouped(terms.joined()) { $0.lowKey }
    let shared = byLow.filter { $0.count > 1 }
    groups = Parallel.map(shared.count, threads: threads) { index in
      let members = grouped(shared[index]) { $0.highKey }.map { member($0, coefficient: \.coefficient) }
      return WeightGroup(members: members, low: placed(shared[index][0], SecureTable(outer: shared[index][0].low.map(\.table))))
    }
    var cells: [[Int]: SecureTable] = [:]
    for terms in grouped(byLow.filter { $0.count == 1 }.map { $0[0] }, { $0.rowKey }) {
      let rows = terms[0].rows.indices.filter { terms[0].rows[$0] != .zero }
      let sameHigh = grouped(terms) { $0.highKey }
      if sameHigh.count * rows.count > rows.count + Self.tableCost {
        let entries = sumOfOuterProducts(terms.map { ($0.coefficient, ($0.high + $0.low).map(\.table)) }, threads: threads)
        let offset = terms[0].highOffset << lowBits + terms[0].lowOffset
        var weights = [SecureField](repeating: .zero, count: rowCount)
        weights.replaceSubrange(terms[0].firstRow..<terms[0].firstRow + terms[0].rows.count, with: terms[0].rows)
        dense.append((weights, entries, offset))
        continue
      }
      for terms in sameHigh {
        let own = member(terms[0..<1], coefficient: nil)
        let high = own.high.indices.filter { own.high[$0] != .zero }
        let low = sumOfOuterProducts(terms.map { ($0.coefficient, $0.low.map(\.table)) }, threads: threads)
        if rows.count == 1, high.count == 1 {
          // What stands in the same place of the same row is one weight.
          cells[[own.rows[0].row, high[0]], default: SecureTable(zeros: 1 << lowBits)].add(
            low, times: own.rows[0].weight * own.high[high[0]], at: terms[0].lowOffset)
        } else {
          groups.append(WeightGroup(members: [own], low: placed(terms[0], low)))
        }
      }
    }
    groups += cells.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { cell, low in
      let high = (0..<1 << bits.high).map { $0 == cell[1] ? SecureField.one : .zero }
      return WeightGroup(members: [WeightGroup.Member(rows: [(cell[0], .one)], high: high)], low: low)
    }
  }

  /// The sum of terms that differ in their rows.
  private func member(_ terms: some Collection<WeightTerm>, coefficient: KeyPath<WeightTerm, SecureField>?) -> WeightGroup.Member {
    var rows = [SecureField](repeating: .zero, count: rowCount)
    var high = [SecureField](repeating: .zero, count: 1 << bits.high)
    for (index, term) in terms.enumerated() {
      let factor = coefficient.map { term[keyPath: $0] } ?? .one
      for (row, weight) in term.rows.enumerated() { rows[term.firstRow + row] += factor * weight }
      guard index == 0 else { continue }
      let own = term.high.reduce([.one]) { outer($0, $1.table) }
      high.replaceSubrange(term.highOffset..<term.highOffset + own.count, with: own)
    }
    return WeightGroup.Member(rows: rows.indices.filter { rows[$0] != .zero }.map { ($0, rows[$0]) }, high: high)
  }

  /// A weight of a term's low bits among zeros.
  private func placed(_ term: WeightTerm, _ low: SecureTable) -> SecureTable {
    guard low.count < 1 << bits.low else { return low }
    var table = SecureTable(zeros: 1 << bits.low)
    table.add(low, times: .one, at: term.lowOffset)
    return table
  }
}

/// In order of first occurrence.
private func grouped(_ terms: some Sequence<WeightTerm>, _ key: (WeightTerm) -> WeightKey) -> [[WeightTerm]] {
  var places: [WeightKey: Int] = [:]
  var groups: [[WeightTerm]] = []
  for term in terms {
    let key = key(term)
    if let place = places[key] {
      groups[place].append(term)
    } else {
      places[key] = groups.count
      groups.append([term])
    }
  }
  return groups
}

/// Σ coefficient·(outer product of factors), the last factor running fastest; a first or last factor that is common to all is
/// multiplied once.
private func sumOfOuterProducts(
  _ terms: [(coefficient: SecureField, factors: [[SecureField]])], threads: Int
) -> SecureTable {
  func common(_ factor: ([[SecureField]]) -> [SecureField]?) -> [SecureField]? {
    guard terms.count > 1, let own = factor(terms[0].factors) else { return nil }
    return terms.allSatisfy { factor($0.factors) == own } ? own : nil
  }
  func rest(_ factors: ([[SecureField]]) -> ArraySlice<[SecureField]>) -> [SecureField] {
    sumOfOuterProducts(terms.map { ($0.coefficient, Array(factors($0.factors))) }, threads: threads).values
  }
  if let first = common(\.first) { return SecureTable(outer: [first, rest { $0.dropFirst() }], threads: threads) }
  if let last = common(\.last) { return SecureTable(outer: [rest { $0.dropLast() }, last], threads: threads) }
  var sum = SecureTable(zeros: terms[0].factors.reduce(1) { $0 * $1.count })
  for term in terms {
    sum.add(SecureTable(outer: [[term.coefficient]] + term.factors, threads: threads), times: .one, threads: threads)
  }
  return sum
}
