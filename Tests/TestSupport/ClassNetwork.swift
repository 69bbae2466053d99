import Circuit

extension SmallNetwork {
  /// One layer of which only the indices of the `count` largest of 5 outputs are shown.
  ///
  /// The layer's output a is committed exactly, by limbs and an identity table: a = low + 4·middle + 16·top. With s the
  /// class column, d(r, n) = Σ_m s(r, m)·a(m) − a(n) + bound·Σ_i s(i, n) is looked up not to be negative: no class
  /// that is not shown has a larger output than one that is.
  package static func classes(_ count: Int) -> SmallNetwork {
    var b = CircuitBuilder("\(count) classes", axes: [4, 5, count, 5, count], seed: 6)
    let x = b.input([1])
    let a = b.contraction([2], [b.term(1, b.weight([2, 1]), x), b.term(1, b.weight([2], bits: 6))])
    let top = b.apply(to: a, limbs: [2, 2]) { $0 }
    let parts = [(Int64(1), top - 2), (4, top - 1), (16, top)]
    let selection = b.classes(3, of: a)
    func along(_ column: Int, _ bindings: [Binding]) -> Operand {
      Operand(column: column, bindings: [Binding(0)] + bindings)
    }
    let (all, others) = (Binding.Slice(start: 0, stride: 1), Int64(4096))
    let chosen = parts.map { coefficient, part in
      Term(
        coefficient: coefficient,
        operands: [
          along(selection, [Binding(3), Binding(4, slice: all)]), along(part, [Binding(4, slice: all)]),
        ])
    }
    let own = parts.map { Term(coefficient: -$0.0, operands: [along($0.1, [Binding(2)])]) }
    let shown = Term(coefficient: others, operands: [along(selection, [Binding(5, slice: all), Binding(2)])])
    let difference = b.contraction([3, 2], chosen + own + [shown])
    b.requireNonnegative(difference, limbs: [5, 5], bits: 4)
    return SmallNetwork(b, batches: [1, 3])
  }
}
