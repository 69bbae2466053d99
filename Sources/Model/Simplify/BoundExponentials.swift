extension Network {
  /// The network with m + log Σ exp(x − m), m being the largest x, in place of log Σ exp(x): exponentials of numbers of any size
  /// are at most 1, and one of them is.
  package func boundingExponentials() -> Network {
    guard delayed.isEmpty else { return self }
    var result = self
    result.nodes = []
    var numbers = Array(inputs.indices)
    for node in nodes {
      if let sum = sumOfExponentials(under: node), let exponentials = self.node(of: sum.operands[0]) {
        numbers.append(result.appendLogarithm(of: sum, exponentials.with(operands: exponentials.operands.map { numbers[$0] }), as: node))
      } else {
        numbers.append(result.append(node.with(operands: node.operands.map { numbers[$0] })))
      }
    }
    for index in outputs.indices { result.outputs[index].value = numbers[outputs[index].value] }
    return result.withoutUnusedNodes()
  }

  private mutating func append(_ node: Node<Double>) -> Int {
    nodes.append(node)
    return inputs.count + nodes.count - 1
  }

  /// The sum that a node is the logarithm of, where it is one of exponentials along some axes, of which the largest is not 1 already.
  private func sumOfExponentials(under node: Node<Double>) -> Node<Double>? {
    guard node.operation == .map(.expression(.function(.log, .x))), let sum = reshaped(node.operands[0]),
      case .contraction(let contraction) = sum.operation, sum.operands.count == 1, let exponentials = self.node(of: sum.operands[0]),
      exponentials.operation == .map(.expression(.function(.exp, .x))), sum.shape.count == exponentials.shape.count
    else { return nil }
    let axes = summedAxes(sum, exponentials.shape)
    guard !axes.isEmpty, elementCount(axes.map { exponentials.shape[$0] }, limit: maximumTapCount) != nil,
      contraction == .sum(over: axes, of: exponentials.shape, 1) else { return nil }
    return isBelowLargest(exponentials.operands[0]) ? nil : sum
  }

  private func summedAxes(_ sum: Node<Double>, _ shape: [Int]) -> [Int] { shape.indices.filter { shape[$0] != sum.shape[$0] } }

  /// The node that makes a value, reshapes aside.
  private func reshaped(_ value: Int) -> Node<Double>? {
    guard let node = node(of: value), case .reshape = node.operation else { return node(of: value) }
    return reshaped(node.operands[0])
  }

  /// Whether a value is x less a maximum of x.
  private func isBelowLargest(_ value: Int) -> Bool {
    guard let node = node(of: value), case .contraction(let contraction) = node.operation, contraction.constants.isEmpty,
      contraction.terms.map(\.coefficient) == [1, -1], node.operands.count == 2, let largest = reshaped(node.operands[1]),
      case .maximum = largest.operation
    else { return false }
    return largest.operands == [node.operands[0]]
  }

  /// - Parameter exponentials: Their node, with operands of this network.
  private mutating func appendLogarithm(of sum: Node<Double>, _ exponentials: Node<Double>, as node: Node<Double>) -> Int {
    let (shape, name, x) = (exponentials.shape, node.name, exponentials.operands[0])
    let axes = summedAxes(sum, shape)
    let maximum = Operation<Double>.maximum(Maximum(over: axes, of: shape))
    let largest = append(Node(name: "\(name).largest", operands: [x], operation: maximum, shape: sum.shape))
    let difference = Contraction<Double>.sum(of: [shape, sum.shape], [1, -1], shape: shape)
    let below = append(Node(name: "\(name).below", operands: [x, largest], operation: .contraction(difference), shape: shape))
    let powers = append(Node(name: exponentials.name, operands: [below], operation: exponentials.operation, shape: shape))
    let total = append(Node(name: sum.name, operands: [powers], operation: sum.operation, shape: sum.shape))
    let logarithm = append(Node(name: "\(name).logarithm", operands: [total], operation: node.operation, shape: sum.shape))
    let both = Contraction<Double>.sum(of: [sum.shape, sum.shape], [1, 1], shape: sum.shape)
    let isReshaped = node.shape != sum.shape
    let result = append(
      Node(name: isReshaped ? "\(name).sum" : name, operands: [largest, logarithm], operation: .contraction(both), shape: sum.shape))
    return isReshaped ? append(Node(name: name, operands: [result], operation: .reshape, shape: node.shape)) : result
  }
}
