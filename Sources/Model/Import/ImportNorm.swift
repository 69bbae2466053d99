extension ImportedOperator {
  /// Operators that give values a mean square of 1, and gains and shifts after that.
  static let norms: [ImportedOperator] = [
    layer("LayerNormalization", since: 17, centres: true), layer("RMSNormalization", since: 23, centres: false),
    layer("SimplifiedLayerNormalization", centres: false),
    skip("SkipLayerNormalization", centres: true), skip("SkipSimplifiedLayerNormalization", centres: false),
    ImportedOperator("\(fusedDomain).EmbedLayerNormalization", "without a mask") { importer, node, label throws(NodeProblem) in
      var sum: Tensor?
      for (ids, table) in [(0, 2), (8, 3), (1, 4)] where try importer.operand(node, table) != nil {
        let rows: Tensor
        if try importer.operand(node, ids) != nil {
          rows = .value(try importer.rows(of: try importer.constant(node, table), axis: 0, importer.value(node, ids), label))
        } else {
          guard table == 3, case .value(let first)? = sum else { throw .malformed("operand \(ids) is missing") }
          let places = try importer.constant(node, 3)
          let length = importer.shape(of: first)[0]
          guard places.shape.count == 2, places.shape[0] >= length else { throw .malformed("its table of positions is too short") }
          rows = .constant(places.view([length, places.shape[1]], [Index(0), Index(1)], nil))
        }
        sum = try sum.map { sum throws(NodeProblem) in try importer.combine(sum, rows, .add, label) } ?? rows
      }
      guard case .value(let value)? = sum else { throw .malformed("it has no tables") }
      return [try importer.norm(node, value, first: 2, gain: 5, shift: 6, centres: true, label), .refused, .value(value)]
    },
    ImportedOperator("InstanceNormalization", "all") { importer, node, label throws(NodeProblem) in
      let value = try importer.value(node, 0)
      let shape = importer.shape(of: value)
      guard shape.count > 1 else { throw .malformed("its input has no axis after the channels") }
      return [try importer.norm(node, value, groups: shape[0], label)]
    },
    ImportedOperator("GroupNormalization", since: 18, "all") { importer, node, label throws(NodeProblem) in
      let count = try node.integer("num_groups", default: 0)
      return [try importer.norm(node, importer.value(node, 0), groups: count, label)]
    },
  ]

  private static func layer(_ name: String, since: Int = supportedOperatorSets.lowerBound, centres: Bool) -> ImportedOperator {
    ImportedOperator(name, since: since, "constant gain and shift; the normalized value alone") { importer, node, label throws(NodeProblem) in
      let value = try importer.value(node, 0, keepsPlace: true)
      let rank = importer.fullShape(.value(value)).count
      let axis = try normalized(try node.integer("axis", default: -1), rank: rank)
      return [try importer.norm(node, value, first: axis, gain: 1, shift: 2, centres: centres, label)]
    }
  }

  /// Of the sum of two values and a bias, which is its last result.
  private static func skip(_ name: String, centres: Bool) -> ImportedOperator {
    ImportedOperator("\(fusedDomain).\(name)", "constant gain, shift and bias") { importer, node, label throws(NodeProblem) in
      var sum = try importer.combine(try importer.tensor(node, 0), try importer.tensor(node, 1), .add, label)
      let bias = centres ? 4 : 3
      if try importer.operand(node, bias) != nil { sum = try importer.combine(sum, try importer.tensor(node, bias), .add, label) }
      guard case .value(let value) = sum else { throw .unsupported("it is of constants alone") }
      let last = importer.fullShape(sum).count - 1
      let result = try importer.norm(node, value, first: last, gain: 2, shift: centres ? 3 : nil, centres: centres, label)
      return [result, .refused, .refused, .value(value)]
    }
  }
}

extension GraphImporter {
  /// A value of mean 0 and mean square 1 over all axes from one on, times a gain, plus a shift.
  ///
  /// - Parameters:
  ///   - first: An axis of the full shape.
  ///   - gain: The number of the operand.
  ///   - shift: The number of the operand; nil when there is none.
  fileprivate mutating func norm(
    _ node: ONNXNode, _ value: Int, first: Int, gain: Int, shift: Int?, centres: Bool, _ label: String
  ) throws(NodeProblem) -> Definition {
    var operand = Tensor.value(value)
    let rank = fullShape(operand).count
    for axis in first..<rank { _ = try freeAxis(axis, &operand) }
    guard case .value(let value) = operand else { return .refused }
    showAttributes(of: node, label)
    let epsilon = Double(try node.float("epsilon", default: node.domain == fusedDomain ? 1e-12 : 1e-5))
    let axes = (first..<rank).map { sampleAxis($0, value) }
    var result = Tensor.value(try norm(value, axes: axes, epsilon: epsilon, centres: centres, label))
    for (index, combination) in [(gain, Combination.multiply), (shift ?? node.input.count, .add)] where try self.operand(node, index) != nil {
      result = try combine(result, tensor(node, index), combination, label)
    }
    return .tensor(result)
  }

  /// Groups of channels with mean 0 and mean square 1, with a gain and a shift of each channel or group.
  fileprivate mutating func norm(
    _ node: ONNXNode, _ value: Int, groups: Int, _ label: String
  ) throws(NodeProblem) -> Definition {
    let shape = shape(of: value)
    guard groups > 0, shape[0] % groups == 0 else { throw .malformed("its \(shape[0]) channels do not make \(groups) groups") }
    let parts = [groups, shape[0] / groups] + shape.dropFirst()
    let grouped = try reshaped(value, parts, label)
    showAttributes(of: node, label)
    let epsilon = Double(try node.float("epsilon", default: 1e-5))
    let axes = Array(parts.indices.dropFirst())
    let normal = try norm(grouped, axes: axes, epsilon: epsilon, centres: true, label)
    var result = Tensor.value(try reshaped(normal, shape, label))
    for (index, combination) in [(1, Combination.multiply), (2, .add)] {
      let constant = try constant(node, index)
      guard constant.count == shape[0] || constant.count == groups else {
        throw .malformed("operand \(index) has \(constant.count) elements for \(shape[0]) channels")
      }
      let repeats = shape[0] / constant.count
      let channels = constant.picking((0..<shape[0]).map { $0 / repeats }, shape: [shape[0]] + shape.dropFirst().map { _ in 1 })
      result = try combine(result, .constant(channels), combination, label)
    }
    return .tensor(result)
  }

  /// u / √(Σu²/d + ε) over axes of a sample; u is the value, or what it is above its mean.
  mutating func norm(
    _ value: Int, axes: [Int], epsilon: Double, centres: Bool, _ label: String
  ) throws(NodeProblem) -> Int {
    let (shape, place) = (shape(of: value), place(of: value))
    let count = Double(axes.reduce(1) { $0 * shape[$1] })
    var u = value
    if centres { u = try append(label, .contraction(.centred(shape, over: axes)), [value], shape: shape, place: place) }
    let squares = Contraction<Double>.squares(shape, over: axes)
    let kept = Array(squares.loops.prefix(shape.count))
    let sum = try append(label, .contraction(squares), [u], shape: kept, place: place)
    let root = try apply(.function(.reciprocal, .function(.sqrt, .affine(scale: 1 / count, shift: epsilon))), to: sum, label)
    return try product([u, root], shape: shape, place, label)
  }
}
