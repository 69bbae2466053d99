import Circuit
import Glibc

/// About 1 / √(x + offset) of accumulators that are never negative, as close over many orders of magnitude.
///
/// v = x + offset is shifted by `shift`, and by 7 bits more for each window, until 14 bits are left, i. The result is
/// round(2^23 / √(i + ½)) times the window's multiplier; of the first 64 rows it is round(2^23 / √(i + 1)), so that it is hardly
/// larger than for the largest v of the row. docs/arithmetic.md §2.
package struct InverseRoot: Sendable, Hashable {
  /// At least 1.
  package let offset: Int64
  /// Of the first window, at least 1.
  package let shift: Int
  /// By window, each a positive integer.
  package let multipliers: [Int64]

  package init(offset: Int64, shift: Int, multipliers: [Int64]) {
    self.offset = offset
    self.shift = shift
    self.multipliers = multipliers
  }

  /// Bits between windows, and of a row.
  static let (step, rowBits) = (7, 14)
  static let table: [Int64] = (0..<1 << rowBits).map { (row: Int) -> Int64 in
    let place = row < 64 ? Double(row) + 1 : Double(row) + 0.5
    return Int64((0x1p23 / place.squareRoot()).rounded())
  }

  /// The least number of windows for accumulators up to a largest one: what is left above the last one's next fits a digit.
  static func windowCount(shift: Int, largest: Int64) -> Int {
    var count = 1
    while largest >> Int64(min(shift + step * count, 63)) >= 1 << (step - 1) { count += 1 }
    return count
  }

  package func value(at x: Int64) -> Int64 {
    var (row, window) = ((x + offset) >> Int64(shift), 0)
    while window < multipliers.count - 1, row >> Int64(Self.rowBits) > 0 { (row, window) = (row >> Int64(Self.step), window + 1) }
    return Self.table[Int(min(max(row, 0), Int64(Self.table.count - 1)))] * multipliers[window]
  }

  var results: ClosedRange<Int64> { 0...(Self.table.max() ?? 0) * (multipliers.max() ?? 0) }

  /// At least r · √v for every v and every r that is `scale` times the result, or as far from it as `error`.
  package func largestNorm(scale: Double, error: Double) -> Double {
    var most = 0.0
    for (window, multiplier) in multipliers.enumerated() {
      let size = Double(sign: .plus, exponent: shift + Self.step * window, significand: 1)
      for row in (window == 0 ? 0 : 1 << (Self.rowBits - Self.step))..<Self.table.count {
        let root = (Double(row + 1) * size).squareRoot()
        most = max(most, (Double(Self.table[row]) * Double(multiplier) * scale + error) * root)
      }
    }
    return most
  }
}

extension Lowering {
  /// Quotients by 2^shift, and 7 bits each more; flags say above which windows the number is; the row is the sum of the
  /// quotients, each times whether its window is the one.
  mutating func inverseRoot(_ root: InverseRoot, of source: Int, _ node: Node<Int64>) throws(ModelError) -> Int {
    let (windows, step) = (root.multipliers.count, InverseRoot.step)
    let first = rounding.quotientSteps(root.shift, constant: root.offset - 1 << Int64(root.shift - 1))
    let rest = (0..<windows).map { _ in (bits: step, constant: -Int64(1) << Int64(step - 1)) }
    let quotients = builder.appendQuotients(of: source, node.name, first + rest, top: .range(lower: -1 << Int64(step - 1), bits: step))
    let rows = Array(quotients.suffix(windows + 1))
    let axes = builder.axes(of: source)
    var flags: [Int] = []
    for window in 0..<windows - 1 {
      // The digits above the window, of which the sum is 0 where they all are.
      let above = Array(rows[(window + InverseRoot.rowBits / step)...])
      let digits = try builder.appendContraction(
        "\(node.name).above\(window)", layer: node.name, axes,
        above.enumerated().map { Term(coefficient: $0.offset == 0 ? 1 : 1 - 1 << Int64(step), operands: [builder.whole($0.element)]) }, scale: 1)
      let bits = bitCountOfAxis(windows << step)
      let table = builder.appendTable(.ramp(lower: 0, bits: bits, low: 0, high: 1), "is not 0")
      flags.append(builder.appendFunction("\(node.name).isAbove\(window)", of: AffineForm(bare: digits), table))
    }
    /// Σ over windows of the number's own one.
    func chosen(_ values: [(coefficient: Int64, column: Int)]) -> [Term] {
      var terms: [Term] = []
      for (window, value) in values.enumerated() {
        let operand = builder.whole(value.column)
        if window == 0 {
          terms.append(Term(coefficient: value.coefficient, operands: [operand]))
        } else {
          terms.append(Term(coefficient: value.coefficient, operands: [operand, builder.whole(flags[window - 1])]))
        }
        if window < windows - 1 { terms.append(Term(coefficient: -value.coefficient, operands: [operand, builder.whole(flags[window])])) }
      }
      return terms
    }
    let row = try builder.appendContraction(
      "\(node.name).row", layer: node.name, axes, chosen(rows.prefix(windows).map { (1, $0) }), scale: 1)
    let table = builder.appendTable(lower: 0, values: InverseRoot.table, "inverse root")
    let value = builder.appendFunction("\(node.name).root", of: AffineForm(bare: row), table)
    return try builder.appendContraction(
      "\(node.name).scaled", layer: node.name, axes, chosen(root.multipliers.map { ($0, value) }), scale: node.scale)
  }
}
