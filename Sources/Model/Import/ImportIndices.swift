extension ImportedOperator {
  /// Operators that make arrays of indices, or of indices.
  static let indexing: [ImportedOperator] = [
    ImportedOperator("OneHot", since: 9, "a constant depth and constant values") { importer, node, label throws(NodeProblem) in
      guard let given = try importer.scalar(node, 1), let depth = Int(exactly: given.rounded(.towardZero)),
        (1...maximumMadeElementCount).contains(depth)
      else { throw .unsupported("its depth is not one number above 0") }
      let values = try importer.constant(node, 2)
      guard values.count == 2, values.numbers != nil else { throw .malformed("its values are not two numbers") }
      let operand = try importer.tensor(node, 0)
      let full = importer.fullShape(operand)
      let axis = try normalized(try node.integer("axis", default: -1), rank: full.count + 1)
      let result = Array(full[..<axis] + [depth] + full[axis...])
      guard elementCount(result, limit: maximumMadeElementCount) != nil else { throw .unsupported("its result is too large") }
      let inner = full[axis...].reduce(1, *)
      switch operand {
      case .constant(let indices):
        guard let numbers = indices.numbers, indices.batch?.isUniform ?? true else { throw .unsupported("its indices depend on the sample") }
        let chosen = (0..<numbers.count * depth).map { place in
          let index = numbers[place / (depth * inner) * inner + place % inner].rounded(.towardZero)
          return index == Float(place / inner % depth) || index + Float(depth) == Float(place / inner % depth) ? 1 : 0
        }
        let place = indices.batch.map { $0.place.axis < axis ? $0.place : $0.place.shifted(by: 1) }
        return [.constant(values.picking(chosen, shape: result, place))]
      case .value(let value):
        let integers = try importer.cast(value, to: .int64, label)
        let codes = Tensor.value(try importer.oneHot(integers, depth, countsFromEnd: true, label))
        let reading = (0...full.count).map { Index($0 == full.count ? axis : $0 < axis ? $0 : $0 + 1) }
        let hot = try importer.view(codes, result, reading, label)
        let (off, on) = (values.picking([0], shape: []), values.picking([1], shape: []))
        if values.numbers == [0, 1] { return [.tensor(hot)] }
        let difference = try on.combined(off, .subtract)
        let scaled = try importer.combine(hot, .constant(difference), .multiply, label)
        return [.tensor(try importer.combine(scaled, .constant(off), .add, label))]
      }
    },
    ImportedOperator("EyeLike", since: 9, "the size of the batch has no part in it") { importer, node, _ throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let shape = importer.symbolicShape(operand)
      guard shape.count == 2, let count = elementCount(shape, limit: maximumMadeElementCount) else {
        throw .unsupported("its operand of shape \(describe(shape)) is no matrix, too large, or has the batch at an axis")
      }
      var type = ElementType.float
      if let code = try node.integer("dtype") {
        guard let stated = ElementType(rawValue: Int32(clamping: code)) else {
          throw .unsupported("its elements are of type \(elementTypeName(Int32(clamping: code)))")
        }
        type = stated
      } else if case .constant(let constant) = operand {
        type = constant.type
      } else if importer.kind(of: operand) != .real {
        type = importer.kind(of: operand) == .boolean ? .bool : .int64
      }
      let offset = try node.integer("k", default: 0)
      let ones = (0..<count).map { $0 % shape[1] - $0 / shape[1] == offset ? 1 : 0 }
      return [.constant(Constant(type.isFloat ? .floats(ones.map { Float($0) }) : .integers(ones), shape: shape, type: type))]
    },
    ImportedOperator("NonZero", since: 9, "of constants") { importer, node, _ throws(NodeProblem) in
      let operand: Constant
      switch try importer.tensor(node, 0) {
      case .constant(let constant): operand = constant
      case .value: throw .unsupported("how many elements are not 0 depends on the input; multiply by a mask in its place")
      }
      guard let numbers = operand.numbers, operand.batch == nil else { throw .unsupported("its operand depends on the batch size") }
      let places = numbers.indices.filter { numbers[$0] != 0 }
      guard elementCount([places.count, operand.shape.count]) != nil else { throw .unsupported("its result is too large") }
      let strides = rowStrides(operand.shape)
      let indices = operand.shape.indices.flatMap { axis in places.map { $0 / strides[axis] % operand.shape[axis] } }
      return [.constant(.integers(indices, shape: [operand.shape.count, places.count]))]
    },
    ImportedOperator("Size", "all") { importer, node, _ throws(NodeProblem) in
      let shape = importer.symbolicShape(try importer.tensor(node, 0))
      let count = shape.reduce(1) { $0 * (batchMultiple($1) ?? $1) }
      let isOfBatch = shape.contains { batchMultiple($0) != nil }
      return [.constant(.integers([isOfBatch ? sizeOfBatch(times: count) : count], shape: []))]
    },
  ]
}
