/// Builds the network node by node; what is unsupported is collected, what is malformed ends the import.
struct GraphImporter {
  enum Binding {
    /// A value of the network; exclusive when nothing else in the graph reads it.
    case value(Int, isExclusive: Bool)
    case constant(Constant)
    case initializer(ONNXTensor)
    case refused
  }

  let file: String
  let name: String
  let input: NamedShape
  let batch: BatchAxis
  private let uses: [String: Int]
  private var bindings: [String: Binding] = [:]
  private var unsupported: [UnsupportedNode] = []
  private var weightCount = 0
  var nodes: [Node] = []

  init(_ graph: ONNXGraph, input: NamedShape, batch: BatchAxis, file: String) throws(ModelError) {
    self.file = file
    self.name = graph.name
    self.input = input
    self.batch = batch
    var uses: [String: Int] = [:]
    for name in graph.node.flatMap(\.input) + graph.output.map(\.name) { uses[name, default: 0] += 1 }
    self.uses = uses
    for tensor in graph.initializer {
      guard bindings.updateValue(.initializer(tensor), forKey: tensor.name) == nil else {
        throw .unusableModel(
          file: file, node: nil, reason: "two initializers have the name '\(tensor.name.oneLine)'")
      }
    }
    bindings[input.name] = .value(0, isExclusive: isReadOnce(input.name))
  }

  /// Imports one node; `index` counts the nodes of the graph.
  mutating func add(_ node: ONNXNode, _ index: Int) throws(ModelError) {
    let label = node.name.isEmpty ? node.output.first ?? "#\(index)" : node.name
    do throws(NodeProblem) {
      let result = try translate(node, label: label)
      try define(node, result)
    } catch {
      switch error {
      case .malformed(let reason): throw .unusableModel(file: file, node: label, reason: reason)
      case .unsupported(let reason):
        unsupported.append(UnsupportedNode(name: label, operation: node.opType, reason: reason))
      case .followsRefusedNode: break
      }
      for output in node.output { bindings[output] = .refused }
    }
  }

  /// The network that ends in `output`, without the nodes that it does not need.
  func finish(output: ONNXValue) throws(ModelError) -> Network {
    guard unsupported.isEmpty else { throw .unsupportedNodes(file: file, unsupported) }
    func refuse(_ reason: String) -> ModelError {
      .unusableModel(file: file, node: nil, reason: "the output '\(output.name.oneLine)' \(reason)")
    }
    guard case .value(let last, _) = bindings[output.name] else { throw refuse("is not computed from the input") }
    guard output.name.utf8.count <= maximumNameByteCount else { throw refuse("has a name that is too long") }
    guard last > 0 else { throw refuse("is the input itself") }
    let declared = output.type.tensorType.shape.dim
    let shape = nodes[last - 1].shape
    guard declared.isEmpty || matches(declared, shape) else {
      throw refuse("is declared with another shape than \(shape), which the graph computes")
    }

    var isNeeded = [Bool](repeating: false, count: last + 1)
    isNeeded[last] = true
    for value in stride(from: last, to: 0, by: -1) where isNeeded[value] { isNeeded[nodes[value - 1].operand] = true }
    var number = [Int](repeating: 0, count: last + 1)
    var needed: [Node] = []
    for value in 1...last where isNeeded[value] {
      let node = nodes[value - 1]
      needed.append(
        Node(name: node.name, operand: number[node.operand], operation: node.operation, shape: node.shape))
      number[value] = needed.count
    }
    return Network(name: name, input: input, output: NamedShape(name: output.name, shape: shape), nodes: needed)
  }

  private func matches(_ declared: [ONNXShape.Dimension], _ shape: [Int]) -> Bool {
    guard declared.count == shape.count + 1 else { return false }
    return zip(declared.dropFirst(), shape).allSatisfy { dimension, size in
      switch dimension.value {
      case .dimValue(let declaredSize): declaredSize == size
      case .dimParam, nil: true
      }
    }
  }

  private mutating func define(_ node: ONNXNode, _ result: Binding) throws(NodeProblem) {
    guard let output = node.output.first, !output.isEmpty else { throw .malformed("it has no output") }
    for extra in node.output.dropFirst() where uses[extra, default: 0] > 0 {
      throw .unsupported("its second output is used")
    }
    guard bindings[output] == nil else { throw .malformed("the name '\(output.oneLine)' is defined twice") }
    if case .value(let value, let isExclusive) = result {
      bindings[output] = .value(value, isExclusive: isExclusive && isReadOnce(output))
    } else {
      bindings[output] = result
    }
  }

  private func isReadOnce(_ name: String) -> Bool { uses[name, default: 0] <= 1 }
}

// MARK: Operands

extension GraphImporter {
  /// What the node's operand is, or nil when it is left out.
  func operand(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> Binding? {
    guard index < node.input.count, !node.input[index].isEmpty else { return nil }
    guard let binding = bindings[node.input[index]] else {
      throw .malformed("its operand '\(node.input[index].oneLine)' is not defined before it")
    }
    if case .refused = binding { throw .followsRefusedNode }
    return binding
  }

  /// The operand, which must be a value of the network.
  func value(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> (value: Int, isExclusive: Bool) {
    switch try operand(node, index) {
    case nil: throw .malformed("operand \(index) is missing")
    case .value(let value, let isExclusive): return (value, isExclusive)
    case .constant, .initializer: throw .unsupported("operand \(index) is a constant")
    case .refused: throw .followsRefusedNode
    }
  }

  /// The operand, which must be a constant.
  func constant(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> Constant {
    switch try operand(node, index) {
    case nil: throw .malformed("operand \(index) is missing")
    case .value: throw .unsupported("operand \(index) is not a constant")
    case .constant(let constant): return constant
    case .initializer(let tensor): return try Constant(tensor)
    case .refused: throw .followsRefusedNode
    }
  }

  func shape(of value: Int) -> [Int] { value == 0 ? input.shape : nodes[value - 1].shape }

  /// Appends a node and gives its value.
  mutating func append(
    _ label: String, _ operation: Operation, operand: Int, shape: [Int]
  ) throws(NodeProblem) -> Binding {
    weightCount += operation.parameterCount
    guard weightCount <= maximumElementCount else { throw .malformed("the network has too many weights") }
    nodes.append(Node(name: label, operand: operand, operation: operation, shape: shape))
    return .value(nodes.count, isExclusive: true)
  }
}
