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
      guard let (operation, largest) = node.operation.summary else { return nil }
      let requantization = nodes.lazy.compactMap { reader in
        if case .requantize(let requantization) = reader.operation, origin(of: reader.operands[0]) == index {
          requantization
        } else {
          nil
        }
      }.first
      return LayerSummary(
        name: node.name, operation: operation + (requantization?.function.summary ?? ""),
        weightBits: UInt64.bitWidth - largest.leadingZeroBitCount + 1, shift: requantization?.shift ?? 0,
        accumulatorBound: max(-node.range.lowerBound, node.range.upperBound),
        quotientBits: requantization.map { bitCount($0.domain) } ?? 0,
        activationBits: requantization.map { bitCount($0.function.results) } ?? 0)
    }
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

extension IntegerOperation {
  /// The name of an operator that makes accumulators, and its largest weight or coefficient.
  fileprivate var summary: (name: String, largest: UInt64)? {
    switch self {
    case .linear(let linear): ("linear", UInt64(linear.weights.map(\.magnitude).max() ?? 0))
    case .convolution(let convolution):
      ("convolution", UInt64(convolution.weights.map(\.magnitude).max() ?? 0))
    case .affine(let affine): ("affine", UInt64(affine.scale.map(\.magnitude).max() ?? 0))
    case .combination(let coefficients): ("sum", coefficients.map(\.magnitude).max() ?? 0)
    case .product(let coefficient): ("product", coefficient.magnitude)
    case .concatenation(_, let coefficients): ("concatenation", coefficients.map(\.magnitude).max() ?? 0)
    case .windowSum(_, let coefficient), .reduce(_, _, let coefficient): ("mean", coefficient.magnitude)
    case .windowMaximum, .requantize, .table, .reshape, .transpose, .slice: nil
    }
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
