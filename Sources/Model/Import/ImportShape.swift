extension ImportedOperator {
  /// Operators that only rearrange elements.
  static let shapes: [ImportedOperator] = [
    ImportedOperator("Flatten", "all that keeps samples apart", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      let given = try node.integer("axis", default: 1)
      let axis = given == shape.count ? given : try normalized(given, rank: shape.count)
      let sizes = [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)]
      let batch = importer.place(of: operand).map { $0.axis < axis ? 0 : 1 }
      return [.tensor(try importer.rearranged(operand, sizes, batch: batch, "it flattens from axis \(given)", label))]
    },
    ImportedOperator("Reshape", "a constant or computed shape that keeps samples apart", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      guard let target = try importer.constant(node, 1).integers else { throw .malformed("its shape is not of integers") }
      let (sizes, batch) = try importer.sizes(target, operand, zeroCopies: try node.integer("allowzero", default: 0) == 0)
      return [.tensor(try importer.rearranged(operand, sizes, batch: batch, "it reshapes to \(describe(target))", label))]
    },
    ImportedOperator("Squeeze", "constant axes, not the batch axis", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      let place = importer.place(of: operand)
      let axes: [Int]
      if let given = try importer.integers(node, 1, or: "axes") {
        axes = try normalized(given, rank: shape.count)
      } else {
        let batch = importer.batch == .symbolic ? place?.axis : nil
        axes = shape.indices.filter { shape[$0] == 1 && $0 != batch }
      }
      if let place, importer.batch == .symbolic, axes.contains(place.axis) { throw .unsupported("it removes the batch axis") }
      guard axes.allSatisfy({ shape[$0] == 1 }) else { throw .malformed("it removes an axis that is not 1") }
      let sizes = shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
      let batch = place.map { place in place.axis - axes.count { $0 < place.axis } }
      return [.tensor(try importer.rearranged(operand, sizes, batch: batch, "it removes axes", label))]
    },
    ImportedOperator("Unsqueeze", "constant axes", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      guard let given = try importer.integers(node, 1, or: "axes") else { throw .malformed("its axes are missing") }
      let rank = shape.count + given.count
      guard rank <= maximumAxisCount else { throw .unsupported("its result has \(rank) axes") }
      let axes = try normalized(given, rank: rank)
      let kept = (0..<rank).filter { !axes.contains($0) }
      var sizes = [Int](repeating: 1, count: rank)
      for (axis, size) in zip(kept, shape) { sizes[axis] = size }
      let place = importer.place(of: operand).map { $0.moved(to: kept.isEmpty ? 0 : kept[$0.axis]) }
      if importer.batch == .one, case .value = operand {
        return [.tensor(try importer.rearranged(operand, sizes, batch: nil, "it adds axes", label))]
      }
      return [.tensor(try importer.reshaped(operand, sizes, place, label))]
    },
    ImportedOperator("Transpose", "all", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      let order = try node.integers("perm") ?? shape.indices.reversed()
      guard order.sorted() == Array(shape.indices) else {
        throw .malformed("\(order.prefix(8)) is no permutation of \(shape.count) axes")
      }
      let reading = shape.indices.map { Index(order.firstIndex(of: $0)) }
      return [.tensor(try importer.view(operand, order.map { shape[$0] }, reading, label))]
    },
    ImportedOperator("Expand", "all that repeats no sample", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      guard let target = try importer.constant(node, 1).integers else { throw .malformed("its shape is not of integers") }
      return [.tensor(try importer.expanded(operand, target, label))]
    },
    ImportedOperator("Tile", "constant repeats, not of the batch axis", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      guard let repeats = try importer.constant(node, 1).integers, repeats.count == shape.count,
        repeats.allSatisfy({ batchMultiple($0) == 1 || (0...maximumElementCount).contains($0) }),
        elementCount(zip(shape, repeats).map { size, count in batchMultiple(count) == 1 ? size : count * size }) != nil
      else { throw .malformed("its repeats do not fit its operand of shape \(shape), or are too many") }
      // Each axis is one of repeats and one of elements.
      let place = importer.place(of: operand).map { $0.moved(to: 2 * $0.axis + 1) }
      let pairs = try importer.reshaped(operand, shape.flatMap { [1, $0] }, place, label)
      let expanded = try importer.expanded(pairs, zip(repeats, shape).flatMap { [$0, $1] }, label)
      let sizes = importer.fullShape(expanded)
      let result = shape.indices.map { sizes[2 * $0] * sizes[2 * $0 + 1] }
      let batch = importer.place(of: expanded).map { $0.axis / 2 }
      return [.tensor(try importer.rearranged(expanded, result, batch: batch, "it repeats the batch", label))]
    },
    ImportedOperator("Slice", "constant bounds and steps, not along the batch axis", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.fullShape(operand)
      var result = shape
      func bounds(_ index: Int, _ name: String) throws(NodeProblem) -> [Int]? {
        if let stated = try node.integers(name) { return stated }
        return try importer.operand(node, index) == nil ? nil : try importer.constant(node, index).integers
      }
      guard let starts = try importer.integers(node, 1, or: "starts"), let ends = try bounds(2, "ends") else {
        throw .malformed("its bounds are missing")
      }
      let axes = try normalized(try importer.integers(node, 3, or: "axes") ?? Array(starts.indices), rank: shape.count)
      let steps = try importer.integers(node, 4, or: "") ?? axes.map { _ in 1 }
      guard starts.count == axes.count, ends.count == axes.count, steps.count == axes.count, !steps.contains(0) else {
        throw .malformed("its bounds do not fit its axes")
      }
      let batchAxis = importer.batch == .symbolic ? importer.place(of: operand)?.axis : nil
      var reading = shape.indices.map { Index($0) }
      for (index, axis) in axes.enumerated() {
        let end = ends[index]
        if axis == batchAxis {
          guard starts[index] == 0, steps[index] == 1, end >= maximumElementCount || batchMultiple(end) == shape[axis] else {
            throw .unsupported("it cuts the batch axis")
          }
        } else {
          guard batchMultiple(end) == nil else { throw .unsupported("operand 2 depends on the batch size") }
          let range = sliceRange(starts[index], end, step: steps[index], size: shape[axis])
          result[axis] = range.count
          reading[axis] = Index(axis, start: range.start, stride: range.stride)
        }
      }
      return [.tensor(try importer.view(operand, result, reading, label))]
    },
    ImportedOperator("Split", "not along the batch axis", numbers: .selected) { importer, node, label throws(NodeProblem) in
      var operand = try importer.tensor(node, 0)
      let axis = try importer.freeAxis(try node.integer("axis", default: 0), &operand)
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
    ImportedOperator("Concat", "not along the batch axis") { importer, node, label throws(NodeProblem) in
      var tensors: [Tensor] = []
      for index in node.input.indices { tensors.append(try importer.tensor(node, index)) }
      guard let first = tensors.first, let given = try node.integer("axis") else {
        throw .malformed("its axis or its operands are missing")
      }
      let axis = try normalized(given, rank: importer.fullShape(first).count)
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
      let filled = tensors.filter { importer.fullShape($0)[axis] > 0 }
      return [.tensor(try importer.concatenated(filled.isEmpty ? tensors : filled, axis: axis, result, label))]
    },
  ]
}

extension GraphImporter {
  /// The same elements in the same order under another shape.
  ///
  /// - Parameters:
  ///   - batch: The axis of the result that has the batch; nil for one that is found.
  ///   - text: What the node does, for errors.
  mutating func rearranged(
    _ tensor: Tensor, _ sizes: [Int], batch axis: Int?, _ text: String, _ label: String
  ) throws(NodeProblem) -> Tensor {
    guard let place = place(of: tensor) else { return try reshaped(tensor, sizes, axis.map { BatchPlace(axis: $0) }, label) }
    let before = fullShape(tensor)[..<place.axis].reduce(place.outer, *)
    if batch == .one {
      let places = sizes.indices.filter { sizes[$0] == 1 && sizes[..<$0].reduce(1, *) == before }
      let own = places.first { $0 == place.axis } ?? places.first
      return try reshaped(tensor, sizes, own.map { BatchPlace(axis: $0) } ?? .alone, label)
    }
    guard let axis, case let (outer, rest) = before.quotientAndRemainder(dividingBy: sizes[..<axis].reduce(1, *)), rest == 0,
      sizes[axis] % outer == 0
    else { throw .unsupported("\(text), which does not keep the batch axis") }
    return try reshaped(tensor, sizes, BatchPlace(axis: axis, isFolded: sizes[axis] != 1, outer: outer), label)
  }

  /// The sizes that a tensor is reshaped to for one sample, and the axis that has the batch.
  fileprivate func sizes(
    _ target: [Int], _ tensor: Tensor, zeroCopies: Bool
  ) throws(NodeProblem) -> (sizes: [Int], batch: Int?) {
    let source = fullShape(tensor)
    let own = batch == .symbolic ? place(of: tensor)?.axis : nil
    let text = "it reshapes to \(describe(target))"
    var sizes: [Int] = []
    var (inferred, axis) = (Int?.none, Int?.none)
    for (place, size) in target.enumerated() {
      if let count = batchMultiple(size) {
        guard axis == nil else { throw .unsupported("\(text), which has the batch twice") }
        axis = place
        sizes.append(count)
        continue
      }
      switch size {
      case -1 where inferred == nil:
        inferred = place
        sizes.append(1)
      case 0 where zeroCopies && place < source.count:
        if place == own { axis = place }
        sizes.append(source[place])
      case 1...: sizes.append(size)
      default: throw .malformed("\(text), which is not a shape")
      }
    }
    let count = source.reduce(1, *)
    guard let product = elementCount(sizes), product > 0, count % product == 0, inferred != nil || product == count else {
      throw .unsupported("\(text), which does not keep the \(count) elements of a sample")
    }
    if let inferred {
      sizes[inferred] = count / product
      if own != nil, axis == nil { axis = inferred }
    }
    return (sizes, axis)
  }

  mutating func expanded(_ tensor: Tensor, _ target: [Int], _ label: String) throws(NodeProblem) -> Tensor {
    let shape = fullShape(tensor)
    let wanted = target.map { batchMultiple($0) ?? $0 }
    let limit = max(maximumMadeElementCount, elementCount(shape) ?? 0)
    let text = "it expands \(shape) to \(describe(target))"
    guard let result = broadcastShape(shape, wanted), elementCount(result, limit: limit) != nil else { throw .unsupported(text) }
    let own = place(of: tensor)?.shifted(by: result.count - shape.count)
    let stated = target.firstIndex { batchMultiple($0) != nil }.map { $0 + result.count - target.count }
    if let own, let stated, stated != own.axis { throw .unsupported("\(text), which has the batch twice") }
    if let own, !own.isFolded, result[own.axis] != 1, batch == .symbolic { throw .unsupported("it expands the batch axis") }
    let expanded = result == shape ? tensor : try view(tensor, result, broadcastReading(shape, to: result), label)
    guard own == nil, let stated else { return expanded }
    return try reshaped(expanded, result, BatchPlace(axis: stated, isFolded: result[stated] != 1))
  }

  /// Values and constants one after the other along an axis; `result` is the full shape of all.
  mutating func concatenated(
    _ tensors: [Tensor], axis: Int, _ result: [Int], _ label: String
  ) throws(NodeProblem) -> Tensor {
    var (values, constants) = ([Int](), [Constant]())
    for tensor in tensors {
      switch tensor {
      case .value(let value): values.append(value)
      case .constant(let constant): constants.append(constant)
      }
    }
    if values.isEmpty {
      guard let joined = Constant.concatenated(constants, axis: axis) else { throw .malformed("its operands differ in type") }
      if let place = joined.batch?.place, place.axis == axis { throw .unsupported("it works along the batch axis") }
      return .constant(joined)
    }
    var (lifted, place) = try self.lifted(values)
    if place.axis == axis, batch != .one {
      guard !place.isFolded, constants.isEmpty, axis < result.count, result[axis] == lifted.count else { throw .unsupported("it works along the batch axis") }
      // One after the other, each has the whole batch.
      let own = BatchPlace(axis: axis, isFolded: true)
      for index in lifted.indices { lifted[index] = try reshaped(lifted[index], fullShape(.value(lifted[index])), own) }
      let parts = lifted.map { self.shape(of: $0) }
      let joined = Contraction<Double>.concatenation(of: parts, parts.map { _ in 1.0 }, axis: axis, shape: result)
      return .value(
        try append(
          label, .contraction(joined), lifted, shape: result, place: BatchPlace(axis: axis, isFolded: true, outer: lifted.count), kind: kind(of: tensors[0])))
    }
    if place.axis == axis {
      place = .alone
      for index in lifted.indices { lifted[index] = try reshaped(lifted[index], fullShape(.value(lifted[index])), place) }
    }
    let (shape, own) = (sampleShape(result, place), place.isFolded || axis < place.axis ? axis : axis - 1)
    let parts = try tensors.map { tensor throws(NodeProblem) -> [Int] in
      let full = fullShape(tensor)
      guard place.isFolded || full[place.axis] == 1 else { throw .unsupported("a constant has another element for each sample") }
      return sampleShape(full, place)
    }
    var joined = Contraction.concatenation(of: parts, parts.map { _ in 1.0 }, axis: own, shape: shape)
    if !constants.isEmpty { try joined.stateConstants(tensors, parts, axis: own, shape) }
    let kinds = Set(tensors.map { kind(of: $0) })
    return .value(try append(
        label, .contraction(joined), lifted, shape: shape, place: place, kind: kinds.count == 1 ? kinds.first : .real))
  }
}

extension Contraction<Double> {
  /// Puts one array in the place of those operands of a concatenation that are constants.
  fileprivate mutating func stateConstants(
    _ tensors: [Tensor], _ parts: [[Int]], axis: Int, _ shape: [Int]
  ) throws(NodeProblem) {
    guard elementCount(shape, limit: maximumMadeElementCount) != nil else {
      throw .unsupported("its result of shape \(shape.prefix(8)), with constants in it, is too large")
    }
    var values = [Float](repeating: 0, count: shape.reduce(1, *))
    let (inner, step) = (shape[(axis + 1)...].reduce(1, *), shape[axis...].reduce(1, *))
    var (start, kept) = (0, [Term]())
    for (number, tensor) in tensors.enumerated() {
      switch tensor {
      case .value:
        guard case .operand(_, let reading) = terms[number].factors[0] else { continue }
        kept.append(Term(1, [.operand(kept.count, reading)]))
      case .constant(let constant):
        guard let numbers = constant.numbers else { throw .unsupported("a constant is the batch size") }
        let block = max(parts[number][axis] * inner, 1)
        for place in numbers.indices { values[place / block * step + start * inner + place % block] = numbers[place] }
      }
      start += parts[number][axis]
    }
    terms = kept + [Term(1, [.constant(0)])]
    constants = [Constant(loops: Array(shape.indices), values)]
  }
}
