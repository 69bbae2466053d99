/// What the compiler reports about one linear layer.
package struct LayerSummary: Sendable, Equatable {
  package let name: String
  /// "linear", or "linear + clamp" when it is requantized.
  package let operation: String
  /// Bits of the weights, sign included.
  package let weightBits: Int
  /// Of the requantization; 0 for the layer whose accumulators are the output.
  package let shift: Int
  /// The largest absolute value of an accumulator, for any input in range.
  package let accumulatorBound: Int64
  /// The logarithm of the activation table's size; 0 without a table.
  package let tableBits: Int
}

extension IntegerNetwork {
  package var layers: [LayerSummary] {
    nodes.indices.compactMap { index in
      guard case .linear(let linear) = nodes[index].operation else { return nil }
      let requantization = nodes.lazy.compactMap { node in
        if node.operand == index + 1, case .requantize(let requantization) = node.operation {
          requantization
        } else {
          nil
        }
      }.first
      let range = nodes[index].range
      let largestWeight = linear.weights.map(\.magnitude).max() ?? 0
      return LayerSummary(
        name: nodes[index].name, operation: requantization == nil ? "linear" : "linear + clamp",
        weightBits: UInt32.bitWidth - largestWeight.leadingZeroBitCount + 1, shift: requantization?.shift ?? 0,
        accumulatorBound: max(-range.lowerBound, range.upperBound),
        tableBits: requantization.map { Int64.bitWidth - ($0.domain.upperBound).leadingZeroBitCount + 1 } ?? 0)
    }
  }

  /// Weights and biases.
  package var parameterCount: Int {
    nodes.reduce(0) {
      if case .linear(let linear) = $1.operation { $0 + linear.weights.count + linear.bias.count } else { $0 }
    }
  }
}
