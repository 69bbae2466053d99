import Circuit
import Field

extension Contraction {
  /// output(o) = Σ_terms coefficient · Σ_s Π operands by the definition, one index at a time.
  package func evaluate(_ circuit: ArithmeticCircuit, batch: Int, _ columns: [[Int64]]) -> [Int64] {
    evaluate(circuit, batch: batch, columns, from: { $0 }, &+, &*)
  }

  /// The same in F.
  package func evaluateInField(_ circuit: ArithmeticCircuit, batch: Int, _ columns: [[Int64]]) -> [Int64] {
    evaluate(circuit, batch: batch, columns.map { $0.map { BaseField($0) } }, from: { BaseField($0) }, +, *).map { $0.centred }
  }

  private func evaluate<Element>(
    _ circuit: ArithmeticCircuit, batch: Int, _ columns: [[Element]], from integer: (Int64) -> Element,
    _ add: (Element, Element) -> Element, _ multiply: (Element, Element) -> Element
  ) -> [Element] {
    let output = circuit.columns[self.output]
    return indices(output.axes, circuit, batch: batch).map { index in
      terms.reduce(integer(0)) { sum, term in
        let summed = term.summedAxes(output: output)
        return indices(summed, circuit, batch: batch).reduce(sum) { partial, inner in
          let loops = index.merging(inner) { $1 }
          let product = term.operands.reduce(integer(term.coefficient)) { product, operand in
            multiply(product, operand.entry(loops, circuit, batch: batch).map { columns[operand.column][$0] } ?? integer(0))
          }
          return add(partial, product)
        }
      }
    }
  }

  /// Every assignment of the axes, the last one fastest.
  private func indices(_ axes: [Int], _ circuit: ArithmeticCircuit, batch: Int) -> [[Int: Int]] {
    axes.reduce([[:]]) { partial, axis in
      partial.flatMap { index in
        (0..<circuit.size(ofAxis: axis, batch: batch)).map { index.merging([axis: $0]) { $1 } }
      }
    }
  }
}

extension Operand {
  /// Nil outside the column.
  fileprivate func entry(_ loops: [Int: Int], _ circuit: ArithmeticCircuit, batch: Int) -> Int? {
    zip(circuit.columns[column].axes, bindings).reduce(0) { entry, pair in
      let (axis, binding) = pair
      let index = (binding.slice?.start ?? 0) + (binding.slice?.stride ?? 1) * (loops[binding.loopAxis] ?? 0)
      let size = circuit.size(ofAxis: axis, batch: batch)
      return (0..<size).contains(index) ? entry.map { $0 * size + index } : nil
    }
  }
}
