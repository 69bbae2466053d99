extension ImportedOperator {
  /// Operators that only rearrange elements. Axes are those of ONNX: of a value of the network, axis 0 is the batch.
  static let shapes: [ImportedOperator] = [
    ImportedOperator("Flatten", "keeping the batch axis", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      let given = try node.integer("axis", default: 1)
      let axis = given == shape.count ? given : try normalized(given, rank: shape.count)
      let leading = shape[..<axis].reduce(1, *)
      if case .value = operand, axis == 0 || leading != 1 {
        throw .unsupported("it flattens from axis \(given), which does not keep the batch axis")
      }
      return [.tensor(try importer.reshaped(operand, [leading, shape[axis...].reduce(1, *)], label))]
    },
    ImportedOperator("Reshape", "a constant or computed shape that keeps the batch axis", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      guard let target = try importer.constant(node, 1).integers else { throw .malformed("its shape is not of integers") }
      let zeroCopies = try node.integer("allowzero", default: 0) == 0
      switch operand {
      case .constant(let constant):
        let shape = try importer.resolved(target[...], constant.shape, target, zeroCopies, mayInfer: true)
        return [.constant(constant.reshaped(shape))]
      case .value(let value):
        let text = "it reshapes to \(target.prefix(8))"
        guard let leading = target.first, target.count > 1 else { throw .unsupported("\(text), without a batch axis") }
        guard (leading == 0 && zeroCopies) || leading == -1 || leading == symbolicBatch
          || (leading == 1 && importer.batch == .one)
        else {
          throw .unsupported("\(text), which does not keep the batch axis")
        }
        let sample = try importer.resolved(
          target.dropFirst(), importer.shape(of: value), target, zeroCopies, mayInfer: leading != -1)
        return [.tensor(try importer.reshaped(operand, [1] + sample, label))]
      }
    },
    ImportedOperator("Squeeze", "constant axes, not the batch axis", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      let axes: [Int]
      if let given = try importer.integers(node, 1, or: "axes") {
        axes = try normalized(given, rank: shape.count)
      } else {
        axes = shape.indices.filter { shape[$0] == 1 }
      }
      if case .value = operand, axes.contains(0) { throw .unsupported("it removes the batch axis") }
      guard axes.allSatisfy({ shape[$0] == 1 }) else { throw .malformed("it removes an axis that is not 1") }
      return [.tensor(try importer.reshaped(operand, shape.indices.filter { !axes.contains($0) }.map { shape[$0] }, label))]
    },
    ImportedOperator("Unsqueeze", "constant axes, not the batch axis", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      guard let given = try importer.integers(node, 1, or: "axes") else { throw .malformed("its axes are missing") }
      let rank = shape.count + given.count
      guard rank <= maximumAxisCount else { throw .unsupported("its result has \(rank) axes") }
      let axes = try normalized(given, rank: rank)
      if case .value = operand, axes.contains(0) { throw .unsupported("it adds an axis before the batch axis") }
      var sizes = shape.makeIterator()
      return [.tensor(try importer.reshaped(operand, (0..<rank).map { axes.contains($0) ? 1 : sizes.next() ?? 1 }, label))]
    },
    ImportedOperator("Transpose", "keeping the batch axis first", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      let order = try node.integers("perm") ?? shape.indices.reversed()
      guard order.sorted() == Array(shape.indices) else {
        throw .malformed("\(order.prefix(8)) is no permutation of \(shape.count) axes")
      }
      if case .value = operand, order.first != 0 { throw .unsupported("it moves the batch axis") }
      let reading = shape.indices.map { Index(order.firstIndex(of: $0)) }
      return [.tensor(try importer.view(operand, order.map { shape[$0] }, reading, label))]
    },
    ImportedOperator("Expand", "not along the batch axis", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      guard let target = try importer.constant(node, 1).integers else { throw .malformed("its shape is not of integers") }
      let wanted = target.first == symbolicBatch && target.count == shape.count ? [1] + target.dropFirst() : target
      let limit = max(maximumMadeElementCount, elementCount(shape) ?? 0)
      guard let result = broadcastShape(shape, wanted), elementCount(result, limit: limit) != nil else {
        throw .unsupported("it expands \(shape) to \(target.prefix(8))")
      }
      if case .value = operand, result.count != shape.count || result[0] != 1 {
        throw .unsupported("it expands the batch axis")
      }
      return [.tensor(try importer.view(operand, result, broadcastReading(shape, to: result), label))]
    },
    ImportedOperator("Slice", "constant bounds and steps, not along the batch axis", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      var result = shape
      guard let starts = try importer.integers(node, 1, or: "starts"),
        let ends = try importer.integers(node, 2, or: "ends")
      else { throw .malformed("its bounds are missing") }
      let axes = try normalized(try importer.integers(node, 3, or: "axes") ?? Array(starts.indices), rank: shape.count)
      let steps = try importer.integers(node, 4, or: "") ?? axes.map { _ in 1 }
      guard starts.count == axes.count, ends.count == axes.count, steps.count == axes.count, !steps.contains(0) else {
        throw .malformed("its bounds do not fit its axes")
      }
      var reading = shape.indices.map { Index($0) }
      for (index, axis) in axes.enumerated() {
        let range = sliceRange(starts[index], ends[index], step: steps[index], size: shape[axis])
        if case .value = operand, axis == 0 {
          guard starts[index] == 0, steps[index] == 1, ends[index] >= (importer.batch == .one ? 1 : Int(Int32.max)) else {
            throw .unsupported("it cuts the batch axis")
          }
        } else {
          result[axis] = range.count
          reading[axis] = Index(axis, start: range.start, stride: range.stride)
        }
      }
      return [.tensor(try importer.view(operand, result, reading, label))]
    },
    ImportedOperator(
      "Gather", "constant indices; of a value one index of an axis other than the batch axis", numbers: .selected
    ) { importer, node, label throws(NodeProblem) in
      let data = try importer.tensor(node, 0)
      let shape = importer.fullShape(data)
      let indices = try importer.constant(node, 1)
      guard let given = indices.integers else { throw .malformed("its indices are not integers") }
      let axis = try importer.freeAxis(try node.integer("axis", default: 0), data)
      var positions: [Int] = []
      for index in given { positions.append(try normalized(index, rank: shape[axis])) }
      let result = Array(shape[..<axis]) + indices.shape + shape[(axis + 1)...]
      switch data {
      case .constant(let constant):
        guard elementCount(result, limit: max(maximumMadeElementCount, constant.count)) != nil else {
          throw .unsupported("its result of shape \(result.prefix(8)) is too large")
        }
        let outer = shape[..<axis].reduce(1, *)
        let inner = shape[(axis + 1)...].reduce(1, *)
        let picked = (0..<outer).flatMap { block in
          positions.flatMap { index in (0..<inner).map { (block * shape[axis] + index) * inner + $0 } }
        }
        return [.constant(constant.picking(picked, shape: result))]
      case .value:
        guard positions.count == 1 else { throw .unsupported("it gathers \(positions.count) indices, not one") }
        let reading = shape.indices.map { other in
          other == axis ? Index(start: positions[0]) : Index(other < axis ? other : other - 1 + indices.shape.count)
        }
        return [.tensor(try importer.view(data, result, reading, label))]
      }
    },
    ImportedOperator("Split", "not along the batch axis", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let axis = try importer.freeAxis(try node.integer("axis", default: 0), operand)
      let size = importer.fullShape(operand)[axis]
      var sizes: [Int]
      if let given = try importer.integers(node, 1, or: "split") {
        sizes = given
      } else {
        let count = try node.integer("num_outputs", default: node.output.count)
        guard count == node.output.count, count > 0 else { throw .malformed("its number of outputs is not \(count)") }
        let part = (size - 1) / count + 1
        sizes = (0..<count).map { min(part, size - min(size, $0 * part)) }
      }
      var rest = size
      var results: [Definition] = []
      for part in sizes {
        guard (0...rest).contains(part) else { throw .malformed("its parts exceed an axis of \(size)") }
        var shape = importer.fullShape(operand)
        shape[axis] = part
        let reading = shape.indices.map { Index($0, start: $0 == axis ? size - rest : 0) }
        results.append(.tensor(try importer.view(operand, shape, reading, label)))
        rest -= part
      }
      guard rest == 0, results.count == node.output.count else {
        throw .malformed("its parts do not make up an axis of \(size)")
      }
      return results
    },
    ImportedOperator("Concat", "not along the batch axis; only values or only constants") {
      importer, node, label throws(NodeProblem) in
      var tensors: [Tensor] = []
      for index in node.input.indices { tensors.append(try importer.tensor(node, index)) }
      guard let first = tensors.first, let given = try node.integer("axis") else {
        throw .malformed("its axis or its operands are missing")
      }
      let axis = try importer.freeAxis(given, first)
      let shapes = tensors.map { importer.fullShape($0) }
      var result = shapes[0]
      result[axis] = 0
      for shape in shapes {
        guard shape.count == result.count, shape.indices.allSatisfy({ $0 == axis || shape[$0] == result[$0] }) else {
          throw .malformed("its operands have shapes \(shapes.prefix(8))")
        }
        result[axis] += shape[axis]
      }
      guard elementCount(result) != nil else { throw .malformed("its result is too large") }
      var values: [Int] = []
      var constants: [Constant] = []
      for tensor in tensors {
        switch tensor {
        case .value(let value): values.append(value)
        case .constant(let constant): constants.append(constant)
        }
      }
      if values.isEmpty {
        guard let joined = Constant.concatenated(constants, axis: axis) else {
          throw .malformed("its operands differ in type")
        }
        return [.constant(joined)]
      }
      guard constants.isEmpty else { throw .unsupported("an operand is a constant beside values") }
      let shape = Array(result.dropFirst())
      let joined = Contraction.concatenation(
        of: values.map { importer.shape(of: $0) }, values.map { _ in 1.0 }, axis: axis - 1, shape: shape)
      return [.value(try importer.append(label, .contraction(joined), values, shape: shape))]
    },
  ]
}

extension GraphImporter {
  func fullShape(_ tensor: Tensor) -> [Int] {
    switch tensor {
    case .value(let value): [1] + shape(of: value)
    case .constant(let constant): constant.shape
    }
  }

  /// The same elements under another shape, which for a value begins with the batch axis.
  fileprivate mutating func reshaped(_ tensor: Tensor, _ shape: [Int], _ label: String) throws(NodeProblem) -> Tensor {
    switch tensor {
    case .constant(let constant): return .constant(constant.reshaped(shape))
    case .value(let value):
      let sample = Array(shape.dropFirst())
      return .value(
        sample == self.shape(of: value) ? value : try append(label, .reshape, [value], shape: sample))
    }
  }

  /// Elements of a tensor; shape and reading of a value begin with the batch axis.
  fileprivate mutating func view(
    _ tensor: Tensor, _ shape: [Int], _ reading: Reading, _ label: String
  ) throws(NodeProblem) -> Tensor {
    switch tensor {
    case .constant(let constant): return .constant(constant.view(shape, reading))
    case .value(let value):
      let sample = Array(shape.dropFirst())
      let own = reading.dropFirst().map { $0.renumbered { $0 - 1 } }
      return .value(try append(label, .contraction(.view(sample, own)), [value], shape: sample))
    }
  }

  /// An axis other than the batch axis of a value.
  fileprivate func freeAxis(_ axis: Int, _ tensor: Tensor) throws(NodeProblem) -> Int {
    let result = try normalized(axis, rank: fullShape(tensor).count)
    if case .value = tensor, result == 0 { throw .unsupported("it works along the batch axis") }
    return result
  }

  /// The sizes of `axes` of a Reshape to `target`, of an array of shape `source`.
  fileprivate func resolved(
    _ axes: ArraySlice<Int>, _ source: [Int], _ target: [Int], _ zeroCopies: Bool, mayInfer: Bool
  ) throws(NodeProblem) -> [Int] {
    let text = "it reshapes to \(target.prefix(8))"
    let count = source.reduce(1, *)
    var shape: [Int] = []
    var inferred: Int?
    for (axis, size) in axes.enumerated() {
      switch size {
      case -1 where inferred == nil && mayInfer:
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
