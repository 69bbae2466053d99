/// How a float network becomes integers.
package struct QuantizationOptions: Sendable, Equatable {
  /// Bits of the activations, `widths`; where it is nil, 8, and for networks with a Softmax or a norm as many as they need.
  package var bits: Int?
  /// Bits where `bits` is nil, for networks without a Softmax or a norm.
  var usualBits = QuantizationOptions.widths.lowerBound
  /// Other bits for the results of nodes, by name; an input goes by its own name.
  package var layerBits: [String: Int] = [:]
  /// At most so many bits for the weights of layers, `widths`, wherever a shift allows it.
  package var weightBits = QuantizationOptions.widths.upperBound
  /// The share of calibration samples that must get the float network's class; widths grow until they do.
  package var accuracy: Double?
  /// Show only the indices of so many largest elements of each output, instead of the values.
  package var classCount: Int?
  /// The initializers whose numbers may be public although they may be trained.
  package var publish: Set<String> = []
  /// The values to show; nil for the outputs of the model.
  package var outputs: [String]?
  /// By input, its shape, the batch first, for symbolic axes; nil for that of the calibration data.
  package var inputShapes: [String: [Int]] = [:]
  /// What one step of every input is worth; from the calibration when nil.
  package var inputScale: Double?

  package static let widths = 8...16

  package init(inputScale: Double? = nil) { self.inputScale = inputScale }
}

/// The integers of an activation of b bits: [0, 2^b − 1], or [−2^(b−1), 2^(b−1) − 1] when it can be negative.
func activationRange(bits: Int, isSigned: Bool) -> ClosedRange<Int64> {
  isSigned ? -1 << Int64(bits - 1)...1 << Int64(bits - 1) - 1 : 0...1 << Int64(bits) - 1
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

/// The shape of an input, `NAME=1,3,224,224`; nil unless all sizes are positive.
package func parseInputShape(_ text: String) -> (name: String, shape: [Int])? {
  guard let sign = text.lastIndex(of: "="), sign > text.startIndex else { return nil }
  let sizes = text[text.index(after: sign)...].split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
  return sizes.allSatisfy { $0 > 0 } ? (String(text[..<sign]), sizes) : nil
}
