extension ONNXGraph {
  /// Gives a power transform of exporters, the one of Yeo and Johnson or of Box and Cox, a form without numbers that are none.
  ///
  /// Exporters write 1 as x / x and 0 as x − x, raise 1 + x and 1 − x to powers and take logarithms of them for all x, and let an
  /// Imputer replace what is not a number. Each of both is used where it is at least 1: elsewhere it may be 1.
  mutating func boundPowerTransforms() {
    let imputes = node.contains { node in
      node.opType == "Imputer" && node.domain == classicalDomain && node.attribute.contains { $0.name == "replaced_value_float" && !$0.f.isFinite }
    }
    let ones = Set(node.filter { $0.isOfOneOperand("Div") }.flatMap(\.output))
    let shown = Set(output.map(\.name))
    guard imputes, !ones.isEmpty, ones.isDisjoint(with: shown) else { return }
    let zeros = Set(node.filter { $0.isOfOneOperand("Sub") }.flatMap(\.output)).subtracting(shown)
    // What is asked of whether it is negative: it is x.
    let transformed = Set(node.filter { $0.opType == "Less" && $0.input.count == 2 && zeros.contains($0.input[1]) }.map { $0.input[0] })
    var readers: [String: [ONNXNode]] = [:]
    for node in node { for name in Set(node.input) { readers[name, default: []].append(node) } }
    let (one, zero) = ("\0one", "\0zero")
    initializer += [(one, Float(1)), (zero, 0)].map { name, value in
      var tensor = ONNXTensor()
      (tensor.name, tensor.dataType, tensor.floatData) = (name, 1, [value])
      return tensor
    }
    var result: [ONNXNode] = []
    for var node in node where !node.output.contains(where: { ones.contains($0) || zeros.contains($0) }) {
      node.input = node.input.map { ones.contains($0) ? one : zeros.contains($0) ? zero : $0 }
      let read = node.output.first.flatMap { readers[$0] } ?? []
      let isBase = isDefaultDomain(node.domain) && ["Add", "Sub"].contains(node.opType) && node.input.contains(one) && node.input.contains(where: transformed.contains) && !read.isEmpty
        && read.allSatisfy { ["Log", "Pow"].contains($0.opType) && $0.input.first == node.output[0] }
      guard isBase, node.output.count == 1, !shown.contains(node.output[0]) else {
        result.append(node)
        continue
      }
      var bound = ONNXNode()
      (bound.name, bound.opType, bound.output) = ("\(node.name).bound", "Max", node.output)
      node.output = ["\0\(node.output[0])"]
      bound.input = [node.output[0], one]
      result += [node, bound]
    }
    node = result
  }
}

extension ONNXNode {
  /// Whether it is of an operator of the default domain with the same operand twice, and has one result.
  fileprivate func isOfOneOperand(_ name: String) -> Bool {
    opType == name && isDefaultDomain(domain) && input.count == 2 && input[0] == input[1] && !input[0].isEmpty && output.count == 1
  }
}
