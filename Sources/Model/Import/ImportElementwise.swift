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

  /// Of integers below 2^60, or of a size of the batch and a number; nil when there is no result. Quotients are rounded
  /// towards zero, as ONNX's.
  func callAsFunction(_ first: Int, _ second: Int) -> Int? {
    let result: (Int, overflow: Bool)
    switch (self, batchMultiple(first), batchMultiple(second)) {
    case (.multiply, let count?, nil) where second > 0, (.multiply, nil, let count?) where first > 0:
      let number = max(first, second)
      return count <= maximumElementCount && number <= maximumElementCount ? sizeOfBatch(times: count * number) : nil
    case (.divide, let count?, nil) where second > 0 && count % second == 0: return sizeOfBatch(times: count / second)
    case (.divide, let count?, let other?) where count % other == 0: return count / other
    case (.add, _?, nil) where second == 0, (.subtract, _?, nil) where second == 0: return first
    case (.add, nil, _?) where first == 0: return second
    case (.minimum, nil, nil): return min(first, second)
    case (.maximum, nil, nil): return max(first, second)
    case (.add, nil, nil): result = first.addingReportingOverflow(second)
    case (.subtract, nil, nil): result = first.subtractingReportingOverflow(second)
    case (.multiply, nil, nil): result = first.multipliedReportingOverflow(by: second)
    case (.divide, nil, nil): result = first.dividedReportingOverflow(by: second)
    default: return nil
    }
    return !result.overflow && result.0.magnitude < 1 << 60 ? result.0 : nil
  }

  /// By how much results grow from one sample to the next where operands do; nil when that is not so simple.
  func steps(_ first: [Int], _ one: [Int], _ second: [Int], _ other: [Int]) -> [Int]? {
    let (isFirst, isSecond) = (one.contains { $0 != 0 }, other.contains { $0 != 0 })
    switch self {
    case _ where !isFirst && !isSecond: return one
    case .add: return zip(one, other).map { $0 &+ $1 }
    case .subtract: return zip(one, other).map { $0 &- $1 }
    case .multiply where !isSecond: return zip(one, second).map { $0 &* $1 }
    case .multiply where !isFirst: return zip(first, other).map { $0 &* $1 }
    case .multiply, .divide, .minimum, .maximum: return nil
    }
  }
}

extension ImportedOperator {
  /// Operators of several tensors that broadcast to one shape.
  static let combinations: [ImportedOperator] = [
    binary("Add", .add), binary("Sub", .subtract), binary("Mul", .multiply),
    fold("Sum", .add, "any number of operands"),
    fold("Min", .minimum, "any number of operands"),
    fold("Max", .maximum, "any number of operands"),
    ImportedOperator("Mean", "any number of operands") { importer, node, label throws(NodeProblem) in
      let sum = try importer.fold(node, .add, label)
      return [.tensor(try importer.apply(.affine(scale: 1 / Double(node.input.count), shift: 0), to: sum, label))]
    },
    ImportedOperator("PRelu", "all") { importer, node, label throws(NodeProblem) in
      let (operand, slopes) = (try importer.tensor(node, 0), try importer.tensor(node, 1))
      if case .constant(let constant) = slopes, !importer.isTrained, let slope = constant.uniform {
        importer.show([Double(slope)], .published, label)
        return [.tensor(try importer.apply(.leakyRelu(Double(slope)), to: operand, label))]
      }
      // max(x, 0) + slope · min(x, 0)
      let positive = try importer.apply(.relu, to: operand, label)
      let negative = try importer.apply(.minimum(.x, 0.0), to: operand, label)
      let scaled = try importer.combine(negative, slopes, .multiply, label)
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
    let result = try combined(first, second, combination, label)
    if case .value(let value) = result, kind(of: first) != .real, kind(of: second) != .real, combination != .divide {
      mark(value, .integer)
    }
    return result
  }

  private mutating func combined(
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
        let negated = try apply(.affine(scale: -1, shift: 0), to: value, label, kind: kind(of: .value(value)) == .real ? .real : .integer)
        return .value(try combine(negated, constant, .add, label))
      case .divide:
        let inverse = try apply(.function(.reciprocal, .x), to: value, label)
        return .value(try combine(inverse, constant, .multiply, label))
      }
    case (.value(let first), .value(let second)):
      let (values, place) = try lifted([first, second])
      let shapes = values.map { shape(of: $0) }
      guard let result = broadcastShape(shapes[0], shapes[1]) else {
        throw .unsupported("its operands of shapes batch × \(shapes[0]) and batch × \(shapes[1]) do not broadcast")
      }
      switch combination {
      case .add, .subtract:
        let sum = Contraction.sum(of: shapes, [1, combination == .add ? 1 : -1], shape: result)
        return .value(try append(label, .contraction(sum), values, shape: result, place: place))
      case .multiply: return .value(try product(values, shape: result, place, label))
      case .divide:
        let inverse = try apply(.function(.reciprocal, .x), to: values[1], label)
        return .value(try product([values[0], inverse], shape: result, place, label))
      case .minimum, .maximum:
        // max(a, b) = b + max(a − b, 0), min(a, b) = b − max(b − a, 0)
        let sign: Double = combination == .maximum ? 1 : -1
        let difference = Contraction.sum(of: shapes, [sign, -sign], shape: result)
        let excess = try apply(.relu, to: try append(label, .contraction(difference), values, shape: result, place: place), label)
        let sum = Contraction.sum(of: [shapes[1], result], [1, sign], shape: result)
        return .value(try append(label, .contraction(sum), [values[1], excess], shape: result, place: place))
      }
    }
  }

  /// Values of one rank multiplied, broadcast to a shape.
  mutating func product(_ values: [Int], shape: [Int], _ place: BatchPlace, _ label: String) throws(NodeProblem) -> Int {
    let product = Contraction<Double>.product(of: values.map { self.shape(of: $0) }, 1, shape: shape)
    return try append(label, .contraction(product), values, shape: shape, place: place)
  }

  /// A value combined with a constant that broadcasts to its shape.
  private mutating func combine(
    _ value: Int, _ constant: Constant, _ combination: Combination, _ label: String
  ) throws(NodeProblem) -> Int {
    let (shape, place) = (shape(of: value), place(of: value))
    if combination == .add || combination == .subtract, let infinite = constant.floats?.first(where: { $0 == (combination == .add ? .infinity : -.infinity) || $0.isNaN }) {
      throw .unsupported("its constant is \(infinite.isNaN ? "not a number" : "infinite") at some places, and so is its result")
    }
    // What masks is added.
    let bounded = combination == .add || combination == .subtract ? constant.finite : constant
    guard let floats = bounded.numbers else {
      throw .unsupported("it computes with the batch size")
    }
    guard constant.floats != nil || kind(of: .value(value)) != .real else { throw .malformed("its constant is not of floats") }
    let least: Float? = combination == .maximum ? -.infinity : combination == .minimum ? .infinity : nil
    if floats.allSatisfy({ $0 == least }) { return value }
    if !isTrained, let uniform = floats.first.map(Double.init), floats.allSatisfy({ Double($0) == uniform }) {
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
      return function == .x ? value : try apply(function, to: value, label)
    }
    func affine(
      _ value: Int, scale: [Float]? = nil, shift: [Float]? = nil, coefficient: Double = 1
    ) throws(NodeProblem) -> Int {
      var affine = Contraction<Double>.affine(floats.count == 1 ? [] : constant.shape, scale: scale, shift: shift, shape)
      affine.terms[0].coefficient = coefficient
      return try append(label, .contraction(affine), [value], shape: shape, place: place)
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
      let excess = try apply(.relu, to: distance, label)
      return try affine(excess, shift: floats, coefficient: sign)
    }
  }

  /// The value broadcast to the shape that it and the constant have together, and the constant as it broadcasts to a sample.
  mutating func aligned(_ value: Int, _ constant: Constant, _ label: String) throws(NodeProblem) -> (Int, Constant) {
    guard constant.batch?.isUniform ?? true else { throw .unsupported("it computes with the numbers of samples") }
    let problem = NodeProblem.unsupported("a constant of shape \(constant.shape) does not broadcast to batch × \(shape(of: value))")
    var (values, place) = try lifted([value], rank: constant.shape.count)
    let full = fullShape(.value(values[0]))
    var own = [Int](repeating: 1, count: full.count - constant.shape.count) + constant.shape
    guard let result = broadcastShape(full, own) else { throw problem }
    let difference = full.count - constant.shape.count
    let isOfSamples = constant.batch.map { $0.place.shifted(by: difference) == place }
    guard isOfSamples ?? true else { throw .unsupported("its operands have the batch at different axes") }
    if !isWhole(place), own[place.axis] != 1, isOfSamples == nil {
      guard batch == .one else { throw problem }
      place = .alone
      values[0] = try reshaped(values[0], full, place)
    }
    if !place.isFolded { own.remove(at: place.axis) }
    return (try broadcast(values[0], to: sampleShape(result, place), label), constant.reshaped(own))
  }

  mutating func broadcast(_ value: Int, to result: [Int], _ label: String) throws(NodeProblem) -> Int {
    if shape(of: value) == result { return value }
    return try append(
      label, .contraction(.sum(of: [shape(of: value)], [1], shape: result)), [value], shape: result, place: place(of: value))
  }

  /// A function of every element.
  mutating func apply(
    _ function: Pointwise, to value: Int, _ label: String, kind: NumberKind = .real
  ) throws(NodeProblem) -> Int {
    try append(label, .map(.expression(function)), [value], shape: shape(of: value), place: place(of: value), kind: kind)
  }

  mutating func apply(_ function: Pointwise, to tensor: Tensor, _ label: String) throws(NodeProblem) -> Tensor {
    switch tensor {
    case .value(let value): return .value(try apply(function, to: value, label))
    case .constant(let constant):
      if let integers = constant.integers, integers.allSatisfy({ $0.magnitude < 1 << 53 }), constant.batch?.isUniform ?? true, function.keepsIntegers {
        let results = integers.compactMap { Int(exactly: function.value(at: Double($0))) }
        guard results.count == integers.count else { throw .unsupported("it makes integers that are too large") }
        return .constant(Constant(.integers(results), shape: constant.shape, type: constant.type, batch: constant.batch))
      }
      guard let floats = constant.floats else { throw .unsupported("operand 0 is a constant of integers") }
      let results = floats.map { Float(function.value(at: Double($0))) }
      return .constant(Constant(.floats(results), shape: constant.shape, type: .float, batch: constant.batch))
    }
  }
}

extension Pointwise {
  /// Whether it takes integers to integers, as far as the expression shows.
  var keepsIntegers: Bool {
    switch self {
    case .x: true
    case .constant(let value): value == value.rounded() && value.magnitude < 0x1p53
    case .function(let function, let argument):
      switch function {
      case .step, .truncate, .round: true
      case .abs, .negate, .relu: argument.keepsIntegers
      case .erf, .exp, .tanh, .sigmoid, .sqrt, .log, .reciprocal, .sin, .cos, .atan: false
      }
    case .sum(let first, let second), .product(let first, let second), .minimum(let first, let second), .maximum(let first, let second):
      first.keepsIntegers && second.keepsIntegers
    case .power: false
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
