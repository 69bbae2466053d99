/// What graphs compute with: Float64 as imported, Int64 as quantized.
package protocol GraphNumber: Sendable, Hashable, Comparable {
  /// What a graph knows of an input.
  associatedtype Input: GraphInput
  /// What the numbers of a result stand for.
  associatedtype Encoding: Sendable, Equatable
  /// Of one number.
  associatedtype Function: NumberFunction<Self>
  /// The form of constants in memory.
  associatedtype Stored: Sendable, Equatable

  static var zero: Self { get }
  static var one: Self { get }
  /// Below all results.
  static var lowest: Self { get }
  init(_ stored: Stored)
  init(_ integer: Int)
  /// The integer that an id is.
  var id: Int { get }
  static func product(_ x: Self, _ y: Self) -> Self
  /// sum + x·y
  static func sum(_ sum: Self, adding x: Self, times y: Self) -> Self
  /// exp(score) · weight in proportion to their sum; of all where no weight is above 0.
  static func shares(of scores: [Self], weights: [Self]?, _ exponential: Exponential?) -> [Self]
}

package protocol GraphInput: Sendable, Equatable {
  var port: NamedShape { get }
}

package protocol NumberFunction<Number>: Sendable, Equatable {
  associatedtype Number
  func value(at x: Number) -> Number
  var isNeverNegative: Bool { get }
}

extension NumberFunction {
  package var isNeverNegative: Bool { false }
}

extension Double: GraphNumber {
  package typealias Input = NamedShape
  package typealias Stored = Float
  package typealias Encoding = RealNumbers
  package typealias Function = RealFunction
  package static let one = 1.0
  package var id: Int { Int(self) }
  package static let lowest = -Double.infinity
  package static func product(_ x: Double, _ y: Double) -> Double { x * y }
  package static func sum(_ sum: Double, adding x: Double, times y: Double) -> Double { sum + x * y }
}

/// Numbers that stand for themselves.
package struct RealNumbers: Sendable, Equatable {}

extension NamedShape: GraphInput {
  package var port: NamedShape { self }
}

extension Int64: GraphNumber {
  package typealias Input = InputEncoding
  package typealias Stored = Int64
  package typealias Encoding = Quantum
  package typealias Function = IntegerFunction
  package static let one: Int64 = 1
  package var id: Int { Int(self) }
  package static let lowest = Int64.min
  package static func product(_ x: Int64, _ y: Int64) -> Int64 { x &* y }
  package static func sum(_ sum: Int64, adding x: Int64, times y: Int64) -> Int64 { sum &+ x &* y }
}

extension InputEncoding: GraphInput {}

/// The integers that a value can take, and what the integer 1 is worth.
package struct Quantum: Sendable, Equatable {
  package let scale: Double
  package let range: ClosedRange<Int64>

  package init(scale: Double, range: ClosedRange<Int64>) {
    self.scale = scale
    self.range = range
  }

  /// The nearest integer in range; 0 for what is not a number.
  package func integer(_ real: Double) -> Int64 {
    guard !real.isNaN else { return min(max(0, range.lowerBound), range.upperBound) }
    return Int64(min(max(step(real), Double(range.lowerBound)), Double(range.upperBound)))
  }

  /// Whether rounding takes a real number beyond the range.
  func saturates(_ real: Double) -> Bool { step(real) < Double(range.lowerBound) || Double(range.upperBound) < step(real) }

  private func step(_ real: Double) -> Double { (real / scale + 0.5).rounded(.down) }
}
