/// Bits of weights that need neither limbs in the range proof nor wide products; tried before more.
private let weightBits = [16, 24, 31]
/// Biases are smaller.
private let biasLimit = 0x1p46
/// The largest shift of a requantization.
let maximumShift = 32

extension Quantizer {
  /// The operator in integers, and what one unit of its accumulators is worth.
  ///
  /// - Parameter quotientScale: What the accumulators are requantized to; nil when they are shown as they are.
  func integers(
    _ node: Node, _ operands: [Int], quotientScale: Double?
  ) throws(ModelError) -> (IntegerOperation, unit: Double) {
    let scales = operands.map(scale)
    switch node.operation {
    case .linear(let linear):
      let constants = try constants(
        node.name, linear.weights, shift: linear.bias, inputScale: scales[0], quotientScale: quotientScale)
      return (
        .linear(
          IntegerLinear(
            inputCount: linear.inputCount, outputCount: linear.outputCount, weights: constants.factors,
            bias: constants.shift)), constants.unit
      )
    case .convolution(let convolution):
      let constants = try constants(
        node.name, convolution.weights, shift: convolution.bias, inputScale: scales[0], quotientScale: quotientScale)
      return (
        .convolution(
          IntegerConvolution(
            window: convolution.window, groupCount: convolution.groupCount, inputCount: convolution.inputCount,
            outputCount: convolution.outputCount, weights: constants.factors, bias: constants.shift)), constants.unit
      )
    case .windowSum(let window, let factor):
      let (integers, unit) = self.coefficients([factor * scales[0]], operands, quotientScale)
      return (.windowSum(window, integers[0]), unit)
    case .reduce(let axes, let factor):
      let shape = shape(of: operands[0])
      let (integers, unit) = self.coefficients([factor * scales[0]], operands, quotientScale)
      return (.reduce(axes: axes, count: axes.reduce(1) { $0 * shape[$1] }, integers[0]), unit)
    case .affine(let affine):
      let constants = try constants(
        node.name, affine.scale, shift: affine.shift, inputScale: scales[0], quotientScale: quotientScale)
      return (
        .affine(IntegerAffine(shape: affine.shape, scale: constants.factors, shift: constants.shift)), constants.unit
      )
    case .sum(let coefficients):
      let (integers, unit) = self.coefficients(zip(coefficients, scales).map(*), operands, quotientScale)
      return (.combination(integers), unit)
    case .concatenate(let axis):
      let (integers, unit) = self.coefficients(scales, operands, quotientScale)
      return (.concatenation(axis: axis, integers), unit)
    case .product:
      let ratio = scales[0] * scales[1]
      guard let quotientScale else { return (.product(1), ratio) }
      let widths = operands.map { magnitudeBits(range(of: $0)) }
      let shift = min(widths[0] + widths[1] + 2, maximumShift)
      let unit = quotientScale / Double(1 << shift)
      return (.product(bounded(ratio / unit)), unit)
    case .pointwise, .windowMaximum, .reshape, .transpose, .slice, .quantize:
      throw .unusableLayer(node.name, reason: "it makes no accumulators")
    }
  }

  /// round(w·s_in/s_q·2^s) and round(b/s_q·2^s) with the largest shift s for which all weights fit; the smallest one where
  /// all these numbers are integers already.
  private func constants(
    _ name: String, _ weights: [Float], shift bias: [Float], inputScale: Double, quotientScale: Double?
  ) throws(ModelError) -> (factors: [Int32], shift: [Int64], unit: Double) {
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
      weights.map { Int32((Double($0) * ratio * unit).rounded()) },
      bias.map { Int64((Double($0) / target * unit).rounded()) }, target / unit
    )
  }

  /// Integers in proportion to real factors, so fine that rounding them moves the sum by a small part of a step; exact
  /// where the factors are multiples of one of them.
  private func coefficients(
    _ factors: [Double], _ operands: [Int], _ quotientScale: Double?
  ) -> (integers: [Int64], unit: Double) {
    let smallest = factors.map(\.magnitude).filter { $0 > 0 }.min() ?? 1
    if quotientScale == nil, factors.allSatisfy({ factor in
      (factor / smallest).rounded() == factor / smallest && factor.magnitude / smallest < 0x1p40
    }) {
      return (factors.map { bounded($0 / smallest) }, smallest)
    }
    let target = quotientScale ?? smallest
    let width = operands.map { magnitudeBits(range(of: $0)) }.max() ?? 0
    let shift = min(width + 3, maximumShift)
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
  func range(for operands: [ClosedRange<Int64>]) -> ClosedRange<Int64>? {
    switch self {
    case .linear(let linear): linear.range(for: operands[0])
    case .convolution(let convolution): convolution.range(for: operands[0])
    case .windowSum(let window, let coefficient): IntegerWindowSum.range(window, coefficient, operands[0])
    case .reduce(_, let count, let coefficient): IntegerReduction.range(count, coefficient, operands[0])
    case .affine(let affine): affine.range(for: operands[0])
    case .combination(let coefficients): IntegerCombination.range(coefficients, operands)
    case .product(let coefficient): IntegerProduct.range(coefficient, operands[0], operands[1])
    case .concatenation(_, let coefficients): IntegerConcatenation.range(coefficients, operands)
    case .requantize(let requantization): requantization.function.results
    case .table(let function): function.results
    case .windowMaximum, .reshape, .transpose, .slice: operands[0]
    }
  }
}
