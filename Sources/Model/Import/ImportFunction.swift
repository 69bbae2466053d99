extension ImportedOperator {
  /// Functions of one number.
  static let functions: [ImportedOperator] = [
    pointwise("Abs") { _ in .function(.abs, .x) },
    pointwise("Sign", since: 9) { _ in .sign },
    pointwise("Ceil") { _ in .function(.negate, .floor.of(.function(.negate, .x))) },
    pointwise("Floor") { _ in .floor },
    pointwise("Cos") { _ in .function(.cos, .x) },
    pointwise("Sin") { _ in .function(.sin, .x) },
    pointwise("Tan") { _ in .function(.sin, .x) * .function(.reciprocal, .function(.cos, .x)) },
    pointwise("Asin") { _ in .arcsine },
    pointwise("Acos") { _ in .constant(Double.pi / 2) + -1.0 * .arcsine },
    pointwise("Atan") { _ in .function(.atan, .x) },
    pointwise("Sinh", since: 9) { _ in 0.5 * (.function(.exp, .x) + -1.0 * .function(.exp, .function(.negate, .x))) },
    pointwise("Cosh", since: 9) { _ in 0.5 * (.function(.exp, .x) + .function(.exp, .function(.negate, .x))) },
    pointwise("Asinh", since: 9) { _ in
      .sign * .function(.log, .function(.abs, .x) + .function(.sqrt, .x * .x + 1.0))
    },
    pointwise("Acosh", since: 9) { _ in
      .function(.log, .x + .function(.sqrt, .x + -1.0) * .function(.sqrt, .x + 1.0))
    },
    pointwise("Atanh", since: 9) { _ in
      0.5 * (.function(.log, 1.0 + .x) + -1.0 * .function(.log, 1.0 + -1.0 * .x))
    },
    pointwise("Round", since: 11) { _ in .function(.round, .x) },
    pointwise("Erf", since: 9) { _ in .function(.erf, .x) },
    pointwise("Exp") { _ in .function(.exp, .x) },
    pointwise("HardSwish", since: 14) { _ in .x * .clamped(.constant(1.0 / 6) * .x + 0.5) },
    pointwise("Log") { _ in .function(.log, .x) },
    pointwise("Mish", since: 18) { _ in .x * .function(.tanh, .softplus) },
    pointwise("Neg") { _ in .function(.negate, .x) },
    pointwise("Reciprocal") { _ in .function(.reciprocal, .x) },
    pointwise("Relu") { _ in .relu },
    pointwise("Sigmoid") { _ in .function(.sigmoid, .x) },
    pointwise("Softplus") { _ in .softplus },
    pointwise("Softsign") { _ in .softsign },
    pointwise("Sqrt") { _ in .function(.sqrt, .x) },
    pointwise("Tanh") { _ in .function(.tanh, .x) },
    pointwise("Celu", since: 12) { node throws(NodeProblem) in
      let alpha = Double(try node.float("alpha", default: 1))
      let exponent = .constant(1 / alpha) * Pointwise.minimum(.x, 0.0)
      return .relu + .constant(alpha) * (.function(.exp, exponent) + -1.0)
    },
    pointwise("Elu") { node throws(NodeProblem) in .elu(Double(try node.float("alpha", default: 1))) },
    pointwise("Selu") { node throws(NodeProblem) in
      let alpha = Double(try node.float("alpha", default: 1.67326319217681884765625))
      return .constant(Double(try node.float("gamma", default: 1.05070102214813232421875))) * .elu(alpha)
    },
    pointwise("LeakyRelu") { node throws(NodeProblem) in .leakyRelu(Double(try node.float("alpha", default: 0.01))) },
    pointwise("HardSigmoid") { node throws(NodeProblem) in
      let alpha = Double(try node.float("alpha", default: 0.2))
      return .hardSigmoid(alpha, Double(try node.float("beta", default: 0.5)))
    },
    pointwise("ThresholdedRelu", since: 10) { node throws(NodeProblem) in
      .thresholdedRelu(Double(try node.float("alpha", default: 1)))
    },
    pointwise("Shrink", since: 9) { node throws(NodeProblem) in
      let (limit, bias) = (Double(try node.float("lambd", default: 0.5)), Double(try node.float("bias", default: 0)))
      return .function(.step, .x + .constant(-limit)) * (.x + .constant(-bias))
        + .function(.step, -1.0 * .x + .constant(-limit)) * (.x + .constant(bias))
    },
    pointwise("Gelu", since: 20, "both approximations") { node throws(NodeProblem) in
      switch try node.text("approximate", default: "none") {
      case "none": return .gelu
      case "tanh": return .tanhGelu
      case let other: throw .malformed("it is approximated by '\(other.oneLine)'")
      }
    },
    pointwise("Swish", since: 24) { node throws(NodeProblem) in .swish(Double(try node.float("alpha", default: 1))) },
    pointwise("\(fusedDomain).Gelu") { _ in .gelu },
    pointwise("\(fusedDomain).QuickGelu") { node throws(NodeProblem) in
      .swish(Double(try node.float("alpha", default: 1.702)))
    },
    biased("\(fusedDomain).BiasGelu", .gelu), biased("\(fusedDomain).FastGelu", .tanhGelu),
    ImportedOperator("Clip", "all; either bound may be missing") { importer, node, label throws(NodeProblem) in
      if importer.operatorSet >= 11, try importer.hasValue(node, from: 1) { return [.tensor(try importer.clipped(node, label))] }
      let isOld = importer.operatorSet < 11
      let low = isOld ? try node.float("min", default: -.infinity) : try importer.scalar(node, 1) ?? -.infinity
      let high = isOld ? try node.float("max", default: .infinity) : try importer.scalar(node, 2) ?? .infinity
      guard !low.isNaN, !high.isNaN else { throw .malformed("a bound is not a number") }
      let operand = try importer.tensor(node, 0)
      if case .value = operand { importer.show([low, high].filter(\.isFinite).map(Double.init), .bounds, label) }
      var result = Pointwise.x
      if low > -.greatestFiniteMagnitude { result = .maximum(result, .constant(Double(low))) }
      if high < .greatestFiniteMagnitude { result = .minimum(result, .constant(Double(high))) }
      return try importer.pointwise(result, node, label, keepsKind: true)
    },
  ]

  /// A function of the sum of both operands, of which the second may be left out.
  private static func biased(_ name: String, _ function: Pointwise) -> ImportedOperator {
    ImportedOperator(name, "all") { importer, node, label throws(NodeProblem) in
      var sum = try importer.tensor(node, 0)
      if try importer.operand(node, 1) != nil { sum = try importer.combine(sum, try importer.tensor(node, 1), .add, label) }
      return [.tensor(try importer.apply(function, to: sum, label))]
    }
  }

  private static func pointwise(
    _ name: String, since: Int = supportedOperatorSets.lowerBound, _ support: String = "all",
    _ function: @escaping @Sendable (ONNXNode) throws(NodeProblem) -> Pointwise
  ) -> ImportedOperator {
    ImportedOperator(name, since: since, support) { importer, node, label throws(NodeProblem) in
      try importer.pointwise(try function(node), node, label)
    }
  }
}

extension GraphImporter {
  /// The node's result when it applies one function to every element.
  fileprivate mutating func pointwise(
    _ function: Pointwise, _ node: ONNXNode, _ label: String, keepsKind: Bool = false
  ) throws(NodeProblem) -> [Definition] {
    let operand = try tensor(node, 0)
    if case .value = operand { showAttributes(of: node, label) }
    let result = try apply(function, to: operand, label)
    if case .value(let value) = result, keepsKind || function.keepsIntegers, kind(of: operand) != .real { mark(value, .integer) }
    return [.tensor(result)]
  }

  /// Whether one of the node's operands from one on depends on the input.
  func hasValue(_ node: ONNXNode, from first: Int) throws(NodeProblem) -> Bool {
    for index in node.input.indices.dropFirst(first) where try operand(node, index) != nil {
      if case .value = try tensor(node, index) { return true }
    }
    return false
  }

  /// The first operand between bounds that are tensors.
  fileprivate mutating func clipped(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Tensor {
    var result = try tensor(node, 0)
    for (index, combination) in [(1, Combination.maximum), (2, .minimum)] where try operand(node, index) != nil {
      let bound = try tensor(node, index)
      guard fullShape(bound).allSatisfy({ $0 == 1 }) else { throw .malformed("its bound of shape \(fullShape(bound)) is not one number") }
      result = try combine(result, bound, combination, label)
    }
    return result
  }
}

extension Pointwise {
  static let relu = Pointwise.function(.relu, .x)

  static let gelu = 0.5 * Pointwise.x * (1.0 + .function(.erf, .constant(0.5.squareRoot()) * .x))

  fileprivate static let tanhGelu = 0.5 * Pointwise.x
    * (1.0 + .function(.tanh, .constant((2 / Double.pi).squareRoot()) * (.x + 0.044715 * .power(.x, 3))))

  /// x · sigmoid(alpha·x)
  static func swish(_ alpha: Double) -> Pointwise { .x * .function(.sigmoid, .constant(alpha) * .x) }

  /// Of x within −1...1.
  fileprivate static let arcsine = Pointwise.function(
    .atan, .x * .function(.reciprocal, .function(.sqrt, (1.0 + -1.0 * .x) * (1.0 + .x))))

  static let sign = Pointwise.function(.step, .x) + -1.0 * .function(.step, .function(.negate, .x))

  static let floor = truncated + -1.0 * .function(.step, truncated + -1.0 * .x)

  private static let truncated = Pointwise.function(.truncate, .x)

  /// 1 where x is not 0, else 0.
  static let isNonZero = Pointwise.function(.step, .function(.abs, .x))

  static let isZero = negated(isNonZero)

  /// 1 − a function.
  static func negated(_ function: Pointwise) -> Pointwise { 1.0 + -1.0 * function }

  /// log(1 + exp(x)), without overflow.
  static let softplus = relu + .function(.log, 1.0 + .function(.exp, .function(.negate, .function(.abs, .x))))

  static func elu(_ alpha: Double) -> Pointwise {
    relu + .constant(alpha) * (.function(.exp, .minimum(.x, 0.0)) + -1.0)
  }

  static let softsign = Pointwise.x * .function(.reciprocal, 1.0 + .function(.abs, .x))

  /// slope·x + shift within 0...1.
  static func hardSigmoid(_ slope: Double, _ shift: Double) -> Pointwise { .clamped(.constant(slope) * .x + .constant(shift)) }

  /// x where it is above the threshold, else 0.
  static func thresholdedRelu(_ threshold: Double) -> Pointwise {
    .maximum(.x, .constant(threshold)) * .function(.step, .x + .constant(-threshold))
  }

  /// max(x, 0) + slope · min(x, 0)
  static func leakyRelu(_ slope: Double) -> Pointwise { relu + .constant(slope) * .minimum(.x, 0.0) }

  fileprivate static func clamped(_ argument: Pointwise) -> Pointwise { .maximum(0.0, .minimum(1.0, argument)) }
}
