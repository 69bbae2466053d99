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
    zip(x, broadcastIndices(self.shape, to: shape)).map { Int64(scale[$1]) &* $0 &+ shift[$1] }
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
      for (index, source) in broadcastIndices(operand.shape, to: shape).enumerated() {
        sums[index] &+= coefficient &* operand.values[source]
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
    zip(broadcastIndices(x.shape, to: shape), broadcastIndices(y.shape, to: shape)).map {
      coefficient &* x.values[$0] &* y.values[$1]
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
    let outer = operands.first?.shape[..<axis].reduce(1, *) ?? 0
    var result: [Int64] = []
    for row in 0..<outer {
      for (coefficient, operand) in zip(coefficients, operands) {
        let length = operand.shape[axis...].reduce(1, *)
        result += operand.values[row * length..<(row + 1) * length].map { coefficient &* $0 }
      }
    }
    return result
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

/// For each index of `target`, row-major, the index of an operand of `shape` that broadcasts to it (aligned at the last
/// axis; an axis of size 1 is repeated).
func broadcastIndices(_ shape: [Int], to target: [Int]) -> [Int] {
  let padded = [Int](repeating: 1, count: target.count - shape.count) + shape
  var strides = [Int](repeating: 0, count: target.count)
  var stride = 1
  for axis in target.indices.reversed() {
    if padded[axis] != 1 { strides[axis] = stride }
    stride *= padded[axis]
  }
  return indices(target, strides: strides, base: 0)
}

/// base + Σ stride·index for each index of a shape, row-major.
func indices(_ shape: [Int], strides: [Int], base: Int) -> [Int] {
  var result = [base]
  for (size, stride) in zip(shape, strides) {
    result = result.flatMap { start in (0..<size).map { start + stride * $0 } }
  }
  return result
}

/// The strides of a row-major array.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
  return strides
}
