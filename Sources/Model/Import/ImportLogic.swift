extension ImportedOperator {
  /// Operators that make masks and sizes of constants.
  static let logic: [ImportedOperator] = [
    comparison("Equal") { $0 == 0 }, comparison("Greater") { $0 > 0 }, comparison("Less") { $0 < 0 },
    comparison("GreaterOrEqual", since: 12) { $0 >= 0 }, comparison("LessOrEqual", since: 12) { $0 <= 0 },
    logical("And", { $0 && $1 }) { importer, operands, label throws(NodeProblem) in
      if let known = importer.decided(operands, by: false) { return known }
      return try importer.combine(operands[0], operands[1], .multiply, label)
    },
    logical("Or", { $0 || $1 }) { importer, operands, label throws(NodeProblem) in
      if let known = importer.decided(operands, by: true) { return known }
      let negated = [try importer.not(operands[0], label), try importer.not(operands[1], label)]
      return try importer.not(try importer.combine(negated[0], negated[1], .multiply, label), label)
    },
    logical("Xor", { $0 != $1 }) { importer, operands, label throws(NodeProblem) in
      let difference = try importer.combine(operands[0], operands[1], .subtract, label)
      return try importer.apply(.x * .x, to: difference, label)
    },
    ImportedOperator("Not", "all") { importer, node, label throws(NodeProblem) in
      [.tensor(try importer.not(try importer.tensor(node, 0), label))]
    },
    ImportedOperator("IsNaN", since: 9, "all; of what depends on the input nothing is") { importer, node, _ throws(NodeProblem) in
      switch try importer.tensor(node, 0) {
      case .constant(let constant):
        return [.constant(.booleans((constant.floats ?? []).map(\.isNaN), shape: constant.shape))]
      case .value(let value):
        return [.constant(.booleans([false], shape: importer.fullShape(.value(value)).map { _ in 1 }))]
      }
    },
    ImportedOperator("IsInf", since: 10, "all; of what depends on the input −∞ where a mask makes it, and nothing else is") {
      importer, node, label throws(NodeProblem) in
      let (asksAbove, asksBelow) = (try node.integer("detect_positive", default: 1) != 0, try node.integer("detect_negative", default: 1) != 0)
      switch try importer.tensor(node, 0) {
      case .constant(let constant):
        let floats = constant.floats ?? [Float](repeating: 0, count: constant.count)
        return [.constant(.booleans(floats.map { $0.isInfinite && ($0 > 0 ? asksAbove : asksBelow) }, shape: constant.shape))]
      case .value(let value):
        if asksBelow { return [.tensor(try importer.isNegativeInfinity(value, label))] }
        return [.constant(.booleans([false], shape: importer.fullShape(.value(value)).map { _ in 1 }))]
      }
    },
    ImportedOperator("Where", since: 9, "all") { importer, node, label throws(NodeProblem) in
      let operands = [try importer.tensor(node, 0), try importer.tensor(node, 1), try importer.tensor(node, 2)]
      return [.tensor(try importer.choose(operands[0], operands[1], operands[2], label))]
    },
    ImportedOperator("Trilu", since: 14, "a constant diagonal, not of the batch axis") { importer, node, label throws(NodeProblem) in
      var operand = try importer.tensor(node, 0)
      let diagonal = try importer.integers(node, 1, or: "")?.first ?? 0
      let isUpper = try node.integer("upper", default: 1) != 0
      let full = importer.fullShape(operand)
      guard full.count >= 2, diagonal.magnitude < 1 << 31 else { throw .malformed("its operand is no matrix, or its diagonal too far") }
      let (rows, columns) = (full[full.count - 2], full[full.count - 1])
      func isZero(_ place: Int) -> Bool {
        let offset = place % columns - place / columns % rows
        return isUpper ? offset < diagonal : offset > diagonal
      }
      if case .constant(let constant) = operand { return [.constant(constant.zeroed(isZero))] }
      for axis in [-2, -1] { _ = try importer.freeAxis(axis, &operand) }
      guard case .value(let value) = operand else { return [] }
      guard elementCount([rows, columns], limit: maximumMadeElementCount) != nil else { throw .unsupported("its matrix is too large") }
      let (kept, shape) = ((0..<rows * columns).map { isZero($0) ? Float(0) : 1 }, importer.shape(of: value))
      let masked = Contraction<Double>.affine([rows, columns], scale: kept, shift: nil, shape, isPublic: true)
      return [.value(try importer.append(
          label, .contraction(masked), [value], shape: shape, place: importer.place(of: value), kind: importer.kind(of: operand)))]
    },
    ImportedOperator("Range", since: 11, "constant bounds") { importer, node, _ throws(NodeProblem) in
      var bounds: [Constant] = []
      for index in 0..<3 { bounds.append(try importer.constant(node, index)) }
      if importer.batch == .symbolic, bounds.map(\.integers) == [[0], [symbolicBatch], [1]] {
        // The numbers of the samples.
        return [.constant(Constant(.integers([0]), shape: [1], type: .int64, batch: .init(place: BatchPlace(), steps: [1])))]
      }
      let numbers = bounds.map { $0.reals.first ?? .nan }
      let count = ((numbers[1] - numbers[0]) / numbers[2]).rounded(.up)
      guard bounds.allSatisfy({ $0.count == 1 }), numbers.allSatisfy({ $0.magnitude < 0x1p53 }), numbers[2] != 0,
        count <= Double(maximumMadeElementCount)
      else { throw .unsupported("its bounds are no numbers, or too far apart") }
      let places = 0..<Int(max(count, 0))
      if let start = bounds[0].integers, let step = bounds[2].integers {
        return [.constant(.integers(places.map { start[0] + $0 * step[0] }, shape: [places.count]))]
      }
      return [.constant(.floats(places.map { Float(numbers[0] + Double($0) * numbers[2]) }, shape: [places.count]))]
    },
    ImportedOperator("CumSum", since: 11, "not along the batch axis") { importer, node, label throws(NodeProblem) in
      var operand = try importer.tensor(node, 0)
      if try importer.hasValue(node, from: 1) { throw .unsupported("its axis depends on the input; give it as a constant") }
      guard let given = try importer.integers(node, 1, or: "")?.first else { throw .malformed("its axis is missing") }
      let isExclusive = try node.integer("exclusive", default: 0) != 0
      let isReversed = try node.integer("reverse", default: 0) != 0
      let axis = try importer.freeAxis(given, &operand)
      let shape = importer.fullShape(operand)
      let (step, size) = (rowStrides(shape)[axis], shape[axis])
      switch operand {
      case .value(let value):
        guard elementCount([size, size], limit: maximumMadeElementCount) != nil else { throw .unsupported("it adds along an axis of \(size)") }
        let ones = (0..<size * size).map { cell -> Float in
          let distance = isReversed ? cell % size - cell / size : cell / size - cell % size
          return distance > 0 || distance == 0 && !isExclusive ? 1 : 0
        }
        let kind = importer.kind(of: operand)
        let sums = try importer.linear(value, axis: importer.sampleAxis(axis, value), size, ones, bias: nil, isPublic: true, label)
        if kind != .real { importer.mark(sums, .integer) }
        return [.value(sums)]
      case .constant(let constant):
        var sums = constant.reals
        guard constant.floats != nil || sums.allSatisfy({ $0.magnitude <= 0x1p24 }), constant.batch?.isUniform ?? true else {
          throw .unsupported("it adds integers beyond 2^24, or the batch size")
        }
        let last = isReversed ? size - 1 : 0
        let before = isReversed ? step : -step
        let places = isReversed ? Array(sums.indices.reversed()) : Array(sums.indices)
        for place in places where place / step % size != last { sums[place] += sums[place + before] }
        if isExclusive { sums = sums.indices.map { $0 / step % size != last ? sums[$0 + before] : 0 } }
        let elements = constant.floats == nil ? Constant.Elements.integers(sums.map { Int($0) }) : .floats(sums.map { Float($0) })
        return [.constant(Constant(elements, shape: shape, type: constant.floats == nil ? .int64 : .float, batch: constant.batch))]
      }
    },
  ]

  private static func comparison(
    _ name: String, since: Int = supportedOperatorSets.lowerBound, _ holds: @escaping @Sendable (Int) -> Bool
  ) -> ImportedOperator {
    ImportedOperator(name, since: since, "all") { importer, node, label throws(NodeProblem) in
      let (first, second) = (try importer.tensor(node, 0), try importer.tensor(node, 1))
      guard case .constant(let one) = first, case .constant(let other) = second else {
        if name == "Equal", let truth = try importer.isNegativeInfinity(first, second, label) { return [.tensor(truth)] }
        let difference = try importer.combine(first, second, .subtract, label)
        guard case .value(let value) = difference else { return [] }
        if case .contraction(let sum)? = importer.maker(value)?.operation, sum.isSum, importer.kind(of: difference) == .real {
          return [.value(try importer.compared(value, sum, (holds(-1), holds(0), holds(1)), label))]
        }
        let function: Pointwise =
          switch (holds(-1), holds(0), holds(1)) {
          case (_, true, false): .negated(.function(.step, .x))
          case (false, true, _): .negated(.function(.step, .function(.negate, .x)))
          case (true, _, _): .function(.step, .function(.negate, .x))
          case (false, _, _): .function(.step, .x)
          }
        return [.value(try importer.apply(name == "Equal" ? .isZero : function, to: value, label, kind: .boolean))]
      }
      return [.constant(try one.compared(other, isOrdered: name != "Equal", holds))]
    }
  }

  private static func logical(
    _ name: String, _ holds: @escaping @Sendable (Bool, Bool) -> Bool,
    _ combine: @escaping @Sendable (inout GraphImporter, [Tensor], String) throws(NodeProblem) -> Tensor
  ) -> ImportedOperator {
    ImportedOperator(name, "all") { importer, node, label throws(NodeProblem) in
      let operands = [try importer.tensor(node, 0), try importer.tensor(node, 1)]
      if case .constant(let first) = operands[0], case .constant(let second) = operands[1] {
        let (constants, shape, place) = try Constant.broadcast([first, second])
        let results = zip(constants[0].reals, constants[1].reals).map { holds($0 != 0, $1 != 0) }
        return [.constant(.booleans(results, shape: shape, place))]
      }
      let result = try combine(&importer, operands, label)
      if case .value(let value) = result { importer.mark(value, .boolean) }
      return [.tensor(result)]
    }
  }
}

extension GraphImporter {
  /// 1 where a sum has one of these signs, else 0.
  fileprivate mutating func compared(
    _ sum: Int, _ contraction: Contraction<Double>, _ holds: (below: Bool, at: Bool, above: Bool), _ label: String
  ) throws(NodeProblem) -> Int {
    func truth(_ sign: Double, _ importer: inout GraphImporter) throws(NodeProblem) -> Tensor {
      var own = contraction
      for index in own.terms.indices { own.terms[index].coefficient *= sign }
      let operands = importer.maker(sum)?.operands ?? []
      let distance = try importer.append(label, .contraction(own), operands, shape: importer.shape(of: sum), place: importer.place(of: sum))
      return .value(try importer.truth(of: distance, label))
    }
    let result: Tensor
    switch holds {
    case (false, false, _): result = try truth(1, &self)
    case (true, true, _): result = try not(truth(1, &self), label)
    case (true, false, false): result = try truth(-1, &self)
    case (false, true, true): result = try not(truth(-1, &self), label)
    case (_, let isEqual, _):
      let isOther = try combine(truth(1, &self), truth(-1, &self), .add, label)
      result = isEqual ? try not(isOther, label) : isOther
    }
    guard case .value(let value) = result else { return sum }
    mark(value, .boolean)
    return value
  }

  /// Where a value equals a constant of −∞; nil for other operands.
  fileprivate mutating func isNegativeInfinity(_ first: Tensor, _ second: Tensor, _ label: String) throws(NodeProblem) -> Tensor? {
    switch (first, second) {
    case (.value(let value), .constant(let constant)), (.constant(let constant), .value(let value)):
      guard constant.isNegativeInfinity else { return nil }
      let full = fullShape(.value(value))
      guard broadcastShape(full, constant.shape) == full else {
        throw .unsupported("its infinite constant of shape \(constant.shape) does not broadcast to \(full)")
      }
      return try isNegativeInfinity(value, label)
    case _: return nil
    }
  }

  /// The result where one of two operands is a constant that has one truth: that truth where it decides, else the other operand.
  fileprivate func decided(_ operands: [Tensor], by truth: Bool) -> Tensor? {
    for (own, other) in [(operands[0], operands[1]), (operands[1], operands[0])] where !isTrained {
      guard case .constant(let constant) = own, case .value(let value) = other, case let full = fullShape(other),
        let first = constant.reals.first, constant.reals.allSatisfy({ ($0 != 0) == (first != 0) }), broadcastShape(full, constant.shape) == full
      else { continue }
      if (first != 0) != truth { return other }
      return .constant(.booleans([Bool](repeating: truth, count: full.reduce(1, *)), shape: full, place(of: value)))
    }
    return nil
  }

  /// 1 − a number of 0 and 1.
  mutating func not(_ tensor: Tensor, _ label: String) throws(NodeProblem) -> Tensor {
    switch tensor {
    case .constant(let constant):
      return .constant(.booleans(constant.reals.map { $0 == 0 }, shape: constant.shape, constant.batch?.place))
    case .value(let value): return .value(try apply(.affine(scale: -1, shift: 1), to: value, label, kind: .boolean))
    }
  }

  /// `first` where a condition holds, else `second`.
  mutating func choose(
    _ condition: Tensor, _ first: Tensor, _ second: Tensor, _ label: String
  ) throws(NodeProblem) -> Tensor {
    if case .constant(let mask) = condition {
      if case .constant(let first) = first, case .constant(let second) = second { return .constant(try mask.choosing(first, second)) }
      // A choice that is none.
      let places = mask.reals
      for (tensor, isChosen) in [(first, true), (second, false)] where places.allSatisfy({ ($0 != 0) == isChosen }) {
        let shape = fullShape(tensor)
        if broadcastShape(broadcastShape(mask.shape, fullShape(first)) ?? [], fullShape(second)) == shape { return tensor }
      }
    }
    if case .constant(let first) = first, case .constant(let second) = second, let one = first.finite.single,
      let other = second.finite.single, !isTrained, case .value(let value) = condition
    {
      let kind: NumberKind = first.type.isFloat || second.type.isFloat ? .real : .integer
      let chosen = Tensor.value(try apply(.affine(scale: one - other, shift: other), to: value, label, kind: kind))
      return try expanded(try expanded(chosen, first.shape, label), second.shape, label)
    }
    // m·x + (1 − m)·y
    let masks = [condition, try not(condition, label)]
    var parts: [Tensor] = []
    for (tensor, mask) in zip([first, second], masks) {
      var (tensor, mask) = (tensor, mask)
      if case .constant(let constant) = tensor { tensor = .constant(constant.finite) }
      if case .constant(let constant) = mask { mask = .constant(try constant.cast(to: .float)) }
      parts.append(try combine(mask, tensor, .multiply, label))
    }
    let full = [first, second].reduce(fullShape(condition)) { shape, tensor in broadcastShape(shape, fullShape(tensor)) ?? [] }
    for (part, other) in [(parts[0], second), (parts[1], first)] {
      if !isTrained, case .constant(let constant) = other, constant.single == 0, fullShape(part) == full { return part }
    }
    let result = try combine(parts[0], parts[1], .add, label)
    guard case .value(let value) = result else { return result }
    for (scores, other, mask) in [(first, second, masks[0]), (second, first, masks[1])] {
      if case .value(let scores) = scores, case .constant(let constant) = other, let largest = constant.numbers?.max(), largest <= mostOfMask,
        fullShape(.value(scores)) == fullShape(result)
      {
        maskedScores[value] = MaskedScores(scores: scores, mask: mask, number: Double(largest))
      }
    }
    return result
  }
}

extension Constant {
  fileprivate static func booleans(_ values: [Bool], shape: [Int], _ place: BatchPlace? = nil) -> Constant {
    let batch = place.map { Batch(place: $0, steps: [Int](repeating: 0, count: values.count)) }
    return Constant(.integers(values.map { $0 ? 1 : 0 }), shape: shape, type: .bool, batch: batch)
  }

  /// The number that all elements are; nil where there are several.
  fileprivate var single: Double? { reals.first.flatMap { first in reals.allSatisfy { $0 == first } ? first : nil } }

  /// With the largest finite numbers in the place of infinities, and the next ones in theirs.
  var finite: Constant {
    guard let floats else { return self }
    let largest = Float.greatestFiniteMagnitude
    let bounded = floats.map { number in
      number.magnitude < largest || number.isNaN ? number : (number < 0 ? -1 : 1) * (number.isInfinite ? largest : largest.nextDown)
    }
    return Constant(.floats(bounded), shape: shape, type: type, batch: batch)
  }

  fileprivate func choosing(_ first: Constant, _ second: Constant) throws(NodeProblem) -> Constant {
    let (operands, shape, place) = try Constant.broadcast([self, first, second])
    let count = operands[0].count
    let joined = Constant.concatenated([operands[1].reshaped([count], BatchPlace()), operands[2].reshaped([count], BatchPlace())], axis: 0)
    guard let joined else { throw .malformed("its operands differ in type") }
    guard !hasBatchSize else { throw .unsupported("it chooses by the number of a sample") }
    return joined.picking(operands[0].reals.enumerated().map { $1 != 0 ? $0 : count + $0 }, shape: shape, place)
  }

  /// Of numbers that grow with the sample, where the result does not depend on it.
  fileprivate func compared(_ other: Constant, isOrdered: Bool, _ holds: (Int) -> Bool) throws(NodeProblem) -> Constant {
    let (operands, shape, place) = try Constant.broadcast([self, other])
    let isSize = operands.contains { $0.integers?.contains { batchMultiple($0) != nil } ?? false }
    if isSize, isOrdered { throw .unsupported("it compares the batch size") }
    guard let first = operands[0].steps, let second = operands[1].steps else { throw .unsupported("it compares numbers of samples") }
    var results: [Bool] = []
    for (place, (one, other)) in zip(operands[0].reals, operands[1].reals).enumerated() {
      let sign = one < other ? -1 : one > other ? 1 : 0
      let growth = (first[place] &- second[place]).signum()
      guard growth == 0 || sign * growth >= 0 && holds(sign) == holds(growth) else { throw .unsupported("it compares numbers of samples") }
      results.append(!one.isNaN && !other.isNaN && holds(sign))
    }
    return .booleans(results, shape: shape, place)
  }

  /// The elements as reals, whatever their type.
  fileprivate var reals: [Double] {
    switch elements {
    case .floats(let values): values.map(Double.init)
    case .integers(let values): values.map(Double.init)
    }
  }

  /// With 0 at some places.
  fileprivate func zeroed(_ isZero: (Int) -> Bool) -> Constant {
    switch elements {
    case .floats(let values): Constant(.floats(values.enumerated().map { isZero($0) ? 0 : $1 }), shape: shape, type: type)
    case .integers(let values): Constant(.integers(values.enumerated().map { isZero($0) ? 0 : $1 }), shape: shape, type: type)
    }
  }
}
