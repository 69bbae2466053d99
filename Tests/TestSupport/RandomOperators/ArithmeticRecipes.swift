extension OperatorRecipe {
  /// Functions of one value, on a range, or of what is.
  static let functions: [OperatorRecipe] =
    [
      function("Abs", since: 9), function("Acos", -0.9...0.9, since: 9), function("Acosh", 1.1...4, since: 9),
      function("Asin", -0.9...0.9, since: 9), function("Asinh", since: 9), function("Atan", since: 9),
      function("Atanh", -0.9...0.9, since: 9), function("Celu", alpha: 0.7), function("Clip"), function("Cos", since: 9),
      function("Cosh", -1.5...1.5, since: 9), function("Dropout", since: 9), function("Elu", since: 9, alpha: 0.4),
      function("Erf", since: 9), function("Exp", -2...1, since: 9), function("Gelu"), function("HardSigmoid", since: 9, alpha: 0.3),
      function("HardSwish"), function("Identity", since: 9), function("LeakyRelu", since: 9, alpha: 0.2),
      function("Log", 0.3...4, since: 9), function("Mish"), function("Neg", since: 9), function("Reciprocal", 0.4...3, since: 9),
      function("Relu", since: 9), function("Selu", since: 9), function("Sigmoid", since: 9), function("Sin", since: 9),
      function("Sinh", -1.5...1.5, since: 9), function("Softplus", since: 9), function("Softsign", since: 9),
      function("Sqrt", 0.1...4, since: 9), function("Swish", since: 24, alpha: 1.5), function("Tan", -1.2...1.2, since: 9),
      function("Tanh", since: 9), function("com.microsoft.FastGelu"), function("com.microsoft.Gelu"),
      function("com.microsoft.QuickGelu", alpha: 1.5),
      jump("Ceil", since: 9), jump("Floor", since: 9), jump("Round"),
      jump("Shrink", since: 9, [("lambd", .float(0.8)), ("bias", .float(0.3))]),
      jump("Sign", since: 9), jump("ThresholdedRelu", [("alpha", .float(0.7))]),
      .same("com.microsoft.BiasGelu") { d, x in d.node("com.microsoft.BiasGelu", [x.name, d.constant(x.shape.suffix(1), -0.5...0.5)]) },
      .same("PRelu", since: 9) { d, x in d.node("PRelu", [x.name, d.constant(x.shape, -0.3...0.5)]) },
    ]

  private static func function(
    _ name: String, _ range: ClosedRange<Float>? = nil, since: Int = 18, alpha: Float? = nil
  ) -> OperatorRecipe {
    .same(name, since: since) { d, x in
      d.node(name, [range.map { d.between(x.name, $0) } ?? x.name], alpha.map { [("alpha", .float($0))] } ?? [])
    }
  }

  /// A function that jumps, of values on both sides of several jumps.
  private static func jump(_ name: String, since: Int = 18, _ attributes: GraphDraft.Attributes = []) -> OperatorRecipe {
    .same(name, since: since) { d, x in d.scaled(d.node(name, [d.shifted(x, factor: 2.3)], attributes), 0.4) }
  }

  /// Arithmetic of two values and more.
  static let combinations: [OperatorRecipe] =
    [
      .same("Add", since: 9) { d, x in d.node("Add", [x.name, d.other(x)]) },
      .same("Sub", since: 9) { d, x in d.node("Sub", [d.other(x), x.name]) },
      .same("Mul", since: 9) { d, x in d.node("Mul", [d.node("Tanh", [x.name]), d.other(x)]) },
      .same("Div", since: 9) { d, x in d.node("Div", [x.name, d.between(d.other(x), 0.6...2)]) },
      .same("Div by rows", since: 9) { d, x in
        let divisor = d.node("Exp", [d.node("Tanh", [d.rows((d.other(x), x.shape), width: 1).name])])
        return d.node("Div", [x.name, divisor])
      },
      .same("Pow", since: 12) { d, x in d.node("Pow", [d.between(x.name, 0.3...2), d.between(d.other(x), -1...2)]) },
      .same("Pow of constants", since: 12) { d, x in d.node("Pow", [d.constant(x.shape, 0.5...2), d.between(x.name, -1...2)]) },
      .same("Max", since: 9) { d, x in d.node("Max", [x.name, d.other(x), d.constant(x.shape, -0.5...0.5)]) },
      .same("Min", since: 9) { d, x in d.node("Min", [d.constant([1], 0...0.5), d.other(x), x.name]) },
      .same("Mean", since: 9) { d, x in d.node("Mean", [x.name, d.other(x), d.constant(x.shape, -1...1)]) },
      .same("Sum", since: 9) { d, x in d.scaled(d.node("Sum", [x.name, d.other(x), d.constant([1], -1...1)]), 0.6) },
      OperatorRecipe("com.microsoft.FusedMatMul") { d, x in
        let (last, width) = (x.shape[x.shape.count - 1], d.number(1...4))
        let attributes: GraphDraft.Attributes = [("alpha", .float(0.7)), ("transB", .integer(1))]
        return (d.node("com.microsoft.FusedMatMul", [x.name, d.weights([width, last], of: last)], attributes), x.shape.dropLast() + [width])
      },
      OperatorRecipe("com.microsoft.FusedGemm", { $0.count == 1 }) { d, x in
        let (last, width) = (x.shape[0], d.number(1...4))
        let numbers = [d.weights([width, last], of: last), d.constant([width], -0.5...0.5)]
        let activation: GraphDraft.Attributes = [("activation", .text("LeakyRelu")), ("activation_alpha", .float(0.3))]
        return (d.node("com.microsoft.FusedGemm", [x.name] + numbers, activation + [("transB", .integer(1))]), [width])
      },
      .same("Mod", since: 10) { d, x in
        d.node("Mod", [d.shifted(x, factor: 2), d.constant(x.shape, d.bool() ? 0.6...1.3 : -1.3 ... -0.6)], [("fmod", .integer(1))])
      },
      .same("Mod of integers") { d, x in
        let divisors = x.shape.reduce(1, *)
        let constants = (0..<divisors).map { _ in d.pick([-3, 2, 3, 5]) }
        return d.asFloats(d.node("Mod", [d.wholes(x), d.integers(constants, x.shape)]), 0.4)
      },
      .same("Div of integers") { d, x in d.asFloats(d.node("Div", [d.wholes(x), d.integer(d.pick([-3, 2, 3]))]), 0.4) },
    ]

  static let logic: [OperatorRecipe] =
    ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"].map { name in
      .same(name) { d, x in
        let isWhole = name == "Equal" || d.bool()
        let operands = isWhole ? [d.wholes(x), d.wholes((d.other(x), x.shape))] : [d.shifted(x), d.other(x)]
        return d.asFloats(d.node(name, operands))
      }
    }
    + ["And", "Or", "Xor"].map { name in
      .same(name, since: 9) { d, x in d.asFloats(d.node(name, [d.condition(x), d.condition((d.other(x), x.shape))])) }
    }
    + [
      .same("Not", since: 9) { d, x in d.asFloats(d.node("Not", [d.condition(x)])) },
      .same("Where", since: 9) { d, x in d.node("Where", [d.condition((d.other(x), x.shape)), x.name, d.constant(x.shape, -1...1)]) },
      .same("Where of values", since: 9) { d, x in d.node("Where", [d.condition(x), d.other(x), d.node("Abs", [x.name])]) },
      .same("IsNaN", since: 9) { d, x in d.node("Where", [d.node("IsNaN", [x.name]), d.constant(x.shape, -1...1), x.name]) },
      .same("IsInf") { d, x in d.node("Where", [d.node("IsInf", [x.name]), d.constant(x.shape, -1...1), x.name]) },
      .same("Cast") { d, x in d.asFloats(d.wholes(x), 0.2) },
      .same("CastLike") { d, x in
        d.scaled(d.node("CastLike", [d.node("CastLike", [d.shifted(x, factor: 3), d.integer(1)]), x.name]), 0.3)
      },
      .same("BitwiseNot") { d, x in d.asFloats(d.node("BitwiseNot", [d.ids(x.name, below: 16, type: 2)]), 0.004) },
    ]
    + ["BitwiseAnd", "BitwiseOr", "BitwiseXor"].map { name in
      .same(name) { d, x in
        let constants = (0..<x.shape.reduce(1, *)).map { _ in UInt8(d.number(0...15)) }
        let second = d.bool() ? d.ids(d.other(x), below: 16, type: 2) : d.graph.initializer(.narrow(constants, x.shape))
        return d.asFloats(d.node(name, [d.ids(x.name, below: 16, type: 2), second]), 0.1)
      }
    }
    + ["LEFT", "RIGHT"].map { direction in
      .same("BitShift \(direction.lowercased())") { d, x in
        let constants = (0..<x.shape.reduce(1, *)).map { _ in UInt8(d.number(0...3)) }
        let count = d.graph.initializer(.narrow(constants, x.shape))
        let shifted = d.node("BitShift", [d.ids(x.name, below: 32, type: 2), count], [("direction", .text(direction))])
        return d.asFloats(shifted, direction == "LEFT" ? 0.01 : 0.1)
      }
    }
}
