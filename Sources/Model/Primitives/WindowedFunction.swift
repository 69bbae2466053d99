import Circuit
import Glibc

/// A function of accumulators over many orders of magnitude, from one table.
///
/// v = (x + offset) >> shift is shifted by `step` bits more for each window, until `rowBits` are left: the row. What is beyond the last
/// window is its last row. A negative v has the row of ~v, inverted. The result is values[start of the window + row], times the
/// window's multiplier where there are any. docs/arithmetic.md §2.
package struct WindowedFunction: Sendable, Hashable {
  package let offset: Int64
  /// Of the first window, at least 1.
  package let shift: Int
  /// Bits between windows, and of a row: a multiple.
  package let (step, rowBits): (Int, Int)
  /// Whether v may be negative; else no x of the operand's range makes it so.
  package let isSigned: Bool
  /// By window, where its row 0 is among the values, counted from the row 0 of the first one.
  package let starts: [Int64]
  /// From the lowest row of the first window on.
  package let values: [Int64]
  /// By window, each a positive integer; none where results are values.
  package let multipliers: [Int64]
  /// How often v is divided by 2^step, and the bits, sign included, that are left after it.
  let (stepCount, topBits): (Int, Int)

  private init(
    offset: Int64, shift: Int, _ rows: (step: Int, bits: Int), isSigned: Bool, starts: [Int64], values: [Int64], multipliers: [Int64],
    stepCount: Int, topBits: Int
  ) {
    (self.offset, self.shift, self.isSigned) = (offset, shift, isSigned)
    (step, rowBits) = rows
    (self.starts, self.values, self.multipliers) = (starts, values, multipliers)
    (self.stepCount, self.topBits) = (stepCount, topBits)
  }

  var lowestRow: Int64 { isSigned ? -1 << Int64(rowBits) : 0 }
  private var highestRow: Int64 { 1 << Int64(rowBits) - 1 }
  /// Quotients from the row of a window to what is above its rows.
  fileprivate var rowSteps: Int { rowBits / step }
  /// Windows of which it is asked whether v is above them.
  fileprivate var flagCount: Int { stepCount >= starts.count - 1 + rowSteps ? starts.count : starts.count - 1 }

  package func value(at x: Int64) -> Int64 {
    let v = (x + offset) >> Int64(shift)
    let isInverted = isSigned && v < 0
    var (row, window) = (isInverted ? ~v : v, 0)
    while window < starts.count - 1, row >> Int64(rowBits) > 0 { (row, window) = (row >> Int64(step), window + 1) }
    row = min(max(row, 0), highestRow)
    let value = values[Int(starts[window] + (isInverted ? ~row : row) - lowestRow)]
    return multipliers.isEmpty ? value : value * multipliers[window]
  }

  var results: ClosedRange<Int64> {
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    guard let multiplier = multipliers.max() else { return least...most }
    return min(least * multiplier, 0)...most * multiplier
  }
}

// MARK: Any function

extension WindowedFunction {
  /// Bits between windows and of a row, the most precise first, and the most windows of a kind. Arguments are told apart to a part
  /// 2^−(bits − step) of them.
  private static let layouts: [(step: Int, bits: Int, windows: Int)] = [(5, 15, 2), (3, 12, 8), (4, 12, 16), (6, 12, 16)]

  /// Nil where x is too long.
  ///
  /// - Parameters:
  ///   - reach: Of v, with which windows end.
  ///   - domain: Of x.
  ///   - quantum: Of results.
  ///   - least: The function where v is 0, if that is not its value in the middle of the row.
  ///   - function: Of real numbers in place of x, the middle of what each row stands for.
  package init?(
    offset: Int64, shift: Int, reach: Int64, domain: ClosedRange<Int64>, quantum: Quantum, least: Double? = nil,
    function: (Double) -> Double
  ) {
    guard max(offset.magnitude, domain.lowerBound.magnitude, domain.upperBound.magnitude) < 1 << 57 else { return nil }
    let ends = [domain.lowerBound, domain.upperBound].map { ($0 + offset) >> Int64(shift) }
    let isSigned = ends[0] < 0
    let largest = max(isSigned ? ~ends[0] : 0, ends[1], 0)
    let length = magnitudeBits(min(max(reach, 1), largest))
    func windowCount(_ rows: (step: Int, bits: Int, windows: Int)) -> Int { 1 + (max(length - rows.bits, 0) + rows.step - 1) / rows.step }
    guard let rows = Self.layouts.first(where: { rows in
      windowCount(rows) <= rows.windows && windowCount(rows) << (rows.bits + (isSigned ? 1 : 0)) <= maximumTableSize
    }) else { return nil }
    let (step, bits) = (rows.step, rows.bits)
    let count = windowCount(rows)
    let width = Int64(1) << Int64(bits + (isSigned ? 1 : 0))
    let lowest: Int64 = isSigned ? -1 << Int64(bits) : 0
    var values: [Int64] = []
    for window in 0..<count {
      let size = exp2(Double(shift + step * window))
      for row in lowest..<1 << Int64(bits) {
        let middle = (Double(row) + 0.5) * size - 0.5 - Double(offset)
        values.append(quantum.integer((window == 0 && row == 0 ? least : nil) ?? function(middle)))
      }
    }
    // As many quotients as tell what is above the last window, or above the one before where nothing is above the last one.
    let isHeld = magnitudeBits(largest) <= bits + step * (count - 1)
    var stepCount = max(count - (isHeld ? 2 : 1) + bits / step, count - 1)
    func topBits() -> Int { magnitudeBits(largest >> Int64(min(step * stepCount, 63))) + 1 }
    while topBits() > 12 { stepCount += 1 }
    // docs/protocol.md §3.3, rule 6.
    guard shift + step * stepCount + max(topBits(), 2) <= 61 else { return nil }
    self.init(
      offset: offset, shift: shift, (step, bits), isSigned: isSigned, starts: (0..<count).map { Int64($0) * width }, values: values,
      multipliers: [], stepCount: stepCount, topBits: max(topBits(), 2))
  }
}

private func magnitudeBits(_ number: Int64) -> Int { Int64.bitWidth - number.leadingZeroBitCount }

// MARK: Inverse roots

extension WindowedFunction {
  /// Bits between windows, and of a row, of inverse roots.
  static let inverseRootRows = (step: 7, bits: 14)
  /// round(2^23 / √(row + ½)); of the first 64 rows round(2^23 / √(row + 1)), so that it is hardly larger than for the largest v of
  /// the row.
  static let inverseRoots: [Int64] = (0..<1 << inverseRootRows.bits).map { (row: Int) -> Int64 in
    let place = row < 64 ? Double(row) + 1 : Double(row) + 0.5
    return Int64((0x1p23 / place.squareRoot()).rounded())
  }

  /// About 1 / √(x + offset) of accumulators that are never negative.
  ///
  /// - Parameter offset: At least 1.
  package static func inverseRoot(offset: Int64, shift: Int, multipliers: [Int64]) -> WindowedFunction {
    WindowedFunction(
      offset: offset, shift: shift, inverseRootRows, isSigned: false, starts: multipliers.map { _ in 0 }, values: inverseRoots,
      multipliers: multipliers, stepCount: multipliers.count, topBits: inverseRootRows.step)
  }

  /// The least number of windows for accumulators up to a largest one: what is left above the last one's next fits a digit.
  static func inverseRootWindowCount(shift: Int, largest: Int64) -> Int {
    let step = inverseRootRows.step
    var count = 1
    while largest >> Int64(min(shift + step * count, 63)) >= 1 << (step - 1) { count += 1 }
    return count
  }

  /// At least r · √v for every v and every r that is `scale` times the result, or as far from it as `error`; of an inverse root.
  package func largestNorm(scale: Double, error: Double) -> Double {
    var most = 0.0
    for (window, multiplier) in multipliers.enumerated() {
      let size = Double(sign: .plus, exponent: shift + step * window, significand: 1)
      for row in (window == 0 ? 0 : 1 << (rowBits - step))..<values.count {
        let root = (Double(row + 1) * size).squareRoot()
        most = max(most, (Double(values[row]) * Double(multiplier) * scale + error) * root)
      }
    }
    return most
  }
}

// MARK: Circuit

extension Lowering {
  /// Quotients by 2^shift, and by 2^step more each; flags say above which windows the number is; the row is the sum of the
  /// quotients, each times whether its window is the one.
  mutating func windowed(_ function: WindowedFunction, of source: Int, _ node: Node<Int64>) throws(ModelError) -> Int {
    let (windows, step, name) = (function.starts.count, function.step, node.name)
    let first = rounding.quotientSteps(function.shift, constant: function.offset - 1 << Int64(function.shift - 1))
    let rest = (0..<function.stepCount).map { _ in (bits: step, constant: -Int64(1) << Int64(step - 1)) }
    let top = (lower: -Int64(1) << Int64(function.topBits - 1), count: Int64(1) << Int64(function.topBits))
    let quotients = builder.appendQuotients(of: source, name, first + rest, top: .range(lower: top.lower, bits: function.topBits))
    let rows = Array(quotients.suffix(function.stepCount + 1))
    let axes = builder.axes(of: source)
    var sign: [Operand] = []
    if function.isSigned {
      let table = builder.appendTable(lower: top.lower, values: (0..<top.count).map { $0 + top.lower < 0 ? 1 : 0 }, "is negative")
      let column = builder.appendFunction("\(name).isNegative", of: AffineForm(bare: rows[rows.count - 1]), table)
      sign = [builder.whole(column)]
    }
    var flags: [Operand] = []
    for window in 0..<function.flagCount {
      // The digits above the window, of which the sum is 0 where they all are; of a negative number what they lack of the largest ones.
      let above = Array(rows[(window + function.rowSteps)...])
      var terms = above.enumerated().map {
        Term(coefficient: $0.offset == 0 ? 1 : 1 - 1 << Int64(step), operands: [builder.whole($0.element)])
      }
      if !sign.isEmpty {
        terms += terms.map { Term(coefficient: -2 * $0.coefficient, operands: $0.operands + sign) }
        terms.append(Term(coefficient: Int64(above.count - 1) * (1 << Int64(step) - 1) - 1, operands: sign))
      }
      let digits = try builder.appendContraction("\(name).above\(window)", layer: name, axes, terms, scale: 1)
      let most = (function.stepCount - function.rowSteps) << step + 1 << (function.topBits - 1)
      let bits = bitCountOfAxis(max(windows << step, most))
      let table = builder.appendTable(.ramp(lower: 0, bits: bits, low: 0, high: 1), "is not 0")
      let flag = builder.appendFunction("\(name).isAbove\(window)", of: AffineForm(bare: digits), table)
      flags.append(builder.whole(flag))
    }
    /// Σ over windows of the number's own one; the last one also where the number is above it.
    func chosen(_ values: [(coefficient: Int64, operands: [Operand])], above: Bool) -> [Term] {
      var terms: [Term] = []
      for (window, value) in values.enumerated() where value.coefficient != 0 {
        terms.append(Term(coefficient: value.coefficient, operands: value.operands + (window == 0 ? [] : [flags[window - 1]])))
        guard window < windows - 1 || (window < flags.count && !above) else { continue }
        terms.append(Term(coefficient: -value.coefficient, operands: value.operands + [flags[window]]))
      }
      return terms
    }
    var terms = chosen(rows.prefix(windows).map { (1, [builder.whole($0)]) }, above: false)
    terms += chosen(function.starts.map { ($0, []) }, above: true)
    if flags.count == windows, let last = flags.last {
      terms.append(Term(coefficient: 1 << Int64(function.rowBits) - 1, operands: [last]))
      if !sign.isEmpty { terms.append(Term(coefficient: 1 - 2 << Int64(function.rowBits), operands: [last] + sign)) }
    }
    let row = try builder.appendContraction("\(name).row", layer: name, axes, terms, scale: 1)
    let isScaled = !function.multipliers.isEmpty
    let table = builder.appendTable(
      lower: function.lowestRow, values: function.values, isScaled ? "inverse root" : "function in \(windows) windows")
    guard isScaled else { return builder.appendFunction("\(name).activation", of: AffineForm(bare: row), table, scale: node.scale) }
    let value = builder.appendFunction("\(name).root", of: AffineForm(bare: row), table)
    let operand = [builder.whole(value)]
    return try builder.appendContraction(
      "\(name).scaled", layer: name, axes, chosen(function.multipliers.map { ($0, operand) }, above: true), scale: node.scale)
  }
}
