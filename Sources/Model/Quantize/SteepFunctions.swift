/// How a steep function, or a power, and its argument are spread on calibration data.
struct SteepFunction {
  /// The value that it is a function of.
  let source: Int
  /// Beside which it is steep, or where the power is 0.
  let point: Double
  let isSteep: Bool
  private var distances = Magnitudes()
  private var results = Magnitudes()

  init(source: Int, point: Double, isSteep: Bool) {
    (self.source, self.point, self.isSteep) = (source, point, isSteep)
  }

  mutating func see(arguments: [Double]) { for argument in arguments { distances.add(argument - point) } }
  mutating func see(results elements: [Double]) { for element in elements { results.add(element) } }

  /// How far from the point one of 20 arguments is at most, of those that are not the point; 0 where none is.
  var nearDistance: Double { distances.low(1 / 20) }
  /// Of the nearest of these.
  var leastDistance: Double { distances.low(0) }
  /// What one of 20 results is at most in absolute value, of those that are not 0.
  var smallResult: Double { results.low(1 / 20) }
}

extension Network {
  /// By value that is a steep function of another one, or a power of it.
  var steepFunctions: [Int: SteepFunction] {
    nodes.enumerated().reduce(into: [:]) { known, node in
      guard case .map(.expression(let function)) = node.element.operation,
        let point = function.steepPoint ?? function.powerPoint, point.isFinite
      else { return }
      known[inputs.count + node.offset] = SteepFunction(
        source: node.element.operands[0], point: point, isSteep: function.steepPoint != nil)
    }
  }
}

/// Absolute values of numbers that are not 0, counted by exponent and the first two bits behind it.
private struct Magnitudes {
  private static let bits = 11 + 2
  private var counts = [Int](repeating: 0, count: 1 << Magnitudes.bits)

  mutating func add(_ number: Double) {
    if number != 0 { counts[Int(number.magnitude.bitPattern >> Self.unusedBits)] += 1 }
  }

  private static let unusedBits = UInt64(Double.significandBitCount - 2)

  /// What this part of the numbers is at most, or a quarter less; of the least one for 0.
  func low(_ part: Double) -> Double {
    let total = Double(counts.reduce(0, +)) * part
    var seen = 0.0
    for (index, count) in counts.enumerated() where count > 0 {
      seen += Double(count)
      if seen >= total { return Double(bitPattern: UInt64(index) << Self.unusedBits) }
    }
    return 0
  }
}
