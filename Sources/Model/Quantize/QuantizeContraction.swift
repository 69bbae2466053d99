/// Bits of weights. Those of 16 need neither limbs in the range proof nor wide products; tried before more.
private let weightBits = [16, 24, 31]
/// Biases are smaller.
private let biasLimit = 0x1p46
/// The largest shift of a requantization.
let maximumShift = 32

extension Contraction<Int64> {
  /// A float contraction's terms with other coefficients.
  init(loops: [Int], constants: [Constant] = [], _ terms: [Contraction<Double>.Term], _ coefficients: [Int64]) {
    self.init(loops: loops, constants: constants, terms: zip(terms, coefficients).map { Term($1, $0.factors) })
  }
}

/// A term's numbers as steps of what its sum is requantized to.
private struct ScaledTerm {
  /// Its constant's, or 1.
  let numbers: [Float]
  /// Whether the numbers are trained.
  let isTrained: Bool
  let coefficient: Double
  /// Of its operands together; nil for a bias.
  let inputScale: Double?
  let target: Double

  func steps(_ number: Float) -> Double {
    let number = Double(number) * coefficient
    return inputScale.map { number * ($0 / target) } ?? number / target
  }

  /// The largest absolute value; infinite where one is not a number.
  var largest: Double {
    let largest = steps(numbers.reduce(0) { max($0, $1.magnitude) }).magnitude
    return largest.isNaN ? .infinity : largest
  }

  var isExact: Bool { numbers.allSatisfy { steps($0) == steps($0).rounded() } }
}

extension Quantizer {
  /// A contraction of integers in proportion to a float one, and what its accumulators' 1 is worth.
  ///
  /// Constants, and coefficients of terms without one, become round(c·2^s/s_q · Π s_in), s_in being the scales of the term's
  /// operands. An array that has integers already keeps them: its scale is a factor of the term's coefficient.
  ///
  /// - Parameters:
  ///   - operands: Integer values.
  ///   - quotientScale: s_q, what the accumulators are requantized to; nil when they are shown as they are.
  ///   - longest: Of those that are shown as they are, the most bits.
  ///   - finest: The least of what values are requantized to; 0 where it may be any.
  ///   - room: Other values are requantized from the accumulators to steps that are up to 2^room times as long.
  ///   - isShared: Whether another scale will do that is a power of two times the accumulators'.
  mutating func integers(
    _ contraction: Contraction<Double>, _ operands: [Int], _ name: String, quotientScale: Double?, finest: Double? = nil, room: Int = 0, isShared: Bool = false,
    longest: Int = 60
  ) throws(ModelError) -> (Contraction<Int64>, unit: Double) {
    let values = contraction.terms.map { term in
      term.factors.compactMap { if case .operand(let index, _) = $0 { operands[index] } else { nil } }
    }
    guard !contraction.constants.isEmpty else {
      let (coefficients, unit) = coefficients(
        contraction.terms.map(\.coefficient), values, quotientScale, finest: finest, room: room, isShared: isShared, longest: longest)
      return (Contraction(loops: contraction.loops, contraction.terms, coefficients), unit)
    }
    let known = contraction.constants.map { knownIntegers($0, contraction.shape(of: $0)) }
    var target = quotientScale ?? scale(of: operands[0])
    func scaledTerms() -> [ScaledTerm] {
      zip(contraction.terms, values).map { term, values in
        let (constant, array) = (term.constant.map { contraction.constants[$0] }, term.constant.flatMap { known[$0] })
        return ScaledTerm(
          numbers: array == nil ? constant?.values ?? [1] : [1], isTrained: array == nil && !(constant?.isPublic ?? true),
          coefficient: term.coefficient * (array?.scale ?? 1),
          inputScale: values.isEmpty ? nil : values.dropFirst().reduce(scale(of: values[0])) { $0 * scale(of: $1) }, target: target)
      }
    }
    var scaled = scaledTerms()
    // Sums of products of integers that are known are accumulators as they are, where these may have any scale.
    let reads = zip(contraction.terms, scaled).filter { $1.inputScale != nil }
    var isDirect = false
    if reads.count == 1, let number = reads[0].0.constant, known[number] != nil {
      let product = target * reads[0].1.largest
      isDirect = product.isNormal && (quotientScale == nil || (isShared && target >= 2 * product))
        && scaled.allSatisfy { $0.inputScale != nil || $0.largest * (target / product) < biasLimit }
      if isDirect {
        target = product
        scaled = scaledTerms()
      }
    }
    let shift = isDirect ? 0 : try shift(name, scaled, isShown: quotientScale == nil, isKnown: known.contains { $0 != nil })
    let unit = Double(1 << shift)
    var constants = contraction.constants.map { Contraction<Int64>.Constant(loops: $0.loops, [], isPublic: $0.isPublic, array: $0.array) }
    var coefficients: [Int64] = []
    for (term, scaled) in zip(contraction.terms, scaled) {
      let integers = scaled.numbers.map { Int64((scaled.steps($0) * unit).rounded()) }
      guard let number = term.constant else {
        coefficients.append(integers[0])
        continue
      }
      constants[number].values = known[number]?.integers ?? integers
      coefficients.append(known[number] == nil ? 1 : integers[0])
      let constant = contraction.constants[number]
      guard let array = constant.array, arrays[array] == nil, scaled.steps(1) != 0 else { continue }
      arrays[array] = IntegerArray(
        numbers: constant.values, shape: contraction.shape(of: constant), integers: integers, scale: 1 / (scaled.steps(1) * unit))
    }
    return (Contraction(loops: contraction.loops, constants: constants, contraction.terms, coefficients), target / unit)
  }

  /// The largest shift for which all weights fit; the smallest one where all numbers are integers already.
  ///
  /// Trained weights fit `options.weightBits` if they can. Coefficients and numbers that the operator alone says are not trained.
  /// Where one of them is known already, its coefficient is to have as many bits as others.
  private func shift(_ name: String, _ terms: [ScaledTerm], isShown: Bool, isKnown: Bool) throws(ModelError) -> Int {
    func largest(_ isTrained: Bool) -> Double {
      terms.filter { $0.inputScale != nil && $0.isTrained == isTrained }.map(\.largest).reduce(0, max)
    }
    let (trained, others) = (largest(true), largest(false))
    let weights = max(trained, others)
    let bias = terms.filter { $0.inputScale == nil }.map(\.largest).reduce(0, max)
    let (least, most) = isShown ? (0, 40) : (1, isKnown ? maximumShift : 16)
    let shifts = terms.allSatisfy(\.isExact) ? least...least : least...most
    for bits in [options.weightBits] + weightBits {
      let found = shifts.last { shift in
        let unit = Double(1 << shift)
        return (trained * unit).rounded() < Double(1 << (bits - 1)) && (others * unit).rounded() < Double(1 << (max(bits, weightBits[0]) - 1))
          && bias * unit < biasLimit
      }
      if let found { return found }
    }
    throw .unusableLayer(
      name,
      reason: bias * 2 < biasLimit
        ? "its weights, up to \(weights) steps of its output, do not fit \(weightBits[2]) bits"
        : "its bias, up to \(bias) steps of its output, does not fit 48 bits")
  }

  /// Integers in proportion to real coefficients of products of values, so fine that rounding them moves the sum by a small
  /// part of a step; exact where they are multiples of one of them.
  private func coefficients(
    _ coefficients: [Double], _ values: [[Int]], _ quotientScale: Double?, finest: Double?, room: Int, isShared: Bool, longest: Int
  ) -> (integers: [Int64], unit: Double) {
    let factors = zip(coefficients, values).map { coefficient, values in
      values.dropFirst().reduce(coefficient * (values.first.map(scale) ?? 1)) { $0 * scale(of: $1) }
    }
    let smallest = factors.map(\.magnitude).filter { $0 > 0 }.min() ?? 1
    if quotientScale == nil, let multiples = multiples(of: smallest, factors) { return (multiples, smallest) }
    let target = quotientScale ?? smallest
    // Steps of powers of two: sums of multiples of the smallest one are exact.
    if let multiples = multiples(of: smallest, factors), min(finest ?? target, target) >= 2 * smallest, (target / smallest).significandWidth == 0 {
      return (multiples, smallest)
    }
    if isShared, factors.count == 1, target >= 2 * smallest { return ([factors[0] < 0 ? -1 : 1], smallest) }
    let width = values.map { $0.reduce(0) { $0 + magnitudeBits(range(of: $1)) } }.max() ?? 0
    var shift = min(width + (values.contains { $0.count > 1 } ? 2 : 3), isShared ? 16 : maximumShift - room)
    // What is shown as it is may be longer than what is rounded. Products, whose operands are not all large at once, have bounds of their own.
    if quotientScale == nil {
      let largest = zip(factors, values).reduce(0) { sum, term in
        sum + (term.0 / target).magnitude * (term.1.count == 1 ? Double(1 << magnitudeBits(range(of: term.1[0]))) : 1)
      }
      shift = (0...shift).last { largest * Double(1 << $0) < Double(1 << longest) } ?? 0
    }
    // Products of integers that go farther than what is known of their results.
    let reach = zip(factors, values).reduce(0) { sum, term in
      sum + (term.0 / target).magnitude * term.1.reduce(1) { $0 * Double(max(range(of: $1).lowerBound.magnitude, range(of: $1).upperBound.magnitude)) }
    }
    if quotientScale != nil, reach < 0x1p60 { while shift > 1, reach * Double(1 << shift) >= 0x1p61 { shift -= 1 } }
    let unit = target / Double(1 << shift)
    return (factors.map { bounded($0 / unit) }, unit)
  }

  /// How many times a number each factor is; nil where one is no small multiple.
  private func multiples(of unit: Double, _ factors: [Double]) -> [Int64]? {
    let multiples = factors.map { $0 / unit }
    return multiples.allSatisfy { $0.rounded() == $0 && $0.magnitude < 0x1p40 } ? multiples.map(bounded) : nil
  }

  /// The nearest integer of at most 2^60; a larger coefficient is refused with the range that it leads to. 0 for what is
  /// not a number.
  private func bounded(_ value: Double) -> Int64 {
    value.isNaN ? 0 : Int64(max(min(value.rounded(), 0x1p60), -0x1p60))
  }

  func magnitudeBits(_ range: ClosedRange<Int64>) -> Int {
    Int64.bitWidth - max(range.lowerBound.magnitude, range.upperBound.magnitude).leadingZeroBitCount
  }
}
