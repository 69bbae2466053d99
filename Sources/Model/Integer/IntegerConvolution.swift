/// a[o, r, c] = Σ weights[o, i, k, l]·x[g + i, row and column k, l of window r, c] + bias[o], g being the first channel of
/// o's group, and x being 0 beyond its rows and columns.
package struct IntegerConvolution: Sendable, Equatable {
  package let window: Window
  package let groupCount: Int
  /// Of all groups.
  package let inputCount: Int
  package let outputCount: Int
  /// outputCount × inputCount / groupCount × rows × columns of the window, row-major.
  package let weights: [Int32]
  /// outputCount, in units of the accumulator.
  package let bias: [Int64]

  package init(
    window: Window, groupCount: Int, inputCount: Int, outputCount: Int, weights: [Int32], bias: [Int64]
  ) {
    self.window = window
    self.groupCount = groupCount
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.weights = weights
    self.bias = bias
  }

  /// - Precondition: The result's bound for these operands, see `range(for:)`, is below 2^62.
  package func apply(to input: [Int64], rows: Int, columns: Int) -> [Int64] {
    let channels = groupedChannels(inputCount, outputCount, groupCount: groupCount)
    var sums = window.sums(input, rows: rows, columns: columns, planes: channels, weights: weights, zero: 0) {
      $0 &+ Int64($1) &* $2
    }
    let plane = sums.count / outputCount
    for index in sums.indices { sums[index] &+= bias[index / plane] }
    return sums
  }

  /// As `IntegerLinear.range(for:)`; windows may reach beyond the input.
  package func range(for range: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    IntegerLinear(
      inputCount: weights.count / outputCount, outputCount: outputCount, weights: weights, bias: bias
    ).range(for: range.withZero)
  }
}

extension ClosedRange<Int64> {
  var withZero: ClosedRange<Int64> { Swift.min(lowerBound, 0)...Swift.max(upperBound, 0) }
}
