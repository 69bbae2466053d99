import Circuit
import Execution
import Field
import Verifier

/// Rows of 16-bit integers that are stored as such though others are before them.
private let fewestRows = 8

/// Rows of elements of F. Rows of 16-bit integers are stored as such, where several follow one another or none is before them.
package struct PackedRows: Sendable {
  /// Rows that are stored alike, one after the other.
  private struct Run {
    var rows: Range<Int>
    let isSmall: Bool
    /// Of the first row, among those that are stored alike.
    let place: Int

    func split(_ factor: Int) -> Run {
      Run(rows: rows.lowerBound * factor..<rows.upperBound * factor, isSmall: isSmall, place: place * factor)
    }
  }

  package let width: Int
  package let rowCount: Int
  private let runs: [Run]
  @Secret private var small: [Int16]
  @Secret private var large: [BaseField]

  /// - Precondition: whole rows.
  package init(_ elements: [BaseField], width: Int) {
    precondition(width > 0 && elements.count % width == 0, "a row is incomplete")
    var small: [Int16] = []
    small.reserveCapacity(elements.count)
    for start in stride(from: 0, to: elements.count, by: width) {
      for element in elements[start..<start + width] {
        guard let integer = Int16(exactly: element.centred) else { break }
        small.append(integer)
      }
      guard small.count == start + width else { break }
    }
    let count = small.count / width
    small.removeLast(small.count - count * width)
    let rest = elements.withUnsafeBufferPointer { [BaseField]($0.dropFirst(count * width)) }
    self.init(small: small, large: rest, isSmall: (0..<elements.count / width).map { $0 < count }, width: width)
  }

  /// A column as one row.
  package init(column integers: [Int64]) {
    if integers.allSatisfy({ Int16(exactly: $0) != nil }) {
      self.init(small: integers.map { Int16(truncatingIfNeeded: $0) }, large: [], isSmall: [true], width: integers.count)
    } else {
      var elements = integers.map { BaseField($0) }
      defer { elements.erase() }
      self.init(elements, width: integers.count)
    }
  }

  /// - Parameter isSmall: By row. The rows that are so, and the others, are stored one after the other.
  fileprivate init(small: consuming [Int16], large: consuming [BaseField], isSmall: [Bool], width: Int) {
    self.width = width
    rowCount = isSmall.count
    var runs: [Run] = []
    var places = (small: 0, large: 0)
    for (row, isSmall) in isSmall.enumerated() {
      if let last = runs.last, last.isSmall == isSmall {
        runs[runs.count - 1].rows = last.rows.lowerBound..<row + 1
      } else {
        runs.append(Run(rows: row..<row + 1, isSmall: isSmall, place: isSmall ? places.small : places.large))
      }
      if isSmall { places.small += 1 } else { places.large += 1 }
    }
    self.runs = runs
    (_small, _large) = (Secret(wrappedValue: small), Secret(wrappedValue: large))
  }

  private init(_ other: PackedRows, runs: [Run], rowCount: Int, width: Int, large: Secret<BaseField>) {
    (self.width, self.rowCount, self.runs) = (width, rowCount, runs)
    (_small, _large) = (other._small, large)
  }

  func shield() {
    small.shield()
    large.shield()
  }

  /// All elements, row by row.
  package var elements: [BaseField] {
    runs.flatMap { run in
      let entries = run.place * width..<(run.place + run.rows.count) * width
      return run.isSmall ? small[entries].map { BaseField(Int64($0)) } : Array(large[entries])
    }
  }

  /// Where a row is, among those that are stored alike.
  private func place(ofRow row: Int) -> (isSmall: Bool, row: Int) {
    var range = runs.indices
    while range.count > 1 {
      let middle = range.lowerBound + range.count / 2
      range = runs[middle].rows.lowerBound <= row ? middle..<range.upperBound : range.lowerBound..<middle
    }
    let run = runs[range.lowerBound]
    return (run.isSmall, run.place + row - run.rows.lowerBound)
  }

  /// The rows of a range, run by run, and where the first one is among those that are stored alike.
  private func parts(of rows: Range<Int>) -> [(rows: Range<Int>, isSmall: Bool, place: Int)] {
    runs.compactMap { run in
      let own = run.rows.clamped(to: rows)
      return own.isEmpty ? nil : (own, run.isSmall, run.place + own.lowerBound - run.rows.lowerBound)
    }
  }

  package subscript(row: Int, index: Int) -> BaseField {
    let (isSmall, row) = place(ofRow: row)
    return isSmall ? BaseField(Int64(small[row * width + index])) : large[row * width + index]
  }

  /// Initializes `place` with entries of a row.
  func read(_ row: Int, _ entries: Range<Int>, into place: UnsafeMutablePointer<BaseField>) {
    let (isSmall, row) = self.place(ofRow: row)
    if isSmall {
      small.withUnsafeBufferPointer { small in
        let source = small.baseAddress.unsafelyUnwrapped + (row * width + entries.lowerBound)
        let groups = entries.count / BaseLanes.laneCount
        for group in 0..<groups {
          let integers = UnsafeRawPointer(source + 8 * group).loadUnaligned(as: SIMD8<Int16>.self)
          let lanes = BaseLanes(SIMD8<Int64>(truncatingIfNeeded: integers))
          UnsafeMutableRawPointer(place + 8 * group).storeBytes(of: lanes, as: BaseLanes.self)
        }
        for index in 8 * groups..<entries.count { place[index] = BaseField(Int64(source[index])) }
      }
    } else {
      large.withUnsafeBufferPointer { large in
        let source = large.baseAddress.unsafelyUnwrapped + (row * width + entries.lowerBound)
        place.initialize(from: source, count: entries.count)
      }
    }
  }

  /// With more rows of the same width.
  package func appending(_ rows: [BaseField]) -> PackedRows {
    precondition(rows.count % width == 0, "a row is incomplete")
    let count = rows.count / width
    guard count > 0 else { return self }
    let more = Run(rows: rowCount..<rowCount + count, isSmall: false, place: large.count / width)
    return PackedRows(self, runs: runs + [more], rowCount: rowCount + count, width: width, large: Secret(wrappedValue: large + rows))
  }

  /// The same elements in rows of another width that divides this one.
  package func split(_ width: Int) -> PackedRows {
    precondition(self.width % width == 0, "rows are cut into whole ones")
    let factor = self.width / width
    return PackedRows(self, runs: runs.map { $0.split(factor) }, rowCount: rowCount * factor, width: width, large: _large)
  }

  /// Σ_r weights[r]·row_(first + r).
  package func combine(_ weights: [SecureField], from first: Int, threads: Int) -> SecureTable {
    precondition(first >= 0 && first + weights.count <= rowCount, "rows are missing")
    var sum: SecureTable?
    for part in parts(of: first..<first + weights.count) {
      let own = part.rows.count == weights.count ? weights : Array(weights[part.rows.lowerBound - first..<part.rows.upperBound - first])
      var table = part.isSmall
        ? combineRows(own, small, firstRow: part.place, width: width, threads: threads)
        : combineRows(own, large, firstRow: part.place, width: width, threads: threads)
      guard sum != nil else {
        sum = table
        continue
      }
      sum?.add(table, times: .one, threads: threads)
      table.erase()
    }
    return sum ?? SecureTable(zeros: width)
  }

  /// Σ_i row_r[i]·weights[i] for the rows r of a range.
  package func dot(_ weights: SecureTable, rows: Range<Int>, threads: Int) -> [SecureField] {
    var parts = parts(of: rows).map { part in
      let places = part.place..<part.place + part.rows.count
      return part.isSmall ? dotRows(small, rows: places, weights, threads: threads) : dotRows(large, rows: places, weights, threads: threads)
    }
    if parts.count == 1 { return parts.removeLast() }
    defer { for index in parts.indices { parts[index].erase() } }
    return Array(parts.joined())
  }
}

extension ArithmeticCircuit {
  /// By weight column.
  func packed(_ weights: [[Int64]]) -> [Int: PackedRows] {
    Dictionary(uniqueKeysWithValues: zip(columns(of: .weight), weights.map { PackedRows(column: $0) }))
  }
}

extension Layout {
  /// Places columns at true sizes into rows, zero elsewhere.
  package func packedRows(of columns: [[Int64]], threads: Int) -> PackedRows {
    let width = 1 << variableCount
    let isSmall = Parallel.map(columns.count, threads: threads) { columns[$0].allSatisfy { Int16(exactly: $0) != nil } }
    var isSmallRow = [Bool](repeating: true, count: rowCount)
    for (placement, isSmall) in zip(placements, isSmall) where !isSmall {
      for row in placement.firstRow..<placement.firstRow + placement.rowCount { isSmallRow[row] = false }
    }
    // A few rows between others are not worth a pass of their own.
    var first = isSmallRow.firstIndex(of: false) ?? rowCount
    while first < rowCount {
      let end = isSmallRow[first...].firstIndex { $0 != isSmallRow[first] } ?? rowCount
      if isSmallRow[first], end - first < fewestRows { for row in first..<end { isSmallRow[row] = false } }
      first = end
    }
    var counts = (small: 0, large: 0)
    let places = isSmallRow.map { isSmall in
      defer { if isSmall { counts.small += 1 } else { counts.large += 1 } }
      return isSmall ? counts.small : counts.large
    }
    var small = [Int16](repeating: 0, count: counts.small * width)
    var large = [BaseField](repeating: .zero, count: counts.large * width)
    place(columns, into: &small, threads: threads, place: { isSmallRow[$0] ? places[$0] : nil }) { Int16(truncatingIfNeeded: $0) }
    place(columns, into: &large, threads: threads, place: { isSmallRow[$0] ? nil : places[$0] }) { BaseField($0) }
    return PackedRows(small: small, large: large, isSmall: isSmallRow, width: width)
  }

  /// - Parameter place: By row, where `rows` has it; nil for one that it does not have.
  private func place<Element>(
    _ columns: [[Int64]], into rows: inout [Element], threads: Int, place: (Int) -> Int?, _ element: (Int64) -> Element
  ) {
    let placements = placements
    Parallel.share(&rows, columns.count, threads: rows.isEmpty ? 1 : threads) { index, rows in
      columns[index].withUnsafeBufferPointer { column in
        placements[index].forEachRun { start, row, offset, count in
          guard let row = place(row) else { return }
          let target = row << variableCount + offset
          for index in 0..<count { rows[target + index] = element(column[start + index]) }
        }
      }
    }
  }
}

extension Placement {
  /// Calls `body` with consecutive true indices that are consecutive in a row: the first index, its row, its offset in
  /// the row, and their count.
  fileprivate func forEachRun(_ body: (Int, Int, Int, Int) -> Void) {
    guard let last = shape.last else { return body(0, firstRow, offset, 1) }
    let outer = shape.dropLast()
    var index = [Int](repeating: 0, count: outer.count)
    for outerIndex in 0..<outer.reduce(1, *) {
      var (row, inRow) = (0, 0)
      for axis in outer.indices {
        if axis < splitAxis {
          row = row * shape[axis] + index[axis]
        } else if axis == splitAxis {
          row = row * leadingExtent + index[axis] >> splitBits
          inRow = index[axis] & (1 << splitBits - 1)
        } else {
          inRow = inRow << bits[axis] + index[axis]
        }
      }
      if splitAxis == outer.count {
        for start in stride(from: 0, to: last, by: 1 << splitBits) {
          let place = firstRow + row * leadingExtent + start >> splitBits
          body(outerIndex * last + start, place, offset, min(1 << splitBits, last - start))
        }
      } else {
        body(outerIndex * last, firstRow + row, offset + inRow << bits[outer.count], last)
      }
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
