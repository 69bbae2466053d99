extension ImportedOperator {
  /// Operators that sample images at places of a grid.
  static let grids: [ImportedOperator] = [
    ImportedOperator("GridSample", since: 16, "a constant grid that all samples share, or one that depends on the input and is not cubic beyond the border; two or three axes") {
      importer, node, label throws(NodeProblem) in
      let value = try importer.value(node, 0, keepsPlace: true)
      let (full, place) = (importer.fullShape(.value(value)), importer.place(of: value))
      let grid: Constant
      switch try importer.tensor(node, 1) {
      case .constant(let constant): grid = constant
      case .value(let grid): return [try importer.sampled(.value(value), .value(grid), try GridSampling(node), label)]
      }
      guard (4...5).contains(full.count), grid.shape.count == full.count, let numbers = grid.floats, let last = grid.shape.last,
        last == full.count - 2, grid.shape[0] == full[0], numbers.allSatisfy({ $0.magnitude <= 0x1p20 })
      else { throw .malformed("its grid of shape \(grid.shape) does not fit an input of \(full)") }
      guard importer.batch == .one || place == .alone || place == BatchPlace() && grid.batch?.isUniform ?? false else {
        throw .unsupported("its grid is that of one sample; export with a batch of 1")
      }
      let (sides, sizes) = (Array(full[2...]), Array(grid.shape[1..<full.count - 1]))
      let (elements, places) = (sides.reduce(1, *), sizes.reduce(1, *))
      guard elementCount([full[0], places, elements], limit: maximumMadeElementCount) != nil else {
        throw .unsupported("it samples \(elements) elements at \(places) places")
      }
      let sampling = try GridSampling(node)
      var weights = [Float](repeating: 0, count: full[0] * places * elements)
      for point in 0..<full[0] * places {
        // A grid has the last axis first.
        let coordinates = numbers[point * last..<(point + 1) * last].reversed()
        for (element, weight) in sampling.taps(Array(coordinates), sides) { weights[point * elements + element] += weight }
      }
      let whole = try importer.reshaped(value, full[..<2] + [elements], .alone, label)
      let sum = Contraction<Double>(
        loops: [full[0], full[1], places, elements],
        constants: [.init(loops: [0, 2, 3], weights, isPublic: !importer.isTrained)],
        terms: [.init(1, [.constant(0), .operand(0, [Index(0), Index(1), Index(3)])])])
      let sampled = try importer.append(label, .contraction(sum), [whole], shape: [full[0], full[1], places], place: .alone)
      return [.value(try importer.reshaped(sampled, full[..<2] + sizes, full[0] == 1 ? BatchPlace() : .alone, label))]
    },
    ImportedOperator("AffineGrid", since: 20, "a constant size") { importer, node, label throws(NodeProblem) in
      guard let size = try importer.integers(node, 1, or: ""), (4...5).contains(size.count), size.allSatisfy({ $0 > 0 }),
        elementCount(size[2...] + [size.count], limit: maximumMadeElementCount) != nil
      else { throw .malformed("its size is not that of images, or too large") }
      let (theta, isAligned) = (try importer.tensor(node, 0), try node.integer("align_corners", default: 0) != 0)
      let (sides, count) = (Array(size[2...]), size.count - 2)
      guard importer.fullShape(theta) == [size[0], count, count + 1] else {
        throw .malformed("its size \(size) does not fit matrices of shape \(importer.fullShape(theta))")
      }
      func coordinate(_ index: Int, _ length: Int) -> Float {
        if isAligned { return length == 1 ? 0 : -1 + Float(index) * 2 / Float(length - 1) }
        return Float(2 * index + 1) / Float(length) - 1
      }
      let strides = rowStrides(sides)
      let points = (0..<sides.reduce(1, *)).flatMap { place -> [Float] in
        let own = sides.indices.reversed().map { axis in coordinate(place / strides[axis] % sides[axis], sides[axis]) }
        return own + [1]
      }
      // Names: 0 is summed, 1 the batch, 2 the rows of matrices.
      let own = sides.indices.map { 3 + $0 }
      let base = Tensor.constant(.floats(points, shape: sides + [count + 1]))
      return [try importer.product([theta, base], [[1, 2, 0], own + [0]], [1] + own + [2], label)]
    },
  ]
}

/// Where a grid's points are, and what elements around them weigh.
struct GridSampling {
  static let cubicCoefficient = -0.75
  let mode: Resampling.Mode
  let padding: String
  let isAligned: Bool

  init(_ node: ONNXNode) throws(NodeProblem) {
    switch try node.text("mode", default: "linear") {
    case "nearest": mode = .nearest
    case "linear", "bilinear": mode = .linear
    case "cubic", "bicubic": mode = .cubic
    case let other: throw .malformed("its mode is '\(other.oneLine)'")
    }
    padding = try node.text("padding_mode", default: "zeros")
    guard ["zeros", "border", "reflection"].contains(padding) else { throw .malformed("its padding is called '\(padding.oneLine)'") }
    isAligned = try node.integer("align_corners", default: 0) != 0
  }

  /// The elements, row-major, that a point is a sum of, with their weights.
  func taps(_ point: [Float], _ sides: [Int]) -> [(element: Int, weight: Float)] {
    var taps: [(element: Int, weight: Float)] = [(0, 1)]
    for (coordinate, length) in zip(point, sides) {
      let own = self.taps(coordinate, length)
      taps = taps.flatMap { tap in own.map { (tap.element * length + $0.element, tap.weight * $0.weight) } }
    }
    return taps
  }

  private func taps(_ coordinate: Float, _ length: Int) -> [(element: Int, weight: Float)] {
    let (size, range) = (Float(length), isAligned ? 0...Float(length - 1) : -0.5...Float(length) - 0.5)
    var place = isAligned ? (coordinate + 1) / 2 * (size - 1) : ((coordinate + 1) * size - 1) / 2
    if mode == .nearest { place = place.rounded(.toNearestOrEven) }
    if !range.contains(place) {
      // Cubic polynomials go on beyond the border, as in onnxruntime.
      if padding == "border", mode != .cubic { place = min(max(place, 0), size - 1) }
      if padding == "reflection" { place = reflected(place, range) }
    }
    let low = Int(place.rounded(.down))
    let around: [(Int, Float)] =
      switch mode {
      case .nearest: [(Int(place.rounded(.toNearestOrEven)), 1)]
      case .linear: [(low, Float(low + 1) - place), (low + 1, place - Float(low))]
      case .cubic: (low - 1...low + 2).map { ($0, cubicWeight(Float($0) - place, Float(GridSampling.cubicCoefficient))) }
      }
    return around.compactMap { index, weight in
      switch padding {
      case "border": (min(max(index, 0), length - 1), weight)
      case "reflection": (min(max(Int(reflected(Float(index), range)), 0), length - 1), weight)
      case _: (0..<length).contains(index) ? (index, weight) : nil
      }
    }
  }

  private func reflected(_ place: Float, _ range: ClosedRange<Float>) -> Float {
    let size = range.upperBound - range.lowerBound
    guard size > 0, !range.contains(place) else { return min(max(place, range.lowerBound), range.upperBound) }
    let isBelow = place < range.lowerBound
    let distance = isBelow ? range.lowerBound - place : place - range.upperBound
    let turns = (distance / size).rounded(.towardZero)
    let rest = distance - turns * size
    let isFromBelow = isBelow == (turns.truncatingRemainder(dividingBy: 2) == 0)
    return isFromBelow ? range.lowerBound + rest : range.upperBound - rest
  }
}
