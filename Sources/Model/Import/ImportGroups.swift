/// Heads of keys and values that groups of queries share are repeated in the file. A product reads them once.
extension GraphImporter {
  /// Gives a product of tensors the unrepeated operands of those that repeat every element along an axis, which the axes of
  /// the others, and of the result, follow by being two: of elements and of repeats.
  ///
  /// - Parameters:
  ///   - axes: Names, by tensor.
  ///   - result: Names.
  /// - Returns: The axis of the result that became two; nil where nothing did.
  mutating func ungroup(
    _ tensors: inout [Tensor], _ axes: inout [[Int]], _ result: inout [Int]
  ) throws(NodeProblem) -> Int? {
    for index in tensors.indices {
      guard case .value(let value) = tensors[index], !place(of: value).isFolded, let group = try ungrouped(value) else { continue }
      let name = axes[index][fullAxis(group.axis, value)]
      let others = tensors.indices.filter { $0 != index && axes[$0].contains(name) }
      guard let axis = result.firstIndex(of: name), others.allSatisfy({ other in
        if case .value(let value) = tensors[other] { fullShape(tensors[other])[place(of: value).axis] == 1 || axes[other][place(of: value).axis] != name } else { false }
      }) else { continue }
      let fresh = (axes.joined().min() ?? 0) - 1
      for other in others {
        guard case .value(let value) = tensors[other], let own = axes[other].firstIndex(of: name) else { continue }
        var full = fullShape(tensors[other])
        guard full[own] % group.count == 0 else { continue }
        full[own] /= group.count
        full.insert(group.count, at: own + 1)
        let place = place(of: value)
        tensors[other] = .value(try reshaped(value, full, place.axis > own ? place.shifted(by: 1) : place))
        axes[other].insert(fresh, at: own + 1)
      }
      tensors[index] = .value(group.value)
      result.insert(fresh, at: axis + 1)
      return axis
    }
    return nil
  }

  /// The value of which another one repeats every element `count` times along an axis of a sample; nil when it does not.
  private mutating func ungrouped(_ value: Int, depth: Int = 0) throws(NodeProblem) -> (value: Int, axis: Int, count: Int)? {
    guard depth < maximumPatternDepth, let node = maker(value), node.operands.count == 1 else { return nil }
    let operand = node.operands[0]
    let source = shape(of: operand)
    switch node.operation {
    case .map:
      guard let inner = try ungrouped(operand, depth: depth + 1) else { return nil }
      let same = try append("", node.operation, [inner.value], shape: shape(of: inner.value), place: place(of: value))
      return (same, inner.axis, inner.count)
    case .contraction(let contraction):
      // A transposition.
      guard node.isView(of: source), source.sorted() == node.shape.sorted(), case .contraction(let view)? = contraction.selection,
        case .operand(_, let reading)? = view.terms.first?.factors.first, let inner = try ungrouped(operand, depth: depth + 1)
      else { return nil }
      let loops = reading.map { $0.steps.first?.loop }
      guard let axis = loops[inner.axis] else { return nil }
      var shape = node.shape
      shape[axis] /= inner.count
      let turned = try append("", .contraction(.view(shape, reading)), [inner.value], shape: shape, place: place(of: value))
      return (turned, axis, inner.count)
    case .reshape:
      if let repeated = try repeated(operand, node.shape, place(of: value)) { return repeated }
      let (long, own) = (source.indices.filter { source[$0] != 1 }, node.shape.indices.filter { node.shape[$0] != 1 })
      guard long.map({ source[$0] }) == own.map({ node.shape[$0] }), let inner = try ungrouped(operand, depth: depth + 1),
        let number = long.firstIndex(of: inner.axis)
      else { return nil }
      var shape = node.shape
      shape[own[number]] /= inner.count
      return (try append("", .reshape, [inner.value], shape: shape, place: place(of: value)), own[number], inner.count)
    case .maximum, .softmax, .delay: return nil
    }
  }

  /// The value that is expanded along an axis of size 1, which then is joined with the one before it.
  private mutating func repeated(
    _ expanded: Int, _ shape: [Int], _ place: BatchPlace
  ) throws(NodeProblem) -> (value: Int, axis: Int, count: Int)? {
    guard let node = maker(expanded), node.operands.count == 1, case .contraction(let contraction) = node.operation else { return nil }
    let source = self.shape(of: node.operands[0])
    guard source.count == node.shape.count, contraction == .sum(of: [source], [1], shape: node.shape) else { return nil }
    let axes = source.indices.filter { source[$0] != node.shape[$0] }
    guard axes.count == 1, let axis = axes.first, axis > 0 else { return nil }
    var joined = node.shape
    joined[axis - 1] *= joined.remove(at: axis)
    guard joined == shape else { return nil }
    var single = source
    single.remove(at: axis)
    return (try append("", .reshape, [node.operands[0]], shape: single, place: place), axis - 1, node.shape[axis])
  }
}
