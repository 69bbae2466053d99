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
    ImportedOperator("MeanVarianceNormalization", since: 9, "not over the batch axis") { importer, node, label throws(NodeProblem) in
      // (x − mean) / (√variance + 10⁻⁹)
      let axes = try node.integers("axes") ?? [0, 2, 3]
      return [.value(try importer.normalized(node, axes, epsilon: 1e-18, centres: true, isMean: true, label))]
    },
    ImportedOperator("LpNormalization", "not over the batch axis") { importer, node, label throws(NodeProblem) in
      let axis = try node.integer("axis", default: -1)
      switch try node.integer("p", default: 2) {
      case 1:
        var operand = try importer.tensor(node, 0)
        let own = try importer.freeAxis(axis, &operand)
        guard case .value(let value) = operand else { throw .unsupported("operand 0 is a constant") }
        let magnitudes = try importer.apply(.function(.abs, .x), to: value, label)
        let (shape, place) = (importer.shape(of: value), importer.place(of: value))
        let sum = Contraction<Double>.sum(over: [importer.sampleAxis(own, value)], of: shape, 1)
        let total = try importer.append(
          label, .contraction(sum), [magnitudes], shape: Array(sum.loops.prefix(shape.count)), place: place)
        return [.tensor(try importer.combine(.value(value), .value(total), .divide, label))]
      case 2: return [.value(try importer.normalized(node, [axis], epsilon: 0x1p-200, centres: false, isMean: false, label))]
      case let p: throw .malformed("p is \(p), not 1 or 2")
      }
    },
    ImportedOperator("GroupNormalization", since: 18, "all") { importer, node, label throws(NodeProblem) in
      let count = try node.integer("num_groups", default: 0)
      return [try importer.norm(node, importer.value(node, 0), groups: count, label)]
    },
  ]

  private static func layer(_ name: String, since: Int = supportedOperatorSets.lowerBound, centres: Bool) -> ImportedOperator {
    ImportedOperator(name, since: since, "all; outputs of the mean and the inverse deviation too") { importer, node, label throws(NodeProblem) in
      let value = try importer.value(node, 0, keepsPlace: true)
      let rank = importer.fullShape(.value(value)).count
      let axis = try normalized(try node.integer("axis", default: -1), rank: rank)
      let moments = centres ? try importer.moments(node, value, first: axis, label) : []
      return [try importer.norm(node, value, first: axis, gain: 1, shift: 2, centres: centres, label)] + moments
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
      let own = try tensor(node, index)
      guard broadcastShape(fullShape(result), fullShape(own)) == fullShape(result) else {
        throw .malformed("operand \(index) of shape \(fullShape(own)) does not broadcast to \(fullShape(result))")
      }
      result = try combine(result, own, combination, label)
    }
    return .tensor(result)
  }

  /// The mean and the inverse deviation over all axes from one on, as far as they are used.
  fileprivate mutating func moments(_ node: ONNXNode, _ value: Int, first: Int, _ label: String) throws(NodeProblem) -> [Definition] {
    guard node.output.dropFirst().contains(where: { isRead($0) }) else { return [] }
    var operand = Tensor.value(value)
    for axis in first..<fullShape(operand).count { _ = try freeAxis(axis, &operand) }
    guard case .value(let value) = operand else { return [] }
    let (shape, place) = (shape(of: value), place(of: value))
    let axes = (first..<fullShape(operand).count).map { sampleAxis($0, value) }
    let count = Double(axes.reduce(1) { $0 * shape[$1] })
    let sum = Contraction<Double>.sum(over: axes, of: shape, 1 / count)
    let kept = Array(sum.loops.prefix(shape.count))
    let mean = try append(label, .contraction(sum), [value], shape: kept, place: place)
    let above = try append(label, .contraction(.centred(shape, over: axes)), [value], shape: shape, place: place)
    let squares = try append(label, .contraction(.squares(shape, over: axes)), [above], shape: kept, place: place)
    let variance = try apply(.affine(scale: 1 / count, shift: Double(try node.float("epsilon", default: 1e-5))), to: squares, label)
    return [.value(mean), .value(try apply(.function(.reciprocal, .function(.sqrt, .x)), to: variance, label))]
  }

  /// The first operand with a mean square, or a sum of squares, of 1 over some axes of its full shape.
  fileprivate mutating func normalized(
    _ node: ONNXNode, _ axes: [Int], epsilon: Double, centres: Bool, isMean: Bool, _ label: String
  ) throws(NodeProblem) -> Int {
    var operand = try tensor(node, 0)
    let axes = try Model.normalized(axes, rank: fullShape(operand).count).sorted()
    for axis in axes { _ = try freeAxis(axis, &operand) }
    guard case .value(let value) = operand else { throw .unsupported("operand 0 is a constant") }
    return try norm(value, axes: axes.map { sampleAxis($0, value) }, epsilon: epsilon, centres: centres, isMean: isMean, label)
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
      let parameter = try tensor(node, index)
      let own = fullShape(parameter)
      guard own.count == 1, own[0] == shape[0] || own[0] == groups else {
        throw .malformed("operand \(index) has shape \(own) for \(shape[0]) channels")
      }
      // Along the channels of a full shape.
      let repeats = shape[0] / own[0]
      let column = try reshaped(parameter, [own[0], 1], place(of: parameter), label)
      let pairs = try view(column, [own[0], repeats], [Index(0), Index()], label)
      let channels = try reshaped(pairs, [shape[0]] + shape.dropFirst().map { _ in 1 }, place(of: pairs), label)
      result = try combine(result, channels, combination, label)
    }
    return .tensor(result)
  }

  /// u / √(Σu²/d + ε) over axes of a sample; u is the value, or what it is above its mean. Without the mean of squares, d is 1.
  mutating func norm(
    _ value: Int, axes: [Int], epsilon: Double, centres: Bool, isMean: Bool = true, _ label: String
  ) throws(NodeProblem) -> Int {
    let (shape, place) = (shape(of: value), place(of: value))
    let count = isMean ? Double(axes.reduce(1) { $0 * shape[$1] }) : 1
    var u = value
    if centres { u = try append(label, .contraction(.centred(shape, over: axes)), [value], shape: shape, place: place) }
    let squares = Contraction<Double>.squares(shape, over: axes)
    let kept = Array(squares.loops.prefix(shape.count))
    let sum = try append(label, .contraction(squares), [u], shape: kept, place: place)
    let root = try apply(.function(.reciprocal, .function(.sqrt, .affine(scale: 1 / count, shift: epsilon))), to: sum, label)
    return try product([u, root], shape: shape, place, label)
  }
}
