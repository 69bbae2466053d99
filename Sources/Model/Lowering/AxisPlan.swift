/// Into which axes the elements of each value are cut, so that every operator's operands and result have axes in common.
///
/// An axis of a column need not be a dimension of the tensor: dimensions that nothing tells apart stay one axis, and a
/// dimension that a reshape splits becomes several. A value is described by its *cuts*: the numbers of elements that lie
/// below the boundaries between its axes, in row-major order.
struct AxisPlan {
  /// By value: sizes of the axes, outermost first, each at least 2; their product is the number of elements.
  let axes: [[Int]]
  fileprivate let relations: [[[Segment]]]
  private let firstNode: Int

  /// A stretch of elements with the same order in two values: element uBase·i of one, vBase·i of the other, i < length.
  fileprivate struct Segment {
    let operandBase: Int
    let resultBase: Int
    let length: Int
  }

  /// - Throws: `.unusableLayer` for a node whose operands and result have no axes in common.
  init(_ network: IntegerNetwork) throws(ModelError) {
    firstNode = network.inputs.count
    let count = network.inputs.count + network.nodes.count
    var cuts = (0..<count).map { Set([1, network.shape(of: $0).reduce(1, *)]) }
    relations = network.nodes.map { node in
      node.operands.map { Self.segments(node, network.shape(of: $0)) }
    }
    for (index, node) in network.nodes.enumerated() {
      if case .affine(let affine) = node.operation {
        cuts[firstNode + index].formUnion(Self.boundaries(affine.shape, in: node.shape))
      }
      if let window = node.operation.window {
        for (value, shape) in [(node.operands[0], network.shape(of: node.operands[0])), (firstNode + index, node.shape)] {
          let strides = rowStrides(shape)
          cuts[value].insert(strides[0])
          if !window.rows.isTrivial || !window.columns.isTrivial { cuts[value].insert(strides[1]) }
        }
      }
    }
    for output in network.outputs where output.classCount != nil {
      cuts[output.value].formUnion(network.shape(of: output.value).suffix(1))
    }
    var (isChanged, isForward) = (true, false)
    while isChanged {
      (isChanged, isForward) = (false, !isForward)
      for place in network.nodes.indices {
        let index = isForward ? place : network.nodes.count - 1 - place
        let node = network.nodes[index]
        for (operand, segments) in zip(node.operands, relations[index]) {
          for segment in segments {
            let result = firstNode + index
            let found = cuts[operand].compactMap { segment.offset(of: $0, from: segment.operandBase) }
              + cuts[result].compactMap { segment.offset(of: $0, from: segment.resultBase) } + [1, segment.length]
            for cut in found {
              if cuts[operand].insert(cut * segment.operandBase).inserted { isChanged = true }
              if cuts[result].insert(cut * segment.resultBase).inserted { isChanged = true }
            }
          }
        }
      }
    }
    var axes: [[Int]] = []
    for (value, cuts) in cuts.enumerated() {
      let sorted = cuts.sorted()
      let name = network.node(of: value)?.name ?? network.inputs[value].port.name
      guard zip(sorted, sorted.dropFirst()).allSatisfy({ $1 % $0 == 0 }) else {
        throw .unusableLayer(name, reason: "its elements are cut into axes in two ways that do not nest")
      }
      axes.append(zip(sorted, sorted.dropFirst()).map { $1 / $0 }.reversed())
      guard axes[value].count <= 7 else {
        throw .unusableLayer(name, reason: "its elements are cut into \(axes[value].count) axes; at most 7 are supported")
      }
    }
    self.axes = axes
  }

  /// For each axis of a node's operand the same axis of its result, nil where the result has none.
  func axisMap(node: Int, operand index: Int, _ network: IntegerNetwork) -> [Int?] {
    let results = bases(of: firstNode + node)
    return bases(of: network.nodes[node].operands[index]).map { base in
      relations[node][index].lazy.compactMap { segment in
        guard let offset = segment.offset(of: base, from: segment.operandBase), offset < segment.length else {
          return nil
        }
        return results.firstIndex(of: offset * segment.resultBase)
      }.first
    }
  }

  /// The number of elements below each axis of a value.
  func bases(of value: Int) -> [Int] { rowStrides(axes[value]) }

  // MARK: Relations

  private static func segments(_ node: IntegerNode, _ operand: [Int]) -> [Segment] {
    let (from, to) = (rowStrides(operand), rowStrides(node.shape))
    switch node.operation {
    case .requantize, .table, .reshape: return whole(node.shape)
    case .affine: return whole(node.shape)
    case .combination, .product:
      if operand == node.shape { return whole(node.shape) }
      let offset = node.shape.count - operand.count
      return merged(
        operand.indices.filter { operand[$0] == node.shape[$0 + offset] }.map {
          Segment(operandBase: from[$0], resultBase: to[$0 + offset], length: operand[$0])
        })
    case .transpose(let order):
      return merged(
        order.indices.map { Segment(operandBase: from[order[$0]], resultBase: to[$0], length: node.shape[$0]) })
    case .slice(let axis, _, _), .concatenation(let axis, _):
      let outer = node.shape[..<axis].reduce(1, *)
      return merged([
        Segment(operandBase: from[axis] * operand[axis], resultBase: to[axis] * node.shape[axis], length: outer),
        Segment(operandBase: 1, resultBase: 1, length: to[axis]),
      ])
    case .reduce(let axes, _, _):
      return merged(
        operand.indices.filter { !axes.contains($0) }.map {
          Segment(operandBase: from[$0], resultBase: to[$0], length: operand[$0])
        })
    case .linear(let linear):
      let outer = operand.dropLast().reduce(1, *)
      return merged([Segment(operandBase: linear.inputCount, resultBase: linear.outputCount, length: outer)])
    case .convolution(let convolution):
      let count = convolution.groupCount
      let groups = Segment(
        operandBase: from[0] * (operand[0] / count), resultBase: to[0] * (node.shape[0] / count), length: count)
      return merged([groups] + places(convolution.window, operand, node.shape))
    case .windowSum(let window, _), .windowMaximum(let window):
      let channels = Segment(operandBase: from[0], resultBase: to[0], length: operand[0])
      return merged([channels] + places(window, operand, node.shape))
    }
  }

  /// Rows and columns over which windows do not slide.
  private static func places(_ window: Window, _ operand: [Int], _ result: [Int]) -> [Segment] {
    let (from, to) = (rowStrides(operand), rowStrides(result))
    return [(1, window.rows), (2, window.columns)].filter { $0.1.isTrivial }.map { axis, _ in
      Segment(operandBase: from[axis], resultBase: to[axis], length: operand[axis])
    }
  }

  private static func whole(_ shape: [Int]) -> [Segment] {
    [Segment(operandBase: 1, resultBase: 1, length: shape.reduce(1, *))]
  }

  /// Without empty segments, neighbours joined.
  private static func merged(_ segments: [Segment]) -> [Segment] {
    var result: [Segment] = []
    for segment in segments where segment.length > 1 {
      if let last = result.last, last.operandBase == segment.operandBase * segment.length,
        last.resultBase == segment.resultBase * segment.length
      {
        result[result.count - 1] = Segment(
          operandBase: segment.operandBase, resultBase: segment.resultBase, length: last.length * segment.length)
      } else {
        result.append(segment)
      }
    }
    return result
  }

  /// Where axes that constants have lie beside axes along which they are repeated.
  private static func boundaries(_ constants: [Int], in shape: [Int]) -> [Int] {
    let padded = [Int](repeating: 1, count: shape.count - constants.count) + constants
    let strides = rowStrides(shape)
    return zip(shape, padded).enumerated().dropFirst().compactMap { axis, sizes in
      let isRepeated = (padded[axis - 1] != shape[axis - 1], sizes.1 != sizes.0)
      return isRepeated.0 == isRepeated.1 ? nil : strides[axis] * shape[axis]
    }
  }
}

extension AxisPlan.Segment {
  /// The cut's place in the segment, when it lies at one.
  fileprivate func offset(of cut: Int, from base: Int) -> Int? {
    guard cut % base == 0, cut / base <= length, cut >= base else { return nil }
    return cut / base
  }
}

extension IntegerOperation {
  var window: Window? {
    switch self {
    case .convolution(let convolution): convolution.window
    case .windowSum(let window, _), .windowMaximum(let window): window
    case .linear, .affine, .combination, .product, .concatenation, .reduce, .requantize, .table, .reshape, .transpose,
      .slice:
      nil
    }
  }
}
