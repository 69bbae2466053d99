import Circuit

/// An operand that windows slide over.
struct Sliding {
  /// Rows or columns.
  struct Side {
    let windows: WindowSide
    let length: Int
    let count: Int
    /// Of the view; nil when the operand has one index only.
    let axis: Int?
    /// Of the result; nil when there is one window only.
    let loop: Int?

    func inside(_ tap: Int) -> Range<Int> { windows.inside(tap, length: length, count: count) }
    func outside(_ tap: Int) -> [Int] { (0..<count).filter { !inside(tap).contains($0) } }
  }

  let view: View
  /// By axis of the view.
  let loops: [Int]
  /// The loop axes of axes that are summed.
  let summed: [Int]
  let rows: Side
  let columns: Side
}

/// Operators over windows: a term of the contraction for each element of a window.
extension Lowering {
  mutating func contraction(
    _ convolution: IntegerConvolution, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> View {
    let (operand, outputs) = try sliding(convolution.window, node, index)
    let plane = node.shape[1] * node.shape[2]
    let rows = zip(outputs, plan.bases(of: network.inputs.count + index)).filter { $1 >= plane }.map(\.0)
    var (given, fixed) = (rows + operand.summed, [Int]())
    var order = builder.byPadding(given)
    if convolution.window.tapCount > 1 {
      fixed = [builder.appendAxis(convolution.window.tapCount)]
    } else if given.isEmpty {
      fixed = [builder.unitAxis()]
    }
    (given, order) = (given + fixed, fixed + order)
    let weight = try builder.appendWeights(
      convolution.weights.map(Int64.init), over: given, "\(node.name).weight", layer: node.name, order)
    let bias = try builder.appendWeights(
      convolution.bias, "\(node.name).bias", layer: node.name, rows.isEmpty ? [builder.unitAxis()] : rows)
    var terms: [Term] = []
    for (tap, place) in convolution.window.taps.enumerated() {
      guard let read = try operands(operand, row: place.row, column: place.column) else { continue }
      var weights = builder.whole(weight)
      if convolution.window.tapCount > 1 {
        weights.bindings[0] = Binding(builder.unitAxis(), slice: .init(start: tap, stride: 1))
      }
      terms.append(Term(operands: [weights] + read))
    }
    terms.append(Term(operands: [builder.whole(bias)]))
    try requireProducts(terms, node)
    return try accumulators(node, index, outputs, terms)
  }

  mutating func contraction(
    _ window: Window, _ coefficient: Int64, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> View {
    let (operand, outputs) = try sliding(window, node, index)
    var terms: [Term] = []
    for tap in window.taps {
      guard let read = try operands(operand, row: tap.row, column: tap.column) else { continue }
      terms.append(Term(coefficient: coefficient, operands: read))
    }
    try requireProducts(terms, node)
    return try accumulators(node, index, outputs, terms)
  }

  mutating func contraction(
    reduced coefficient: Int64, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> View {
    let view = views[node.operands[0]]
    let outputs = loops(for: network.inputs.count + index, index, node.operands)
    let inputs = zip(view.axes, plan.axisMap(node: index, operand: 0, network)).map { axis, target in
      target.map { outputs[$0] } ?? summedLoop(view, axis, outputs)
    }
    return try accumulators(
      node, index, outputs, [Term(coefficient: coefficient, operands: [builder.operand(view, loops: inputs)])])
  }

  /// max(a, b) = b + max(a − b, 0): pair by pair, the excess of one over the other is looked up; then the sum of what
  /// remains.
  mutating func maximum(_ window: Window, _ node: IntegerNode, _ index: Int) throws(ModelError) -> View {
    let (operand, outputs) = try sliding(window, node, index)
    let axes = columnAxes(outputs, value: network.inputs.count + index)
    let range = node.range
    let spread = range.upperBound - min(range.lowerBound, 0)
    guard spread < Int64(maximumTableSize) else {
      throw .unusableLayer(node.name, reason: "it compares activations in \(range); at most 16 bits are supported")
    }
    var candidates: [[Term]] = []
    for tap in window.taps {
      guard let read = try operands(operand, row: tap.row, column: tap.column) else { continue }
      candidates.append([Term(operands: read)] + (try lowest(range.lowerBound, beyond: operand, tap)))
    }
    var count = 0
    while candidates.count > 1 {
      var larger: [[Term]] = []
      for first in stride(from: 0, to: candidates.count - 1, by: 2) {
        let (a, b) = (candidates[first], candidates[first + 1])
        let terms = a + b.map { Term(coefficient: -$0.coefficient, operands: $0.operands) }
        try requireProducts(terms, node)
        let difference = try builder.appendContraction(
          "\(node.name).difference\(count)", layer: node.name, axes, terms, scale: node.scale)
        let excess = try excess(difference, "\(node.name).excess\(count)", spread: spread, scale: node.scale)
        larger.append(b + [Term(operands: [builder.whole(excess)])])
        count += 1
      }
      if candidates.count % 2 == 1 { larger.append(candidates[candidates.count - 1]) }
      candidates = larger
    }
    let largest = try accumulators(node, index, outputs, candidates[0])
    return largest.with(
      column: builder.appendFunction(
        "\(node.name).activation", of: AffineForm(plain: largest.column), rounding.identity(on: range, &builder),
        scale: node.scale))
  }

  /// max(difference, 0), the difference being in −spread...spread.
  private mutating func excess(
    _ difference: Int, _ name: String, spread: Int64, scale: Double
  ) throws(ModelError) -> Int {
    let domain = -spread...spread
    if domain.count <= maximumTableSize {
      let table = builder.appendTable(
        .function(lower: -spread, values: domain.map { max($0, 0) }), "excess up to \(spread)")
      return builder.appendFunction(name, of: AffineForm(plain: difference), table, scale: scale)
    }
    let window = 0...Int64(maximumTableSize) - 1
    let table = builder.appendTable(.function(lower: 0, values: Array(window)), "excess up to \(spread)")
    return try builder.appendSaturation(
      difference, name, limbs: [], domain: domain, window: window, table: table, scale: scale)
  }

  /// A negative number where a tap reads zeros beyond the operand.
  private mutating func lowest(
    _ value: Int64, beyond operand: Sliding, _ tap: (row: Int, column: Int)
  ) throws(ModelError) -> [Term] {
    guard value < 0 else { return [] }
    var sides: [[Operand]] = []
    for (side, tap) in [(operand.rows, tap.row), (operand.columns, tap.column)] {
      var ones: [Operand] = []
      for index in side.outside(tap) {
        if let loop = side.loop { ones.append(try builder.one(at: index, loop: loop)) }
      }
      sides.append(ones)
    }
    return sides.joined().map { Term(coefficient: value, operands: [$0]) }
      + sides[0].flatMap { row in sides[1].map { Term(coefficient: -value, operands: [row, $0]) } }
  }

  private func requireProducts(_ terms: [Term], _ node: IntegerNode) throws(ModelError) {
    guard terms.allSatisfy({ $0.operands.count <= 3 }) else {
      throw .unusableLayer(node.name, reason: "its padding makes several rows and columns of a single element")
    }
  }

  // MARK: Operands

  /// A node's first operand and the loop axes of its result.
  private mutating func sliding(
    _ window: Window, _ node: IntegerNode, _ index: Int
  ) throws(ModelError) -> (Sliding, outputs: [Int]) {
    let (operand, value) = (node.operands[0], network.inputs.count + index)
    let shape = network.shape(of: operand)
    let view = views[operand]
    var sliding: [Int: Int] = [:]
    var found: [(axis: Int?, target: Int?)] = []
    for (place, side) in [(1, window.rows), (2, window.columns)] {
      let axis = try side.isTrivial ? nil : self.axis(place, shape, of: operand, node)
      let target = try side.isTrivial ? nil : self.axis(place, node.shape, of: value, node)
      if let axis, let target { sliding[axis] = target }
      found.append((axis, target))
    }
    let outputs = loops(for: value, index, [operand], sliding: sliding)
    let sides = zip(found, [(1, window.rows), (2, window.columns)]).map { found, side in
      Sliding.Side(
        windows: side.1, length: shape[side.0], count: node.shape[side.0], axis: found.axis,
        loop: found.target.map { outputs[$0] })
    }
    var (inputs, summed) = ([Int](), [Int]())
    for (axis, target) in plan.axisMap(node: index, operand: 0, network).enumerated() {
      if let target {
        inputs.append(outputs[target])
      } else if found.contains(where: { $0.axis == axis }) {
        inputs.append(0)
      } else {
        summed.append(summedLoop(view, view.axes[axis], outputs))
        inputs.append(summed[summed.count - 1])
      }
    }
    return (Sliding(view: view, loops: inputs, summed: summed, rows: sides[0], columns: sides[1]), outputs)
  }

  /// The axis that is a dimension of a value; nil when that has size 1.
  private func axis(_ dimension: Int, _ shape: [Int], of value: Int, _ node: IntegerNode) throws(ModelError) -> Int? {
    if shape[dimension] == 1 { return nil }
    guard let axis = plan.bases(of: value).firstIndex(of: rowStrides(shape)[dimension]),
      plan.axes[value][axis] == shape[dimension]
    else { throw splitAxis(node) }
    return axis
  }

  /// What an element of all windows is the product of; nil when all read beyond the operand.
  private mutating func operands(_ sliding: Sliding, row: Int, column: Int) throws(ModelError) -> [Operand]? {
    var (view, loops) = (sliding.view, sliding.loops)
    var places: [Operand] = []
    for (side, tap) in [(sliding.columns, column), (sliding.rows, row)] where !side.windows.isTrivial {
      let inside = side.inside(tap)
      guard !inside.isEmpty else { return nil }
      switch (side.axis, side.loop) {
      case (nil, nil): break
      case (nil, let loop?): places.append(try builder.one(at: inside.lowerBound, loop: loop))
      case (let axis?, let loop):
        view = view.sliced(
          axis: axis, start: side.windows.start(of: tap), stride: side.windows.stride, size: side.count)
        if let loop { loops[axis] = loop } else { loops.remove(at: axis) }
      }
    }
    return [builder.operand(view, loops: loops)] + places
  }
}
