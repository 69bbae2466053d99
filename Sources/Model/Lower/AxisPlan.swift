/// Into which axes the elements of each value are cut, so that every operator's operands and result have axes in common.
///
/// An axis of a column need not be a dimension of the tensor: dimensions that nothing tells apart stay one axis, and a
/// dimension that a reshape splits becomes several. A value is described by its *cuts*: the numbers of elements that lie
/// below the boundaries between its axes, in row-major order. The loops of an operator are cut alike, as if they were the
/// axes of a value.
struct AxisPlan {
  /// By value, then by node for its loops: sizes of the axes, outermost first, each at least 2; their product is the
  /// number of elements.
  let axes: [[Int]]
  /// Nodes that copy their operand into axes of their own.
  let copies: Set<Int>
  private let network: IntegerNetwork
  private let valueCount: Int

  /// A stretch of elements with the same order in two values: element firstBase·i of one, secondBase·i of the other,
  /// i < length.
  fileprivate struct Segment {
    let firstBase: Int
    let secondBase: Int
    let length: Int
    /// Of a loop that reads element firstBase·(start + i) at secondBase·i, i < count: both have the cuts that divide all three.
    var part: (start: Int, count: Int)?
  }

  /// What two values have in common.
  private struct Relation {
    let first: Int
    let second: Int
    let segments: [Segment]
  }

  /// - Throws: `.unusableLayer` for a node whose operands and result have no axes in common.
  init(_ network: IntegerNetwork, copies: Set<Int> = []) throws(ModelError) {
    self.network = network
    self.copies = copies
    valueCount = network.inputs.count + network.nodes.count
    var cuts = (0..<valueCount).map { Set([1, network.shape(of: $0).reduce(1, *)]) }
    cuts += network.nodes.map { Set([1, $0.loops.reduce(1, *)]) }
    var relations: [[Relation]] = []
    for (index, node) in network.nodes.enumerated() {
      let (loops, space) = (node.loops, valueCount + index)
      relations.append(Self.relations(network, index, space: space, isCopy: copies.contains(index)))
      for (operand, reading) in node.readings {
        let shape = network.shape(of: node.operands[operand])
        for ((size, stride), place) in zip(zip(shape, rowStrides(shape)), reading) where !node.reads(place, whole: size) {
          cuts[node.operands[operand]].formUnion([stride, stride * size])
          for step in place.steps { cuts[space].formUnion(Self.ends(of: step.loop, loops)) }
        }
      }
      // Steps are an axis of their own.
      if case .delay = node.operation { cuts[network.inputs.count + index].insert(node.shape.dropFirst().reduce(1, *)) }
      guard case .contraction(let contraction) = node.operation else { continue }
      for constant in contraction.constants {
        cuts[space].formUnion(loops.indices.dropFirst().flatMap { loop in
          constant.loops.contains(loop) == constant.loops.contains(loop - 1) ? [] : Self.ends(of: loop, loops).suffix(1)
        })
      }
    }
    for output in network.outputs where output.classCount != nil {
      cuts[output.value].formUnion(network.shape(of: output.value).suffix(1))
    }
    var (isChanged, isForward) = (true, false)
    while isChanged {
      (isChanged, isForward) = (false, !isForward)
      for relation in isForward ? Array(relations.joined()) : relations.joined().reversed() {
        for segment in relation.segments {
          let found = cuts[relation.first].compactMap { segment.offset(of: $0, from: segment.firstBase) }
            + cuts[relation.second].compactMap { segment.offset(of: $0, from: segment.secondBase) }
            + (segment.part == nil ? [1, segment.length] : [])
          for cut in found {
            if cuts[relation.first].insert(cut * segment.firstBase).inserted { isChanged = true }
            if cuts[relation.second].insert(cut * segment.secondBase).inserted { isChanged = true }
          }
        }
      }
    }
    var axes: [[Int]] = []
    for (value, cuts) in cuts.enumerated() {
      let sorted = cuts.sorted()
      let node = value < valueCount ? network.node(of: value) : network.nodes[value - valueCount]
      let name = node?.name ?? network.inputs[value].port.name
      guard zip(sorted, sorted.dropFirst()).allSatisfy({ $1 % $0 == 0 }) else {
        throw .unusableLayer(name, reason: "two operators read its elements in pieces that do not fit together; sizes that are powers of two do")
      }
      axes.append(zip(sorted, sorted.dropFirst()).map { $1 / $0 }.reversed())
      guard value >= valueCount || axes[value].count <= 7 else {
        throw .unusableLayer(name, reason: "its elements are cut into \(axes[value].count) axes; at most 7 are supported: reshape it less often")
      }
    }
    self.axes = axes
  }

  /// The value that stands for the loops of a node.
  func loops(ofNode index: Int) -> Int { valueCount + index }

  /// For each axis of a node's operand the same axis of its loops; nil where it is read otherwise.
  func axisMap(node index: Int, operand: Int, _ reading: Reading) -> [Int?] {
    let node = network.nodes[index]
    let value = node.operands[operand]
    let segments = Self.segments(reading, network.shape(of: value), node)
    return axisMap(segments, from: value, to: loops(ofNode: index))
  }

  private func axisMap(_ segments: [Segment], from first: Int, to second: Int) -> [Int?] {
    let results = bases(of: second)
    return bases(of: first).map { base in
      segments.lazy.compactMap { segment in
        guard let offset = segment.offset(of: base, from: segment.firstBase), offset < segment.length else { return nil }
        return results.firstIndex(of: offset * segment.secondBase)
      }.first
    }
  }

  /// The number of elements below each axis of a value.
  func bases(of value: Int) -> [Int] { rowStrides(axes[value]) }

  /// The axis that is one dimension of a value of this shape, when nothing cuts it.
  func axis(_ dimension: Int, _ shape: [Int], of value: Int) -> Int? {
    bases(of: value).firstIndex(of: rowStrides(shape)[dimension]).flatMap {
      axes[value][$0] == shape[dimension] ? $0 : nil
    }
  }

  /// The axes that one dimension of a value of this shape consists of, outermost first; nil where one goes beyond it.
  func axes(of dimension: Int, _ shape: [Int], value: Int) -> [PlannedAxis]? {
    let base = rowStrides(shape)[dimension]
    let inside = base..<base * shape[dimension]
    let own = zip(bases(of: value), axes[value]).enumerated().filter { inside.contains($1.0) }.map { PlannedAxis(number: $0, size: $1.1) }
    return own.reduce(1) { $0 * $1.size } == shape[dimension] ? own : nil
  }

  /// All axes of a value.
  func axes(of value: Int) -> [PlannedAxis] { axes[value].enumerated().map { PlannedAxis(number: $0, size: $1) } }

  // MARK: Relations

  private static func ends(of loop: Int, _ loops: [Int]) -> [Int] {
    let base = rowStrides(loops)[loop]
    return [base, base * loops[loop]]
  }

  private static func relations(_ network: IntegerNetwork, _ index: Int, space: Int, isCopy: Bool) -> [Relation] {
    let (node, result) = (network.nodes[index], network.inputs.count + index)
    guard !node.loops.isEmpty else {
      let whole = Segment(firstBase: 1, secondBase: 1, length: node.shape.reduce(1, *))
      return (network.delayed(by: node) ?? node.operands.first).map { [Relation(first: $0, second: result, segments: [whole])] } ?? []
    }
    let own = segments(node.shape.indices.map { Index($0) }, node.shape, node)
    let read = node.readings.map { operand, reading in
      let value = node.operands[operand]
      let shape = network.shape(of: value)
      return Relation(first: value, second: space, segments: segments(reading, shape, node) + parts(reading, shape, node))
    }
    return (isCopy ? [] : read) + [Relation(first: result, second: space, segments: own)]
  }

  /// What an array has in common with the loops that read parts of its axes.
  private static func parts(_ reading: Reading, _ shape: [Int], _ node: Node<Int64>) -> [Segment] {
    let loops = node.loops
    let (own, to) = (rowStrides(shape), rowStrides(loops))
    return zip(reading, shape).enumerated().compactMap { axis, read in
      let index = read.0.simplified(loops)
      guard !node.reads(read.0, whole: read.1), index.steps.count == 1, index.steps[0].stride == 1, node.keeps(index.steps[0].loop) else {
        return nil
      }
      let loop = index.steps[0].loop
      return Segment(firstBase: own[axis], secondBase: to[loop], length: read.1, part: (index.start, loops[loop]))
    }
  }

  /// What an array has in common with the loops that read it.
  private static func segments(_ reading: Reading, _ shape: [Int], _ node: Node<Int64>) -> [Segment] {
    let loops = node.loops
    let (own, to) = (rowStrides(shape), rowStrides(loops))
    return merged(
      zip(reading, shape).enumerated().compactMap { axis, read in
        guard node.reads(read.0, whole: read.1), let step = read.0.simplified(loops).steps.first else { return nil }
        return Segment(firstBase: own[axis], secondBase: to[step.loop], length: read.1)
      })
  }

  /// Without empty segments, neighbours joined.
  private static func merged(_ segments: [Segment]) -> [Segment] {
    var result: [Segment] = []
    for segment in segments where segment.length > 1 {
      if let last = result.last, last.firstBase == segment.firstBase * segment.length,
        last.secondBase == segment.secondBase * segment.length
      {
        result[result.count - 1] = Segment(
          firstBase: segment.firstBase, secondBase: segment.secondBase, length: last.length * segment.length)
      } else {
        result.append(segment)
      }
    }
    return result
  }
}

extension AxisPlan.Segment {
  /// The cut's place in the segment, when it lies at one.
  fileprivate func offset(of cut: Int, from base: Int) -> Int? {
    guard cut % base == 0, cut / base <= length, cut >= base else { return nil }
    let offset = cut / base
    guard let part else { return offset }
    let isCommon = offset < min(length, part.count) && [part.start, part.count, length].allSatisfy { $0 % offset == 0 }
    return isCommon ? offset : nil
  }
}

extension Node<Int64> {
  var loops: [Int] { operation.primitive.loops }

  var readings: [(operand: Int, reading: Reading)] { operation.primitive.readings }

  /// Whether an axis of this size is read from its first to its last element by a loop that can be an axis of the circuit.
  func reads(_ index: Index, whole size: Int) -> Bool {
    index.isWhole(size, loops) && index.steps.allSatisfy { keeps($0.loop) || loops[$0.loop] == 1 }
  }

  /// Whether a loop can be an axis of the circuit.
  func keeps(_ loop: Int) -> Bool { operation.primitive.keepsInnerLoops || loop < shape.count }
}
