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
      let (values, shape) = try importer.floats(node, 1)
      guard shape.count == 2 else { throw .unsupported("its weights have shape \(shape); only matrices are supported") }
      let (count, inputCount) = isOutputMajor ? (shape[0], shape[1]) : (shape[1], shape[0])
      guard [inputCount] == importer.shape(of: operand), count > 0 else {
        throw .malformed("its weights of shape \(shape) do not fit an input of \(importer.shape(of: operand)[0]) features")
      }
      let weights = isOutputMajor ? values : transposed(values, shape, order: [1, 0])
      var bias: [Float]?
      if try importer.operand(node, 2) != nil {
        let (values, shape) = try importer.floats(node, 2)
        guard shape.count < 2 || (shape.count == 2 && shape[0] == 1), values.count == count || values.count == 1 else {
          throw .unsupported("a constant of shape \(shape) is not a bias of \(count) elements")
        }
        bias = (0..<count).map { beta * values[values.count == 1 ? 0 : $0] }
      }
      return [.value(try importer.linear(
          operand, axis: 0, count, alpha == 1 ? weights : weights.map { $0 * alpha }, bias: bias, label))]
    },
    // Axes are numbered from the last one, 1; that which is summed is 0.
    ImportedOperator("MatMul", "two values, or a value and a constant; axes before the matrices broadcast") {
      importer, node, label throws(NodeProblem) in
      let tensors = [try importer.tensor(node, 0), try importer.tensor(node, 1)]
      let ranks = tensors.map { importer.fullShape($0).count }
      guard ranks[0] > 0, ranks[1] > 0 else { throw .malformed("an operand is one number") }
      func leading(_ rank: Int) -> [Int] { rank < 3 ? [] : (3...rank).reversed() }
      let axes = [
        leading(ranks[0]) + (ranks[0] > 1 ? [2, 0] : [0]), leading(ranks[1]) + (ranks[1] > 1 ? [0, 1] : [0]),
      ]
      let result = leading(max(ranks[0], ranks[1])) + (ranks[0] > 1 ? [2] : []) + (ranks[1] > 1 ? [1] : [])
      return [.value(try importer.product(tensors, axes, result, label))]
    },
    ImportedOperator("Einsum", since: 12, "of values, and at most one constant; no ellipsis and no axis twice in an operand") {
      importer, node, label throws(NodeProblem) in
      let text = try node.text("equation", default: "").filter { $0 != " " }
      let sides = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let operands = sides[0].split(separator: ",", omittingEmptySubsequences: false).map { $0.utf8.map(Int.init) }
      let known = operands.joined()
      let stated = sides.count == 2 ? sides[1].utf8.dropFirst().map(Int.init)
        : Set(known).filter { axis in known.count { $0 == axis } == 1 }.sorted()
      guard sides.count == 1 || sides[1].hasPrefix(">"), operands.count == node.input.count,
        (known + stated).allSatisfy({ UInt8(clamping: $0) | 0x20 >= 0x61 && UInt8(clamping: $0) | 0x20 <= 0x7a })
      else { throw .unsupported("its equation is '\(text.oneLine)'") }
      guard (operands + [stated]).allSatisfy({ Set($0).count == $0.count }), Set(stated).isSubset(of: known) else {
        throw .unsupported("its equation '\(text.oneLine)' names an axis twice, or one of no operand")
      }
      var tensors: [Tensor] = []
      for index in operands.indices { tensors.append(try importer.tensor(node, index)) }
      return [.value(try importer.product(tensors, operands, stated, label))]
    },
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
}

extension GraphImporter {
  /// Σ of products of tensors: axes of one name are one loop, axes of size 1 are read everywhere, and what
  /// `result` does not name is summed over. All axes of ONNX have names, the batch axis too.
  fileprivate mutating func product(
    _ tensors: [Tensor], _ axes: [[Int]], _ result: [Int], _ label: String
  ) throws(NodeProblem) -> Int {
    var (factors, values) = ([NamedFactor<Double>](), [Int]())
    for (index, (tensor, axes)) in zip(tensors, axes).enumerated() {
      let shape = fullShape(tensor)
      guard shape.count == axes.count else { throw .malformed("operand \(index) has \(shape.count) axes, not \(axes.count)") }
      switch tensor {
      case .value(let value):
        guard axes.first == result.first else { throw .unsupported("the batch axis of operand \(index) is not the result's first one") }
        factors.append(NamedFactor(axes: Array(axes.dropFirst()), shape: Array(shape.dropFirst())))
        values.append(value)
      case .constant(let constant):
        guard let floats = constant.floats else { throw .malformed("its weights are not of floats") }
        let kept = axes.indices.filter { axes[$0] != result.first }
        guard kept.count == axes.count || shape[axes.firstIndex(of: result.first ?? 0) ?? 0] == 1 else {
          throw .unsupported("operand \(index) of shape \(shape) has another element for each sample")
        }
        factors.append(NamedFactor(axes: kept.map { axes[$0] }, shape: kept.map { shape[$0] }, constant: floats))
      }
    }
    guard !values.isEmpty, values.count >= axes.count - 1, axes.count <= 3 else {
      throw .unsupported("it has \(axes.count - values.count) constant operands of \(axes.count)")
    }
    guard let (product, shape) = Contraction.product(factors, result: Array(result.dropFirst())) else {
      throw .malformed("its operands of shapes \(tensors.map(fullShape)) do not fit each other")
    }
    guard elementCount(product.loops, limit: maximumStepCount) != nil else { throw .unsupported("it takes more than 2^40 steps") }
    return try append(label, .contraction(product), values, shape: shape)
  }

  /// A matrix of outputs × inputs times each line of a value along an axis, and a bias.
  mutating func linear(
    _ operand: Int, axis: Int, _ outputCount: Int, _ weights: [Float], bias: [Float]?, isPublic: Bool = false, _ label: String
  ) throws(NodeProblem) -> Int {
    let linear = Contraction<Double>.linear(
      shape(of: operand), axis: axis, outputCount: outputCount, weights, bias: bias, isPublic: isPublic)
    return try append(label, .contraction(linear), [operand], shape: linear.loops.dropLast())
  }
}
