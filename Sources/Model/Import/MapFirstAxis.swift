/// Operators that ONNX defines with the batch first, in a model for one sample of which that axis is a part.
extension GraphImporter {
  /// Stands for one element along the first axis of a value, of which the node in work is then mapped over all.
  mutating func firstElement(of value: Int) throws(NodeProblem) -> Int {
    let full = fullShape(.value(value))
    guard let count = full.first, mappedCount ?? count == count else {
      throw .unsupported("its operands have different sizes along the first axis")
    }
    mappedCount = count
    let reading = full.indices.map { $0 == 0 ? Index() : Index($0 - 1) }
    let whole = try reshaped(value, full, .alone)
    return try append("", .contraction(.view(Array(full.dropFirst()), reading)), [whole], shape: Array(full.dropFirst()))
  }

  /// Computes what the nodes from `first` on compute for all elements along the first axis, of which they read one.
  mutating func mapFirstAxis(from first: Int) throws(NodeProblem) {
    guard let count = mappedCount else { return }
    mappedCount = nil
    var isMapped: Set<Int> = []
    for index in first..<nodes.count {
      let (node, value) = (nodes[index], inputs.count + index)
      if isFirstElement(node) {
        isMapped.insert(value)
        try replace(index, Node(name: node.name, operands: node.operands, operation: .reshape, shape: [count] + node.shape))
        continue
      }
      guard node.operands.contains(where: isMapped.contains) else { continue }
      guard place(of: value) == BatchPlace() else { throw .unsupported("it moves the first of several samples") }
      isMapped.insert(value)
      let prefixes = node.operands.map { isMapped.contains($0) ? [Index(0)] : [] }
      var operation = node.operation
      if case .reshape = operation {} else { operation = operation.leading(count, prefixes) }
      try replace(index, Node(name: node.name, operands: node.operands, operation: operation, shape: [count] + node.shape))
    }
  }

  /// Whether it is what `firstElement` appends.
  private func isFirstElement(_ node: Node<Double>) -> Bool {
    guard case .contraction(let contraction) = node.operation, node.operands.count == 1 else { return false }
    let source = shape(of: node.operands[0])
    let reading = source.indices.map { $0 == 0 ? Index() : Index($0 - 1) }
    return place(of: node.operands[0]) == .alone && node.shape == Array(source.dropFirst()) && contraction == .view(node.shape, reading)
  }
}
