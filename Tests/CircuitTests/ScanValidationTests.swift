import Circuit
import TestSupport
import Testing

/// Columns that are made of themselves: rule 4 of docs/protocol.md §3.3.
@Suite struct ScanValidationTests {
  /// g(t, n) = x(t, n) + h before, h a function of g. Axes: 1 (4) and 2 (4) of both, 3 (4) and 4 (1) of none.
  private struct Parts {
    var circuit: ArithmeticCircuit
    let (x, g, h): (Int, Int, Int)

    init() {
      var b = CircuitBuilder("scan", axes: [4, 4, 4, 1])
      x = b.input([1, 2], -4...4)
      g = b.contraction([1, 2], [b.term(1, x)], later: -1000...1000)
      h = b.apply(to: g, limbs: [3]) { min(max($0, -8), 7) }
      b.append([Term(operands: [b.before(h, 1)])], to: g)
      b.output(h)
      circuit = b.circuit
    }

    /// The same with other reads of h.
    func rule(_ reads: [[Binding]]) -> Int? {
      circuit.brokenRule { circuit in
        let own = circuit[terms: g]
        circuit[terms: g] = Array(own.prefix(1)) + reads.map { Term(operands: [Operand(column: h, bindings: [Binding(0)] + $0)]) }
      }
    }
  }

  private let parts = Parts()
  private func slice(_ loop: Int, _ start: Int, _ stride: Int = 1) -> Binding { Binding(loop, slice: .init(start: start, stride: stride)) }

  @Test("row 6: rule 4, a column is read at smaller indices of one axis") func reads() {
    for start in 1...3 { #expect(parts.rule([[slice(1, -start), Binding(2)]]) == nil) }
    #expect(parts.rule([[Binding(1), slice(2, -1)]]) == nil)
    #expect(parts.rule([[slice(1, -1), Binding(2)], [slice(1, -2), slice(2, 1)]]) == nil)
    // Other axes are read anywhere: summed, elsewhere, backwards too.
    #expect(parts.rule([[slice(1, -1), slice(3, 0)]]) == nil)
    #expect(parts.rule([[slice(1, -1), slice(3, 1, 2)]]) == nil)
    #expect(parts.rule([[slice(1, -1), slice(2, -1)]]) == nil)
    // At the same index, after it, with a stride, where nothing is.
    #expect(parts.rule([[Binding(1), Binding(2)]]) == 4)
    #expect(parts.rule([[slice(1, 0), Binding(2)]]) == 4)
    #expect(parts.rule([[slice(1, 1), Binding(2)]]) == 4)
    #expect(parts.rule([[slice(1, -1, 2), Binding(2)]]) == 4)
    #expect(parts.rule([[slice(1, -3, 2), Binding(2)]]) == 4)
    #expect(parts.rule([[slice(1, -4), Binding(2)]]) == 5)
    // Summed over, fixed, broadcast; by another axis, one by the other.
    #expect(parts.rule([[slice(3, -1), Binding(2)]]) == 4)
    #expect(parts.rule([[slice(4, 2), Binding(2)]]) == 4)
    #expect(parts.rule([[slice(3, 0), slice(4, 1)]]) == 4)
    #expect(parts.rule([[slice(2, -1), slice(1, -1)]]) == 4)
    #expect(parts.rule([[slice(2, -1), slice(3, 0)]]) == 4)
    // One of several reads; along two axes.
    #expect(parts.rule([[slice(1, -1), Binding(2)], [Binding(1), Binding(2)]]) == 4)
    #expect(parts.rule([[slice(1, -1), Binding(2)], [Binding(1), slice(2, -1)]]) == 4)
    #expect(parts.rule([[slice(1, -1), Binding(2)], [slice(1, -1), slice(2, -1)]]) == nil)
    // Along the batch.
    #expect(parts.circuit.brokenRule { $0[terms: parts.g][1].operands[0].bindings = [slice(0, -1), Binding(1), Binding(2)] } == 5)
    // Nothing is too far for an axis of one index.
    var b = CircuitBuilder("one", axes: [1])
    let g = b.contraction([1], [b.term(1, b.input([1]))], later: -1000...1000)
    let h = b.apply(to: g) { $0 % 2 }
    b.append([Term(operands: [b.before(h, 1)])], to: g)
    #expect(b.circuit.brokenRule() == 5)
  }

  @Test("row 6: rule 4, all edges of a component are level or late along its axis, and all columns have it") func components() {
    // g(t) of k(t − 1), k(t) of h(t + start); the read of h is no backward edge.
    func rule(_ bindings: [Binding], axes: [Int] = [1, 2], back: [Binding]? = nil) -> Int? {
      var parts = Parts()
      var b = CircuitBuilder(parts.circuit)
      let read = Term(operands: [Operand(column: parts.h, bindings: [Binding(0)] + bindings)])
      let k = b.apply(to: b.contraction(axes, [read])) { min(max($0, -8), 8) }
      let late = back.map { Operand(column: k, bindings: [Binding(0)] + $0) } ?? b.before(k, 1)
      b.append([Term(operands: [late])], to: parts.g)
      parts.circuit = b.circuit
      return parts.circuit.brokenRule()
    }
    #expect(rule([Binding(1), Binding(2)]) == nil)
    #expect(rule([slice(1, -1), Binding(2)]) == nil)
    #expect(rule([slice(1, 0), slice(3, 0)]) == nil)
    #expect(rule([slice(1, 1), Binding(2)]) == 4)
    #expect(rule([slice(1, -1, 2), Binding(2)]) == 4)
    #expect(rule([slice(3, 0), Binding(2)]) == 4)
    // A column without the axis, which sums over it or reads one place.
    #expect(rule([slice(3, 0), Binding(2)], axes: [2], back: [Binding(2)]) == 4)
    #expect(rule([slice(4, 3), Binding(2)], axes: [2], back: [slice(2, -1)]) == 4)
    #expect(rule([Binding(1), slice(3, 0)], axes: [1], back: [slice(1, -1)]) == nil)
    #expect(rule([Binding(1), slice(3, 0)], axes: [1], back: [Binding(1)]) == 4)
  }

  @Test("row 6: rule 4, a backward edge leads to its own component") func otherComponents() {
    // y is made of z, which comes after it and is not made of y.
    for index in [-1, 0] {
      var b = CircuitBuilder("later", axes: [4])
      let x = b.input([1])
      let y = b.contraction([1], [b.term(1, x)], later: -100...100)
      let z = b.apply(to: x) { $0 }
      b.append([Term(operands: [b.before(z, 1, by: -index)])], to: y)
      b.output(y)
      #expect(b.circuit.brokenRule() == 4)
    }
    // A weight and a constant are made of nothing, and may come later; an input may not.
    for kind in 0..<3 {
      var b = CircuitBuilder("later", axes: [4])
      let y = b.contraction([1], [b.term(1, b.input([1]))], later: -100...100)
      let late = kind == 0 ? b.weight([1]) : kind == 1 ? b.constant([1], [0, 1, 2, 3]) : b.input([1])
      b.append([Term(operands: [b.whole(late)])], to: y)
      _ = b.apply(to: y) { $0 }
      #expect(b.circuit.brokenRule() == (kind == 2 ? 4 : nil))
    }
    // Two scans along two axes.
    #expect(SmallNetwork.twoScans.circuit.brokenRule() == nil)
    // One feeds the other, which feeds it back.
    var b = CircuitBuilder(SmallNetwork.twoScans.circuit)
    let outer = b.circuit.contractions.map(\.output)
    let last = b.circuit.outputs[0].column
    b.append([Term(operands: [b.before(last, 1)])], to: outer[0])
    var circuit = b.circuit
    for column in outer { (circuit.columns[column].lower, circuit.columns[column].upper) = (-1 << 20, 1 << 20) }
    #expect(circuit.brokenRule() == 4)
    circuit[terms: outer[1]].removeLast()
    #expect(circuit.brokenRule() == nil)
  }

  @Test("row 6: rule 4, lookups are edges") func lookups() {
    // y = f(y); y = f(x), x = y.
    let circuit = parts.circuit
    #expect(circuit.brokenRule { circuit in
      let lookup = circuit.lookups.firstIndex { $0.forms.count == 2 } ?? 0
      circuit.lookups[lookup].forms[0] = AffineForm(bare: parts.h)
    } != nil)
    let own = Operand(column: parts.h, bindings: [Binding(0), Binding(1), Binding(2)])
    #expect(circuit.brokenRule { $0[terms: parts.g] = [Term(operands: [own])] } == 4)
    // A form's columns have the same axes.
    #expect(circuit.brokenRule { circuit in
      circuit.columns[parts.h].axes = [0, 2]
      circuit[terms: parts.g][1].operands[0].bindings.remove(at: 1)
      circuit.outputs[0].dimensions = [4]
    } == 6)
    // A quotient, and a limb, that are read too early.
    for by in [0, 1] {
      var b = CircuitBuilder("quotient", axes: [4])
      let g = b.contraction([1], [b.term(1, b.input([1]))], later: -1000...1000)
      let q = b.quotients(of: g, [(2, 0), (3, 1)])
      b.append([Term(operands: [b.before(q[1], 1, by: by)]), Term(operands: [b.before(q[0], 1, by: 2)])], to: g)
      #expect(b.circuit.brokenRule() == (by == 0 ? 4 : nil))
    }
    for by in [0, 1] {
      var b = CircuitBuilder("limb", axes: [4])
      let g = b.contraction([1], [b.term(1, b.input([1]))], later: -1000...1000)
      let h = b.apply(to: g, limbs: [2, 3]) { $0 }
      b.append([Term(operands: [b.before(h - 1, 1, by: by)])], to: g)
      #expect(b.circuit.brokenRule() == (by == 0 ? 4 : nil))
    }
  }

  @Test("row 6: rule 4, digits are made of the exponent's operands and of masks") func thresholds() {
    // Threshold h of `axes` over `further`; x or the mask depends on p at the index before.
    func rule(_ axes: [Int], over further: [Int], masked: Bool, by distance: Int = 1) -> Int? {
      var b = CircuitBuilder("threshold", axes: [3, 3])
      let x = b.input([1, 2], 0...3)
      let sum = b.contraction([1, 2], [b.term(1, x)], later: -9...9)
      let o = b.apply(to: sum) { min(abs($0), 3) }
      let columns = b.threshold(
        axes, over: further, top: (-64, 7), plus: [b.term(-1, masked ? x : o)], SmallNetwork.falling,
        weights: [(1, masked ? [o] : [])], bound: 6)
      b.append([Term(coefficient: -1, operands: [b.before(columns.value, 1, by: distance)])], to: sum)
      b.output(columns.value)
      return b.circuit.brokenRule()
    }
    for masked in [false, true] {
      #expect(rule([1], over: [2], masked: masked) == nil)
      #expect(rule([1], over: [2], masked: masked, by: 0) == 4)
      #expect(rule([], over: [1, 2], masked: masked) == 4)
      #expect(rule([2], over: [1], masked: masked) == 4)
    }
    #expect(SmallNetwork.scannedThreshold.circuit.brokenRule() == nil)
  }

  @Test("row 6: rule 4, a class column is made of its source, row by row") func classes() {
    #expect(SmallNetwork.scannedClasses.circuit.brokenRule() == nil)
    // Axes: 1 rows, 2 entries, 3 and 4 of size 1, 5 for sums.
    func rule(_ row: Binding, _ entry: Binding) -> Int? {
      var b = CircuitBuilder("classes", axes: [4, 4, 1, 1, 4])
      let source = b.contraction([1, 2], [b.term(1, b.input([1, 2]))], later: -9...9)
      let column = b.classes(3, of: source)
      b.append([Term(coefficient: 2, operands: [Operand(column: column, bindings: [Binding(0), row, slice(4, 0), entry])])], to: source)
      _ = b.apply(to: source) { $0 }
      return b.circuit.brokenRule()
    }
    #expect(rule(slice(1, -1), Binding(2)) == nil)
    #expect(rule(slice(1, -1), slice(2, 1)) == nil)
    #expect(rule(Binding(1), Binding(2)) == 4)
    #expect(rule(Binding(1), slice(2, -1)) == 4)
    #expect(rule(slice(1, 1), Binding(2)) == 4)
    #expect(rule(slice(5, 0), slice(2, -1)) == 4)
  }

  @Test func componentsOfGraphs() {
    var random = RepeatableRandom(seed: 3)
    for round in 0..<300 {
      let count = Int.random(in: 1...9, using: &random)
      let edges = (0..<count).map { _ in (0..<round % 4).map { _ in Int.random(in: 0..<count, using: &random) } }
      let components = ColumnOrder.components(edges)
      var reached = (0..<count).map { start in Set([start]).union(edges[start]) }
      for middle in 0..<count { for start in 0..<count where reached[start].contains(middle) { reached[start].formUnion(reached[middle]) } }
      for start in 0..<count {
        for end in 0..<count {
          #expect((components[start] == components[end]) == (reached[start].contains(end) && reached[end].contains(start)))
          if reached[start].contains(end) { #expect(components[end] <= components[start]) }
        }
      }
    }
    // As long as circuits can be.
    let count = ArithmeticCircuit.listCap
    #expect(ColumnOrder.components((0..<count).map { [($0 + 1) % count] }) == [Int](repeating: 0, count: count))
    #expect(ColumnOrder.components((0..<count).map { $0 + 1 < count ? [$0 + 1] : [] }) == Array((0..<count).reversed()))
  }
}
