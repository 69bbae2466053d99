extension GraphImporter {
  /// An image at places that depend on the input: along each axis every element weighs what its distance from a place says.
  mutating func sampled(_ image: Tensor, _ grid: Tensor, _ sampling: GridSampling, _ label: String) throws(NodeProblem) -> Definition {
    let (full, points) = (fullShape(image), fullShape(grid))
    guard (4...5).contains(full.count), points.count == full.count, points[full.count - 1] == full.count - 2, points[0] == full[0] else {
      throw .malformed("its grid of shape \(points) does not fit an input of \(full)")
    }
    guard sampling.mode != .cubic || sampling.padding == "zeros" else {
      throw .unsupported("its grid depends on the input, and its polynomials are cubic; give it as a constant, pad by zeros, or use the mode linear")
    }
    let (sides, sizes) = (Array(full[2...]), Array(points[1..<full.count - 1]))
    guard elementCount(full + sizes, limit: maximumStepCount) != nil,
      elementCount([full[0], max(full[1], sides[sides.count - 1])] + sizes + sides.dropLast(), limit: maximumMadeElementCount) != nil
    else { throw .unsupported("it samples \(sides) elements at \(sizes) places") }
    // Names of axes: those of the image, then those of the places.
    let own = sizes.indices.map { full.count + $0 }
    var (result, axes) = (image, Array(full.indices))
    for axis in sides.indices.reversed() {
      let component = try view(
        grid, [full[0]] + sizes, (0...sizes.count).map { Index($0) } + [Index(start: sides.count - 1 - axis)], label)
      let rest = axes.filter { $0 != axis + 2 && $0 < full.count } + own
      var (operands, names) = ([result], [axes])
      if let place = sampling.place(sides[axis]) {
        operands.append(try weights(of: component, place, sides[axis], sampling, label))
        names.append([0] + own + [axis + 2])
      }
      let sum = try product(operands, names, operands.count > 1 ? rest : axes.filter { $0 != axis + 2 }, label)
      (result, axes) = (try tensor(sum, "its sum"), operands.count > 1 ? rest : axes.filter { $0 != axis + 2 })
    }
    return .tensor(result)
  }

  /// By place and element of an axis, what the element weighs.
  private mutating func weights(
    of component: Tensor, _ place: Pointwise, _ length: Int, _ sampling: GridSampling, _ label: String
  ) throws(NodeProblem) -> Tensor {
    let full = fullShape(component)
    let places = try apply(place, to: component, label)
    if sampling.mode == .nearest, case .value(let value) = places { mark(value, .integer) }
    let spread = try view(places, full + [length], full.indices.map { Index($0) }, label)
    guard case .value(let value) = spread else { throw .unsupported("its grid is a constant of each sample; give it as a constant of the model") }
    let shape = shape(of: value)
    let difference = Contraction<Double>.affine([length], scale: nil, shift: (0..<length).map { -Float($0) }, shape, isPublic: true)
    let kind = kind(of: spread)
    let distance = try append(label, .contraction(difference), [value], shape: shape, place: self.place(of: value), kind: kind)
    return .value(try apply(sampling.weight, to: distance, label))
  }
}

extension GridSampling {
  /// Where along an axis a number of the grid is; nil where it is at the one element of it anyway.
  fileprivate func place(_ length: Int) -> Pointwise? {
    let (size, far) = (Double(length), Double(length - 1))
    if length == 1, isAligned || padding != "zeros" { return nil }
    var place: Pointwise = isAligned ? .affine(scale: far / 2, shift: far / 2) : .affine(scale: size / 2, shift: far / 2)
    if mode == .nearest { place = .function(.round, place) }
    if padding == "reflection" {
      // There and back again in two lengths.
      let (start, span) = isAligned ? (0, far) : (-0.5, size)
      let turns = Pointwise.affine(scale: 1 / span, shift: -start / span).of(place)
      let turn = turns + -2.0 * Pointwise.floor.of(0.5 * turns)
      place = .affine(scale: -span, shift: start + span).of(.function(.abs, turn + -1.0))
      // Quotients by the span are not exact.
      if mode == .nearest { place = .function(.round, place) }
    }
    return padding == "zeros" ? place : .minimum(.maximum(place, .constant(0)), .constant(far))
  }

  /// Of an element, of its distance.
  fileprivate var weight: Pointwise {
    let distance = Pointwise.function(.abs, .x)
    switch mode {
    case .nearest: return .isZero
    case .linear: return .function(.relu, 1.0 + -1.0 * distance)
    case .cubic:
      let a = GridSampling.cubicCoefficient
      let (near, far) = (Pointwise.minimum(distance, .constant(1)), Pointwise.minimum(.maximum(distance, .constant(1)), .constant(2)))
      // By Horner's rule, from the highest power down.
      func polynomial(_ x: Pointwise, _ coefficients: [Double]) -> Pointwise {
        coefficients.dropFirst().reduce(.constant(coefficients[0])) { .sum(.product($0, x), .constant($1)) }
      }
      return polynomial(near, [a + 2, -a - 3, 0, 1]) + polynomial(far, [a, -5 * a, 8 * a, -4 * a])
    }
  }
}
