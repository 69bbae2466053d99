extension ImportedOperator {
  /// Trees of decisions.
  static let trees: [ImportedOperator] = [
    ImportedOperator("\(classicalDomain).TreeEnsembleRegressor", "comparisons but EQ and NEQ; sums and means; \(treeNote)") {
      importer, node, label throws(NodeProblem) in
      let trees = try node.trees(leaves: "target")
      let count = try node.integer("n_targets", default: 1)
      guard (1...maximumClassCount).contains(count) else { throw .malformed("it has \(count) targets") }
      let sums = try importer.sums(
        of: trees, try importer.rows(node), resultCount: count, base: try node.base(count),
        factor: try node.meanFactor(try node.text("aggregate_function", default: "SUM"), trees), label)
      return [try importer.transformed(sums, try node.text("post_transform", default: "NONE"), label)]
    },
    ImportedOperator("\(classicalDomain).TreeEnsembleClassifier", "comparisons but EQ and NEQ; the label before an output; \(treeNote)") {
      importer, node, label throws(NodeProblem) in
      let trees = try node.trees(leaves: "class")
      let count = try node.labelCount("classlabels_strings", "classlabels_int64s")
      let (value, transform) = (try importer.rows(node), try node.text("post_transform", default: "NONE"))
      // Two classes of which leaves speak of one have one sum, whose sign or distance from ½ decides.
      let weights = trees.leaves.joined()
      let base = try node.numbers("base_values") ?? []
      guard count == 2, Set(weights.map(\.result)).count == 1 else {
        let sums = try importer.sums(of: trees, value, resultCount: count, base: try node.base(count), label)
        return [try importer.label(of: sums, node, count, label), try importer.transformed(sums, transform, label)]
      }
      guard base.count < 2, base.isEmpty || weights.first?.result == 0 else {
        throw .unsupported("it has \(base.count) base values, and leaves of one of two classes")
      }
      var single = trees
      for index in single.leaves.indices { single.leaves[index] = single.leaves[index].map { (0, $0.weight) } }
      let sum = try importer.sums(of: single, value, resultCount: 1, base: base, label)
      let isPositive = weights.allSatisfy { $0.weight >= 0 }
      if weights.first?.result == 1 {
        let decided = try importer.pair(sum, shift: isPositive ? 1 : 0, label)
        let scores = try importer.linear(sum, axis: importer.shape(of: sum).count - 1, 2, [0, 1], bias: nil, isPublic: true, label)
        return [try importer.label(of: decided, node, 2, label), try importer.transformed(scores, transform, label)]
      }
      return try importer.twoClasses(of: sum, node, isProbability: isPositive, transform, label)
    },
    ImportedOperator("\(classicalDomain).TreeEnsemble", "comparisons but EQ, NEQ and MEMBER; sums and means; \(treeNote)") {
      importer, node, label throws(NodeProblem) in
      let trees = try node.ensemble()
      let count = try node.integer("n_targets", default: 1)
      guard (1...maximumClassCount).contains(count) else { throw .malformed("it has \(count) targets") }
      let (aggregate, transform) = (try node.integer("aggregate_function", default: 1), try node.integer("post_transform", default: 0))
      guard (0...3).contains(aggregate), (0...4).contains(transform) else { throw .malformed("it names no function of sums") }
      let sums = try importer.sums(
        of: trees, try importer.rows(node), resultCount: count, base: [],
        factor: try node.meanFactor(["AVERAGE", "SUM", "MIN", "MAX"][aggregate], trees), label)
      return [try importer.transformed(sums, ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"][transform], label)]
    },
  ]

  private static var treeNote: String { "numbers of splits and leaves are weights, the shapes of large trees are public" }
}

/// Of classes and targets.
let maximumClassCount = 1 << 16

/// Of splits and leaves of trees.
private let maximumTreeNodeCount = 1 << 22

extension ONNXNode {
  /// Floats of an attribute, or of a tensor that has its name and `_as_tensor`.
  func numbers(_ name: String) throws(NodeProblem) -> [Float]? {
    if let values = try floats(name) { return values }
    guard let tensor = try tensor("\(name)_as_tensor") else { return nil }
    guard let values = tensor.floats else { throw .malformed("its \(name) are not floats") }
    return values
  }

  fileprivate func base(_ count: Int) throws(NodeProblem) -> [Float] {
    let base = try numbers("base_values") ?? []
    guard base.isEmpty || base.count == count else { throw .malformed("it has \(base.count) base values for \(count) results") }
    return base
  }

  /// What leaves are multiplied with.
  fileprivate func meanFactor(_ aggregate: String, _ trees: DecisionTrees) throws(NodeProblem) -> Float {
    switch aggregate {
    case "SUM": return 1
    case "AVERAGE": return 1 / Float(max(trees.roots.count, 1))
    case let other: throw .unsupported("it takes the \(other.oneLine) of trees, not a sum or a mean")
    }
  }

  /// The trees of the operators up to set 4 of the domain, whose leaves are nodes with weights of their own.
  ///
  /// - Parameter leaves: The beginning of the names of what says about leaves.
  fileprivate func trees(leaves: String) throws(NodeProblem) -> DecisionTrees {
    func integers(_ name: String) throws(NodeProblem) -> [Int] { try self.integers(name) ?? [] }
    let (treeIds, ids, features) = (try integers("nodes_treeids"), try integers("nodes_nodeids"), try integers("nodes_featureids"))
    let (whenTrue, whenFalse) = (try integers("nodes_truenodeids"), try integers("nodes_falsenodeids"))
    let (modes, values) = (try strings("nodes_modes") ?? [], try numbers("nodes_values") ?? [])
    let counts = Set([treeIds.count, ids.count, features.count, whenTrue.count, whenFalse.count, modes.count, values.count])
    guard counts.count == 1, (1...maximumTreeNodeCount).contains(ids.count) else { throw .malformed("its nodes have \(counts.sorted()) attributes") }
    struct Name: Hashable {
      let tree: Int
      let node: Int
    }
    var trees = DecisionTrees()
    // By name, the place among splits or leaves.
    var children: [Name: DecisionTrees.Child] = [:]
    var (splitCount, known) = (0, Set<Int>())
    for index in ids.indices {
      let name = Name(tree: treeIds[index], node: ids[index])
      let child: DecisionTrees.Child
      if modes[index] == "LEAF" {
        child = .leaf(trees.leaves.count)
        trees.leaves.append([])
      } else {
        child = .split(splitCount)
        splitCount += 1
      }
      guard children.updateValue(child, forKey: name) == nil else { throw .malformed("it has the node \(name.node) of tree \(name.tree) twice") }
      if known.insert(name.tree).inserted { trees.roots.append(child) }
    }
    for index in ids.indices where modes[index] != "LEAF" {
      guard let yes = children[Name(tree: treeIds[index], node: whenTrue[index])],
        let no = children[Name(tree: treeIds[index], node: whenFalse[index])]
      else { throw .malformed("a node of tree \(treeIds[index]) leads nowhere") }
      trees.splits.append(try split(modes[index], features[index], values[index], yes, no))
    }
    let (leafTrees, leafIds, results) = (try integers("\(leaves)_treeids"), try integers("\(leaves)_nodeids"), try integers("\(leaves)_ids"))
    let weights = try numbers("\(leaves)_weights") ?? []
    guard Set([leafTrees.count, leafIds.count, results.count, weights.count]).count == 1 else { throw .malformed("its leaves lack numbers") }
    for index in weights.indices {
      guard case .leaf(let leaf)? = children[Name(tree: leafTrees[index], node: leafIds[index])] else {
        throw .malformed("its weight \(index) belongs to no leaf")
      }
      trees.leaves[leaf].append((results[index], weights[index]))
    }
    return trees
  }

  /// The trees of set 5 of the domain.
  fileprivate func ensemble() throws(NodeProblem) -> DecisionTrees {
    func integers(_ name: String) throws(NodeProblem) -> [Int] { try self.integers(name) ?? [] }
    let (features, roots) = (try integers("nodes_featureids"), try integers("tree_roots"))
    let (whenTrue, whenFalse) = (try integers("nodes_truenodeids"), try integers("nodes_falsenodeids"))
    let (leafTrue, leafFalse) = (try integers("nodes_trueleafs"), try integers("nodes_falseleafs"))
    let (results, weights) = (try integers("leaf_targetids"), try tensor("leaf_weights")?.floats ?? [])
    guard let modes = try tensor("nodes_modes")?.integers, let values = try tensor("nodes_splits")?.floats else {
      throw .malformed("its nodes lack numbers")
    }
    let counts = Set([features, whenTrue, whenFalse, leafTrue, leafFalse, modes].map(\.count) + [values.count])
    guard counts.count == 1, (1...maximumTreeNodeCount).contains(values.count), results.count == weights.count else {
      throw .malformed("its nodes have \(counts.sorted()) attributes")
    }
    var trees = DecisionTrees()
    trees.leaves = zip(results, weights).map { [($0, $1)] }
    func child(_ index: Int, isLeaf: Int) throws(NodeProblem) -> DecisionTrees.Child {
      guard (0..<(isLeaf != 0 ? weights.count : values.count)).contains(index) else { throw .malformed("a node leads nowhere") }
      return isLeaf != 0 ? .leaf(index) : .split(index)
    }
    let names = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER"]
    for index in values.indices {
      guard names.indices.contains(modes[index]) else { throw .malformed("a node has mode \(modes[index])") }
      let yes = try child(whenTrue[index], isLeaf: leafTrue[index])
      let no = try child(whenFalse[index], isLeaf: leafFalse[index])
      trees.splits.append(try split(names[modes[index]], features[index], values[index], yes, no))
    }
    for root in roots {
      guard trees.splits.indices.contains(root) else { throw .malformed("a tree has no root") }
      // A tree that is a leaf has a root that leads there from both sides.
      trees.roots.append(leafTrue[root] != 0 && leafFalse[root] != 0 && whenTrue[root] == whenFalse[root] ? .leaf(whenTrue[root]) : .split(root))
    }
    return trees
  }

  private func split(
    _ mode: String, _ feature: Int, _ threshold: Float, _ yes: DecisionTrees.Child, _ no: DecisionTrees.Child
  ) throws(NodeProblem) -> DecisionTrees.Split {
    switch mode {
    case "BRANCH_LEQ": return DecisionTrees.Split(feature: feature, threshold: threshold, isGreater: true, next: [no, yes])
    case "BRANCH_GT": return DecisionTrees.Split(feature: feature, threshold: threshold, isGreater: true, next: [yes, no])
    case "BRANCH_LT": return DecisionTrees.Split(feature: feature, threshold: threshold, isGreater: false, next: [yes, no])
    case "BRANCH_GTE": return DecisionTrees.Split(feature: feature, threshold: threshold, isGreater: false, next: [no, yes])
    case let other: throw .unsupported("a node compares by \(other.oneLine); \u{2264}, <, \u{2265} and > are supported")
    }
  }
}
