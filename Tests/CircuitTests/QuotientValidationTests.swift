import Circuit
import TestSupport
import Testing

/// Circuits that break the rules of docs/protocol.md §3.3 about remainder forms, tables, constants and index ports.
@Suite struct QuotientValidationTests {
  /// A quotient of x, and a chain of two of a sum.
  private struct Parts {
    var circuit: ArithmeticCircuit
    let (x, sum, single, wide, last): (Int, Int, Int, Int, Int)
    /// Of the remainder forms.
    let (singleLookup, wideLookup, lastLookup): (Int, Int, Int)

    init() {
      var b = CircuitBuilder("quotients", axes: [3], seed: 2)
      x = b.input([1], -100...100)
      single = b.quotients(of: x, [(2, 1)])[0]
      sum = b.contraction([1], [b.term(5, x), b.term(1, b.weight([1]))])
      let chain = b.quotients(of: sum, [(3, -4), (2, 7)])
      (wide, last) = (chain[0], chain[1])
      b.output(b.contraction([1], [b.term(1, single), b.term(1, wide), b.term(1, last)]))
      circuit = b.circuit
      let output = circuit.columns.count - 1
      (circuit.columns[output].lower, circuit.columns[output].upper) = (-1 << 61, 1 << 61)
      let lookups = circuit.lookups
      func remainder(_ quotient: Int) -> Int { lookups.firstIndex { $0.forms[0].parts.last?.column == quotient && $0.forms[0].parts.count == 2 } ?? 0 }
      (singleLookup, wideLookup, lastLookup) = (remainder(single), remainder(wide), remainder(last))
    }

    var remainders: [(lookup: Int, quotient: Int, shift: Int)] {
      [(singleLookup, single, 2), (wideLookup, wide, 3), (lastLookup, last, 2)]
    }
  }

  private let parts = Parts()
  private func rule(_ change: (inout ArithmeticCircuit) -> Void) -> Int? { parts.circuit.brokenRule(change) }

  @Test("row 6: rule 6, remainder forms") func forms() {
    #expect(rule { _ in } == nil)
    for (lookup, _, shift) in parts.remainders {
      func form(_ change: (inout AffineForm) -> Void) -> Int? { rule { change(&$0.lookups[lookup].forms[0]) } }
      func table(_ content: TableContent) -> Int? {
        rule { circuit in
          circuit.tables.append(Table(name: "t", content: content))
          circuit.lookups[lookup].table = circuit.tables.count - 1
        }
      }
      let half = Int64(1) << Int64(shift - 1)
      for content in [
        .range(lower: -2 * half, bits: shift + 1), .range(lower: -half, bits: shift + 1), .range(lower: 0, bits: shift), .range(lower: 1 - half, bits: shift),
        .range(lower: -half, bits: shift - 1), .function(lower: -half, values: (0..<2 * half).map { $0 }),
        .ramp(lower: -half, bits: shift, low: -half, high: half - 1),
      ] as [TableContent] { #expect(table(content) == 6, "\(content)") }
      #expect(table(.range(lower: -half, bits: shift)) == nil)
      for coefficient in [-2 * half + 1, 2 * half, -half, -4 * half, -1, 1, 0, -3 * half, .min] as [Int64] {
        #expect([6, 7].contains(form { $0.parts[1].coefficient = coefficient }), "\(coefficient)")
      }
      for coefficient in [2, -1, 0] as [Int64] { #expect(form { $0.parts[0].coefficient = coefficient } == 6) }
      for constant in [1 << 61 + 1, -1 << 61 - 1, .max, .min] as [Int64] { #expect([6, 7].contains(form { $0.constant = constant })) }
      #expect([6, 7].contains(form { $0.shift = 1 }))
      #expect([6, 7].contains(form { $0.shift = shift }))
      // Three parts, one part, in the other order.
      #expect([4, 6, 7].contains(form { $0.parts.append(.init(column: parts.single, coefficient: -(1 << 20))) }))
      #expect([5, 6, 7].contains(form { $0.parts.append($0.parts[0]) }))
      #expect([6, 7].contains(form { $0.parts.removeLast() }))
      #expect([4, 6, 7].contains(form { $0.parts.swapAt(0, 1) }))
    }
    for (lookup, constant) in [(parts.singleLookup, 1 << 61), (parts.singleLookup, -1 << 61), (parts.wideLookup, 3)] as [(Int, Int64)] {
      #expect(rule { $0.lookups[lookup].forms[0].constant = constant } == nil)
    }
  }

  @Test("row 6: rule 4, a quotient comes after its source") func order() {
    #expect(rule { $0.exchange(parts.x, parts.single) } == 4)
    #expect(rule { $0.exchange(parts.wide, parts.last) } == 4)
    #expect(rule { $0.exchange(parts.sum, parts.wide) } == 4)
    #expect(rule { $0.lookups[parts.wideLookup].forms[0].parts[0].column = parts.wide } == 7)
  }

  @Test("row 6: rule 7, a quotient is kept in its range by one lookup, or by the quotient of which it is the source") func kept() {
    for (lookup, quotient, _) in parts.remainders {
      // The same form again; another form; also a limb; also a function value; a port's column.
      #expect(rule { $0.lookups.append($0.lookups[lookup]) } == 7)
      #expect(rule { $0.lookups.append($0.lookups[lookup]); $0.lookups[$0.lookups.count - 1].forms[0].constant += 1 } == 7)
      #expect(rule { $0.lookups.remove(at: lookup) } == 7)
      #expect(rule { circuit in
        circuit.columns.append(circuit.columns[quotient])
        let form = AffineForm(shift: 2, parts: [.init(column: parts.x, coefficient: 1), .init(column: quotient, coefficient: -1)])
        circuit.lookups.append(Lookup(table: 0, forms: [form]))
      } != nil)
      #expect(rule { circuit in
        let (lower, upper) = circuit.columns[quotient].range
        circuit.tables.append(Table(name: "t", content: .function(lower: -128, bits: 8, width: 1, offset: 3, values: [lower, upper])))
        circuit.lookups.append(Lookup(table: circuit.tables.count - 1, forms: [AffineForm(bare: parts.x), AffineForm(bare: quotient)]))
      } == 7)
      #expect(rule { circuit in
        circuit.columns[quotient].kind = .public
        circuit.inputs.append(Port(column: quotient, name: "q", dimensions: [3]))
      } == 7)
      for kind in [ColumnKind.virtual, .weight, .constant] { #expect(rule { $0.columns[quotient].kind = kind } != nil) }
      // The declared range: one short, one long, at either end.
      for change in [-1, 1] as [Int64] {
        #expect(rule { $0.columns[quotient].lower += change } == 7)
        #expect(rule { $0.columns[quotient].upper += change } == 7)
      }
    }
    for quotient in [parts.single, parts.last] {
      // No lookup in a range; two.
      #expect(rule { $0.lookups.remove(at: $0.lookups.firstIndex { $0.forms == [AffineForm(bare: quotient)] }!) } == 7)
      #expect(rule { circuit in circuit.lookups.append(circuit.lookups.first { $0.forms == [AffineForm(bare: quotient)] }!) } == 7)
    }
    // A wide one with a lookup of its own, in a table of its range if it had one; of two chains.
    #expect(rule { circuit in
      circuit.tables.append(Table(name: "t", content: .range(lower: circuit.columns[parts.wide].lower, bits: 12)))
      circuit.lookups.append(Lookup(table: circuit.tables.count - 1, forms: [AffineForm(bare: parts.wide)]))
    } == 7)
    #expect(rule { circuit in
      circuit.columns.append(circuit.columns[parts.last])
      let (table, next) = (circuit.lookups.first { $0.forms == [AffineForm(bare: parts.last)] }!.table, circuit.columns.count - 1)
      var form = circuit.lookups[parts.lastLookup].forms[0]
      form.parts[1].column = next
      circuit.lookups.append(Lookup(table: circuit.lookups[parts.lastLookup].table, forms: [form]))
      circuit.lookups.append(Lookup(table: table, forms: [AffineForm(bare: next)]))
    } == 7)
    // The range follows the other constant, and the other width.
    #expect(rule { $0.lookups[parts.lastLookup].forms[0].constant += 1 } == 7)
    #expect(rule { $0.lookups[parts.lastLookup].forms[0].constant += 1; $0.columns[parts.wide].lower -= 1; $0.columns[parts.wide].upper -= 1 } == nil)
    // It may be the source of a function.
    #expect(rule { circuit in
      circuit.columns.append(Column(name: "f", kind: .advice, axes: [0, 1], lower: 0, upper: 1))
      circuit.tables.append(Table(name: "f", content: .function(lower: 0, values: [0, 1])))
      circuit.lookups.append(Lookup(table: circuit.tables.count - 1, forms: [AffineForm(bare: parts.last), AffineForm(bare: circuit.columns.count - 1)]))
    } == nil)
  }

  @Test("row 6: rule 6, 2^s·q stays below 2^60") func smallQuotients() {
    for (last, expected) in [(1 << 58, nil), (1 << 58 + 1, 6)] as [(Int64, Int?)] {
      for sign in [1, -1] as [Int64] {
        #expect(rule { circuit in
          let lower = sign > 0 ? last - 127 : -last
          circuit[rangeOf: parts.single] = .range(lower: lower, bits: 7)
          (circuit.columns[parts.single].lower, circuit.columns[parts.single].upper) = (lower, lower + 127)
        } == expected)
      }
    }
    #expect(rule { circuit in
      // A wide one of 2^57 and less, and beyond.
      circuit[rangeOf: parts.last] = .range(lower: 1 << 55 - 200, bits: 7)
      (circuit.columns[parts.last].lower, circuit.columns[parts.last].upper) = (1 << 55 - 200, 1 << 55 - 73)
      let lower = 4 * (Int64(1) << 55 - 200) - 2 - 7
      (circuit.columns[parts.wide].lower, circuit.columns[parts.wide].upper) = (lower, 4 * (1 << 55 - 73) + 1 - 7)
    } == nil)
    #expect(rule { circuit in
      circuit[rangeOf: parts.last] = .range(lower: 1 << 55, bits: 7)
      (circuit.columns[parts.last].lower, circuit.columns[parts.last].upper) = (1 << 55, 1 << 55 + 127)
      (circuit.columns[parts.wide].lower, circuit.columns[parts.wide].upper) = (1 << 57 - 9, 4 * (1 << 55 + 127) - 6)
    } == 6)
  }
}

@Suite struct TableValidationTests {
  private let valid = SmallNetwork.sample.circuit
  private func rule(_ change: (inout ArithmeticCircuit) -> Void) -> Int? { valid.brokenRule(change) }

  @Test("rows 9, 16: rule 1, ends, widths and sizes of tables") func tables() {
    func table(_ content: TableContent) -> Int? { rule { $0.tables.append(Table(name: "t", content: content)) } }
    let values = [Int64](repeating: 3, count: 12)
    #expect(table(.function(lower: 0, bits: 4, width: 1, offset: 4, values: values)) == nil)
    #expect(table(.function(lower: 0, bits: 4, width: 1, offset: 5, values: values)) == 1)
    #expect(table(.function(lower: 0, bits: 3, width: 1, offset: 0, values: values)) == 1)
    #expect(table(.function(lower: 0, bits: 3, width: 2, offset: 2, values: values)) == nil)
    #expect(table(.function(lower: 0, bits: 3, width: 2, offset: 3, values: values)) == 1)
    #expect(table(.function(lower: 0, bits: 3, width: 2, offset: -1, values: values)) == 1)
    for width in [-1, 0, 3, 4] { #expect(table(.function(lower: 0, bits: 4, width: width, offset: 0, values: values)) == 1) }
    #expect(table(.function(lower: 0, bits: 4, width: 2, offset: 0, values: values + [3])) == 1)
    #expect(table(.function(lower: 0, bits: 4, width: 2, offset: 0, values: [])) == 1)
    for (count, expected) in [(1 << 16, nil), (1 << 16 + 1, 1)] as [(Int, Int?)] {
      #expect(table(.function(lower: 0, bits: 18, width: 2, offset: 5, values: Array(repeating: 0, count: 2 * count))) == expected)
      #expect(table(.function(lower: 0, bits: 18, width: 1, offset: 5, values: Array(repeating: 0, count: count))) == expected)
    }
    for value in [1 << 62, -1 << 62] as [Int64] { #expect(table(.function(lower: 0, bits: 4, width: 1, offset: 0, values: [value])) == nil) }
    for value in [1 << 62 + 1, -1 << 62 - 1, .max, .min] as [Int64] { #expect(table(.function(lower: 0, bits: 4, width: 1, offset: 0, values: [value])) == 1) }
    for content in [TableContent.range(lower: 0, bits: 23), .ramp(lower: 0, bits: 23, low: 0, high: 0), .function(lower: 0, bits: 23, width: 1, offset: 0, values: [0])] {
      #expect(table(content) == 1)
    }
    #expect(table(.range(lower: 0, bits: 22)) == nil)
    #expect(table(.range(lower: 0, bits: -1)) == 1)
    for (lower, expected) in [(1 << 62 - 15, nil), (1 << 62 - 14, 1), (-1 << 62, nil), (-1 << 62 - 1, 1)] as [(Int64, Int?)] {
      #expect(table(.range(lower: lower, bits: 4)) == expected)
    }
    func ramp(_ low: Int64, _ high: Int64) -> Int? { table(.ramp(lower: -8, bits: 4, low: low, high: high)) }
    for (low, high) in [(-8, 7), (-8, -8), (7, 7), (0, 3)] as [(Int64, Int64)] { #expect(ramp(low, high) == nil) }
    for (low, high) in [(3, 2), (-9, 3), (0, 8), (.min, .max), (-8, .max), (.min, 7)] as [(Int64, Int64)] { #expect(ramp(low, high) == 1) }
  }

  @Test("row 16: rule 1, all rows of all tables") func rows() {
    let weight = Column(name: "w", kind: .weight, axes: [1], lower: -8, upper: 7)
    let wide = [Table](repeating: Table(name: "t", content: .range(lower: 0, bits: 22)), count: 4)
    let valid = ArithmeticCircuit(name: "tables", batchCap: 1, axes: [0, 2], columns: [weight], tables: wide)
    #expect(valid.brokenRule() == nil)
    #expect(valid.brokenRule { $0.tables.append(Table(name: "t", content: .range(lower: 0, bits: 0))) } == 1)
  }

  @Test("rows 2, 16: constants") func constants() {
    let constant = valid.columns(of: .constant)[0]
    func column(_ change: (inout Column) -> Void) -> Int? { rule { change(&$0.columns[constant]) } }
    #expect(rule { _ in } == nil)
    #expect(column { $0.values[0] = $0.upper + 1 } == 8)
    #expect(column { $0.values[4] = $0.lower - 1 } == 8)
    #expect(column { $0.upper -= 1 } == 8)
    #expect(column { $0.values.removeLast() } == 8)
    #expect(column { $0.values.append(0) } == 8)
    #expect(column { $0.values = [] } == 8)
    #expect(column { $0.axes = [0, 2] } == 2)
    #expect(column { $0.axes = [0] + $0.axes; $0.values = [] } == 2)
    #expect(rule { circuit in
      // In a form of its own; in one with others.
      circuit.columns.append(Column(name: "k", kind: .constant, axes: [2], lower: 0, upper: 1, values: [0, 0, 0, 1, 1]))
      circuit.tables.append(Table(name: "t", content: .range(lower: 0, bits: 1)))
      circuit.lookups.append(Lookup(table: circuit.tables.count - 1, forms: [AffineForm(bare: circuit.columns.count - 1)]))
    } == 6)
    #expect(rule { circuit in
      let lookup = circuit.lookups.firstIndex { $0.forms[0].remainderShift != nil } ?? 0
      circuit.lookups[lookup].forms[0].parts[0].column = constant
    } == 6)
    #expect(rule { $0.contractions[0].output = constant } != nil)
    #expect(rule { $0.outputs.append(Port(column: constant, name: "k", dimensions: [5])) } == 9)
    #expect(rule { $0.inputs.append(Port(column: constant, name: "k", dimensions: [5])) } == 9)
  }

  @Test("row 16: rule 1, how many values constants have, and operands read of them") func constantCaps() {
    func circuit(_ count: Int, further: [Int], operands: Int) -> Int? {
      var circuit = ArithmeticCircuit(name: "constants", batchCap: 1, axes: [0, count, 1])
      let sizes = [count] + further
      circuit.axes += further
      circuit.columns = [Column(name: "w", kind: .weight, axes: [2], lower: -8, upper: 7)]
      for (index, size) in sizes.enumerated() {
        let values = [Int64](repeating: 1, count: size)
        circuit.columns.append(Column(name: "k", kind: .constant, axes: [index == 0 ? 1 : index + 2], lower: 1, upper: 1, values: values))
      }
      circuit.columns.append(Column(name: "v", kind: .virtual, axes: [0], lower: 0, upper: 1 << 50))
      let operand = Operand(column: 1, bindings: [Binding(1)])
      circuit.contractions = [Contraction(output: circuit.columns.count - 1, terms: Array(repeating: Term(operands: [operand]), count: operands))]
      circuit.outputs = [Port(column: circuit.columns.count - 1, name: "v", dimensions: [])]
      return circuit.brokenRule()
    }
    #expect(circuit(1 << 22, further: [], operands: 64) == nil)
    #expect(circuit(1 << 22, further: [], operands: 65) == 1)
    #expect(circuit(1 << 21 + 1, further: [], operands: 64) == nil)
    #expect(circuit(1 << 21 + 1, further: [], operands: 65) == 1)
    #expect(circuit(1 << 21, further: [1 << 21], operands: 1) == nil)
    #expect(circuit(1 << 21, further: [1 << 21, 1], operands: 1) == 1)
  }

  @Test("row 3: rule 9, index ports") func indexPorts() {
    let port = valid.inputs.firstIndex { $0.isIndex && !$0.dimensions.isEmpty } ?? 0
    let column = valid.inputs[port].column
    for (lower, upper) in [(0, 2), (-1, 1), (0, 0)] as [(Int64, Int64)] {
      #expect(rule { ($0.columns[column].lower, $0.columns[column].upper) = (lower, upper) } != nil)
    }
    let plain = SmallNetwork.small.circuit
    for (lower, upper, expected) in [(0, 1, nil), (0, 2, 9), (-1, 1, 9), (0, 0, 9)] as [(Int64, Int64, Int?)] {
      #expect(plain.brokenRule { circuit in
        (circuit.columns[0].lower, circuit.columns[0].upper) = (lower, upper)
        circuit.inputs[0].isIndex = true
        circuit.inputs[0].dimensions = []
      } == expected.map { _ in 9 }, "\(lower) \(upper)")
    }
    for dimensions in [[3, 6], [18], [6], [], [2]] { #expect(rule { $0.inputs[port].dimensions = dimensions } == 9) }
    for dimensions in [[3], [1, 3], [3, 1]] { #expect(rule { $0.inputs[port].dimensions = dimensions } == nil) }
    var b = CircuitBuilder("output", axes: [3])
    b.output(b.apply(to: b.input([1], 0...3)) { $0 & 1 })
    #expect(b.circuit.brokenRule() == nil)
    #expect(b.circuit.brokenRule { $0.outputs[0].isIndex = true; $0.outputs[0].dimensions = [] } == 9)
    #expect(rule { $0.outputs.append($0.inputs[port]) } == 9)
    #expect(rule { circuit in
      // No axis but the batch.
      circuit.columns.append(Column(name: "i", kind: .public, axes: [0], lower: 0, upper: 1))
      circuit.inputs.append(Port(column: circuit.columns.count - 1, name: "more", dimensions: [], isIndex: true))
    } == 9)
    #expect(rule { $0.inputs[port].classesOf = 3 } == 9)
  }

  @Test("row 16: rule 1, terms of virtual columns in lookups") func lookedUpTerms() {
    for (terms, lookups, expected) in [(1 << 14, 16, nil), (1 << 14, 17, 1), (65_535, 4, nil), (65_535, 5, 1)] as [(Int, Int, Int?)] {
      var b = CircuitBuilder("terms", axes: [2], batchCap: 1)
      let x = b.input([1], 0...1)
      _ = b.weight([1])
      let sum = b.contraction([1], Array(repeating: b.term(1, x), count: terms))
      var circuit = b.circuit
      circuit.tables = [Table(name: "t", content: .range(lower: 0, bits: 1))]
      circuit.lookups = Array(repeating: Lookup(table: 0, forms: [AffineForm(bare: sum)]), count: lookups)
      #expect(circuit.brokenRule() == expected)
    }
  }
}
