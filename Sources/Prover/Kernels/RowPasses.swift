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
      for row in rowRange {
        let place = (firstRow + row) * width
        for group in sums.indices {
          let column = start + 8 * group
          sums[group].add(loadSmall(rows, place + column, count: width - column), limbs[row])
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
      for group in tile.indices {
        let column = start + 8 * group
        var (c0, c1) = (ProductLanes(), ProductLanes())
        for row in rowRange {
          let values = loadField(rows, (firstRow + row) * width + column, count: width - column)
          c0.add(values, factors[row].c0)
          c1.add(values, factors[row].c1)
        }
        tile[group] += SecureLanes(c0: c0.reducedLong(), c1: c1.reducedLong())
      }
    }
  }
}

/// Σ_i row_r[i]·weights[i] for every row r.
///
/// - Parameter rows: row-major, `weights.count` values a row.
package func dotRows(_ rows: [Int16], _ weights: SecureTable, threads: Int) -> [SecureField] {
  let width = weights.count
  precondition(width > 0 && rows.count % width == 0, "a row is incomplete")
  let limbs = weights.lanes.map { PackedLimbs($0) }
  return rows.withUnsafeBufferPointer { rows in
    mapRows(rows.count / width, threads: threads) { row in
      var total = SecureLanes.zero
      for start in stride(from: 0, to: limbs.count, by: limbSpan / 8) {
        var sums = LimbSums()
        for group in start..<min(start + limbSpan / 8, limbs.count) {
          sums.add(loadSmall(rows, row * width + 8 * group, count: width - 8 * group), limbs[group])
        }
        total += sums.lanes
      }
      return total.sum()
    }
  }
}

/// Σ_i row_r[i]·weights[i] for every row r.
///
/// - Parameter rows: row-major, `weights.count` values a row.
package func dotRows(_ rows: [BaseField], _ weights: SecureTable, threads: Int) -> [SecureField] {
  let width = weights.count
  precondition(width > 0 && rows.count % width == 0, "a row is incomplete")
  return rows.withUnsafeBufferPointer { rows in
    mapRows(rows.count / width, threads: threads) { row in
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

private func mapRows(_ count: Int, threads: Int, _ body: (Int) -> SecureField) -> [SecureField] {
  let size = 16
  let groups = Parallel.map((count + size - 1) / size, threads: threads) { group in
    (group * size..<min((group + 1) * size, count)).map(body)
  }
  return groups.flatMap { $0 }
}

/// Adds up tiles of columns over blocks of rows; `body` adds the rows of a block to a tile that starts at a column.
private func combineTiles(
  rowCount: Int, width: Int, threads: Int, _ body: (Range<Int>, Int, inout MutableSpan<SecureLanes>) -> Void
) -> SecureTable {
  var lanes = [SecureLanes](repeating: .zero, count: (width + 7) / 8)
  let tiles = (lanes.count + tileWidth / 8 - 1) / (tileWidth / 8)
  let blocks = tiles >= 8 ? 1 : min(max(rowCount / 64, 1), 8)
  let parts = Parallel.map(blocks, threads: blocks > 1 ? threads : 1) { block in
    var part = [SecureLanes](repeating: .zero, count: lanes.count)
    let rows = rowCount * block / blocks..<rowCount * (block + 1) / blocks
    Parallel.chunks(&part, size: tileWidth / 8, threads: blocks > 1 ? 1 : threads) { start, tile in
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: limbSpan) {
        body(first..<min(first + limbSpan, rows.upperBound), 8 * start, &tile)
      }
    }
    return part
  }
  for part in parts { for index in lanes.indices { lanes[index] += part[index] } }
  return SecureTable(count: width, lanes: lanes)
}

@inline(__always)
private func loadSmall(_ values: UnsafeBufferPointer<Int16>, _ index: Int, count: Int) -> SIMD8<Int64> {
  if count >= 8 {
    let small = UnsafeRawPointer(values.baseAddress.unsafelyUnwrapped + index).loadUnaligned(as: SIMD8<Int16>.self)
    return SIMD8(truncatingIfNeeded: small)
  }
  return loadTail(values, index, count: count)
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
