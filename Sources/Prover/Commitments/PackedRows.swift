import Circuit
import Execution
import Field
import Verifier

/// Rows of elements of F: those before the first row with an element that is no 16-bit integer are stored as such.
package struct PackedRows: Sendable {
  package let width: Int
  package let rowCount: Int
  private let smallRowCount: Int
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
    self.init(small: small, rest: elements, width: width)
  }

  /// A column as one row.
  package init(column integers: [Int64]) {
    if integers.allSatisfy({ Int16(exactly: $0) != nil }) {
      self.init(small: integers.map { Int16(truncatingIfNeeded: $0) }, large: [], width: integers.count)
    } else {
      var elements = integers.map { BaseField($0) }
      defer { elements.erase() }
      self.init(elements, width: integers.count)
    }
  }

  /// Rows of 16-bit integers, then others.
  fileprivate init(small: consuming [Int16], large: consuming [BaseField], width: Int) {
    self.width = width
    smallRowCount = small.count / width
    rowCount = smallRowCount + large.count / width
    (_small, _large) = (Secret(wrappedValue: small), Secret(wrappedValue: large))
  }

  private init(small: consuming [Int16], rest elements: [BaseField], width: Int) {
    let count = small.count / width
    small.removeLast(small.count - count * width)
    let rest = elements.withUnsafeBufferPointer { [BaseField]($0.dropFirst(count * width)) }
    (self.width, rowCount, smallRowCount) = (width, elements.count / width, count)
    (_small, _large) = (Secret(wrappedValue: small), Secret(wrappedValue: rest))
  }

  func shield() {
    small.shield()
    large.shield()
  }

  /// All elements, row by row.
  package var elements: [BaseField] { small.map { BaseField(Int64($0)) } + large }

  package subscript(row: Int, index: Int) -> BaseField {
    row < smallRowCount
      ? BaseField(Int64(small[row * width + index])) : large[(row - smallRowCount) * width + index]
  }

  /// Initializes `place` with entries of a row.
  func read(_ row: Int, _ entries: Range<Int>, into place: UnsafeMutablePointer<BaseField>) {
    if row < smallRowCount {
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
        let source = large.baseAddress.unsafelyUnwrapped + ((row - smallRowCount) * width + entries.lowerBound)
        place.initialize(from: source, count: entries.count)
      }
    }
  }

  /// With more rows of the same width.
  func appending(_ rows: [BaseField]) -> PackedRows {
    precondition(rows.count % width == 0, "a row is incomplete")
    return PackedRows(self, appending: rows)
  }

  private init(_ other: PackedRows, appending rows: [BaseField]) {
    (width, smallRowCount) = (other.width, other.smallRowCount)
    rowCount = other.rowCount + rows.count / other.width
    (_small, _large) = (other._small, Secret(wrappedValue: other.large + rows))
  }

  /// The same elements in rows of another width that divides this one.
  func split(_ width: Int) -> PackedRows {
    precondition(self.width % width == 0, "rows are cut into whole ones")
    let factor = self.width / width
    return PackedRows(self, width: width, rowCount: rowCount * factor, smallRowCount: smallRowCount * factor)
  }

  private init(_ other: PackedRows, width: Int, rowCount: Int, smallRowCount: Int) {
    (self.width, self.rowCount, self.smallRowCount) = (width, rowCount, smallRowCount)
    (_small, _large) = (other._small, other._large)
  }

  /// Σ_r weights[r]·row_(first + r).
  func combine(_ weights: [SecureField], from first: Int, threads: Int) -> SecureTable {
    let smallCount = min(max(smallRowCount - first, 0), weights.count)
    if smallCount == weights.count {
      return combineRows(weights, small, firstRow: first, width: width, threads: threads)
    }
    var rest = combineRows(
      Array(weights.dropFirst(smallCount)), large, firstRow: first + smallCount - smallRowCount, width: width, threads: threads)
    guard smallCount > 0 else { return rest }
    var sum = combineRows(Array(weights.prefix(smallCount)), small, firstRow: first, width: width, threads: threads)
    sum.add(rest, times: .one, threads: threads)
    rest.erase()
    return sum
  }

  /// Σ_i row_r[i]·weights[i] for the rows r of a range.
  func dot(_ weights: SecureTable, rows: Range<Int>, threads: Int) -> [SecureField] {
    let middle = min(max(smallRowCount, rows.lowerBound), rows.upperBound)
    guard middle < rows.upperBound else { return dotRows(small, rows: rows, weights, threads: threads) }
    var second = dotRows(large, rows: middle - smallRowCount..<rows.upperBound - smallRowCount, weights, threads: threads)
    guard rows.lowerBound < middle else { return second }
    var first = dotRows(small, rows: rows.lowerBound..<middle, weights, threads: threads)
    defer {
      first.erase()
      second.erase()
    }
    return first + second
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
    let smallRowCount = zip(placements, isSmall).reduce(rowCount) { $1.1 ? $0 : min($0, $1.0.firstRow) }
    var small = [Int16](repeating: 0, count: smallRowCount * width)
    var large = [BaseField](repeating: .zero, count: (rowCount - smallRowCount) * width)
    place(columns, into: &small, rows: 0..<smallRowCount, threads: threads) { Int16(truncatingIfNeeded: $0) }
    place(columns, into: &large, rows: smallRowCount..<rowCount, threads: threads) { BaseField($0) }
    return PackedRows(small: small, large: large, width: width)
  }

  /// - Parameter range: The rows that `rows` has.
  private func place<Element>(
    _ columns: [[Int64]], into rows: inout [Element], rows range: Range<Int>, threads: Int, _ element: (Int64) -> Element
  ) {
    let placements = placements
    Parallel.share(&rows, columns.count, threads: rows.isEmpty ? 1 : threads) { index, rows in
      guard placements[index].firstRow < range.upperBound else { return }
      columns[index].withUnsafeBufferPointer { column in
        placements[index].forEachRun { start, row, offset, count in
          guard range.contains(row) else { return }
          let target = (row - range.lowerBound) << variableCount + offset
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
