import Field

/// A weight on one axis: eq(point, first + i), or 1 without a point, at index start + stride·i for a window of these; else 0.
///
/// The start may be negative; what falls below index 0 is dropped. docs/protocol.md §5.5.
package struct AxisWeight: Hashable, Sendable {
  package let point: [SecureField]?
  package let window: Range<Int>
  /// The index of the window's first.
  package let start: Int
  package let stride: Int

  package init(point: [SecureField]?, window: Range<Int>, start: Int = 0, stride: Int = 1) {
    self.point = point
    self.window = window
    self.start = start
    self.stride = stride
  }

  /// For the o below `count`.
  package init(point: [SecureField]?, count: Int, start: Int = 0, stride: Int = 1) {
    self.init(point: point, window: 0..<count, start: start, stride: stride)
  }

  /// eq(point, offset + i) for the i below `size`.
  package init(placing size: Int, at offset: Int, of point: [SecureField]) {
    self.init(point: point, window: offset..<offset + size)
  }

  /// eq(point) on the whole padded axis.
  package init(at point: [SecureField]) { self.init(point: point, count: 1 << point.count) }

  /// The same weight, of a loop axis of `loopSize`, read through a binding, for a column's axis of true size `size`.
  ///
  /// Through a slice it is zero on the padding of the column.
  package func through(_ binding: Binding, loopSize: Int, size: Int) -> AxisWeight {
    guard let slice = binding.slice else { return self }
    let first = window.lowerBound
    let end = min(window.upperBound, first + slice.inside(loopSize: loopSize, size: size).upperBound)
    return AxisWeight(point: point, window: first..<max(first, end), start: slice.start, stride: slice.stride)
  }

  package var isContiguous: Bool { start == 0 && stride == 1 && window.lowerBound == 0 }

  /// Σ_i w(i) over the i below `size`, for the weight of a loop axis.
  package func sum(_ size: Int) -> SecureField {
    let end = min(window.upperBound, window.lowerBound + size)
    guard let point else { return SecureField(BaseField(Int64(end - window.lowerBound))) }
    return Multilinear.lessThan(end, at: point) - Multilinear.lessThan(window.lowerBound, at: point)
  }

  /// w(i) for the i below `count`.
  package func table(_ indexCount: Int) -> [SecureField] {
    let inside = max(0, (indexCount - start + stride - 1) / stride)
    let window = window.lowerBound..<min(window.upperBound, window.lowerBound + inside)
    let loop = point.map { Multilinear.equalityTable($0, window) }
    if isContiguous, let loop, loop.count == indexCount { return loop }
    var table = [SecureField](repeating: .zero, count: indexCount)
    for place in 0..<(loop?.count ?? window.count) {
      let index = start + stride * place
      if index >= 0 { table[index] = loop?[place] ?? .one }
    }
    return table
  }

  /// w(index), without a table.
  package func value(at index: Int) -> SecureField {
    let (place, rest) = (index - start).quotientAndRemainder(dividingBy: stride)
    guard rest == 0, place >= 0, place < window.count else { return .zero }
    return point.map { Multilinear.equality($0, index: window.lowerBound + place) } ?? .one
  }

  /// The extension over an axis of `point.count` bits.
  package func evaluate(at other: [SecureField]) -> SecureField {
    guard start == 0, stride == 1, point?.count ?? other.count >= other.count else {
      return Multilinear.evaluate(table(1 << other.count), at: other)
    }
    guard let point else { return Multilinear.lessThan(window.count, at: other) }
    guard isContiguous, point.count == other.count else { return Multilinear.equalityWindow(window, point, other) }
    return Multilinear.equalityLessThan(window.upperBound, point, other)
  }

  /// For a split axis: by the value of the high bits, the extension over the low bits at `low`.
  package func evaluateLow(at low: [SecureField], highCount: Int) -> [SecureField] {
    let size = 1 << low.count
    guard isContiguous, point?.count ?? low.count >= low.count else {
      return slices(highCount, at: low)
    }
    let highBits = max(0, (point?.count ?? 0) - low.count)
    let high = point.map { Multilinear.equalityTable(Array($0.prefix(highBits))) }
    let lowPoint = point.map { Array($0.suffix($0.count - highBits)) }
    func part(_ bound: Int) -> SecureField {
      guard let lowPoint else { return Multilinear.lessThan(bound, at: low) }
      return Multilinear.equalityLessThan(bound, lowPoint, low)
    }
    let whole = part(size)
    return (0..<highCount).map { index in
      let bound = min(max(window.upperBound - index << low.count, 0), size)
      let factor = high.map { index < $0.count ? $0[index] : .zero } ?? .one
      return factor * (bound == size ? whole : part(bound))
    }
  }
}

/// A factor and one weight for each axis of a column.
package struct WeightProduct: Sendable {
  package var coefficient: SecureField
  package var weights: [AxisWeight]

  package init(coefficient: SecureField = .one, weights: [AxisWeight]) {
    self.coefficient = coefficient
    self.weights = weights
  }
}

extension AxisWeight {
  /// The extensions over the low bits of an index, by value of the high bits.
  private func slices(_ count: Int, at low: [SecureField]) -> [SecureField] {
    let size = 1 << low.count
    guard start == 0, stride == 1, let point, point.count >= low.count else {
      let (table, equality) = (table(count << low.count), Multilinear.equalityTable(low))
      return (0..<count).map { slice in zip(table[slice << low.count..<(slice + 1) << low.count], equality).reduce(.zero) { $0 + $1.0 * $1.1 } }
    }
    return (0..<count).map { slice in
      let first = window.lowerBound + slice << low.count
      return Multilinear.equalityWindow(first..<max(first, min(first + size, window.upperBound)), point, low)
    }
  }
}

extension Placement {
  /// A product of axis weights by row of the column, each row extended over its entries to `inRow`.
  package func rowFactors(_ weights: [AxisWeight], inRow: [SecureField]) -> [SecureField] {
    let prefixCount = inRow.count - inRowBits
    var factor = Multilinear.equality(Array(inRow.prefix(prefixCount)), index: offset >> inRowBits)
    guard !weights.isEmpty else { return [factor] }
    var position = prefixCount + splitBits
    let low = Array(inRow[prefixCount..<position])
    for axis in splitAxis + 1..<max(splitAxis + 1, weights.count) {
      factor *= weights[axis].evaluate(at: Array(inRow[position..<position + bits[axis]]))
      position += bits[axis]
    }
    var rows = [factor]
    for axis in 0..<splitAxis { rows = outer(rows, weights[axis].table(shape[axis])) }
    return outer(rows, weights[splitAxis].evaluateLow(at: low, highCount: leadingExtent))
  }

  /// The extension of a product of axis weights, placed in its commitment, at (row, in-row) points.
  ///
  /// `rowWeights` is eq(row point) over the rows of the commitment.
  package func evaluate(
    _ weights: [AxisWeight], rowWeights: [SecureField], inRow: [SecureField]
  ) -> SecureField {
    zip(rowFactors(weights, inRow: inRow), rowWeights.dropFirst(firstRow)).reduce(.zero) { $0 + $1.0 * $1.1 }
  }
}

/// a_i·b_j, j running fastest.
package func outer(_ a: [SecureField], _ b: [SecureField]) -> [SecureField] {
  var product: [SecureField] = []
  product.reserveCapacity(a.count * b.count)
  for x in a { for y in b { product.append(x * y) } }
  return product
}

/// 1, x, x², … .
package func powers(of x: SecureField, count: Int) -> [SecureField] {
  var powers: [SecureField] = []
  powers.reserveCapacity(count)
  var power = SecureField.one
  for _ in 0..<count {
    powers.append(power)
    power *= x
  }
  return powers
}

/// Cuts a point into the parts of consecutive axes.
package func split(_ point: some Sequence<SecureField>, _ bits: [Int]) -> [[SecureField]] {
  var rest = ArraySlice(Array(point))
  return bits.map { count in
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
}
