/// The most nodes that functions are expanded to.
private let maximumInlinedCount = maximumNodeCount

extension ONNXModel {
  /// Puts the nodes of the functions that the model defines in the place of their calls.
  ///
  /// - Throws: `.unusableModel` for functions that call themselves, or are of another operator set.
  mutating func inlineFunctions(operatorSet: Int, file: String) throws(ModelError) {
    guard !functions.isEmpty else { return }
    var named: [String: ONNXFunction] = [:]
    for function in functions { named["\(function.domain):\(function.name)"] = function }
    var inliner = FunctionInliner(functions: named, operatorSet: operatorSet, file: file)
    graph.node = try inliner.inlined(graph.node, depth: 0)
  }
}

private struct FunctionInliner {
  let functions: [String: ONNXFunction]
  let operatorSet: Int
  let file: String
  private var callCount = 0
  private var nodeCount = 0

  init(functions: [String: ONNXFunction], operatorSet: Int, file: String) {
    self.functions = functions
    self.operatorSet = operatorSet
    self.file = file
  }

  mutating func inlined(_ nodes: [ONNXNode], depth: Int) throws(ModelError) -> [ONNXNode] {
    var result: [ONNXNode] = []
    for node in nodes {
      var node = node
      for index in node.attribute.indices where node.attribute[index].hasG {
        node.attribute[index].g.node = try inlined(node.attribute[index].g.node, depth: depth)
      }
      if let function = functions["\(node.domain):\(node.opType)"] {
        result += try inlined(try body(of: function, for: node, depth: depth), depth: depth + 1)
      } else {
        result.append(node)
      }
    }
    return result
  }

  /// The nodes of a function with the names and attributes of a call.
  private mutating func body(of function: ONNXFunction, for call: ONNXNode, depth: Int) throws(ModelError) -> [ONNXNode] {
    func refuse(_ reason: String) -> ModelError {
      .unusableModel(file: file, node: call.name, reason: "the function '\(function.name.oneLine)' \(reason)")
    }
    guard depth < 32 else { throw refuse("calls others more than 32 deep, or itself") }
    nodeCount += function.node.count
    guard nodeCount <= maximumInlinedCount else { throw refuse("makes more than \(maximumInlinedCount) nodes with all others") }
    if let version = function.opsetImport.first(where: { isDefaultDomain($0.domain) })?.version, version != operatorSet {
      throw refuse("is of operator set \(version), the model of \(operatorSet); convert the model to one version")
    }
    guard call.input.count <= function.input.count, call.output.count <= function.output.count else {
      throw refuse("is called with more operands or results than it has")
    }
    callCount += 1
    let prefix = "\(call.name.isEmpty ? function.name : call.name)/\(callCount)/"
    var names: [String: String] = [:]
    for (index, name) in function.input.enumerated() { names[name] = index < call.input.count ? call.input[index] : "" }
    for (name, outer) in zip(function.output, call.output) where !outer.isEmpty { names[name] = outer }
    let attributes = Dictionary((function.attributeProto + call.attribute).map { ($0.name, $0) }) { $1 }
    return function.node.map { $0.renamed(attributes) { names[$0] ?? prefix + $0 } }
  }
}

extension ONNXNode {
  /// The node with other names for all that it reads and defines, and with the attributes of a caller that its own refer to.
  func renamed(_ attributes: [String: ONNXAttribute]? = nil, _ name: (String) -> String) -> ONNXNode {
    func renamed(_ old: String) -> String { old.isEmpty ? old : name(old) }
    var node = self
    if !self.name.isEmpty { node.name = renamed(self.name) }
    node.input = input.map(renamed)
    node.output = output.map(renamed)
    node.attribute = attribute.compactMap { attribute in
      var own = attribute
      if let attributes, !attribute.refAttrName.isEmpty {
        guard let given = attributes[attribute.refAttrName] else { return nil }
        own = given
        own.name = attribute.name
      }
      if own.hasG { own.g = own.g.renamed(attributes, name) }
      return own
    }
    return node
  }
}

extension ONNXGraph {
  func renamed(_ attributes: [String: ONNXAttribute]? = nil, _ name: (String) -> String) -> ONNXGraph {
    var graph = self
    graph.node = node.map { $0.renamed(attributes, name) }
    for index in graph.input.indices { graph.input[index].name = name(graph.input[index].name) }
    for index in graph.output.indices { graph.output[index].name = name(graph.output[index].name) }
    for index in graph.initializer.indices { graph.initializer[index].name = name(graph.initializer[index].name) }
    return graph
  }
}
