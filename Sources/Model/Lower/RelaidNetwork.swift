/// A network of integers in which values are copied where one operator cuts them into axes in another way than the next.
///
/// A copy is the sum 2·x and its requantization by a shift of 1, so x itself, in a column of its own.
struct RelaidNetwork {
  private(set) var network: IntegerNetwork
  /// Nodes that copy their operand into axes that need not be its own.
  private(set) var copies: Set<Int> = []
  private var relayCount = 0

  /// With copies where the cuts of a value would not nest, as far as copies help.
  init(_ network: IntegerNetwork) {
    self.network = network
    separate()
  }

  /// Lets a node that cannot be lowered read a copy of an operand, or others a copy of its result; a view becomes a copy.
  ///
  /// - Returns: False where there is nothing left to copy, or too much was copied.
  mutating func relay(_ index: Int) -> Bool {
    guard relayCount < maximumRelayCount else { return false }
    relayCount += 1
    let node = network.nodes[index]
    if let view = view(node) {
      replace(index, by: copy(view, of: node.operands[0], node.shape, at: index))
    } else if let number = node.operands.indices.first(where: { canCopy(operand: $0, ofNode: index) }) {
      insertCopy(operand: number, ofNode: index)
    } else if let place = node.operands.compactMap({ viewBehind($0) }).first, let view = view(network.nodes[place]) {
      let source = network.nodes[place]
      replace(place, by: copy(view, of: source.operands[0], source.shape, at: place))
    } else if canCopyResult(index) {
      let value = network.inputs.count + index
      replace(index, by: [node] + copy(whole(node.shape), of: value, node.shape, at: index + 1))
      copies.insert(index + 1)
    } else if let (place, number) = operandOfScores(node) {
      insertCopy(operand: number, ofNode: place)
    } else {
      return false
    }
    separate()
    return true
  }

  private func view(_ node: Node<Int64>) -> Contraction<Int64>? {
    if case .contraction(let view) = node.operation, network.isView(node) { view } else { nil }
  }

  /// The node that makes a value as a view, reshapes aside.
  private func viewBehind(_ value: Int) -> Int? {
    guard let node = network.node(of: value) else { return nil }
    if case .reshape = node.operation { return viewBehind(node.operands[0]) }
    return view(node) == nil ? nil : value - network.inputs.count
  }

  private func whole(_ shape: [Int]) -> Contraction<Int64> { .view(shape, shape.indices.map { Index($0) }) }

  // MARK: Copies

  /// Whether an operand of a node is activations that are no copy yet.
  private func canCopy(operand number: Int, ofNode index: Int) -> Bool {
    guard !copies.contains(index), isActivation(network.nodes[index].operands[number]) else { return false }
    guard let maker = network.node(of: network.nodes[index].operands[number]), case .map = maker.operation else { return true }
    return !copies.contains(maker.operands[0] - network.inputs.count)
  }

  private func isActivation(_ value: Int) -> Bool {
    guard let node = network.node(of: value) else { return network.inputs[value].port.indexCount == nil }
    if case .reshape = node.operation { return isActivation(node.operands[0]) }
    return !network.makesAccumulators(node)
  }

  /// Whether a node makes activations in axes of its own, and others read them in theirs.
  private func canCopyResult(_ index: Int) -> Bool {
    switch network.nodes[index].operation {
    case .contraction, .map, .reshape, .delay: return false
    case .maximum, .softmax:
      let value = network.inputs.count + index
      return network.nodes.indices.contains { network.nodes[$0].operands.contains(value) && !copies.contains($0) }
    }
  }

  /// Of scores that are lowered with their shares, the last factor that can be a copy: its rows are what shares are of.
  private func operandOfScores(_ node: Node<Int64>) -> (node: Int, operand: Int)? {
    guard case .softmax = node.operation, case let index = node.operands[0] - network.inputs.count, index >= 0 else { return nil }
    let scores = network.nodes[index]
    guard case .contraction = scores.operation, network.makesAccumulators(scores) else { return nil }
    return scores.operands.indices.last { canCopy(operand: $0, ofNode: index) }.map { (index, $0) }
  }

  private mutating func insertCopy(operand number: Int, ofNode index: Int) {
    let node = network.nodes[index]
    let shape = network.shape(of: node.operands[number])
    var operands = node.operands
    operands[number] = network.inputs.count + index + 1
    replace(
      index,
      by: copy(whole(shape), of: node.operands[number], shape, at: index) + [node.with(operands: operands)])
    copies.insert(index)
  }

  /// Two nodes, the first one at `index`, that make the elements of a view.
  private func copy(_ view: Contraction<Int64>, of value: Int, _ shape: [Int], at index: Int) -> [Node<Int64>] {
    let (name, quantum) = ("\(network.node(of: value)?.name ?? network.inputs[value].port.name).copy", network.quantum(of: value))
    var double = view
    double.terms[0].coefficient = 2
    let range = 2 * quantum.range.lowerBound...2 * quantum.range.upperBound
    let requantization = Requantization(copying: quantum.range)
    return [
      Node(
        name: name, operands: [value], operation: .contraction(double), shape: shape, encoding: Quantum(scale: quantum.scale / 2, range: range)),
      Node(
        name: name, operands: [network.inputs.count + index], operation: .map(.requantize(requantization)), shape: shape, encoding: quantum),
    ]
  }

  /// Puts nodes in the place of one; the last of them makes its value.
  private mutating func replace(_ index: Int, by nodes: [Node<Int64>]) {
    let (own, added) = (network.inputs.count + index, nodes.count - 1)
    let shifted = { (value: Int) in value < own ? value : value + added }
    for later in index + 1..<network.nodes.count {
      network.nodes[later] = network.nodes[later].with(operands: network.nodes[later].operands.map(shifted))
    }
    for output in network.outputs.indices { network.outputs[output].value = shifted(network.outputs[output].value) }
    network.delayed = network.delayed.mapValues(shifted)
    copies = Set(copies.map { $0 < index ? $0 : $0 + added })
    network.nodes.replaceSubrange(index...index, with: nodes)
  }

  // MARK: Cuts that do not nest

  private mutating func separate() {
    var count = 0
    while count < maximumRelayCount, let conflict = conflict(), separate(first: conflict) { count += 1 }
  }

  /// The least number of nodes, from the first on, whose cuts do not nest; nil where all do.
  private func conflict() -> Int? {
    guard !nests(first: network.nodes.count) else { return nil }
    var (nesting, other) = (0, network.nodes.count)
    while other - nesting > 1 {
      let middle = (nesting + other) / 2
      if nests(first: middle) { nesting = middle } else { other = middle }
    }
    return other
  }

  private func nests(first count: Int) -> Bool {
    var part = network
    part.nodes = Array(network.nodes.prefix(count))
    part.outputs = network.outputs.filter { $0.value < network.inputs.count + count }
    part.delayed = network.delayed.filter { $0.value < network.inputs.count + count }
    return (try? AxisPlan(part, copies: copies)) != nil
  }

  /// Copies one operand, so that the cuts of the first `count` nodes nest.
  ///
  /// - Returns: False where none of the last ones helps.
  private mutating func separate(first count: Int) -> Bool {
    let places = (0..<count).reversed().flatMap { index in network.nodes[index].operands.indices.map { (index, $0) } }
      .filter { canCopy(operand: $1, ofNode: $0) }
    for (index, number) in places.prefix(maximumTrialCount) {
      var separated = self
      separated.insertCopy(operand: number, ofNode: index)
      guard separated.nests(first: count + 2) else { continue }
      self = separated
      return true
    }
    return false
  }
}

/// Each trial plans the axes of the network.
private let maximumTrialCount = 32
/// After each the network is lowered from its first node on.
private let maximumRelayCount = 256
