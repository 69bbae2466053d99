import Circuit

/// The circuit of an integer network.
///
/// Operators that make accumulators become contractions, requantizations the limbs of a remainder and an activation, each
/// with its lookup; views leave no trace. Layers with the same function share one table.
///
/// - Throws: `.unusableLayer`.
package func lower(_ network: IntegerNetwork, batchCap: Int = defaultBatchCap) throws(ModelError) -> LoweredNetwork {
  var lowering = try Lowering(network, batchCap: batchCap)
  for index in network.nodes.indices { try lowering.add(index) }
  return try lowering.finish()
}

package let defaultBatchCap = 1 << 12

private struct Lowering {
  private let network: IntegerNetwork
  private let plan: AxisPlan
  private let rounding: RoundingPlan
  private var builder: CircuitBuilder
  /// By value.
  private var views: [View] = []

  init(_ network: IntegerNetwork, batchCap: Int) throws(ModelError) {
    self.network = network
    plan = try AxisPlan(network)
    rounding = RoundingPlan(network)
    builder = CircuitBuilder(name: network.name, batchCap: batchCap)
    for (index, input) in network.inputs.enumerated() {
      let axes = columnAxes(plan.axes[index].map { builder.appendAxis($0) })
      let column = builder.appendColumn(input.port.name, .input, axes, input.range, scale: input.scale)
      builder.circuit.inputs.append(Port(column: column, name: input.port.name, dimensions: input.port.shape))
      views.append(view(of: column, value: index))
    }
  }

  consuming func finish() throws(ModelError) -> LoweredNetwork {
    for output in network.outputs {
      let column = views[output.value].column
      if let count = output.classCount {
        try appendClasses(output, of: column, count: count)
      } else {
        builder.circuit.outputs.append(
          Port(column: column, name: output.name, dimensions: network.shape(of: output.value)))
      }
    }
    guard builder.circuit.columns.contains(where: { $0.kind == .weight || $0.kind == .advice }) else {
      throw .unusableLayer(network.name, reason: "the network only moves its inputs; there is nothing to prove")
    }
    do throws(InvalidCircuit) {
      try builder.circuit.validate()
    } catch {
      throw .unusableLayer(
        network.outputs.first?.name ?? network.name,
        reason: "the circuit breaks rule \(error.rule) of docs/protocol.md §3.3 at \(error.index)")
    }
    return LoweredNetwork(circuit: builder.circuit, weights: builder.weights)
  }

  mutating func add(_ index: Int) throws(ModelError) {
    let node = network.nodes[index]
    let value = network.inputs.count + index
    let first = views[node.operands[0]]
    switch node.operation {
    case .linear(let linear): try append(contraction(linear, node, index), value)
    case .affine(let affine): try append(contraction(affine, node, index), value)
    case .combination(let coefficients): try append(contraction(coefficients, node, index), value)
    case .product(let coefficient): try append(contraction(product: coefficient, node, index), value)
    case .concatenation(let axis, let coefficients):
      try append(contraction(axis: axis, coefficients, node, index), value)
    case .requantize(let requantization):
      append(try requantize(first.column, requantization, node), value)
    case .table(let function):
      let range = network.range(of: node.operands[0])
      let table = rounding.table(of: function, domain: range, &builder)
      append(
        builder.appendFunction(
          "\(node.name).activation", of: AffineForm(plain: first.column), table, scale: node.scale), value)
    case .reshape: views.append(first)
    case .transpose:
      var view = first
      for (axis, target) in plan.axisMap(node: index, operand: 0, network).enumerated() {
        if let target { view.axes[target] = first.axes[axis] }
      }
      views.append(view)
    case .slice(_, let start, let stride): views.append(try slice(first, node, index, start: start, stride: stride))
    }
  }

  private mutating func append(_ column: Int, _ value: Int) { views.append(view(of: column, value: value)) }

  /// A column of all elements of a value.
  private func view(of column: Int, value: Int) -> View {
    let sizes = plan.axes[value]
    return View(
      column: column, axes: sizes.enumerated().map { View.Axis(position: $0 + 1, size: $1) },
      fixed: sizes.isEmpty ? [1: 0] : [:])
  }

  /// At least one axis.
  private mutating func columnAxes(_ axes: [Int]) -> [Int] { axes.isEmpty ? [builder.unitAxis()] : axes }

  private func slice(
    _ view: View, _ node: IntegerNode, _ index: Int, start: Int, stride: Int
  ) throws(ModelError) -> View {
    let (operand, value) = (node.operands[0], network.inputs.count + index)
    let map = plan.axisMap(node: index, operand: 0, network)
    let unmapped = map.indices.filter { map[$0] == nil }
    if unmapped.isEmpty { return view }
    guard unmapped.count == 1, let axis = unmapped.first else { throw splitAxis(node) }
    let length = plan.axes[operand][axis] * node.shape.reduce(1, *) / network.shape(of: operand).reduce(1, *)
    let base = plan.bases(of: operand)[axis]
    let result = plan.bases(of: value).firstIndex(of: base)
    guard length == 1 || result.map({ plan.axes[value][$0] }) == length else { throw splitAxis(node) }
    return view.sliced(axis: axis, start: start, stride: stride, size: length)
  }

  private func splitAxis(_ node: IntegerNode) -> ModelError {
    .unusableLayer(node.name, reason: "another operator splits the axis along which it cuts or joins")
  }
}

// MARK: Contractions

extension Lowering {
  /// Loop axes for a value: an operand's own axes where it is read whole, new ones else.
  private mutating func loops(for value: Int, _ index: Int, _ operands: [Int]) -> [Int] {
    var loops = [Int?](repeating: nil, count: plan.axes[value].count)
    for (position, operand) in operands.enumerated() {
      let view = views[operand]
      for (axis, target) in zip(view.axes, plan.axisMap(node: index, operand: position, network)) {
        guard let target, loops[target] == nil else { continue }
        let own = builder.circuit.columns[view.column].axes[axis.position]
        let isWhole = axis.start == 0 && axis.stride == 1 && builder.circuit.axes[own] == axis.size
        if isWhole, axis.size == plan.axes[value][target], !loops.contains(own) { loops[target] = own }
      }
    }
    return zip(loops, plan.axes[value]).map { loop, size in loop ?? builder.appendAxis(size) }
  }

  private mutating func contraction(
    _ linear: IntegerLinear, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> Int {
    let (operand, value) = (node.operands[0], network.inputs.count + index)
    let view = views[operand]
    let map = plan.axisMap(node: index, operand: 0, network)
    let outputs = loops(for: value, index, [operand])
    let leading = Set(map.compactMap { $0 })
    var rows = outputs.indices.filter { !leading.contains($0) }.map { outputs[$0] }
    if rows.isEmpty { rows = [builder.unitAxis()] }
    let inputs = zip(view.axes, map).map { axis, target -> Int in
      if let target { return outputs[target] }
      let own = builder.circuit.columns[view.column].axes[axis.position]
      return builder.circuit.axes[own] == axis.size && !outputs.contains(own) ? own : builder.appendAxis(axis.size)
    }
    let summed = zip(inputs, map).filter { $0.1 == nil }.map(\.0)
    let weight = try builder.appendWeights(
      linear.weights.map(Int64.init), "\(node.name).weight", layer: node.name, rows + summed)
    let bias = try builder.appendWeights(linear.bias, "\(node.name).bias", layer: node.name, rows)
    return try builder.appendContraction(
      "\(node.name).accumulator", layer: node.name, columnAxes(outputs),
      [
        Term(operands: [builder.whole(weight), builder.operand(view, loops: inputs)]),
        Term(operands: [builder.whole(bias)]),
      ], scale: node.scale)
  }

  private mutating func contraction(
    _ affine: IntegerAffine, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> Int {
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
    return try builder.appendContraction(
      "\(node.name).accumulator", layer: node.name, columnAxes(outputs),
      [
        Term(operands: [builder.whole(scale), operand(node, index, 0, outputs)]),
        Term(operands: [builder.whole(shift)]),
      ], scale: node.scale)
  }

  /// A node's operand with its axes driven by the result's loop axes.
  private mutating func operand(_ node: IntegerNode, _ index: Int, _ position: Int, _ outputs: [Int]) -> Operand {
    let map = plan.axisMap(node: index, operand: position, network)
    return builder.operand(views[node.operands[position]], loops: map.map { $0.map { outputs[$0] } ?? 0 })
  }

  private mutating func contraction(
    _ coefficients: [Int64], _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> Int {
    let outputs = loops(for: network.inputs.count + index, index, node.operands)
    let terms = coefficients.enumerated().map { position, coefficient in
      Term(coefficient: coefficient, operands: [operand(node, index, position, outputs)])
    }
    return try builder.appendContraction(
      "\(node.name).accumulator", layer: node.name, columnAxes(outputs), terms, scale: node.scale)
  }

  private mutating func contraction(
    product coefficient: Int64, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> Int {
    let outputs = loops(for: network.inputs.count + index, index, node.operands)
    let operands = [operand(node, index, 0, outputs), operand(node, index, 1, outputs)]
    return try builder.appendContraction(
      "\(node.name).accumulator", layer: node.name, columnAxes(outputs),
      [Term(coefficient: coefficient, operands: operands)], scale: node.scale)
  }

  /// Every part is read at the place where it starts, and is zero elsewhere.
  private mutating func contraction(
    axis: Int, _ coefficients: [Int64], _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> Int {
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
    return try builder.appendContraction(
      "\(node.name).accumulator", layer: node.name, columnAxes(outputs), terms, scale: node.scale)
  }
}

// MARK: Requantization and classes

extension Lowering {
  private mutating func requantize(
    _ accumulators: Int, _ requantization: Requantization, _ node: IntegerNode
  ) throws(ModelError) -> Int {
    let limbs = rounding.limbs(ofShift: requantization.shift)
    let window = rounding.window(of: requantization)
    guard requantization.domain.count / (window?.count ?? 1) <= maximumTableSize else {
      throw .unusableLayer(
        node.name,
        reason: "inputs in range could take it to \(requantization.domain) steps, too far beyond the calibrated ones")
    }
    guard let window else {
      let table = rounding.table(of: requantization.function, domain: requantization.domain, &builder)
      return builder.appendRequantization(accumulators, node.name, limbs: limbs, table: table, scale: node.scale)
    }
    let table = builder.appendTable(
      .function(lower: window.lowerBound, values: window.map(requantization.function.value)), "function on \(window)")
    return try builder.appendSaturation(
      accumulators, node.name, limbs: limbs, domain: requantization.domain, window: window, table: table,
      scale: node.scale)
  }

  /// For the claimed classes, one-hot in a public column: no other element of the source is larger than theirs.
  private mutating func appendClasses(_ output: NetworkOutput, of source: Int, count: Int) throws(ModelError) {
    let name = output.name
    guard plan.axes[output.value].count == 1, let size = plan.axes[output.value].first, count < size else {
      throw .unusableLayer(name, reason: "\(count) classes can only be shown of a vector of more than \(count) elements")
    }
    let element = builder.axes(of: source)[0]
    let range = network.range(of: output.value)
    let widest = Int64(1) << 52
    guard -widest < range.lowerBound, range.upperBound < widest else {
      throw .unusableLayer(name, reason: "its elements can reach \(range), too wide to be compared; show the values instead")
    }
    let parts = builder.appendExactParts(source, name, range: range, limbs: rounding.limbs(ofShift:))
    let (rank, chosen) = (builder.appendAxis(count), builder.appendAxis(count))
    let other = builder.appendAxis(size)
    let classes = builder.appendColumn("\(name).classes", .input, [rank, element], 0...1)
    let batch = ArithmeticCircuit.batchAxis
    var terms: [Term] = []
    for (column, coefficient) in parts {
      terms.append(
        Term(
          coefficient: coefficient,
          operands: [
            Operand(
              column: classes,
              bindings: [Binding(batch), Binding(rank), Binding(other, slice: .init(start: 0, stride: 1))]),
            Operand(column: column, bindings: [Binding(batch), Binding(other, slice: .init(start: 0, stride: 1))]),
          ]))
      terms.append(Term(coefficient: -coefficient, operands: [builder.whole(column)]))
    }
    // The claimed classes need not be compared with each other.
    let spread = range.upperBound - range.lowerBound
    if count > 1 {
      terms.append(
        Term(
          coefficient: spread,
          operands: [
            Operand(
              column: classes,
              bindings: [Binding(batch), Binding(chosen, slice: .init(start: 0, stride: 1)), Binding(element)])
          ]))
    }
    let lead = try builder.appendContraction("\(name).lead", layer: name, [rank, element], terms, scale: 1)
    builder.appendNonNegative(lead, "\(name).lead", upper: 2 * spread)
    builder.circuit.outputs.append(
      Port(column: classes, name: name, dimensions: [count], classesOf: source))
  }
}
