import Glibc

/// Numbers of the model that may be trained and stand in the circuit all the same, where anyone may read them.
package struct PublicNumbers: Sendable, Equatable {
  package let values: [Double]
  /// The initializers, and the outputs of Constants, that they are computed from.
  package let sources: [String]
  /// The node that uses them.
  package let node: String
  package let use: Use

  package enum Use: String, Sendable {
    /// Of a Clip.
    case bounds
    /// Scale and zero point of a QuantizeLinear.
    case quantization
    /// In a table or a coefficient, as `publish` allows.
    case published
  }
}

/// Which constants of a graph are computed from trained numbers.
///
/// A number may be trained when it has more than 8 significant bits and belongs to no pattern that exporters write:
/// see `Constant.mayBeTrained`. What is computed from one is trained as well. Trained numbers become weights; where an
/// operator has no exact form with weights, they are refused unless they are listed.
struct TrainedNumbers {
  /// Names that may become public.
  let publish: Set<String>
  /// By name of a constant, the trained tensors that it is computed from.
  private var sources: [String: Set<String>] = [:]

  init(publish: Set<String>) { self.publish = publish }

  /// What the constants among a node's operands are computed from.
  func sources(of node: ONNXNode) -> Set<String> {
    node.input.reduce(into: []) { $0.formUnion(sources[$1] ?? []) }
  }

  func isKnown(_ name: String) -> Bool { sources[name] != nil }

  /// A constant of the file itself.
  mutating func add(_ constant: Constant, _ name: String) { sources[name] = constant.mayBeTrained ? [name] : [] }

  /// A constant that a node computes.
  mutating func add(_ name: String, from node: ONNXNode) { sources[name] = sources(of: node) }
}

extension Constant {
  /// False when every number tells next to nothing: it has at most 8 significant bits or two decimal digits, as ε and
  /// slopes have, is the inverse of one with 8 bits, or belongs to a Gelu or to an attention.
  var mayBeTrained: Bool {
    let step = type == .float16 ? 0x1p-11 : 0x1p-23
    return switch elements {
    case .floats(let values): values.contains { !isConventional(Double($0.magnitude), step: step) }
    case .integers(let values): values.contains { !isShort(Double($0.magnitude)) }
    }
  }
}

private func isShort(_ value: Double) -> Bool { value.significandWidth < 8 || !value.isFinite }

/// - Parameter step: How far a number and what it stands for may lie apart, relatively.
private func isConventional(_ value: Double, step: Double) -> Bool {
  func isNear(_ other: Double) -> Bool { abs(value - other) <= other * step }
  if isShort(value) { return true }
  let unit = pow(10, log10(value).rounded(.down) - 1)
  let inverse = 1 / value
  let places = inverse.ulp * 0x1p45
  if isNear((value / unit).rounded() * unit) || isNear(1 / ((inverse / places).rounded() * places)) { return true }
  // Factors of Gelus, and of attentions: √d, ∜d and their inverses for heads of d elements.
  let roots = [2.0, -2, 4, -4].map { exponent in
    let size = pow(value, exponent).rounded()
    return (1...512).contains(size) ? pow(size, 1 / exponent) : 0
  }
  return ([0.044715, 1.702, (2 / Double.pi).squareRoot()] + roots).contains(where: isNear)
}
