import Glibc

/// u / √(a · Σ u² + b) along some axes, u being a value or what it is above its mean.
struct NormPattern {
  let source: Int
  /// u, where it is the value less its mean.
  let centred: Int?
  /// What the value is times at each place of the axes: powers of two, where they are not all 1.
  let factors: [Int64]?
  /// Over all elements of the axes.
  let squares: Int
  let axes: [Int]
  let (scale, shift): (Double, Double)
  /// Of the product.
  let coefficient: Double
}

extension NormPattern {
  /// Places with another factor than 1, each as a reading of a value of the rank.
  func large(_ rank: Int) -> [(factor: Int64, reading: Reading)] {
    (factors ?? []).enumerated().filter { $0.element != 1 }.map { place, factor in
      (factor, (0..<rank).map { axes.contains($0) ? Index(start: place) : Index($0) })
    }
  }
}

extension Network {
  /// The quotients by roots of squares, by node.
  var norms: [Int: NormPattern] {
    nodes.indices.reduce(into: [:]) { norms, index in norms[index] = norm(nodes[index]) }
  }

  private func norm(_ product: Node<Double>) -> NormPattern? {
    guard case .contraction(let contraction) = product.operation, contraction.constants.isEmpty, contraction.terms.count == 1,
      product.operands.count == 2, contraction.terms[0].coefficient > 0,
      contraction.isElementwise(product.operands.map { shape(of: $0) }, shape: product.shape), contraction.terms[0].factors.count == 2
    else { return nil }
    for (u, root) in [(product.operands[0], product.operands[1]), (product.operands[1], product.operands[0])] {
      guard let inverse = node(of: root), case .map(.expression(let function)) = inverse.operation, let form = function.inverseRoot,
        let sum = node(of: inverse.operands[0]), case .contraction(let squares) = sum.operation, squares.isOfSquares,
        squares.terms[0].coefficient == 1, sum.operands == [u], shape(of: u) == product.shape, sum.shape.count == product.shape.count
      else { continue }
      let axes = product.shape.indices.filter { sum.shape[$0] != product.shape[$0] }
      guard !axes.isEmpty, squares == .squares(product.shape, over: axes) else { continue }
      var (source, centred) = (u, Int?.none)
      if let node = node(of: u), node.operation == .contraction(.centred(product.shape, over: axes)) {
        (source, centred) = (node.operands[0], u)
      }
      let factors = powers(source, along: axes)
      if factors != nil { source = node(of: source)?.operands[0] ?? source }
      return NormPattern(
        source: source, centred: centred, factors: factors, squares: inverse.operands[0], axes: axes, scale: form.scale, shift: form.shift,
        coefficient: contraction.terms[0].coefficient)
    }
    return nil
  }

  /// The public powers of two that a value is another one times, at each place of the one axis.
  private func powers(_ value: Int, along axes: [Int]) -> [Int64]? {
    guard let node = node(of: value), axes.count == 1, case .contraction(let product) = node.operation, product.constants.count == 1,
      product.terms.count == 1, product.terms[0].coefficient == 1, node.operands.count == 1, product.constants[0].isPublic,
      product.constants[0].loops == axes, product.terms[0].factors.count == 2, product.isElementwise(node.operands.map { shape(of: $0) }, shape: node.shape)
    else { return nil }
    let factors = product.constants[0].values
    return factors.allSatisfy { (1...0x1p20).contains($0) && $0.significand == 1 } ? factors.map { Int64($0) } : nil
  }
}

extension Pointwise {
  /// a and b of a function that is written as 1 / √(a·x + b), a > 0 and b ≥ 0.
  fileprivate var inverseRoot: (scale: Double, shift: Double)? {
    let inner: Pointwise
    switch self {
    case .function(.reciprocal, .function(.sqrt, let argument)), .function(.sqrt, .function(.reciprocal, let argument)),
      .power(let argument, -0.5), .function(.reciprocal, .power(let argument, 0.5)):
      inner = argument
    default: return nil
    }
    guard let form = inner.affineForm, form.scale > 0, form.shift >= 0 else { return nil }
    return form
  }
}

extension Quantizer {
  /// The accumulators of u / √(a · Σ u² + b), in steps of 2^−16 of what they are rounded to.
  ///
  /// The mean is an integer of the value's steps, so that u needs no column. Σ u² is exact, and so is b in its steps.
  mutating func normAccumulators(
    _ norm: NormPattern, _ node: Node<Double>, quotientScale: Double?
  ) throws(ModelError) -> Int {
    let source = try activation(norm.source)
    let (shape, unit) = (node.shape, scale(of: source))
    let rows = shape.indices.map { norm.axes.contains($0) ? 1 : shape[$0] }
    let mean = norm.centred == nil ? nil : try self.mean(norm, source, rows)
    let squares = try sumOfSquares(norm, source, mean, rows)
    let target = quotientScale ?? norm.coefficient / norm.scale.squareRoot() * 0x1p-15
    let (root, radius) = try inverseRoot(norm, squares, rows, unit: unit, target: target)
    let place = broadcastReading(rows, to: shape)
    var product = Contraction<Int64>.product(of: [shape, rows], 1, shape: shape)
    if let factors = norm.factors {
      product.constants.append(.init(loops: norm.axes, factors, isPublic: true))
      product.terms[0].factors.insert(.constant(0), at: 0)
    }
    if mean != nil { product.terms.append(.init(-1, [.operand(2, place), .operand(1, place)])) }
    let result = try append(
      node.name, [source, root] + (mean.map { [$0] } ?? []), .contraction(product), shape, scale: unit * scale(of: root))
    limit(result, VectorBound(shape, along: norm.axes, radius: radius))
    return result
  }

  private func name(_ value: Int) -> String { network.node(of: value)?.name ?? "" }

  /// Of each row, in steps of the value.
  private mutating func mean(_ norm: NormPattern, _ source: Int, _ rows: [Int]) throws(ModelError) -> Int {
    let shift = 24
    let shape = network.shape(of: norm.source)
    let count = norm.axes.reduce(1) { $0 * shape[$1] }
    let coefficient = Int64((Double(1 << shift) / Double(count)).rounded())
    var sum = Contraction<Int64>.sum(over: norm.axes, of: shape, coefficient)
    // Bounds of a sum times public numbers would be those of the largest number at every place.
    sum.terms += norm.large(shape.count).map { .init(coefficient * ($0.factor - 1), [.operand(0, $0.reading)]) }
    let name = norm.centred.map(name) ?? ""
    let result = try append(name, [source], .contraction(sum), rows, scale: scale(of: source) / Double(1 << shift))
    return try kept(result, shift: shift, name, rows)
  }

  /// Σ u², u being what the value is above its mean.
  private mutating func sumOfSquares(
    _ norm: NormPattern, _ source: Int, _ mean: Int?, _ rows: [Int]
  ) throws(ModelError) -> Int {
    let shape = network.shape(of: norm.source)
    let count = Int128(norm.axes.reduce(1) { $0 * shape[$1] })
    var squares = Contraction<Int64>.squares(shape, over: norm.axes)
    if mean != nil, case .operand(_, let reading) = squares.terms[0].factors[0] {
      let own = Factor.operand(1, rows.indices.map { Index($0) })
      squares.terms += [.init(-2, [.operand(0, reading), own]), .init(Int64(count), [own, own])]
    }
    let large = norm.large(rows.count)
    squares.terms += large.map { .init($0.factor * $0.factor - 1, [.operand(0, $0.reading), .operand(0, $0.reading)]) }
    if mean != nil {
      squares.terms += large.map { .init(-2 * ($0.factor - 1), [.operand(0, $0.reading), .operand(1, rows.indices.map { Index($0) })]) }
    }
    let range = range(of: source)
    let largest = Int128(max(range.lowerBound.magnitude, range.upperBound.magnitude))
    let most = count + (norm.factors?.reduce(0) { $0 + Int128($1 * $1) } ?? count) * largest * largest
    guard most < 1 << 61 else { throw .unusableLayer(name(norm.squares), reason: "its sums of squares can reach 2^61") }
    return try append(
      name(norm.squares), [source] + (mean.map { [$0] } ?? []), .contraction(squares), rows, scale: scale(of: source) * scale(of: source),
      within: 0...Int64(most))
  }

  /// 1 / √(a · squares + b) in such steps that 2^16 steps of a product with the value are `target`; and at least the norm of a
  /// row's products.
  private mutating func inverseRoot(
    _ norm: NormPattern, _ squares: Int, _ rows: [Int], unit: Double, target: Double
  ) throws(ModelError) -> (value: Int, radius: Double) {
    let name = network.nodes.first { $0.operands == [norm.squares] }?.name ?? name(norm.squares)
    let offset = Int64(min(max((norm.shift / norm.scale / (unit * unit)).rounded(), 1), 0x1p60))
    guard let largest = Optional(range(of: squares).upperBound.addingReportingOverflow(offset)), !largest.overflow, largest.partialValue < 1 << 59
    else { throw .unusableLayer(name, reason: "its sums of squares and ε can reach 2^59 steps") }
    // Rows of the first window have at least 10 bits on calibration data.
    let (least, most) = (scales.least(norm.squares) / (unit * unit) + Double(offset), scales.largest(norm.squares) / (unit * unit) + Double(offset))
    var shift = Int(min(max(log2(max(least, 1)).rounded(.down) - 10, 1), 40))
    func windowCount(_ largest: Int64) -> Int { WindowedFunction.inverseRootWindowCount(shift: shift, largest: largest) }
    // Bounds of a chain of quotients: docs/protocol.md §3.3, rule 6. The longest sums have 61 bits.
    while shift + WindowedFunction.inverseRootRows.step * (windowCount(largest.partialValue) + 1) > 61 { shift += 1 }
    let count = windowCount(largest.partialValue)
    // Of 32 bits at most, which two lookups hold.
    let largestRoot = norm.coefficient / (norm.scale.squareRoot() * unit) * exp2(-Double(shift) / 2)
    var step = target * 0x1p-16 / unit
    while largestRoot / step > 0x1p31 * (1 - 0x1p-20) { step *= 2 }
    // By window what one of its table is worth in these steps.
    let worth = (0..<count).map { window in
      norm.coefficient / (norm.scale.squareRoot() * unit * step)
        * exp2(-23 - Double(shift + WindowedFunction.inverseRootRows.step * window) / 2)
    }
    // Multipliers of 12 bits on calibration data, of 7 beyond them.
    let usual = min(windowCount(Int64(min(most, 0x1p60))), count)
    let precision = Int(min(max(12 - log2(worth[usual - 1]).rounded(.down), 7 - log2(worth[count - 1]).rounded(.down), 1), 32))
    let multipliers = worth.map { Int64(min(max(($0 * Double(1 << precision)).rounded(), 1), 0x1p36)) }
    let root = WindowedFunction.inverseRoot(offset: offset, shift: shift, multipliers: multipliers)
    let scaled = try append(name, [squares], .map(.windowed(root)), rows, scale: step / Double(1 << precision))
    let radius = root.largestNorm(scale: 1 / Double(1 << precision), error: 0.5)
    return (try kept(scaled, shift: precision, name, rows), radius)
  }
}
