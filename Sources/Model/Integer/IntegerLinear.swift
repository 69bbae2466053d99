/// a[o] = Σ_i weights[o, i]·x[i] + bias[o]
package struct IntegerLinear: Sendable, Equatable {
  package let inputCount: Int
  package let outputCount: Int
  /// outputCount × inputCount, row-major.
  package let weights: [Int32]
  /// outputCount, in units of the accumulator.
  package let bias: [Int64]

  package init(inputCount: Int, outputCount: Int, weights: [Int32], bias: [Int64]) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.weights = weights
    self.bias = bias
  }

  /// For each vector of `inputCount` elements one of `outputCount`.
  ///
  /// - Precondition: The result's bound for these operands, see `range(for:)`, is below 2^62.
  package func apply(to input: [Int64]) -> [Int64] {
    precondition(input.count % inputCount == 0)
    let vectorCount = input.count / inputCount
    return weights.withUnsafeBufferPointer { weights in
      input.withUnsafeBufferPointer { input in
        (0..<vectorCount * outputCount).map { index in
          let (vector, output) = index.quotientAndRemainder(dividingBy: outputCount)
          var sum: Int64 = 0
          for index in 0..<inputCount {
            sum &+= Int64(weights[output * inputCount + index]) &* input[vector * inputCount + index]
          }
          return sum &+ bias[output]
        }
      }
    }
  }

  /// The smallest range that holds the result for every input in `range`, over all outputs; nil when one of its ends
  /// reaches ±2^62.
  package func range(for range: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    var bounds = AccumulatorBounds()
    for output in 0..<outputCount {
      var (low, high) = (Int128(bias[output]), Int128(bias[output]))
      for weight in weights[output * inputCount..<(output + 1) * inputCount] {
        let ends = (Int128(weight) * Int128(range.lowerBound), Int128(weight) * Int128(range.upperBound))
        low += min(ends.0, ends.1)
        high += max(ends.0, ends.1)
      }
      bounds.add(low, high)
    }
    return bounds.range
  }
}

/// The smallest range of accumulators, as long as it stays below 2^62.
struct AccumulatorBounds {
  private var low = Int128.max
  private var high = Int128.min

  mutating func add(_ low: Int128, _ high: Int128) {
    self.low = min(self.low, low)
    self.high = max(self.high, high)
  }

  /// Nil when an end reaches ±2^62, or nothing was added.
  var range: ClosedRange<Int64>? {
    let limit = Int128(1) << 62
    guard low > -limit, high < limit, low <= high else { return nil }
    return Int64(low)...Int64(high)
  }
}
