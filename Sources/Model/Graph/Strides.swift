/// Row-major steps of each axis.
func rowStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
  return strides
}

/// The elements at start + Σ index · stride, for all indices below `sizes`, row-major.
///
/// - Precondition: Every one of these is an index of `elements`.
func strided<Element>(_ elements: [Element], start: Int = 0, sizes: [Int], strides: [Int]) -> [Element] {
  let count = sizes.reduce(1, *)
  guard count > 0, let length = sizes.last, let step = strides.last else { return count > 0 ? [elements[start]] : [] }
  return Array(unsafeUninitializedCapacity: count) { result, written in
    var index = [Int](repeating: 0, count: sizes.count - 1)
    var position = start
    while written < count {
      for place in 0..<length { result.initializeElement(at: written + place, to: elements[position + place * step]) }
      written += length
      var axis = index.count - 1
      while axis >= 0 {
        index[axis] += 1
        position += strides[axis]
        if index[axis] < sizes[axis] { break }
        position -= strides[axis] * sizes[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}

func transposed<Element>(_ elements: [Element], _ shape: [Int], order: [Int]) -> [Element] {
  let strides = rowStrides(shape)
  return strided(elements, sizes: order.map { shape[$0] }, strides: order.map { strides[$0] })
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
