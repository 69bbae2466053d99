import Circuit

extension Lowering {
  /// Gives loops of a node that no operand has an axis for those of the columns that its constants have already.
  func takeAxes(_ contraction: Contraction<Int64>, _ index: Int, _ axes: inout [Int?], unrolled: Set<Int>) {
    let sizes = plan.axes[plan.loops(ofNode: index)]
    for constant in contraction.constants {
      guard let known = constant.array.flatMap({ arrays[$0] }) else { continue }
      var free = builder.axes(of: known.column).filter { !axes.contains($0) }
      for target in planned(constant, contraction, index) where axes[target] == nil && !unrolled.contains(target) {
        guard let place = free.firstIndex(where: { builder.circuit.axes[$0] == sizes[target] }) else { continue }
        axes[target] = free.remove(at: place)
      }
    }
  }

  /// The axes of the plan for a node's loops that a constant names.
  func planned(_ constant: Contraction<Int64>.Constant, _ contraction: Contraction<Int64>, _ index: Int) -> [Int] {
    let (space, strides) = (plan.loops(ofNode: index), rowStrides(contraction.loops))
    return zip(plan.bases(of: space), plan.axes[space]).enumerated().filter { _, axis in
      constant.loops.contains { strides[$0] <= axis.0 && axis.0 < strides[$0] * contraction.loops[$0] }
    }.map(\.offset)
  }

  /// A column of weights that holds the integers of a constant already, its axes read by these loop axes; nil where there is none,
  /// and the constant needs one of its own.
  func knownWeights(_ constant: Contraction<Int64>.Constant, _ loops: [Int]) -> Operand? {
    guard let known = constant.array.flatMap({ arrays[$0] }) else { return nil }
    let own = builder.circuit.columns[known.column].axes
    let sizes = loops.map { builder.circuit.axes[$0] }
    let orders = [own.compactMap { loops.firstIndex(of: $0) }, [0, 1], [1, 0]]
    let order = orders.first { order in
      order.count == loops.count && own.count == loops.count && order.map { sizes[$0] } == own.map { builder.circuit.axes[$0] }
        && transposed(constant.values, sizes, order: order) == builder.weights[known.weights]
    }
    return order.map { order in
      let bindings = zip(own, order.map { loops[$0] }).map { axis, loop in
        axis == loop ? Binding(axis) : Binding(loop, slice: .init(start: 0, stride: 1))
      }
      return Operand(column: known.column, bindings: bindings)
    }
  }
}
