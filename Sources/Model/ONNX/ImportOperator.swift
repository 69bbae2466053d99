private enum OperatorName: String {
  case add = "Add"
  case constant = "Constant"
  case dropout = "Dropout"
  case flatten = "Flatten"
  case gemm = "Gemm"
  case identity = "Identity"
  case matMul = "MatMul"
  case relu = "Relu"
  case reshape = "Reshape"
}

extension GraphImporter {
  mutating func translate(_ node: ONNXNode, label: String) throws(NodeProblem) -> Binding {
    guard isDefaultDomain(node.domain) else {
      throw .unsupported("operators of the domain '\(node.domain.oneLine)' are not supported")
    }
    guard let name = OperatorName(rawValue: node.opType) else { throw .unsupported("the operator is not supported") }
    switch name {
    case .add: return try add(node)
    case .constant: return .constant(try node.constant())
    case .dropout: return try dropout(node)
    case .flatten: return try flatten(node, label)
    case .gemm: return try gemm(node, label)
    case .identity: return try identity(node)
    case .matMul: return try matMul(node, label)
    case .relu: return try relu(node, label)
    case .reshape: return try reshape(node, label)
    }
  }

  private func identity(_ node: ONNXNode) throws(NodeProblem) -> Binding {
    guard let operand = try operand(node, 0) else { throw .malformed("operand 0 is missing") }
    return operand
  }

  private func dropout(_ node: ONNXNode) throws(NodeProblem) -> Binding {
    if try operand(node, 2) != nil {
      throw .unsupported("its training mode is an operand; export the model for inference")
    }
    return try identity(node)
  }

  private mutating func relu(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Binding {
    let operand = try value(node, 0).value
    return try append(label, .relu, operand: operand, shape: shape(of: operand))
  }

  private mutating func flatten(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Binding {
    let (operand, isExclusive) = try value(node, 0)
    let shape = shape(of: operand)
    let axis = try node.integer("axis", default: 1)
    guard (axis < 0 ? axis + shape.count + 1 : axis) == 1 else {
      throw .unsupported("it flattens from axis \(axis), which does not keep the batch axis")
    }
    if shape.count == 1 { return .value(operand, isExclusive: isExclusive) }
    return try append(label, .reshape, operand: operand, shape: [shape.reduce(1, *)])
  }

  private mutating func reshape(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Binding {
    let (operand, isExclusive) = try value(node, 0)
    guard case .integers(let target, _) = try constant(node, 1) else {
      throw .malformed("its shape is not of integers")
    }
    let source = shape(of: operand)
    let zeroCopies = try node.integer("allowzero", default: 0) == 0
    let shape = try sampleShape(source, target, zeroCopies: zeroCopies)
    if shape == source { return .value(operand, isExclusive: isExclusive) }
    return try append(label, .reshape, operand: operand, shape: shape)
  }

  /// The shape of a sample after reshaping batch × `source` to `target`, whose first axis must stay the batch.
  private func sampleShape(_ source: [Int], _ target: [Int], zeroCopies: Bool) throws(NodeProblem) -> [Int] {
    let text = "it reshapes to \(target.prefix(8))"
    let count = source.reduce(1, *)
    guard let leading = target.first, target.count > 1 else { throw .unsupported("\(text), without a batch axis") }
    guard (leading == 0 && zeroCopies) || leading == -1 || (leading == 1 && batch == .one) else {
      throw .unsupported("\(text), which does not keep the batch axis")
    }
    var shape: [Int] = []
    var inferred: Int?
    for (axis, size) in target.dropFirst().enumerated() {
      switch size {
      case -1 where inferred == nil && leading != -1:
        inferred = axis
        shape.append(1)
      case 0 where zeroCopies && axis < source.count: shape.append(source[axis])
      case 1...: shape.append(size)
      default: throw .malformed("\(text), which is not a shape")
      }
    }
    guard let product = elementCount(shape), product > 0, count % product == 0, inferred != nil || product == count
    else { throw .unsupported("\(text), which does not keep the \(count) elements of a sample") }
    if let inferred { shape[inferred] = count / product }
    return shape
  }
}

// MARK: Linear layers

extension GraphImporter {
  private mutating func gemm(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Binding {
    let alpha = try node.float("alpha", default: 1)
    let beta = try node.float("beta", default: 1)
    guard try node.integer("transA", default: 0) == 0 else { throw .unsupported("transA is not 0") }
    let isTransposed = try node.integer("transB", default: 0) != 0
    let operand = try value(node, 0).value
    var linear = try linear(node, operand, weightsAreOutputMajor: isTransposed, scale: alpha)
    if try self.operand(node, 2) != nil {
      linear.bias = try bias(node, 2, count: linear.outputCount).map { beta * $0 }
    }
    try requireFinite(linear)
    return try append(label, .linear(linear), operand: operand, shape: [linear.outputCount])
  }

  private mutating func matMul(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Binding {
    let operand = try value(node, 0).value
    let linear = try linear(node, operand, weightsAreOutputMajor: false, scale: 1)
    try requireFinite(linear)
    return try append(label, .linear(linear), operand: operand, shape: [linear.outputCount])
  }

  /// Adds a constant to the bias of the Gemm or MatMul directly before.
  private mutating func add(_ node: ONNXNode) throws(NodeProblem) -> Binding {
    let (constantIndex, valueIndex) = if case .value? = try operand(node, 0) { (1, 0) } else { (0, 1) }
    let (operand, isExclusive) = try value(node, valueIndex)
    guard operand > 0, isExclusive, case .linear(var linear) = nodes[operand - 1].operation else {
      throw .unsupported("only a constant bias directly after a Gemm or MatMul can be added")
    }
    let added = try bias(node, constantIndex, count: linear.outputCount)
    linear.bias = zip(linear.bias, added).map { $0 + $1 }
    try requireFinite(linear)
    nodes[operand - 1].operation = .linear(linear)
    return .value(operand, isExclusive: true)
  }

  private func linear(
    _ node: ONNXNode, _ operand: Int, weightsAreOutputMajor: Bool, scale: Float
  ) throws(NodeProblem) -> Linear {
    let inputShape = shape(of: operand)
    guard inputShape.count == 1, let inputCount = inputShape.first else {
      throw .unsupported("its input is batch × \(inputShape); only batch × features is supported")
    }
    guard case .floats(let values, let shape) = try constant(node, 1) else {
      throw .malformed("its weights are not of floats")
    }
    guard shape.count == 2 else { throw .unsupported("its weights have shape \(shape); only matrices are supported") }
    let outputCount = weightsAreOutputMajor ? shape[0] : shape[1]
    guard (weightsAreOutputMajor ? shape[1] : shape[0]) == inputCount, outputCount > 0 else {
      throw .malformed("its weights of shape \(shape) do not fit an input of \(inputCount) features")
    }
    var weights = values
    if !weightsAreOutputMajor {
      for output in 0..<outputCount {
        for input in 0..<inputCount { weights[output * inputCount + input] = values[input * outputCount + output] }
      }
    }
    if scale != 1 { for index in weights.indices { weights[index] *= scale } }
    return Linear(
      inputCount: inputCount, outputCount: outputCount, weights: weights,
      bias: [Float](repeating: 0, count: outputCount))
  }

  /// A constant that broadcasts to 1 × `count`.
  private func bias(_ node: ONNXNode, _ index: Int, count: Int) throws(NodeProblem) -> [Float] {
    guard case .floats(let values, let shape) = try constant(node, index) else {
      throw .malformed("operand \(index) is not of floats")
    }
    guard shape.count < 2 || (shape.count == 2 && shape[0] == 1), values.count == count || values.count == 1 else {
      throw .unsupported("a constant of shape \(shape) is not a bias of \(count) elements")
    }
    return values.count == count ? values : [Float](repeating: values[0], count: count)
  }

  private func requireFinite(_ linear: Linear) throws(NodeProblem) {
    guard linear.weights.allSatisfy(\.isFinite), linear.bias.allSatisfy(\.isFinite) else {
      throw .malformed("its weights are not all finite")
    }
  }
}
