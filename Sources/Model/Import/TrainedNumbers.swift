import Glibc

/// Numbers of the model that may be trained and stand in the circuit all the same, where anyone may read them.
package struct PublicNumbers: Sendable, Equatable {
  package let values: [Double]
  /// The initializers, and the outputs of nodes, that they are computed from; or the node's own attributes.
  package let sources: [String]
  /// The node that uses them.
  package let node: String
  package let use: Use

  package enum Use: String, Sendable {
    /// Of a Clip.
    case bounds
    /// Scale and zero point of a QuantizeLinear.
    case quantization
    /// Floats that the node itself states: of a function.
    case attributes
    /// In a table or a coefficient, as `publish` allows.
    case published
  }
}

/// Which constants of a graph are computed from trained numbers.
///
/// A number may be trained when it has more than 8 significant bits and belongs to no pattern that exporters write:
/// see `Constant.mayBeTrained`. What is computed from one is trained as well; what is computed from several that may not
/// be trained is judged by itself, since together they can say as much as one. Trained numbers become weights; where an
/// operator has no exact form with weights, they are refused unless they are listed.
struct TrainedNumbers {
  /// Names that may become public; nil to refuse nothing, for a network that is not to be proved.
  let publish: Set<String>?
  /// By name of a constant.
  private var origins: [String: Origin] = [:]

  /// What a constant is computed from.
  private struct Origin {
    /// Trained tensors; its own name when it may be trained itself.
    var trained: Set<String> = []
    /// The file's other tensors whose numbers it holds or is computed from; sizes of values are none.
    var others: Set<String> = []
    /// Whether one of the others has different numbers.
    var isOfSeveral = false

    static func += (origin: inout Origin, other: Origin) {
      origin.trained.formUnion(other.trained)
      origin.others.formUnion(other.others)
      origin.isOfSeveral = origin.isOfSeveral || other.isOfSeveral
    }
  }

  init(publish: Set<String>?) { self.publish = publish }

  /// What the constants among a node's operands are computed from.
  func sources(of node: ONNXNode) -> Set<String> {
    node.input.reduce(into: []) { $0.formUnion(origins[$1]?.trained ?? []) }
  }

  func isKnown(_ name: String) -> Bool { origins[name] != nil }

  /// A constant of the file itself.
  mutating func add(_ constant: Constant, _ name: String) {
    origins[name] =
      constant.mayBeTrained
      ? Origin(trained: [name]) : Origin(others: [name], isOfSeveral: !constant.isOfOneNumber)
  }

  /// A constant that a node computes.
  mutating func add(_ constant: Constant, _ name: String, from node: ONNXNode) {
    let selects = ImportedOperator.known(node)?.numbers == .selected
    var origin = Origin(trained: sources(of: node))
    for operand in selects ? node.input.prefix(1) : node.input[...] { origin += origins[operand] ?? Origin() }
    let stated = node.attribute.count { $0.type == .float }
    let isOfSeveral = origin.isOfSeveral || origin.others.count + stated > 1
    let isKnown = publish.map { origin.trained.isSubset(of: $0) } ?? true
    if isKnown, isOfSeveral, !selects, constant.mayBeTrained { origin = Origin(trained: origin.trained.union([name])) }
    origins[name] = origin
  }
}

extension Constant {
  /// False when every number tells next to nothing: it has at most 8 significant bits or two decimal digits, as ε and
  /// slopes have, is the inverse of one with 8 bits, or belongs to a Gelu, an attention or a distance.
  ///
  /// Halves are few: one counts only when it is the nearest to such a number, and of inverses those of 1 to 16 and of 255.
  var mayBeTrained: Bool {
    switch elements {
    case .floats(let values): values.contains { !isConventional(Double($0.magnitude), type) }
    case .integers(let values): values.contains { !isShort(Double($0.magnitude)) }
    }
  }

  fileprivate var isOfOneNumber: Bool {
    switch elements {
    case .floats(let values): values.allSatisfy { $0 == values.first }
    case .integers(let values): values.allSatisfy { $0 == values.first }
    }
  }
}

private func isShort(_ value: Double) -> Bool { value.significandWidth < 8 || !value.isFinite }

/// Elements of the heads of attentions.
private let headSizes: [Double] = [1, 2, 4, 160, 192, 256] + stride(from: 8, through: 128, by: 8)

/// Factors of Gelus, and of attentions: √d, ∜d and their inverses for heads of d elements. Exponents of distances, as torch writes
/// them: 1 / (p + 10^−6).
private let factors: [Double] = [Double(Float.greatestFiniteMagnitude), 65504.0, 0.044715, 1.702, (2 / Double.pi).squareRoot()]
  + headSizes.flatMap { size in [0.5, -0.5, 0.25, -0.25].map { pow(size, $0) } }
  + [1, 2, 3].map { 1 / ($0 + 1e-6) }

private func isConventional(_ value: Double, _ type: ElementType) -> Bool {
  let isHalf = type == .float16
  func stands(for other: Double) -> Bool {
    isHalf ? Double(Float16(other)) == value : abs(value - other) <= other * 0x1p-23
  }
  if isShort(value) { return true }
  let unit = pow(10, log10(value).rounded(.down) - 1)
  if stands(for: (value / unit).rounded() * unit) { return true }
  let inverse = 1 / value
  let places = isHalf ? 1 : inverse.ulp * 0x1p45
  let rounded = (inverse / places).rounded()
  if !isHalf || (1...16).contains(rounded) || rounded == 255, stands(for: 1 / (rounded * places)) { return true }
  return factors.contains(where: stands)
}
