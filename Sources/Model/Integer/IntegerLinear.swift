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

  /// - Precondition: The result's bound for these operands, see `range(for:)`, is below 2^62.
  package func apply(to input: [Int64]) -> [Int64] {
    precondition(input.count == inputCount)
    return weights.withUnsafeBufferPointer { weights in
      input.withUnsafeBufferPointer { input in
        (0..<outputCount).map { output in
          var sum: Int64 = 0
          for index in 0..<inputCount {
            sum &+= Int64(weights[output * inputCount + index]) &* input[index]
          }
          return sum &+ bias[output]
        }
      }
    }
  }

  /// The smallest range that holds the result for every input in `range`, over all outputs; nil when one of its ends
  /// reaches ±2^62.
  package func range(for range: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    let limit: Int64 = 1 << 62
    var lowest = Int64.max
    var highest = Int64.min
    for output in 0..<outputCount {
      var low = bias[output]
      var high = bias[output]
      for weight in weights[output * inputCount..<(output + 1) * inputCount] {
        let (toLower, toUpper) =
          weight >= 0 ? (range.lowerBound, range.upperBound) : (range.upperBound, range.lowerBound)
        let (lower, lowOverflow) = low.addingProduct(of: weight, toLower)
        let (upper, highOverflow) = high.addingProduct(of: weight, toUpper)
        guard !lowOverflow, !highOverflow else { return nil }
        (low, high) = (lower, upper)
      }
      lowest = min(lowest, low)
      highest = max(highest, high)
    }
    guard lowest > -limit, highest < limit, lowest <= highest else { return nil }
    return lowest...highest
  }
}

extension Int64 {
  fileprivate func addingProduct(of weight: Int32, _ value: Int64) -> (sum: Int64, overflow: Bool) {
    let (product, productOverflow) = Int64(weight).multipliedReportingOverflow(by: value)
    let (sum, sumOverflow) = addingReportingOverflow(product)
    return (sum, productOverflow || sumOverflow)
  }
}
