/// The domain of operators that onnxruntime's optimizer puts in the place of several.
let fusedDomain = "com.microsoft"

/// An ONNX operator, with the translation of its nodes. Import*.swift hold lists of them.
package struct ImportedOperator: Sendable {
  /// What the outputs of a node are, in order; `label` is the name of the node.
  typealias Translation = @Sendable (
    _ importer: inout GraphImporter, _ node: ONNXNode, _ label: String
  ) throws(NodeProblem) -> [Definition]

  /// Where the numbers of a constant result are from.
  enum Numbers {
    case computed
    /// The numbers of the first operand, or some of them, as far as the result's type has them; other operands say
    /// which and where.
    case selected
    /// An attribute of the node.
    case stated
  }

  package let name: String
  /// The operator set that introduced the operator, when it is later than the first supported one.
  let firstOperatorSet: Int
  /// What of the operator is supported, for docs/operators.md.
  let support: String
  let numbers: Numbers
  let translate: Translation

  init(
    _ name: String, since firstOperatorSet: Int = supportedOperatorSets.lowerBound, _ support: String,
    numbers: Numbers = .computed, _ translate: @escaping Translation
  ) {
    self.name = name
    self.firstOperatorSet = firstOperatorSet
    self.support = support
    self.numbers = numbers
    self.translate = translate
  }

  /// By name; two of one name are a programmer's error.
  static let named = Dictionary(
    uniqueKeysWithValues: [
      constants, logic, combinations, functions, linear, windows, reductions, transposedConvolution, samples, shapes, gathering, softmaxes,
      norms, attention, quantization, classes,
    ].joined().map { ($0.name, $0) })

  /// The operator of a node, in its domain.
  static func known(_ node: ONNXNode) -> ImportedOperator? {
    if node.domain == fusedDomain, let fused = named["\(fusedDomain).\(node.opType)"] { return fused }
    return isDefaultDomain(node.domain) ? named[node.opType] : nil
  }

  /// In the order of docs/operators.md.
  package static var all: [ImportedOperator] { named.values.sorted { $0.name.lowercased() < $1.name.lowercased() } }

  /// The text of docs/operators.md.
  package static var document: String {
    let last = supportedOperatorSets.upperBound
    let rows = all.map { "| \($0.name) | \($0.firstOperatorSet)–\(last) | \($0.support) |\n" }
    return """
      # Operators

      The ONNX operators that `zkml compile` takes, printed from the lists in `Sources/Model/Import`; a test compares.
      A value is what depends on the model's inputs, a constant what does not. Every value has the batch as its first axis:
      symbolic or 1 in the model, any number of samples in use. Operators of constants alone are computed at import. Inputs
      are floats of any width; tensors are floats, integers of 8 to 64 bits without unsigned ones of 32 and 64, and booleans,
      inside the file. All else is refused, every node by name at once.

      | operator | operator sets | supported |
      |---|---|---|

      """ + rows.joined()
  }
}
