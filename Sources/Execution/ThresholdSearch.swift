import Circuit

/// The least integer of a threshold for which its sum is at most the bound, for each index of the digits' axes.
/// docs/protocol.md §3.2.
struct ThresholdSearch: Sendable {
  let digits: [Int]
  /// What the exponent is made of besides the digits.
  private let terms: [PlacedTerm]
  /// The terms of the sum without the function: coefficients times masks.
  private let masks: [(term: PlacedTerm?, coefficient: Int64)]
  private let function: TableFunction
  private let axes: [Int]
  private let exponentAxes: [Int]
  /// C.
  private let bound: Int64
  /// The integers that the digits can make up.
  private let range: ClosedRange<Int64>

  /// For a valid circuit.
  ///
  /// - Parameter axis: One of the digits' axes, if they are searched at one place of it after the other.
  init(_ threshold: Threshold, along axis: Int? = nil, _ circuit: ArithmeticCircuit) {
    digits = threshold.digits
    let lookup = circuit.lookups[threshold.lookup]
    let exponent = circuit.columns[threshold.exponent]
    func terms(_ column: Int) -> [Term] { circuit.contractions.first { $0.output == column }?.terms ?? [] }
    self.terms = terms(threshold.exponent).filter { term in !term.operands.contains { threshold.digits.contains($0.column) } }
      .compactMap { PlacedTerm($0, output: exponent, along: axis, circuit) }
    masks = terms(threshold.sum).map { term in
      let operands = Array(term.operands.dropFirst())
      let mask = Term(coefficient: term.coefficient, operands: operands)
      return (operands.isEmpty ? nil : PlacedTerm(mask, output: exponent, along: axis, circuit), operands.isEmpty ? term.coefficient : 0)
    }
    function = TableFunction(lookup: threshold.lookup, lookup.forms[0], circuit.tables[lookup.table], coordinate: 1)
    (axes, exponentAxes) = (circuit.columns[digits[0]].axes.filter { $0 != axis }, exponent.axes.filter { $0 != axis })
    func ends(_ column: Int, _ end: (Table) -> Int64) -> [Int64] {
      circuit.lookups.filter { $0.forms.count == 1 && $0.forms[0].bareColumn == column }.map { end(circuit.tables[$0.table]) }
    }
    let before = ends(threshold.sumBefore) { $0.lower - 1 }
    bound = ends(threshold.sum) { $0.domain.upper }.first(where: before.contains) ?? 0
    let (top, low) = (circuit.columns[digits[digits.count - 1]], Int64(16 * (digits.count - 1)))
    range = top.lower << low...(top.upper + 1) << low - 1
  }

  /// The columns that it reads.
  var sources: [Int] { (terms + masks.compactMap(\.term)).flatMap(\.columns) }

  /// The digits' columns, lowest first, or what they are at one place of the axis.
  func apply(
    _ columns: [[Int64]], at place: Int = 0, _ circuit: ArithmeticCircuit, batch: Int, threads: Int
  ) throws(ExecutionError) -> [[Int64]] {
    let shape = exponentAxes.map { circuit.size(ofAxis: $0, batch: batch) }
    let count = shape.reduce(1, *)
    var rest = [Int64](repeating: 0, count: count)
    for term in terms { term.add(to: &rest, columns, at: place, batch: batch, threads: threads) }
    var weights = [Int64](repeating: masks.reduce(0) { $0 + $1.coefficient }, count: count)
    for mask in masks.compactMap(\.term) { mask.add(to: &weights, columns, at: place, batch: batch, threads: threads) }
    let (rows, rowCount) = rowNumbers(shape, circuit, batch: batch)
    var members = [[Int]](repeating: [], count: rowCount)
    for (index, row) in rows.enumerated() { members[row].append(index) }
    var integers = [Int64](repeating: 0, count: rowCount)
    integers.withUnsafeMutableBufferPointer { integers in
      let integers = integers
      Parallel.forEachRange(rowCount, size: 64, threads: threads) { part in
        for row in part { integers[row] = integer(members[row], rest, weights) }
      }
    }
    var results = [[Int64]](repeating: [Int64](repeating: 0, count: rowCount), count: digits.count)
    for (row, integer) in integers.enumerated() {
      for index in members[row] {
        let argument = exponent(rest[index]) + integer
        guard argument >= function.lower, argument <= function.upper else {
          throw .outsideTable(lookup: function.lookup, index: members[row][0], value: argument)
        }
      }
      for digit in digits.indices {
        let own = integer >> Int64(16 * digit)
        results[digit][row] = digit == digits.count - 1 ? own : own & 0xFFFF
      }
    }
    return results
  }

  /// For the integer 0.
  private func exponent(_ rest: Int64) -> Int64 { (rest &+ function.argument.addend) >> function.argument.shift }

  /// The least one for which the members' sum is at most the bound.
  private func integer(_ members: [Int], _ rest: [Int64], _ weights: [Int64]) -> Int64 {
    let counted = members.compactMap { weights[$0] == 0 ? nil : (exponent: exponent(rest[$0]), weight: weights[$0]) }
    func least(_ range: ClosedRange<Int64>, _ isRight: (Int64) -> Bool) -> Int64 {
      var (low, high) = (range.lowerBound, range.upperBound)
      while low < high {
        let middle = low + (high - low) / 2
        if isRight(middle) { high = middle } else { low = middle + 1 }
      }
      return low
    }
    var range = range
    if let smallest = counted.min(by: { $0.exponent < $1.exponent }) {
      // What is too large with the function's least value for all others is too large; what is right for all as the one of the smallest exponent is.
      let (total, end) = (counted.reduce(0) { $0 &+ $1.weight }, function.value(at: function.upper))
      let others = (total &- smallest.weight) &* end
      let low = least(function.lower...function.upper) { smallest.weight &* function.value(at: $0) &+ others <= bound }
      let high = least(function.lower...function.upper) { total &* function.value(at: $0) <= bound }
      func clamped(_ integer: Int64) -> Int64 { min(max(integer, range.lowerBound), range.upperBound) }
      let first = low == function.lower ? range.lowerBound : clamped(low - smallest.exponent)
      let last = total &* function.value(at: high) <= bound ? clamped(high - smallest.exponent) : range.upperBound
      range = first...last
    }
    return least(range) { integer in
      counted.reduce(0) { $0 &+ $1.weight &* function.value(at: $1.exponent &+ integer) } <= bound
    }
  }

  /// By entry of the exponent: the entry of a digit.
  private func rowNumbers(_ shape: [Int], _ circuit: ArithmeticCircuit, batch: Int) -> (numbers: [Int], count: Int) {
    var strides: [Int: Int] = [:]
    var count = 1
    for axis in axes.reversed() {
      strides[axis] = count
      count *= circuit.size(ofAxis: axis, batch: batch)
    }
    var numbers = [0]
    for (axis, size) in zip(exponentAxes, shape) {
      let stride = strides[axis] ?? 0
      numbers = numbers.flatMap { number in (0..<size).map { number + stride * $0 } }
    }
    return (numbers, count)
  }
}
