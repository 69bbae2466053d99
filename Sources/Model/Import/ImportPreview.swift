/// The domain of operators that ONNX tries out.
let previewDomain = "ai.onnx.preview"

/// Graphs that an attention applies, each to one value of samples × heads × tokens × keys.
struct AttentionModifiers {
  /// To scores, before the shares.
  var scores: ONNXGraph?
  var shares: ONNXGraph?
}

extension ImportedOperator {
  /// Attention with graphs of its own, and convolutions of sequences that go on.
  static let sequences: [ImportedOperator] = [
    ImportedOperator("\(previewDomain).FlexAttention", since: 26, "all") { importer, node, label throws(NodeProblem) in
      importer.showAttributes(of: node, label)
      var modifiers = AttentionModifiers()
      if node.attribute.contains(where: { $0.name == "score_mod" }) { modifiers.scores = try node.graph("score_mod") }
      if node.attribute.contains(where: { $0.name == "prob_mod" }) { modifiers.shares = try node.graph("prob_mod") }
      var parts: [Int] = []
      for index in 0..<3 { parts.append(try importer.attended(node, index, nil, label)) }
      let attended = try importer.attend(
        parts[0], parts[1], parts[2], nil, scale: try node.float("scale", default: 0), AllowedKeys(), modifiers: modifiers, label)
      return [.value(attended.value)]
    },
    ImportedOperator("CausalConvWithState", since: 27, "all") { importer, node, label throws(NodeProblem) in
      try importer.causalConvolution(node, label)
    },
  ]
}

extension GraphImporter {
  /// What a graph makes of one value, of the same shape.
  mutating func result(of graph: ONNXGraph, _ value: Int, _ prefix: String) throws(NodeProblem) -> Int {
    let results = try results(of: graph, [.value(value)], prefix)
    guard results.count == 1, case .value(let result) = try tensor(results[0], "its graph's result"),
      shape(of: result) == shape(of: value), place(of: result) == place(of: value)
    else { throw .malformed("its graph does not make one value of the shape of its input") }
    return result
  }

  /// Each channel's own weights times windows that end at each place, and the last places of the sequence.
  fileprivate mutating func causalConvolution(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> [Definition] {
    let activation = try node.text("activation", default: "none")
    guard ["none", "silu", "swish"].contains(activation) else { throw .malformed("its activation is '\(activation.oneLine)'") }
    let value = try channels(node, 0, label)
    let weights = try tensor(node, 1)
    let (full, kernel) = (fullShape(.value(value)), fullShape(weights))
    guard full.count == 3, kernel.count == 3, kernel[0] == full[1], kernel[1] == 1, kernel[2] > 0 else {
      throw .malformed("its input and weights of shapes \(full) and \(kernel) do not fit")
    }
    let (length, size) = (full[2], kernel[2])
    // What is before the sequence is 0 where it is not given.
    var (sequence, before) = (value, size - 1)
    if try operand(node, 3) != nil, size > 1 {
      let past = try channels(node, 3, label)
      guard fullShape(.value(past)) == [full[0], full[1], size - 1], place(of: past) == place(of: value) else {
        throw .malformed("its state of shape \(fullShape(.value(past))) does not fit its input of shape \(full)")
      }
      let joined = try concatenated([.value(past), .value(value)], axis: 2, [full[0], full[1], length + size - 1], label)
      guard case .value(let whole) = joined else { return [] }
      (sequence, before) = (whole, 0)
    }
    let (shape, place) = (shape(of: value), place(of: value))
    let (channel, tap) = (shape.count - 2, shape.count)
    var reading = shape.indices.map { Index($0) }
    reading[shape.count - 1] = Index(WindowSide(size: size, before: before), loop: shape.count - 1, tap: tap)
    var windows = Contraction<Double>(loops: shape + [size], terms: [])
    var operands = [sequence]
    switch weights {
    case .constant(let constant):
      guard let floats = constant.floats, constant.batch == nil else { throw .malformed("its weights are not of floats") }
      let loops = [channel, tap].filter { windows.loops[$0] != 1 }
      windows = Contraction(
        loops: windows.loops, constants: [.init(loops: loops, floats)], terms: [.init(1, [.constant(0), .operand(0, reading)])])
    case .value(let own):
      guard batch == .one else { throw .unsupported("its weights depend on the sample; give them as a constant") }
      operands.append(try reshaped(own, [kernel[0], size], place: .alone, label))
      windows.terms = [.init(1, [.operand(0, reading), .operand(1, [Index(channel), Index(tap)])])]
    }
    var result = Tensor.value(try append(label, .contraction(windows), operands, shape: shape, place: place))
    if try operand(node, 2) != nil {
      let bias = try tensor(node, 2)
      guard fullShape(bias) == [full[1]] else { throw .malformed("its bias of shape \(fullShape(bias)) does not fit \(full[1]) channels") }
      let spread = try reshaped(bias, [1, full[1], 1], self.place(of: bias).map { _ in .alone }, label)
      result = try combine(result, spread, .add, label)
    }
    if activation != "none" { result = try apply(.swish(1), to: result, label) }
    let last = full.indices.map { Index($0, start: $0 == 2 ? length - before : 0) }
    let state = try view(.value(sequence), [full[0], full[1], size - 1], last, label)
    return [.tensor(result), .tensor(state)]
  }

  /// An operand of samples × channels × places: the batch first, or, of several samples of a model for one, all axes the sample's.
  private mutating func channels(_ node: ONNXNode, _ index: Int, _ label: String) throws(NodeProblem) -> Int {
    let value = try value(node, index, keepsPlace: true)
    let full = fullShape(.value(value))
    guard batch == .one, full.first != 1 else { return try batchFirst(value, "operand \(index)") }
    return try reshaped(value, full, .alone, label)
  }
}
