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

extension GraphImporter {
  mutating func binary(_ node: ONNXNode, _ label: String, _ combination: Combination) throws(NodeProblem) -> Tensor {
    try combine(try tensor(node, 0), try tensor(node, 1), combination, label)
  }

  /// All operands of the node, combined from the first.
  mutating func fold(_ node: ONNXNode, _ label: String, _ combination: Combination) throws(NodeProblem) -> Tensor {
    var result = try tensor(node, 0)
    for index in node.input.indices.dropFirst() {
      result = try combine(result, try tensor(node, index), combination, label)
    }
    return result
  }

  mutating func mean(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Tensor {
    let sum = try fold(node, label, .add)
    return try apply(.affine(scale: 1 / Double(node.input.count), shift: 0), to: sum, label)
  }

  private mutating func combine(
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
        let negated = try append(label, .pointwise(.affine(scale: -1, shift: 0)), [value], shape: shape(of: value))
        return .value(try combine(negated, constant, .add, label))
      case .divide:
        let inverse = try append(label, .pointwise(.function(.reciprocal, .x)), [value], shape: shape(of: value))
        return .value(try combine(inverse, constant, .multiply, label))
      }
    case (.value(let first), .value(let second)):
      let shapes = (shape(of: first), shape(of: second))
      guard shapes.0.count == shapes.1.count, let result = broadcastShape(shapes.0, shapes.1) else {
        throw .unsupported("its operands of shapes batch × \(shapes.0) and batch × \(shapes.1) do not broadcast")
      }
      switch combination {
      case .add: return .value(try append(label, .sum([1, 1]), [first, second], shape: result))
      case .subtract: return .value(try append(label, .sum([1, -1]), [first, second], shape: result))
      case .multiply: return .value(try append(label, .product, [first, second], shape: result))
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
      return try append(label, .pointwise(function), [value], shape: shape)
    }
    let ones = [Float](repeating: 1, count: floats.count)
    let zeros = [Float](repeating: 0, count: floats.count)
    func affine(_ value: Int, scale: [Float], shift: [Float]) throws(NodeProblem) -> Int {
      let affine = Affine(shape: floats.count == 1 ? [] : constant.shape, scale: scale, shift: shift)
      return try append(label, .affine(affine), [value], shape: shape)
    }
    let negated = floats.map { -$0 }
    switch combination {
    case .add: return try affine(value, scale: ones, shift: floats)
    case .subtract: return try affine(value, scale: ones, shift: negated)
    case .multiply: return try affine(value, scale: floats, shift: zeros)
    case .divide: return try affine(value, scale: floats.map { Float(1 / Double($0)) }, shift: zeros)
    case .minimum, .maximum:
      // max(x, c) = max(x − c, 0) + c, min(x, c) = c − max(c − x, 0)
      let sign: [Float] = combination == .maximum ? ones : ones.map { -$0 }
      let distance = try affine(value, scale: sign, shift: combination == .maximum ? negated : floats)
      let excess = try append(label, .pointwise(relu), [distance], shape: shape)
      return try affine(excess, scale: sign, shift: floats)
    }
  }

  /// The value broadcast to the shape that it and the constant have together, and the constant without a batch axis.
  private mutating func aligned(
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
    return try append(label, .sum([1]), [value], shape: result)
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

// MARK: Functions of one number

extension GraphImporter {
  mutating func apply(_ function: Pointwise, to tensor: Tensor, _ label: String) throws(NodeProblem) -> Tensor {
    switch tensor {
    case .value(let value): return .value(try append(label, .pointwise(function), [value], shape: shape(of: value)))
    case .constant(let constant):
      guard let floats = constant.floats else { throw .unsupported("operand 0 is a constant of integers") }
      return .constant(.floats(floats.map { Float(function.value(at: Double($0))) }, shape: constant.shape))
    }
  }

  mutating func power(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Tensor {
    let exponents = try constant(node, 1)
    guard let numbers = exponents.numbers, let exponent = numbers.first, numbers.allSatisfy({ $0 == exponent }) else {
      throw .unsupported("its exponent is not one number")
    }
    var base = try tensor(node, 0)
    if case .value(let value) = base {
      base = .value(try aligned(value, exponents, label).0)
      publish(Double(exponent), "its exponent", node, label)
    }
    return try apply(.power(.x, Double(exponent)), to: base, label)
  }

  mutating func parametricRelu(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Tensor {
    let (values, shape) = try floats(node, 1)
    let slopes = Constant.floats(values, shape: shape)
    let operand = try tensor(node, 0)
    if !isTrained, let slope = slopes.uniform {
      show([Double(slope)], .published, label)
      return try apply(leakyRelu(Double(slope)), to: operand, label)
    }
    // max(x, 0) + slope · min(x, 0)
    let positive = try apply(relu, to: operand, label)
    let negative = try combine(try apply(.minimum(.x, 0.0), to: operand, label), .constant(slopes), .multiply, label)
    return try combine(positive, negative, .add, label)
  }

  /// The node's result when it applies one function to every element.
  mutating func pointwise(_ function: Pointwise, _ node: ONNXNode, _ label: String) throws(NodeProblem) -> [Definition]
  {
    let operand = try tensor(node, 0)
    if case .value = operand { showAttributes(of: node, label) }
    return [.tensor(try apply(function, to: operand, label))]
  }

  func elu(_ node: ONNXNode) throws(NodeProblem) -> Pointwise {
    let alpha = Double(try node.float("alpha", default: 1))
    return relu + .constant(alpha) * (.function(.exp, .minimum(.x, 0.0)) + -1.0)
  }

  func celu(_ node: ONNXNode) throws(NodeProblem) -> Pointwise {
    let alpha = Double(try node.float("alpha", default: 1))
    let exponent = .constant(1 / alpha) * Pointwise.minimum(.x, 0.0)
    return relu + .constant(alpha) * (.function(.exp, exponent) + -1.0)
  }

  func selu(_ node: ONNXNode) throws(NodeProblem) -> Pointwise {
    let alpha = Double(try node.float("alpha", default: 1.67326319217681884765625))
    let gamma = Double(try node.float("gamma", default: 1.05070102214813232421875))
    return .constant(gamma) * (relu + .constant(alpha) * (.function(.exp, .minimum(.x, 0.0)) + -1.0))
  }

  func hardSigmoid(_ node: ONNXNode) throws(NodeProblem) -> Pointwise {
    let alpha = Double(try node.float("alpha", default: 0.2))
    let beta = Double(try node.float("beta", default: 0.5))
    return clamped(.constant(alpha) * .x + .constant(beta))
  }

  func gelu(_ node: ONNXNode) throws(NodeProblem) -> Pointwise {
    switch try node.text("approximate", default: "none") {
    case "none": return 0.5 * .x * (1.0 + .function(.erf, .constant(0.5.squareRoot()) * .x))
    case "tanh":
      let cubic = Pointwise.x + 0.044715 * .power(.x, 3)
      return 0.5 * .x * (1.0 + .function(.tanh, .constant((2 / Double.pi).squareRoot()) * cubic))
    case let other: throw .malformed("it is approximated by '\(other.oneLine)'")
    }
  }

  func leakyRelu(_ node: ONNXNode) throws(NodeProblem) -> Pointwise {
    leakyRelu(Double(try node.float("alpha", default: 0.01)))
  }

  var relu: Pointwise { .function(.relu, .x) }

  var hardSwish: Pointwise { .x * clamped(.constant(1.0 / 6) * .x + 0.5) }

  var softsign: Pointwise { .x * .function(.reciprocal, 1.0 + .function(.abs, .x)) }

  /// log(1 + exp(x)), without overflow.
  var softplus: Pointwise {
    relu + .function(.log, 1.0 + .function(.exp, .function(.negate, .function(.abs, .x))))
  }

  private func clamped(_ argument: Pointwise) -> Pointwise { .maximum(0.0, .minimum(1.0, argument)) }

  /// max(x, 0) + slope · min(x, 0)
  private func leakyRelu(_ slope: Double) -> Pointwise { relu + .constant(slope) * .minimum(.x, 0.0) }

  mutating func clip(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> Pointwise {
    let isOld = operatorSet < 11
    let low = isOld ? try node.float("min", default: -.infinity) : try scalar(node, 1) ?? -.infinity
    let high = isOld ? try node.float("max", default: .infinity) : try scalar(node, 2) ?? .infinity
    guard !low.isNaN, !high.isNaN else { throw .malformed("a bound is not a number") }
    if case .value = try tensor(node, 0) { show([low, high].filter(\.isFinite).map(Double.init), .bounds, label) }
    var result = Pointwise.x
    if low > -.greatestFiniteMagnitude { result = .maximum(result, .constant(Double(low))) }
    if high < .greatestFiniteMagnitude { result = .minimum(result, .constant(Double(high))) }
    return result
  }
}
