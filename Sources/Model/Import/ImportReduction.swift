/// What a reduction makes of a value along some axes of a sample, which remain with size 1.
private typealias Reducing = @Sendable (
  _ importer: inout GraphImporter, _ value: Int, _ axes: [Int], _ label: String
) throws(NodeProblem) -> Int

extension ImportedOperator {
  /// Sums, means and extremes along axes.
  static let reductions: [ImportedOperator] = [
    reduction("GlobalMaxPool", isGlobal: true, largest) { $0.max() ?? 0 },
    reduction("GlobalAveragePool", isGlobal: true, mean) { mean($0) },
    reduction("ReduceMax", largest) { $0.max() ?? 0 },
    reduction("ReduceMin", { importer, value, axes, label throws(NodeProblem) in
      let negated = try importer.apply(.function(.negate, .x), to: value, label)
      let largest = try largest(&importer, negated, axes, label)
      return try importer.apply(.function(.negate, .x), to: largest, label)
    }) { $0.min() ?? 0 },
    reduction("ReduceMean", mean) { mean($0) },
    reduction("ReduceSum", sum) { $0.reduce(0, +) },
    reduction("ReduceSumSquare", squares) { squares($0) },
    reduction("ReduceL1", { importer, value, axes, label throws(NodeProblem) in
      try sum(&importer, importer.apply(.function(.abs, .x), to: value, label), axes, label)
    }) { $0.reduce(0) { $0 + $1.magnitude } },
    reduction("ReduceL2", { importer, value, axes, label throws(NodeProblem) in
      try importer.apply(.function(.sqrt, .x), to: squares(&importer, value, axes, label), label)
    }) { squares($0).squareRoot() },
    reduction("ReduceLogSum", { importer, value, axes, label throws(NodeProblem) in
      try importer.apply(.function(.log, .x), to: sum(&importer, value, axes, label), label)
    }) { logarithm($0.reduce(0, +)) },
    reduction("ReduceLogSumExp", { importer, value, axes, label throws(NodeProblem) in
      // m + log Σ exp(x − m)
      if axes.isEmpty { return value }
      let largest = Tensor.value(try largest(&importer, value, axes, label))
      let below = try importer.combine(.value(value), largest, .subtract, label)
      guard case .value(let exponentials) = try importer.apply(.function(.exp, .x), to: below, label) else { return value }
      let logarithm = try importer.apply(.function(.log, .x), to: sum(&importer, exponentials, axes, label), label)
      guard case .value(let result) = try importer.combine(largest, .value(logarithm), .add, label) else { return value }
      return result
    }) { values in
      let largest = values.max() ?? 0
      return largest + logarithm(values.reduce(0) { $0 + exponential($1 - largest) })
    },
    reduction("ReduceProd", support: "at most \(maximumFactorCount) factors, not over the batch axis", { importer, value, axes, label throws(NodeProblem) in
      try importer.product(value, along: axes, label)
    }) { $0.reduce(1, *) },
  ]

  private static let largest: Reducing = { importer, value, axes, label throws(NodeProblem) in
    if axes.isEmpty { return value }
    let shape = importer.shape(of: value)
    try importer.requireBounded(axes.map { shape[$0] })
    return try importer.line(.maximum(Maximum(over: axes, of: shape)), value, axes, label)
  }

  private static let sum: Reducing = { importer, value, axes, label throws(NodeProblem) in
    try importer.line(.contraction(.sum(over: axes, of: importer.shape(of: value), 1)), value, axes, label)
  }

  private static let mean: Reducing = { importer, value, axes, label throws(NodeProblem) in
    let shape = importer.shape(of: value)
    let count = axes.reduce(1) { $0 * shape[$1] }
    return try importer.line(.contraction(.sum(over: axes, of: shape, 1 / Double(count))), value, axes, label)
  }

  private static let squares: Reducing = { importer, value, axes, label throws(NodeProblem) in
    try importer.line(.contraction(.squares(importer.shape(of: value), over: axes)), value, axes, label)
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private static func squares(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }

  private static func logarithm(_ value: Double) -> Double { Pointwise.Function.log.value(at: value) }

  private static func exponential(_ value: Double) -> Double { Pointwise.Function.exp.value(at: value) }

  private static func reduction(
    _ name: String, isGlobal: Bool = false, support: String? = nil, _ reducing: @escaping Reducing,
    folding: @escaping @Sendable ([Double]) -> Double
  ) -> ImportedOperator {
    ImportedOperator(name, support ?? (isGlobal ? "all" : "not over the batch axis")) { importer, node, label throws(NodeProblem) in
      [.tensor(try importer.reduce(node, isGlobal: isGlobal, label, reducing, folding))]
    }
  }
}

/// Of a ReduceProd: products of pairs are values of their own.
private let maximumFactorCount = 64

extension GraphImporter {
  /// - Parameters:
  ///   - isGlobal: Whether it is over all axes after the channels, which remain.
  ///   - fold: What it makes of constants.
  fileprivate mutating func reduce(
    _ node: ONNXNode, isGlobal: Bool, _ label: String, _ reducing: Reducing, _ fold: ([Double]) -> Double
  ) throws(NodeProblem) -> Tensor {
    var operand = try tensor(node, 0)
    let full = fullShape(operand)
    var axes = isGlobal ? Array(full.indices.dropFirst(2)) : try reducedAxes(node, operand)
    for axis in axes where batch == .symbolic && axis == place(of: operand)?.axis { throw .unsupported("it reduces the batch axis") }
    guard !axes.isEmpty || !isGlobal else { throw .malformed("its input of shape \(full) has no axis after the channels") }
    axes.sort()
    for axis in axes { _ = try freeAxis(axis, &operand) }
    let keepsAxes = isGlobal ? true : try node.integer("keepdims", default: 1) != 0
    let kept = full.indices.map { axes.contains($0) ? 1 : full[$0] }
    let result = full.indices.compactMap { axes.contains($0) && !keepsAxes ? nil : kept[$0] }
    switch operand {
    case .constant(let constant):
      guard let numbers = constant.numbers, constant.batch == nil else { throw .unsupported("it reduces the batch size") }
      let lines = transposed(numbers, full, order: full.indices.filter { !axes.contains($0) } + axes)
      let length = axes.reduce(1) { $0 * full[$1] }
      guard length > 0 else { throw .malformed("it reduces an axis without elements") }
      let values = stride(from: 0, to: lines.count, by: length).map { fold(lines[$0..<$0 + length].map(Double.init)) }
      let isInteger = constant.integers != nil && values.allSatisfy { $0 == $0.rounded() && $0.magnitude < 0x1p24 }
      return .constant(isInteger ? .integers(values.map { Int($0) }, shape: result) : .floats(values.map { Float($0) }, shape: result))
    case .value(let value):
      let (place, kind) = (place(of: value), kind(of: operand))
      let reduced = try reducing(&self, value, axes.map { sampleAxis($0, value) }, label)
      if kind != .real { mark(reduced, kind == .boolean && reducesBooleans(node) ? .boolean : .integer) }
      let isAlone = batch == .one && place.isFolded
      let moved = isAlone ? place : place.moved(to: keepsAxes ? place.axis : place.axis - axes.count { $0 < place.axis })
      return .value(try reshaped(reduced, result, moved, label))
    }
  }

  /// Whether a node makes numbers of 0 and 1 of such.
  private func reducesBooleans(_ node: ONNXNode) -> Bool { node.opType == "ReduceMax" || node.opType == "ReduceMin" }

  /// The axes of the full shape that a node reduces; without any, each element is reduced by itself.
  private func reducedAxes(_ node: ONNXNode, _ operand: Tensor) throws(NodeProblem) -> [Int] {
    let rank = fullShape(operand).count
    if try hasValue(node, from: 1) { throw .unsupported("its axes depend on the input; give them as constants") }
    guard let given = try integers(node, 1, or: "axes"), !given.isEmpty else {
      if try node.integer("noop_with_empty_axes", default: 0) != 0 { return [] }
      return Array(0..<rank)
    }
    return try normalized(given, rank: rank)
  }

  /// One operation along axes of a sample, which remain with size 1.
  fileprivate mutating func line(
    _ operation: Operation<Double>, _ value: Int, _ axes: [Int], _ label: String
  ) throws(NodeProblem) -> Int {
    var shape = shape(of: value)
    for axis in axes { shape[axis] = 1 }
    return try append(label, operation, [value], shape: shape, place: place(of: value))
  }

  /// The product along axes of a sample, which remain with size 1: halves of an axis are multiplied with each other.
  fileprivate mutating func product(_ value: Int, along axes: [Int], _ label: String) throws(NodeProblem) -> Int {
    let own = shape(of: value)
    guard elementCount(axes.map { own[$0] }, limit: maximumFactorCount) != nil else {
      throw .unsupported("it multiplies more than \(maximumFactorCount) elements")
    }
    let place = place(of: value)
    var result = value
    for axis in axes {
      var rest: [Int] = []
      while case let count = shape(of: result)[axis], count > 1 {
        var parts: [Int] = []
        var shape = shape(of: result)
        for (start, length) in [(0, count / 2), (count / 2, count / 2), (count - 1, count % 2)] where length > 0 {
          shape[axis] = length
          let reading = shape.indices.map { Index($0, start: $0 == axis ? start : 0) }
          parts.append(try append(label, .contraction(.view(shape, reading)), [result], shape: shape, place: place))
        }
        rest += parts.dropFirst(2)
        shape[axis] = count / 2
        result = try product(Array(parts.prefix(2)), shape: shape, place, label)
      }
      for factor in rest { result = try product([result, factor], shape: shape(of: result), place, label) }
    }
    return result
  }
}
