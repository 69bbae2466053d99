/// A network in the making that computes what another one does, but of which some values are divided along their last axes.
struct DividedNetwork {
  let source: Network
  /// By value of the source, along its last axis; none for a value that stays as it is.
  var divisors: [Int: [Double]]
  /// After the name of a value that of its product with the divisors.
  private let mark: String
  private var nodes: [Node<Double>] = []
  /// By value of the source, that of the new network, which is divided where the value is.
  private(set) var numbers: [Int]
  /// By divided value, the same as it was.
  private var products: [Int: Int] = [:]

  init(_ source: Network, _ divisors: [Int: [Double]], mark: String = "") {
    self.source = source
    self.divisors = divisors
    self.mark = mark
    numbers = Array(source.inputs.indices)
  }

  /// What takes the place of the source's next node.
  mutating func add(_ node: Node<Double>) { numbers.append(append(node)) }

  /// A value as it was.
  mutating func undivided(_ value: Int) -> Int {
    guard let own = divisors[value] else { return numbers[value] }
    if let known = products[value] { return known }
    let shape = source.shape(of: value)
    var product = Contraction<Double>.sum(of: [shape], [1], shape: shape)
    product.multiply(term: 0, by: own, along: shape.count - 1)
    let name = (source.node(of: value)?.name ?? source.inputs[value].name) + mark
    let result = append(Node(name: name, operands: [numbers[value]], operation: .contraction(product), shape: shape))
    products[value] = result
    return result
  }

  /// The network, whose outputs are as they were.
  mutating func finished() -> Network {
    let values = source.outputs.map { undivided($0.value) }
    let delayed = source.delayed.mapValues { undivided($0) }
    var result = source
    result.nodes = nodes
    result.delayed = delayed
    for (output, value) in values.enumerated() { result.outputs[output].value = value }
    return result
  }

  private mutating func append(_ node: Node<Double>) -> Int {
    nodes.append(node)
    return source.inputs.count + nodes.count - 1
  }
}

/// The operands of a node in the making, each of them once.
struct OperandList {
  private(set) var values: [Int] = []

  /// The place of a value, which is added where it is new.
  mutating func place(_ value: Int) -> Int {
    if let known = values.firstIndex(of: value) { return known }
    values.append(value)
    return values.count - 1
  }
}
