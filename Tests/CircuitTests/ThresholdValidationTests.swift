import Circuit
import TestSupport
import Testing

/// Circuits that break rule 10 of docs/protocol.md §3.3 in one way.
@Suite struct ThresholdValidationTests {
  /// A threshold of two digits with a rounded exponent and masks. Axes: 1 (3) rows, 2 (5) summed, 3 (4) of no column but `other`.
  private struct Parts {
    var circuit: ArithmeticCircuit
    let (x, mask, other, ramp, constant, weight): (Int, Int, Int, Int, Int, Int)
    let columns: CircuitBuilder.ThresholdColumns
    let shift: Int

    /// - Parameter function: E and E', of an offset.
    init(offset: Int = 32, _ values: [Int64] = [9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0], limbs: [Int] = [2, 1]) {
      var b = CircuitBuilder("threshold", axes: [3, 5, 4])
      x = b.input([1, 2], -8...7)
      mask = b.input([2], 0...1)
      other = b.input([3], 0...1)
      constant = b.constant([2], [0, 1, 2, 0, 1])
      ramp = b.values(of: x, .ramp(lower: -8, bits: 4, low: -2, high: 5))[0]
      weight = b.weight([1, 2], bits: 3)
      shift = limbs.reduce(0, +)
      columns = b.threshold(
        [1], over: [2], digits: 2, top: (-1, 1), limbs: limbs, plus: [b.term(-1, x), b.term(3, ramp), b.term(1, weight), b.term(1, constant)],
        .function(lower: -64, bits: 7, width: 2, offset: offset, values: values), weights: [(1, [mask]), (2, [constant]), (1, [mask, constant])],
        bound: 20)
      b.output(columns.value)
      circuit = b.circuit
      // Wide enough for the changes.
      for column in [columns.exponent, columns.sum, columns.sumBefore] {
        (circuit.columns[column].lower, circuit.columns[column].upper) = (-1 << 62, 1 << 62)
      }
    }
  }

  private let parts = Parts()
  private func rule(_ change: (inout ArithmeticCircuit) -> Void) -> Int? { parts.circuit.brokenRule(change) }
  private func whole(_ column: Int) -> Operand {
    Operand(column: column, bindings: parts.circuit.columns[column].axes.map { Binding($0) })
  }

  @Test("rule 10: digits") func digits() {
    let columns = parts.columns
    #expect(rule { _ in } == nil)
    #expect(Parts(limbs: []).circuit.brokenRule() == nil)
    // Without digits, beside the right one; with a shown column for a digit.
    #expect(rule { $0.thresholds.append($0.thresholds[0]); $0.thresholds[1].digits = [] } == 10)
    #expect(rule { circuit in
      circuit.columns[columns.digits[0]].kind = .public
      circuit.inputs.append(Port(column: columns.digits[0], name: "h", dimensions: [3]))
    } == 10)
    #expect(rule { $0.thresholds[0].digits = [columns.digits[0]] } == 7)
    #expect(rule { $0.thresholds[0].digits.append(columns.digits[0]) } == 7)
    #expect(rule { $0.thresholds[0].digits.swapAt(0, 1) } == 10)
    #expect(rule { $0.thresholds[0].digits[1] = $0.columns.count } == 3)
    // In two thresholds; in none; also a limb, a function value.
    #expect(rule { $0.thresholds.append($0.thresholds[0]) } == 7)
    #expect(rule { $0.thresholds = [] } == 7)
    #expect(rule { $0.lookups[$0.thresholds[0].lookup].forms[2] = AffineForm(bare: columns.digits[1]) } != nil)
    #expect(rule { circuit in
      circuit.columns.append(Column(name: "d", kind: .advice, axes: [0, 1], lower: 0, upper: 1))
      circuit.tables.append(Table(name: "d", content: .function(lower: 0, values: [0, 1])))
      circuit.lookups.append(Lookup(table: circuit.tables.count - 1, forms: [AffineForm(bare: columns.digits[1]), AffineForm(bare: circuit.columns.count - 1)]))
    } == nil)
    // A range other than the table's; a low digit of another table; two lookups.
    for digit in columns.digits {
      #expect(rule { $0.columns[digit].upper -= 1 } == 10)
      #expect(rule { $0.columns[digit].lower -= 1 } == 10)
      #expect(rule { circuit in circuit.lookups.append(circuit.lookups.first { $0.forms == [AffineForm(bare: digit)] }!) } == 10)
      #expect(rule { circuit in circuit.lookups.remove(at: circuit.lookups.firstIndex { $0.forms == [AffineForm(bare: digit)] }!); circuit.thresholds[0].lookup -= 1 } == 10)
    }
    #expect(rule { $0[rangeOf: columns.digits[0]] = .range(lower: 0, bits: 15); $0.columns[columns.digits[0]].upper >>= 1 } == 10)
    #expect(rule { $0[rangeOf: columns.digits[0]] = .range(lower: -1, bits: 16); $0.columns[columns.digits[0]].lower -= 1; $0.columns[columns.digits[0]].upper -= 1 } == 10)
    #expect(rule { $0[rangeOf: columns.digits[1]] = .range(lower: -2, bits: 2); ($0.columns[columns.digits[1]].lower, $0.columns[columns.digits[1]].upper) = (-2, 1) } == nil)
    // Of other axes.
    #expect(rule { circuit in
      circuit.columns[columns.digits[1]].axes = [0, 2]
      circuit[terms: columns.exponent][1].operands[0].bindings = [Binding(0), Binding(2)]
    } == 10)
    #expect(rule { $0.columns[columns.digits[1]].axes = [1] } == 2)
  }

  @Test("rule 10: a digit is alone in one term, with its coefficient, read whole") func exponents() {
    let (columns, shift) = (parts.columns, parts.shift)
    func term(_ digit: Int, _ change: (inout Term) -> Void) -> Int? {
      rule { circuit in
        let index = circuit[terms: columns.exponent].firstIndex { $0.operands[0].column == columns.digits[digit] } ?? 0
        change(&circuit[terms: columns.exponent][index])
      }
    }
    for digit in 0...1 {
      let right = Int64(1) << Int64(shift + 16 * digit)
      for coefficient in [-right, right / 2, 2 * right, right + 1, 1 << Int64(shift + 15), 0] {
        #expect(term(digit) { $0.coefficient = coefficient } == 10)
      }
      for slice in [Binding.Slice(start: -1, stride: 1), .init(start: 1, stride: 1), .init(start: 0, stride: 2), .init(start: 0, stride: 1)] {
        #expect(term(digit) { $0.operands[0].bindings[1] = Binding(1, slice: slice) } == 10)
      }
      for factor in [parts.mask, parts.weight, parts.constant, parts.x] { #expect(term(digit) { $0.operands.append(whole(factor)) } == 10) }
      #expect(term(digit) { $0.operands.insert(whole(parts.mask), at: 0) } == 10)
      #expect(rule { circuit in circuit[terms: columns.exponent].append(circuit[terms: columns.exponent][digit]) } == 10)
      #expect(rule { $0[terms: columns.exponent].append(Term(coefficient: -1, operands: [whole(columns.digits[digit]), whole(parts.x)])) } == 10)
      #expect(rule { $0[terms: columns.exponent].remove(at: digit) } == 10)
    }
    #expect(rule { $0[terms: columns.exponent].append(Term(operands: [whole(columns.digits[0]), whole(columns.digits[1])])) } == 10)
    // An operand that comes after a digit could depend on it.
    #expect(rule { $0.exchange(parts.ramp, columns.digits[0]) } == 10)
    #expect(rule { $0.exchange(parts.ramp, columns.digits[1]) } == 10)
    #expect(rule { $0.exchange(parts.x, columns.digits[0]) } != nil)
    // Weights may come after it.
    #expect(rule { $0.exchange(parts.weight, columns.digits[0]) } == nil)
    // Other axes: none but the digits'; not all of the digits'.
    func axes(_ axes: [Int], masked: Bool) -> Int? {
      let parts = Parts(limbs: [])
      return parts.circuit.brokenRule { circuit in
        for column in [parts.columns.exponent, parts.columns.value, parts.columns.before] { circuit.columns[column].axes = axes }
        for sum in [parts.columns.sum, parts.columns.sumBefore] {
          for term in circuit[terms: sum].indices { circuit[terms: sum][term].operands[0].bindings = axes.map { Binding($0) } }
          if !masked { circuit[terms: sum] = [Term(operands: [circuit[terms: sum][0].operands[0]])] }
        }
        circuit.outputs[0].dimensions = [axes.dropFirst().reduce(1) { $0 * circuit.axes[$1] }]
      }
    }
    #expect(axes([0, 1, 2], masked: true) == nil && axes([0, 2, 1], masked: true) == nil && axes([0, 1, 2], masked: false) == nil)
    #expect(axes([0, 1], masked: false) == 10)
    #expect(axes([0, 2, 3], masked: true) == 10)
    // The lookup is of another column of the same terms.
    #expect(rule { circuit in
      circuit.columns.append(circuit.columns[columns.exponent])
      circuit.contractions.append(Contraction(output: circuit.columns.count - 1, terms: circuit[terms: columns.exponent]))
      circuit.thresholds[0].exponent = circuit.columns.count - 1
    } == 10)
    // A lookup of another column, or that is not there.
    #expect(rule { $0.thresholds[0].lookup = $0.lookups.count } == 3)
    #expect(rule { $0.thresholds[0].lookup = 0 } == 10)
    #expect(rule { $0.thresholds[0].exponent = $0.columns.count } == 3)
    #expect(rule { $0.thresholds[0].exponent = columns.sum } == 10)
    #expect(rule { $0.thresholds[0].exponent = parts.x } == 10)
  }

  @Test("rule 10: the coefficient of a digit is an integer, whatever the shift") func largeShifts() {
    // 2^47·2^16 is 2^63; h_0·2^47 reaches 2^63 as well.
    for limbs in [[16, 16, 15], [16, 16, 16]] {
      var b = CircuitBuilder("wide", axes: [2])
      let shift = limbs.reduce(0, +)
      let x = b.input([1], 0...1)
      let columns = b.threshold([], over: [1], top: (0, 4), limbs: limbs, plus: [b.term(1, x)], SmallNetwork.falling, weights: [(1, [])], bound: 3)
      b.output(columns.value)
      #expect(b.circuit.brokenRule() == nil)
      #expect(b.circuit.brokenRule { circuit in
        circuit.columns[columns.exponent].upper = 1 << 62
        circuit[terms: columns.exponent][0].coefficient = 1 << Int64(shift + 1)
      } == 10)
      let more = { (circuit: inout ArithmeticCircuit) in
        circuit.columns.append(Column(name: "top", kind: .advice, axes: [0], lower: 0, upper: 0))
        circuit.exchange(circuit.columns.count - 1, columns.exponent)
        circuit.tables.append(Table(name: "top", content: .range(lower: 0, bits: 0)))
        circuit.lookups.append(Lookup(table: circuit.tables.count - 1, forms: [AffineForm(bare: columns.exponent)]))
        circuit.thresholds[0].digits.append(columns.exponent)
      }
      #expect(b.circuit.brokenRule(more) != nil)
    }
  }

  @Test("rule 10: the function falls, and has the value of the row before") func functions() {
    func rule(offset: Int = 32, _ values: [Int64]) -> Int? { Parts(offset: offset, values).circuit.brokenRule() }
    let right: [Int64] = [9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0]
    #expect(rule(right) == nil)
    // Rising once.
    #expect(rule([9, 9, 8, 9, 9, 8, 3, 9, 1, 3, 0, 1, 0, 0]) == 10)
    #expect(rule([9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 2, 1, 2, 2]) == 10)
    // E' of row 1; that of row 0 is free.
    #expect(rule(offset: 0, [9, 5, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0]) == nil)
    #expect(rule(offset: 0, [9, 9, 8, 8, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0]) == 10)
    // E' at the first row of a constant end: of the first entry, below it; of the last one, above it.
    #expect(rule(offset: 1, [9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0]) == nil)
    #expect(rule(offset: 2, [9, 8, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0]) == 10)
    #expect(rule([9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1]) == 10)
    #expect(rule(offset: 122, [9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1]) == nil)
    // In the middle.
    #expect(rule([9, 9, 8, 9, 6, 7, 3, 6, 1, 3, 0, 1, 0, 0]) == 10)
    #expect(rule([9, 9, 8, 9, 6, 9, 3, 6, 1, 3, 0, 1, 0, 0]) == 10)
    // Of width 1, of a remainder.
    #expect(parts.circuit.brokenRule { circuit in
      let lookup = circuit.thresholds[0].lookup
      circuit.tables[circuit.lookups[lookup].table].content = .function(lower: -64, bits: 7, width: 1, offset: 0, values: [9, 0])
      circuit.lookups[lookup].forms.removeLast()
    } != nil)
  }

  @Test("rule 10: both sums are of the same terms, over all further axes, with masks that do not fall") func sums() {
    let columns = parts.columns
    func both(_ change: (inout [Term], Int) -> Void) -> Int? {
      rule { circuit in
        for (sum, value) in [(columns.sum, columns.value), (columns.sumBefore, columns.before)] { change(&circuit[terms: sum], value) }
      }
    }
    #expect(both { terms, _ in terms[0].coefficient = 7 } == nil)
    #expect(both { terms, value in terms.append(Term(operands: [whole(value)])) } == nil)
    for coefficient in [0, -1] as [Int64] { #expect(both { terms, _ in terms[0].coefficient = coefficient } == 10) }
    #expect(rule { $0.thresholds[0].sum = columns.sumBefore; $0.thresholds[0].sumBefore = columns.sum } == 10)
    #expect(rule { $0.thresholds[0].sumBefore = columns.sum } == 10)
    for column in [columns.sum, columns.sumBefore] {
      #expect(rule { $0[terms: column][1].coefficient = 4 } == 10)
      #expect(rule { $0[terms: column].removeLast() } == 10)
      #expect(rule { $0[terms: column].append(Term(operands: [whole(column == columns.sum ? columns.value : columns.before)])) } == 10)
      #expect(rule { $0[terms: column].swapAt(0, 1) } == 10)
      #expect(rule { $0[terms: column][0].operands[0] = whole(columns.exponent) } != nil)
      #expect(rule { $0[terms: column][0].operands[0] = whole(column == columns.sum ? columns.before : columns.value) } == 10)
      // Masks unlike the other sum's.
      #expect(rule { $0[terms: column][2].operands[2] = whole(parts.mask) } == 10)
      #expect(rule { $0[terms: column][2].operands.removeLast() } == 10)
      #expect(rule { $0[terms: column][0].operands.append(whole(parts.mask)) } == 10)
    }
    // Sums that are shown and have no terms.
    #expect(rule { circuit in
      for (column, table) in [columns.sum, columns.sumBefore].map({ ($0, circuit.rangeTable(of: $0)) }) {
        circuit.columns.append(Column(name: "s", kind: .public, axes: [0, 1], lower: 0, upper: 50))
        circuit.inputs.append(Port(column: circuit.columns.count - 1, name: "s\(column)", dimensions: [3]))
        circuit.lookups.append(Lookup(table: table ?? 0, forms: [AffineForm(bare: circuit.columns.count - 1)]))
      }
      (circuit.thresholds[0].sum, circuit.thresholds[0].sumBefore) = (circuit.columns.count - 2, circuit.columns.count - 1)
    } == 10)
    // Slices: of the summed axis, over a part of it, of the rows.
    #expect(both { terms, _ in terms[0].operands[0].bindings[2] = Binding(2, slice: .init(start: 0, stride: 1)) } == 10)
    #expect(both { terms, _ in terms[0].operands[0].bindings[2] = Binding(3, slice: .init(start: 1, stride: 1)) } == 10)
    #expect(both { terms, _ in terms[0].operands[0].bindings[1] = Binding(1, slice: .init(start: 1, stride: 1)) } == 10)
    // Broadcast to an axis that the digits lack; without one that they have.
    #expect(rule { circuit in for column in [columns.sum, columns.sumBefore] { circuit.columns[column].axes.append(3) } } == 10)
    #expect(rule { circuit in for column in [columns.sum, columns.sumBefore] { circuit.columns[column].axes = [0] } } == 10)
    #expect(rule { circuit in for column in [columns.sum, columns.sumBefore] { circuit.columns[column].axes = [0, 2] } } == 10)
    // Masks: negative, a weight, above the digits, over an axis that the exponent lacks.
    #expect(rule { $0.columns[parts.mask].lower = -1 } == 10)
    #expect(rule { $0.columns[parts.constant].lower = -1; $0.columns[parts.constant].values[0] = -1 } == 10)
    #expect(both { terms, _ in terms[0].operands[1] = whole(parts.weight) } == 10)
    #expect(rule { $0.exchange(parts.mask, columns.digits[0]) } == 10)
    #expect(rule { $0.exchange(parts.mask, columns.digits[1]) } == 10)
    #expect(both { terms, _ in terms[0].operands.append(whole(parts.other)) } == 10)
    #expect(both { terms, _ in terms[0].operands[1] = Operand(column: parts.mask, bindings: [Binding(0), Binding(3, slice: .init(start: 0, stride: 1))]) } == 10)
    #expect(both { terms, _ in terms[0].operands[1] = Operand(column: parts.mask, bindings: [Binding(0), Binding(1, slice: .init(start: -1, stride: 2))]) } == nil)
    // Advice may be a mask.
    #expect(rule { circuit in
      circuit.tables[circuit.lookups.first { $0.forms.count == 2 }!.table].content = .ramp(lower: -8, bits: 4, low: 0, high: 5)
      circuit.columns[parts.ramp].lower = 0
      for column in [columns.sum, columns.sumBefore] { circuit[terms: column][0].operands[1] = whole(parts.ramp) }
    } == nil)
  }

  @Test("rule 10: the second sum's least is one more than the first one's largest") func bounds() {
    let columns = parts.columns
    for (lower, expected) in [(21, nil), (20, 10), (22, 10), (19, 10), (0, 10)] as [(Int64, Int?)] {
      #expect(rule { $0[rangeOf: columns.sumBefore] = .range(lower: lower, bits: 9) } == expected)
    }
    #expect(rule { $0[rangeOf: columns.sum] = .range(lower: 0, bits: 5) } == 10)
    #expect(rule { $0[rangeOf: columns.sum] = .range(lower: -107, bits: 7) } == nil)
    // One of several lookups is enough.
    #expect(rule { circuit in
      for (column, content) in [(columns.sum, TableContent.range(lower: 0, bits: 9)), (columns.sumBefore, .range(lower: 0, bits: 9))] {
        circuit.tables.append(Table(name: "more", content: content))
        circuit.lookups.insert(Lookup(table: circuit.tables.count - 1, forms: [AffineForm(bare: column)]), at: circuit.lookups.count)
      }
    } == nil)
    for column in [columns.sum, columns.sumBefore] {
      #expect(rule { $0.lookups.remove(at: $0.lookups.firstIndex(of: Lookup(table: $0.lookups.first { $0.forms == [AffineForm(bare: column)] }!.table, forms: [AffineForm(bare: column)]))!) } == 10)
    }
    // The bound of a rounded sum is no bound of the sum.
    #expect(rule { $0[rangeOf: columns.sumBefore] = .ramp(lower: 21, bits: 9, low: 21, high: 21) } == 6)
  }
}

extension ArithmeticCircuit {
  /// The index of the table in which a column is looked up alone.
  fileprivate func rangeTable(of column: Int) -> Int? { lookups.first { $0.forms == [AffineForm(bare: column)] }?.table }
}
