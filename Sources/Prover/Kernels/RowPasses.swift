import Execution
import Field

/// Columns in a unit of parallel work: four sums for each stay in the first-level cache.
private let tileWidth = 512
/// Rows, and columns of a dot product, whose limb products fit a sum of 64 bits.
private let limbSpan = 1 << 14

/// Σ_r coefficients[r]·row_(firstRow + r), a table of `width` entries.
///
/// - Parameter rows: row-major, `width` values a row.
package func combineRows(
  _ coefficients: [SecureField], _ rows: [Int16], firstRow: Int = 0, width: Int, threads: Int
) -> SecureTable {
  precondition(firstRow >= 0 && rows.count >= (firstRow + coefficients.count) * width, "rows are missing")
  let limbs = coefficients.map { SecureLimbs($0) }
  return rows.withUnsafeBufferPointer { rows in
    combineTiles(rowCount: limbs.count, width: width, threads: threads) { rowRange, start, tile in
      var sums = [LimbSums](repeating: LimbSums(), count: tile.count)
      defer { sums.erase() }
      let fullGroups = min(tile.count, (width - start) / 8)
      sums.withUnsafeMutableBufferPointer { sums in
        limbs.withUnsafeBufferPointer { limbs in
          var row = rowRange.lowerBound
          while row < rowRange.upperBound {
            let place = (firstRow + row) * width + start
            if row + 4 <= rowRange.upperBound {
              addFourRows(sums, rows, place, pitch: width, limbs, row, groups: fullGroups)
              row += 4
            } else {
              addRow(sums, rows, place, limbs, row, groups: fullGroups)
              row += 1
            }
          }
          if fullGroups < sums.count {
            let column = start + 8 * fullGroups
            for row in rowRange {
              let tail = loadTail(rows, (firstRow + row) * width + column, count: width - column)
              sums[fullGroups].add(tail, limbs[row])
            }
          }
        }
      }
      for group in sums.indices { tile[group] += sums[group].lanes }
    }
  }
}

/// Σ_r coefficients[r]·row_(firstRow + r), a table of `width` entries.
///
/// - Parameter rows: row-major, `width` values a row.
package func combineRows(
  _ coefficients: [SecureField], _ rows: [BaseField], firstRow: Int = 0, width: Int, threads: Int
) -> SecureTable {
  precondition(firstRow >= 0 && rows.count >= (firstRow + coefficients.count) * width, "rows are missing")
  let factors = coefficients.map { SecureLanes(repeating: $0) }
  return rows.withUnsafeBufferPointer { rows in
    combineTiles(rowCount: factors.count, width: width, threads: threads) { rowRange, start, tile in
      for first in stride(from: 0, to: tile.count, by: 16) {
        let groups = first..<min(first + 16, tile.count)
        var sums = [FieldSums](repeating: FieldSums(), count: groups.count)
        defer { sums.erase() }
        for block in stride(from: rowRange.lowerBound, to: rowRange.upperBound, by: 8) {
          let rowsOfBlock = block..<min(block + 8, rowRange.upperBound)
          for group in groups {
            let column = start + 8 * group
            var sum = sums[group - first]
            for row in rowsOfBlock {
              let values = loadField(rows, (firstRow + row) * width + column, count: width - column)
              sum.c0.add(values, factors[row].c0)
              sum.c1.add(values, factors[row].c1)
            }
            sums[group - first] = sum
          }
        }
        for group in groups { tile[group] += sums[group - first].lanes }
      }
    }
  }
}

/// Sums of products of elements of F with elements of K.
private struct FieldSums {
  var c0 = ProductLanes()
  var c1 = ProductLanes()

  var lanes: SecureLanes { SecureLanes(c0: c0.reducedLong(), c1: c1.reducedLong()) }
}

/// Σ_i row_r[i]·weights[i] for the rows r of `range`.
///
/// - Parameter rows: row-major, `weights.count` values a row.
package func dotRows(_ rows: [Int16], rows range: Range<Int>, _ weights: SecureTable, threads: Int) -> [SecureField] {
  let width = weights.count
  precondition(range.isEmpty || width > 0 && range.lowerBound >= 0 && range.upperBound * width <= rows.count, "rows are missing")
  let limbs = weights.lanes.map { PackedLimbs($0) }
  return rows.withUnsafeBufferPointer { rows in
    mapRows(range, width: width, threads: threads) { row in
      var total = SecureLanes.zero
      for start in stride(from: 0, to: limbs.count, by: limbSpan / 8) {
        let groups = start..<min(start + limbSpan / 8, limbs.count)
        var sums = dotGroups(rows, row * width, limbs, start..<min(groups.upperBound, width / 8))
        if groups.upperBound > width / 8 {
          let column = width & ~7
          sums.add(loadTail(rows, row * width + column, count: width - column), limbs[width / 8])
        }
        total += sums.lanes
      }
      return total.sum()
    }
  }
}

/// Σ_i row_r[i]·weights[i] for the rows r of `range`.
///
/// - Parameter rows: row-major, `weights.count` values a row.
package func dotRows(_ rows: [BaseField], rows range: Range<Int>, _ weights: SecureTable, threads: Int) -> [SecureField] {
  let width = weights.count
  precondition(range.isEmpty || width > 0 && range.lowerBound >= 0 && range.upperBound * width <= rows.count, "rows are missing")
  return rows.withUnsafeBufferPointer { rows in
    mapRows(range, width: width, threads: threads) { row in
      var (c0, c1) = (ProductLanes(), ProductLanes())
      for group in weights.lanes.indices {
        let values = loadField(rows, row * width + 8 * group, count: width - 8 * group)
        c0.add(values, weights.lanes[group].c0)
        c1.add(values, weights.lanes[group].c1)
      }
      return SecureField(c0: c0.reducedLong().sum(), c1: c1.reducedLong().sum())
    }
  }
}

private func mapRows(_ rows: Range<Int>, width: Int, threads: Int, _ body: (Int) -> SecureField) -> [SecureField] {
  Parallel.build(rows.count, size: max((1 << 13) / max(width, 1), 1), threads: threads) { start, part in
    for index in part.indices { part.initializeElement(at: index, to: body(rows.lowerBound + start + index)) }
  }
}

/// Adds up tiles of columns over blocks of rows; `body` adds the rows of a block to a tile that starts at a column.
private func combineTiles(
  rowCount: Int, width: Int, threads: Int, _ body: (Range<Int>, Int, inout MutableSpan<SecureLanes>) -> Void
) -> SecureTable {
  let count = (width + 7) / 8
  let tiles = (count + tileWidth / 8 - 1) / (tileWidth / 8)
  let blocks = tiles >= 8 ? 1 : min(max(rowCount / 64, 1), 8)
  var parts = Parallel.map(blocks, threads: blocks > 1 ? threads : 1) { block in
    let rows = rowCount * block / blocks..<rowCount * (block + 1) / blocks
    return Parallel.build(count, size: tileWidth / 8, threads: blocks > 1 ? 1 : threads) { start, part in
      part.initialize(repeating: SecureLanes.zero)
      var tile = MutableSpan(_unsafeElements: part)
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: limbSpan) {
        body(first..<min(first + limbSpan, rows.upperBound), 8 * start, &tile)
      }
    }
  }
  var sum = parts.removeLast()
  for block in parts.indices {
    for index in sum.indices { sum[index] += parts[block][index] }
    parts[block].erase()
  }
  return SecureTable(count: width, lanes: sum)
}

/// Adds four rows, times their coefficients, to the sums; eight columns stay in registers.
@inline(never)
private func addFourRows(
  _ sums: UnsafeMutableBufferPointer<LimbSums>, _ rows: UnsafeBufferPointer<Int16>, _ place: Int, pitch: Int,
  _ limbs: UnsafeBufferPointer<SecureLimbs>, _ row: Int, groups: Int
) {
  guard groups > 0 else { return }
  let target = sums.baseAddress.unsafelyUnwrapped
  let source = rows.baseAddress.unsafelyUnwrapped + place
  let factors = limbs.baseAddress.unsafelyUnwrapped + row
  for group in 0..<groups {
    var sum = target[group]
    sum.add(loadSmall(source + 8 &* group), factors[0])
    sum.add(loadSmall(source + pitch + 8 &* group), factors[1])
    sum.add(loadSmall(source + 2 &* pitch + 8 &* group), factors[2])
    sum.add(loadSmall(source + 3 &* pitch + 8 &* group), factors[3])
    target[group] = sum
  }
}

@inline(never)
private func addRow(
  _ sums: UnsafeMutableBufferPointer<LimbSums>, _ rows: UnsafeBufferPointer<Int16>, _ place: Int,
  _ limbs: UnsafeBufferPointer<SecureLimbs>, _ row: Int, groups: Int
) {
  guard groups > 0 else { return }
  let target = sums.baseAddress.unsafelyUnwrapped
  let source = rows.baseAddress.unsafelyUnwrapped + place
  let factor = limbs[row]
  for group in 0..<groups { target[group].add(loadSmall(source + 8 &* group), factor) }
}

@inline(never)
private func dotGroups(
  _ rows: UnsafeBufferPointer<Int16>, _ place: Int, _ limbs: [PackedLimbs], _ groups: Range<Int>
) -> LimbSums {
  var sums = LimbSums()
  limbs.withUnsafeBufferPointer { limbs in
    let source = rows.baseAddress.unsafelyUnwrapped + place
    let factors = limbs.baseAddress.unsafelyUnwrapped
    for group in groups { sums.add(loadSmall(source + 8 &* group), factors[group]) }
  }
  return sums
}

@inline(__always) private func loadSmall(_ place: UnsafePointer<Int16>) -> SIMD8<Int64> {
  SIMD8(truncatingIfNeeded: UnsafeRawPointer(place).loadUnaligned(as: SIMD8<Int16>.self))
}

@inline(never)
private func loadTail(_ values: UnsafeBufferPointer<Int16>, _ index: Int, count: Int) -> SIMD8<Int64> {
  var result = SIMD8<Int64>(repeating: 0)
  for lane in 0..<count { result[lane] = Int64(values[index + lane]) }
  return result
}

@inline(__always)
private func loadField(_ values: UnsafeBufferPointer<BaseField>, _ index: Int, count: Int) -> BaseLanes {
  if count >= 8 {
    return UnsafeRawPointer(values.baseAddress.unsafelyUnwrapped + index).loadUnaligned(as: BaseLanes.self)
  }
  return loadTail(values, index, count: count)
}

@inline(never)
private func loadTail(_ values: UnsafeBufferPointer<BaseField>, _ index: Int, count: Int) -> BaseLanes {
  var result = SIMD8<UInt64>(repeating: 0)
  for lane in 0..<count { result[lane] = values[index + lane].value }
  return BaseLanes(reducing: result)
}
