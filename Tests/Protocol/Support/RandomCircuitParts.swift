import Circuit
import TestSupport

extension RandomCircuit {
  /// Columns that forms may be about.
  var sources: [Int] { circuit.columns.indices.filter { ![.weight, .constant].contains(circuit.columns[$0].kind) } }

  /// Those of few integers.
  private var smallSources: [Int] { sources.filter { circuit.columns[$0].upper - circuit.columns[$0].lower < 1 << 10 } }

  /// A part of the circuit by the builder's rules; none when it does not fit.
  private mutating func build(_ part: (inout CircuitBuilder) -> Void) {
    var builder = CircuitBuilder(circuit)
    part(&builder)
    if (try? builder.circuit.validate()) != nil { circuit = builder.circuit }
  }

  mutating func addIndexPort() {
    guard let entries = pick(Array(circuit.axes.indices.dropFirst())) else { return }
    let rows = someAxes().filter { $0 != entries }
    build { _ = $0.index(rows + [entries]) }
  }

  mutating func addConstant() {
    let (axes, lower) = (someAxes(), integer(-1...1))
    let values = (0..<axes.reduce(1) { $0 * circuit.axes[$1] }).map { _ in integer(lower...2) }
    build { _ = $0.constant(axes, values) }
  }

  /// A ramp, a function with constant ends, one of two values.
  mutating func addTableOfOtherForm() {
    guard let source = pick(smallSources) else { return }
    let (lower, upper) = circuit.columns[source].range
    let bits = bitCountOfAxis(Int(upper - lower) + 1)
    let last = lower + (1 << Int64(bits)) - 1
    let ends = [integer(lower...last), integer(lower...last)].sorted()
    let (width, count) = (1 + below(2), 1 + below(min(1 << bits, 4)))
    let content = below(2) == 0
      ? TableContent.ramp(lower: lower, bits: bits, low: ends[0], high: ends[1])
      : .function(
        lower: lower, bits: bits, width: width, offset: below((1 << bits) - count + 1), values: (0..<width * count).map { _ in integer(-2...2) })
    build { _ = $0.values(of: source, content) }
  }

  mutating func addQuotients() {
    guard let source = pick(smallSources) else { return }
    let steps = (0...below(2)).map { _ in (shift: 1 + below(3), constant: integer(-9...9)) }
    build { _ = $0.quotients(of: source, steps) }
  }

  mutating func addThreshold() {
    let axes = circuit.axes.indices.dropFirst().shuffled(using: &random)
    guard let summed = axes.first else { return }
    let own = Array(axes.dropFirst().prefix(below(3)))
    let limbs = [[], [1], [2, 1]][below(3)]
    let unit = Int128(1) << Int128(limbs.reduce(0, +))
    // Of any bindings, and small sums.
    let exponent = Column(name: "", kind: .virtual, axes: [0] + own + [summed], lower: 0, upper: 0)
    let terms = (0..<3).compactMap { _ in term(before: circuit.columns.count) }.filter { term in
      guard let (low, high) = circuit.interval(term, summed: term.summedAxes(output: exponent)) else { return false }
      return -8 * unit <= low && high <= 8 * unit
    }
    let masks = circuit.columns.indices.filter { index in
      let column = circuit.columns[index]
      return ![.weight, .virtual].contains(column.kind) && (0...9).contains(column.lower) && column.upper < 10
        && column.axes.allSatisfy(exponent.axes.contains)
    }
    let weights = (0...below(2)).map { _ in (integer(1...2), (0..<below(3)).compactMap { _ in pick(masks) }) }
    var values: [Int64] = []
    var value = integer(2...7)
    for index in 0..<2 + below(5) {
      values += [max(0, value), index == 0 ? max(0, value) : values[values.count - 2]]
      value -= integer(0...3)
    }
    values += [values[values.count - 2], values[values.count - 2]]
    let function = TableContent.function(lower: -32, bits: 6, width: 2, offset: 20 + below(12), values: values)
    let (bound, top) = (integer(0...6), (lower: -16 - integer(0...3), bits: 5))
    build { _ = $0.threshold(own, over: [summed], top: top, limbs: limbs, plus: terms, function, weights: weights, bound: bound) }
  }

  /// Columns that read themselves at earlier places of an axis: values of a function, quotients, digits and values of a threshold.
  mutating func addScan() {
    let long = circuit.axes.indices.dropFirst().filter { circuit.axes[$0] > 1 }
    guard let axis = pick(Array(long)) else { return }
    let others = circuit.axes.indices.dropFirst().filter { $0 != axis }.shuffled(using: &random)
    let axes = ([axis] + others.prefix(below(2))).shuffled(using: &random)
    let output = Column(name: "", kind: .virtual, axes: [0] + axes, lower: 0, upper: 0)
    let terms = (0..<2).compactMap { _ in term(before: circuit.columns.count) }.filter { term in
      guard let (low, high) = circuit.interval(term, summed: term.summedAxes(output: output)) else { return false }
      return -8 <= low && high <= 8
    }
    guard !terms.isEmpty else { return }
    let (kind, seed, distance, coefficient) = (below(4), integer(0...9), 1 + below(circuit.axes[axis] - 1), pick([-1, 1, 2] as [Int64]) ?? 1)
    let (summed, bound, isDigit) = (others.last { !axes.contains($0) }, integer(0...6), below(2) == 0)
    let falling = TableContent.function(
      lower: -32, bits: 6, width: 2, offset: 28, values: [9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0])
    build { b in
      let sum = b.contraction(axes, terms, later: -64...64)
      let result: Int
      switch kind {
      case 0: result = b.apply(to: sum, limbs: [1, 2]) { ($0 * 7 + seed) % 5 }
      case 1: result = b.quotients(of: sum, [(3, seed)])[0]
      case 2: result = b.quotients(of: sum, [(2, 0), (2, seed)])[Int(seed % 2)]
      case _:
        let own = b.apply(to: sum) { ($0 + seed) % 4 }
        guard let summed else { return }
        let columns = b.threshold(
          axes, over: [summed], top: (-16, 5), limbs: [1], plus: [b.term(-1, own)], falling, weights: [(1, [])], bound: bound)
        result = isDigit ? columns.digits[0] : columns.value
      }
      b.append([Term(coefficient: coefficient, operands: [b.before(result, axis, by: distance)])], to: sum)
    }
  }

  mutating func changeThreshold(_ index: Int) {
    let threshold = circuit.thresholds[index]
    switch below(7) {
    case 0: circuit.thresholds.remove(at: index)
    case 1: (circuit.thresholds[index].sum, circuit.thresholds[index].sumBefore) = (threshold.sumBefore, threshold.sum)
    case 2: circuit.thresholds[index].lookup = below(circuit.lookups.count)
    case 3: circuit.thresholds[index].exponent = below(circuit.columns.count)
    case 4: circuit.thresholds[index].digits[0] = below(circuit.columns.count)
    case 5: circuit.thresholds[index].sum = below(circuit.columns.count)
    case _: circuit.thresholds.append(threshold)
    }
  }
}

extension RandomCircuit {
  /// By column: weights and inputs in their ranges, a 1 in each row of an index port's column; nothing for the others.
  mutating func given(batch: Int) -> [[Int64]] {
    circuit.columns.indices.map { index in
      let column = circuit.columns[index]
      guard [.weight, .public].contains(column.kind), column.lower <= column.upper else { return [] }
      let count = circuit.shape(ofColumn: index, batch: batch).reduce(1, *)
      guard circuit.inputs.contains(where: { $0.column == index && $0.isIndex }), let entries = column.axes.last else {
        return (0..<count).map { _ in integer(column.lower...column.upper) }
      }
      let size = circuit.size(ofAxis: entries, batch: batch)
      return (0..<count / size).flatMap { _ in
        let one = below(size)
        return (0..<size).map { $0 == one ? 1 : 0 as Int64 }
      }
    }
  }
}

extension ArithmeticCircuit {
  /// What a statement shows of an input port with these entries.
  func shown(_ port: Port, _ entries: [Int64]) -> [Int64] {
    guard port.isIndex, let size = columns[port.column].axes.last.map({ axes[$0] }) else { return entries }
    return entries.indices.filter { entries[$0] == 1 }.map { Int64($0 % size) }
  }
}
