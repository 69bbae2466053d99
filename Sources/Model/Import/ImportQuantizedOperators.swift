extension ImportedOperator {
  /// Operators of integers, as the operators of floats that they stand for.
  static let quantized: [ImportedOperator] = [
    ImportedOperator("QLinearConv", since: 10, "as Conv of what the integers stand for") { importer, node, label throws(NodeProblem) in
      let (x, w) = (try importer.dequantized(node, 0, scale: 1, zero: 2, label), try importer.dequantized(node, 3, scale: 4, zero: 5, axis: 0, label))
      var operands = [x, w]
      if try importer.operand(node, 8) != nil {
        let step = try importer.combine(try importer.tensor(node, 1), try importer.tensor(node, 4), .multiply, label)
        operands.append(try importer.scaled(try importer.tensor(node, 8), step, label))
      }
      let result = try importer.applied("Conv", operands, node, label)
      return [try importer.quantized(result, node, scale: 6, zero: 7, label)]
    },
    ImportedOperator("QLinearMatMul", since: 10, "as MatMul of what the integers stand for") { importer, node, label throws(NodeProblem) in
      let first = try importer.dequantized(node, 0, scale: 1, zero: 2, axis: -2, label)
      let second = try importer.dequantized(node, 3, scale: 4, zero: 5, axis: -1, label)
      let result = try importer.applied("MatMul", [first, second], node, label)
      return [try importer.quantized(result, node, scale: 6, zero: 7, axis: -2, label)]
    },
    ImportedOperator("ConvInteger", since: 10, "as Conv of integers less their zero points") { importer, node, label throws(NodeProblem) in
      let operands = [try importer.centred(node, 0, zero: 2, axis: 1, label), try importer.centred(node, 1, zero: 3, axis: 0, label)]
      return [.tensor(try importer.integral("Conv", operands, node, label))]
    },
    ImportedOperator("MatMulInteger", since: 10, "as MatMul of integers less their zero points") { importer, node, label throws(NodeProblem) in
      let operands = [try importer.centred(node, 0, zero: 2, axis: -2, label), try importer.centred(node, 1, zero: 3, axis: -1, label)]
      return [.tensor(try importer.integral("MatMul", operands, node, label))]
    },
    ImportedOperator("\(fusedDomain).MatMulIntegerToFloat", "all") { importer, node, label throws(NodeProblem) in
      let first = try importer.dequantized(node, 0, scale: 2, zero: 4, axis: -2, label)
      let second = try importer.dequantized(node, 1, scale: 3, zero: 5, axis: -1, label)
      return [.tensor(try importer.biased(try importer.applied("MatMul", [first, second], node, label), node, 6, label))]
    },
    ImportedOperator("\(fusedDomain).DynamicQuantizeMatMul", "its first operand is not rounded, with a notice") {
      importer, node, label throws(NodeProblem) in
      importer.notices.append("the DynamicQuantizeMatMul '\(label.oneLine)' does not round its operand to 8 bits")
      let second = try importer.dequantized(node, 1, scale: 2, zero: 3, axis: -1, label)
      let product = try importer.applied("MatMul", [try importer.tensor(node, 0), second], node, label)
      return [.tensor(try importer.biased(product, node, 4, label))]
    },
    ImportedOperator("\(fusedDomain).DynamicQuantizeLSTM", "as LSTM of what the integers stand for; its sequence and states are not rounded, with a notice") {
      importer, node, label throws(NodeProblem) in
      importer.notices.append("the DynamicQuantizeLSTM '\(label.oneLine)' does not round its sequence and states to 8 bits")
      var operands: [Definition] = []
      for index in 0..<min(node.input.count, 8) { operands.append(try importer.operand(node, index) ?? .refused) }
      for index in 1...2 where index < operands.count {
        operands[index] = .constant(try importer.dequantizedGates(node, index, scale: 6 + 2 * index, zero: 7 + 2 * index))
      }
      var other = node
      (other.opType, other.domain, other.input) = ("LSTM", "", Array(node.input.prefix(8)))
      return try importer.translate(other, label, operands)
    },
    ImportedOperator("\(fusedDomain).QGemm", "as Gemm of what the integers stand for") { importer, node, label throws(NodeProblem) in
      importer.showAttributes(of: node, label)
      let isOutputMajor = try node.integer("transB", default: 0) != 0
      var operands = [
        try importer.dequantized(node, 0, scale: 1, zero: 2, label),
        try importer.dequantized(node, 3, scale: 4, zero: 5, axis: isOutputMajor ? 0 : 1, label),
      ]
      if try importer.operand(node, 6) != nil {
        let step = try importer.combine(try importer.tensor(node, 1), try importer.tensor(node, 4), .multiply, label)
        let bias = try importer.scaled(try importer.tensor(node, 6), step, label)
        let alpha = Constant.floats([try node.float("alpha", default: 1)], shape: [])
        operands.append(try importer.combine(bias, .constant(alpha), .multiply, label))
      }
      let result = try importer.applied("Gemm", operands, node, label)
      return [try importer.operand(node, 7) == nil ? .tensor(result) : try importer.quantized(result, node, scale: 7, zero: 8, label)]
    },
    elementwise("QLinearAdd", "Add"), elementwise("QLinearMul", "Mul"),
    function("QLinearSigmoid", "Sigmoid"), function("QLinearLeakyRelu", "LeakyRelu"), function("QLinearSoftmax", "Softmax"),
    function("QLinearGlobalAveragePool", "GlobalAveragePool"), function("QLinearAveragePool", "AveragePool"),
    ImportedOperator("\(fusedDomain).QLinearConcat", "as Concat of what the integers stand for") { importer, node, label throws(NodeProblem) in
      guard node.input.count > 4, (node.input.count - 2) % 3 == 0 else { throw .malformed("it has \(node.input.count) operands") }
      var operands: [Tensor] = []
      for index in stride(from: 2, to: node.input.count, by: 3) {
        operands.append(try importer.dequantized(node, index, scale: index + 1, zero: index + 2, label))
      }
      return [try importer.quantized(try importer.applied("Concat", operands, node, label), node, scale: 0, zero: 1, label)]
    },
  ]

  private static func elementwise(_ name: String, _ operation: String) -> ImportedOperator {
    ImportedOperator("\(fusedDomain).\(name)", "as \(operation) of what the integers stand for") { importer, node, label throws(NodeProblem) in
      let operands = [try importer.dequantized(node, 0, scale: 1, zero: 2, label), try importer.dequantized(node, 3, scale: 4, zero: 5, label)]
      return [try importer.quantized(try importer.applied(operation, operands, node, label), node, scale: 6, zero: 7, label)]
    }
  }

  private static func function(_ name: String, _ operation: String) -> ImportedOperator {
    ImportedOperator("\(fusedDomain).\(name)", "as \(operation) of what the integers stand for") { importer, node, label throws(NodeProblem) in
      guard try node.integer("channels_last", default: 0) == 0 else { throw .unsupported("its channels are the last axis") }
      let operand = try importer.dequantized(node, 0, scale: 1, zero: 2, label)
      return [try importer.quantized(try importer.applied(operation, [operand], node, label), node, scale: 3, zero: 4, label)]
    }
  }
}

extension GraphImporter {
  /// The first result of another operator with a node's attributes, or with others.
  mutating func applied(
    _ name: String, _ operands: [Tensor], _ node: ONNXNode, attributes: [ONNXAttribute]? = nil, _ label: String
  ) throws(NodeProblem) -> Tensor {
    var other = node
    if let attributes { other.attribute = attributes }
    (other.opType, other.domain) = (name, "")
    other.input = operands.indices.map { "\0operand \($0)" }
    let results = try translate(other, label, operands.map { .tensor($0) })
    switch results.first {
    case .tensor(let tensor)?: return tensor
    case .probabilities(let value, _, _, _)?: return .value(value)
    case .initializer, .quantized, .unrounded, .classes, .refused, nil: throw .unsupported("its \(name) is not one of numbers")
    }
  }

  /// The same of integers: an integer where all operands are.
  fileprivate mutating func integral(
    _ name: String, _ operands: [Tensor], _ node: ONNXNode, _ label: String
  ) throws(NodeProblem) -> Tensor {
    let isInteger = operands.allSatisfy { kind(of: $0) == .integer }
    var floats = operands
    for (index, operand) in operands.enumerated() {
      if case .constant(let constant) = operand { floats[index] = .constant(try constant.cast(to: .float)) }
    }
    let result = try applied(name, floats, node, label)
    switch result {
    case .value(let value): if isInteger { mark(value, .integer) }
    case .constant(let constant): return .constant(try constant.cast(to: .int32))
    }
    return result
  }

  /// Weights of the gates of an LSTM: integers of directions × inputs × gates, with a scale and zero point by direction, or by gate.
  fileprivate func dequantizedGates(_ node: ONNXNode, _ index: Int, scale: Int, zero: Int) throws(NodeProblem) -> Constant {
    let (weights, scales) = (try constant(node, index), try constant(node, scale))
    let zeros = try operand(node, zero) == nil ? nil : try constant(node, zero).integers
    guard weights.shape.count == 3, let integers = weights.integers, let steps = scales.floats, !steps.isEmpty else {
      throw .malformed("its weights of shape \(weights.shape.prefix(8)) are not quantized")
    }
    let (directions, inputs, gates) = (weights.shape[0], weights.shape[1], weights.shape[2])
    guard [directions, directions * gates].contains(steps.count), zeros.map({ $0.count == steps.count }) ?? true else {
      throw .malformed("its scales of shape \(scales.shape.prefix(8)) do not fit its weights")
    }
    var values: [Float] = []
    for place in 0..<directions * gates {
      let (direction, gate) = (place / gates, place % gates)
      let step = steps.count == directions ? direction : place
      for input in 0..<inputs {
        let integer = Float(integers[(direction * inputs + input) * gates + gate]) - Float(zeros?[step] ?? 0)
        values.append(integer * steps[step])
      }
    }
    return .floats(values, shape: [directions, gates, inputs])
  }

  /// Integers times a scale.
  fileprivate mutating func scaled(_ integers: Tensor, _ scale: Tensor, _ label: String) throws(NodeProblem) -> Tensor {
    guard kind(of: integers) == .integer else { throw .malformed("its bias is not of integers") }
    var integers = integers
    if case .constant(let constant) = integers { integers = .constant(try constant.cast(to: .float)) }
    return try combine(integers, scale, .multiply, label)
  }

  /// With the operand at an index added where there is one.
  fileprivate mutating func biased(_ tensor: Tensor, _ node: ONNXNode, _ index: Int, _ label: String) throws(NodeProblem) -> Tensor {
    try operand(node, index) == nil ? tensor : try combine(tensor, try self.tensor(node, index), .add, label)
  }
}
