extension ImportedOperator {
  /// Operators before an output.
  static let classes: [ImportedOperator] = [
    ImportedOperator("ArgMax", "over the last axis, before an output: only the class is shown") {
      importer, node, _ throws(NodeProblem) in
      let (value, shape) = try importer.ranked(node, axis: try node.integer("axis", default: 0))
      guard try node.integer("select_last_index", default: 0) == 0 else {
        throw .unsupported("it selects the last of equal elements")
      }
      let keepsAxis = try node.integer("keepdims", default: 1) != 0
      return [.classes(of: value, count: 1, shape: shape.dropLast() + (keepsAxis ? [1] : []))]
    },
    ImportedOperator("TopK", "the indices, over the last axis, before an output: shown in ascending order") {
      importer, node, _ throws(NodeProblem) in
      let (value, shape) = try importer.ranked(node, axis: try node.integer("axis", default: -1))
      guard try node.integer("largest", default: 1) != 0 else { throw .unsupported("it gives the smallest elements") }
      let isOld = importer.operatorSet < 10
      guard let counts = isOld ? try node.integer("k").map({ [$0] }) : try importer.integers(node, 1, or: ""),
        counts.count == 1, let size = shape.last, (1...size).contains(counts[0])
      else { throw .malformed("its number of elements is missing or too large") }
      if let values = node.output.first, importer.isRead(values) {
        throw .unsupported("its values are used; only its indices are supported")
      }
      return [.refused, .classes(of: value, count: counts[0], shape: shape.dropLast() + counts)]
    },
  ]
}

extension GraphImporter {
  /// The value whose largest elements are asked for; a Softmax over the same axis keeps their order.
  fileprivate mutating func ranked(_ node: ONNXNode, axis: Int) throws(NodeProblem) -> (value: Int, shape: [Int]) {
    let value: Int
    if case .probabilities(_, let logits, _, true)? = try operand(node, 0) {
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
}
