extension ImportedOperator {
  /// A transposed convolution is one over the input with zeros between its elements, with its kernel turned around.
  static let transposedConvolution: [ImportedOperator] = [
    ImportedOperator("ConvTranspose", "1-D and 2-D with constant weights") { importer, node, label throws(NodeProblem) in
      var image = try importer.image(try importer.value(node, 0), label)
      let (weights, shape) = try importer.floats(node, 1)
      let groupCount = try node.integer("group", default: 1)
      let inputCount = image.shape[0]
      guard shape.count == image.rank + 1, shape[0] == inputCount, !shape.contains(0), groupCount > 0,
        inputCount % groupCount == 0
      else { throw .malformed("its weights of shape \(shape) do not fit an input of \(inputCount) channels") }
      let stated = try importer.transposedSides(node, image, kernel: Array(shape.dropFirst(2)))
      var sides = image.hasRows ? [] : [WindowSide()]
      for (axis, side) in zip(4 - image.rank..<3, stated) {
        image = try importer.spread(image, axis: axis, by: side.stride, label)
        let reach = side.dilation * (side.size - 1)
        sides.append(
          WindowSide(
            size: side.size, dilation: side.dilation, before: reach - side.before, after: reach - side.after))
      }
      let window = Window(rows: sides[0], columns: sides[1])
      guard window.rows.count(over: image.shape[1]) > 0, window.columns.count(over: image.shape[2]) > 0 else {
        throw .malformed("its pads leave nothing of its result")
      }
      let tapCount = window.tapCount
      let turned = stride(from: 0, to: weights.count, by: tapCount).flatMap { weights[$0..<$0 + tapCount].reversed() }
      let outputCount = groupCount * shape[1]
      let convolution = Convolution(
        window: window, groupCount: groupCount, inputCount: inputCount, outputCount: outputCount,
        weights: transposed(turned, [groupCount, inputCount / groupCount, shape[1], tapCount], order: [0, 2, 1, 3]),
        bias: try importer.bias(node, count: outputCount))
      return [.value(try importer.slide(label, .convolution(convolution), window, image, channels: outputCount))]
    },
  ]
}

extension GraphImporter {
  /// Kernel, stride and dilation along each axis, and the places by which the sums of all windows are cut at both ends:
  /// less than none where the result goes on beyond them.
  fileprivate func transposedSides(
    _ node: ONNXNode, _ image: Image, kernel: [Int]
  ) throws(NodeProblem) -> [WindowSide] {
    let (stated, automatic) = try statedSides(node, image, kernel: kernel)
    let additions = try node.integers("output_padding") ?? kernel.map { _ in 0 }
    let lengths = try node.integers("output_shape")
    guard additions.count == kernel.count, additions.allSatisfy((0...1 << 16).contains),
      (lengths ?? kernel).count == kernel.count, (lengths ?? kernel).allSatisfy((1...1 << 27).contains)
    else { throw .malformed("its output_padding or output_shape does not fit its kernel") }
    var sides: [WindowSide] = []
    for (axis, (side, length)) in zip(stated, image.lengths).enumerated() {
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

  /// An image with zeros between its elements along an axis, `stride` from one element to the next.
  fileprivate mutating func spread(
    _ image: Image, axis: Int, by stride: Int, _ label: String
  ) throws(NodeProblem) -> Image {
    let length = image.shape[axis]
    let count = stride * (length - 1) + 1
    if count == length { return image }
    guard elementCount([count, length], limit: maximumMadeElementCount) != nil else {
      throw .unsupported("it spreads an axis of \(length) over \(count) places")
    }
    var ones = [Float](repeating: 0, count: count * length)
    for index in 0..<length { ones[index * stride * length + index] = 1 }
    var shape = image.shape
    shape[axis] = count
    return Image(
      value: try applied(ones, count, to: image.value, axis: axis, label), shape: shape, hasRows: image.hasRows)
  }
}
