import Glibc

/// The longest integers that are kept, but for those of a residual stream.
private let keptBits = 18
/// How much larger than on calibration data values may be, for tables of 16 bits to hold them all: 13 bits and more are left.
private let mostRoom = 8.0
/// Room for what another attempt at scales makes larger.
private let margin = 1 + 0x1p-6

extension Network {
  /// Whether there are shares or norms.
  var isSequence: Bool {
    nodes.contains { if case .softmax = $0.operation { true } else { false } } || !norms.isEmpty
  }
}

extension Quantizer {
  /// Before it is known how far a value can go, 14 bits for what it is on calibration data, 18 in a stream.
  func sharedQuantum(_ value: Int) -> Quantum {
    let largest = scales.largest(value)
    guard largest > 0 else { return Quantum(scale: 1, range: 0...0) }
    let first = (largest * (scales.streamBits(value) != nil ? 0x1p-17 : 0x1p-13)).roundedUp(significantBits: scaleBits)
    return Quantum(scale: scales.scale(value) ?? first, range: -1 << 15...1 << 15 - 1)
  }

  /// The activations of accumulators whose scale is that of a group: kept where every input allows it; nil for a function whose
  /// arguments need more than a table.
  ///
  /// Values have 13 to 16 bits on calibration data, those of a residual stream 16 to 19, and as many more as they can grow to.
  mutating func shared(
    _ value: Int, _ target: QuantizationTarget, _ accumulators: Int, shift: Int, _ name: String, _ shape: [Int]
  ) throws(ModelError) -> Int? {
    let (unit, own) = (scale(of: accumulators), range(of: accumulators))
    let bound = Double(max(own.lowerBound.magnitude, own.upperBound.magnitude)) * unit * margin
    guard target.function == .x else { return try sharedFunction(value, target, accumulators, shift: shift, bound, name, shape) }
    let largest = scales.largest(value)
    let (streamBits, room) = (scales.streamBits(value), bound / largest)
    let isFactor = vectorBounds[accumulators] == nil && scales.largestProduct(of: value) != nil
    let most = isFactor ? 16 : streamBits ?? keptBits
    // Of what can go farther than that 13 bits are left; a stream has up to 19, and 16 at least.
    let narrow =
      streamBits == nil ? largest * 0x1p-12 : min(max(bound * exp2(Double(1 - most)), largest * 0x1p-18), largest * 0x1p-15)
    let isKept = bound / narrow <= exp2(Double(most - 1))
    // Of queries and keys without norms before them scores could be anything.
    if isFactor {
      scales.ask(largest * 0x1p-13, for: value)
    } else {
      scales.ask(room <= mostRoom && streamBits == nil ? bound * 0x1p-15 : isKept ? narrow : largest * 0x1p-13, for: value)
    }
    func width(_ shift: Int) -> Int { max(Requantization.bits(of: Requantization.domain(shift: shift, accumulators: own)), 16) }
    // Where the scale of the group is a little too fine another one is.
    let shifts = shift...max(min(shift + 4, maximumShift), shift)
    var (shift, bits) = (shift, width(shift))
    if !isFactor, let coarser = shifts.first(where: { width($0) <= most }) { (shift, bits) = (coarser, width(coarser)) }
    if bits > most {
      bits = 16
      shift = Int(min(max(log2(largest * 0x1p-13 / unit).rounded(.up), 1), Double(maximumShift)))
    }
    let requantization = Requantization(
      shift: shift, function: .clamp(-1 << Int64(bits - 1)...1 << Int64(bits - 1) - 1), accumulators: own)
    // Not the range of the table, a power of two: what sums are added to would go twice as far at each place.
    let ends = (requantization.quotient(own.lowerBound)...requantization.quotient(own.upperBound)).roundedOut
    return try append(
      name, [accumulators], .map(.requantize(requantization)), shape, scale: unit * Double(1 << shift), within: bits > 16 ? ends : nil)
  }

  /// A function of accumulators, with a table of 16 bits for all that they can be.
  private mutating func sharedFunction(
    _ value: Int, _ target: QuantizationTarget, _ accumulators: Int, shift: Int, _ bound: Double, _ name: String, _ shape: [Int]
  ) throws(ModelError) -> Int? {
    let (argument, result) = (scales.largest(target.source), scales.largest(value))
    let isHeld = bound <= 2 * mostRoom * argument
    var steps = target
    steps.argumentScale = nil
    scales.ask(isHeld ? max(bound * 0x1p-15, steps.quotientScale) : steps.quotientScale, for: value, .argument)
    let half = Int64(maximumTableSize / 2)
    let domain = -half...half - 1
    let argumentScale = scale(of: accumulators) * Double(1 << shift)
    // Of a network's input in range, or what the table holds of it.
    let reach = min(bound, argumentScale * Double(half))
    let most = max(target.function.value(at: reach).magnitude, target.function.value(at: -reach).magnitude)
    let isFinite = most.isFinite && most <= mostRoom * result
    scales.ask((isFinite ? max(most, result) : result) * 0x1p-15 * margin, for: value)
    guard Requantization.domain(shift: shift, accumulators: range(of: accumulators)).count <= maximumTableSize else { return nil }
    let function = target.table(domain, scale: argumentScale)
    let requantization = Requantization(shift: shift, function: function, accumulators: range(of: accumulators))
    return try append(name, [accumulators], .map(.requantize(requantization)), shape, scale: target.quantum.scale)
  }
}

extension VectorBound {
  /// Of a function of each element; nil for accumulators of another kind.
  package func mapped(_ function: IntegerFunction) -> VectorBound? {
    switch function {
    case .requantize(let requantization):
      let half = 0.5, power = exp2(-Double(requantization.shift))
      if requantization.keeps { return scaled(by: power, slack: half) }
      guard let (slope, error) = requantization.function.growth else { return nil }
      return scaled(by: slope * power, slack: slope * half + error, isUniform: false)
    case .table(let table):
      guard let (slope, error) = table.growth else { return nil }
      return scaled(by: slope, slack: error, isUniform: false)
    case .windowed: return nil
    }
  }
}

extension ActivationFunction {
  /// |f(q)| ≤ slope · |q| + error.
  fileprivate var growth: (slope: Double, error: Double)? {
    switch self {
    case .clamp(let range): return range.contains(0) ? (1, 0) : nil
    case .values(let lower, let values):
      let error = value(at: 0).magnitude
      let slope = values.enumerated().reduce(0.0) { slope, row in
        let q = lower + Int64(row.offset)
        return q == 0 ? slope : max(slope, (Double(row.element.magnitude) - Double(error)) / Double(q.magnitude))
      }
      return (slope, Double(error))
    }
  }
}
