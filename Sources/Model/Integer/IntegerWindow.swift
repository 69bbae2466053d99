/// Accumulators coefficient · Σ of the elements of each window, and their range.
enum IntegerWindowSum {
  static func apply(_ window: Window, _ coefficient: Int64, _ x: [Int64], _ shape: [Int]) -> [Int64] {
    window.sums(
      x, rows: shape[1], columns: shape[2], planes: (0..<shape[0]).map { $0..<$0 + 1 },
      weights: [Int64](repeating: coefficient, count: shape[0] * window.tapCount), zero: 0
    ) { $0 &+ $1 &* $2 }
  }

  static func range(_ window: Window, _ coefficient: Int64, _ x: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    IntegerReduction.range(window.tapCount, coefficient, x.withZero)
  }
}

/// Accumulators coefficient · Σ along some axes, and their range.
enum IntegerReduction {
  static func apply(axes: [Int], _ coefficient: Int64, _ x: [Int64], _ source: [Int], shape: [Int]) -> [Int64] {
    var sums = [Int64](repeating: 0, count: shape.reduce(1, *))
    for (element, target) in zip(x, reductionTargets(source, axes: axes)) { sums[target] &+= coefficient &* element }
    return sums
  }

  /// - Parameter count: Of the elements of one sum.
  static func range(_ count: Int, _ coefficient: Int64, _ x: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    let ends = [x.lowerBound, x.upperBound].map { Int128(coefficient) * Int128(count) * Int128($0) }
    var bounds = AccumulatorBounds()
    bounds.add(min(ends[0], ends[1]), max(ends[0], ends[1]))
    return bounds.range
  }
}
