/// Where values are −∞ in the model. In the network the least number of Float32 stands for that.
enum Infinities {
  case nowhere
  /// 1 where it is, else 0: of one sample.
  case constant([Double])
  /// A value of booleans of the same shape.
  case value(Int)
}

extension Constant {
  /// Whether it is −∞ everywhere.
  var isNegativeInfinity: Bool { count > 0 && floats?.allSatisfy { $0 == -.infinity } ?? false }
}

extension GraphImporter {
  /// 1 where a value is −∞, else 0.
  ///
  /// - Throws: `.unsupported` where that cannot be said.
  mutating func isNegativeInfinity(_ value: Int, _ label: String) throws(NodeProblem) -> Tensor {
    let numbers: [Double]
    var known: [Int: Infinities] = [:]
    switch try infinities(value, &known, label, depth: 0) {
    case .value(let truth): return .value(truth)
    case .nowhere: numbers = [Double](repeating: 0, count: shape(of: value).reduce(1, *))
    case .constant(let known): numbers = known
    }
    let batch = Constant.Batch(place: place(of: value), steps: [Int](repeating: 0, count: numbers.count))
    return .constant(Constant(.integers(numbers.map { $0 == 0 ? 0 : 1 }), shape: fullShape(.value(value)), type: .bool, batch: batch))
  }

  private mutating func infinities(
    _ value: Int, _ known: inout [Int: Infinities], _ label: String, depth: Int
  ) throws(NodeProblem) -> Infinities {
    if let result = known[value] { return result }
    let result = try foundInfinities(value, &known, label, depth: depth)
    known[value] = result
    return result
  }

  private mutating func foundInfinities(
    _ value: Int, _ known: inout [Int: Infinities], _ label: String, depth: Int
  ) throws(NodeProblem) -> Infinities {
    let unknown = NodeProblem.unsupported("it asks where a value is infinite that masks make so in no known way")
    guard depth < maximumPatternDepth else { throw unknown }
    if let masked = maskedScores[value] {
      let own = try infinities(masked.scores, &known, label, depth: depth + 1)
      guard masked.number <= -Double(Float.greatestFiniteMagnitude) else {
        if case .nowhere = own, masked.number > leastFinite { return .nowhere }
        throw unknown
      }
      return try either(try leftOut(masked.mask, like: value, label), own, like: value, label)
    }
    guard let node = maker(value) else { return .nowhere }
    let operand = node.operands[0]
    switch node.operation {
    case .softmax: return .nowhere
    case .delay: throw unknown
    case .map(.expression(.x)): return try infinities(operand, &known, label, depth: depth + 1)
    case .map(.expression(let function)) where kind(of: .value(uncast(operand))) == .boolean:
      let (off, on) = (isLeast(function.value(at: 0)), isLeast(function.value(at: 1)))
      if off == on { return on ? .constant([Double](repeating: 1, count: node.shape.reduce(1, *))) : .nowhere }
      if on { return .value(uncast(operand)) }
      guard case .value(let negated) = try not(.value(uncast(operand)), label) else { throw unknown }
      return .value(negated)
    case .map:
      guard !node.isUnbounded, case .nowhere = try infinities(operand, &known, label, depth: depth + 1) else { throw unknown }
      return .nowhere
    case .reshape: return try moved(node, try infinities(operand, &known, label, depth: depth + 1), like: value)
    case .maximum:
      switch try infinities(operand, &known, label, depth: depth + 1) {
      case .nowhere: return .nowhere
      case .constant(let numbers): return try negated(moved(node, .constant(numbers.map { 1 - $0 }), like: value), label)
      case .value(let truth): return try negated(moved(node, negated(.value(truth), label), like: value), label)
      }
    case .contraction(let contraction):
      if node.selection != nil { return try moved(node, try infinities(operand, &known, label, depth: depth + 1), like: value) }
      let isSum = contraction.isElementwise(node.operands.map { shape(of: $0) }, shape: node.shape)
        && contraction.terms.allSatisfy { $0.factors.count == 1 && $0.coefficient == 1 }
      guard isSum else {
        guard !node.isUnbounded else { throw unknown }
        for operand in node.operands {
          guard case .nowhere = try infinities(operand, &known, label, depth: depth + 1) else { throw unknown }
        }
        return .nowhere
      }
      var result = Infinities.nowhere
      for term in contraction.terms {
        let own: Infinities
        switch term.factors[0] {
        case .operand(let number, _):
          let found = try infinities(node.operands[number], &known, label, depth: depth + 1)
          let spread = Contraction<Double>.sum(of: [shape(of: node.operands[number])], [1], shape: node.shape)
          own = try moved(
            Node(name: "", operands: [node.operands[number]], operation: .contraction(spread), shape: node.shape), found, like: value)
        case .constant(let number):
          let constant = contraction.constants[number]
          guard !constant.values.contains(.greatestFiniteMagnitude) else { throw unknown }
          let truths = Contraction<Double>.Constant(
            loops: constant.loops, constant.values.map { isLeast(Double($0)) ? 1 : 0 }, isPublic: true)
          let spread = Contraction<Double>(loops: node.shape, constants: [truths], terms: [.init(1, [.constant(0)])])
          own = truths.values.contains(1) ? .constant(spread.run([], node.shape)([])) : .nowhere
        }
        result = try either(result, own, like: value, label)
      }
      return result
    }
  }

  private var leastFinite: Double { -Double(Float.greatestFiniteMagnitude.nextDown) }

  private func isLeast(_ number: Double) -> Bool { number <= -Double(Float.greatestFiniteMagnitude) }

  /// What a node that moves elements makes of booleans.
  private mutating func moved(_ node: Node<Double>, _ infinities: Infinities, like value: Int) throws(NodeProblem) -> Infinities {
    switch infinities {
    case .nowhere: return .nowhere
    case .constant(let numbers): return .constant(node.operation.primitive.run([shape(of: node.operands[0])], node.shape)([numbers]))
    case .value(let truth):
      return .value(
        try append("", node.operation, [truth], shape: node.shape, place: place(of: value), kind: .boolean))
    }
  }

  private mutating func negated(_ infinities: Infinities, _ label: String) throws(NodeProblem) -> Infinities {
    switch infinities {
    case .nowhere: return .nowhere
    case .constant(let numbers): return .constant(numbers.map { 1 - $0 })
    case .value(let truth):
      guard case .value(let negated) = try not(.value(truth), label) else { return infinities }
      return .value(negated)
    }
  }

  private mutating func either(
    _ first: Infinities, _ second: Infinities, like value: Int, _ label: String
  ) throws(NodeProblem) -> Infinities {
    switch (first, second) {
    case (.nowhere, let other), (let other, .nowhere): return other
    case (.constant(let one), .constant(let other)): return .constant(zip(one, other).map { max($0, $1) })
    case (.constant(let numbers), .value(let truth)), (.value(let truth), .constant(let numbers)):
      // t + c − t·c
      let kept = Contraction<Double>.affine(
        shape(of: value), scale: numbers.map { Float(1 - $0) }, shift: numbers.map { Float($0) }, shape(of: value), isPublic: !isTrained)
      return .value(try append(label, .contraction(kept), [truth], shape: shape(of: value), place: place(of: value), kind: .boolean))
    case (.value(let one), .value(let other)):
      let negated = [try not(.value(one), label), try not(.value(other), label)]
      guard case .value(let result) = try not(try combine(negated[0], negated[1], .multiply, label), label) else { return first }
      return .value(result)
    }
  }

  /// 1 where a mask that broadcasts to a value is 0.
  private mutating func leftOut(_ mask: Tensor, like value: Int, _ label: String) throws(NodeProblem) -> Infinities {
    let (full, place) = (fullShape(.value(value)), place(of: value))
    switch mask {
    case .constant(let constant):
      guard broadcastShape(full, constant.shape) == full, let numbers = constant.numbers else {
        throw .unsupported("its mask of shape \(constant.shape) does not broadcast to \(full)")
      }
      let spread = Constant.floats(numbers, shape: constant.shape).view(full, broadcastReading(constant.shape, to: full), nil)
      return .constant((spread.floats ?? []).map { $0 == 0 ? 1 : 0 })
    case .value(let truth):
      guard case .value(let negated) = try not(.value(truth), label) else { return .nowhere }
      let lifted = try self.lifted([negated, value])
      guard self.place(of: value) == place, lifted.values[1] == value else {
        throw .unsupported("its mask of shape \(fullShape(mask)) does not broadcast to \(full)")
      }
      return .value(try broadcast(lifted.values[0], to: shape(of: value), label))
    }
  }
}
