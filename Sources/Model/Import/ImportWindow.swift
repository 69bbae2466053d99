extension ImportedOperator {
  /// Operators whose windows slide over one or two axes after the channels.
  static let windows: [ImportedOperator] = [
    ImportedOperator("Conv", "1-D and 2-D with constant weights") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let image = try importer.image(operand, label)
      let (weights, shape) = try importer.floats(node, 1)
      let groupCount = try node.integer("group", default: 1)
      guard shape.count == image.rank + 1, let outputCount = shape.first, groupCount > 0, outputCount > 0,
        outputCount % groupCount == 0, image.shape[0] % groupCount == 0, shape[1] == image.shape[0] / groupCount
      else {
        throw .malformed("its weights of shape \(shape) do not fit an input of batch × \(importer.shape(of: operand))")
      }
      let window = try importer.window(node, image, kernel: Array(shape.dropFirst(2))).window
      let convolution = Convolution(
        window: window, groupCount: groupCount, inputCount: image.shape[0], outputCount: outputCount, weights: weights,
        bias: try importer.bias(node, count: outputCount))
      return [.value(try importer.slide(label, .convolution(convolution), window, image, channels: outputCount))]
    },
    ImportedOperator("AveragePool", "1-D and 2-D") { importer, node, label throws(NodeProblem) in
      let image = try importer.image(try importer.value(node, 0), label)
      let (window, padding) = try importer.window(node, image, kernel: nil)
      let includesPadding = try node.integer("count_include_pad", default: 0) != 0
      let slid = try importer.shape(sliding: window, image)
      let result = try importer.slide(
        label, .contraction(.sum(of: window, 1 / Double(window.tapCount), shape: slid)), window, image)
      // How many elements of each window are counted, along each axis.
      let sides = zip([window.rows, window.columns], zip(image.shape.dropFirst(), padding))
      let counts = sides.map { side, axis in
        let (length, after) = axis
        let counted = includesPadding ? -side.before..<length + after : 0..<length
        return (0..<side.count(over: length)).map { index in
          (0..<side.size).count { counted.contains(side.stride * index + side.start(of: $0)) }
        }
      }
      guard counts.joined().contains(where: { $0 == 0 }) == false else {
        throw .unsupported("a window has no element")
      }
      let scale = counts[0].flatMap { row in counts[1].map { Float(Double(window.tapCount) / Double(row * $0)) } }
      if scale.allSatisfy({ $0 == 1 }) { return [.value(result)] }
      let shape = image.hasRows ? counts.map(\.count) : [counts[1].count]
      let affine = Affine(shape: [1] + shape, scale: scale, shift: scale.map { _ in 0 })
      return [.value(try importer.append(label, .affine(affine), [result], shape: importer.shape(of: result)))]
    },
    ImportedOperator("MaxPool", "1-D and 2-D, without the indices") { importer, node, label throws(NodeProblem) in
      let image = try importer.image(try importer.value(node, 0), label)
      return [.value(try importer.maximum(try importer.window(node, image, kernel: nil).window, image, label))]
    },
    ImportedOperator("GlobalMaxPool", "1-D and 2-D") { importer, node, label throws(NodeProblem) in
      let image = try importer.image(try importer.value(node, 0), label)
      let sides = image.shape.dropFirst().map { WindowSide(size: $0) }
      return [.value(try importer.maximum(Window(rows: sides[0], columns: sides[1]), image, label))]
    },
    ImportedOperator("GlobalAveragePool", "all") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let shape = importer.shape(of: operand)
      guard shape.count > 1 else { throw .malformed("its input of batch × \(shape) has no axis after the channels") }
      let axes = Array(1..<shape.count)
      let factor = 1 / Double(shape.dropFirst().reduce(1, *))
      let sizes = [shape[0]] + axes.map { _ in 1 }
      return [.value(try importer.append(
          label, .contraction(.sum(over: Array(axes), of: shape, factor, shape: sizes)), [operand], shape: sizes))]
    },
    // Neighbouring axes are reduced as the rows of an image.
    ImportedOperator("ReduceMax", "over neighbouring axes other than the batch axis") {
      importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let shape = importer.shape(of: operand)
      guard let axes = try importer.reducedAxes(node, rank: shape.count) else { return [.value(operand)] }
      guard let first = axes.first, let last = axes.last, axes == Array(first...last) else {
        throw .unsupported("it reduces axes that are not neighbours")
      }
      let inner = shape[(last + 1)...].reduce(1, *)
      let sizes = [shape[..<first].reduce(1, *), shape[first...last].reduce(1, *), inner]
      let image = GraphImporter.Image(value: try importer.reshaped(operand, sizes, label), shape: sizes, hasRows: true)
      let result = try importer.maximum(Window(rows: WindowSide(size: sizes[1]), columns: WindowSide()), image, label)
      return [.value(try importer.reshaped(result, try importer.reducedShape(node, shape, axes), label))]
    },
  ]
}

extension GraphImporter {
  func bias(_ node: ONNXNode, count: Int) throws(NodeProblem) -> [Float] {
    guard try operand(node, 2) != nil else { return [Float](repeating: 0, count: count) }
    let bias = try floats(node, 2).values
    guard bias.count == count else { throw .malformed("its bias has \(bias.count) elements, not \(count)") }
    return bias
  }

  // MARK: Images

  /// A value as channels × rows × columns.
  struct Image {
    let value: Int
    let shape: [Int]
    /// False for channels × columns.
    let hasRows: Bool

    /// Of a sample.
    var rank: Int { hasRows ? 3 : 2 }

    /// Of the axes after the channels.
    var lengths: ArraySlice<Int> { shape.suffix(rank - 1) }
  }

  mutating func image(_ value: Int, _ label: String) throws(NodeProblem) -> Image {
    let shape = shape(of: value)
    switch shape.count {
    case 2:
      let rows = [shape[0], 1, shape[1]]
      return Image(value: try reshaped(value, rows, label), shape: rows, hasRows: false)
    case 3: return Image(value: value, shape: shape, hasRows: true)
    case let rank: throw .unsupported("its input has \(rank - 1) axes after the channels; 1 and 2 are supported")
    }
  }

  mutating func reshaped(_ value: Int, _ shape: [Int], _ label: String) throws(NodeProblem) -> Int {
    self.shape(of: value) == shape ? value : try append(label, .reshape, [value], shape: shape)
  }

  func shape(sliding window: Window, _ image: Image, channels: Int? = nil) throws(NodeProblem) -> [Int] {
    try requireBounded(window, image)
    return [
      channels ?? image.shape[0], window.rows.count(over: image.shape[1]), window.columns.count(over: image.shape[2]),
    ]
  }

  mutating func slide(
    _ label: String, _ operation: Operation, _ window: Window, _ image: Image, channels: Int? = nil
  ) throws(NodeProblem) -> Int {
    let shape = try self.shape(sliding: window, image, channels: channels)
    let result = try append(label, operation, [image.value], shape: shape)
    return image.hasRows ? result : try reshaped(result, [shape[0], shape[2]], label)
  }

  /// Along columns first and then along rows, where that takes fewer comparisons.
  fileprivate mutating func maximum(_ window: Window, _ image: Image, _ label: String) throws(NodeProblem) -> Int {
    try requireBounded(window, image)
    guard window.rows.isNeverEmpty(over: image.shape[1]), window.columns.isNeverEmpty(over: image.shape[2]) else {
      throw .unsupported("a window has no element")
    }
    let (rows, columns) = (window.rows.count(over: image.shape[1]), window.columns.count(over: image.shape[2]))
    let both = window.tapCount * rows * columns
    let apart = window.columns.size * image.shape[1] * columns + window.rows.size * rows * columns
    guard apart < both else { return try slide(label, .windowMaximum(window), window, image) }
    let across = Window(rows: WindowSide(), columns: window.columns)
    let down = Window(rows: window.rows, columns: WindowSide())
    let shape = [image.shape[0], image.shape[1], columns]
    let lines = try append(label, .windowMaximum(across), [image.value], shape: shape)
    return try slide(label, .windowMaximum(down), down, Image(value: lines, shape: shape, hasRows: image.hasRows))
  }

  // MARK: Windows

  private func requireBounded(_ window: Window, _ image: Image) throws(NodeProblem) {
    let (rows, columns) = (window.rows.size, window.columns.size)
    guard elementCount([rows, columns], limit: maximumTapCount) != nil,
      elementCount([image.shape[0], rows, columns], limit: maximumElementCount) != nil
    else { throw .unsupported("its windows of \(rows) × \(columns) elements are too large") }
  }

  /// The windows that a node's attributes describe, and how far after the last element padding is counted: windows of
  /// `ceil_mode` reach beyond it.
  ///
  /// - Parameter kernel: The sizes that the weights have.
  fileprivate func window(
    _ node: ONNXNode, _ image: Image, kernel: [Int]?
  ) throws(NodeProblem) -> (window: Window, padding: [Int]) {
    let (stated, automatic) = try statedSides(node, image, kernel: kernel)
    let roundsUp = try node.integer("ceil_mode", default: 0) != 0
    var sides = image.hasRows ? [] : [WindowSide()]
    var padding = image.hasRows ? [] : [0]
    for (stated, length) in zip(stated, image.lengths) {
      var side = stated
      let reach = side.dilation * (side.size - 1) + 1
      if let automatic {
        let windows = (length + side.stride - 1) / side.stride
        let total = automatic == .valid ? 0 : max((windows - 1) * side.stride + reach - length, 0)
        side.before = automatic.before(of: total)
        side.after = total - side.before
      }
      padding.append(side.after)
      if roundsUp, automatic == nil {
        let windows = (length + side.before + side.after - reach + side.stride - 1) / side.stride + 1
        // The last window begins within the input or the padding before it.
        let last = (windows - 1) * side.stride >= length + side.before ? windows - 1 : windows
        side.after = max((last - 1) * side.stride + reach - length - side.before, side.after)
      }
      guard side.count(over: length) > 0 else { throw .malformed("its kernel is larger than its input") }
      sides.append(side)
    }
    return (Window(rows: sides[0], columns: sides[1]), padding)
  }

  enum AutomaticPadding: String {
    case valid = "VALID"
    case upper = "SAME_UPPER"
    case lower = "SAME_LOWER"

    /// How many of `total` places of padding are before the first element.
    func before(of total: Int) -> Int { self == .lower ? total - total / 2 : total / 2 }
  }

  /// Kernel, strides, dilations and pads along each axis after the channels, as the attributes state them.
  ///
  /// - Parameter kernel: The sizes that the weights have.
  func statedSides(
    _ node: ONNXNode, _ image: Image, kernel: [Int]?
  ) throws(NodeProblem) -> (sides: [WindowSide], automatic: AutomaticPadding?) {
    let count = image.rank - 1
    let stated = try node.integers("kernel_shape")
    guard let sizes = kernel ?? stated, sizes == stated ?? sizes, sizes.count == count else {
      throw .malformed("its kernel does not fit its input")
    }
    let strides = try node.integers("strides") ?? sizes.map { _ in 1 }
    let dilations = try node.integers("dilations") ?? sizes.map { _ in 1 }
    let pads = try node.integers("pads") ?? (sizes + sizes).map { _ in 0 }
    let limit = 1 << 16
    guard strides.count == count, dilations.count == count, pads.count == 2 * count,
      (sizes + strides + dilations).allSatisfy({ (1...limit).contains($0) }), pads.allSatisfy((0...limit).contains)
    else { throw .malformed("its strides, dilations or pads do not fit its kernel") }
    let sides = (0..<count).map { axis in
      WindowSide(
        size: sizes[axis], stride: strides[axis], dilation: dilations[axis], before: pads[axis],
        after: pads[axis + count])
    }
    let name = try node.text("auto_pad", default: "NOTSET")
    let automatic = AutomaticPadding(rawValue: name)
    guard automatic != nil || name == "NOTSET" else { throw .malformed("its padding is called '\(name.oneLine)'") }
    return (sides, automatic)
  }
}
