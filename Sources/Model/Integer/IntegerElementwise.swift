/// x·scale + shift; both have `shape`, which broadcasts to that of x.
package struct IntegerAffine: Sendable, Equatable {
  package let shape: [Int]
  package let scale: [Int32]
  package let shift: [Int64]

  package init(shape: [Int], scale: [Int32], shift: [Int64]) {
    self.shape = shape
    self.scale = scale
    self.shift = shift
  }

  package func apply(to x: [Int64], shape: [Int]) -> [Int64] {
    let (scale, shift) = (broadcast(scale, self.shape, to: shape), broadcast(shift, self.shape, to: shape))
    return x.indices.map { Int64(scale[$0]) &* x[$0] &+ shift[$0] }
  }

  /// As `IntegerLinear.range(for:)`.
  package func range(for range: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    var bounds = AccumulatorBounds()
    for (scale, shift) in zip(scale, shift) {
      let ends = (Int128(scale) * Int128(range.lowerBound), Int128(scale) * Int128(range.upperBound))
      bounds.add(Int128(shift) + min(ends.0, ends.1), Int128(shift) + max(ends.0, ends.1))
    }
    return bounds.range
  }
}

/// Σ coefficient · operand, and its range.
enum IntegerCombination {
  static func apply(_ coefficients: [Int64], _ operands: [(values: [Int64], shape: [Int])], shape: [Int]) -> [Int64] {
    var sums = [Int64](repeating: 0, count: shape.reduce(1, *))
    for (coefficient, operand) in zip(coefficients, operands) {
      for (index, value) in broadcast(operand.values, operand.shape, to: shape).enumerated() {
        sums[index] &+= coefficient &* value
      }
    }
    return sums
  }

  static func range(_ coefficients: [Int64], _ ranges: [ClosedRange<Int64>]) -> ClosedRange<Int64>? {
    var (low, high) = (Int128(0), Int128(0))
    for (coefficient, range) in zip(coefficients, ranges) {
      let ends = (
        Int128(coefficient) * Int128(range.lowerBound), Int128(coefficient) * Int128(range.upperBound)
      )
      low += min(ends.0, ends.1)
      high += max(ends.0, ends.1)
    }
    var bounds = AccumulatorBounds()
    bounds.add(low, high)
    return bounds.range
  }
}

/// coefficient · x · y, and its range.
enum IntegerProduct {
  static func apply(
    _ coefficient: Int64, _ x: (values: [Int64], shape: [Int]), _ y: (values: [Int64], shape: [Int]), shape: [Int]
  ) -> [Int64] {
    zip(broadcast(x.values, x.shape, to: shape), broadcast(y.values, y.shape, to: shape)).map {
      coefficient &* $0 &* $1
    }
  }

  static func range(
    _ coefficient: Int64, _ x: ClosedRange<Int64>, _ y: ClosedRange<Int64>
  ) -> ClosedRange<Int64>? {
    let products = [x.lowerBound, x.upperBound].flatMap { x in
      [y.lowerBound, y.upperBound].map { Int128(coefficient) * Int128(x) * Int128($0) }
    }
    var bounds = AccumulatorBounds()
    for product in products { bounds.add(product, product) }
    return bounds.range
  }
}

/// The operands one after the other along an axis, each times its coefficient.
enum IntegerConcatenation {
  static func apply(
    axis: Int, _ coefficients: [Int64], _ operands: [(values: [Int64], shape: [Int])]
  ) -> [Int64] {
    concatenated(
      zip(coefficients, operands).map { coefficient, operand in
        (operand.values.map { coefficient &* $0 }, operand.shape)
      }, axis: axis)
  }

  /// Of the whole result.
  static func range(_ coefficients: [Int64], _ ranges: [ClosedRange<Int64>]) -> ClosedRange<Int64>? {
    var bounds = AccumulatorBounds()
    for (coefficient, range) in zip(coefficients, ranges) {
      let ends = (Int128(coefficient) * Int128(range.lowerBound), Int128(coefficient) * Int128(range.upperBound))
      bounds.add(min(ends.0, ends.1), max(ends.0, ends.1))
    }
    return bounds.range
  }
}
