extension ImportedOperator {
  /// Powers, quotients and their remainders, and casts.
  static let arithmetic: [ImportedOperator] = [
    ImportedOperator("Div", "all; quotients of integers are rounded towards zero") { importer, node, label throws(NodeProblem) in
      let (first, second) = (try importer.tensor(node, 0), try importer.tensor(node, 1))
      if let shares = try importer.softmax(exponentials: first, total: second, label) { return [.value(shares)] }
      if case .value(let value) = first, case .constant(let divisor) = second,
        let result = try importer.square(of: value, dividedBy: divisor, label)
      {
        return [.value(result)]
      }
      guard importer.kind(of: first) != .real, importer.kind(of: second) != .real, !isConstant(first) || !isConstant(second) else {
        return [.tensor(try importer.combine(first, second, .divide, label))]
      }
      return [.tensor(try importer.quotient(first, second, isFloor: false, label))]
    },
    ImportedOperator("Mod", since: 10, "all; of floats without fmod from operator set 28 on") { importer, node, label throws(NodeProblem) in
      let (first, second) = (try importer.tensor(node, 0), try importer.tensor(node, 1))
      let keepsSign = try node.integer("fmod", default: 0) != 0
      if case .constant(let first) = first, case .constant(let second) = second {
        return [.constant(try first.remainder(second, keepsSign: keepsSign, floors: importer.operatorSet >= 28))]
      }
      let isReal = importer.kind(of: first) == .real || importer.kind(of: second) == .real
      guard keepsSign || !isReal || importer.operatorSet >= 28 else { throw .malformed("fmod is 0, and its operands are floats") }
      let quotient = isReal
        ? try importer.apply(keepsSign ? .function(.truncate, .x) : .floor, to: try importer.combine(first, second, .divide, label), label)
        : try importer.quotient(first, second, isFloor: !keepsSign, label)
      let multiple = try importer.combine(quotient, second, .multiply, label)
      return [.tensor(try importer.combine(first, multiple, .subtract, label))]
    },
    ImportedOperator(
      "Pow", "all; a constant exponent that is one number needs --publish where it may be trained; other exponents are of positive bases"
    ) { importer, node, label throws(NodeProblem) in
      let (base, exponent) = (try importer.tensor(node, 0), try importer.tensor(node, 1))
      let result = try importer.power(base, exponent, node, label)
      let isInteger = importer.kind(of: base) != .real && importer.kind(of: exponent) != .real
      if case .value(let value) = result, isInteger { importer.mark(value, .integer) }
      return [.tensor(result)]
    },
    ImportedOperator("CastLike", since: 15, "all, as Cast", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let type: ElementType
      switch try importer.tensor(node, 1) {
      case .constant(let constant): type = constant.type
      case .value(let value):
        switch importer.kind(of: .value(value)) {
        case .real: type = .float
        case .integer: type = .int64
        case .boolean: type = .bool
        }
      }
      return [try importer.cast(node, to: type, label)]
    },
  ]

  private static func isConstant(_ tensor: Tensor) -> Bool { if case .constant = tensor { true } else { false } }
}

extension GraphImporter {
  /// A constant as floats, a value as it is.
  fileprivate func real(_ tensor: Tensor) throws(NodeProblem) -> Tensor {
    if case .constant(let constant) = tensor { .constant(try constant.cast(to: .float)) } else { tensor }
  }

  /// The quotient of integers, of which not both are constant, rounded down or towards zero: what is rounded is half a step of the
  /// dividend away from where it would be another integer.
  fileprivate mutating func quotient(_ first: Tensor, _ second: Tensor, isFloor: Bool, _ label: String) throws(NodeProblem) -> Tensor {
    let (first, second) = (try real(first), try real(second))
    let result: Tensor
    if isFloor {
      let half = try apply(0.5 * .function(.abs, .function(.reciprocal, .x)), to: second, label)
      let quotient = try combine(first, second, .divide, label)
      result = try apply(.floor, to: try combine(quotient, half, .add, label), label)
    } else {
      let moved = try apply(.x + 0.5 * .sign, to: first, label)
      result = try apply(.function(.truncate, .x), to: try combine(moved, second, .divide, label), label)
    }
    if case .value(let value) = result { mark(value, .integer) }
    return result
  }

  /// A square divided by positive numbers, as the square of a quotient: squares of features of unlike sizes are of one size then.
  ///
  /// - Returns: Nil where the value is no square, or the divisors are one number.
  fileprivate mutating func square(of value: Int, dividedBy divisors: Constant, _ label: String) throws(NodeProblem) -> Int? {
    guard let node = maker(value), node.operation == .map(.expression(.x * .x)), let floats = divisors.floats, divisors.uniform == nil,
      floats.allSatisfy({ $0 > 0 && $0.isFinite })
    else { return nil }
    let roots = Constant.floats(floats.map { 1 / $0.squareRoot() }, shape: divisors.shape)
    guard case .value(let quotient) = try combine(.value(node.operands[0]), .constant(roots), .multiply, label) else { return nil }
    return try apply(.x * .x, to: quotient, label)
  }

  fileprivate mutating func power(_ base: Tensor, _ exponent: Tensor, _ node: ONNXNode, _ label: String) throws(NodeProblem) -> Tensor {
    if case .constant(let exponents) = exponent {
      guard let numbers = exponents.numbers, let first = numbers.first else { throw .unsupported("its exponent is the batch size, or empty") }
      if case .constant(let constant) = base { return .constant(try constant.power(exponents)) }
      if case .value(let value) = base, numbers.allSatisfy({ $0 == first }) {
        let result = try apply(.raised(to: Double(first)), to: try aligned(value, exponents, label).0, label)
        publish(Double(first), "its exponent", node, label)
        return .value(result)
      }
      let several = Set(numbers).sorted()
      if !isTrained, several.count <= maximumPowerCount, several.allSatisfy({ $0 >= 0 && $0 <= 16 && $0 == $0.rounded() }) {
        show(several.map(Double.init), .published, label)
        var sum: Tensor?
        for power in several {
          let mask = Constant.floats(numbers.map { $0 == power ? 1 : 0 }, shape: exponents.shape)
          let part = try combine(try apply(.raised(to: Double(power)), to: base, label), .constant(mask), .multiply, label)
          sum = try sum.map { sum throws(NodeProblem) in try combine(sum, part, .add, label) } ?? part
        }
        if let sum { return sum }
      }
    }
    let logarithm = try apply(.function(.log, .x), to: try real(base), label)
    return try apply(.function(.exp, .x), to: try combine(logarithm, try real(exponent), .multiply, label), label)
  }
}

/// A Pow with several integers for exponents has a term for each.
private let maximumPowerCount = 8

extension Constant {
  /// Numbers to the power of constants; integers stay integers.
  fileprivate func power(_ exponents: Constant) throws(NodeProblem) -> Constant {
    let (operands, shape, place) = try Constant.broadcast([self, exponents])
    guard place == nil, let bases = operands[0].numbers, let exponents = operands[1].numbers else {
      throw .unsupported("it raises the batch size to a power")
    }
    let results = zip(bases, exponents).map { Pointwise.power(.x, Double($1)).value(at: Double($0)) }
    if floats != nil { return .floats(results.map { Float($0) }, shape: shape) }
    guard results.allSatisfy({ $0.magnitude < 0x1p53 }), bases.allSatisfy({ $0.magnitude < 0x1p24 }) else {
      throw .unsupported("it makes integers that are too large")
    }
    return Constant(.integers(results.map { Int($0) }), shape: shape, type: type)
  }

  /// - Parameter floors: Whether floats may have a remainder with the sign of the divisor.
  fileprivate func remainder(_ divisor: Constant, keepsSign: Bool, floors: Bool) throws(NodeProblem) -> Constant {
    let (operands, shape, place) = try Constant.broadcast([self, divisor])
    if let first = operands[0].floats, let second = operands[1].floats {
      guard keepsSign || floors else { throw .malformed("fmod is 0, and its operands are floats") }
      let rests = zip(first, second).map { first, second in
        let rest = first.truncatingRemainder(dividingBy: second)
        return keepsSign || rest == 0 || (rest < 0) == (second < 0) ? rest : rest + second
      }
      return .floats(rests, shape: shape)
    }
    guard let first = operands[0].integers, let second = operands[1].integers, place == nil,
      !(first + second).contains(where: { $0.magnitude >= 1 << 60 }), !second.contains(0)
    else { throw .unsupported("its operands are not integers, or depend on the batch size") }
    let rests = zip(first, second).map { first, second in
      let rest = first % second
      return keepsSign || rest == 0 || (rest < 0) == (second < 0) ? rest : rest + second
    }
    return Constant(.integers(rests), shape: shape, type: type)
  }
}

extension Pointwise {
  /// x^exponent, in the form that operators of their own have.
  fileprivate static func raised(to exponent: Double) -> Pointwise {
    switch exponent {
    case 0: .constant(1)
    case 1: .x
    case 2: .x * .x
    case 0.5: .function(.sqrt, .x)
    case -0.5: .function(.reciprocal, .function(.sqrt, .x))
    case _: .power(.x, exponent)
    }
  }
}
