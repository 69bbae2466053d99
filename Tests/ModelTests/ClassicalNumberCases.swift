import Model
import TestSupport

extension TrainedNumberCase {
  /// Models of classical machine learning that hold one number of their attributes.
  ///
  /// - Parameter operation: With its domain.
  static func classical(_ operation: String) -> [TrainedNumberCase] {
    let name = String(operation.dropFirst(classicalDomain.count + 1))
    typealias Attributes = [(String, ONNXBuilder.Attribute)]
    func one(_ what: String, _ attributes: @escaping @Sendable (Float) -> Attributes) -> TrainedNumberCase {
      TrainedNumberCase(name: "\(name), \(what)", shape: [3], rank: 1) { builder, number in
        // Named so that it may be published; the operators read attributes.
        builder.initializer("c", .floats([number], [1]))
        let centred = builder.node("Sub", ["x", "one"])
        return builder.node(name, [centred], [], list: attributes(number), domain: classicalDomain)
      }
    }
    switch name {
    case "LinearRegressor":
      return [
        one("a coefficient") { [("coefficients", .floats([0.5, $0, -0.25]))] },
        one("an intercept") { [("coefficients", .floats([0.5, 1, -0.25])), ("intercepts", .floats([$0]))] },
      ]
    case "Scaler":
      return [
        one("a scale") { [("scale", .floats([0.5, $0, 2])), ("offset", .floats([0.25, 0, -0.5]))] },
        one("an offset") { [("scale", .floats([0.5, 1, 2])), ("offset", .floats([0.25, $0, -0.5]))] },
      ]
    case "SVMRegressor":
      @Sendable func machine(_ kind: String, _ vector: Float, _ coefficient: Float, _ rho: Float) -> Attributes {
        [
          ("kernel_type", .text(kind)), ("kernel_params", .floats([0.25, 0, 0])), ("n_supports", .integer(2)), ("rho", .floats([rho])),
          ("coefficients", .floats([0.5, coefficient])), ("support_vectors", .floats([0.5, vector, -0.25, 1, 0.125, -0.75])),
        ]
      }
      return ["LINEAR", "RBF"].flatMap { kind in
        [
          one("a vector of \(kind)") { machine(kind, $0, -1, 0.125) }, one("a coefficient of \(kind)") { machine(kind, 0.25, $0, 0.125) },
          one("the offset of \(kind)") { machine(kind, 0.25, -1, $0) },
        ]
      }
    case "TreeEnsembleRegressor":
      @Sendable func tree(_ threshold: Float, _ leaf: Float) -> Attributes {
        [
          ("n_targets", .integer(1)), ("nodes_treeids", .integers([0, 0, 0])), ("nodes_nodeids", .integers([0, 1, 2])),
          ("nodes_featureids", .integers([1, 0, 0])), ("nodes_truenodeids", .integers([1, 0, 0])), ("nodes_falsenodeids", .integers([2, 0, 0])),
          ("nodes_values", .floats([threshold, 0, 0])), ("nodes_modes", .texts(["BRANCH_LEQ", "LEAF", "LEAF"])),
          ("target_treeids", .integers([0, 0])), ("target_nodeids", .integers([1, 2])), ("target_ids", .integers([0, 0])),
          ("target_weights", .floats([leaf, -0.5])),
        ]
      }
      return [one("a threshold") { tree($0 - 0.7, 1) }, one("a leaf") { tree(0.125, $0) }]
    case _: return []
    }
  }
}
