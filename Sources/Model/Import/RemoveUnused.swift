extension ONNXGraph {
  /// Keeps what the outputs need. Nodes, initializers and inputs that none needs may be of any kind.
  ///
  /// - Returns: The names of the inputs that are left out.
  mutating func removeUnused() -> [String] {
    var needed = Set(output.map(\.name))
    var kept: [ONNXNode] = []
    for node in node.reversed() where node.output.contains(where: { needed.contains($0) }) || node.output.allSatisfy(\.isEmpty) {
      needed.formUnion(node.readNames)
      kept.append(node)
    }
    node = kept.reversed()
    let constants = Set(initializer.map(\.name))
    initializer.removeAll { !needed.contains($0.name) }
    let unused = input.map(\.name).filter { !needed.contains($0) && !constants.contains($0) }
    input.removeAll { !needed.contains($0.name) }
    return unused
  }
}

extension ONNXNode {
  /// The names that the node reads, also in its graphs: of these too many, for they may define some themselves.
  var readNames: Set<String> {
    attribute.reduce(into: Set(input.filter { !$0.isEmpty })) { names, attribute in
      guard attribute.hasG else { return }
      for node in attribute.g.node { names.formUnion(node.readNames) }
      names.formUnion(attribute.g.output.map(\.name))
    }
  }
}
