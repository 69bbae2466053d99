/// Scores, with very negative numbers wherever a mask is 0.
struct MaskedScores {
  let scores: Int
  /// Of 0 and 1.
  let mask: Tensor
  /// The largest of the numbers.
  let number: Double
}

/// What is added to scores is taken for a mask from this number down, where scores are as usual.
let usualMostOfMask: Float = -30

/// Patterns of several operators are followed so far.
let maximumPatternDepth = 64

extension ImportedOperator {
  static let softmaxes: [ImportedOperator] = [softmax("Softmax"), softmax("LogSoftmax")]

  private static func softmax(_ name: String) -> ImportedOperator {
    let support = "not over the batch axis; before an output alone, or an ArgMax or TopK before an output, left out, with a notice"
    return ImportedOperator(name, support) { importer, node, label throws(NodeProblem) in
      var operand = Tensor.value(try importer.value(node, 0, keepsPlace: true))
      let rank = importer.fullShape(operand).count
      let isOld = importer.operatorSet < 13
      let axis = try normalized(try node.integer("axis", default: isOld ? 1 : -1), rank: rank)
      if importer.batch == .symbolic, importer.place(of: operand)?.axis == axis { throw .unsupported("it is over the batch axis") }
      _ = try importer.freeAxis(axis, &operand)
      guard case .value(let value) = operand else { return [] }
      let shares = try importer.shares(value, axis: importer.sampleAxis(axis, value), joinsRest: isOld, label)
      let result = name == "Softmax" ? shares.value : try importer.apply(.function(.log, .x), to: shares.value, label)
      if shares.isMasked { return [.value(result)] }
      return [.probabilities(result, of: value, operation: name, isOverLastAxis: axis == rank - 1)]
    }
  }
}

extension GraphImporter {
  /// - Parameters:
  ///   - axis: Of a sample.
  ///   - joinsRest: Whether it is over this axis and all after it.
  fileprivate mutating func shares(
    _ value: Int, axis: Int, joinsRest: Bool, _ label: String
  ) throws(NodeProblem) -> (value: Int, isMasked: Bool) {
    let shape = shape(of: value)
    guard joinsRest, axis < shape.count - 1 else {
      let (scores, masks) = try unmasked(value, label)
      return (try softmax(scores, axis: axis, masks: masks, label), !masks.isEmpty)
    }
    let lines = try append(label, .reshape, [value], shape: shape[..<axis] + [shape[axis...].reduce(1, *)])
    let shares = try softmax(lines, axis: axis, masks: [], label)
    return (try append(label, .reshape, [shares], shape: shape, place: place(of: value)), false)
  }

  /// Shares of scores along an axis of a sample.
  ///
  /// - Parameter masks: Of 0 and 1, broadcast to the scores.
  mutating func softmax(_ scores: Int, axis: Int, masks: [Tensor], _ label: String) throws(NodeProblem) -> Int {
    var (operands, constants, factors) = ([scores], [Contraction<Double>.Constant](), [Factor]())
    let (shape, full, own) = (shape(of: scores), fullShape(.value(scores)), place(of: scores))
    for mask in masks.flatMap({ parts(of: $0) }) {
      switch mask {
      case .constant(let constant):
        guard let numbers = constant.filledRows(along: fullAxis(axis, scores) - full.count), broadcastShape(full, constant.shape) == full else {
          throw .unsupported("its mask of shape \(constant.shape) does not broadcast to its scores of shape \(full)")
        }
        if numbers.allSatisfy({ $0 != 0 }) { continue }
        var sizes = [Int](repeating: 1, count: full.count - constant.shape.count) + constant.shape
        if !own.isFolded { sizes.remove(at: own.axis) }
        factors.append(.constant(constants.count))
        constants.append(.init(
            loops: shape.indices.filter { sizes[$0] != 1 }, numbers, isPublic: !isTrained))
      case .value(let value):
        let lifted = try self.lifted([value, scores])
        guard lifted.values[1] == scores, broadcastShape(shape, self.shape(of: lifted.values[0])) == shape else {
          throw .unsupported("its mask of shape \(fullShape(.value(value))) does not broadcast to its scores of shape \(full)")
        }
        let number = operands.firstIndex(of: lifted.values[0]) ?? operands.count
        if number == operands.count { operands.append(lifted.values[0]) }
        factors.append(.operand(number, broadcastReading(self.shape(of: lifted.values[0]), to: shape)))
      }
    }
    guard factors.count <= 3 else { throw .unsupported("more than three masks meet in it") }
    let softmax = Softmax<Double>(shape: shape, axis: axis, constants: constants, masks: factors)
    let shares = try append(label, .softmax(softmax), operands, shape: shape, place: own)
    if maskNumber > -.infinity { maskNumbers[shares] = maskNumber }
    maskNumber = -.infinity
    return shares
  }

  /// The masks that a mask is the product of.
  private func parts(of mask: Tensor, depth: Int = 0) -> [Tensor] {
    guard depth < maximumPatternDepth else { return [mask] }
    guard case .value(let value) = mask, let node = maker(value), case .contraction(let product) = node.operation else { return [mask] }
    // Broadcasting is left to who reads it.
    if node.operands.count == 1, place(of: node.operands[0]) == place(of: value), shape(of: node.operands[0]).count == node.shape.count,
      product == .sum(of: [shape(of: node.operands[0])], [1], shape: node.shape) {
      return parts(of: .value(node.operands[0]), depth: depth + 1)
    }
    guard product.terms.count == 1, product.terms[0].coefficient == 1, product.terms[0].factors.count > 1,
      product.isElementwise(node.operands.map { shape(of: $0) }, shape: node.shape),
      node.operands.allSatisfy({ kind(of: .value($0)) == .boolean })
    else { return [mask] }
    let place = place(of: value)
    return product.terms[0].factors.flatMap { factor -> [Tensor] in
      switch factor {
      case .operand(let operand, _): return parts(of: .value(node.operands[operand]), depth: depth + 1)
      case .constant(let number):
        var sizes = node.shape.indices.map { product.constants[number].loops.contains($0) ? node.shape[$0] : 1 }
        if !place.isFolded { sizes.insert(1, at: place.axis) }
        return [.constant(.floats(product.constants[number].values, shape: sizes))]
      }
    }
  }

  // MARK: Masks that are added

  /// Scores without what masks them, and the masks.
  mutating func unmasked(_ value: Int, _ label: String) throws(NodeProblem) -> (scores: Int, masks: [Tensor]) {
    var masks: [Tensor] = []
    var addends: [Tensor] = []
    try takeApart(value, &addends, &masks, label)
    if masks.isEmpty { return (value, []) }
    guard var sum = addends.first else { throw .unsupported("it is of masks alone") }
    for addend in addends.dropFirst() { sum = try combine(sum, addend, .add, label) }
    guard case .value(let scores) = sum else { throw .unsupported("its scores do not depend on the input") }
    let shape = shape(of: value)
    return (try broadcast(try lifted([scores, value]).values[0], to: shape, label), masks)
  }

  /// Adds what a sum consists of to `addends` and `masks`.
  private mutating func takeApart(
    _ value: Int, _ addends: inout [Tensor], _ masks: inout [Tensor], _ label: String, depth: Int = 0
  ) throws(NodeProblem) {
    guard depth < maximumPatternDepth else { return addends.append(.value(value)) }
    if let known = maskedScores[value] {
      masks.append(known.mask)
      maskNumber = max(maskNumber, known.number)
      return try takeApart(known.scores, &addends, &masks, label, depth: depth + 1)
    }
    if let mask = try mask(adding: value, .x, label) { return masks.append(.value(mask)) }
    guard let node = maker(value), case .contraction(let sum) = node.operation,
      sum.isElementwise(node.operands.map { shape(of: $0) }, shape: node.shape),
      sum.terms.allSatisfy({ $0.factors.count == 1 && $0.coefficient == 1 })
    else { return addends.append(.value(value)) }
    let place = place(of: value)
    for term in sum.terms {
      switch term.factors[0] {
      case .operand(let operand, _): try takeApart(node.operands[operand], &addends, &masks, label, depth: depth + 1)
      case .constant(let number):
        var sizes = node.shape.indices.map { sum.constants[number].loops.contains($0) ? node.shape[$0] : 1 }
        if !place.isFolded { sizes.insert(1, at: place.axis) }
        let numbers = sum.constants[number].values
        let limit = numbers.allSatisfy { $0 == 0 || $0 <= mostOfMask } ? mostOfMask : min(mostOfMask, -1000)
        let isMask = numbers.contains { $0 <= limit }
        if isMask { masks.append(.constant(.floats(numbers.map { $0 > limit ? 1 : 0 }, shape: sizes))) }
        for number in numbers where number <= limit { maskNumber = max(maskNumber, Double(number)) }
        let rest = numbers.map { isMask && $0 <= limit ? 0 : $0 }
        if rest.contains(where: { $0 != 0 }) { addends.append(.constant(.floats(rest, shape: sizes))) }
      }
    }
  }

  /// The mask of 0 and 1 that is 0 where function(value) is very negative; nil where that is not 0 or very negative because
  /// of a number of 0 and 1. An input of integers that masks so is one of 0 and 1.
  private mutating func mask(
    adding value: Int, _ function: Pointwise, _ label: String, depth: Int = 0
  ) throws(NodeProblem) -> Int? {
    guard depth < maximumPatternDepth else { return nil }
    let isInteger = value < inputs.count && inputs[value].kind == .integer
    if kind(of: .value(value)) == .boolean || isInteger {
      let (off, on) = (function.value(at: 0), function.value(at: 1))
      guard on == 0 && off <= Double(mostOfMask) || off == 0 && on <= Double(mostOfMask) else { return nil }
      maskNumber = max(maskNumber, min(off, on))
      if isInteger { restrictToBooleans(value) }
      guard on != 0, case .value(let negated) = try not(.value(value), label) else { return value }
      return negated
    }
    guard let node = maker(value) else { return nil }
    switch node.operation {
    case .map(.expression(let inner)): return try mask(adding: node.operands[0], function.of(inner), label, depth: depth + 1)
    case .contraction(let contraction):
      if node.operands.count == 1, let inner = contraction.uniformFunction(of: shape(of: node.operands[0]), node.shape) {
        return try mask(adding: node.operands[0], function.of(inner), label, depth: depth + 1)
      }
      guard node.selection != nil else { return nil }
      let source = shape(of: node.operands[0])
      guard contraction.readings.allSatisfy({ zip($0.reading, source).allSatisfy { $0.isInside($1, contraction.loops) } }) else {
        // What it adds beyond its operand is 0.
        guard let inner = try mask(adding: node.operands[0], function, label, depth: depth + 1),
          case .value(let negated) = try not(.value(inner), label)
        else { return nil }
        let moved = try append(label, node.operation, [negated], shape: node.shape, place: place(of: value), kind: .boolean)
        if case .value(let result) = try not(.value(moved), label) { return result }
        return nil
      }
      fallthrough
    case .reshape:
      guard let source = try mask(adding: node.operands[0], function, label, depth: depth + 1) else { return nil }
      return try append(label, node.operation, [source], shape: node.shape, place: place(of: value))
    case .map, .maximum, .softmax, .delay: return nil
    }
  }

  // MARK: Written out

  /// The Softmax that a quotient of exponentials and their sum is; nil for another quotient.
  mutating func softmax(exponentials: Tensor, total: Tensor, _ label: String) throws(NodeProblem) -> Int? {
    guard case .value(let exponentials) = exponentials, case .value(let total) = total,
      case .map(.expression(.function(.exp, .x)))? = maker(exponentials)?.operation, let scores = maker(exponentials)?.operands.first,
      let sum = maker(total), sum.operands == [exponentials], case .contraction(let contraction) = sum.operation
    else { return nil }
    let shape = shape(of: exponentials)
    guard let axis = shape.indices.first(where: { contraction == .sum(over: [$0], of: shape, 1) }), sum.shape.count == shape.count else {
      return nil
    }
    var origin = scores
    if let difference = maker(scores), case .contraction(let own) = difference.operation, difference.operands.count == 2,
      let largest = maker(difference.operands[1]), case .maximum = largest.operation, largest.operands == [difference.operands[0]],
      own == .sum(of: difference.operands.map({ self.shape(of: $0) }), [1, -1], shape: difference.shape)
    {
      origin = difference.operands[0]
    }
    let (own, masks) = try unmasked(origin, label)
    return try softmax(own, axis: axis, masks: masks, label)
  }
}

extension Constant {
  /// A mask as numbers of 0 and 1, in which each row that leaves out everything leaves out nothing: what is added to all scores
  /// changes no share. Nil where it is of sizes of the batch.
  ///
  /// - Parameter axis: Counted from the last one, −1.
  fileprivate func filledRows(along axis: Int) -> [Float]? {
    guard let numbers else { return nil }
    let own = axis + shape.count
    let (size, step) = own < 0 ? (1, 1) : (shape[own], rowStrides(shape)[own])
    var result = numbers.map { $0 == 0 ? Float(0) : 1 }
    for start in result.indices where start / step % size == 0 {
      let row = (0..<size).map { start + $0 * step }
      if row.allSatisfy({ result[$0] == 0 }) { for place in row { result[place] = 1 } }
    }
    return result
  }
}

extension Contraction<Double> {
  /// The function that it applies to every element of its operand, with constants that are one number each; nil for another
  /// contraction.
  fileprivate func uniformFunction(of source: [Int], _ shape: [Int]) -> Pointwise? {
    guard source == shape, isUniform, isElementwise([shape], shape: shape) else { return nil }
    var function: Pointwise?
    for term in terms {
      let product = term.factors.reduce(Pointwise.constant(term.coefficient)) { product, factor in
        switch factor {
        case .operand: product * .x
        case .constant(let number): product * .constant(Double(constants[number].values[0]))
        }
      }
      function = function.map { $0 + product } ?? product
    }
    return function
  }
}
