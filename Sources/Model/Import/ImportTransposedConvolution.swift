extension ImportedOperator {
  /// A transposed convolution is one over the input with zeros between its elements, with its kernel turned around.
  static let transposedConvolution: [ImportedOperator] = [
    ImportedOperator("ConvTranspose", "1-D to 3-D with constant weights") { importer, node, label throws(NodeProblem) in
      var value = try importer.value(node, 0)
      let source = try importer.planes(value)
      let (weights, shape) = try importer.floats(node, 1)
      let groupCount = try node.integer("group", default: 1)
      guard shape.count == source.count + 1, shape[0] == source[0], !shape.contains(0), groupCount > 0,
        source[0] % groupCount == 0
      else { throw .malformed("its weights of shape \(shape) do not fit an input of \(source[0]) channels") }
      var sides: [WindowSide] = []
      for (index, side) in try importer.transposedSides(node, source, kernel: Array(shape.dropFirst(2))).enumerated() {
        value = try importer.spread(value, axis: index + 1, by: side.stride, label)
        let reach = side.dilation * (side.size - 1)
        let turned = WindowSide(
          size: side.size, dilation: side.dilation, before: reach - side.before, after: reach - side.after)
        guard turned.count(over: importer.shape(of: value)[index + 1]) > 0 else {
          throw .malformed("its pads leave nothing of its result")
        }
        sides.append(turned)
      }
      let size = sides.reduce(1) { $0 * $1.size }
      let turned = stride(from: 0, to: weights.count, by: size).flatMap { weights[$0..<$0 + size].reversed() }
      let outputCount = groupCount * shape[1]
      let outputMajor = transposed(turned, [groupCount, source[0] / groupCount, shape[1], size], order: [0, 2, 1, 3])
      return [.value(try importer.convolution(
          label, value, sides, groupCount: groupCount, outputCount: outputCount, outputMajor,
          try importer.bias(node, count: outputCount)))]
    },
  ]
}

extension GraphImporter {
  /// Kernel, stride and dilation along each axis, and the places by which the sums of all windows are cut at both ends:
  /// less than none where the result goes on beyond them.
  fileprivate func transposedSides(
    _ node: ONNXNode, _ source: [Int], kernel: [Int]
  ) throws(NodeProblem) -> [WindowSide] {
    let (stated, automatic) = try statedSides(node, axisCount: source.count - 1, kernel: kernel)
    let additions = try node.integers("output_padding") ?? kernel.map { _ in 0 }
    let lengths = try node.integers("output_shape")
    guard additions.count == kernel.count, additions.allSatisfy((0...1 << 16).contains),
      (lengths ?? kernel).count == kernel.count, (lengths ?? kernel).allSatisfy((1...1 << 27).contains)
    else { throw .malformed("its output_padding or output_shape does not fit its kernel") }
    var sides: [WindowSide] = []
    for (axis, (side, length)) in zip(stated, source.dropFirst()).enumerated() {
      var side = side
      let whole = side.stride * (length - 1) + side.dilation * (side.size - 1) + 1 + additions[axis]
      let cut: Int? =
        if let lengths { whole - lengths[axis] } else {
          switch automatic {
          case .upper, .lower: max(whole - side.stride * length, 0)
          case .valid: 0
          case nil: nil
          }
        }
      if let cut {
        guard (0..<whole).contains(cut) else { throw .malformed("its output_shape is not one of its results") }
        side.before = (automatic == .upper ? AutomaticPadding.upper : .lower).before(of: cut)
        side.after = cut - side.before
      }
      side.after -= additions[axis]
      sides.append(side)
    }
    return sides
  }

  /// A value with zeros between its elements along an axis, `stride` from one element to the next.
  fileprivate mutating func spread(
    _ value: Int, axis: Int, by stride: Int, _ label: String
  ) throws(NodeProblem) -> Int {
    let length = shape(of: value)[axis]
    let count = stride * (length - 1) + 1
    if count == length { return value }
    guard elementCount([count, length], limit: maximumMadeElementCount) != nil else {
      throw .unsupported("it spreads an axis of \(length) over \(count) places")
    }
    var ones = [Float](repeating: 0, count: count * length)
    for index in 0..<length { ones[index * stride * length + index] = 1 }
    return try linear(value, axis: axis, count, ones, bias: nil, isPublic: true, label)
  }
}
