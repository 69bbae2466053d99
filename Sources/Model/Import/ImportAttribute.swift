extension ONNXNode {
  func float(_ name: String, default value: Float) throws(NodeProblem) -> Float { try attribute(name, .float)?.f ?? value }

  func integer(_ name: String, default value: Int) throws(NodeProblem) -> Int { try integer(name) ?? value }

  func integer(_ name: String) throws(NodeProblem) -> Int? { try attribute(name, .int).map { Int($0.i) } }

  func integers(_ name: String) throws(NodeProblem) -> [Int]? { try attribute(name, .ints)?.ints.map(Int.init) }

  func floats(_ name: String) throws(NodeProblem) -> [Float]? { try attribute(name, .floats)?.floats }

  func strings(_ name: String) throws(NodeProblem) -> [String]? {
    try attribute(name, .strings)?.strings.map { String(decoding: $0, as: UTF8.self) }
  }

  func text(_ name: String, default value: String) throws(NodeProblem) -> String {
    try attribute(name, .string).map { String(decoding: $0.s, as: UTF8.self) } ?? value
  }

  func tensor(_ name: String) throws(NodeProblem) -> Constant? {
    try attribute(name, .tensor).map { attribute throws(NodeProblem) in try Constant(attribute.t) }
  }

  /// Whether the node's result is a constant that is an attribute.
  var statesConstant: Bool { ImportedOperator.known(self)?.numbers == .stated }

  /// The value of a Constant node.
  func constant() throws(NodeProblem) -> Constant {
    guard attribute.count == 1, let attribute = attribute.first else {
      throw .malformed("a Constant has exactly one attribute")
    }
    switch attribute.name {
    case "value": return try Constant(typed(attribute, .tensor).t)
    case "value_float": return .floats([try typed(attribute, .float).f], shape: [])
    case "value_floats":
      let values = try typed(attribute, .floats).floats
      return .floats(values, shape: [values.count])
    case "value_int": return .integers([Int(try typed(attribute, .int).i)], shape: [])
    case "value_ints":
      let values = try typed(attribute, .ints).ints.map(Int.init)
      return .integers(values, shape: [values.count])
    default: throw .unsupported("its value is given as '\(attribute.name.oneLine)'")
    }
  }

  private func attribute(_ name: String, _ kind: ONNXAttribute.Kind) throws(NodeProblem) -> ONNXAttribute? {
    try attribute.first { $0.name == name }.map { attribute throws(NodeProblem) in try typed(attribute, kind) }
  }

  private func typed(_ attribute: ONNXAttribute, _ kind: ONNXAttribute.Kind) throws(NodeProblem) -> ONNXAttribute {
    guard attribute.type == kind else {
      throw .malformed("the attribute '\(attribute.name.oneLine)' is not of type \(kind)")
    }
    return attribute
  }
}
