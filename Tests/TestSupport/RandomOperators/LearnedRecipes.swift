extension OperatorRecipe {
  private static let row: Fits = { $0.count == 1 }

  /// Operators of classical machine learning.
  static let learners: [OperatorRecipe] =
    [
      .same("ai.onnx.ml.Scaler", row) { d, x in
        d.node(
          "ai.onnx.ml.Scaler", [x.name],
          [("offset", .floats(d.floats(x.shape[0], -0.5...0.5))), ("scale", .floats(d.floats(x.shape[0], 0.5...1.5)))])
      },
      .same("ai.onnx.ml.Binarizer") { d, x in d.node("ai.onnx.ml.Binarizer", [d.shifted(x)], [("threshold", .float(0.123))]) },
      .same("ai.onnx.ml.Normalizer", row) { d, x in
        d.node("ai.onnx.ml.Normalizer", [d.between(x.name, 0.3...2)], [("norm", .text(d.pick(["MAX", "L1", "L2"])))])
      },
      .same("ai.onnx.ml.Imputer", row) { d, x in
        d.node(
          "ai.onnx.ml.Imputer", [d.node("Relu", [x.name])],
          [("imputed_value_floats", .floats(d.floats(x.shape[0], -1...1))), ("replaced_value_float", .float(d.pick([0, .nan])))])
      },
      OperatorRecipe("ai.onnx.ml.FeatureVectorizer", row) { d, x in
        let (first, second) = (d.node("Tanh", [x.name]), d.rows(x, width: 2))
        return (
          d.node("ai.onnx.ml.FeatureVectorizer", [first, second.name], [("inputdimensions", .integers([x.shape[0], 2]))]), [x.shape[0] + 2]
        )
      },
      OperatorRecipe("ai.onnx.ml.ArrayFeatureExtractor") { d, x in
        let last = x.shape.count - 1
        let picks = (0..<d.number(1...3)).map { _ in d.number(0...x.shape[last] - 1) }
        return (d.node("ai.onnx.ml.ArrayFeatureExtractor", [x.name, d.integers(picks)]), x.shape.with(picks.count, at: last))
      },
      .same("ai.onnx.ml.LabelEncoder") { d, x in
        d.node(
          "ai.onnx.ml.LabelEncoder", [d.ids(x.name, below: 5)],
          [("keys_int64s", .integers([0, 1, 3, 7])), ("values_floats", .floats(d.floats(4, -1...1))), ("default_float", .float(0.25))])
      },
      OperatorRecipe("ai.onnx.ml.OneHotEncoder", row) { d, x in
        (d.node("ai.onnx.ml.OneHotEncoder", [d.ids(x.name, below: 4)], [("cats_int64s", .integers([0, 2, 1]))]), [x.shape[0], 3])
      },
      OperatorRecipe("ai.onnx.ml.LinearRegressor", row) { d, x in
        let targets = d.number(1...3)
        return (
          d.node(
            "ai.onnx.ml.LinearRegressor", [x.name],
            [
              ("coefficients", .floats(d.floats(targets * x.shape[0], -0.5...0.5))), ("intercepts", .floats(d.floats(targets, -0.5...0.5))),
              ("targets", .integer(targets)),
            ]), [targets]
        )
      },
      OperatorRecipe("ai.onnx.ml.LinearClassifier", row) { d, x in
        let results = d.graph.nodes(
          "ai.onnx.ml.LinearClassifier", [x.name], count: 2,
          list: [
            ("coefficients", .floats(d.floats(3 * x.shape[0], -0.5...0.5))), ("intercepts", .floats(d.floats(3, -0.5...0.5))),
            ("classlabels_ints", .integers([0, 1, 2])), ("post_transform", .text(d.pick(["NONE", "LOGISTIC", "SOFTMAX"]))),
          ])
        return (results[1], [3])
      },
    ]
    + ["LINEAR", "RBF", "POLY", "SIGMOID"].map { kind in
      OperatorRecipe("ai.onnx.ml.SVMRegressor \(kind.lowercased())", row) { d, x in
        let attributes: GraphDraft.Attributes = [
          ("coefficients", .floats(d.floats(3, -1...1))), ("n_supports", .integer(3)), ("rho", .floats(d.floats(1, -0.5...0.5))),
        ]
        return (d.node("ai.onnx.ml.SVMRegressor", [d.node("Tanh", [x.name])], attributes + supports(&d, kind, 3 * x.shape[0])), [1])
      }
    }
    + ["LINEAR", "RBF", "POLY", "SIGMOID"].map { kind in
      OperatorRecipe("ai.onnx.ml.SVMClassifier \(kind.lowercased())", row) { d, x in
        let attributes: GraphDraft.Attributes = [
          ("coefficients", .floats(d.floats(8, -1...1))), ("vectors_per_class", .integers([1, 2, 1])),
          ("rho", .floats(d.floats(3, -0.5...0.5))), ("classlabels_ints", .integers([0, 1, 2])),
        ]
        let results = d.graph.nodes(
          "ai.onnx.ml.SVMClassifier", [d.node("Tanh", [x.name])], count: 2, list: attributes + supports(&d, kind, 4 * x.shape[0]))
        return (d.scaled(results[1], 0.5), [3])
      }
    }

  private static func supports(_ d: inout GraphDraft, _ kind: String, _ count: Int) -> GraphDraft.Attributes {
    let parameters: [Float] = [d.float(0.1...0.3), d.float(0.1...0.5), 2]
    return [
      ("kernel_type", .text(kind)), ("kernel_params", .floats(kind == "LINEAR" ? [0, 0, 0] : parameters)),
      ("support_vectors", .floats(d.floats(count, -1...1))),
    ]
  }

  static let trees: [OperatorRecipe] =
    ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"].map { mode in
      OperatorRecipe("ai.onnx.ml.TreeEnsembleRegressor \(mode.dropFirst(7).lowercased())", row) { d, x in
        let forest = Forest(&d, features: x.shape[0], targets: 2)
        let attributes = forest.attributes(mode, leaves: "target") + [("n_targets", .integer(2))]
        return (d.node("ai.onnx.ml.TreeEnsembleRegressor", [d.shifted(x)], attributes), [2])
      }.ofLearned(3...3)
    }
    + [
      OperatorRecipe("ai.onnx.ml.TreeEnsembleClassifier", row) { d, x in
        let forest = Forest(&d, features: x.shape[0], targets: 3)
        let attributes: GraphDraft.Attributes = forest.attributes("BRANCH_LEQ", leaves: "class") + [
          ("classlabels_int64s", .integers([0, 1, 2])), ("post_transform", .text(d.pick(["NONE", "LOGISTIC"]))),
          ("base_values", .floats(d.floats(3, -0.5...0.5))),
        ]
        let results = d.graph.nodes("ai.onnx.ml.TreeEnsembleClassifier", [d.shifted(x)], count: 2, list: attributes)
        return (results[1], [3])
      }.ofLearned(3...3),
      OperatorRecipe("ai.onnx.ml.TreeEnsemble", row) { d, x in
        let modes = (0..<2).map { _ in UInt8(d.number(0...3)) }
        let (splits, weights) = (d.floats(2, -0.6...0.6), d.floats(3, -1...1))
        let attributes: GraphDraft.Attributes = [
          ("n_targets", .integer(2)), ("aggregate_function", .integer(1)), ("post_transform", .integer(0)), ("tree_roots", .integers([0])),
          ("nodes_featureids", .integers((0..<2).map { _ in d.number(0...x.shape[0] - 1) })), ("nodes_modes", .tensor(.narrow(modes, [2]))),
          ("nodes_splits", .tensor(.floats(splits, [2]))), ("nodes_truenodeids", .integers([1, 0])), ("nodes_trueleafs", .integers([0, 1])),
          ("nodes_falsenodeids", .integers([2, 1])), ("nodes_falseleafs", .integers([1, 1])), ("leaf_targetids", .integers([0, 1, 0])),
          ("leaf_weights", .tensor(.floats(weights, [3]))),
        ]
        return (d.node("ai.onnx.ml.TreeEnsemble", [d.shifted(x)], attributes), [2])
      }.ofLearned(5...5),
    ]
}

/// Two trees of three leaves and one of two.
private struct Forest {
  var (trees, nodes, features, branches, others) = ([Int](), [Int](), [Int](), [Int](), [Int]())
  var (splits, isLeaf) = ([Float](), [Bool]())
  var (leafTrees, leafNodes, targets) = ([Int](), [Int](), [Int]())
  var weights: [Float] = []

  init(_ d: inout GraphDraft, features count: Int, targets targetCount: Int) {
    for (tree, isDeep) in [true, true, false].enumerated() {
      // The root's second branch, or the first one, is a leaf.
      let shape = isDeep ? [(1, 2), nil, (3, 4), nil, nil] : [(1, 2), nil, nil]
      for (node, next) in shape.enumerated() {
        trees.append(tree)
        nodes.append(node)
        features.append(next == nil ? 0 : d.number(0...count - 1))
        splits.append(next == nil ? 0 : d.float(-0.6...0.6))
        isLeaf.append(next == nil)
        branches.append(next?.0 ?? 0)
        others.append(next?.1 ?? 0)
        guard next == nil else { continue }
        leafTrees.append(tree)
        leafNodes.append(node)
        targets.append(d.number(0...targetCount - 1))
        weights.append(d.float(-1...1))
      }
    }
  }

  func attributes(_ mode: String, leaves: String) -> GraphDraft.Attributes {
    [
      ("nodes_treeids", .integers(trees)), ("nodes_nodeids", .integers(nodes)), ("nodes_featureids", .integers(features)),
      ("nodes_truenodeids", .integers(branches)), ("nodes_falsenodeids", .integers(others)), ("nodes_values", .floats(splits)),
      ("nodes_modes", .texts(isLeaf.map { $0 ? "LEAF" : mode })), ("\(leaves)_treeids", .integers(leafTrees)),
      ("\(leaves)_nodeids", .integers(leafNodes)), ("\(leaves)_ids", .integers(targets)), ("\(leaves)_weights", .floats(weights)),
    ]
  }
}
