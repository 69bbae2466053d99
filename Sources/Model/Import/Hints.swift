extension UnsupportedNode {
  /// What to do about it; nil where the reason says so.
  package var hint: String? {
    if reason.contains("; ") { return nil }
    func names(_ words: String...) -> Bool { words.contains { reason.contains($0) } }
    let end = ", or end the network before it: compile --outputs with a value that it takes"
    if names("is not supported", "are not supported") { return "write it with operators of docs/operators.md" + end }
    if names("is a constant", "of constants alone", "masks alone", "do not depend on the input") {
      return "fold constants before: onnxruntime saves an optimized model"
    }
    if names("is not a constant", "is not one number", "depends on the input", "depend on the input") {
      return "give it as a constant; a fixed input becomes one when the model is exported with it as an initializer"
    }
    if names("batch", "sample") { return "export with a batch of 1, which is one call of the model for each sample" + end }
    if names("too large", "too many", "more than", "in no order", "longer than") { return "make it smaller, or split it" + end }
    if names("output") { return "name other outputs: compile --outputs" }
    return "write it otherwise, with what docs/operators.md says of it" + end
  }
}

extension ModelError {
  /// What to do about a model or a layer; nil where the reason says so, and for errors of files and data.
  package var hint: String? {
    switch self {
    case .unusableModel(_, let node, let reason) where !reason.contains("; "):
      func names(_ words: String...) -> Bool { node == nil && words.contains { reason.contains($0) } }
      if names("another shape") { return "onnx.shape_inference states the right one" }
      if names("too large", "too long") { return "make it smaller or shorter" }
      if names("twice", "two initializers", "no name") { return "give each a name of its own" }
      if names("sparse") { return "store them dense" }
      return "onnx.checker.check_model says what is wrong with the model; export it again"
    case .unusableLayer(_, let reason) where !reason.contains("; ") && !reason.contains(": "):
      if ["can reach", "could ", "not fit", "activations in"].contains(where: reason.contains) {
        return "give what it reads fewer bits by --layer-bits, or calibrate with data as large as inputs can be"
      }
      return "write it otherwise, or end the network before it: compile --outputs with a value that it takes"
    case .unusableModel, .unusableLayer, .unusableFile, .unsupportedNodes, .shapeMismatch, .unusableData: return nil
    }
  }
}

extension ONNXGraph {
  /// An error about the inputs, with the nodes whose operators are not known, if there are any.
  func withUnknownNodes(_ error: ModelError, file: String) -> ModelError {
    guard case .unusableModel(_, nil, let reason) = error else { return error }
    let unknown = node.enumerated().filter { ImportedOperator.known($1) == nil }.map { index, node in
      UnsupportedNode(name: node.label(index), operation: node.opType, reason: node.unknownReason)
    }
    guard !unknown.isEmpty else { return error }
    return .unsupportedNodes(file: file, [UnsupportedNode(name: "inputs", operation: "graph", reason: reason)] + unknown)
  }
}

extension ONNXNode {
  /// The name that errors give it; `index` counts the nodes of the graph.
  func label(_ index: Int) -> String { name.isEmpty ? output.first ?? "#\(index)" : name }

  /// Why a node is refused whose operator is in no list.
  var unknownReason: String {
    let isKnown = isDefaultDomain(domain) || [fusedDomain, classicalDomain, previewDomain].contains(domain)
    if domain == "\(fusedDomain).nchwc" { return "its weights are in the order of one machine; save the optimized model with ORT_ENABLE_EXTENDED, not ORT_ENABLE_ALL" }
    return isKnown ? "the operator is not supported" : "operators of the domain '\(domain.oneLine)' are not supported"
  }
}
