extension ImportedOperator {
  /// Operators whose windows slide over one to three axes after the channels.
  static let windows: [ImportedOperator] = [
    ImportedOperator("Conv", "1-D to 3-D with constant weights") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let source = try importer.planes(operand)
      let (weights, shape) = try importer.floats(node, 1)
      let groupCount = try node.integer("group", default: 1)
      guard shape.count == source.count + 1, let outputCount = shape.first, groupCount > 0, outputCount > 0,
        outputCount % groupCount == 0, source[0] % groupCount == 0, shape[1] == source[0] / groupCount
      else { throw .malformed("its weights of shape \(shape) do not fit an input of batch × \(source)") }
      let sides = try importer.windows(node, source, kernel: Array(shape.dropFirst(2))).sides
      return [.value(try importer.convolution(
          label, operand, sides, groupCount: groupCount, outputCount: outputCount, weights,
          try importer.bias(node, count: outputCount)))]
    },
    ImportedOperator("AveragePool", "1-D to 3-D") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let source = try importer.planes(operand)
      let (sides, padding) = try importer.windows(node, source, kernel: nil)
      let includesPadding = try node.integer("count_include_pad", default: 0) != 0
      let shape = try importer.shape(sliding: sides, source)
      let size = sides.reduce(1) { $0 * $1.size }
      let mean = try importer.append(label, .contraction(.sum(of: sides, 1 / Double(size), shape: shape)), [operand], shape: shape)
      // How many elements of each window are counted, along each axis.
      let counts = zip(sides, zip(source.dropFirst(), padding)).map { side, axis in
        let (length, after) = axis
        let counted = includesPadding ? -side.before..<length + after : 0..<length
        return (0..<side.count(over: length)).map { index in
          (0..<side.size).count { counted.contains(side.stride * index + side.start(of: $0)) }
        }
      }
      guard counts.joined().contains(where: { $0 == 0 }) == false else { throw .unsupported("a window has no element") }
      let products = counts.reduce([1]) { products, counts in products.flatMap { product in counts.map { product * $0 } } }
      let scale = products.map { Float(Double(size) / Double($0)) }
      if scale.allSatisfy({ $0 == 1 }) { return [.value(mean)] }
      let counted = Contraction<Double>.affine([1] + counts.map(\.count), scale: scale, shift: nil, shape, isPublic: true)
      return [.value(try importer.append(label, .contraction(counted), [mean], shape: shape))]
    },
    ImportedOperator("MaxPool", "1-D to 3-D, without the indices") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let source = try importer.planes(operand)
      return [.value(try importer.maximum(try importer.windows(node, source, kernel: nil).sides, operand, label))]
    },
  ]
}

extension GraphImporter {
  /// Nil where there is none.
  func bias(_ node: ONNXNode, count: Int) throws(NodeProblem) -> [Float]? {
    guard try operand(node, 2) != nil else { return nil }
    let bias = try floats(node, 2).values
    guard bias.count == count else { throw .malformed("its bias has \(bias.count) elements, not \(count)") }
    return bias
  }

  /// The shape of a value of channels and one to three further axes.
  func planes(_ value: Int) throws(NodeProblem) -> [Int] {
    let shape = shape(of: value)
    guard (2...4).contains(shape.count) else {
      throw .unsupported("its input has \(shape.count - 1) axes after the channels; 1 to 3 are supported")
    }
    return shape
  }

  mutating func reshaped(_ value: Int, _ shape: [Int], place: BatchPlace = BatchPlace(), _ label: String) throws(NodeProblem) -> Int {
    self.shape(of: value) == shape ? value : try append(label, .reshape, [value], shape: shape, place: place)
  }

  func shape(sliding sides: [WindowSide], _ source: [Int], channels: Int? = nil) throws(NodeProblem) -> [Int] {
    try requireBounded(sides.map(\.size), channels: source[0])
    return [channels ?? source[0]] + zip(sides, source.dropFirst()).map { $0.count(over: $1) }
  }

  func requireBounded(_ sizes: [Int], channels: Int = 1) throws(NodeProblem) {
    guard elementCount(sizes, limit: maximumTapCount) != nil, elementCount([channels] + sizes) != nil else {
      throw .unsupported("its windows of \(sizes.map(String.init).joined(separator: " × ")) elements are too large")
    }
  }

  /// Groups of several channels are an axis of their own, between two reshapes.
  ///
  /// - Parameter weights: Outputs × inputs of a group × the window's axes.
  mutating func convolution(
    _ label: String, _ operand: Int, _ sides: [WindowSide], groupCount: Int, outputCount: Int, _ weights: [Float],
    _ bias: [Float]?
  ) throws(NodeProblem) -> Int {
    let source = shape(of: operand)
    let shape = try shape(sliding: sides, source, channels: outputCount)
    func layer(_ channels: Int?, _ shape: [Int]) -> Operation<Double> {
      .contraction(.convolution(sides, channels: channels, shape, weights, bias: bias))
    }
    if groupCount == 1 { return try append(label, layer(source[0], shape), [operand], shape: shape) }
    if groupCount == source[0], groupCount == outputCount {
      return try append(label, layer(nil, shape), [operand], shape: shape)
    }
    let channels = source[0] / groupCount
    let grouped = [groupCount, outputCount / groupCount] + shape.dropFirst()
    let groups = try reshaped(operand, [groupCount, channels] + source.dropFirst(), label)
    return try reshaped(try append(label, layer(channels, grouped), [groups], shape: grouped), shape, label)
  }

  /// Along one axis after the other, the last one first, where that takes fewer comparisons.
  fileprivate mutating func maximum(_ sides: [WindowSide], _ operand: Int, _ label: String) throws(NodeProblem) -> Int {
    let source = shape(of: operand)
    let shape = try shape(sliding: sides, source)
    guard zip(sides, source.dropFirst()).allSatisfy({ $0.isNeverEmpty(over: $1) }) else {
      throw .unsupported("a window has no element")
    }
    var (steps, lines) = ([(shape: [Int], sides: [WindowSide])](), source)
    for axis in sides.indices.reversed() where sides[axis] != WindowSide() {
      lines[axis + 1] = shape[axis + 1]
      steps.append((lines, sides.indices.map { $0 == axis ? sides[axis] : WindowSide() }))
    }
    func comparisons(_ sides: [WindowSide], _ shape: [Int]) -> Int {
      sides.reduce(1) { $0 * $1.size } * shape.dropFirst().reduce(1, *)
    }
    if steps.reduce(0, { $0 + comparisons($1.sides, $1.shape) }) >= comparisons(sides, shape) { steps = [(shape, sides)] }
    var value = operand
    for step in steps {
      value = try append(label, .maximum(Maximum(of: step.sides, shape: step.shape)), [value], shape: step.shape)
    }
    return value
  }

  /// The windows that a node's attributes describe, and how far after the last element padding is counted: windows of
  /// `ceil_mode` reach beyond it.
  ///
  /// - Parameter kernel: The sizes that the weights have.
  func windows(
    _ node: ONNXNode, _ source: [Int], kernel: [Int]?
  ) throws(NodeProblem) -> (sides: [WindowSide], padding: [Int]) {
    let (stated, automatic) = try statedSides(node, axisCount: source.count - 1, kernel: kernel)
    let roundsUp = try node.integer("ceil_mode", default: 0) != 0
    var sides: [WindowSide] = []
    var padding: [Int] = []
    for (stated, length) in zip(stated, source.dropFirst()) {
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
    return (sides, padding)
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
    _ node: ONNXNode, axisCount count: Int, kernel: [Int]?
  ) throws(NodeProblem) -> (sides: [WindowSide], automatic: AutomaticPadding?) {
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
