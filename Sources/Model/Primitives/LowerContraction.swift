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
    let unrolledAxes = Set(unrolled.flatMap { plan.axes(of: $0, loops, value: space)?.map(\.number) ?? [] })
    // What is computed step after step has one axis for that.
    for (areSteps, isResult) in [(true, true), (false, true), (false, false)] {
      for (operand, reading) in node.readings {
        let view = views[node.operands[operand]]
        let map = axisMap(index, operand, reading, isSliding: true)
        for (number, axis) in view.axes.enumerated() {
          guard let target = map[number], axes[target] == nil, !unrolledAxes.contains(target) else { continue }
          guard (target < plan.axes[network.inputs.count + index].count) == isResult else { continue }
          let own = builder.circuit.columns[view.column].axes[axis.position]
          if areSteps, !builder.isStepAxis(own) { continue }
          let isWhole = axis.start == 0 && axis.stride == 1 && builder.circuit.axes[own] == axis.size
          if isWhole, axis.size == sizes[target], !axes.contains(own) { axes[target] = own }
        }
      }
    }
    if case .contraction(let contraction) = node.operation { takeAxes(contraction, index, &axes, unrolled: unrolledAxes) }
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
    let node = network.nodes[index]
    let (value, loops, space) = (node.operands[operand], node.loops, plan.loops(ofNode: index))
    var map = plan.copies.contains(index) ? plan.axes[value].map { _ in nil } : plan.axisMap(node: index, operand: operand, reading)
    guard isSliding else { return map }
    var blocks = plan.copies.contains(index) ? AxisBlock.blocks(plan.axes(of: value), plan.axes(of: space), start: 0, stride: 1) : []
    let shape = network.shape(of: value)
    for (dimension, place) in reading.enumerated() where !node.reads(place, whole: shape[dimension]) {
      let steps = place.simplified(loops).steps
      guard let kept = kept(steps, index), let stride = steps.first(where: { $0.loop == kept })?.stride,
        let axes = plan.axes(of: dimension, shape, value: value), let own = plan.axes(of: kept, loops, value: space)
      else { continue }
      blocks += AxisBlock.blocks(axes, own, start: place.start, stride: stride)
    }
    for block in blocks where block.axes.count == 1 && block.loops.count == 1 { map[block.axes[0].number] = block.loops[0].number }
    return map
  }

  /// Each element of a view is one of its operand's column.
  fileprivate mutating func view(_ reading: Reading, _ node: Node<Int64>, _ index: Int) throws(ModelError) -> View {
    let parts = try read(index, 0, reading, at: [:])
    guard parts.count == 1, parts[0].places.isEmpty, Set(parts[0].axes) == Set(parts[0].axes.indices.map { $0 }) else {
      throw splitAxis(node)
    }
    var view = parts[0].view
    for (number, axis) in parts[0].axes.enumerated() {
      guard let axis else { throw splitAxis(node) }
      view.axes[axis] = parts[0].view.axes[number]
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
        var products: [[Operand]] = [[]]
        for factor in term.factors {
          switch factor {
          case .constant(let number):
            var (operand, own) = weights[number]
            if !own.isEmpty {
              let tap = own.reduce(0) { $0 * contraction.loops[$1] + (places[$1] ?? 0) }
              operand.bindings[0] = Binding(builder.unitAxis(), slice: .init(start: tap, stride: 1))
            }
            products = products.map { $0 + [operand] }
          case .operand(let number, let reading):
            let read = try operands(index, number, reading, lowered, at: places, beside: term.factors.count - 1)
            products = products.flatMap { product in read.map { product + $0 } }
          }
        }
        terms += products.map { Circuit.Term(coefficient: term.coefficient, operands: $0) }
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
    guard terms.allSatisfy({ $0.operands.count <= 3 }) else { throw tooManyFactors(node) }
  }

  /// A column of weights, or of numbers that the operator alone says, read as a whole; its unrolled loops together are its
  /// first axis.
  private mutating func weight(
    _ constant: Contraction<Int64>.Constant, _ name: String, _ contraction: Contraction<Int64>, _ node: Node<Int64>, _ index: Int,
    _ lowered: LoweredLoops
  ) throws(ModelError) -> (operand: Operand, unrolled: [Int]) {
    let space = plan.loops(ofNode: index)
    let named = planned(constant, contraction, index)
    let unrolled = lowered.unrolled.filter(constant.loops.contains)
    let whole = named.compactMap { lowered.axes[$0] }
    if unrolled.isEmpty, let known = knownWeights(constant, whole) { return (known, []) }
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
    if unrolled.isEmpty, let array = constant.array, arrays[array] == nil { arrays[array] = (column, builder.weights.count - 1) }
    return (builder.whole(column), unrolled)
  }

  /// What an element of an operand is a sum of products of for these places of unrolled loops; nothing when it is beyond the
  /// operand.
  ///
  /// - Parameter factorCount: How many other factors the products are to have.
  mutating func operands(
    _ index: Int, _ number: Int, _ reading: Reading, _ lowered: LoweredLoops, at places: [Int: Int], beside factorCount: Int = 0
  ) throws(ModelError) -> [[Operand]] {
    let node = network.nodes[index]
    return try read(index, number, reading, at: places).map { part throws(ModelError) in
      let operand = builder.operand(part.view, loops: part.axes.map { $0.flatMap { lowered.axes[$0] } ?? 0 })
      return [operand] + (try ones(at: part.places, lowered, node, limit: 2 - factorCount))
    }
  }

  /// Factors whose product is 1 at one index of some axes of a node's loops, 0 else; one, where they were more than `limit`.
  mutating func ones(
    at places: [(axis: Int, index: Int)], _ lowered: LoweredLoops, _ node: Node<Int64>, limit: Int = 2
  ) throws(ModelError) -> [Operand] {
    let known = try places.map { place throws(ModelError) in
      guard let loop = lowered.axes[place.axis] else { throw splitAxis(node) }
      return (index: place.index, loop: loop)
    }
    if known.count > max(limit, 1), let operand = builder.one(at: known) { return [operand] }
    return known.map { builder.one(at: $0.index, loop: $0.loop) }
  }

  /// A part of how an operand is read: by its axes those of the loops that go through them, and axes of the loops of which it
  /// has one index.
  private struct ReadPart {
    var view: View
    var axes: [Int?]
    var places: [(axis: Int, index: Int)] = []
  }

  /// The parts of an operand as it is read for these places of unrolled loops; their sum is what is read.
  private func read(
    _ index: Int, _ number: Int, _ reading: Reading, at places: [Int: Int]
  ) throws(ModelError) -> [ReadPart] {
    let node = network.nodes[index]
    let (value, loops, space) = (node.operands[number], node.loops, plan.loops(ofNode: index))
    let shape = network.shape(of: value)
    var parts = [ReadPart(view: views[value], axes: axisMap(index, number, reading))]
    if plan.copies.contains(index) {
      return try split(parts, AxisBlock.blocks(plan.axes(of: value), plan.axes(of: space), start: 0, stride: 1), index)
    }
    for (dimension, place) in reading.enumerated().reversed()
    where !node.reads(place, whole: shape[dimension]) || place.steps.contains(where: { places[$0.loop] != nil }) {
      let read = place.at(places).simplified(loops)
      guard read.steps.count <= 1, read.steps.allSatisfy({ $0.stride > 0 }), let axes = plan.axes(of: dimension, shape, value: value),
        let own = read.steps.first.map({ plan.axes(of: $0.loop, loops, value: space) }) ?? []
      else { throw splitAxis(node) }
      parts = try split(parts, AxisBlock.blocks(axes, own, start: read.start, stride: read.steps.first?.stride ?? 1), index)
    }
    return parts
  }

  /// Parts, with some axes read as these blocks say.
  private func split(_ parts: [ReadPart], _ blocks: [AxisBlock], _ index: Int) throws(ModelError) -> [ReadPart] {
    let node = network.nodes[index]
    guard let pieces = AxisPiece.pieces(of: blocks), parts.count * pieces.count <= ArithmeticCircuit.maximumTermCount else {
      throw splitAxis(node)
    }
    var result: [ReadPart] = []
    for part in parts {
      for piece in pieces {
        var part = part
        // From the last axis on: a fixed one is left out.
        for read in piece.reads.sorted(by: { $0.axis > $1.axis }) {
          let size = read.target.map { plan.axes[plan.loops(ofNode: index)][$0] } ?? 1
          let isInside = read.start >= 0 && read.start + read.stride * (size - 1) < part.view.axes[read.axis].size
          guard isInside || isWhole(part.view, read.axis) else { throw splitAxis(node) }
          part.view = part.view.sliced(axis: read.axis, start: read.start, stride: read.stride, size: size)
          if let target = read.target { part.axes[read.axis] = target } else { part.axes.remove(at: read.axis) }
        }
        part.places += piece.places
        result.append(part)
      }
    }
    return result
  }

  /// Whether nothing of the column lies beside an axis of a view.
  private func isWhole(_ view: View, _ axis: Int) -> Bool {
    let own = view.axes[axis]
    return own.start == 0 && own.stride == 1 && own.size == builder.circuit.axes[builder.circuit.columns[view.column].axes[own.position]]
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
