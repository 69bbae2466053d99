extension GraphImporter {
  mutating func gemm(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Int {
    let alpha = try node.float("alpha", default: 1)
    let beta = try node.float("beta", default: 1)
    guard try node.integer("transA", default: 0) == 0 else { throw .unsupported("transA is not 0") }
    let isOutputMajor = try node.integer("transB", default: 0) != 0
    let operand = try value(node, 0)
    guard shape(of: operand).count == 1 else {
      throw .unsupported("its input is batch × \(shape(of: operand)); only batch × features is supported")
    }
    var linear = try linear(try floats(node, 1), operand, isOutputMajor: isOutputMajor)
    if alpha != 1 { linear.weights = linear.weights.map { $0 * alpha } }
    if try self.operand(node, 2) != nil {
      let (values, shape) = try floats(node, 2)
      guard shape.count < 2 || (shape.count == 2 && shape[0] == 1),
        values.count == linear.outputCount || values.count == 1
      else { throw .unsupported("a constant of shape \(shape) is not a bias of \(linear.outputCount) elements") }
      linear.bias = linear.bias.indices.map { beta * values[values.count == 1 ? 0 : $0] }
    }
    return try append(label, .linear(linear), [operand], shape: [linear.outputCount])
  }

  mutating func matMul(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Int {
    switch (try tensor(node, 0), try tensor(node, 1)) {
    case (.value, .value): throw .unsupported("both operands depend on the input")
    case (.constant, .constant): throw .unsupported("operand 0 is a constant")
    case (.value(let operand), .constant):
      let rank = shape(of: operand).count + 1
      let matrix = try matrix(node, 1, rank: rank)
      let isVector = try constant(node, 1).shape.count == 1
      let linear = try linear(matrix, operand, isOutputMajor: false)
      let leading = shape(of: operand).dropLast()
      let result = try append(label, .linear(linear), [operand], shape: leading + [linear.outputCount])
      return isVector ? try append(label, .reshape, [result], shape: Array(leading)) : result
    case (.constant, .value(let operand)):
      // W · X = (Xᵀ · Wᵀ)ᵀ
      let shape = shape(of: operand)
      guard shape.count >= 2 else { throw .unsupported("operand 0 is a constant") }
      guard try constant(node, 0).shape.count >= 2 else { throw .unsupported("operand 0 is a vector") }
      let matrix = try matrix(node, 0, rank: shape.count + 1)
      let (rows, columns) = (shape.count - 2, shape.count - 1)
      let order = Array(0..<rows) + [columns, rows]
      let turned = order.map { shape[$0] }
      let flipped = try append(label, .transpose(order: order), [operand], shape: turned)
      let linear = try linear(matrix, flipped, isOutputMajor: true)
      let product: [Int] = turned.dropLast() + [linear.outputCount]
      let result = try append(label, .linear(linear), [flipped], shape: product)
      return try append(label, .transpose(order: order), [result], shape: order.map { product[$0] })
    }
  }

  /// A constant matrix; a vector is one column. Further leading axes must be 1 and not push the batch axis away.
  private func matrix(_ node: ONNXNode, _ index: Int, rank: Int) throws(NodeProblem) -> (values: [Float], shape: [Int])
  {
    guard let values = try constant(node, index).floats else { throw .malformed("its weights are not of floats") }
    let shape = try constant(node, index).shape
    if shape.count == 1 { return (values, [shape[0], 1]) }
    guard shape.count >= 2, shape.count <= rank, shape.dropLast(2).allSatisfy({ $0 == 1 }) else {
      throw .unsupported("its weights have shape \(shape); only matrices are supported")
    }
    return (values, shape.suffix(2))
  }

  private func linear(
    _ weights: (values: [Float], shape: [Int]), _ operand: Int, isOutputMajor: Bool
  ) throws(NodeProblem) -> Linear {
    let (values, shape) = weights
    guard shape.count == 2 else { throw .unsupported("its weights have shape \(shape); only matrices are supported") }
    let inputCount = self.shape(of: operand).last ?? 0
    let outputCount = shape[isOutputMajor ? 0 : 1]
    guard shape[isOutputMajor ? 1 : 0] == inputCount, outputCount > 0 else {
      throw .malformed("its weights of shape \(shape) do not fit an input of \(inputCount) features")
    }
    return Linear(
      inputCount: inputCount, outputCount: outputCount,
      weights: isOutputMajor ? values : transposed(values, shape, order: [1, 0]),
      bias: [Float](repeating: 0, count: outputCount))
  }

  mutating func reduce(_ node: ONNXNode, _ label: String, isMean: Bool) throws(NodeProblem) -> Int {
    let operand = try value(node, 0)
    let shape = shape(of: operand)
    guard let axes = try reducedAxes(node, rank: shape.count) else { return operand }
    let count = axes.reduce(1) { $0 * shape[$1] }
    var sizes = shape
    for axis in axes { sizes[axis] = 1 }
    let sum = try append(
      label, .reduce(axes: axes, factor: isMean ? 1 / Double(count) : 1), [operand], shape: sizes)
    let result = try reducedShape(node, shape, axes)
    return result == sizes ? sum : try append(label, .reshape, [sum], shape: result)
  }

  /// The axes of a sample that a node reduces, ascending; nil when it does nothing.
  func reducedAxes(_ node: ONNXNode, rank: Int) throws(NodeProblem) -> [Int]? {
    guard let given = try integers(node, 1, or: "axes"), !given.isEmpty else {
      if try node.integer("noop_with_empty_axes", default: 0) != 0 { return nil }
      throw .unsupported("it reduces the batch axis")
    }
    let axes = try normalized(given, rank: rank + 1).sorted()
    guard axes[0] > 0 else { throw .unsupported("it reduces the batch axis") }
    return axes.map { $0 - 1 }
  }

  func reducedShape(_ node: ONNXNode, _ shape: [Int], _ axes: [Int]) throws(NodeProblem) -> [Int] {
    let keepsAxes = try node.integer("keepdims", default: 1) != 0
    return shape.indices.compactMap { axes.contains($0) ? (keepsAxes ? 1 : nil) : shape[$0] }
  }

  mutating func batchNormalization(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Int {
    guard try node.integer("training_mode", default: 0) == 0 else {
      throw .unsupported("it is for training; export the model for inference")
    }
    guard try node.integer("spatial", default: 1) == 1 else { throw .unsupported("spatial is not 1") }
    let epsilon = try node.float("epsilon", default: 1e-5)
    let operand = try value(node, 0)
    let shape = shape(of: operand)
    var parameters: [[Float]] = []
    for index in 1...4 { parameters.append(try floats(node, index).values) }
    guard let channels = shape.first, parameters.allSatisfy({ $0.count == channels }) else {
      throw .malformed("its parameters do not fit an input of batch × \(shape)")
    }
    var affine = Affine(shape: [channels] + shape.dropFirst().map { _ in 1 }, scale: [], shift: [])
    for channel in 0..<channels {
      let (scale, shift) = (Double(parameters[0][channel]), Double(parameters[1][channel]))
      let (mean, variance) = (Double(parameters[2][channel]), Double(parameters[3][channel]))
      let factor = scale / (variance + Double(epsilon)).squareRoot()
      affine.scale.append(Float(factor))
      affine.shift.append(Float(shift - mean * factor))
    }
    return try append(label, .affine(affine), [operand], shape: shape)
  }
}
