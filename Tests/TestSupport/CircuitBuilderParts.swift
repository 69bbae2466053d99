import Circuit

/// Index ports, constants, ramps, quotients and thresholds.
extension CircuitBuilder {
  /// The column of an index port; its last axis is the entries.
  package mutating func index(_ axes: [Int]) -> Int {
    let column = add(.public, [0] + axes, (0, 1))
    circuit.inputs.append(Port(column: column, name: "i\(column)", dimensions: dimensions(column).dropLast(), isIndex: true))
    return column
  }

  package mutating func constant(_ axes: [Int], _ values: [Int64]) -> Int {
    let column = add(.constant, axes, (values.min() ?? 0, values.max() ?? 0))
    circuit.columns[column].values = values
    return column
  }

  /// The values of a column in a table of ramp or function, all coordinates after the first.
  package mutating func values(of source: Int, _ content: TableContent) -> [Int] {
    let table = self.table(content)
    let results = (1..<circuit.tables[table].arity).map {
      add(.advice, circuit.columns[source].axes, circuit.tables[table].range(ofCoordinate: $0))
    }
    circuit.lookups.append(Lookup(table: table, forms: ([source] + results).map { AffineForm(bare: $0) }))
    return results
  }

  /// Quotients ⌊(c + source + 2^(s−1)) / 2^s⌋, each but the first of the one before, by remainder forms.
  package mutating func quotients(of source: Int, _ steps: [(shift: Int, constant: Int64)]) -> [Int] {
    var (low, high) = circuit.columns[source].range
    for (shift, constant) in steps {
      (low, high) = ((low + constant + 1 << Int64(shift - 1)) >> Int64(shift), (high + constant + 1 << Int64(shift - 1)) >> Int64(shift))
    }
    let last = table(.range(lower: low, bits: bitCountOfAxis(Int(high - low) + 1)))
    var ranges = [circuit.tables[last].domain]
    for (shift, constant) in steps.dropFirst().reversed() {
      let half = Int64(1) << Int64(shift - 1)
      ranges.insert((2 * half * ranges[0].lower - half - constant, 2 * half * ranges[0].upper + half - 1 - constant), at: 0)
    }
    var results = [source]
    for ((shift, constant), range) in zip(steps, ranges) {
      let quotient = add(.advice, circuit.columns[source].axes, range)
      let parts = [AffineForm.Part(column: results[results.count - 1], coefficient: 1), .init(column: quotient, coefficient: -(1 << Int64(shift)))]
      let table = self.table(.range(lower: -(1 << Int64(shift - 1)), bits: shift))
      circuit.lookups.append(Lookup(table: table, forms: [AffineForm(shift: 0, constant: constant, parts: parts)]))
      results.append(quotient)
    }
    circuit.lookups.append(Lookup(table: last, forms: [AffineForm(bare: results[results.count - 1])]))
    return Array(results.dropFirst())
  }

  /// The columns of a threshold.
  package struct ThresholdColumns: Sendable {
    package var digits: [Int]
    package var exponent: Int
    /// E(q) and E(q − 1).
    package var (value, before): (Int, Int)
    package var (sum, sumBefore): (Int, Int)
  }

  /// The least h for which Σ weight·E(round((2^s·h + terms) / 2^s)) ≤ `bound`, for each index of `axes`.
  ///
  /// - Parameters:
  ///   - further: The axes that are summed over.
  ///   - top: The lower bound and the bits of the last digit.
  ///   - limbs: Of the rounding; their widths sum to s.
  ///   - function: Of width 2.
  ///   - weights: A coefficient and the columns of masks.
  package mutating func threshold(
    _ axes: [Int], over further: [Int], digits digitCount: Int = 1, top: (lower: Int64, bits: Int), limbs: [Int] = [], plus terms: [Term],
    _ function: TableContent, weights: [(Int64, [Int])], bound: Int64
  ) -> ThresholdColumns {
    let shift = limbs.reduce(0, +)
    let digits = (0..<digitCount).map { position in
      let table = self.table(position == digitCount - 1 ? .range(lower: top.lower, bits: top.bits) : .range(lower: 0, bits: 16))
      let digit = add(.advice, [0] + axes, circuit.tables[table].domain)
      circuit.lookups.append(Lookup(table: table, forms: [AffineForm(bare: digit)]))
      return digit
    }
    let own = digits.enumerated().map { Term(coefficient: 1 << Int64(shift + 16 * $0), operands: [whole($1)]) }
    let exponent = contraction(axes + further, own + terms)
    let form = rounding(exponent, limbs: limbs)
    let table = self.table(function)
    let values = (1...2).map { add(.advice, circuit.columns[exponent].axes, circuit.tables[table].range(ofCoordinate: $0)) }
    circuit.lookups.append(Lookup(table: table, forms: [form] + values.map { AffineForm(bare: $0) }))
    let lookup = circuit.lookups.count - 1
    let sums = values.map { value in
      let terms = weights.map { weight, masks in Term(coefficient: weight, operands: ([value] + masks).map { whole($0) }) }
      return contraction(axes, terms)
    }
    let bits = bitCountOfAxis(Int(bound - circuit.columns[sums[0]].lower) + 1)
    lookUp(sums[0], .range(lower: bound - 1 << Int64(bits) + 1, bits: bits))
    lookUp(sums[1], .range(lower: bound + 1, bits: bitCountOfAxis(Int(circuit.columns[sums[1]].upper - bound))))
    circuit.thresholds.append(
      Threshold(digits: digits, exponent: exponent, lookup: lookup, sum: sums[0], sumBefore: sums[1]))
    return ThresholdColumns(
      digits: digits, exponent: exponent, value: values[0], before: values[1], sum: sums[0], sumBefore: sums[1])
  }

  private mutating func lookUp(_ column: Int, _ content: TableContent) {
    circuit.lookups.append(Lookup(table: table(content), forms: [AffineForm(bare: column)]))
  }
}

extension SmallNetwork {
  /// Of width 2: E falls from 9 to 0 between −32 and −25, and the value of the row before.
  package static let falling = TableContent.function(
    lower: -64, bits: 7, width: 2, offset: 32, values: [9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0])

  /// The kinds of columns, tables, forms and ports that no other circuit has, with odd axes.
  package static let sample: SmallNetwork = {
    var b = CircuitBuilder("every part", axes: [3, 5, 6, 2], seed: 9)
    let x = b.input([1, 2], -8...7)
    let mask = b.index([2])
    let words = b.index([1, 3])
    let k = b.constant([2], [0, 1, 2, 0, 1])
    let slice = Binding(2, slice: .init(start: 1, stride: 1))
    let shifted = Term(coefficient: 2, operands: [Operand(column: x, bindings: [Binding(0), Binding(1), slice])])
    let embedded = b.contraction([1, 2], [b.term(1, words, b.weight([3, 2], bits: 3)), shifted, b.term(1, k)])
    let y = b.values(of: x, .ramp(lower: -8, bits: 4, low: -2, high: 5))[0]
    let pairs: [Int64] = [4, 0, -3, 1, 5, 1, -2, 7, 0, 0]
    let (u, v) = { ($0[0], $0[1]) }(b.values(of: embedded, .function(lower: -24, bits: 6, width: 2, offset: 21, values: pairs)))
    let kept = b.quotients(of: embedded, [(2, -2), (1, -1)])
    let rest = b.quotients(of: y, [(1, 3)])[0]
    let threshold = b.threshold(
      [1], over: [2], top: (-64, 7), plus: [b.term(-1, x)], falling, weights: [(1, [mask]), (2, [k]), (1, [mask, k])], bound: 20)
    let product = b.contraction([1], [b.term(1, kept[1], threshold.value, k), b.term(1, u, y), b.term(3, rest), b.term(1, threshold.digits[0])])
    let h = b.apply(to: product, limbs: [3, 4]) { abs($0) }
    b.output(h)
    b.output(b.contraction([1, 3], [b.term(1, v, b.weight([3, 2], bits: 3)), b.term(1, h, words), b.term(1, kept[0])]))
    let scores = b.contraction([1, 3], [b.term(1, words), b.term(1, h, b.weight([3], bits: 3))])
    _ = b.classes(4, of: scores)
    return SmallNetwork(b, batches: [1, 2, 3])
  }()

  /// A threshold of two digits, whose exponents are rounded.
  package static let twoDigits: SmallNetwork = {
    var b = CircuitBuilder("two digits", axes: [3, 2])
    let x = b.input([1, 2], -90...90)
    let w = b.weight([2], bits: 3)
    let threshold = b.threshold(
      [1], over: [2], digits: 2, top: (-1, 1), limbs: [2, 1], plus: [b.term(-1, x), b.term(1, w)], falling, weights: [(1, [])], bound: 4)
    b.output(b.contraction([1, 2], [b.term(1, threshold.value), b.term(1, threshold.digits[0]), b.term(1, threshold.digits[1])]))
    return SmallNetwork(b, batches: [1, 3])
  }()
}
