/// The most rounds of a loop: each becomes nodes of its own.
private let maximumRoundCount = 1 << 10

extension ImportedOperator {
  /// Operators with graphs of their own.
  static let subgraphs: [ImportedOperator] = [
    ImportedOperator("If", "all; where the condition depends on the input both branches are computed, and must have one shape; where one of them cannot be, it is the other, with a notice") {
      importer, node, label throws(NodeProblem) in
      let (yes, no) = (try node.graph("then_branch"), try node.graph("else_branch"))
      let condition = try importer.tensor(node, 0)
      if case .constant(let constant) = condition {
        guard let truth = constant.integers?.first, constant.count == 1 else { throw .malformed("its condition is not one boolean") }
        return try importer.results(of: truth != 0 ? yes : no, [], "\(label)/")
      }
      let possible = [("then", yes), ("else", no)].compactMap { name, graph in
        importer.possibleResults(of: graph, "\(label)/\(name)/").map { (name: name, own: $0) }
      }
      if possible.count == 1 {
        importer.notices.append(
          "the If '\(label.oneLine)' takes its \(possible[0].name)-branch whatever its condition is: the other one is not supported for these inputs")
        return possible[0].own
      }
      if possible.isEmpty { return try importer.results(of: yes, [], "\(label)/then/") }
      let results = possible.map(\.own)
      var chosen: [Definition] = []
      for (first, second) in zip(results[0], results[1]) {
        let tensors = [try importer.tensor(first, "a result"), try importer.tensor(second, "a result")]
        guard importer.fullShape(tensors[0]) == importer.fullShape(tensors[1]) else {
          throw .unsupported("its condition depends on the input, and its branches have results of different shapes")
        }
        chosen.append(.tensor(try importer.choose(condition, tensors[0], tensors[1], label)))
      }
      return chosen
    },
    ImportedOperator("Loop", "a number of rounds that does not depend on the input, at most \(maximumRoundCount)") {
      importer, node, label throws(NodeProblem) in
      let body = try node.graph("body")
      func first(_ index: Int) throws(NodeProblem) -> Int? {
        guard try importer.operand(node, index) != nil else { return nil }
        guard let number = try importer.constant(node, index).integers?.first else { throw .malformed("operand \(index) is not one integer") }
        return number
      }
      let (most, condition) = (try first(0) ?? .max, try first(1) ?? 1)
      let carriedCount = node.input.count - 2
      guard carriedCount >= 0, body.input.count == carriedCount + 2, body.output.count > carriedCount else {
        throw .malformed("its body does not fit its operands")
      }
      var carried: [Definition] = []
      for index in 0..<carriedCount { carried.append(try importer.definition(node, index + 2)) }
      var (goesOn, round) = (condition != 0, 0)
      var scanned = [[Tensor]](repeating: [], count: body.output.count - carriedCount - 1)
      while goesOn, round < most {
        guard round < maximumRoundCount else { throw .unsupported("it has more than \(maximumRoundCount) rounds") }
        let given = [Definition.constant(.integers([round], shape: [])), .constant(.truth(true))] + carried
        let results = try importer.results(of: body, given, "\(label)/\(round)/")
        guard case .constant(let constant) = try importer.tensor(results[0], "its condition") else {
          throw .unsupported("its number of rounds depends on the input")
        }
        goesOn = constant.integers?.first != 0
        carried = Array(results[1..<carriedCount + 1])
        for (index, result) in results.dropFirst(carriedCount + 1).enumerated() { scanned[index].append(try importer.tensor(result, "a result")) }
        round += 1
      }
      guard round > 0 || scanned.isEmpty else { throw .unsupported("it has no round, and its results of all rounds are empty") }
      for parts in scanned { carried.append(.tensor(try importer.stacked(parts, axis: 0, label))) }
      return carried
    },
    ImportedOperator("Scan", since: 9, "at most \(maximumRoundCount) rounds") { importer, node, label throws(NodeProblem) in
      let body = try node.graph("body")
      let count = try node.integer("num_scan_inputs", default: 0)
      let stateCount = node.input.count - count
      guard count > 0, stateCount >= 0, body.input.count == node.input.count, body.output.count >= stateCount else {
        throw .malformed("its body does not fit its operands")
      }
      let outputCount = body.output.count - stateCount
      func list(_ name: String, _ count: Int) throws(NodeProblem) -> [Int] {
        let values = try node.integers(name) ?? [Int](repeating: 0, count: count)
        guard values.count == count else { throw .malformed("\(name) has \(values.count) numbers, not \(count)") }
        return values
      }
      let (axes, directions) = (try list("scan_input_axes", count), try list("scan_input_directions", count))
      let (resultAxes, resultDirections) = (try list("scan_output_axes", outputCount), try list("scan_output_directions", outputCount))
      var (states, scanned, roundCounts) = ([Definition](), [(tensor: Tensor, axis: Int)](), Set<Int>())
      for index in 0..<stateCount { states.append(try importer.definition(node, index)) }
      for index in 0..<count {
        var tensor = try importer.tensor(node, stateCount + index)
        let axis = try importer.freeAxis(axes[index], &tensor)
        scanned.append((tensor, axis))
        roundCounts.insert(importer.fullShape(tensor)[axis])
      }
      guard roundCounts.count == 1, let roundCount = roundCounts.first else { throw .malformed("what it scans has different lengths") }
      guard roundCount <= maximumRoundCount else { throw .unsupported("it has more than \(maximumRoundCount) rounds") }
      var parts = [[Tensor]](repeating: [], count: outputCount)
      for round in 0..<roundCount {
        var given = states
        for (index, (tensor, axis)) in scanned.enumerated() {
          let place = directions[index] == 0 ? round : roundCount - 1 - round
          given.append(.tensor(try importer.slice(tensor, axis: axis, at: place, label)))
        }
        let results = try importer.results(of: body, given, "\(label)/\(round)/")
        states = Array(results[..<stateCount])
        for (index, result) in results.dropFirst(stateCount).enumerated() { parts[index].append(try importer.tensor(result, "a result")) }
      }
      for (index, parts) in parts.enumerated() {
        states.append(.tensor(try importer.stacked(resultDirections[index] == 0 ? parts : parts.reversed(), axis: resultAxes[index], label)))
      }
      return states
    },
  ]
}

extension GraphImporter {
  /// What a graph inside a node makes, once for each use.
  ///
  /// - Parameters:
  ///   - given: What its inputs stand for.
  ///   - prefix: Of the names that it defines; others are those of the graphs around it.
  mutating func results(
    of graph: ONNXGraph, _ given: [Definition], _ prefix: String
  ) throws(NodeProblem) -> [Definition] {
    guard subgraphDepth < 16 else { throw .unsupported("its graphs are more than 16 deep") }
    subgraphDepth += 1
    defer { subgraphDepth -= 1 }
    var own = Set(graph.input.map(\.name) + graph.initializer.map(\.name))
    for node in graph.node { own.formUnion(node.output) }
    let named = graph.renamed { own.contains($0) ? prefix + $0 : $0 }
    guard named.input.count == given.count else { throw .malformed("its graph has \(named.input.count) inputs, not \(given.count)") }
    for (input, definition) in zip(named.input, given) { try bind(input.name, definition) }
    for tensor in named.initializer { try bind(tensor.name, .initializer(tensor)) }
    try addNested(named)
    var results: [Definition] = []
    for output in named.output {
      guard let result = definition(output.name) else { throw .malformed("its graph does not compute its output '\(output.name.oneLine)'") }
      if case .refused = result { throw .followsRefusedNode }
      results.append(result)
    }
    return results
  }

  /// The same of a graph without inputs; nil, and nothing of it, where a node of it is refused.
  fileprivate mutating func possibleResults(of graph: ONNXGraph, _ prefix: String) -> [Definition]? {
    let before = self
    if let results = try? results(of: graph, [], prefix), unsupported.count == before.unsupported.count { return results }
    let count = nestedCount
    self = before
    nestedCount = count
    return nil
  }

  /// The operand as it is.
  fileprivate func definition(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> Definition {
    guard let definition = try operand(node, index) else { throw .malformed("operand \(index) is missing") }
    return definition
  }

  /// One element along an axis, which is left out.
  mutating func slice(_ tensor: Tensor, axis: Int, at place: Int, _ label: String) throws(NodeProblem) -> Tensor {
    let full = fullShape(tensor)
    let shape = full.indices.filter { $0 != axis }.map { full[$0] }
    let reading = full.indices.map { $0 == axis ? Index(start: place) : Index($0 < axis ? $0 : $0 - 1) }
    return try view(tensor, shape, reading, label)
  }

  /// Tensors of one shape, one after the other along a new axis.
  mutating func stacked(_ tensors: [Tensor], axis: Int, _ label: String) throws(NodeProblem) -> Tensor {
    guard let first = tensors.first else { throw .unsupported("its result is empty") }
    let shape = fullShape(first)
    guard tensors.allSatisfy({ fullShape($0) == shape }) else { throw .unsupported("its results have another shape in each round") }
    let axis = try normalized(axis, rank: shape.count + 1)
    var full = shape
    full.insert(1, at: axis)
    var parts: [Tensor] = []
    for tensor in tensors {
      let place = place(of: tensor)
      parts.append(try reshaped(tensor, full, place.map { $0.axis >= axis && $0 != .alone ? $0.shifted(by: 1) : $0 }, label))
    }
    full[axis] = tensors.count
    guard elementCount(full) != nil else { throw .malformed("its result is too large") }
    return try concatenated(parts, axis: axis, full, label)
  }
}

extension ONNXNode {
  func graph(_ name: String) throws(NodeProblem) -> ONNXGraph {
    guard let attribute = attribute.first(where: { $0.name == name }), attribute.type == .graph, attribute.hasG else {
      throw .malformed("it has no graph '\(name)'")
    }
    return attribute.g
  }
}

extension Constant {
  static func truth(_ value: Bool) -> Constant { Constant(.integers([value ? 1 : 0]), shape: [], type: .bool) }
}
