import Glibc

/// Bits of a state that is carried from step to step: errors of its roundings add up. docs/arithmetic.md
private let longestCarried = 20
/// States of fewer steps are as long as other activations.
private let leastStepCount = 16

extension Quantizer {
  /// The integers of a delay are those that the value it is of is to have.
  mutating func delay(_ node: Node<Double>, _ delay: Delay<Double>, of source: Int) throws(ModelError) -> Int {
    let quantum = target(source).quantum
    let range = min(quantum.range.lowerBound, 0)...max(quantum.range.upperBound, 0)
    return try append(node.name, [], .delay(Delay(number: delay.number)), node.shape, scale: quantum.scale, within: range)
  }

  /// After all that is shown: the values that delays are of.
  mutating func addDelayedValues() throws(ModelError) {
    // What one is made of may read further delays.
    var first = 0
    while first < integers.nodes.count {
      let node = integers.nodes[first]
      first += 1
      guard case .delay(let delay) = node.operation, let source = network.delayed[delay.number] else { continue }
      let value = try whole(activation(source))
      let range = range(of: value)
      guard scale(of: value) == node.scale, node.range.lowerBound <= range.lowerBound, range.upperBound <= node.range.upperBound else {
        throw .unusableLayer(node.name, reason: "the state of one step has other integers than that of the next")
      }
      integers.delayed[delay.number] = value
    }
  }

  /// The bits of a value that is a sum of products with what it was one step before; nil for another one, and where a table of the
  /// sum's quotients were too long.
  func carriedBits(_ value: Int) -> Int? {
    guard let node = network.node(of: value), (node.shape.first ?? 0) >= leastStepCount, case .contraction(let sum) = node.operation,
      delayedValues.contains(value), node.operands.contains(where: { isBefore($0, value) })
    else { return nil }
    func largest(_ value: Int) -> Double { max(-calibration.ranges[value].lowerBound, calibration.ranges[value].upperBound) }
    let bound = sum.terms.reduce(0.0) { total, term in
      let factors = term.factors.map { factor in
        switch factor {
        case .operand(let operand, _): largest(node.operands[operand])
        case .constant(let number): sum.constants[number].values.reduce(0) { max($0, Double($1.magnitude)) }
        }
      }
      let count = sum.summed(term, rank: node.shape.count).reduce(1.0) { $0 * Double(sum.loops[$1]) }
      return total + term.coefficient.magnitude * count * factors.reduce(1, *)
    }
    let room = log2(max(bound / largest(value), 1)).rounded(.up)
    return room.isFinite ? min(longestCarried, Int(log2(Double(maximumClampSize)) - room)) : nil
  }

  /// The range of a value of a scan with steps of this scale. It has one bit more where all that gates can make of it fits then: it is kept
  /// as it is, without a clamp.
  func wholeRange(_ value: Int, scale: Double, _ range: ClosedRange<Int64>) -> ClosedRange<Int64> {
    guard gatedValues.contains(value), range.lowerBound < 0, range.count < maximumTableSize, carriedBits(value) == nil,
      let node = network.node(of: value), case .contraction(let sum) = node.operation, sum.constants.isEmpty
    else { return range }
    let bound = sum.terms.reduce(0.0) { total, term in
      let factors = term.factors.map { factor in
        guard case .operand(let operand, _) = factor, case let own = network.made(node.operands[operand]), own != value else { return Double.infinity }
        let quantum = target(own).quantum
        return quantum.scale * Double(max(-quantum.range.lowerBound, quantum.range.upperBound))
      }
      let count = sum.summed(term, rank: node.shape.count).reduce(1.0) { $0 * Double(sum.loops[$1]) }
      return total + term.coefficient.magnitude * count * factors.reduce(1, *)
    }
    let whole = 2 * range.lowerBound...2 * range.upperBound + 1
    return bound / scale < Double(whole.upperBound) + 0.5 ? whole : range
  }

  /// Whether a function is one of a state that is carried, which has integers already, and not of its accumulators: they are longer.
  func readsState(_ target: QuantizationTarget) -> Bool { target.name != target.source && carriedBits(target.source) != nil }

  /// Whether a value is another one's state before, perhaps with a first one.
  private func isBefore(_ value: Int, _ state: Int, depth: Int = 0) -> Bool {
    guard let node = network.node(of: value), depth < 3 else { return false }
    if let delayed = network.delayed(by: node) { return delayed == state }
    return network.isSum(node) && node.operands.contains { isBefore($0, state, depth: depth + 1) }
  }
}

extension Network {
  /// Values that products without weights in a scan read or make. Their steps are powers of two: such products have coefficients of few
  /// bits then, and remainders of one limb.
  var gatedValues: Set<Int> {
    guard !delayed.isEmpty else { return [] }
    return nodes.enumerated().reduce(into: []) { found, entry in
      guard case .contraction(let sum) = entry.element.operation, sum.constants.isEmpty, sum.terms.contains(where: { $0.factors.count > 1 }) else { return }
      found.formUnion(entry.element.operands.map(made))
      found.insert(inputs.count + entry.offset)
    }
  }

  /// What a value, perhaps delayed, is a view of.
  fileprivate func made(_ value: Int) -> Int {
    guard let node = node(of: value) else { return value }
    if let source = delayed(by: node) { return source }
    return isView(node) ? made(node.operands[0]) : value
  }

  /// Whether a node adds values.
  fileprivate func isSum(_ node: Node<Double>) -> Bool {
    if case .contraction(let sum) = node.operation { sum.terms.allSatisfy { $0.factors.count == 1 } } else { false }
  }
}
