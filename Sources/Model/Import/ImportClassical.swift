/// Operators of classical machine learning. Numbers of their attributes are trained: they are weights.
extension ImportedOperator {
  static let classical: [ImportedOperator] = [
    ImportedOperator("\(classicalDomain).Scaler", "all") { importer, node, label throws(NodeProblem) in
      let (value, count) = try importer.features(node)
      func numbers(_ name: String, _ usual: Float) throws(NodeProblem) -> [Float] {
        let own = try node.floats(name) ?? [usual]
        guard own.count == 1 || own.count == count else { throw .malformed("its \(name) has \(own.count) numbers for \(count) features") }
        return (0..<count).map { own[own.count == 1 ? 0 : $0] }
      }
      let (offsets, scales) = (try numbers("offset", 0), try numbers("scale", 1))
      let shifts = zip(offsets, scales).map { Float(-Double($0) * Double($1)) }
      return [.value(try importer.affine(value, scale: scales, shift: shifts, label))]
    },
    ImportedOperator("\(classicalDomain).Imputer", "all; no input is NaN or infinite", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let floats = try node.floats("imputed_value_floats")
      let integers = try node.integers("imputed_value_int64s")
      let replaced = try integers == nil || floats != nil ? node.float("replaced_value_float", default: 0) : Float(node.integer("replaced_value_int64", default: 0))
      guard replaced.isFinite else { return [.tensor(try importer.tensor(node, 0))] }
      guard let own = floats ?? integers.map({ $0.map(Float.init) }) else { throw .malformed("it has no imputed values") }
      let (value, count) = try importer.features(node)
      guard own.count == 1 || own.count == count else { throw .malformed("it has \(own.count) imputed values for \(count) features") }
      // x + (imputed − replaced) where x is the number that is replaced.
      let distance = try importer.combine(.value(value), .constant(.floats([replaced], shape: [])), .subtract, label)
      guard case .value(let hits) = try importer.apply(.isZero, to: distance, label) else { throw .unsupported("operand 0 is a constant") }
      let steps = try importer.affine(hits, scale: (0..<count).map { own[own.count == 1 ? 0 : $0] - replaced }, shift: [0], label)
      return [.tensor(try importer.combine(.value(value), .value(steps), .add, label))]
    },
    ImportedOperator("\(classicalDomain).Binarizer", "all") { importer, node, label throws(NodeProblem) in
      let threshold = Constant.floats([try node.float("threshold", default: 0)], shape: [])
      let distance = try importer.combine(try importer.numbers(node, 0, label), .constant(threshold), .subtract, label)
      importer.showAttributes(of: node, label)
      return [.tensor(try importer.apply(.function(.step, .x), to: distance, label))]
    },
    ImportedOperator("\(classicalDomain).Normalizer", "all") { importer, node, label throws(NodeProblem) in
      if try node.text("norm", default: "MAX") == "L1", let operand = try importer.operand(node, 0) {
        if case .probabilities(_, _, "Softmax", true) = operand { return [operand] }
        if case .tensor(.value(let value)) = operand, importer.distributions.contains(value) { return [operand] }
      }
      let (value, _) = try importer.features(node)
      let (shape, place) = (importer.shape(of: value), importer.place(of: value))
      let (axis, sizes) = (shape.count - 1, Array(shape.dropLast()) + [1])
      let norm: Int
      switch try node.text("norm", default: "MAX") {
      case "L2":
        let squares = try importer.append(label, .contraction(.squares(shape, over: [axis])), [value], shape: sizes, place: place)
        norm = try importer.apply(.function(.sqrt, .x), to: squares, label)
      case "L1":
        let magnitudes = try importer.apply(.function(.abs, .x), to: value, label)
        norm = try importer.append(label, .contraction(.sum(over: [axis], of: shape, 1)), [magnitudes], shape: sizes, place: place)
      case "MAX":
        try importer.requireBounded([shape[axis]])
        norm = try importer.append(label, .maximum(Maximum(over: [axis], of: shape)), [value], shape: sizes, place: place)
      case let other: throw .malformed("its norm is '\(other.oneLine)'")
      }
      return [.tensor(try importer.combine(.value(value), .value(norm), .divide, label))]
    },
    ImportedOperator("\(classicalDomain).FeatureVectorizer", "all") { importer, node, label throws(NodeProblem) in
      var operands: [Tensor] = []
      for index in node.input.indices { operands.append(try importer.numbers(node, index, label)) }
      return [.tensor(try importer.applied("Concat", operands, node, attributes: [ONNXAttribute.integer("axis", -1)], label))]
    },
    ImportedOperator("\(classicalDomain).ZipMap", "passes its input on: columns are in the order of the keys", numbers: .selected) {
      importer, node, _ throws(NodeProblem) in
      guard let operand = try importer.operand(node, 0) else { throw .malformed("operand 0 is missing") }
      return [operand]
    },
    ImportedOperator(
      "\(classicalDomain).ArrayFeatureExtractor", "constant indices; of constants along one axis also ids that depend on the input", numbers: .selected
    ) { importer, node, label throws(NodeProblem) in
      if case .value(let ids) = try importer.tensor(node, 1) { return [.tensor(try importer.extracted(node, ids, label))] }
      let indices = try importer.constant(node, 1)
      let flat = Tensor.constant(indices.reshaped([indices.count]))
      return [.tensor(try importer.applied("Gather", [try importer.tensor(node, 0), flat], node, attributes: [ONNXAttribute.integer("axis", -1)], label))]
    },
    ImportedOperator("\(classicalDomain).OneHotEncoder", "of integers") { importer, node, label throws(NodeProblem) in
      guard let categories = try node.integers("cats_int64s"), (1...maximumClassCount).contains(categories.count) else {
        throw .unsupported("its categories are not integers")
      }
      guard case .value(let value) = try importer.numbers(node, 0, label) else { throw .unsupported("operand 0 is a constant") }
      let (full, place) = (importer.fullShape(.value(value)), importer.place(of: value))
      let column = try importer.reshaped(value, full + [1], place, label)
      let shifts = Constant.floats(categories.map { Float($0) }, shape: [categories.count])
      let distances = try importer.combine(.value(column), .constant(shifts), .subtract, label)
      return [.tensor(try importer.apply(.isZero, to: distances, label))]
    },
    ImportedOperator("\(classicalDomain).LinearRegressor", "all but SOFTMAX_ZERO and PROBIT") { importer, node, label throws(NodeProblem) in
      let (value, count) = try importer.features(node)
      let (weights, targets) = (try node.floats("coefficients") ?? [], try node.integer("targets", default: 1))
      let bias = try node.floats("intercepts")
      guard (1...maximumClassCount).contains(targets), weights.count == targets * count, bias.map({ $0.count == targets }) ?? true else {
        throw .malformed("its \(weights.count) coefficients do not fit \(count) features and \(targets) targets")
      }
      let sums = try importer.linear(value, axis: importer.shape(of: value).count - 1, targets, weights, bias: bias, label)
      return [try importer.transformed(sums, try node.text("post_transform", default: "NONE"), label)]
    },
    ImportedOperator("\(classicalDomain).LinearClassifier", "the label before an output; all but SOFTMAX_ZERO and PROBIT") {
      importer, node, label throws(NodeProblem) in
      let (value, count) = try importer.features(node)
      let weights = try node.floats("coefficients") ?? []
      let classCount = try node.labelCount("classlabels_strings", "classlabels_ints")
      let rowCount = weights.count / count
      let bias = try node.floats("intercepts")
      guard rowCount > 0, weights.count == rowCount * count, rowCount == classCount || (rowCount == 1 && classCount == 2),
        bias.map({ $0.count == rowCount }) ?? true
      else { throw .malformed("its \(weights.count) coefficients do not fit \(count) features and \(classCount) classes") }
      let sums = try importer.linear(value, axis: importer.shape(of: value).count - 1, rowCount, weights, bias: bias, label)
      let transform = try node.text("post_transform", default: "NONE")
      guard rowCount == 1, classCount == 2 else {
        return [try importer.label(of: sums, node, classCount, label), try importer.transformed(sums, transform, label)]
      }
      let results = try importer.twoClasses(of: sums, node, isProbability: false, transform, label)
      return transform == "LOGISTIC" ? results : [results[0], .value(try importer.pair(sums, shift: 1, label))]
    },
    ImportedOperator("\(classicalDomain).LabelEncoder", "of integers or floats to integers or floats") { importer, node, label throws(NodeProblem) in
      func numbers(_ what: String) throws(NodeProblem) -> [Double]? {
        if let values = try node.integers("\(what)_int64s") { return values.map { Double($0) } }
        if let values = try node.floats("\(what)_floats") { return values.map { Double($0) } }
        return try node.tensor("\(what)_tensor")?.numbers.map { $0.map { Double($0) } }
      }
      guard let keys = try numbers("keys"), let values = try numbers("values"), !keys.isEmpty, keys.count == values.count else {
        throw .unsupported("its keys or values are not integers or floats")
      }
      guard keys.count <= 1 << 12, keys.allSatisfy(\.isFinite), values.allSatisfy(\.isFinite) else { throw .unsupported("it has \(keys.count) keys") }
      let isInteger = try node.integers("values_int64s") != nil
      let other = isInteger ? Double(try node.integer("default_int64", default: -1)) : Double(try node.float("default_float", default: 0))
      guard case .value(let value) = try importer.numbers(node, 0, label) else { throw .unsupported("operand 0 is a constant") }
      // Of several equal keys the first counts: all others are unknown.
      var known: Set<Double> = []
      let first = keys.indices.filter { known.insert(keys[$0]).inserted }
      let column = try importer.reshaped(value, importer.fullShape(.value(value)) + [1], importer.place(of: value), label)
      let shifts = Constant.floats(first.map { Float(keys[$0]) }, shape: [first.count])
      let distances = try importer.combine(.value(column), .constant(shifts), .subtract, label)
      guard case .value(let hits) = try importer.apply(.isZero, to: distances, label) else { return [] }
      let axis = importer.shape(of: hits).count - 1
      let found = try importer.linear(hits, axis: axis, 1, first.map { Float(values[$0] - other) }, bias: [Float(other)], label)
      let result = try importer.reshaped(found, importer.fullShape(.value(value)), importer.place(of: value), label)
      if isInteger { importer.mark(result, .integer) }
      return [.value(result)]
    },
  ]
}

extension ONNXAttribute {
  static func integer(_ name: String, _ value: Int) -> ONNXAttribute {
    var attribute = ONNXAttribute()
    (attribute.name, attribute.type, attribute.i) = (name, .int, Int64(value))
    return attribute
  }
}

extension ONNXNode {
  /// How many labels of strings or integers a classifier has.
  func labelCount(_ strings: String, _ integers: String) throws(NodeProblem) -> Int {
    let names = try self.strings(strings) ?? []
    let count = names.isEmpty ? try self.integers(integers)?.count ?? 0 : names.count
    guard (1...maximumClassCount).contains(count) else { throw .malformed("it has \(count) labels") }
    return count
  }

  /// Labels that are not 0, 1, 2, ….
  fileprivate func namedLabels() throws(NodeProblem) -> Classes.Labels? {
    if let names = try strings("classlabels_strings"), !names.isEmpty { return Classes.Labels(names: names, numbers: nil) }
    var numbers = try integers("classlabels_int64s") ?? []
    if numbers.isEmpty { numbers = try integers("classlabels_ints") ?? [] }
    return Classes.Labels(numbers.map(Float.init))
  }
}

extension GraphImporter {
  /// Operand 0 with numbers along its last axis that belong together.
  mutating func rows(_ node: ONNXNode) throws(NodeProblem) -> Int {
    var operand = try numbers(node, 0, "")
    _ = try freeAxis(-1, &operand)
    guard case .value(let value) = operand else { throw .unsupported("operand 0 is a constant") }
    return value
  }

  /// The same with their number.
  mutating func features(_ node: ONNXNode) throws(NodeProblem) -> (value: Int, count: Int) {
    let value = try rows(node)
    guard let count = shape(of: value).last, count > 0 else { throw .malformed("its input has no features") }
    return (value, count)
  }

  /// An operand as numbers, whatever their type.
  fileprivate mutating func numbers(_ node: ONNXNode, _ index: Int, _ label: String) throws(NodeProblem) -> Tensor {
    switch try tensor(node, index) {
    case .constant(let constant): .constant(try constant.cast(to: .float))
    case .value(let value): .value(value)
    }
  }

  /// x · scale + shift along the last axis.
  mutating func affine(_ value: Int, scale: [Float], shift: [Float], _ label: String) throws(NodeProblem) -> Int {
    let shape = shape(of: value)
    let affine = Contraction<Double>.affine([scale.count], scale: scale, shift: shift.contains { $0 != 0 } ? shift : nil, shape)
    return try append(label, .contraction(affine), [value], shape: shape, place: place(of: value))
  }

  /// The class of the largest sum of each row. Other labels than the numbers from 0 on are shown as their places.
  mutating func label(of sums: Int, _ node: ONNXNode, _ count: Int, _ label: String) throws(NodeProblem) -> Definition {
    let leading = Array(shape(of: sums).dropLast())
    guard count > 1 else { return .refused }
    return .classes(Classes(value: sums, count: 1, shape: leading, labels: try node.namedLabels()))
  }

  /// What a classifier of two classes gives of one sum.
  ///
  /// - Parameter isProbability: Whether the sum is the second class's, beside 1 less it; else its sign decides.
  mutating func twoClasses(
    of sum: Int, _ node: ONNXNode, isProbability: Bool, _ transform: String, _ label: String
  ) throws(NodeProblem) -> [Definition] {
    let decided = try pair(sum, shift: isProbability ? 1 : 0, label)
    let classes = try self.label(of: decided, node, 2, label)
    guard transform == "LOGISTIC" else { return [classes, .value(decided)] }
    let result = try transformed(isProbability ? try pair(sum, shift: 0, label) : decided, transform, label)
    if case .tensor(.value(let shares)) = result { distributions.insert(shares) }
    return [classes, result]
  }

  /// shift − x and x, in the place of x along the last axis.
  mutating func pair(_ value: Int, shift: Float, _ label: String) throws(NodeProblem) -> Int {
    try linear(value, axis: shape(of: value).count - 1, 2, [-1, 1], bias: shift == 0 ? nil : [shift, 0], isPublic: true, label)
  }

  /// What a post_transform makes of scores.
  mutating func transformed(_ scores: Int, _ transform: String, _ label: String) throws(NodeProblem) -> Definition {
    switch transform {
    case "NONE": return .value(scores)
    case "LOGISTIC": return .value(try apply(.function(.sigmoid, .x), to: scores, label))
    case "SOFTMAX":
      let axis = shape(of: scores).count - 1
      let shares = try softmax(scores, axis: axis, masks: [], label)
      return .probabilities(shares, of: scores, operation: "Softmax", isOverLastAxis: true)
    case let other: throw .unsupported("its post_transform is \(other.oneLine); NONE, LOGISTIC and SOFTMAX are supported")
    }
  }
}
