extension ImportedOperator {
  static let linear: [ImportedOperator] = [
    ImportedOperator("Gemm", "constant matrix and bias, transA = 0") { importer, node, label throws(NodeProblem) in
      let alpha = try node.float("alpha", default: 1)
      let beta = try node.float("beta", default: 1)
      guard try node.integer("transA", default: 0) == 0 else { throw .unsupported("transA is not 0") }
      let isOutputMajor = try node.integer("transB", default: 0) != 0
      let operand = try importer.value(node, 0)
      guard importer.shape(of: operand).count == 1 else {
        throw .unsupported("its input is batch × \(importer.shape(of: operand)); only batch × features is supported")
      }
      var (weights, count) = try importer.weights(try importer.floats(node, 1), operand, axis: 0, isOutputMajor: isOutputMajor)
      if alpha != 1 { weights = weights.map { $0 * alpha } }
      var bias: [Float]?
      if try importer.operand(node, 2) != nil {
        let (values, shape) = try importer.floats(node, 2)
        guard shape.count < 2 || (shape.count == 2 && shape[0] == 1), values.count == count || values.count == 1 else {
          throw .unsupported("a constant of shape \(shape) is not a bias of \(count) elements")
        }
        bias = (0..<count).map { beta * values[values.count == 1 ? 0 : $0] }
      }
      return [.value(try importer.linear(operand, axis: 0, count, weights, bias: bias, label))]
    },
    ImportedOperator("MatMul", "two values, or one operand a constant matrix, on the right or on the left") {
      importer, node, label throws(NodeProblem) in
      switch (try importer.tensor(node, 0), try importer.tensor(node, 1)) {
      case (.value(let first), .value(let second)):
        let shapes = [importer.shape(of: first), importer.shape(of: second)]
        guard shapes.allSatisfy({ $0.count >= 2 }), let leading = broadcastShape(shapes[0].dropLast(2), shapes[1].dropLast(2)),
          shapes[0].count == shapes[1].count
        else { throw .unsupported("its operands of shapes batch × \(shapes[0]) and batch × \(shapes[1]) are not matrices of one sample each") }
        let (inner, columns) = (shapes[1][shapes[1].count - 2], shapes[1][shapes[1].count - 1])
        guard shapes[0].last == inner else {
          throw .malformed("its operands of shapes batch × \(shapes[0]) and batch × \(shapes[1]) do not fit each other")
        }
        let shape = leading + [shapes[0][shapes[0].count - 2], columns]
        return [.value(try importer.append(label, .contraction(.matrixProduct(shapes, shape: shape)), [first, second], shape: shape))]
      case (.constant, .constant): throw .unsupported("operand 0 is a constant")
      case (.value(let operand), .constant):
        let rank = importer.shape(of: operand).count + 1
        let matrix = try importer.matrix(node, 1, rank: rank)
        let isVector = try importer.constant(node, 1).shape.count == 1
        let (weights, count) = try importer.weights(matrix, operand, axis: rank - 2, isOutputMajor: false)
        let result = try importer.linear(operand, axis: rank - 2, count, weights, bias: nil, label)
        return [.value(isVector ? try importer.append(label, .reshape, [result], shape: importer.shape(of: operand).dropLast()) : result)]
      case (.constant, .value(let operand)):
        let shape = importer.shape(of: operand)
        guard shape.count >= 2 else { throw .unsupported("operand 0 is a constant") }
        guard try importer.constant(node, 0).shape.count >= 2 else { throw .unsupported("operand 0 is a vector") }
        let matrix = try importer.matrix(node, 0, rank: shape.count + 1)
        let axis = shape.count - 2
        let (weights, count) = try importer.weights(matrix, operand, axis: axis, isOutputMajor: true)
        return [.value(try importer.linear(operand, axis: axis, count, weights, bias: nil, label))]
      }
    },
    reduction("ReduceMean") { 1 / Double($0) }, reduction("ReduceSum") { _ in 1 },
    ImportedOperator("BatchNormalization", "for inference") { importer, node, label throws(NodeProblem) in
      guard try node.integer("training_mode", default: 0) == 0 else {
        throw .unsupported("it is for training; export the model for inference")
      }
      guard try node.integer("spatial", default: 1) == 1 else { throw .unsupported("spatial is not 1") }
      let epsilon = try node.float("epsilon", default: 1e-5)
      let operand = try importer.value(node, 0)
      let shape = importer.shape(of: operand)
      var parameters: [[Float]] = []
      for index in 1...4 { parameters.append(try importer.floats(node, index).values) }
      guard let channels = shape.first, parameters.allSatisfy({ $0.count == channels }) else {
        throw .malformed("its parameters do not fit an input of batch × \(shape)")
      }
      var (scales, shifts) = ([Float](), [Float]())
      for channel in 0..<channels {
        let (scale, shift) = (Double(parameters[0][channel]), Double(parameters[1][channel]))
        let (mean, variance) = (Double(parameters[2][channel]), Double(parameters[3][channel]))
        let factor = scale / (variance + Double(epsilon)).squareRoot()
        scales.append(Float(factor))
        shifts.append(Float(shift - mean * factor))
      }
      let sizes = [channels] + shape.dropFirst().map { _ in 1 }
      return [.value(try importer.append(
          label, .contraction(.affine(sizes, scale: scales, shift: shifts, shape)), [operand], shape: shape))]
    },
  ]

  /// - Parameter factor: Of the sum, by the number of elements.
  private static func reduction(_ name: String, factor: @escaping @Sendable (Int) -> Double) -> ImportedOperator {
    ImportedOperator(name, "not over the batch axis") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let shape = importer.shape(of: operand)
      guard let axes = try importer.reducedAxes(node, rank: shape.count) else { return [.value(operand)] }
      let count = axes.reduce(1) { $0 * shape[$1] }
      let reduced = Contraction.sum(over: axes, of: shape, factor(count))
      let sum = try importer.append(label, .contraction(reduced), [operand], shape: Array(reduced.loops.prefix(shape.count)))
      return [.value(try importer.reshaped(sum, try importer.reducedShape(node, shape, axes), label))]
    }
  }
}

extension GraphImporter {
  /// A constant matrix; a vector is one column. Further leading axes must be 1 and not push the batch axis away.
  fileprivate func matrix(_ node: ONNXNode, _ index: Int, rank: Int) throws(NodeProblem) -> (values: [Float], shape: [Int])
  {
    guard let values = try constant(node, index).floats else { throw .malformed("its weights are not of floats") }
    let shape = try constant(node, index).shape
    if shape.count == 1 { return (values, [shape[0], 1]) }
    guard shape.count >= 2, shape.count <= rank, shape.dropLast(2).allSatisfy({ $0 == 1 }) else {
      throw .unsupported("its weights have shape \(shape); only matrices are supported")
    }
    return (values, shape.suffix(2))
  }

  /// A matrix that fits an axis of an operand, as outputs × inputs.
  fileprivate func weights(
    _ matrix: (values: [Float], shape: [Int]), _ operand: Int, axis: Int, isOutputMajor: Bool
  ) throws(NodeProblem) -> (values: [Float], outputCount: Int) {
    let (values, shape) = matrix
    guard shape.count == 2 else { throw .unsupported("its weights have shape \(shape); only matrices are supported") }
    let inputCount = self.shape(of: operand)[axis]
    let outputCount = shape[isOutputMajor ? 0 : 1]
    guard shape[isOutputMajor ? 1 : 0] == inputCount, outputCount > 0 else {
      throw .malformed("its weights of shape \(shape) do not fit an input of \(inputCount) features")
    }
    return (isOutputMajor ? values : transposed(values, shape, order: [1, 0]), outputCount)
  }

  /// A matrix of outputs × inputs times each line of a value along an axis, and a bias.
  mutating func linear(
    _ operand: Int, axis: Int, _ outputCount: Int, _ weights: [Float], bias: [Float]?, isPublic: Bool = false, _ label: String
  ) throws(NodeProblem) -> Int {
    let linear = Contraction<Double>.linear(
      shape(of: operand), axis: axis, outputCount: outputCount, weights, bias: bias, isPublic: isPublic)
    return try append(label, .contraction(linear), [operand], shape: linear.loops.dropLast())
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
}
