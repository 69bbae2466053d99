extension ImportedOperator {
  /// Operators that pass an operand on, or make a constant.
  static let constants: [ImportedOperator] = [
    ImportedOperator("Identity", "all", numbers: .selected) { importer, node, _ throws(NodeProblem) in
      [try importer.identity(node)]
    },
    ImportedOperator("Dropout", "for inference, or with a ratio of 0: left out", numbers: .selected) {
      importer, node, _ throws(NodeProblem) in
      if let training = try importer.operand(node, 2) {
        let isTraining = if case .tensor(.constant(let constant)) = training { constant.integers != [0] } else { true }
        let isZero = if case .tensor(.constant(let ratio))? = try importer.operand(node, 1) { ratio.floats == [0] } else { false }
        guard !isTraining || isZero else { throw .unsupported("it is for training; export the model for inference") }
      }
      let result = try importer.identity(node)
      guard node.output.count > 1 else { return [result] }
      // Nothing is dropped.
      let operand = try importer.tensor(node, 0)
      let (shape, place) = (importer.fullShape(operand), importer.place(of: operand))
      guard let count = elementCount(shape, limit: maximumMadeElementCount) else { return [result] }
      let one = Constant(.integers([1]), shape: [1], type: .bool)
      return [result, .constant(one.picking([Int](repeating: 0, count: count), shape: shape, importer.batch == .one ? nil : place))]
    },
    ImportedOperator("Cast", "all; what depends on the input is rounded towards zero, or compared with 0", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let code = try node.integer("to", default: 0)
      guard let type = ElementType(rawValue: Int32(clamping: code)) else {
        throw .unsupported("it casts to \(elementTypeName(Int32(clamping: code)))")
      }
      return [try importer.cast(node, to: type, label)]
    },
    ImportedOperator("Constant", "numbers and tensors", numbers: .stated) { _, node, _ throws(NodeProblem) in
      [.constant(try node.constant())]
    },
    ImportedOperator("ConstantOfShape", since: 9, "a constant shape", numbers: .stated) {
      importer, node, _ throws(NodeProblem) in
      guard let sizes = try importer.constant(node, 0).integers else { throw .malformed("its shape is not of integers") }
      let shape = sizes.map { batchMultiple($0) ?? $0 }
      let batch = sizes.firstIndex { batchMultiple($0) != nil }
      guard sizes.count(where: { batchMultiple($0) != nil }) < 2 else { throw .unsupported("its shape has the batch twice") }
      guard let count = elementCount(shape, limit: maximumMadeElementCount) else {
        throw .unsupported("its shape \(shape.prefix(8)) is negative or too large")
      }
      let value = try node.tensor("value") ?? .floats([0], shape: [1])
      guard value.count == 1 else { throw .malformed("its value is not one number") }
      let place = batch.map { BatchPlace(axis: $0, isFolded: shape[$0] != 1) }
      return [.constant(value.picking([Int](repeating: 0, count: count), shape: shape, place))]
    },
    ImportedOperator("Shape", "all") { importer, node, _ throws(NodeProblem) in
      var shape = importer.symbolicShape(try importer.tensor(node, 0))
      let range = sliceRange(
        try node.integer("start", default: 0), try node.integer("end", default: .max), step: 1, size: shape.count)
      shape = Array(shape[range.start..<range.start + range.count])
      return [.constant(.integers(shape, shape: [shape.count]))]
    },
  ]
}

extension GraphImporter {
  /// The first operand in another type.
  mutating func cast(_ node: ONNXNode, to type: ElementType, _ label: String) throws(NodeProblem) -> Definition {
    let operand = try identity(node)
    switch operand {
    case .classes: return operand
    case .probabilities where type.isFloat: return operand
    case .tensor(.value), .probabilities: return .value(try cast(value(node, 0, keepsPlace: true), to: type, label))
    case .tensor(.constant(let constant)): return .constant(try constant.cast(to: type))
    case .unrounded(let value): return .value(value)
    case .quantized:
      guard case .value(let value) = try integers(node, 0, label) else { throw .followsRefusedNode }
      return .value(try cast(value, to: type, label))
    case .initializer, .refused: throw .followsRefusedNode
    }
  }

  mutating func cast(_ value: Int, to type: ElementType, _ label: String) throws(NodeProblem) -> Int {
    let kind = kind(of: .value(value))
    if type == .bool { return kind == .boolean ? value : try apply(.isNonZero, to: value, label, kind: .boolean) }
    if type.isFloat { return kind == .real ? value : try apply(.x, to: value, label) }
    return kind == .real ? try apply(.function(.truncate, .x), to: value, label, kind: .integer) : value
  }

  /// What a value was before it was cast to floats.
  func uncast(_ value: Int) -> Int {
    guard let node = maker(value), node.operation == .map(.expression(.x)) else { return value }
    return uncast(node.operands[0])
  }

  fileprivate func identity(_ node: ONNXNode) throws(NodeProblem) -> Definition {
    guard let operand = try operand(node, 0) else { throw .malformed("operand 0 is missing") }
    return operand
  }
}
