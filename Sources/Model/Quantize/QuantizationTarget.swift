/// The scale that maps the largest absolute value to the largest integer, rounded up to `scaleBits`, so that no value
/// of the range is beyond the largest integer; nil when all values are 0 or subnormal.
func activationScale(_ range: ClosedRange<Double>, _ integers: ClosedRange<Int64>) -> Double? {
  let largest = integers.lowerBound < 0 ? max(-range.lowerBound, range.upperBound) : range.upperBound
  let scale = (largest / Double(integers.upperBound)).roundedUp(significantBits: scaleBits)
  return scale.isNormal && scale > 0 ? scale : nil
}

/// Significant bits of scales that follow from calibration data: they are public, and an exact maximum would be an
/// equation on weights and data.
let scaleBits = 8

extension Double {
  /// The smallest number of so many significant bits that is not smaller than a positive one.
  func roundedUp(significantBits: Int) -> Double {
    let unit = ulp * Double(sign: .plus, exponent: Double.significandBitCount + 1 - significantBits, significand: 1)
    return (self / unit).rounded(.up) * unit
  }
}

/// A float value as integers: function(source), in steps of `quantum`.
struct QuantizationTarget {
  /// Float values.
  let source: Int
  let name: Int
  let function: Pointwise
  let quantum: Quantum
  /// Of the source, on calibration data.
  let arguments: ClosedRange<Double>
  /// The step of the argument, where that is known.
  var argumentScale: Double?
  /// Whether its scale is that of a group.
  var isShared = false
  /// Whether the file, or what the value is, says its integers.
  var isFixed = false
  /// Whether the function is one of accumulators of any length: `WindowedFunction`.
  var isWindowed = false
  /// Whether calibration data have integers alone for arguments.
  var hasIntegerArguments = false

  /// The largest of the arguments.
  var reach: Double { max(-arguments.lowerBound, arguments.upperBound) }

  /// The integer range when the function is the identity, a Relu or a Clip. Rounding keeps order, so that a rounded
  /// number is clamped to rounded bounds.
  var clamp: ClosedRange<Int64>? {
    guard let bounds = function.clamp else { return nil }
    return quantum.integer(bounds.lowerBound)...quantum.integer(bounds.upperBound)
  }

  /// The step of the argument: one of them moves the result by about one step where the function is steepest, and at
  /// least 2^15 of them reach the calibrated arguments. Rounded up to `scaleBits`.
  var quotientScale: Double {
    if let argumentScale { return argumentScale }
    if clamp != nil { return quantum.scale }
    let largest = reach
    let smallest = largest / Double(maximumTableSize / 2 - 1)
    let count = 4096
    let step = (arguments.upperBound - arguments.lowerBound) / Double(count)
    var steepest = 0.0
    if step > 0 {
      let values = (0...count).map { function.value(at: arguments.lowerBound + Double($0) * step) }
      for (low, high) in zip(values, values.dropFirst()) where low.isFinite && high.isFinite {
        steepest = max(steepest, abs(high - low) / step)
      }
    }
    // A function that hardly moves still distinguishes its arguments in 8 bits.
    let coarsest = largest > 0 ? largest / 128 : quantum.scale
    // Still a number of full precision when it is divided by 2^64.
    let scale = max(min(max(quantum.scale / max(steepest, 1e-300), smallest), coarsest), 0x1p-900)
    // A power of two up to 1 has integers among its multiples.
    if hasIntegerArguments, smallest <= 1 { return max(min(scale, 1), smallest).roundedUp(significantBits: 1) }
    return scale.roundedUp(significantBits: scaleBits)
  }

  /// The function's values at all multiples of `scale` in a domain.
  func table(_ domain: ClosedRange<Int64>, scale: Double) -> ActivationFunction {
    .values(lower: domain.lowerBound, domain.map { quantum.integer(function.value(at: Double($0) * scale)) })
  }
}
