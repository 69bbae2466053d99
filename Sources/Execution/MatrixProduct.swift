import Circuit

/// Parallel terms of two operands with a long sum, as products of matrices: for each group of indices that both operands
/// name, left rows times right rows, which have a part for each term. Digits of 16 bits, sums of 32 bits over blocks in which they cannot overflow.
struct MatrixProduct: Sendable {
  private typealias Loop = AffineTerm.Loop
  private typealias Item = (group: Int, rows: Range<Int>, columns: Range<Int>)

  private let coefficient: Int64
  /// Of the output.
  private let start: Int
  /// By term, of the operands.
  private let (leftStarts, rightStarts): ([Int], [Int])
  /// By term and by group and column, the part of the axis that the term reaches.
  private let ranges: [[Range<Int>?]]
  /// Lanes of the operands.
  private let (leftLane, rightLane): (Int, Int)
  private let (groups, rows, columns): ([Loop], [Loop], [Loop])
  /// Offsets along the summed axes.
  private let (leftSummed, rightSummed): ([Int], [Int])
  private let (leftDigits, rightDigits): (Digits, Digits)
  /// How many products a sum of 32 bits holds.
  private let blockLength: Int
  /// The left rows, when they are weights.
  private let prepared: DigitRows?

  /// Nil for a term that has not this form, or whose matrices are too thin to be worth it.
  ///
  /// - Parameter weights: The integers of weights and constants, nil for other columns.
  init?(_ terms: [AffineTerm], _ circuit: ArithmeticCircuit, weights: (Int) -> [Int64]?) {
    let term = terms[0]
    guard term.columns.count == 2 else { return nil }
    let isWeight = term.columns.map { [.weight, .constant].contains(circuit.columns[$0].kind) }
    guard !(isWeight[0] && isWeight[1]) else { return nil }
    let (left, right) = isWeight[1] ? (2, 1) : (1, 2)
    (leftLane, rightLane) = (left, right)
    coefficient = term.coefficient
    let isSingle = terms.count == 1
    start = isSingle ? term.start[0] : term.wholeStart[0]
    leftStarts = terms.map { isSingle ? $0.start[left] : $0.wholeStart[left] }
    rightStarts = terms.map { isSingle ? $0.start[right] : $0.wholeStart[right] }
    func outer(_ term: AffineTerm, _ isIncluded: (Loop) -> Bool) -> [Loop] {
      term.loops.filter { !$0.isSummed && isIncluded($0) }
    }
    func isRow(_ loop: Loop) -> Bool { loop.strides[left] != 0 && loop.strides[right] == 0 }
    func isColumn(_ loop: Loop) -> Bool { loop.strides[left] == 0 && loop.strides[right] != 0 }
    func isGroup(_ loop: Loop) -> Bool { (loop.strides[left] == 0) == (loop.strides[right] == 0) }
    // Terms reach different parts of the right rows only.
    guard isSingle || terms.allSatisfy({ $0.loops.allSatisfy { $0.isWhole || (isColumn($0) && !$0.isSummed) } }) else {
      return nil
    }
    let summed = term.loops.filter(\.isSummed)
    let whole: (Loop) -> Loop = { isSingle ? $0 : $0.whole }
    rows = outer(term, isRow).map(whole)
    columns = outer(term, isColumn).map(whole)
    groups = outer(term, isGroup).map(whole)
    ranges = isSingle ? [] : terms.map { term in (outer(term, isGroup) + outer(term, isColumn)).map(\.range) }
    leftSummed = summed.offsets(left, batch: 1)
    rightSummed = summed.offsets(right, batch: 1)
    let isWide = [rows, columns].contains { $0.contains { $0.count(batch: 1) > 1 } }
    let isTall = isSingle || rows.contains { $0.count(batch: 1) > 3 }
    guard leftSummed.count * terms.count >= 16, isWide, isTall else { return nil }

    let values = weights(term.columns[left - 1])
    let declared = circuit.columns[term.columns[left - 1]].range
    leftDigits = Digits(values.map { ($0.min() ?? 0, $0.max() ?? 0) } ?? declared, bits: 16, isShifted: false)
    let rightRange = circuit.columns[term.columns[right - 1]].range
    guard isSingle || (rightRange.lower <= 0 && 0 <= rightRange.upper) else { return nil }
    let choices = [16, 8].map { Digits(rightRange, bits: $0, isShifted: true) }
    let packed = values?.withUnsafeBufferPointer { [leftStarts, leftSummed, leftDigits, groups, rows] buffer in
      buffer.baseAddress.map { integers in
        DigitRows(
          integers, rows: (groups + rows).offsets(left, batch: 1, from: leftStarts), columns: leftSummed, leftDigits,
          withSums: choices[0].offset != 0, threads: 1)
      }
    }
    prepared = packed ?? nil
    var found: (Digits, Int)?
    for length in [1024, 512, 256, 128] where found == nil || found?.0.bits == 8 {
      let sums = leftDigits.largest.indices.map { [prepared, leftDigits] plane in
        prepared?.largestSum(plane: plane, length: length) ?? UInt64(length) * leftDigits.largest[plane]
      }
      for digits in choices where (sums.max() ?? 0) * (digits.largest.max() ?? 0) <= UInt64(Int32.max) {
        if found == nil || digits.bits == 16 { found = (digits, length) }
        break
      }
    }
    guard let found else { return nil }
    (rightDigits, blockLength) = found
  }

  func add(to output: UnsafeMutablePointer<Int64>, _ operands: (Integers, Integers), batch: Int, threads: Int) {
    let (leftIntegers, rightIntegers) = leftLane == 1 ? operands : (operands.1, operands.0)
    let outputs = (
      groups: groups.offsets(0, batch: batch).map { $0 + start }, rows: rows.offsets(0, batch: batch),
      columns: columns.offsets(0, batch: batch)
    )
    let (rowCount, columnCount) = (outputs.rows.count, outputs.columns.count)
    let left =
      prepared
      ?? DigitRows(
        leftIntegers, rows: (groups + rows).offsets(leftLane, batch: batch, from: leftStarts), columns: leftSummed,
        leftDigits, withSums: rightDigits.offset != 0, threads: threads)
    let right = DigitRows(
      rightIntegers, rows: (groups + columns).offsets(rightLane, batch: batch, from: rightStarts, within: ranges),
      columns: rightSummed, rightDigits, withSums: false, threads: threads)
    let depth = left.width * leftDigits.count * rightDigits.count
    let width = min(columnCount, 64)
    let height = (max((1 << 19) / (depth * width), 1) + 11) / 12 * 12
    let (across, down) = ((columnCount + width - 1) / width, (rowCount + height - 1) / height)
    let work = outputs.groups.count * rowCount * columnCount * depth
    Parallel.forEach(outputs.groups.count * across * down, threads: work < 1 << 18 ? 1 : threads) { item in
      let (column, row) = (item / down % across * width, item % down * height)
      let item = Item(
        group: item / (across * down), rows: row..<min(row + height, rowCount),
        columns: column..<min(column + width, columnCount))
      multiply(
        item, left, item.group * rowCount, right, item.group * columnCount,
        (output + outputs.groups[item.group], outputs.rows, outputs.columns))
    }
  }

  private func multiply(
    _ item: Item, _ left: DigitRows, _ firstLeft: Int, _ right: DigitRows, _ firstRight: Int,
    _ output: (start: UnsafeMutablePointer<Int64>, rows: [Int], columns: [Int])
  ) {
    if rightDigits.offset != 0 {
      for row in item.rows {
        let correction = coefficient &* rightDigits.offset &* left.sums[firstLeft + row]
        for column in item.columns { output.start[output.rows[row] + output.columns[column]] &+= correction }
      }
    }
    for block in stride(from: 0, to: left.width, by: blockLength) {
      // In vectors; padding is zero on both sides.
      let count = (min(blockLength, left.width - block) + 15) / 16
      for (leftDigit, leftPlane) in left.planes.enumerated() {
        for (rightDigit, rightPlane) in right.planes.enumerated() {
          let factor = coefficient << Int64(16 * leftDigit + rightDigits.bits * rightDigit)
          leftPlane.withUnsafeBufferPointer { leftPlane in
            rightPlane.withUnsafeBufferPointer { rightPlane in
              guard let a = leftPlane.baseAddress, let b = rightPlane.baseAddress else { return }
              let sources = (
                left: a + (firstLeft * left.rowStride + block / 16), right: b + (firstRight * right.rowStride + block / 16)
              )
              multiply(item, sources, (left.rowStride, right.rowStride), count, factor, output)
            }
          }
        }
      }
    }
  }

  private func multiply(
    _ item: Item, _ source: (left: DigitLanes, right: DigitLanes), _ strides: (left: Int, right: Int), _ count: Int,
    _ factor: Int64, _ output: (start: UnsafeMutablePointer<Int64>, rows: [Int], columns: [Int])
  ) {
    let (lastRow, columns) = (item.rows.upperBound - 1, item.columns)
    // Beyond the last row it serves again; those sums are dropped.
    func left(_ row: Int) -> DigitLanes { source.left + min(row, lastRow) * strides.left }
    func add(_ sums: SIMD4<Int32>, _ row: Int, _ rowCount: Int, _ column: Int) {
      let target = output.start + output.columns[column]
      for index in 0..<min(rowCount, lastRow - row + 1) {
        target[output.rows[row + index]] &+= factor &* Int64(sums[index])
      }
    }
    let paired = columns.count / 2 * 2
    for row in stride(from: item.rows.lowerBound, through: paired == 0 ? -1 : lastRow, by: 3) {
      let (a, b, c) = (left(row), left(row + 1), left(row + 2))
      for column in stride(from: columns.lowerBound, to: columns.lowerBound + paired, by: 2) {
        let x = source.right + column * strides.right
        let sums = tile3x2(a, b, c, x, x + strides.right, count)
        add(sums.lowHalf, row, 3, column)
        add(sums.highHalf, row, 3, column + 1)
      }
    }
    guard let column = columns.last, paired < columns.count else { return }
    let x = source.right + column * strides.right
    for row in stride(from: item.rows.lowerBound, through: lastRow, by: 4) {
      add(tile4x1(left(row), left(row + 1), left(row + 2), left(row + 3), x, count), row, 4, column)
    }
  }
}

extension [AffineTerm.Loop] {
  /// The offsets of one lane at every index, the last loop fastest.
  fileprivate func offsets(_ lane: Int, batch: Int) -> [Int] {
    reduce([0]) { offsets, loop in
      let (count, stride) = (loop.count(batch: batch), loop.strides[lane])
      if offsets.count == 1 { return (0..<count).map { offsets[0] + $0 * stride } }
      return offsets.flatMap { offset in (0..<count).map { offset + $0 * stride } }
    }
  }
  /// The same from several starts, outside at indices that are not in the ranges given for each.
  fileprivate func offsets(
    _ lane: Int, batch: Int, from starts: [Int], within ranges: [[Range<Int>?]] = []
  ) -> [[Int]] {
    guard !ranges.isEmpty else {
      let offsets = offsets(lane, batch: batch)
      return starts.map { start in start == 0 ? offsets : offsets.map { $0 + start } }
    }
    return zip(starts, ranges).map { start, ranges in
      zip(self, ranges).reduce([start]) { offsets, loop in
        let (count, stride) = (loop.0.count(batch: batch), loop.0.strides[lane])
        let range = loop.1 ?? 0..<count
        var result = [Int](repeating: DigitRows.outside, count: offsets.count * count)
        for (outer, offset) in offsets.enumerated() where offset != DigitRows.outside {
          for index in range { result[outer * count + index] = offset + index * stride }
        }
        return result
      }
    }
  }
}
