import Circuit
import TestSupport
import Testing

/// Circuits that break exactly one rule of docs/protocol.md §3.3 and are refused with its number.
@Suite struct ValidationTests {
  /// Columns: 0 x, 1 w1, 2 b1, 3 accumulator, 4 low limb, 5 high limb, 6 activation, 7 w2, 8 output.
  /// Axes: 1 (3), 2 (5), 3 (2). Lookups: 0 low limb, 1 high limb, 2 activation. Tables: 0, 1 ranges, 2 function.
  private let valid = SmallNetwork.small.circuit

  private func rule(_ change: (inout ArithmeticCircuit) -> Void) -> Int? { valid.brokenRule(change) }

  private func addAxes(_ circuit: inout ArithmeticCircuit, _ sizes: Int...) { circuit.axes += sizes }

  @Test("the circuits of all tests are valid") func networksAreValid() throws {
    #expect(rule { _ in } == nil)
    for network in SmallNetwork.all { try network.circuit.validate() }
  }

  @Test("rows 9, 16: rule 1, caps") func caps() {
    #expect(rule { $0.batchCap = 0 } == 1)
    #expect(rule { $0.batchCap = 1 << 16 + 1 } == 1)
    #expect(rule { $0.axes = [] } == 1)
    #expect(rule { $0.axes[0] = 1 } == 1)
    #expect(rule { $0.axes[3] = 0 } == 1)
    #expect(rule { $0.axes.append(1 << 24 + 1) } == 1)
    #expect(rule { $0.axes.append(1 << 24) } == nil)
    #expect(rule { $0.axes += Array(repeating: 1, count: 4096) } == 1)
    #expect(rule { $0.columns = Array(repeating: $0.columns[1], count: 1 << 16 + 1) } == 1)
    #expect(rule { $0.tables = Array(repeating: $0.tables[0], count: 1025) } == 1)
    #expect(rule { $0.contractions = Array(repeating: $0.contractions[0], count: 1 << 16 + 1) } == 1)
    #expect(rule { $0.lookups = Array(repeating: $0.lookups[0], count: 1 << 16 + 1) } == 1)
    #expect(rule { $0.inputs = Array(repeating: $0.inputs[0], count: 256) } == 1)
    let threshold = Threshold(digits: [], exponent: 0, lookup: 0, sum: 0, sumBefore: 0)
    #expect(rule { $0.thresholds = Array(repeating: threshold, count: 1 << 16 + 1) } == 1)
    for count in [255, 256] {
      #expect(rule { circuit in
        let port = circuit.outputs[0]
        circuit.outputs = (0..<count).map { Port(column: port.column, name: "\($0)", dimensions: port.dimensions) }
      } == (count == 255 ? nil : 1))
    }
    #expect(rule { circuit in
      circuit.axes += Array(repeating: 1, count: 9)
      circuit.columns[7].axes = Array(4...12)
    } == 1)
    #expect(rule { $0.columns[7].axes = [2, 2] } == 1)
    #expect(rule { $0.tables[0].content = .range(lower: 0, bits: 23) } == 1)
    #expect(rule { $0.tables[0].content = .range(lower: .min, bits: 2) } == 1)
    // Together they have 2^63 rows, or −2^63.
    for bits in [62, 63] { #expect(rule { for table in 0...1 { $0.tables[table].content = .range(lower: 0, bits: bits) } } == 1) }
    #expect(rule { $0.tables[0].content = .function(lower: 0, values: []) } == 1)
    #expect(rule { $0.tables[0].content = .function(lower: 0, values: Array(repeating: 0, count: 1 << 16 + 1)) } == 1)
    #expect(rule { $0.tables[0].content = .function(lower: 0, values: [.max]) } == 1)
    #expect(rule { $0.tables[0].content = .function(lower: .min, values: [0]) } == 1)
    #expect(rule { $0.tables[0].content = .function(lower: 0, values: Array(repeating: 0, count: 1 << 17)) } == 1)
    #expect(rule { $0.contractions[0].terms[0].coefficient = .min } == 1)
    #expect(rule { $0.contractions[0].terms = [] } == 1)
    #expect(rule { $0.contractions[0].terms[0].operands = [] } == 1)
    #expect(rule { $0.contractions[0].terms[1].operands = Array(repeating: $0.contractions[0].terms[1].operands[0], count: 4) } == 1)
    #expect(rule { $0.axes[1] = 1 << 24; $0.axes[2] = 1 << 24 } == 1)
    for count in [16, 17] {
      let weight = Column(name: "", kind: .weight, axes: [1, 2], lower: -8, upper: 7)
      let circuit = ArithmeticCircuit(
        name: "", batchCap: 1, axes: [0, 1 << 24, 256], columns: Array(repeating: weight, count: count))
      #expect(rule { $0 = circuit } == (count == 16 ? nil : 1))
    }
    #expect(rule { $0.columns.removeAll { $0.kind == .weight || $0.kind == .advice } } == 1)
  }

  @Test("row 9: rule 1, fewer than 2^40 lookups, padding included") func lookupCap() {
    func circuit(lookups: Int) -> Int? {
      rule { circuit in
        let weight = Column(name: "", kind: .weight, axes: [1, 2], lower: -8, upper: 7)
        circuit = ArithmeticCircuit(
          name: "", batchCap: 1, axes: [0, 1 << 24, 256], columns: [weight],
          tables: [Table(name: "", content: .range(lower: -8, bits: 4))],
          lookups: Array(repeating: Lookup(table: 0, forms: [AffineForm(bare: 0)]), count: lookups))
      }
    }
    #expect(circuit(lookups: 255) == nil)
    #expect(circuit(lookups: 256) == 1)
  }

  @Test("rule 2: the batch axis comes first, on all but weights; names are short") func batchAxis() {
    #expect(rule { $0.columns[1].axes = [0, 1] } == 2)
    #expect(rule { $0.columns[1].axes = [2, 0] } == 2)
    #expect(rule { $0.columns[4].axes = [2] } == 2)
    #expect(rule { $0.columns[6].axes = [2, 0] } == 2)
    #expect(rule { $0.columns[0].axes = [] } == 2)
    for length in [255, 256] {
      let name = String(repeating: "n", count: length)
      let expected = length == 255 ? nil : 2
      #expect(rule { $0.name = name } == expected)
      #expect(rule { $0.columns[3].name = name } == expected)
      #expect(rule { $0.tables[0].name = name } == expected)
      #expect(rule { $0.inputs[0].name = name } == expected)
      #expect(rule { $0.outputs[0].name = name } == expected)
    }
  }

  @Test("row 16: rule 3, every index is in range") func indices() {
    #expect(rule { $0.columns[1].axes = [4] } == 3)
    #expect(rule { $0.columns[1].axes = [-1] } == 3)
    #expect(rule { $0.inputs[0].column = 9 } == 3)
    #expect(rule { $0.outputs[0].column = 9 } == 3)
    #expect(rule { $0.contractions[0].output = 9 } == 3)
    #expect(rule { $0.contractions[0].terms[0].operands[0].column = 9 } == 3)
    #expect(rule { $0.contractions[0].terms[0].operands[0].bindings[0].loopAxis = 4 } == 3)
    #expect(rule { $0.lookups[0].table = 3 } == 3)
    #expect(rule { $0.lookups[0].forms[0].parts[0].column = 9 } == 3)
  }

  @Test("rules 8 and 9: ranges are not empty and hold 0 where they are public; sizes are not negative") func ends() {
    #expect(rule { ($0.columns[4].lower, $0.columns[4].upper) = (1, 0) } == 8)
    #expect(rule { ($0.columns[0].lower, $0.columns[0].upper) = (-5, -1) } == 8)
    #expect(rule { $0.inputs[0].dimensions = [-1, -$0.inputs[0].dimensions.reduce(1, *)] } == 9)
  }

  @Test("row 6: rule 4, nothing is defined by what comes after it") func order() {
    #expect(rule { circuit in
      // The accumulator moves behind its limbs.
      circuit.columns.swapAt(3, 4)
      circuit.contractions[0].output = 4
      circuit.lookups[0].forms[0] = AffineForm(bare: 3)
      circuit.lookups[2].forms[0].parts[0].column = 4
      circuit.lookups[2].forms[0].parts[1].column = 3
    } == 4)
    #expect(rule { circuit in
      // The activation moves before a limb, which it is not made of.
      circuit.columns.swapAt(5, 6)
      circuit.lookups[1].forms[0] = AffineForm(bare: 6)
      circuit.lookups[2].forms[0].parts[2].column = 6
      circuit.lookups[2].forms[1] = AffineForm(bare: 5)
      circuit.contractions[1].terms[0].operands[1].column = 5
    } == nil)
  }

  @Test("rows 6, 11: rule 5, contractions") func contractions() {
    // A later weight; a virtual column, or the output itself as operand.
    #expect(rule { circuit in
      circuit.contractions[0].terms[1].operands[0] = Operand(column: 7, bindings: [Binding(3), Binding(2)])
      (circuit.columns[3].lower, circuit.columns[3].upper) = (-1 << 20, 1 << 20)
    } == nil)
    #expect(rule { $0.contractions[1].terms[0].operands[1].column = 3 } == 5)
    #expect(rule { $0.contractions[0].terms[1].operands[0] = Operand(column: 3, bindings: [Binding(0), Binding(2)]) } == 5)
    // The output is not virtual; no contraction; two contractions.
    #expect(rule { $0.contractions[0].output = 6 } == 5)
    #expect(rule { $0.contractions.removeLast() } == 5)
    #expect(rule { $0.contractions.append($0.contractions[0]) } == 5)
    // Bindings: too few, a loop axis twice, another axis without a slice.
    #expect(rule { $0.contractions[0].terms[0].operands[0].bindings.removeLast() } == 5)
    #expect(rule { $0.axes[2] = 3; $0.contractions[0].terms[0].operands[0].bindings = [Binding(1), Binding(1)] } == 5)
    #expect(rule { $0.contractions[0].terms[0].operands[0].bindings[0] = Binding(3) } == 5)
    #expect(rule { $0.contractions[0].terms[0].operands[0].bindings[0] = Binding(1, slice: .init(start: 0, stride: 1)) } == 5)
    // Slices: without a read inside, too far away, without stride, of and by the batch axis.
    func slice(_ column: Int, _ axis: Int, _ loop: Int, _ start: Int, _ stride: Int) -> Int? {
      rule { circuit in
        let operand = circuit.contractions[0].terms.firstIndex { $0.operands[0].column == column } ?? 0
        let position = circuit.columns[column].axes.firstIndex(of: axis) ?? 0
        circuit.contractions[0].terms[operand].operands[0].bindings[position] = Binding(
          loop, slice: .init(start: start, stride: stride))
      }
    }
    #expect(slice(2, 2, 2, 0, 1) == nil)
    for (start, stride) in [(1, 1), (0, 2), (4, 1), (-4, 1), (-12, 3), (-8, 2), (4, 1 << 24)] {
      #expect(slice(2, 2, 2, start, stride) == nil)
    }
    for (start, stride) in [(5, 1), (-5, 1), (-13, 3), (-2, 1 << 24), (1 << 24 + 1, 1), (-(1 << 24) - 1, 1 << 24), (-(1 << 25), 1 << 24)] {
      #expect(slice(2, 2, 2, start, stride) == 5)
    }
    #expect(slice(2, 2, 2, 0, 0) == 5)
    #expect(slice(2, 2, 2, 0, 1 << 25) == 5)
    #expect(slice(2, 2, 0, 0, 1) == 5)
    #expect(rule { $0.contractions[0].terms[0].operands[1].bindings[0] = Binding(0, slice: .init(start: 0, stride: 1)) } == 5)
    // Only weights run over a summed axis of no power of two, so that nothing forces its padding to zero.
    #expect(rule { circuit in
      circuit.contractions[0].terms[0].operands = [circuit.contractions[0].terms[0].operands[0], circuit.contractions[0].terms[0].operands[0]]
    } == 5)
    #expect(rule { circuit in
      circuit.axes[1] = 4
      circuit.inputs[0].dimensions = [4]
      circuit.columns[3].lower = -4096
      circuit.columns[3].upper = 4096
      circuit.contractions[0].terms[0].operands = [circuit.contractions[0].terms[0].operands[0], circuit.contractions[0].terms[0].operands[0]]
    } == nil)
  }

  @Test("rows 6, 7, 8: rule 6, forms determine quotient and remainder") func forms() {
    func form(_ change: (inout AffineForm) -> Void) -> Int? { rule { change(&$0.lookups[2].forms[0]) } }
    for constant in [-1 << 61, -16, 1, 1 << 61] as [Int64] { #expect(form { $0.constant = constant } == nil) }
    for constant in [-1 << 61 - 1, 1 << 61 + 1, .min, .max] as [Int64] { #expect(form { $0.constant = constant } == 6) }
    let moved = AffineForm(shift: 0, constant: 1, parts: [.init(column: 6, coefficient: 1)])
    #expect(rule { $0.lookups.append(Lookup(table: 0, forms: [moved])) } == 6)
    #expect(form { $0.shift = 4 } == 6)
    #expect(form { $0.shift = 6 } == 6)
    #expect(form { $0.shift = 49 } == 6)
    #expect(form { $0.parts[0].coefficient = 2 } == 6)
    #expect(form { $0.parts[1].coefficient = 1 } == 6)
    #expect(form { $0.parts[2].coefficient = -8 } == 6)
    #expect(form { $0.parts.swapAt(1, 2) } == 6)
    #expect(form { $0.parts = [] } == 6)
    // Columns of other axes, a missing coordinate, one too many.
    #expect(rule { $0.lookups[2].forms[0].parts[0].column = 0 } == 6)
    #expect(rule { $0.lookups[2].forms.removeLast() } == 6)
    #expect(rule { $0.lookups[0].forms.append(AffineForm(bare: 4)) } == 6)
    #expect(rule { $0.lookups[2].forms[1].shift = 1 } == 6)
    #expect(rule { $0.lookups[2].forms[1].constant = 1 } == 6)
    // Neither bare nor rounding: another coefficient, another part, which would be bounded but not determined.
    func further(_ form: AffineForm) -> Int? {
      rule { circuit in
        circuit.columns.append(circuit.columns[4])
        circuit.lookups.append(Lookup(table: 0, forms: [AffineForm(bare: 9)]))
        circuit.lookups.append(Lookup(table: 0, forms: [form]))
      }
    }
    for coefficient in [2, -1] as [Int64] {
      #expect(rule { $0.lookups.append(Lookup(table: 0, forms: [AffineForm(shift: 0, parts: [.init(column: 6, coefficient: coefficient)])])) } == 6)
    }
    #expect(further(AffineForm(shift: 0, parts: [.init(column: 6, coefficient: 1), .init(column: 9, coefficient: 5)])) == 6)
    #expect(rule { $0.lookups[2].forms[1].parts[0].coefficient = 2 } == 6)
    #expect(rule { $0.lookups[2].forms[1].parts.append(.init(column: 4, coefficient: 1)) } == 6)
    // Limb tables that do not fit: other widths, unsigned top, signed low limb.
    #expect(rule { $0.tables[0].content = .range(lower: 0, bits: 3); $0.columns[4].upper = 7 } == 6)
    #expect(rule { $0.tables[1].content = .range(lower: 0, bits: 3) } == 6)
    #expect(rule { $0.tables[0].content = .range(lower: -2, bits: 2) } == 6)
    #expect(rule { $0.tables[0].content = .range(lower: 0, bits: 0) } == 6)
    // The extremes stay inside (−p/2, p/2), to the last integer.
    func domain(_ lower: Int64, shift: Int) -> Int? {
      rule { circuit in
        guard let (_, values) = circuit.tables[2].content.function else { return }
        circuit.tables[2].content = .function(lower: lower, values: values)
        circuit.tables[0].content = .range(lower: 0, bits: 16)
        circuit.tables[1].content = .range(lower: -(1 << Int64(shift - 17)), bits: shift - 16)
        circuit.columns[4].upper = 1 << 16 - 1
        circuit.columns[5].lower = -(1 << Int64(shift - 17))
        circuit.columns[5].upper = 1 << Int64(shift - 17) - 1
        circuit.lookups[2].forms[0].shift = shift
        circuit.lookups[2].forms[0].parts[2].coefficient = -(1 << 16)
      }
    }
    #expect(domain(-20, shift: 32) == nil)
    #expect(domain(1 << 31 - 300, shift: 32) == nil)
    #expect(domain(-(1 << 31) + 1, shift: 32) == nil)
    let rowCount = Int64(1 << valid.tables[2].bitCount)
    for (last, expected) in [(1 << 32 - 2, nil), (1 << 32 - 1, 6)] as [(Int64, Int?)] {
      #expect(domain(last - rowCount + 1, shift: 31) == expected)
    }
    #expect(domain(1 << 31, shift: 32) == 6)
    #expect(domain(-(1 << 31), shift: 32) == 6)
    #expect(domain(1 << 61, shift: 32) == 6)
    #expect(domain(-(1 << 61), shift: 20) == 6)
  }

  @Test("row 6: rule 7, every advice value is bounded or determined") func advice() {
    // No range lookup of a limb; two of them; no use of a limb; two uses.
    #expect(rule { $0.lookups.remove(at: 0) } == 7)
    #expect(rule { $0.lookups.append($0.lookups[0]) } == 7)
    #expect(rule { circuit in
      circuit.columns.append(circuit.columns[4])
      circuit.lookups.append(Lookup(table: 0, forms: [AffineForm(bare: 9)]))
    } == 7)
    #expect(rule { $0.columns.append($0.columns[6]) } == 7)
    #expect(rule { $0.lookups.append($0.lookups[2]) } == 7)
    // One form may be looked up twice; another form may not use its limbs.
    func second(_ kind: ColumnKind = .advice, _ change: (inout AffineForm) -> Void = { _ in }) -> Int? {
      rule { circuit in
        circuit.columns.append(circuit.columns[6])
        circuit.columns[9].kind = kind
        var form = circuit.lookups[2].forms[0]
        change(&form)
        circuit.lookups.append(Lookup(table: 2, forms: [form, AffineForm(bare: 9)]))
      }
    }
    #expect(second() == nil)
    #expect(second { $0.constant += 1 } == 7)
    // An activation may be in a range besides, its declared range is the table's.
    #expect(rule { $0.lookups.append(Lookup(table: 0, forms: [AffineForm(bare: 6)])) } == nil)
    func range(_ change: (inout Column) -> Void) -> Int? {
      rule { circuit in
        change(&circuit.columns[6])
        (circuit.columns[8].lower, circuit.columns[8].upper) = (-(1 << 30), 1 << 30)
      }
    }
    #expect(range { _ in } == nil)
    #expect(range { $0.upper += 1 } == 7)
    #expect(range { $0.lower -= 1 } == 7)
    #expect(range { $0.upper -= 1 } == 7)
    #expect(rule { $0.columns[4].upper -= 1 } == 7)
    // The second form names a column that is no advice.
    #expect(rule { circuit in
      circuit.columns.append(Column(name: "", kind: .public, axes: [0, 2], lower: 0, upper: 1))
      circuit.inputs.append(Port(column: 9, name: "", dimensions: [5]))
      guard let (lower, values) = circuit.tables[2].content.function else { return }
      circuit.tables.append(Table(name: "", content: .function(lower: lower, values: values.map { $0 > 0 ? 1 : 0 })))
      circuit.lookups.append(
        Lookup(table: 3, forms: [AffineForm(bare: 6), AffineForm(bare: 9)]))
    } == 7)
    // A virtual column without a contraction as a second form, and as a limb: nothing else would bound it.
    #expect(second(.virtual) == 7)
    for limb in [4, 5] { #expect(rule { $0.columns[limb].kind = .virtual } == 7) }
    // A public column as a limb.
    #expect(rule { circuit in
      circuit.columns[4].kind = .public
      circuit.inputs.append(Port(column: 4, name: "", dimensions: [5]))
    } == 7)
  }

  @Test("rows 6, 27: rule 8, integers do not wrap and ranges are enforced ones") func ranges() {
    #expect(rule { $0.columns[3].upper -= 1 } == 8)
    #expect(rule { $0.columns[3].lower += 1 } == 8)
    #expect(rule { $0.columns[8].upper -= 1 } == 8)
    #expect(rule { $0.columns[8].upper += 1 } == nil)
    #expect(rule { $0.columns[1].upper += 1 } == 8)
    #expect(rule { ($0.columns[1].lower, $0.columns[1].upper) = (0, 1) } == 8)
    #expect(rule { ($0.columns[1].lower, $0.columns[1].upper) = (-(1 << 48), 1 << 48 - 1) } == 8)
    #expect(rule { ($0.columns[0].lower, $0.columns[0].upper) = (1, 15) } == 8)
    #expect(rule { ($0.columns[0].lower, $0.columns[0].upper) = (-15, -1) } == 8)
    #expect(rule { ($0.columns[3].lower, $0.columns[3].upper) = (5, 4) } == 8)
    #expect(rule { $0.columns[3].upper = 1 << 62 + 1 } == 8)
    #expect(rule { $0.columns[3].lower = .min } == 8)
    for scale: Double in [0, -1, .infinity, -.infinity, .nan] {
      for column in valid.columns.indices { #expect(rule { $0.columns[column].scale = scale } == 8) }
    }
    #expect(rule { $0.contractions[0].terms[0].coefficient = 1 << 53 } == 8)
    #expect(rule { ($0.columns[3].lower, $0.columns[3].upper) = (-(1 << 62), 1 << 62) } == nil)
    #expect(rule { circuit in
      (circuit.columns[3].lower, circuit.columns[3].upper) = (-(1 << 62), 1 << 62)
      circuit.contractions[0].terms[0].coefficient = 1 << 54
    } == 8)
    #expect(rule { circuit in
      // Two terms of 2^61 each reach 2^62, three go beyond.
      (circuit.columns[3].lower, circuit.columns[3].upper) = (-(1 << 62), 1 << 62)
      let term = Term(coefficient: 1 << 61, operands: [circuit.contractions[0].terms[1].operands[0]])
      circuit.contractions[0].terms = [term]
    } == 8)
  }

  @Test("row 27: rule 8, every product on the way is small, also where a later factor is 0") func products() {
    func product(_ range: ClosedRange<Int64>, _ coefficient: Int64) -> Int? {
      var b = CircuitBuilder("zero", axes: [2])
      let (x, zero) = (b.input([1], range), b.input([1], 0...0))
      _ = b.apply(to: x) { $0 & 1 }
      b.output(b.contraction([1], [b.term(1, x, zero)]))
      return b.circuit.brokenRule { $0.contractions[0].terms[0].coefficient = coefficient }
    }
    for range in [0...4, -4...0] as [ClosedRange<Int64>] {
      #expect(product(range, 1 << 60) == nil && product(range, -1 << 60) == nil)
      #expect(product(range, 1 << 60 + 1) == 8 && product(range, -1 << 60 - 1) == 8)
    }
  }

  @Test("row 8: rule 8, what a slice reads outside its column is 0") func readsOutside() {
    func lowest(_ start: Int, _ stride: Int) -> Int64 {
      var b = CircuitBuilder("outside", axes: [3, 5])
      let y = b.apply(to: b.input([2])) { $0 + 5 }
      let view = Operand(column: y, bindings: [Binding(0), Binding(1, slice: .init(start: start, stride: stride))])
      b.output(b.contraction([1], [Term(operands: [view])]))
      var circuit = b.circuit
      let output = circuit.columns.count - 1
      #expect((try? circuit.validate()) != nil)
      let lower = circuit.columns[output].lower
      circuit.columns[output].lower += 1
      #expect(throws: InvalidCircuit.self) { try circuit.validate() }
      return lower
    }
    #expect(lowest(0, 1) == 5 && lowest(2, 1) == 5 && lowest(0, 2) == 5)
    #expect(lowest(-1, 1) == 0 && lowest(3, 1) == 0 && lowest(1, 2) == 0 && lowest(-2, 2) == 0)
  }

  @Test("row 3: rule 9, ports") func ports() {
    #expect(rule { $0.inputs = [] } == 9)
    #expect(rule { $0.inputs.append($0.inputs[0]) } == 9)
    #expect(rule { $0.inputs[0].column = 6; $0.inputs[0].dimensions = [5] } == 9)
    #expect(rule { $0.outputs[0].column = 0; $0.outputs[0].dimensions = [3] } == 9)
    #expect(rule { $0.outputs[0].column = 1; $0.outputs[0].dimensions = [3] } == 9)
    #expect(rule { $0.inputs[0].dimensions = [4] } == 9)
    #expect(rule { $0.inputs[0].dimensions = [] } == 9)
    #expect(rule { $0.inputs[0].dimensions = [3, 0] } == 9)
    #expect(rule { $0.inputs[0].dimensions = [1, 3, 1] } == nil)
    #expect(rule { $0.inputs[0].dimensions = Array(repeating: 1 << 24, count: 8) } == 9)
  }

  @Test("rule 9: names of ports differ, byte by byte, among inputs and among outputs") func portNames() {
    func named(_ names: String..., inputs: Bool = false) -> Int? {
      rule { circuit in
        if inputs {
          circuit.columns.append(circuit.columns[0])
          circuit.inputs = [0, 9].enumerated().map { Port(column: $1, name: names[$0], dimensions: [3]) }
        } else {
          circuit.outputs = names.map { Port(column: 8, name: $0, dimensions: [2]) }
        }
      }
    }
    for inputs in [false, true] {
      #expect(named("a", "b", inputs: inputs) == nil)
      #expect(named("a", "a", inputs: inputs) == 9)
      #expect(named("", "", inputs: inputs) == 9)
      // The same character in two ways.
      #expect(named("\u{e9}", "e\u{301}", inputs: inputs) == nil)
    }
    #expect(rule { $0.outputs[0].name = $0.inputs[0].name } == nil)
  }

  @Test("row 3: rule 9, class ports") func classPorts() throws {
    let valid = SmallNetwork.classes(2).circuit
    func rule(_ change: (inout ArithmeticCircuit) -> Void) -> Int? { valid.brokenRule(change) }
    let source = try #require(valid.outputs[0].classesOf)
    let column = valid.outputs[0].column
    #expect(rule { _ in } == nil)
    #expect(rule { $0.outputs[0].classesOf = $0.columns.count } == 3)
    #expect(rule { $0.outputs[0].classesOf = nil } == 9)
    // No virtual column before the port's; of other axes.
    for other in valid.columns.indices where other != source { #expect(rule { $0.outputs[0].classesOf = other } == 9) }
    #expect(rule { $0.columns.append($0.columns[column]) } == 9)
    #expect(rule { $0.outputs.append($0.outputs[0]) } == 9)
    #expect(rule { $0.outputs = [] } == 9)
    #expect(rule { $0.inputs.append($0.outputs[0]) } == 9)
    #expect(rule { $0.inputs[0].classesOf = source } == 9)
    #expect(rule { $0.inputs.append($0.outputs[0]); $0.outputs = [] } == 9)
    #expect(rule { $0.columns[column].upper = 2 } == 9)
    #expect(rule { $0.columns[column].lower = -1 } == 9)
    for dimensions in [[], [1], [3], [2, 2], [10]] { #expect(rule { $0.outputs[0].dimensions = dimensions } == 9) }
    for dimensions in [[2, 1], [1, 2]] { #expect(rule { $0.outputs[0].dimensions = dimensions } == nil) }
    #expect(rule { circuit in
      circuit.columns[column].axes.swapAt(1, 2)
      circuit.outputs[0].dimensions = [5]
    } == 9)
    #expect(rule { circuit in
      circuit.columns[column].axes.removeLast()
      circuit.outputs[0].dimensions = [2]
    } == 9)
    #expect(rule { circuit in
      circuit.columns[column].axes = [0]
      circuit.outputs[0].dimensions = []
    } == 9)
    // More classes shown than there are.
    #expect(rule { circuit in
      circuit.axes[3] = 6
      circuit.outputs[0].dimensions = [6]
    } == 9)
  }

  @Test("row 3: rule 9, what class ports are about") func classSources() throws {
    let rows = SmallNetwork.classes(2, rows: [3, 7]).circuit
    let (column, source) = (rows.outputs[0].column, try #require(rows.outputs[0].classesOf))
    #expect(rows.brokenRule() == nil)
    for dimensions in [[42], [3, 7, 2], [21, 2], [2, 21]] { #expect(rows.brokenRule { $0.outputs[0].dimensions = dimensions } == nil) }
    for dimensions in [[2], [3, 2], [3, 7], [3, 7, 5]] { #expect(rows.brokenRule { $0.outputs[0].dimensions = dimensions } == 9) }
    // The source has the rows' axes in the same order.
    #expect(rows.brokenRule { $0.columns[column].axes.swapAt(1, 2) } == 9)
    #expect(rows.brokenRule { $0.columns[column].axes.remove(at: 1); $0.outputs[0].dimensions = [7, 2] } == 9)
    // 2^59 is the largest difference of entries.
    func declared(_ lower: Int64, _ upper: Int64) -> Int? {
      rows.brokenRule { ($0.columns[source].lower, $0.columns[source].upper) = (lower, upper) }
    }
    #expect(declared(-1 << 58, 1 << 58) == nil)
    #expect(declared(-1 << 58, 1 << 58 + 1) == 9)
    #expect(declared(-1 << 62, 1 << 62) == 9)
    // The source is a sum, which nothing but its own terms defines, and comes first: it could read the indices.
    var b = CircuitBuilder("kept", axes: [5, 2])
    let kept = b.apply(to: b.input([1])) { $0 }
    let sum = b.contraction([1], [b.term(1, kept)])
    let shown = b.classes(2, of: sum)
    #expect(b.circuit.brokenRule() == nil)
    #expect(b.circuit.brokenRule { $0.outputs[0].classesOf = kept } == 9)
    #expect(b.circuit.brokenRule { circuit in
      circuit.columns.swapAt(sum, shown)
      circuit.contractions[0].output = shown
      (circuit.outputs[0].column, circuit.outputs[0].classesOf) = (sum, shown)
    } == 9)
    // Terms of the source: three operands; one that sums over the axis of ranks.
    func circuit(_ term: (inout CircuitBuilder, Int) -> Term) -> ArithmeticCircuit {
      var b = CircuitBuilder("source", axes: [4, 5, 2])
      let x = b.input([1])
      _ = b.classes(3, of: b.contraction([2], [term(&b, x)]))
      return b.circuit
    }
    #expect(circuit { b, x in b.term(1, b.weight([2, 1]), x) }.brokenRule() == nil)
    #expect(circuit { b, x in b.term(1, b.weight([2, 1]), x, x) }.brokenRule() == 9)
    #expect(circuit { b, x in b.term(1, b.weight([2, 1, 3]), x) }.brokenRule() == 9)
    #expect(circuit { b, x in
      let slice = Operand(column: x, bindings: [Binding(0), Binding(3, slice: .init(start: 0, stride: 1))])
      return Term(operands: [b.whole(b.weight([2])), slice])
    }.brokenRule() == 9)
  }

  @Test("row 7: exactly the integers of its range satisfy the lookups of a hidden input") func hiddenRanges() throws {
    for (lower, upper) in [(0, 9), (-3, 4), (0, 15), (-8, 7), (0, 0), (-5, 0)] as [(Int64, Int64)] {
      var circuit = valid
      (circuit.columns[0].lower, circuit.columns[0].upper) = (lower, upper)
      let stated = try #require(circuit.stating([.hidden]))
      let lookups = stated.lookups.filter { $0.forms[0].bareColumn == 0 }
      let admitted = (Int64(-40)...40).filter { value in
        lookups.allSatisfy { lookup in
          let (first, last) = stated.tables[lookup.table].domain
          return first <= value && value <= last
        }
      }
      #expect(admitted == Array(lower...upper) && stated.columns[0].kind == .advice)
    }
  }

  @Test("row 16: rules 1 and 9, the caps hold with the class relations") func capsWithClasses() throws {
    let valid = SmallNetwork.classes(2).circuit
    func rule(_ change: (inout ArithmeticCircuit) -> Void) -> Int? { valid.brokenRule(change) }
    let stated = valid.withClassRelations
    let appended = (axes: stated.axes.count, columns: stated.columns.count, tables: stated.tables.count)
    #expect(appended.axes == valid.axes.count + 2)
    for (surplus, expected) in [(0, nil), (1, 1)] {
      #expect(rule { $0.axes += Array(repeating: 1, count: 4096 - appended.axes + surplus) } == expected)
      #expect(rule { circuit in
        circuit.columns += Array(repeating: circuit.columns[1], count: 1 << 16 - appended.columns + surplus)
      } == expected)
      #expect(rule { circuit in
        let table = Table(name: "", content: .range(lower: 77, bits: 1))
        circuit.tables += Array(repeating: table, count: 1 << 10 - appended.tables + surplus)
      } == expected)
      // Two terms become four and two more.
      let terms = ArithmeticCircuit.maximumTermCount - stated.contractions.reduce(0) { $0 + $1.terms.count }
      #expect(rule { circuit in
        circuit.columns.append(Column(name: "v", kind: .virtual, axes: [0], lower: -1 << 40, upper: 1 << 40))
        let term = Term(operands: [Operand(column: 2, bindings: [Binding(2)])])
        let contraction = Contraction(output: circuit.columns.count - 1, terms: Array(repeating: term, count: terms + surplus))
        circuit.contractions.append(contraction)
      } == expected)
    }
    // Terms are counted before they are made: the error names the port that is one too many.
    var b = CircuitBuilder("counted", axes: [5, 2])
    let x = b.input([1])
    let source = b.contraction([1], Array(repeating: b.term(1, b.apply(to: x) { $0 }), count: 1_000))
    for _ in 0..<40 { _ = b.classes(2, of: source) }
    // 1,000 terms of the source's own, 2,002 for each port.
    let invalid = #expect(throws: InvalidCircuit.self) { try b.circuit.validate() }
    #expect(invalid?.rule == 1 && invalid?.index == 32)
    // The class column has 2^32 entries, and its relation as many leaves for each limb and the quotient.
    let wide = SmallNetwork.classes(2, rows: [1 << 19]).circuit
    func batches(_ cap: Int) -> Int? {
      rule { $0 = wide; $0.batchCap = cap }
    }
    #expect(batches(1 << 9) == nil)
    #expect(batches(1 << 10) == 1)
    let wideSource = try #require(wide.outputs[0].classesOf)
    let ownCount = 511 - 2 * (wide.withClassRelations.lookups.count - wide.lookups.count)
    for (count, expected) in [(ownCount, nil), (ownCount + 1, 1)] {
      #expect(rule { circuit in
        circuit = wide
        circuit.batchCap = 1 << 9
        circuit.tables.append(Table(name: "", content: .range(lower: 0, bits: 1)))
        let lookup = Lookup(table: circuit.tables.count - 1, forms: [AffineForm(bare: wideSource)])
        circuit.lookups += Array(repeating: lookup, count: count)
      } == expected)
    }
  }

  @Test("row 16: rules 1 and 9, what a verifier computes is bounded") func work() {
    #expect(rule { $0.outputs[0].dimensions += Array(repeating: 1, count: 8) } == 9)
    #expect(
      rule {
        $0.contractions[0].terms = Array(repeating: $0.contractions[0].terms[0], count: 64)
        $0.contractions = Array(repeating: $0.contractions[0], count: 1024)
      } == 1)
    let ones = Operand(column: 0, bindings: [Binding(1)])
    for (count, expected) in [(65535, nil), (65536, 1)] {
      let circuit = ArithmeticCircuit(
        name: "terms", batchCap: 1, axes: [0, 1],
        columns: [
          Column(name: "w", kind: .weight, axes: [1], lower: -2, upper: 1),
          Column(name: "a", kind: .virtual, axes: [0], lower: -1 << 40, upper: 1 << 40),
        ],
        contractions: [Contraction(output: 1, terms: Array(repeating: Term(operands: [ones]), count: count))],
        outputs: [Port(column: 1, name: "y", dimensions: [])])
      var broken: Int?
      do throws(InvalidCircuit) { try circuit.validate() } catch { broken = error.rule }
      #expect(broken == expected)
    }
    for (count, expected, axis, loop) in [(16, nil, 1, 2), (17, 1, 1, 2), (16, nil, 2, 1), (17, 1, 2, 1)] {
      let slice = Operand(column: 0, bindings: [Binding(loop, slice: .init(start: 1, stride: 1))])
      let circuit = ArithmeticCircuit(
        name: "slices", batchCap: 1, axes: [0, 1 << 24, 2],
        columns: [
          Column(name: "w", kind: .weight, axes: [axis], lower: -2, upper: 1),
          Column(name: "a", kind: .virtual, axes: [0], lower: -1 << 40, upper: 1 << 40),
        ],
        contractions: [Contraction(output: 1, terms: Array(repeating: Term(operands: [slice]), count: count))],
        outputs: [Port(column: 1, name: "y", dimensions: [])])
      var broken: Int?
      do throws(InvalidCircuit) { try circuit.validate() } catch { broken = error.rule }
      #expect(broken == expected)
    }
  }
}
