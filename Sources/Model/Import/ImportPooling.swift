extension ImportedOperator {
  /// Norms of windows, and sums of what windows put in one place.
  static let pooling: [ImportedOperator] = [
    ImportedOperator("LpPool", "1-D to 3-D, p ≥ 1") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let (sides, _) = try importer.windows(node, try importer.planes(operand), kernel: nil)
      let shape = try importer.shape(sliding: sides, try importer.planes(operand))
      return [.value(try importer.norm(operand, node, .sum(of: sides, 1, shape: shape), shape, label))]
    },
    ImportedOperator("GlobalLpPool", "p ≥ 1") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let source = importer.shape(of: operand)
      guard source.count > 1 else { throw .malformed("its input of shape batch × \(source) has no axis after the channels") }
      let axes = Array(source.indices.dropFirst())
      try importer.requireBounded(axes.map { source[$0] })
      let shape = [source[0]] + axes.map { _ in 1 }
      return [.value(try importer.norm(operand, node, .sum(over: axes, of: source, 1), shape, label))]
    },
    ImportedOperator("LRN", "all") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      let shape = importer.shape(of: operand)
      guard let size = try node.integer("size"), (1...1 << 16).contains(size), !shape.isEmpty else { throw .malformed("its size is missing, or not one of windows") }
      let (alpha, beta) = (Double(try node.float("alpha", default: 1e-4)), Double(try node.float("beta", default: 0.75)))
      let bias = Double(try node.float("bias", default: 1))
      guard alpha >= 0, bias > 0, (alpha + bias + beta).isFinite else { throw .unsupported("its alpha is below 0, or its bias not above it") }
      importer.showAttributes(of: node, label)
      let squares = try importer.apply(.x * .x, to: operand, label)
      var reading = shape.indices.map { Index($0) }
      reading[0] = Index(0, start: -((size - 1) / 2))
      reading[0].add(shape.count, 1)
      let window = Contraction<Double>(loops: shape + [size], terms: [.init(1, [.operand(0, reading)])])
      let place = importer.place(of: operand)
      let sums = try importer.append(label, .contraction(window), [squares], shape: shape, place: place)
      let factor = Pointwise.power(.affine(scale: alpha / Double(size), shift: bias), -beta)
      return [.value(try importer.product([operand, try importer.apply(factor, to: sums, label)], shape: shape, place, label))]
    },
    ImportedOperator("Col2Im", since: 18, "constant sizes") { importer, node, label throws(NodeProblem) in
      let operand = try importer.value(node, 0)
      guard let image = try importer.integers(node, 1, or: ""), let block = try importer.integers(node, 2, or: "") else {
        throw .malformed("its sizes are missing")
      }
      let count = image.count
      let strides = try node.integers("strides") ?? image.map { _ in 1 }
      let dilations = try node.integers("dilations") ?? image.map { _ in 1 }
      let pads = try node.integers("pads") ?? (image + image).map { _ in 0 }
      guard (1...8).contains(count), block.count == count, strides.count == count, dilations.count == count, pads.count == 2 * count,
        (image + block + strides + dilations).allSatisfy({ (1...1 << 16).contains($0) }), pads.allSatisfy((0...1 << 16).contains)
      else { throw .malformed("its sizes, strides, dilations or pads do not fit each other") }
      let sides = (0..<count).map { axis in
        WindowSide(
          size: block[axis], stride: strides[axis], dilation: dilations[axis], before: pads[axis], after: pads[axis + count])
      }
      let source = importer.shape(of: operand)
      let counts = zip(sides, image).map { $0.count(over: $1) }
      guard let taps = elementCount(block, limit: maximumTapCount), let windows = elementCount(counts, limit: maximumMadeElementCount),
        let places = elementCount(image, limit: maximumMadeElementCount),
        elementCount([taps, windows, places], limit: maximumMadeElementCount) != nil
      else { throw .unsupported("its image of \(image) is too large") }
      guard source.count == 2, source[0] % taps == 0, source[1] == windows else { throw .malformed("its input of shape batch × \(source) does not fit an image of \(image)") }
      var ones = [Float](repeating: 0, count: places * taps * windows)
      let (own, inner, outer) = (rowStrides(image), rowStrides(block), rowStrides(counts))
      for tap in 0..<taps {
        for window in 0..<windows {
          let index = sides.indices.map { axis in
            sides[axis].stride * (window / outer[axis] % counts[axis]) + sides[axis].start(of: tap / inner[axis] % block[axis])
          }
          guard zip(index, image).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
          ones[(zip(index, own).reduce(0) { $0 + $1.0 * $1.1 } * taps + tap) * windows + window] = 1
        }
      }
      let channels = source[0] / taps
      let apart = try importer.reshaped(operand, [channels, taps * windows], label)
      let sums = try importer.linear(apart, axis: 1, places, ones, bias: nil, isPublic: true, label)
      return [.value(try importer.reshaped(sums, [channels] + image, label))]
    },
  ]
}

extension GraphImporter {
  /// (Σ |x|^p)^(1/p), with the node's p.
  fileprivate mutating func norm(
    _ operand: Int, _ node: ONNXNode, _ sum: Contraction<Double>, _ shape: [Int], _ label: String
  ) throws(NodeProblem) -> Int {
    let p = try node.integer("p", default: 2)
    guard (1...64).contains(p) else { throw .unsupported("its p is \(p); it must be in 1...64") }
    let magnitude = Pointwise.function(.abs, .x)
    let powers = try apply(p == 1 ? magnitude : p == 2 ? .x * .x : .power(magnitude, Double(p)), to: operand, label)
    let sums = try append(label, .contraction(sum), [powers], shape: shape, place: place(of: operand))
    return p == 1 ? sums : try apply(p == 2 ? .function(.sqrt, .x) : .power(.x, 1 / Double(p)), to: sums, label)
  }
}
