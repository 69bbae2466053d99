import Circuit

/// How the loops of a contraction or maximum become axes of the circuit.
///
/// Where several loops read one axis of an operand, as windows do, all but one are *unrolled*: a term for each of their
/// places. A loop of the result stays, else the longest; none but one of the result goes through an axis of one element.
struct LoweredLoops {
  /// By axis of the plan for the loops: the axis of the circuit; nil where unrolled.
  let axes: [Int?]
  /// Ascending.
  let unrolled: [Int]
}

extension Contraction<Int64> {
  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View {
    lowering.network.isView(node)
      ? try lowering.view(readings[0].reading, node, index) : try lowering.contraction(self, node, index)
  }
}

extension Lowering {
  /// The axes of a node's loops: an operand's own axes where it is read from end to end, new ones else.
  mutating func loops(_ index: Int) throws(ModelError) -> LoweredLoops {
    let node = network.nodes[index]
    let (loops, space) = (node.loops, plan.loops(ofNode: index))
    var unrolled: Set<Int> = []
    if !node.operation.primitive.keepsInnerLoops { unrolled = Set(node.shape.count..<loops.count).filter { loops[$0] > 1 } }
    for (operand, reading) in node.readings {
      for (place, size) in zip(reading, network.shape(of: node.operands[operand])) {
        let steps = place.simplified(loops).steps.filter { !unrolled.contains($0.loop) }
        guard let kept = kept(steps, index) else { continue }
        unrolled.formUnion(steps.map(\.loop).filter { $0 != kept || (size == 1 && kept >= node.shape.count) })
      }
    }
    let sizes = plan.axes[space]
    var axes = [Int?](repeating: nil, count: sizes.count)
    let unrolledAxes = Set(unrolled.compactMap { plan.axis($0, loops, of: space) })
    for isResult in [true, false] {
      for (operand, reading) in node.readings {
        let view = views[node.operands[operand]]
        let map = axisMap(index, operand, reading, isSliding: true)
        for (number, axis) in view.axes.enumerated() {
          guard let target = map[number], axes[target] == nil, !unrolledAxes.contains(target) else { continue }
          guard (target < plan.axes[network.inputs.count + index].count) == isResult else { continue }
          let own = builder.circuit.columns[view.column].axes[axis.position]
          let isWhole = axis.start == 0 && axis.stride == 1 && builder.circuit.axes[own] == axis.size
          if isWhole, axis.size == sizes[target], !axes.contains(own) { axes[target] = own }
        }
      }
    }
    for target in axes.indices where axes[target] == nil && !unrolledAxes.contains(target) {
      axes[target] = builder.appendAxis(sizes[target])
    }
    return LoweredLoops(axes: axes, unrolled: unrolled.sorted())
  }

  /// The loop that is not unrolled.
  private func kept(_ steps: [Index.Step], _ index: Int) -> Int? {
    let node = network.nodes[index]
    let loops = node.loops
    return steps.map(\.loop).min { a, b in
      let (isResult, other) = (a < node.shape.count, b < node.shape.count)
      return isResult == other ? (loops[b], a) < (loops[a], b) : isResult
    }
  }

  /// For each axis of an operand the axis of the loops that goes through it.
  ///
  /// - Parameter isSliding: Also where it is read otherwise than from end to end, by one loop that is not unrolled.
  private func axisMap(_ index: Int, _ operand: Int, _ reading: Reading, isSliding: Bool = false) -> [Int?] {
    var map = plan.axisMap(node: index, operand: operand, reading)
    guard isSliding else { return map }
    let node = network.nodes[index]
    let (value, loops) = (node.operands[operand], node.loops)
    let shape = network.shape(of: value)
    for (dimension, place) in reading.enumerated() where !node.reads(place, whole: shape[dimension]) {
      guard let kept = kept(place.simplified(loops).steps, index), let axis = plan.axis(dimension, shape, of: value) else { continue }
      map[axis] = plan.axis(kept, loops, of: plan.loops(ofNode: index))
    }
    return map
  }

  /// Each element of a view is one of its operand's column.
  fileprivate mutating func view(_ reading: Reading, _ node: Node<Int64>, _ index: Int) throws(ModelError) -> View {
    let read = try self.read(index, 0, reading, at: [:])
    var view = read.view
    for (number, axis) in read.axes.enumerated() {
      guard let axis else { throw splitAxis(node) }
      view.axes[axis] = read.view.axes[number]
    }
    return view
  }

  fileprivate mutating func contraction(
    _ contraction: Contraction<Int64>, _ node: Node<Int64>, _ index: Int
  ) throws(ModelError) -> View {
    let lowered = try loops(index)
    let terms = try terms(of: contraction, node, index, lowered)
    let outputs = lowered.axes.prefix(plan.axes[network.inputs.count + index].count).map { $0 ?? 0 }
    return try accumulators(node, index, outputs, terms)
  }

  mutating func terms(
    of contraction: Contraction<Int64>, _ node: Node<Int64>, _ index: Int, _ lowered: LoweredLoops
  ) throws(ModelError) -> [Term] {
    var weights: [(operand: Operand, unrolled: [Int])] = []
    for (number, constant) in contraction.constants.enumerated() {
      let isBias = contraction.terms.contains { $0.factors == [.constant(number)] }
      weights.append(try weight(constant, isBias ? "bias" : "weight", contraction, node, index, lowered))
    }
    var terms: [Term] = []
    for term in contraction.terms {
      let named = Set(term.factors.flatMap { contraction.loops(of: $0) })
      for places in places(lowered.unrolled.filter(named.contains), contraction.loops) {
        var operands: [Operand]? = []
        for factor in term.factors {
          switch factor {
          case .constant(let number):
            var (operand, own) = weights[number]
            if !own.isEmpty {
              let tap = own.reduce(0) { $0 * contraction.loops[$1] + (places[$1] ?? 0) }
              operand.bindings[0] = Binding(builder.unitAxis(), slice: .init(start: tap, stride: 1))
            }
            operands?.append(operand)
          case .operand(let number, let reading):
            let read = try self.operands(index, number, reading, lowered, at: places)
            operands = read.flatMap { read in operands.map { $0 + read } }
          }
        }
        if let operands { terms.append(Circuit.Term(coefficient: term.coefficient, operands: operands)) }
      }
    }
    // All reads are beyond their operands.
    if terms.isEmpty { terms = [Circuit.Term(coefficient: 0, operands: [builder.one(at: 0, loop: builder.unitAxis())])] }
    try requireProducts(terms, node)
    return terms
  }

  /// All places of the unrolled loops, by loop.
  func places(_ unrolled: [Int], _ loops: [Int]) -> [[Int: Int]] {
    unrolled.reduce([[:]]) { places, loop in
      places.flatMap { place in (0..<loops[loop]).map { place.merging([loop: $0]) { $1 } } }
    }
  }

  func requireProducts(_ terms: [Term], _ node: Node<Int64>) throws(ModelError) {
    guard terms.allSatisfy({ $0.operands.count <= 3 }) else {
      throw .unusableLayer(node.name, reason: "its padding makes several rows and columns of a single element")
    }
  }

  /// A column of weights, or of numbers that the operator alone says, read as a whole; its unrolled loops together are its
  /// first axis.
  private mutating func weight(
    _ constant: Contraction<Int64>.Constant, _ name: String, _ contraction: Contraction<Int64>, _ node: Node<Int64>, _ index: Int,
    _ lowered: LoweredLoops
  ) throws(ModelError) -> (operand: Operand, unrolled: [Int]) {
    let space = plan.loops(ofNode: index)
    let strides = rowStrides(contraction.loops)
    let named = zip(plan.bases(of: space), plan.axes[space]).enumerated().filter { _, axis in
      constant.loops.contains { strides[$0] <= axis.0 && axis.0 < strides[$0] * contraction.loops[$0] }
    }.map(\.offset)
    let unrolled = lowered.unrolled.filter(constant.loops.contains)
    let whole = named.compactMap { lowered.axes[$0] }
    let order = builder.byPadding(whole)
    let tapCount = unrolled.reduce(1) { $0 * contraction.loops[$1] }
    let permutation = named.indices.filter { lowered.axes[named[$0]] == nil }
      + order.compactMap { axis in named.firstIndex { lowered.axes[$0] == axis } }
    var axes = unrolled.isEmpty ? order : [builder.appendAxis(tapCount)] + order
    if axes.isEmpty { axes = [builder.unitAxis()] }
    let values = transposed(constant.values, named.map { plan.axes[space][$0] }, order: permutation)
    let column =
      constant.isPublic && values.count <= maximumTableSize
      ? builder.appendConstant(values, "\(node.name).constant", axes)
      : try builder.appendWeights(values, "\(node.name).\(name)", layer: node.name, axes)
    return (builder.whole(column), unrolled)
  }

  /// What an element of an operand is the product of for these places of unrolled loops; nil when it is beyond the operand.
  mutating func operands(
    _ index: Int, _ number: Int, _ reading: Reading, _ lowered: LoweredLoops, at places: [Int: Int]
  ) throws(ModelError) -> [Operand]? {
    let node = network.nodes[index]
    let shape = network.shape(of: node.operands[number])
    var ones: [Operand] = []
    for (place, size) in zip(reading, shape).reversed() {
      let read = place.at(places).simplified(node.loops)
      guard let inside = read.inside(size, node.loops) else { throw splitAxis(node) }
      if inside.isEmpty { return nil }
      guard size == 1, let step = read.steps.first else { continue }
      guard let axis = plan.axis(step.loop, node.loops, of: plan.loops(ofNode: index)), let own = lowered.axes[axis] else {
        throw splitAxis(node)
      }
      ones.append(builder.one(at: inside.lowerBound, loop: own))
    }
    let (view, axes) = try read(index, number, reading, at: places)
    return [builder.operand(view, loops: axes.map { $0.flatMap { lowered.axes[$0] } ?? 0 })] + ones
  }

  /// An operand as it is read for these places of unrolled loops, and by its axes those of the loops that go through them.
  private func read(
    _ index: Int, _ number: Int, _ reading: Reading, at places: [Int: Int]
  ) throws(ModelError) -> (view: View, axes: [Int?]) {
    let node = network.nodes[index]
    let (value, loops, space) = (node.operands[number], node.loops, plan.loops(ofNode: index))
    let shape = network.shape(of: value)
    var view = views[value]
    var axes = axisMap(index, number, reading)
    for (dimension, place) in reading.enumerated().reversed() where shape[dimension] > 1
      && (!node.reads(place, whole: shape[dimension]) || place.steps.contains { places[$0.loop] != nil }) {
      guard let axis = plan.axis(dimension, shape, of: value) else { throw splitAxis(node) }
      let read = place.at(places).simplified(loops)
      let step = read.steps.first
      view = view.sliced(
        axis: axis, start: read.start, stride: step?.stride ?? 1, size: step.map { loops[$0.loop] } ?? 1)
      guard let step else {
        axes.remove(at: axis)
        continue
      }
      guard let target = plan.axis(step.loop, loops, of: space) else { throw splitAxis(node) }
      axes[axis] = target
    }
    return (view, axes)
  }
}

extension Index {
  /// With some of its loops at a place.
  func at(_ places: [Int: Int]) -> Index {
    var index = self
    for step in steps { index.start += step.stride * (places[step.loop] ?? 0) }
    index.steps.removeAll { places[$0.loop] != nil }
    return index
  }
}
