/// Bits of weights that need neither limbs in the range proof nor wide products; tried before more.
private let weightBits = [16, 24, 31]
/// Biases are smaller.
private let biasLimit = 0x1p46
/// The largest shift of a requantization.
let maximumShift = 32

extension Quantizer {
  /// The value of accumulators of a node.
  ///
  /// - Parameter quotientScale: What the accumulators are requantized to; nil when they are shown as they are.
  mutating func append(_ node: Node, _ operands: [Int], quotientScale: Double?) throws(ModelError) -> Int {
    let scales = operands.map(scale)
    let shapes = operands.map { shape(of: $0) }
    func constants(_ weights: [Float], _ bias: [Float]) throws(ModelError) -> Constants {
      try self.constants(node.name, weights, shift: bias, inputScale: scales[0], quotientScale: quotientScale)
    }
    func append(_ contraction: Contraction<Int64>, _ unit: Double) throws(ModelError) -> Int {
      try self.append(node.name, operands, .contraction(contraction), node.shape, scale: unit)
    }
    switch node.operation {
    case .linear(let linear):
      let constants = try constants(linear.weights, linear.bias)
      return try append(.linear(shapes[0], constants.factors, constants.shift), constants.unit)
    case .convolution(let convolution):
      let constants = try constants(convolution.weights, convolution.bias)
      return try self.append(convolution, node, operands[0], constants)
    case .affine(let affine):
      let constants = try constants(affine.scale, affine.shift)
      return try append(.affine(affine.shape, constants.factors, constants.shift, node.shape), constants.unit)
    case .contraction(let contraction):
      let (integers, unit) = coefficients(contraction, operands, quotientScale)
      let terms = zip(contraction.terms, integers).map { Contraction<Int64>.Term($1, $0.factors) }
      return try append(Contraction(loops: contraction.loops, terms: terms), unit)
    case .pointwise, .windowMaximum, .reshape, .transpose, .slice, .quantize:
      throw .unusableLayer(node.name, reason: "it makes no accumulators")
    }
  }

  /// Groups of channels are an axis of their own, between two reshapes.
  private mutating func append(
    _ convolution: Convolution, _ node: Node, _ operand: Int, _ constants: Constants
  ) throws(ModelError) -> Int {
    let source = shape(of: operand)
    let operation = IntegerOperation.contraction(
      .convolution(convolution, source, node.shape, constants.factors, constants.shift))
    guard convolution.groupCount > 1 else { return try append(node.name, [operand], operation, node.shape, scale: constants.unit) }
    let groups = try append(node.name, [operand], .reshape, convolution.grouped(source), scale: scale(of: operand))
    let result = try append(node.name, [groups], operation, convolution.grouped(node.shape), scale: constants.unit)
    return try append(node.name, [result], .reshape, node.shape, scale: constants.unit)
  }

  private typealias Constants = (factors: [Int64], shift: [Int64], unit: Double)

  /// round(w·s_in/s_q·2^s) and round(b/s_q·2^s) with the largest shift s for which all weights fit; the smallest one where
  /// all these numbers are integers already.
  private func constants(
    _ name: String, _ weights: [Float], shift bias: [Float], inputScale: Double, quotientScale: Double?
  ) throws(ModelError) -> Constants {
    let target = quotientScale ?? inputScale
    let ratio = inputScale / target
    let largest = weights.reduce(0.0) { max($0, Double($1.magnitude)) } * ratio
    let largestShift = bias.reduce(0.0) { max($0, Double($1.magnitude)) } / target
    let (least, most) = quotientScale == nil ? (0, 40) : (1, 16)
    let isExact = weights.allSatisfy { isInteger(Double($0) * ratio) } && bias.allSatisfy { isInteger(Double($0) / target) }
    let shifts = isExact ? least...least : least...most
    var found: Int?
    for bits in weightBits where found == nil {
      found = shifts.reversed().first { shift in
        let unit = Double(1 << shift)
        return (largest * unit).rounded() < Double(1 << (bits - 1)) && largestShift * unit < biasLimit
      }
    }
    guard let shift = found else {
      throw .unusableLayer(
        name,
        reason: largestShift * 2 < biasLimit
          ? "its weights, up to \(largest) steps of its output, do not fit \(weightBits[2]) bits"
          : "its bias, up to \(largestShift) steps of its output, does not fit 48 bits")
    }
    let unit = Double(1 << shift)
    return (
      weights.map { Int64((Double($0) * ratio * unit).rounded()) },
      bias.map { Int64((Double($0) / target * unit).rounded()) }, target / unit
    )
  }

  /// Integers in proportion to real coefficients of terms, so fine that rounding them moves the sum by a small part of a
  /// step; exact where they are multiples of one of them.
  private func coefficients(
    _ contraction: Contraction<Double>, _ operands: [Int], _ quotientScale: Double?
  ) -> (integers: [Int64], unit: Double) {
    let values = contraction.terms.map { term in
      term.factors.compactMap { if case .operand(let index, _) = $0 { operands[index] } else { nil } }
    }
    let factors = zip(contraction.terms, values).map { term, values in
      values.dropFirst().reduce(term.coefficient * (values.first.map(scale) ?? 1)) { $0 * scale(of: $1) }
    }
    let smallest = factors.map(\.magnitude).filter { $0 > 0 }.min() ?? 1
    if quotientScale == nil, factors.allSatisfy({ factor in
      (factor / smallest).rounded() == factor / smallest && factor.magnitude / smallest < 0x1p40
    }) {
      return (factors.map { bounded($0 / smallest) }, smallest)
    }
    let target = quotientScale ?? smallest
    let width = values.map { $0.reduce(0) { $0 + magnitudeBits(range(of: $1)) } }.max() ?? 0
    let shift = min(width + (values.contains { $0.count > 1 } ? 2 : 3), maximumShift)
    let unit = target / Double(1 << shift)
    return (factors.map { bounded($0 / unit) }, unit)
  }

  /// The nearest integer of at most 2^60; a larger coefficient is refused with the range that it leads to. 0 for what is
  /// not a number.
  private func bounded(_ value: Double) -> Int64 {
    value.isNaN ? 0 : Int64(max(min(value.rounded(), 0x1p60), -0x1p60))
  }

  private func isInteger(_ value: Double) -> Bool { value == value.rounded() }

  private func magnitudeBits(_ range: ClosedRange<Int64>) -> Int {
    Int64.bitWidth - max(range.lowerBound.magnitude, range.upperBound.magnitude).leadingZeroBitCount
  }
}

extension IntegerOperation {
  /// The smallest range of results that is known; nil when accumulators reach 2^62.
  func range(for operands: [(range: ClosedRange<Int64>, shape: [Int])], rank: Int) -> ClosedRange<Int64>? {
    switch self {
    case .contraction(let contraction): contraction.range(for: operands, rank: rank)
    case .requantize(let requantization): requantization.function.results
    case .table(let function): function.results
    case .maximum, .reshape, .transpose, .slice: operands[0].range
    }
  }
}
