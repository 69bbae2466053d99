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
    return Multilinear.lessThan(end, at: point[...]) - Multilinear.lessThan(window.lowerBound, at: point[...])
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
    return point.map { Multilinear.equality($0[...], index: window.lowerBound + place) } ?? .one
  }

  /// The extension over an axis of `other.count` bits.
  package func evaluate(at other: ArraySlice<SecureField>) -> SecureField {
    guard start == 0, stride == 1, point?.count ?? other.count >= other.count else {
      return Multilinear.evaluate(table(1 << other.count), at: Array(other))
    }
    guard let point = point?[...] else { return Multilinear.lessThan(window.count, at: other) }
    guard !isContiguous || point.count != other.count else { return Multilinear.equalityLessThan(window.upperBound, point, other) }
    let (high, first) = (point.dropLast(other.count), window.lowerBound >> other.count)
    let (sum, carried) = Multilinear.equalityWindow(window.lowerBound, window.count, point.suffix(other.count), other)
    let own = sum * Multilinear.equality(high, index: first)
    return carried == .zero ? own : own + carried * Multilinear.equality(high, index: first + 1)
  }

  /// For a split axis: by the value of the high bits, the extension over the low bits at `low`.
  package func evaluateLow(at low: ArraySlice<SecureField>, highCount: Int) -> [SecureField] {
    let size = 1 << low.count
    guard start == 0, stride == 1, point?.count ?? low.count >= low.count else {
      let (table, equality) = (table(highCount << low.count), Multilinear.equalityTable(Array(low)))
      return (0..<highCount).map { high in zip(table[high << low.count..<(high + 1) << low.count], equality).reduce(.zero) { $0 + $1.0 * $1.1 } }
    }
    let first = window.lowerBound >> low.count
    let high = point.map { Multilinear.equalityTable($0.dropLast(low.count), first..<first + highCount + 1) }
    func factor(_ index: Int) -> SecureField { high.map { index < $0.count ? $0[index] : .zero } ?? .one }
    func part(_ length: Int) -> (SecureField, SecureField) {
      guard let point else { return (Multilinear.lessThan(length, at: low), .zero) }
      return Multilinear.equalityWindow(window.lowerBound, length, point.suffix(low.count), low)
    }
    let whole = part(size)
    return (0..<highCount).map { index in
      let length = min(window.count - index << low.count, size)
      guard length > 0 else { return .zero }
      let (sum, carried) = length == size ? whole : part(length)
      return sum * factor(index) + carried * factor(index + 1)
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

extension Placement {
  /// The factor of an in-row point's part before the column's own variables.
  fileprivate func blockFactor(_ inRow: [SecureField]) -> SecureField {
    Multilinear.equality(inRow.dropLast(inRowBits), index: offset >> inRowBits)
  }

  /// A product of axis weights by row of the column, each row extended over its entries to `inRow`.
  package func rowFactors(_ weights: [AxisWeight], inRow: [SecureField]) -> [SecureField] {
    var (factor, own) = (blockFactor(inRow), inRow.suffix(inRowBits))
    guard !weights.isEmpty else { return [factor] }
    let low = own.prefix(splitBits)
    own = own.dropFirst(splitBits)
    for axis in splitAxis + 1..<max(splitAxis + 1, weights.count) {
      factor *= weights[axis].evaluate(at: own.prefix(bits[axis]))
      own = own.dropFirst(bits[axis])
    }
    var rows = [factor]
    for axis in 0..<splitAxis { rows = outer(rows, weights[axis].table(shape[axis])) }
    return outer(rows, weights[splitAxis].evaluateLow(at: low, highCount: leadingExtent))
  }
}

/// The extensions of products of axis weights, placed in their commitment, at one (row, in-row) point.
package struct CommitmentPoint {
  /// eq(row point) over the rows of the commitment.
  private let rowWeights: [SecureField]
  private let inRow: [SecureField]
  /// The last product in one row, which columns of one lookup have in common, and its extension over the column.
  private var known: (weights: [AxisWeight], bits: [Int], value: SecureField) = ([], [], .one)

  package init(rowWeights: [SecureField], inRow: [SecureField]) {
    self.rowWeights = rowWeights
    self.inRow = inRow
  }

  package mutating func evaluate(_ weights: [AxisWeight], _ placement: Placement) -> SecureField {
    let rows = rowWeights.dropFirst(placement.firstRow)
    guard placement.inRowBits == placement.variableCount else {
      return zip(placement.rowFactors(weights, inRow: inRow), rows).reduce(.zero) { $0 + $1.0 * $1.1 }
    }
    if known.weights != weights || known.bits != placement.bits {
      var (value, own) = (SecureField.one, inRow.suffix(placement.inRowBits))
      for (weight, bits) in zip(weights, placement.bits) {
        value *= weight.evaluate(at: own.prefix(bits))
        own = own.dropFirst(bits)
      }
      known = (weights, placement.bits, value)
    }
    return known.value * placement.blockFactor(inRow) * (rows.first ?? .zero)
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
