/// What the compiler reports about one operator that makes accumulators.
package struct LayerSummary: Sendable, Equatable {
  package let name: String
  /// The operator, and what its requantization does: "linear", "linear + clamp", "sum + table".
  package let operation: String
  /// Bits of the largest weight or coefficient, sign included.
  package let weightBits: Int
  /// Of the requantization; 0 for a layer whose accumulators are an output.
  package let shift: Int
  /// The largest absolute value of an accumulator, for any input in range.
  package let accumulatorBound: Int64
  /// The logarithm of the number of quotients; 0 without a requantization.
  package let quotientBits: Int
  /// Bits of the activations; 0 without a requantization.
  package let activationBits: Int
}

extension IntegerNetwork {
  package var layers: [LayerSummary] {
    nodes.indices.compactMap { index in
      let node = nodes[index]
      guard case .contraction(let contraction) = node.operation, !isView(node) else { return nil }
      let (operation, largest) = (contraction.summary(rank: node.shape.count), contraction.largestMagnitude)
      let requantization = nodes.lazy.compactMap { reader in
        if case .map(.requantize(let requantization)) = reader.operation, origin(of: reader.operands[0]) == index {
          requantization
        } else {
          nil
        }
      }.first
      if requantization == nil, let (function, results) = windows(of: index) {
        return LayerSummary(
          name: node.name, operation: operation + " + windows", weightBits: UInt64.bitWidth - largest.leadingZeroBitCount + 1,
          shift: function.shift, accumulatorBound: max(-node.range.lowerBound, node.range.upperBound),
          quotientBits: bitCount(node.range.lowerBound >> Int64(function.shift)...node.range.upperBound >> Int64(function.shift)),
          activationBits: bitCount(results))
      }
      return LayerSummary(
        name: node.name, operation: operation + (requantization?.function.summary ?? ""),
        weightBits: UInt64.bitWidth - largest.leadingZeroBitCount + 1, shift: requantization?.shift ?? 0,
        accumulatorBound: max(-node.range.lowerBound, node.range.upperBound),
        quotientBits: requantization.map { bitCount($0.domain) } ?? 0,
        activationBits: requantization.map { bitCount($0.function.results) } ?? 0)
    }
  }

  /// What reads a node's accumulators in windows and makes activations.
  private func windows(of index: Int) -> (WindowedFunction, results: ClosedRange<Int64>)? {
    nodes.lazy.compactMap { reader in
      guard case .map(.windowed(let function)) = reader.operation, function.multipliers.isEmpty, origin(of: reader.operands[0]) == index
      else { return nil }
      return (function, reader.range)
    }.first
  }

  /// The node whose result a value is, reshapes aside.
  private func origin(of value: Int) -> Int {
    var index = value - inputs.count
    while index >= 0, case .reshape = nodes[index].operation { index = nodes[index].operands[0] - inputs.count }
    return index
  }

  private func bitCount(_ range: ClosedRange<Int64>) -> Int {
    UInt64.bitWidth - UInt64(bitPattern: range.upperBound &- range.lowerBound).leadingZeroBitCount
  }
}

extension Contraction<Int64> {
  /// The operator that it is.
  fileprivate func summary(rank: Int) -> String {
    let readings = terms.flatMap { $0.factors }.compactMap { if case .operand(_, let reading) = $0 { reading } else { nil } }
    let isSummed = terms.contains { !summed($0, rank: rank).isEmpty }
    if !constants.isEmpty {
      let isLast = readings.allSatisfy { reading in reading.last?.steps.contains { $0.loop >= rank } ?? true }
      return !isSummed ? "affine" : isLast && readings.allSatisfy { $0.allSatisfy { $0.steps.count <= 1 } } ? "linear" : "convolution"
    }
    if terms.contains(where: { $0.factors.count > 1 }) { return "product" }
    if isSummed { return "mean" }
    guard readings.contains(where: { $0.contains { $0.start != 0 } }) else { return "sum" }
    return terms.count == 1 ? "padding" : "concatenation"
  }

  /// Of weights without biases; of coefficients where there are no weights.
  fileprivate var largestMagnitude: UInt64 {
    var numbers: [Int64] = []
    for factors in terms.map(\.factors) where factors.count > 1 {
      for case .constant(let index) in factors { numbers += constants[index].values }
    }
    if numbers.isEmpty { numbers = terms.map(\.coefficient) }
    return numbers.map { $0.magnitude }.max() ?? 0
  }
}

extension ActivationFunction {
  fileprivate var summary: String {
    switch self {
    case .clamp: " + clamp"
    case .values: " + table"
    }
  }
}
