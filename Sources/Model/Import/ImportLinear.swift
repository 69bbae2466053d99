extension ImportedOperator {
  static let linear: [ImportedOperator] = [
    ImportedOperator("Gemm", "all") { importer, node, label throws(NodeProblem) in
      let alpha = try node.float("alpha", default: 1)
      let beta = try node.float("beta", default: 1)
      let isTransposed = [try node.integer("transA", default: 0) != 0, try node.integer("transB", default: 0) != 0]
      let operand = try importer.tensor(node, 0)
      let full = importer.fullShape(operand)
      guard case .value(let value) = operand, !isTransposed[0], full.count == 2, importer.place(of: value).axis == 0,
        try !importer.hasValue(node, from: 1), let bias = try importer.bias(node, isTransposed[1], beta)
      else { return [.tensor(try importer.gemm(node, isTransposed, alpha: alpha, beta: beta, label))] }
      let (values, shape) = try importer.floats(node, 1)
      guard shape.count == 2 else { throw .malformed("its weights have shape \(shape), which is no matrix") }
      let (count, inputCount) = isTransposed[1] ? (shape[0], shape[1]) : (shape[1], shape[0])
      guard inputCount == full[1], count > 0 else {
        throw .malformed("its weights of shape \(shape) do not fit an input of \(full[1]) features")
      }
      let weights = isTransposed[1] ? values : transposed(values, shape, order: [1, 0])
      return [.value(try importer.linear(
          value, axis: importer.shape(of: value).count - 1, count, alpha == 1 ? weights : weights.map { $0 * alpha },
          bias: bias.isEmpty ? nil : bias, label))]
    },
    // Axes are numbered from the last one, 1; that which is summed is 0.
    ImportedOperator("MatMul", "all; axes before the matrices broadcast") {
      importer, node, label throws(NodeProblem) in
      let tensors = [try importer.tensor(node, 0), try importer.tensor(node, 1)]
      let ranks = tensors.map { importer.fullShape($0).count }
      guard ranks[0] > 0, ranks[1] > 0 else { throw .malformed("an operand is one number") }
      func leading(_ rank: Int) -> [Int] { rank < 3 ? [] : (3...rank).reversed() }
      let axes = [
        leading(ranks[0]) + (ranks[0] > 1 ? [2, 0] : [0]), leading(ranks[1]) + (ranks[1] > 1 ? [0, 1] : [0]),
      ]
      let result = leading(max(ranks[0], ranks[1])) + (ranks[0] > 1 ? [2] : []) + (ranks[1] > 1 ? [1] : [])
      return [try importer.product(tensors, axes, result, label)]
    },
    ImportedOperator("BatchNormalization", "for inference") { importer, node, label throws(NodeProblem) in
      guard try node.integer("training_mode", default: 0) == 0 else {
        throw .unsupported("it is for training; export the model for inference")
      }
      guard try node.integer("spatial", default: 1) == 1 else { throw .unsupported("spatial is not 1") }
      let epsilon = try node.float("epsilon", default: 1e-5)
      let operand = try importer.value(node, 0)
      let shape = importer.shape(of: operand)
      if try importer.hasValue(node, from: 1) { return [.tensor(try importer.standardized(node, operand, epsilon: epsilon, label))] }
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
  /// A BatchNormalization with parameters of which some depend on the input.
  fileprivate mutating func standardized(
    _ node: ONNXNode, _ value: Int, epsilon: Float, _ label: String
  ) throws(NodeProblem) -> Tensor {
    let shape = shape(of: value)
    showAttributes(of: node, label)
    var parameters: [Tensor] = []
    for index in 1...4 {
      let own = try tensor(node, index)
      guard let channels = shape.first, fullShape(own) == [channels] else {
        throw .malformed("its parameters do not fit an input of batch × \(shape)")
      }
      parameters.append(try reshaped(own, [channels] + shape.dropFirst().map { _ in 1 }, place(of: own), label))
    }
    let root = Pointwise.function(.reciprocal, .function(.sqrt, .affine(scale: 1, shift: Double(epsilon))))
    let factor = try combine(parameters[0], try apply(root, to: parameters[3], label), .multiply, label)
    let above = try combine(.value(value), parameters[2], .subtract, label)
    return try combine(try combine(above, factor, .multiply, label), parameters[1], .add, label)
  }

  /// The constant bias of a Gemm, one number for each output, none where there is no such operand; nil for another kind of operand.
  fileprivate func bias(_ node: ONNXNode, _ isOutputMajor: Bool, _ beta: Float) throws(NodeProblem) -> [Float]? {
    guard try operand(node, 2) != nil else { return [] }
    guard case .constant(let weights) = try tensor(node, 1), case .constant(let constant) = try tensor(node, 2) else { return nil }
    guard let values = constant.floats, weights.floats != nil, weights.shape.count == 2 else { return nil }
    let count = weights.shape[isOutputMajor ? 0 : 1]
    let isRow = constant.shape.count < 2 || constant.shape.count == 2 && constant.shape[0] == 1
    guard isRow, values.count == count || values.count == 1 else { return nil }
    return (0..<count).map { beta * values[values.count == 1 ? 0 : $0] }
  }

  /// alpha · A·B + beta · C of any tensors.
  fileprivate mutating func gemm(
    _ node: ONNXNode, _ isTransposed: [Bool], alpha: Float, beta: Float, _ label: String
  ) throws(NodeProblem) -> Tensor {
    let operands = [try tensor(node, 0), try tensor(node, 1)]
    for operand in operands where fullShape(operand).count != 2 {
      throw .malformed("an operand of shape \(fullShape(operand)) is no matrix")
    }
    // Rows are 2, columns 1, what is summed is 0.
    let axes = [isTransposed[0] ? [0, 2] : [2, 0], isTransposed[1] ? [1, 0] : [0, 1]]
    showAttributes(of: node, label)
    var result: Tensor
    switch try product(operands, axes, [2, 1], label) {
    case .tensor(let tensor): result = tensor
    case .initializer, .quantized, .unrounded, .probabilities, .classes, .refused: throw .followsRefusedNode
    }
    func scaled(_ tensor: Tensor, by factor: Float) throws(NodeProblem) -> Tensor {
      factor == 1 ? tensor : try apply(.affine(scale: Double(factor), shift: 0), to: tensor, label)
    }
    result = try scaled(result, by: alpha)
    guard try operand(node, 2) != nil else { return result }
    let shape = fullShape(result)
    let addend = try scaled(try tensor(node, 2), by: beta)
    guard broadcastShape(shape, fullShape(addend)) == shape else {
      throw .malformed("operand 2 of shape \(fullShape(addend)) does not broadcast to \(shape)")
    }
    return try combine(result, addend, .add, label)
  }

  /// Σ of products of tensors: axes of one name are one loop, axes of size 1 are read everywhere, and what
  /// `result` does not name is summed over. All axes of ONNX have names, the batch axis too.
  mutating func product(
    _ tensors: [Tensor], _ axes: [[Int]], _ result: [Int], _ label: String
  ) throws(NodeProblem) -> Definition {
    var (tensors, axes, result) = (tensors, axes, result)
    for (index, (tensor, axes)) in zip(tensors, axes).enumerated() where fullShape(tensor).count != axes.count {
      throw .malformed("operand \(index) has \(fullShape(tensor).count) axes, not \(axes.count)")
    }
    let constants = tensors.compactMap { if case .constant(let constant) = $0 { constant } else { nil } }
    if constants.count == tensors.count { return .constant(try product(constants, axes, result)) }
    let grouped = try ungroup(&tensors, &axes, &result)
    // The name of the batch axis.
    func name(_ index: Int) -> Int? {
      guard case .value(let value) = tensors[index], case let axis = place(of: value).axis, axes[index].indices.contains(axis) else { return nil }
      return axes[index][axis]
    }
    let names = Set(tensors.indices.compactMap(name))
    let folded = Set(tensors.map { place(of: $0)?.isFolded ?? false }).contains(true)
    var batchName = names.first
    let isOfSamples = zip(tensors, axes).contains { tensor, axes in
      place(of: tensor) == nil && zip(axes, fullShape(tensor)).contains { $0 == batchName && $1 != 1 }
    }
    if names.count > 1 || folded || !result.contains(batchName ?? 0) || batch == .one && isOfSamples {
      if batch == .one {
        // Every axis is one of the sample.
        for index in tensors.indices {
          tensors[index] = try reshaped(tensors[index], fullShape(tensors[index]), .alone)
        }
        batchName = nil
      } else {
        guard names.count == 1, let name = names.first, result.contains(name) else {
          throw .unsupported("its operands have the batch at axes that are not one of the result's")
        }
        if folded { batchName = nil }
      }
    }
    var (factors, values) = ([NamedFactor<Double>](), [Int]())
    for (index, (tensor, axes)) in zip(tensors, axes).enumerated() {
      let shape = fullShape(tensor)
      let kept = axes.indices.filter { axes[$0] != batchName }
      switch tensor {
      case .value(let value):
        guard !folded || batch == .one || place(of: value).isFolded else {
          throw .unsupported("the batch is folded into an axis of one operand alone")
        }
        factors.append(NamedFactor(axes: kept.map { axes[$0] }, shape: kept.map { shape[$0] }))
        values.append(value)
      case .constant(let constant):
        guard let numbers = constant.numbers else { throw .unsupported("it multiplies the batch size") }
        guard batch == .one || !isOfSamples else {
          throw .unsupported("operand \(index) of shape \(shape) has another element for each sample")
        }
        factors.append(NamedFactor(axes: kept.map { axes[$0] }, shape: kept.map { shape[$0] }, constant: numbers))
      }
    }
    guard !values.isEmpty, values.count >= axes.count - 1, axes.count <= 3 else {
      throw .unsupported("it has \(axes.count - values.count) constant operands of \(axes.count)")
    }
    guard let (product, shape) = Contraction.product(factors, result: result.filter { $0 != batchName }) else {
      throw .malformed("its operands of shapes \(tensors.map(fullShape)) do not fit each other")
    }
    guard elementCount(product.loops, limit: maximumStepCount) != nil else { throw .unsupported("it takes more than 2^40 steps") }
    let own = batchName ?? names.first.flatMap { batch == .one ? nil : $0 }
    let outers = Set(values.map { self.place(of: $0).outer })
    guard outers.count == 1, let outer = outers.first else { throw .unsupported("the batch is folded into axes in different ways") }
    let batchPlace = BatchPlace(axis: own.flatMap { result.firstIndex(of: $0) } ?? 0, isFolded: batchName == nil, outer: outer)
    let kind: NumberKind = tensors.allSatisfy { self.kind(of: $0) != .real } ? .integer : .real
    let value = try append(label, .contraction(product), values, shape: shape, place: batchPlace, kind: kind)
    guard let grouped else { return .value(value) }
    var full = fullShape(.value(value))
    full[grouped] *= full.remove(at: grouped + 1)
    return .value(try reshaped(value, full, batchPlace.axis > grouped ? batchPlace.shifted(by: -1) : batchPlace, label))
  }

  private func product(_ constants: [Constant], _ axes: [[Int]], _ result: [Int]) throws(NodeProblem) -> Constant {
    let factors = zip(constants, axes).map { NamedFactor<Double>(axes: $1, shape: $0.shape) }
    let floats = constants.compactMap(\.floats)
    guard (1...3).contains(factors.count), floats.count == factors.count else {
      throw .unsupported("it multiplies integers, or more than three constants")
    }
    // Of the batch axis, where all samples are the same.
    let batches = Set(zip(constants, axes).compactMap { constant, axes in constant.batch.map { axes[$0.place.axis] } })
    let places = batches.compactMap { result.firstIndex(of: $0) }
    let isOfAll = constants.allSatisfy { $0.batch.map { $0.isUniform && !$0.place.isFolded } ?? true }
    guard isOfAll, batches.count == places.count, places.count < 2 else {
      throw .unsupported("it multiplies constants that differ between samples, or have the batch at axes that are not one of its result's")
    }
    guard let (product, shape) = Contraction.product(factors, result: result) else {
      throw .malformed("its operands of shapes \(constants.map(\.shape)) do not fit each other")
    }
    guard elementCount(shape, limit: maximumMadeElementCount) != nil, elementCount(product.loops, limit: 1 << 32) != nil else {
      throw .unsupported("it makes a constant that is too large")
    }
    let values = product.run(constants.map(\.shape), shape)(floats.map { $0.map(Double.init) })
    return Constant.floats(values.map { Float($0) }, shape: shape).reshaped(shape, places.first.map { BatchPlace(axis: $0) })
  }

  /// A matrix of outputs × inputs times each line of a value along an axis, and a bias.
  mutating func linear(
    _ operand: Int, axis: Int, _ outputCount: Int, _ weights: [Float], bias: [Float]?, isPublic: Bool = false, _ label: String
  ) throws(NodeProblem) -> Int {
    let linear = Contraction<Double>.linear(
      shape(of: operand), axis: axis, outputCount: outputCount, weights, bias: bias, isPublic: isPublic)
    return try append(label, .contraction(linear), [operand], shape: linear.loops.dropLast(), place: place(of: operand))
  }
}
