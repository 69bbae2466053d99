extension Network {
  /// A network with the same outputs and fewer nodes.
  ///
  /// Rules: a contraction takes another's place as its operand, constants that meet there are multiplied, and
  /// functions of one number are composed. What no output needs is left out. The values of the outputs are the same up to
  /// rounding. Arrays that ids and layers read alike stay one: `numberingArrays`. No weight becomes a number of an expression or a
  /// coefficient, whatever its value: these are public.
  package func simplified() -> Network {
    var network = numberingArrays()
    // Each pass of a hostile network may change one node alone.
    for _ in 0..<100 {
      var simplifier = Simplifier(network)
      simplifier.pass()
      network = simplifier.network.replacing { simplifier.resolved($0) }.withoutUnusedNodes()
      if !simplifier.hasChanged { break }
    }
    return network
  }

  /// The network without the nodes that no output needs.
  func withoutUnusedNodes() -> Network {
    var isNeeded = [Bool](repeating: false, count: inputs.count + nodes.count)
    var pending = outputs.map(\.value)
    while let value = pending.popLast() {
      guard !isNeeded[value] else { continue }
      isNeeded[value] = true
      pending += node(of: value).map(read) ?? []
    }
    var numbers = Array(0..<inputs.count)
    var needed: [Node<Double>] = []
    for (index, node) in nodes.enumerated() {
      numbers.append(inputs.count + needed.count)
      if isNeeded[inputs.count + index] { needed.append(node.with(operands: node.operands.map { numbers[$0] })) }
    }
    var network = self
    network.nodes = needed
    for index in outputs.indices { network.outputs[index].value = numbers[outputs[index].value] }
    let delays = Set(needed.compactMap { if case .delay(let delay) = $0.operation { delay.number } else { nil } })
    network.delayed = delayed.filter { delays.contains($0.key) }.mapValues { numbers[$0] }
    return network
  }

  /// The values that are there whatever nodes read: those that outputs show, and delayed ones.
  fileprivate var keptValues: [Int] { outputs.map(\.value) + delayed.values }

  /// The same nodes and outputs, reading other values.
  fileprivate func replacing(_ value: (Int) -> Int) -> Network {
    var network = self
    for index in nodes.indices { network.nodes[index] = nodes[index].with(operands: nodes[index].operands.map(value)) }
    for index in outputs.indices { network.outputs[index].value = value(outputs[index].value) }
    network.delayed = delayed.mapValues(value)
    return network
  }
}

/// Expressions are composed up to this size.
private let maximumExpressionSize = 256

/// A network under change, in one pass over its nodes. A value that another replaces is its alias.
private struct Simplifier {
  /// How often a value is read, by what.
  struct Uses {
    var all = 0
    /// Sums of products with constants.
    var byLayers = 0
    var byExpressions = 0
  }

  private(set) var network: Network
  private var alias: [Int]
  /// Before the pass: a value that is read more often since is computed more often, no more.
  private var uses: [Uses]
  private(set) var hasChanged = false

  init(_ network: Network) {
    self.network = network
    alias = Array(0..<network.inputs.count + network.nodes.count)
    uses = alias.map { _ in Uses() }
    for node in network.nodes {
      for operand in node.operands {
        uses[operand].all += 1
        if case .map(.expression) = node.operation { uses[operand].byExpressions += 1 }
        if node.isLayer { uses[operand].byLayers += 1 }
      }
    }
    for value in network.keptValues { uses[value].all += 1 }
  }

  /// Applies every rule to every node once.
  mutating func pass() {
    for index in network.nodes.indices {
      network.nodes[index] = network.nodes[index].with(operands: network.nodes[index].operands.map(resolved))
      let operation = network.nodes[index].operation
      if case .contraction(let contraction) = operation { simplify(index, contraction) }
      if case .reshape = operation { simplifyReshape(index) }
      guard case .map(let function) = operation else { continue }
      if case .expression(let expression) = function {
        simplify(index, expression)
      } else if maker(network.nodes[index].operands[0])?.operation == operation {
        replace(index, by: network.nodes[index].operands[0])
      } else {
        moveBeforeView(index)
      }
    }
  }

  // MARK: Bookkeeping

  private func shape(_ value: Int) -> [Int] { network.shape(of: value) }

  /// The node that makes a value; nil for an input.
  private func maker(_ value: Int) -> Node<Double>? { network.node(of: value) }

  func resolved(_ value: Int) -> Int {
    var value = value
    while alias[value] != value { value = alias[value] }
    return value
  }

  /// Puts another operation in a node's place.
  private mutating func set(_ index: Int, _ operation: Operation<Double>, _ operands: [Int], name: String? = nil) {
    let old = network.nodes[index]
    network.nodes[index] = Node(name: name ?? old.name, operands: operands, operation: operation, shape: old.shape)
    hasChanged = true
  }

  /// Lets another value stand for the node's.
  private mutating func replace(_ index: Int, by other: Int) {
    let own = network.inputs.count + index
    alias[own] = other
    uses[other].all += uses[own].all - 1
    uses[other].byLayers += uses[own].byLayers
    uses[other].byExpressions += uses[own].byExpressions
    hasChanged = true
  }
}

// MARK: Contractions

extension Simplifier {
  private mutating func simplify(_ index: Int, _ contraction: Contraction<Double>) {
    let node = network.nodes[index]
    let source = shape(node.operands[0])
    if contraction.isCopy(of: source, rank: node.shape.count) { return replace(index, by: node.operands[0]) }
    if node.isView(of: source), contraction.keepsOrder(of: source) { return set(index, .reshape, node.operands) }
    if node.isLayer { moveBehindReshape(node.operands[0]) }
    if multiplySquares(index, contraction) || centre(index, contraction) || pickPart(index, contraction) { return }
    if substitute(index, contraction) { return }
    guard contraction.isElementwise(node.operands.map { shape($0) }, shape: node.shape) else { return }
    if contraction.constants.isEmpty { collapse(index, contraction) } else if node.operands.count == 1 { moveBeforeView(index) }
  }

  /// Puts a contraction in the place of an operand of another one, which stands or is to stand at a node.
  private mutating func substitute(_ index: Int, _ outer: Contraction<Double>) -> Bool {
    let node = network.nodes[index]
    for (number, operand) in node.operands.enumerated() {
      guard let before = maker(operand), let inner = contraction(before) else { continue }
      let sources = before.operands.map(resolved)
      var name = inner.isLayer(rank: before.shape.count) ? before.name : node.name
      var cutsConstants = false
      if outer.isView(of: shape(operand), rank: node.shape.count) {
        if let cut = outer.cut(of: before.shape, rank: node.shape.count), isCutApart(operand, along: cut.axis) {
          cutsConstants = true
          name += "[\(cut.part.lowerBound):\(cut.part.upperBound)]"
        } else {
          guard before.isView(of: shape(sources[0])) else { continue }
        }
      } else {
        guard !before.isView(of: shape(sources[0])), outer.isLayer(rank: node.shape.count)
          ? uses[operand].all == uses[operand].byLayers : uses[operand].all == 1
        else { continue }
      }
      // What is computed once is not to be computed for each sum.
      guard uses[operand].all == 1 || !inner.isLayer(rank: before.shape.count) || !outer.adds(number, inner, (before.shape, node.shape))
      else { continue }
      var values: [Int] = []
      for value in node.operands.filter({ $0 != operand }) + sources where !values.contains(value) { values.append(value) }
      let merged = outer.substituting(
        inner, for: number, outer: node.operands.map { values.firstIndex(of: $0) ?? 0 },
        inner: sources.map { values.firstIndex(of: $0) ?? 0 }, sources: values.map { shape($0) },
        (before.shape, node.shape), cutsConstants: cutsConstants)
      guard let merged else { continue }
      set(index, .contraction(merged), values, name: name)
      return true
    }
    return false
  }

  /// What takes elements of values that stand side by side, all of one of them, takes them from that one.
  private mutating func pickPart(_ index: Int, _ view: Contraction<Double>) -> Bool {
    let node = network.nodes[index]
    guard let joined = maker(node.operands[0]), case .contraction(let sum) = joined.operation, sum.terms.count > 1,
      view.isView(of: joined.shape, rank: node.shape.count),
      let (operand, reading) = sum.part(view, joined.shape, joined.operands.map(shape))
    else { return false }
    set(index, .contraction(.view(node.shape, reading)), [resolved(joined.operands[operand])])
    return true
  }

  /// Whether all that is read of a layer are parts of its result that have no element in common, cut along an axis of which
  /// each place has numbers of its own in every constant.
  private func isCutApart(_ value: Int, along axis: Int) -> Bool {
    guard let layer = maker(value), layer.isLayer, case .contraction(let contraction) = layer.operation, contraction.isOfRows(along: axis),
      !network.keptValues.contains(where: { resolved($0) == value })
    else { return false }
    var parts: [Range<Int>] = []
    for node in network.nodes where node.operands.contains(where: { resolved($0) == value }) {
      guard node.operands.count == 1, case .contraction(let view) = node.operation,
        let cut = view.cut(of: layer.shape, rank: node.shape.count), cut.axis == axis
      else { return false }
      parts.append(cut.part)
    }
    parts.sort { $0.lowerBound < $1.lowerBound }
    return zip(parts, parts.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
  }

  /// A sum of squares becomes one of products of a value with itself.
  private mutating func multiplySquares(_ index: Int, _ sum: Contraction<Double>) -> Bool {
    let node = network.nodes[index]
    guard node.operands.count == 1, uses[node.operands[0]].all == 1, sum.terms.count == 1, sum.terms[0].factors.count == 1,
      !sum.summed(sum.terms[0], rank: node.shape.count).isEmpty, let square = maker(node.operands[0]), square.operation == .map(.expression(.x * .x))
    else { return false }
    var product = sum
    product.terms[0].factors += sum.terms[0].factors
    set(index, .contraction(product), square.operands.map(resolved))
    return true
  }

  /// A value less its mean is one contraction.
  private mutating func centre(_ index: Int, _ difference: Contraction<Double>) -> Bool {
    let node = network.nodes[index]
    guard node.operands.count == 2, uses[node.operands[1]].all == 1, let mean = maker(node.operands[1]),
      mean.operands.map(resolved) == [node.operands[0]], mean.shape.count == node.shape.count, shape(node.operands[0]) == node.shape,
      difference == .sum(of: [node.shape, mean.shape], [1, -1], shape: node.shape)
    else { return false }
    let axes = node.shape.indices.filter { mean.shape[$0] != node.shape[$0] }
    let count = Double(axes.reduce(1) { $0 * node.shape[$1] })
    guard mean.operation == .contraction(.sum(over: axes, of: node.shape, 1 / count)) else { return false }
    set(index, .contraction(.centred(node.shape, over: axes)), [node.operands[0]])
    return true
  }

  /// The coefficient of a sum of squares moves into the function of it.
  private mutating func takeCoefficient(_ index: Int, _ function: Pointwise) -> Bool {
    let operand = network.nodes[index].operands[0]
    guard uses[operand].all == 1, let sum = maker(operand), case .contraction(var squares) = sum.operation, squares.isOfSquares,
      squares.terms[0].coefficient != 1, sum.operands.count == 1
    else { return false }
    let scaled = function.of(.affine(scale: squares.terms[0].coefficient, shift: 0))
    squares.terms[0].coefficient = 1
    set(operand - network.inputs.count, .contraction(squares), sum.operands)
    set(index, .map(.expression(scaled)), [operand])
    return true
  }

  /// A node as a contraction: itself, or a function that is written as scale·x + shift.
  private func contraction(_ node: Node<Double>) -> Contraction<Double>? {
    if case .contraction(let contraction) = node.operation { return contraction }
    guard case .map(.expression(let function)) = node.operation else { return nil }
    return function.contraction(node.shape)
  }

  /// The value itself, what it is a function of, and so on, each with that function.
  private func chain(_ value: Int) -> [(root: Int, function: Pointwise)] {
    var chain: [(root: Int, function: Pointwise)] = [(value, .x)]
    var last = value
    var function = Pointwise.x
    while let node = maker(last), case .map(.expression(let inner)) = node.operation,
      function.size * inner.size <= maximumExpressionSize
    {
      function = function.of(inner)
      last = resolved(node.operands[0])
      chain.append((last, function))
    }
    return chain
  }

  /// A sum of products of functions of one value becomes one function of it.
  private mutating func collapse(_ index: Int, _ contraction: Contraction<Double>) {
    let node = network.nodes[index]
    guard node.operands.allSatisfy({ shape($0) == node.shape }) else { return }
    let chains = node.operands.map(chain)
    for (root, _) in chains[0] {
      let functions = chains.compactMap { $0.first { $0.root == root }?.function }
      guard functions.count == chains.count else { continue }
      let terms = contraction.terms.map { term in
        let factors = term.factors.compactMap { if case .operand(let operand, _) = $0 { functions[operand] } else { nil } }
        let product = factors.dropFirst().reduce(factors[0]) { $0 * $1 }
        return term.coefficient == 1 ? product : .constant(term.coefficient) * product
      }
      let function = terms.dropFirst().reduce(terms[0]) { $0 + $1 }
      if function.size <= maximumExpressionSize { set(index, .map(.expression(function)), [root]) }
      return
    }
  }
}

// MARK: Functions and views

extension Simplifier {
  private mutating func simplify(_ index: Int, _ function: Pointwise) {
    let node = network.nodes[index]
    let operand = node.operands[0]
    if let (scale, shift) = function.affineForm {
      if scale == 1, shift == 0 { return replace(index, by: operand) }
      let shortest = Pointwise.affine(scale: scale, shift: shift)
      if shortest.size < function.size { return set(index, .map(.expression(shortest)), [operand]) }
      if case .contraction? = maker(operand)?.operation, let contraction = function.contraction(node.shape),
        substitute(index, contraction)
      {
        return
      }
    }
    if let before = maker(operand), case .map(.expression(let inner)) = before.operation,
      uses[operand].all == uses[operand].byExpressions, function.size * inner.size <= maximumExpressionSize
    {
      return set(index, .map(.expression(function.of(inner))), before.operands.map(resolved))
    }
    if takeCoefficient(index, function) { return }
    moveBeforeView(index)
  }

  /// What is applied to every element of a reshaped or transposed value that nothing else reads is applied before that,
  /// and so is a function that keeps order before the largest elements are taken.
  private mutating func moveBeforeView(_ index: Int) {
    let node = network.nodes[index]
    guard let view = maker(node.operands[0]), uses[node.operands[0]].all == 1, let read = view.operands.first else { return }
    let source = resolved(read)
    var operation = node.operation
    if view.operation.primitive.keepsOrder {
      guard keepsOrder(node, after: view) else { return }
    } else {
      guard view.isView(of: shape(source)), shape(source).reduce(1, *) == node.shape.reduce(1, *) else { return }
      if case .contraction(let contraction) = operation {
        guard contraction.isUniform || readsLayer(source), let moved = contraction.moved(before: view.operation, shape(source), node.shape)
        else { return }
        operation = .contraction(moved)
      }
    }
    network.nodes[node.operands[0] - network.inputs.count] = Node(
      name: node.name, operands: [source], operation: operation, shape: shape(source))
    set(index, view.operation, node.operands, name: view.name)
  }

  /// Constants that apply to a value which only a layer reads, and that reshaped, apply to the reshaped value, so that the
  /// layer can take them.
  private mutating func moveBehindReshape(_ value: Int) {
    guard let reshape = maker(value), case .reshape = reshape.operation, uses[value].all == 1, uses[reshape.operands[0]].all == 1,
      let node = maker(reshape.operands[0]), case .contraction(let contraction) = node.operation, node.operands.count == 1,
      !contraction.isUniform, contraction.isElementwise([node.shape], shape: node.shape), !readsLayer(resolved(node.operands[0])),
      let moved = contraction.moved(before: .reshape, reshape.shape, node.shape)
    else { return }
    network.nodes[reshape.operands[0] - network.inputs.count] = Node(
      name: reshape.name, operands: node.operands, operation: .reshape, shape: reshape.shape)
    set(value - network.inputs.count, .contraction(moved), reshape.operands, name: node.name)
  }

  /// Whether a value is that of a layer and nothing else reads it.
  private func readsLayer(_ value: Int) -> Bool { uses[value].all == 1 && maker(value)?.isLayer ?? false }

  /// Whether a function can be applied before the largest elements are taken, without rounding twice.
  private func keepsOrder(_ node: Node<Double>, after pool: Node<Double>) -> Bool {
    guard case .map(let function) = node.operation else { return false }
    if case .expression(let expression) = function { return expression.keepsOrder }
    guard case .map(.quantize(let inner))? = maker(resolved(pool.operands[0]))?.operation else { return true }
    return function == .quantize(inner)
  }

  private mutating func simplifyReshape(_ index: Int) {
    let node = network.nodes[index]
    let operand = node.operands[0]
    if shape(operand) == node.shape { return replace(index, by: operand) }
    if let before = maker(operand), case .reshape = before.operation {
      set(index, .reshape, before.operands.map(resolved))
    }
  }
}

extension Node<Double> {
  /// Whether it sums products with constants.
  fileprivate var isLayer: Bool {
    if case .contraction(let contraction) = operation { contraction.isLayer(rank: shape.count) } else { false }
  }
}

extension Pointwise {
  /// A function that is written as scale·x + shift, over a shape; nil for another one.
  fileprivate func contraction(_ shape: [Int]) -> Contraction<Double>? {
    guard let (scale, shift) = affineForm, scale.isFinite else { return nil }
    if shift == 0 { return .sum(of: [shape], [scale], shape: shape) }
    let contraction = Contraction<Double>.affine([], scale: [Float(scale)], shift: [Float(shift)], shape, isPublic: true)
    return contraction.isFinite ? contraction : nil
  }
}
