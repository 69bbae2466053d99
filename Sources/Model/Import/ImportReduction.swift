extension ImportedOperator {
  /// Sums, means and extremes along axes.
  static let reductions: [ImportedOperator] = [
    reduction("GlobalMaxPool", isGlobal: true) { .maximum(Maximum(over: $0, of: $1)) } folding: { $0.max() ?? 0 },
    reduction("GlobalAveragePool", isGlobal: true) { axes, shape in mean(over: axes, of: shape) } folding: { mean($0) },
    reduction("ReduceMax") { .maximum(Maximum(over: $0, of: $1)) } folding: { $0.max() ?? 0 },
    reduction("ReduceMean") { axes, shape in mean(over: axes, of: shape) } folding: { mean($0) },
    reduction("ReduceSum") { .contraction(.sum(over: $0, of: $1, 1)) } folding: { $0.reduce(0, +) },
    reduction("ReduceSumSquare") { .contraction(.squares($1, over: $0)) } folding: { $0.reduce(0) { $0 + $1 * $1 } },
    ImportedOperator("ReduceL2", "not over the batch axis") { importer, node, label throws(NodeProblem) in
      let squares = try importer.reduce(node, isGlobal: false, label, { .contraction(.squares($1, over: $0)) }) { $0.reduce(0) { $0 + $1 * $1 } }
      return [.tensor(try importer.apply(.function(.sqrt, .x), to: squares, label))]
    },
  ]

  private static func mean(over axes: [Int], of shape: [Int]) -> Operation<Double> {
    .contraction(.sum(over: axes, of: shape, 1 / Double(axes.reduce(1) { $0 * shape[$1] })))
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private static func reduction(
    _ name: String, isGlobal: Bool = false, _ operation: @escaping @Sendable (_ axes: [Int], _ shape: [Int]) -> Operation<Double>,
    folding: @escaping @Sendable ([Double]) -> Double
  ) -> ImportedOperator {
    ImportedOperator(name, isGlobal ? "all" : "not over the batch axis") { importer, node, label throws(NodeProblem) in
      [.tensor(try importer.reduce(node, isGlobal: isGlobal, label, operation, folding))]
    }
  }
}

extension GraphImporter {
  /// - Parameters:
  ///   - isGlobal: Whether it is over all axes after the channels, which remain.
  ///   - operation: Over some axes of a shape.
  ///   - fold: What it makes of constants.
  fileprivate mutating func reduce(
    _ node: ONNXNode, isGlobal: Bool, _ label: String, _ operation: (_ axes: [Int], _ shape: [Int]) -> Operation<Double>,
    _ fold: ([Double]) -> Double
  ) throws(NodeProblem) -> Tensor {
    var operand = try tensor(node, 0)
    let full = fullShape(operand)
    guard var axes = isGlobal ? Array(full.indices.dropFirst(2)) : try reducedAxes(node, operand) else { return operand }
    for axis in axes where batch == .symbolic && axis == place(of: operand)?.axis { throw .unsupported("it reduces the batch axis") }
    guard !axes.isEmpty else { throw .malformed("its input of shape \(full) has no axis after the channels") }
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
      let own = axes.map { sampleAxis($0, value) }
      let (shape, place) = (shape(of: value), place(of: value))
      let reduced = operation(own, shape)
      if case .maximum = reduced { try requireBounded(own.map { shape[$0] }) }
      let kind: NumberKind = kind(of: operand) == .real ? .real : .integer
      let last = try append(label, reduced, [value], shape: sampleShape(kept, place), place: place, kind: kind)
      let isAlone = batch == .one && place.isFolded
      let moved = isAlone ? place : place.moved(to: keepsAxes ? place.axis : place.axis - axes.count { $0 < place.axis })
      return .value(try reshaped(last, result, moved, label))
    }
  }

  /// The axes of the full shape that a node reduces; nil when it does nothing.
  private func reducedAxes(_ node: ONNXNode, _ operand: Tensor) throws(NodeProblem) -> [Int]? {
    let rank = fullShape(operand).count
    guard let given = try integers(node, 1, or: "axes"), !given.isEmpty else {
      if try node.integer("noop_with_empty_axes", default: 0) != 0 { return nil }
      return Array(0..<rank)
    }
    return try normalized(given, rank: rank)
  }
}
