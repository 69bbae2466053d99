/// The integer network prepared for speed: the plain run that proving is compared with.
///
/// Gives exactly what `IntegerNetwork.run` gives. Layers whose sums of products fit 32 bits, of 16-bit weights and
/// operands, run in that width; others as in `IntegerLinear`.
package struct PlainExecutor: Sendable {
  private enum Step {
    case narrow(NarrowLinear)
    case wide(IntegerLinear)
    case requantize(Requantization)
    case reshape
  }

  private let network: IntegerNetwork
  private let steps: [Step]

  package init(_ network: IntegerNetwork) {
    self.network = network
    steps = network.nodes.map { node in
      switch node.operation {
      case .linear(let linear):
        NarrowLinear(linear, operands: network.range(of: node.operand)).map(Step.narrow) ?? .wide(linear)
      case .requantize(let requantization): .requantize(requantization)
      case .reshape: .reshape
      }
    }
  }

  /// - Precondition: The inputs are in their range.
  package func run(_ batch: IntegerBatch) -> IntegerBatch {
    var outputs: [Int64] = []
    outputs.reserveCapacity(batch.count * network.output.width)
    for index in 0..<batch.count { outputs += run(batch.sample(index)) }
    return IntegerBatch(count: batch.count, values: outputs)
  }

  private func run(_ sample: [Int64]) -> [Int64] {
    var values = [sample]
    for (node, step) in zip(network.nodes, steps) {
      let operand = values[node.operand]
      switch step {
      case .narrow(let linear): values.append(linear.apply(to: operand))
      case .wide(let linear): values.append(linear.apply(to: operand))
      case .requantize(let requantization): values.append(requantization.apply(to: operand))
      case .reshape: values.append(operand)
      }
    }
    return values[values.count - 1]
  }
}

/// A linear layer in 16-bit factors and 32-bit sums; sums may wrap on the way, but not at the end.
private struct NarrowLinear {
  let inputCount: Int
  let weights: [Int16]
  let bias: [Int64]

  /// Nil when the layer does not fit.
  init?(_ linear: IntegerLinear, operands: ClosedRange<Int64>) {
    let products = IntegerLinear(
      inputCount: linear.inputCount, outputCount: linear.outputCount, weights: linear.weights,
      bias: [Int64](repeating: 0, count: linear.outputCount))
    guard let sums = products.range(for: operands), Int32(exactly: sums.lowerBound) != nil,
      Int32(exactly: sums.upperBound) != nil, Int16(exactly: operands.lowerBound) != nil,
      Int16(exactly: operands.upperBound) != nil
    else { return nil }
    inputCount = linear.inputCount
    weights = linear.weights.compactMap { Int16(exactly: $0) }
    bias = linear.bias
    guard weights.count == linear.weights.count else { return nil }
  }

  func apply(to input: [Int64]) -> [Int64] {
    precondition(input.count == inputCount)
    let factors = input.map { Int16(truncatingIfNeeded: $0) }
    return weights.withUnsafeBufferPointer { weights in
      factors.withUnsafeBufferPointer { factors in
        bias.indices.map { output in
          let row = weights[output * inputCount..<(output + 1) * inputCount]
          return Int64(dot(UnsafeBufferPointer(rebasing: row), factors)) + bias[output]
        }
      }
    }
  }

  private func dot(_ a: UnsafeBufferPointer<Int16>, _ b: UnsafeBufferPointer<Int16>) -> Int32 {
    var sum: Int32 = 0
    for index in 0..<min(a.count, b.count) { sum &+= Int32(a[index]) &* Int32(b[index]) }
    return sum
  }
}
