/// An operator of two tensors that broadcast to one shape.
enum Combination {
  case add, subtract, multiply, divide, minimum, maximum

  func callAsFunction(_ first: Double, _ second: Double) -> Double {
    switch self {
    case .add: first + second
    case .subtract: first - second
    case .multiply: first * second
    case .divide: first / second
    case .minimum: min(first, second)
    case .maximum: max(first, second)
    }
  }

  /// The result for sizes, which are not negative; nil when there is none.
  func callAsFunction(_ first: Int, _ second: Int) -> Int? {
    guard first >= 0, second >= 0, first <= maximumElementCount, second <= maximumElementCount else { return nil }
    switch self {
    case .add: return first + second
    case .subtract: return first >= second ? first - second : nil
    case .multiply: return first * second
    case .divide: return second > 0 ? first / second : nil
    case .minimum: return min(first, second)
    case .maximum: return max(first, second)
    }
  }
}

extension ImportedOperator {
  /// Operators of several tensors that broadcast to one shape.
  static let combinations: [ImportedOperator] = [
    binary("Add", .add), binary("Sub", .subtract), binary("Mul", .multiply),
    binary("Div", .divide, "by a constant, or a constant by a value"),
    fold("Sum", .add, "any number of operands"),
    fold("Min", .minimum, "a value and constants"),
    fold("Max", .maximum, "a value and constants"),
    ImportedOperator("Mean", "any number of operands") { importer, node, label throws(NodeProblem) in
      let sum = try importer.fold(node, .add, label)
      return [.tensor(try importer.apply(.affine(scale: 1 / Double(node.input.count), shift: 0), to: sum, label))]
    },
    ImportedOperator("Pow", "a constant exponent that is one number, with --publish where it may be trained") {
      importer, node, label throws(NodeProblem) in
      let exponents = try importer.constant(node, 1)
      guard let numbers = exponents.numbers, let exponent = numbers.first, numbers.allSatisfy({ $0 == exponent }) else {
        throw .unsupported("its exponent is not one number")
      }
      var base = try importer.tensor(node, 0)
      if case .value(let value) = base {
        base = .value(try importer.aligned(value, exponents, label).0)
        importer.publish(Double(exponent), "its exponent", node, label)
      }
      return [.tensor(try importer.apply(.power(.x, Double(exponent)), to: base, label))]
    },
    ImportedOperator("PRelu", "constant slopes") { importer, node, label throws(NodeProblem) in
      let (values, shape) = try importer.floats(node, 1)
      let slopes = Constant.floats(values, shape: shape)
      let operand = try importer.tensor(node, 0)
      if !importer.isTrained, let slope = slopes.uniform {
        importer.show([Double(slope)], .published, label)
        return [.tensor(try importer.apply(.leakyRelu(Double(slope)), to: operand, label))]
      }
      // max(x, 0) + slope · min(x, 0)
      let positive = try importer.apply(.relu, to: operand, label)
      let negative = try importer.apply(.minimum(.x, 0.0), to: operand, label)
      let scaled = try importer.combine(negative, .constant(slopes), .multiply, label)
      return [.tensor(try importer.combine(positive, scaled, .add, label))]
    },
  ]

  private static func binary(
    _ name: String, _ combination: Combination,
    _ support: String = "a value and a constant, or two values; broadcasting leaves the batch axis alone"
  ) -> ImportedOperator {
    ImportedOperator(name, support) { importer, node, label throws(NodeProblem) in
      let (first, second) = (try importer.tensor(node, 0), try importer.tensor(node, 1))
      return [.tensor(try importer.combine(first, second, combination, label))]
    }
  }

  private static func fold(_ name: String, _ combination: Combination, _ support: String) -> ImportedOperator {
    ImportedOperator(name, support) { importer, node, label throws(NodeProblem) in
      [.tensor(try importer.fold(node, combination, label))]
    }
  }
}

extension GraphImporter {
  /// All operands of the node, combined from the first.
  fileprivate mutating func fold(
    _ node: ONNXNode, _ combination: Combination, _ label: String
  ) throws(NodeProblem) -> Tensor {
    var result = try tensor(node, 0)
    for index in node.input.indices.dropFirst() {
      result = try combine(result, try tensor(node, index), combination, label)
    }
    return result
  }

  mutating func combine(
    _ first: Tensor, _ second: Tensor, _ combination: Combination, _ label: String
  ) throws(NodeProblem) -> Tensor {
    switch (first, second) {
    case (.constant(let first), .constant(let second)): return .constant(try first.combined(second, combination))
    case (.value(let value), .constant(let constant)):
      let (value, constant) = try aligned(value, constant, label)
      return .value(try combine(value, constant, combination, label))
    case (.constant(let constant), .value(let value)):
      let (value, constant) = try aligned(value, constant, label)
      switch combination {
      case .add, .multiply, .minimum, .maximum: return .value(try combine(value, constant, combination, label))
      case .subtract:
        let negated = try append(label, .map(.expression(.affine(scale: -1, shift: 0))), [value], shape: shape(of: value))
        return .value(try combine(negated, constant, .add, label))
      case .divide:
        let inverse = try append(label, .map(.expression(.function(.reciprocal, .x))), [value], shape: shape(of: value))
        return .value(try combine(inverse, constant, .multiply, label))
      }
    case (.value(let first), .value(let second)):
      let shapes = (shape(of: first), shape(of: second))
      guard shapes.0.count == shapes.1.count, let result = broadcastShape(shapes.0, shapes.1) else {
        throw .unsupported("its operands of shapes batch × \(shapes.0) and batch × \(shapes.1) do not broadcast")
      }
      switch combination {
      case .add, .subtract:
        let sum = Contraction.sum(of: [shapes.0, shapes.1], [1, combination == .add ? 1 : -1], shape: result)
        return .value(try append(label, .contraction(sum), [first, second], shape: result))
      case .multiply:
        let product = Contraction<Double>.product(of: [shapes.0, shapes.1], 1, shape: result)
        return .value(try append(label, .contraction(product), [first, second], shape: result))
      case .divide: throw .unsupported("its divisor depends on the input")
      case .minimum, .maximum: throw .unsupported("more than one operand depends on the input")
      }
    }
  }

  /// A value combined with a constant that broadcasts to its shape.
  private mutating func combine(
    _ value: Int, _ constant: Constant, _ combination: Combination, _ label: String
  ) throws(NodeProblem) -> Int {
    let shape = shape(of: value)
    guard let floats = constant.floats else { throw .malformed("its constant is not of floats") }
    if !isTrained, let uniform = constant.uniform.map(Double.init) {
      show([uniform], .published, label)
      let function: Pointwise =
        switch combination {
        case .add: .affine(scale: 1, shift: uniform)
        case .subtract: .affine(scale: 1, shift: -uniform)
        case .multiply: .affine(scale: uniform, shift: 0)
        case .divide: .affine(scale: 1 / uniform, shift: 0)
        case .minimum: .minimum(.x, .constant(uniform))
        case .maximum: .maximum(.x, .constant(uniform))
        }
      return try append(label, .map(.expression(function)), [value], shape: shape)
    }
    func affine(
      _ value: Int, scale: [Float]? = nil, shift: [Float]? = nil, coefficient: Double = 1
    ) throws(NodeProblem) -> Int {
      var affine = Contraction<Double>.affine(floats.count == 1 ? [] : constant.shape, scale: scale, shift: shift, shape)
      affine.terms[0].coefficient = coefficient
      return try append(label, .contraction(affine), [value], shape: shape)
    }
    let negated = floats.map { -$0 }
    switch combination {
    case .add: return try affine(value, shift: floats)
    case .subtract: return try affine(value, shift: negated)
    case .multiply: return try affine(value, scale: floats)
    case .divide: return try affine(value, scale: floats.map { Float(1 / Double($0)) })
    case .minimum, .maximum:
      // max(x, c) = max(x − c, 0) + c, min(x, c) = c − max(c − x, 0)
      let sign: Double = combination == .maximum ? 1 : -1
      let distance = try affine(value, shift: combination == .maximum ? negated : floats, coefficient: sign)
      let excess = try append(label, .map(.expression(.relu)), [distance], shape: shape)
      return try affine(excess, shift: floats, coefficient: sign)
    }
  }

  /// The value broadcast to the shape that it and the constant have together, and the constant without a batch axis.
  fileprivate mutating func aligned(
    _ value: Int, _ constant: Constant, _ label: String
  ) throws(NodeProblem) -> (Int, Constant) {
    let shape = shape(of: value)
    var own = constant.shape
    if own.count == shape.count + 1, own[0] == 1 { own.removeFirst() }
    guard own.count <= shape.count, let result = broadcastShape(shape, own) else {
      throw .unsupported("a constant of shape \(constant.shape) does not broadcast to batch × \(shape)")
    }
    return (try broadcast(value, to: result, label), constant.reshaped(own))
  }

  mutating func broadcast(_ value: Int, to result: [Int], _ label: String) throws(NodeProblem) -> Int {
    if shape(of: value) == result { return value }
    return try append(label, .contraction(.sum(of: [shape(of: value)], [1], shape: result)), [value], shape: result)
  }

  mutating func apply(_ function: Pointwise, to tensor: Tensor, _ label: String) throws(NodeProblem) -> Tensor {
    switch tensor {
    case .value(let value): return .value(try append(label, .map(.expression(function)), [value], shape: shape(of: value)))
    case .constant(let constant):
      guard let floats = constant.floats else { throw .unsupported("operand 0 is a constant of integers") }
      return .constant(.floats(floats.map { Float(function.value(at: Double($0))) }, shape: constant.shape))
    }
  }
}

/// The shape that arrays of two shapes broadcast to, aligned at the last axis; nil when there is none.
func broadcastShape(_ first: [Int], _ second: [Int]) -> [Int]? {
  let rank = max(first.count, second.count)
  let padded = [first, second].map { [Int](repeating: 1, count: rank - $0.count) + $0 }
  var result: [Int] = []
  for (one, other) in zip(padded[0], padded[1]) {
    guard one == other || one == 1 || other == 1 else { return nil }
    result.append(one == 1 ? other : one)
  }
  return result
}
