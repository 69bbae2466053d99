extension GraphImporter {
  /// What the node's outputs are, in order.
  mutating func translate(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> [Definition] {
    guard isDefaultDomain(node.domain) else {
      throw .unsupported("operators of the domain '\(node.domain.oneLine)' are not supported")
    }
    guard let name = OperatorName(rawValue: node.opType) else { throw .unsupported("the operator is not supported") }
    switch name {
    case .identity: return [try identity(node)]
    case .dropout: return [try dropout(node)]
    case .cast: return [try cast(node)]
    case .constant: return [.constant(try node.constant())]
    case .constantOfShape: return [.constant(try constantOfShape(node))]
    case .shape: return [.constant(try shapeOperator(node))]

    case .gemm: return [.value(try gemm(node, label))]
    case .matMul: return [.value(try matMul(node, label))]
    case .conv: return [.value(try convolution(node, label))]
    case .convTranspose: return [.value(try transposedConvolution(node, label))]
    case .averagePool: return [.value(try averagePool(node, label))]
    case .globalAveragePool: return [.value(try globalAveragePool(node, label))]
    case .maxPool: return [.value(try maxPool(node, label))]
    case .globalMaxPool: return [.value(try globalMaxPool(node, label))]
    case .pad: return [.value(try pad(node, label))]
    case .resize, .upsample: return [.value(try resize(node, label))]
    case .reduceMax: return [.value(try reduceMaximum(node, label))]
    case .batchNormalization: return [.value(try batchNormalization(node, label))]
    case .reduceMean: return [.value(try reduce(node, label, isMean: true))]
    case .reduceSum: return [.value(try reduce(node, label, isMean: false))]

    case .add: return [.tensor(try binary(node, label, .add))]
    case .sub: return [.tensor(try binary(node, label, .subtract))]
    case .mul: return [.tensor(try binary(node, label, .multiply))]
    case .div: return [.tensor(try binary(node, label, .divide))]
    case .sum: return [.tensor(try fold(node, label, .add))]
    case .mean: return [.tensor(try mean(node, label))]
    case .min: return [.tensor(try fold(node, label, .minimum))]
    case .max: return [.tensor(try fold(node, label, .maximum))]
    case .pow: return [.tensor(try power(node, label))]
    case .pRelu: return [.tensor(try parametricRelu(node, label))]

    case .abs: return try pointwise(.function(.abs, .x), node, label)
    case .celu: return try pointwise(try celu(node), node, label)
    case .clip: return try pointwise(try clip(node, label), node, label)
    case .elu: return try pointwise(try elu(node), node, label)
    case .erf: return try pointwise(.function(.erf, .x), node, label)
    case .exp: return try pointwise(.function(.exp, .x), node, label)
    case .gelu: return try pointwise(try gelu(node), node, label)
    case .hardSigmoid: return try pointwise(try hardSigmoid(node), node, label)
    case .hardSwish: return try pointwise(hardSwish, node, label)
    case .leakyRelu: return try pointwise(try leakyRelu(node), node, label)
    case .log: return try pointwise(.function(.log, .x), node, label)
    case .mish: return try pointwise(.x * .function(.tanh, softplus), node, label)
    case .neg: return try pointwise(.function(.negate, .x), node, label)
    case .reciprocal: return try pointwise(.function(.reciprocal, .x), node, label)
    case .relu: return try pointwise(relu, node, label)
    case .selu: return try pointwise(try selu(node), node, label)
    case .sigmoid: return try pointwise(.function(.sigmoid, .x), node, label)
    case .softplus: return try pointwise(softplus, node, label)
    case .softsign: return try pointwise(softsign, node, label)
    case .sqrt: return try pointwise(.function(.sqrt, .x), node, label)
    case .tanh: return try pointwise(.function(.tanh, .x), node, label)

    case .flatten: return [.tensor(try flatten(node, label))]
    case .reshape: return [.tensor(try reshape(node, label))]
    case .squeeze: return [.tensor(try squeeze(node, label))]
    case .unsqueeze: return [.tensor(try unsqueeze(node, label))]
    case .transpose: return [.tensor(try transpose(node, label))]
    case .expand: return [.tensor(try expand(node, label))]
    case .slice: return [.tensor(try slice(node, label))]
    case .gather: return [.tensor(try gather(node, label))]
    case .split: return try split(node, label).map { .tensor($0) }
    case .concat: return [.tensor(try concatenate(node, label))]

    case .quantizeLinear: return [try quantizeLinear(node, label)]
    case .dequantizeLinear: return [try dequantizeLinear(node)]

    case .softmax, .logSoftmax: return [try softmax(node)]
    case .argMax: return [try argMax(node)]
    case .topK: return try topK(node)
    }
  }

  private func identity(_ node: ONNXNode) throws(NodeProblem) -> Definition {
    guard let operand = try operand(node, 0) else { throw .malformed("operand 0 is missing") }
    return operand
  }

  private func dropout(_ node: ONNXNode) throws(NodeProblem) -> Definition {
    if let training = try operand(node, 2) {
      guard case .tensor(.constant(let constant)) = training, constant.integers == [0] else {
        throw .unsupported("it is for training; export the model for inference")
      }
    }
    return try identity(node)
  }

  private func cast(_ node: ONNXNode) throws(NodeProblem) -> Definition {
    let code = try node.integer("to", default: 0)
    guard let type = ElementType(rawValue: Int32(clamping: code)) else {
      throw .unsupported("it casts to \(elementTypeName(Int32(clamping: code)))")
    }
    let operand = try identity(node)
    switch operand {
    case .classes: return operand
    case .tensor(.value), .probabilities:
      guard type.isFloat else { throw .unsupported("it casts to \(elementTypeName(type.rawValue))") }
      return operand
    case .tensor(.constant(let constant)): return .constant(try constant.cast(to: type))
    case .quantized: throw .unsupported("operand 0 is quantized; only a DequantizeLinear can follow")
    case .initializer, .refused: throw .followsRefusedNode
    }
  }

  private func constantOfShape(_ node: ONNXNode) throws(NodeProblem) -> Constant {
    guard let shape = try integers(node, 0, or: "") else { throw .unsupported("its shape is not one of constants") }
    guard let count = elementCount(shape, limit: maximumMadeElementCount) else {
      throw .unsupported("its shape \(shape.prefix(8)) is negative or too large")
    }
    let value = try node.tensor("value") ?? .floats([0], shape: [1])
    guard value.count == 1 else { throw .malformed("its value is not one number") }
    return value.picking([Int](repeating: 0, count: count), shape: shape)
  }

  /// The operand's shape as a constant.
  private func shapeOperator(_ node: ONNXNode) throws(NodeProblem) -> Constant {
    var shape: [Int]
    switch try tensor(node, 0) {
    case .value(let value): shape = [batch == .one ? 1 : symbolicBatch] + self.shape(of: value)
    case .constant(let constant): shape = constant.shape
    }
    let range = sliceRange(
      try node.integer("start", default: 0), try node.integer("end", default: .max), step: 1, size: shape.count)
    shape = Array(shape[range.start..<range.start + range.count])
    return .integers(shape, shape: [shape.count])
  }
}

// MARK: Before an output

extension GraphImporter {
  private func softmax(_ node: ONNXNode) throws(NodeProblem) -> Definition {
    let value = try value(node, 0)
    let rank = shape(of: value).count + 1
    let axis = try normalized(try node.integer("axis", default: operatorSet < 13 ? 1 : -1), rank: rank)
    guard axis > 0 else { throw .unsupported("it is over the batch axis") }
    return .probabilities(of: value, operation: node.opType, isOverLastAxis: axis == rank - 1)
  }

  /// The value whose largest elements are asked for; a Softmax over the same axis keeps their order.
  private func ranked(_ node: ONNXNode, axis: Int) throws(NodeProblem) -> (value: Int, shape: [Int]) {
    let value: Int
    if case .probabilities(let logits, _, true)? = try operand(node, 0) {
      value = logits
    } else {
      value = try self.value(node, 0)
    }
    let shape = shape(of: value)
    guard try normalized(axis, rank: shape.count + 1) == shape.count else {
      throw .unsupported("it is not over the last axis")
    }
    return (value, shape)
  }

  private func argMax(_ node: ONNXNode) throws(NodeProblem) -> Definition {
    let (value, shape) = try ranked(node, axis: try node.integer("axis", default: 0))
    guard try node.integer("select_last_index", default: 0) == 0 else {
      throw .unsupported("it selects the last of equal elements")
    }
    let keepsAxis = try node.integer("keepdims", default: 1) != 0
    return .classes(of: value, count: 1, shape: shape.dropLast() + (keepsAxis ? [1] : []))
  }

  private func topK(_ node: ONNXNode) throws(NodeProblem) -> [Definition] {
    let (value, shape) = try ranked(node, axis: try node.integer("axis", default: -1))
    guard try node.integer("largest", default: 1) != 0 else { throw .unsupported("it gives the smallest elements") }
    guard let counts = operatorSet < 10 ? try node.integer("k").map({ [$0] }) : try integers(node, 1, or: ""),
      counts.count == 1, let size = shape.last, (1...size).contains(counts[0])
    else { throw .malformed("its number of elements is missing or too large") }
    if let values = node.output.first, isRead(values) {
      throw .unsupported("its values are used; only its indices are supported")
    }
    return [.refused, .classes(of: value, count: counts[0], shape: shape.dropLast() + counts)]
  }
}
