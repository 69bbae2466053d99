/// What the importer computes itself.
extension Constant {
  /// The same elements under another shape of as many.
  func reshaped(_ shape: [Int], _ place: BatchPlace? = nil) -> Constant {
    Constant(elements, shape: shape, type: type, batch: place.map { Batch(place: $0, steps: steps) })
  }

  /// The elements at `positions`.
  func picking(_ positions: [Int], shape: [Int], _ place: BatchPlace? = nil) -> Constant {
    let steps = batch.map { batch in batch.steps.map { steps in positions.map { steps[$0] } } } ?? positions.map { _ in 0 }
    let own = place.map { Batch(place: $0, steps: steps) }
    return switch elements {
    case .floats(let values): Constant(.floats(positions.map { values[$0] }), shape: shape, type: type, batch: own)
    case .integers(let values): Constant(.integers(positions.map { values[$0] }), shape: shape, type: type, batch: own)
    }
  }

  /// The elements that are read for each place of a shape.
  func view(_ result: [Int], _ reading: Reading, _ place: BatchPlace?) -> Constant {
    let access = Access(shape, reading, loops: result)
    return picking(strided(Array(0..<count), start: access.start, sizes: result, strides: access.steps), shape: result, place)
  }

  /// A tensor of a shape with no elements.
  static func empty(_ shape: [Int], _ kind: NumberKind) -> Constant {
    switch kind {
    case .real: .floats([], shape: shape)
    case .integer: .integers([], shape: shape)
    case .boolean: Constant(.integers([]), shape: shape, type: .bool)
    }
  }

  /// Constants of one rank, equal in all axes but one, along which they are put together; nil when their types differ.
  static func concatenated(_ parts: [Constant], axis: Int) -> Constant? {
    guard let first = parts.first else { return nil }
    var shape = first.shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    func joined<Element>(_ elements: [[Element]]) -> [Element]? {
      guard elements.count == parts.count else { return nil }
      return Model.concatenated(zip(elements, parts).map { ($0, $1.shape) }, axis: axis)
    }
    let elements = joined(parts.compactMap(\.floats)).map(Elements.floats)
      ?? joined(parts.compactMap(\.integers)).map(Elements.integers)
    let place = parts.lazy.compactMap { $0.batch?.place }.first
    return elements.map { elements in
      Constant(elements, shape: shape, type: first.type, batch: place.map { Batch(place: $0, steps: joined(parts.compactMap(\.steps))) })
    }
  }

  /// By element, how much it grows from one sample to the next.
  var steps: [Int]? { batch.map(\.steps) ?? [Int](repeating: 0, count: count) }

  /// Constants with the shape that they broadcast to, and where the batch is in it.
  static func broadcast(_ operands: [Constant]) throws(NodeProblem) -> (operands: [Constant], shape: [Int], place: BatchPlace?) {
    var shape: [Int]? = []
    for operand in operands { shape = shape.flatMap { broadcastShape($0, operand.shape) } }
    guard let shape, elementCount(shape, limit: max(maximumMadeElementCount, operands.map(\.count).max() ?? 0)) != nil else {
      throw .malformed("its operands of shapes \(operands.map { "\($0.shape)" }.joined(separator: " and ")) do not broadcast")
    }
    let places = operands.compactMap { operand in operand.batch?.place.shifted(by: shape.count - operand.shape.count) }
    let place = places.first
    if let place, places.contains(where: { $0 != place }) || !place.isFolded && shape[place.axis] != 1 {
      throw .unsupported("its operands have the batch at different axes")
    }
    return (operands.map { operand in
        operand.shape == shape ? operand : operand.view(shape, broadcastReading(operand.shape, to: shape), place)
      }, shape, place)
  }

  /// Floats in Float32; integers exactly, of sizes of the batch only products and quotients.
  func combined(_ other: Constant, _ combination: Combination) throws(NodeProblem) -> Constant {
    let (operands, result, place) = try Constant.broadcast([self, other])
    func batch(_ steps: [Int]?) -> Batch? { place.map { Batch(place: $0, steps: steps) } }
    if let first = operands[0].floats, let second = operands[1].floats {
      return Constant(
        .floats(zip(first, second).map { Float(combination(Double($0), Double($1))) }), shape: result, type: .float,
        batch: batch([Int](repeating: 0, count: operands[0].count)))
    }
    guard let first = operands[0].integers, let second = operands[1].integers else {
      throw .malformed("its operands differ in type")
    }
    let integers = zip(first, second).compactMap { combination($0, $1) }
    guard integers.count == elementCount(result) else {
      throw .unsupported("it computes with integers beyond 2^60, or otherwise than by a factor with the batch size")
    }
    let steps = operands[0].steps.flatMap { one in operands[1].steps.flatMap { combination.steps(first, one, second, $0) } }
    return Constant(.integers(integers), shape: result, type: operands[0].type, batch: batch(steps))
  }

  func cast(to type: ElementType) throws(NodeProblem) -> Constant {
    guard let numbers else {
      guard type == .int64 || type == .int32 else { throw .unsupported("it computes with the batch size") }
      return self
    }
    func constant(_ elements: Elements) -> Constant { Constant(elements, shape: shape, type: type, batch: batch) }
    guard let range = type.range else { return constant(.floats(numbers.map(type.rounded))) }
    if type == .bool { return constant(.integers(numbers.map { $0 == 0 ? 0 : 1 })) }
    // What is no number becomes one that is likely to be left out.
    let least = Float(max(range.lowerBound, -1 << 59))
    let result = integers ?? numbers.compactMap { Int(exactly: ($0.isFinite ? $0 : least).rounded(.towardZero)) }
    guard result.count == count, result.allSatisfy({ range.contains(Int64($0)) }) else {
      throw .unsupported("it casts \(integers == nil ? "a number" : "an integer") out of the range of its type")
    }
    return constant(.integers(result))
  }
}

/// The indices start + stride · i, i below count.
struct SliceRange {
  let start: Int
  let stride: Int
  let count: Int
}

/// The indices that a Slice from `start` up to but not including `end` names in an axis of `size` elements.
///
/// - Precondition: `step` is not 0.
func sliceRange(_ start: Int, _ end: Int, step: Int, size: Int) -> SliceRange {
  func clamped(_ index: Int, _ bounds: ClosedRange<Int>) -> Int {
    min(max(index < 0 ? index + size : index, bounds.lowerBound), bounds.upperBound)
  }
  guard size > 0 else { return SliceRange(start: 0, stride: 1, count: 0) }
  let first = clamped(start, step > 0 ? 0...size : 0...size - 1)
  let last = clamped(end, step > 0 ? 0...size : -1...size - 1)
  let distance = step > 0 ? last - first : first - last
  guard distance > 0 else { return SliceRange(start: 0, stride: 1, count: 0) }
  let stride = Int(min(step.magnitude, UInt(size)))
  let count = (distance - 1) / stride + 1
  return SliceRange(start: first, stride: count == 1 ? 1 : step > 0 ? stride : -stride, count: count)
}

/// An axis of a tensor of `rank` axes, counted from the end when negative.
func normalized(_ axis: Int, rank: Int) throws(NodeProblem) -> Int {
  guard (-rank..<rank).contains(axis) else { throw .malformed("it has no axis \(axis)") }
  return axis < 0 ? axis + rank : axis
}

/// Axes that are all different.
func normalized(_ axes: [Int], rank: Int) throws(NodeProblem) -> [Int] {
  let result = try axes.map { axis throws(NodeProblem) in try normalized(axis, rank: rank) }
  guard Set(result).count == result.count else { throw .malformed("it names an axis twice") }
  return result
}
