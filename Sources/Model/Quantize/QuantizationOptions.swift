package struct QuantizationOptions: Sendable, Equatable {
  /// 2...15
  package var activationBits = 8
  /// Weights are below 2^(weightBits − 1) in absolute value.
  package var weightBits = 16
  /// The largest shift of a requantization.
  package var maximumShift = 16
  /// What one step of the input is worth; from the calibration when nil.
  package var inputScale: Double?

  package init(inputScale: Double? = nil) { self.inputScale = inputScale }

  /// [0, 2^b − 1] for values that are never negative, [−2^(b−1), 2^(b−1) − 1] otherwise.
  func activationRange(isSigned: Bool) -> ClosedRange<Int64> {
    isSigned ? -1 << (activationBits - 1)...1 << (activationBits - 1) - 1 : 0...1 << activationBits - 1
  }
}

/// A scale written as a decimal number or a quotient of two: `0.5`, `1/255`. Nil unless positive and finite.
package func parseScale(_ text: String) -> Double? {
  let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map { Double($0) }
  guard let numerator = parts[0] else { return nil }
  var scale = numerator
  if parts.count == 2 {
    guard let denominator = parts[1] else { return nil }
    scale = numerator / denominator
  }
  return scale.isNormal && scale > 0 ? scale : nil
}
