import Circuit

/// Operators that make accumulators, as contractions.
extension Lowering {
  /// Loop axes for a value: an operand's own axes where it is read whole, new ones else.
  ///
  /// - Parameter sliding: Beside those that operand and result share, for each axis of the first operand one of the result.
  mutating func loops(for value: Int, _ index: Int, _ operands: [Int], sliding: [Int: Int] = [:]) -> [Int] {
    var loops = [Int?](repeating: nil, count: plan.axes[value].count)
    for (position, operand) in operands.enumerated() {
      let view = views[operand]
      let map = plan.axisMap(node: index, operand: position, network)
      for (number, axis) in view.axes.enumerated() {
        let target = map[number] ?? sliding[number]
        guard let target, loops[target] == nil else { continue }
        let own = builder.circuit.columns[view.column].axes[axis.position]
        let isWhole = axis.start == 0 && axis.stride == 1 && builder.circuit.axes[own] == axis.size
        if isWhole, axis.size == plan.axes[value][target], !loops.contains(own) { loops[target] = own }
      }
    }
    return zip(loops, plan.axes[value]).map { loop, size in loop ?? builder.appendAxis(size) }
  }

  /// The loop axis of an axis that is summed: the column's own where it is read whole.
  mutating func summedLoop(_ view: View, _ axis: View.Axis, _ outputs: [Int]) -> Int {
    let own = builder.circuit.columns[view.column].axes[axis.position]
    return builder.circuit.axes[own] == axis.size && !outputs.contains(own) ? own : builder.appendAxis(axis.size)
  }

  mutating func contraction(
    _ linear: IntegerLinear, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> View {
    let (operand, value) = (node.operands[0], network.inputs.count + index)
    let view = views[operand]
    let map = plan.axisMap(node: index, operand: 0, network)
    let outputs = loops(for: value, index, [operand])
    let leading = Set(map.compactMap { $0 })
    var rows = outputs.indices.filter { !leading.contains($0) }.map { outputs[$0] }
    if rows.isEmpty { rows = [builder.unitAxis()] }
    let inputs = zip(view.axes, map).map { axis, target in target.map { outputs[$0] } ?? summedLoop(view, axis, outputs) }
    let summed = zip(inputs, map).filter { $0.1 == nil }.map(\.0)
    let weightAxes = rows + summed
    let order = summed.count > 1 ? builder.byPadding(weightAxes) : weightAxes
    let weight = try builder.appendWeights(
      linear.weights.map(Int64.init), over: weightAxes, "\(node.name).weight", layer: node.name, order)
    let bias = try builder.appendWeights(linear.bias, "\(node.name).bias", layer: node.name, rows)
    return try accumulators(
      node, index, outputs,
      [
        Term(operands: [builder.whole(weight), builder.operand(view, loops: inputs)]),
        Term(operands: [builder.whole(bias)]),
      ])
  }

  mutating func contraction(
    _ affine: IntegerAffine, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> View {
    let value = network.inputs.count + index
    let outputs = loops(for: value, index, node.operands)
    let padded = [Int](repeating: 1, count: node.shape.count - affine.shape.count) + affine.shape
    let strides = rowStrides(node.shape)
    var axes = zip(outputs, plan.bases(of: value)).filter { _, base in
      node.shape.indices.contains { axis in
        padded[axis] != 1 && strides[axis] <= base && base < strides[axis] * node.shape[axis]
      }
    }.map(\.0)
    if axes.isEmpty { axes = [builder.unitAxis()] }
    let scale = try builder.appendWeights(
      affine.scale.map(Int64.init), "\(node.name).scale", layer: node.name, axes)
    let shift = try builder.appendWeights(affine.shift, "\(node.name).shift", layer: node.name, axes)
    return try accumulators(
      node, index, outputs,
      [
        Term(operands: [builder.whole(scale), operand(node, index, 0, outputs)]),
        Term(operands: [builder.whole(shift)]),
      ])
  }

  /// A node's operand with its axes driven by the result's loop axes.
  private mutating func operand(_ node: IntegerNode, _ index: Int, _ position: Int, _ outputs: [Int]) -> Operand {
    let map = plan.axisMap(node: index, operand: position, network)
    return builder.operand(views[node.operands[position]], loops: map.map { $0.map { outputs[$0] } ?? 0 })
  }

  mutating func contraction(
    _ coefficients: [Int64], _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> View {
    let outputs = loops(for: network.inputs.count + index, index, node.operands)
    let terms = coefficients.enumerated().map { position, coefficient in
      Term(coefficient: coefficient, operands: [operand(node, index, position, outputs)])
    }
    return try accumulators(node, index, outputs, terms)
  }

  mutating func contraction(
    product coefficient: Int64, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> View {
    let outputs = loops(for: network.inputs.count + index, index, node.operands)
    let operands = [operand(node, index, 0, outputs), operand(node, index, 1, outputs)]
    return try accumulators(
      node, index, outputs, [Term(coefficient: coefficient, operands: operands)])
  }

  /// Every part is read at the place where it starts, and is zero elsewhere.
  mutating func contraction(
    axis: Int, _ coefficients: [Int64], _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> View {
    let value = network.inputs.count + index
    let outputs = loops(for: value, index, node.operands)
    let base = rowStrides(node.shape)[axis]
    var terms: [Term] = []
    var offset = 0
    for (position, coefficient) in coefficients.enumerated() {
      var view = views[node.operands[position]]
      let size = network.shape(of: node.operands[position])[axis]
      guard let target = plan.bases(of: value).firstIndex(of: base), plan.axes[value][target] == node.shape[axis] else {
        throw splitAxis(node)
      }
      let map = plan.axisMap(node: index, operand: position, network)
      var operands: [Operand] = []
      if let own = map.firstIndex(of: nil) {
        guard map.count(where: { $0 == nil }) == 1, view.axes[own].size == size else { throw splitAxis(node) }
        view.axes[own].start -= offset
      } else {
        operands = [try builder.one(at: offset, loop: outputs[target])]
      }
      operands.append(builder.operand(view, loops: map.map { $0.map { outputs[$0] } ?? outputs[target] }))
      terms.append(Term(coefficient: coefficient, operands: operands))
      offset += size
    }
    return try accumulators(node, index, outputs, terms)
  }
}
