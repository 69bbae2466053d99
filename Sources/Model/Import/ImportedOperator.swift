/// The domain of operators that onnxruntime's optimizer puts in the place of several.
package let fusedDomain = "com.microsoft"

/// The domain of operators of classical machine learning.
package let classicalDomain = "ai.onnx.ml"

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

  /// Whether it gives integers in the place of integers that it takes as it takes floats.
  var keepsIntegers: Bool { numbers == .selected && !name.hasPrefix("Cast") || ["Concat", "MaxPool"].contains(name) }

  /// By name; two of one name are a programmer's error.
  static let named = Dictionary(
    uniqueKeysWithValues: [
      constants,
      logic,
      combinations,
      arithmetic,
      bits,
      functions,
      linear,
      windows,
      reductions,
      transposedConvolution,
      samples,
      shapes,
      gathering,
      softmaxes,
      norms,
      attention,
      sequences,
      quantization,
      quantized,
      fused,
      classes,
      subgraphs,
      rearranging,
      indexing,
      scattering,
      grids,
      pooling,
      einsum,
      classical,
      trees,
      kernels,
      recurrent,
    ].joined().map { ($0.name, $0) })

  /// The operator of a node, in its domain.
  static func known(_ node: ONNXNode) -> ImportedOperator? {
    if [fusedDomain, classicalDomain, previewDomain].contains(node.domain), let own = named["\(node.domain).\(node.opType)"] { return own }
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
      A value is what depends on the model's inputs, a constant what does not. Operators of constants alone are computed at
      import, and so are sizes. Tensors are floats, integers of 8 to 64 bits, and booleans. What no output needs is left out,
      of whatever kind it is. Functions that the model defines are put in place of their calls. All else is refused, every node
      by name at once.

      **Batch.** One axis of every input is the batch: the first one, or a symbolic one that is called so, of size 1 or symbolic
      in the model, any number of samples in use; a first axis that is called sequence, time or step is none. Operators may move it and fold it into another axis, as long as none mixes
      samples. Data and outputs have it first. Other symbolic axes have the sizes of the calibration data. Where the first axis of
      an input has a fixed size other than 1, the model has no batch axis: one sample is one call of the model, operators may work
      along all axes, and data have an axis of samples in front. The same is done where operators mix the samples
      of a symbolic batch, which then has one sample in each call; a notice says so. An output has the shape that the graph
      computes, where the model declares another one.

      **Inputs** are floats of any width, integers or BOOL. Integers that pick rows of constant tables are *ids*, from 0 to the
      number of rows − 1, or from −1 down, as in ONNX; all tables of one input have as many rows. Other integers are numbers. An
      input of integers m of which (1 − m) · −10000, or a number as large, is added to scores is a mask of 0 and 1.

      **Masks.** What a Softmax or an Attention reads is taken apart: additive constants of at most −1000, or of 0 and at most
      −30 alone, such terms of an input of 0 and 1, and Where between scores and such a number are masks, if the number is below
      the spread of the scores of the calibration data by 12 at least; others are added. Errors are those against the model with all numbers
      added. A row of a constant mask that leaves out everything leaves out nothing. A row in which inputs leave out all
      places has equal shares where its one mask leaves out the same keys for all queries, else the shares of its scores
      without a mask; onnxruntime has equal shares where the number is the least one, and those of the scores with −10000.

      A Softmax inside a network is proved; a LogSoftmax there is its logarithm. Operators written
      `com.microsoft.` are those of onnxruntime's optimizer.

      | operator | operator sets | supported |
      |---|---|---|

      """ + rows.joined()
  }
}
