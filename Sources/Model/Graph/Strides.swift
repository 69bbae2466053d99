/// Row-major steps of each axis.
func rowStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
  return strides
}

/// Steps that read an array of `shape` as one of `result`, to which it broadcasts, aligned at the last axis.
func broadcastStrides(_ shape: [Int], to result: [Int]) -> [Int] {
  let missing = result.count - shape.count
  return [Int](repeating: 0, count: missing)
    + zip(shape, rowStrides(shape)).enumerated().map { axis, step in
      step.0 == 1 && result[missing + axis] != 1 ? 0 : step.1
    }
}

/// The elements at start + Σ index · stride, for all indices below `sizes`, row-major.
///
/// - Precondition: Every one of these is an index of `elements`.
func strided<Element>(_ elements: [Element], start: Int = 0, sizes: [Int], strides: [Int]) -> [Element] {
  if sizes.contains(0) { return [] }
  var result: [Element] = []
  result.reserveCapacity(sizes.reduce(1, *))
  var index = [Int](repeating: 0, count: sizes.count)
  var position = start
  while true {
    result.append(elements[position])
    var axis = sizes.count - 1
    while axis >= 0 {
      index[axis] += 1
      position += strides[axis]
      if index[axis] < sizes[axis] { break }
      position -= strides[axis] * sizes[axis]
      index[axis] = 0
      axis -= 1
    }
    if axis < 0 { return result }
  }
}

func transposed<Element>(_ elements: [Element], _ shape: [Int], order: [Int]) -> [Element] {
  let strides = rowStrides(shape)
  return strided(elements, sizes: order.map { shape[$0] }, strides: order.map { strides[$0] })
}

/// The indices start + stride·i, i below `count`, of one axis.
func sliced<Element>(
  _ elements: [Element], _ shape: [Int], axis: Int, start: Int, stride: Int, count: Int
) -> [Element] {
  var (sizes, strides) = (shape, rowStrides(shape))
  let first = start * strides[axis]
  sizes[axis] = count
  strides[axis] *= stride
  return strided(elements, start: first, sizes: sizes, strides: strides)
}

func broadcast<Element>(_ elements: [Element], _ shape: [Int], to result: [Int]) -> [Element] {
  shape == result ? elements : strided(elements, sizes: result, strides: broadcastStrides(shape, to: result))
}

/// Arrays of the given shapes, which are equal except in one axis, one after the other along it.
func concatenated<Element>(_ parts: [(elements: [Element], shape: [Int])], axis: Int) -> [Element] {
  guard let first = parts.first else { return [] }
  let blocks = parts.map { $0.shape[axis...].reduce(1, *) }
  var result: [Element] = []
  for outer in 0..<first.shape[..<axis].reduce(1, *) {
    for (part, block) in zip(parts, blocks) { result += part.elements[outer * block..<(outer + 1) * block] }
  }
  return result
}
