/// Which elements are the largest is often told by simpler values: probabilities are in the order of their scores.
extension GraphImporter {
  /// A value that the given one is computed from, with elements along the last axis in the same order, or in the reverse one.
  func orderSource(_ value: Int, isReversed: Bool = false, depth: Int = 0) -> (value: Int, isReversed: Bool) {
    guard depth < maximumPatternDepth, let node = maker(value), let (operand, flips) = ordered(node), shape(of: operand) == node.shape,
      place(of: operand) == place(of: value)
    else { return (value, isReversed) }
    return orderSource(operand, isReversed: isReversed != flips, depth: depth + 1)
  }

  /// The operand whose order along the last axis a node keeps or reverses.
  private func ordered(_ node: Node<Double>) -> (operand: Int, flips: Bool)? {
    switch node.operation {
    case .map(.expression(let function)):
      return direction(function, node.operands[0]).map { (node.operands[0], $0 < 0) }
    case .contraction(let contraction):
      let shapes = node.operands.map { shape(of: $0) }
      // The others are the same along the axis.
      let long = node.operands.indices.filter { shapes[$0].last ?? 1 != 1 }
      guard contraction.constants.isEmpty, long.count == 1, node.shape.last != 1, contraction.isElementwise(shapes, shape: node.shape) else { return nil }
      let own = contraction.terms.filter { $0.factors.contains { if case .operand(long[0], _) = $0 { true } else { false } } }
      guard own.count == 1, own[0].coefficient != 0 else { return nil }
      for case .operand(let other, _) in own[0].factors where other != long[0] {
        var seen: Set<Int> = []
        guard isNeverNegative(node.operands[other], &seen) else { return nil }
      }
      guard own[0].factors.count(where: { if case .operand(long[0], _) = $0 { true } else { false } }) == 1 else { return nil }
      return (node.operands[long[0]], own[0].coefficient < 0)
    case .map, .reshape, .maximum, .softmax, .delay: return nil
    }
  }

  /// 1 where a larger element of the operand always has a larger result, −1 where it has a smaller one.
  private func direction(_ function: Pointwise, _ operand: Int) -> Int? {
    if let (scale, _) = function.affineForm { return scale == 0 ? nil : scale > 0 ? 1 : -1 }
    guard case .function(let outer, .x) = function else { return nil }
    switch outer {
    case .exp, .sigmoid, .tanh, .erf, .atan, .log, .sqrt: return 1
    case .reciprocal:
      var seen: Set<Int> = []
      return isNeverNegative(operand, &seen) ? -1 : nil
    case _: return nil
    }
  }

  /// Whether operators show that no element is negative.
  ///
  /// - Parameter seen: Values of which that is known, or being found out.
  private func isNeverNegative(_ value: Int, _ seen: inout Set<Int>) -> Bool {
    if kind(of: .value(value)) == .boolean || !seen.insert(value).inserted { return true }
    guard seen.count <= maximumPatternDepth, let node = maker(value) else { return false }
    switch node.operation {
    case .map(.expression(let function)):
      if function.isNeverNegative { return true }
      guard function == .function(.reciprocal, .x) || function.affineForm.map({ $0.scale >= 0 && $0.shift >= 0 }) ?? false else { return false }
      return isNeverNegative(node.operands[0], &seen)
    case .contraction(let contraction):
      guard contraction.constants.isEmpty, contraction.terms.allSatisfy({ $0.coefficient >= 0 }) else { return false }
      for operand in node.operands where !isNeverNegative(operand, &seen) { return false }
      return true
    case .reshape, .maximum: return isNeverNegative(node.operands[0], &seen)
    case .softmax: return true
    case .map, .delay: return false
    }
  }
}
