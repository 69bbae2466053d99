/// How integers of a range are written in 16-bit numbers: value = offset + Σ_p digit_p · 2^(bits·p).
///
/// Digits are signed; all but the last are in −2^(bits − 1) ..< 2^(bits − 1).
struct Digits: Sendable {
  let bits: Int
  let offset: Int64
  /// The largest absolute value of each digit.
  let largest: [UInt64]

  var count: Int { largest.count }

  /// - Parameters:
  ///   - bits: 16 for few digits, 8 for small ones.
  ///   - isShifted: Allows an offset for a range of at most 2^16 integers, so that they have one digit of 16 bits.
  init(_ range: (lower: Int64, upper: Int64), bits: Int, isShifted: Bool) {
    self.bits = bits
    var (lower, upper) = range
    let fits = lower >= Int64(Int16.min) && upper <= Int64(Int16.max)
    offset = isShifted && !fits && upper - lower < 1 << 16 ? lower + 1 << 15 : 0
    (lower, upper) = (lower - offset, upper - offset)
    let limit = Int64(1) << Int64(bits == 16 ? 15 : 8)
    let half = Int64(1) << Int64(bits - 1)
    var largest: [UInt64] = []
    while lower < -limit || upper >= limit {
      largest.append(UInt64(half))
      (lower, upper) = ((lower + half) >> Int64(bits), (upper + half) >> Int64(bits))
    }
    self.largest = largest + [max(lower.magnitude, upper.magnitude)]
  }
}

/// A matrix of integers, row by row, each row padded with zeros.
struct DigitRows: Sendable {
  let rowCount: Int
  let width: Int
  /// In vectors.
  let rowStride: Int
  /// By digit.
  let planes: [[SIMD16<Int16>]]
  /// Of the integers of each row, when asked for.
  let sums: [Int64]

  /// In place of an offset: zeros are read.
  static let outside = Int.min

  /// - Parameters:
  ///   - rows: By part of a row and by row, the offset of the part's first integer in `integers`.
  ///   - columns: The offsets of a part's integers from there.
  init(
    _ integers: Integers, rows parts: [[Int]], columns: [Int], _ digits: Digits, withSums: Bool, threads: Int
  ) {
    let (rowCount, partWidth) = (parts[0].count, columns.count)
    let width = parts.count * partWidth
    let rowStride = Self.rowStride(width: width)
    (self.rowCount, self.width, self.rowStride) = (rowCount, width, rowStride)
    let isContiguous = columns.enumerated().allSatisfy { $0 == $1 }
    planes = (0..<digits.count).map { digit in
      [SIMD16<Int16>](unsafeUninitializedCapacity: rowCount * rowStride) { buffer, initialized in
        initialized = rowCount * rowStride
        let start = UnsafeMutableRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: Int16.self)
        Parallel.forEachRange(rowCount, size: max((1 << 15) / width, 1), threads: threads) { range in
          guard let start else { return }
          for row in range {
            let line = start + 16 * rowStride * row
            for (part, offsets) in parts.enumerated() {
              let target = line + part * partWidth
              guard offsets[row] != Self.outside else {
                digits.extract(digit, target, partWidth) { _ in 0 }
                continue
              }
              let source = integers + offsets[row]
              if isContiguous {
                digits.extract(digit, target, partWidth) { source[$0] }
              } else {
                columns.withUnsafeBufferPointer { columns in
                  digits.extract(digit, target, partWidth) { source[columns[$0]] }
                }
              }
            }
            for index in width..<16 * rowStride { line[index] = 0 }
          }
        }
      }
    }
    sums =
      withSums
      ? (0..<rowCount).map { row in
        parts.reduce(0 as Int64) { sum, offsets in
          guard offsets[row] != Self.outside else { return sum }
          return columns.reduce(sum) { $0 &+ integers[offsets[row] + $1] }
        }
      } : []
  }

  /// Rows do not start at equal places of the cache.
  private static func rowStride(width: Int) -> Int {
    let count = (width + 15) / 16
    return count % 64 == 0 ? count + 1 : count
  }

  /// The largest sum of absolute values of one digit over `length` neighbours of a row, from a multiple of it on.
  ///
  /// - Precondition: `length` is at most 2^15.
  func largestSum(plane: Int, length: Int) -> UInt64 {
    var largest: UInt32 = 0
    planes[plane].withUnsafeBytes { bytes in
      let digits = bytes.bindMemory(to: Int16.self)
      for row in 0..<rowCount {
        for first in stride(from: 0, to: width, by: length) {
          let start = 16 * rowStride * row + first
          let part = UnsafeBufferPointer(rebasing: digits[start..<start + min(length, width - first)])
          var sum: UInt32 = 0
          for digit in part { sum &+= UInt32(digit.magnitude) }
          largest = max(largest, sum)
        }
      }
    }
    return UInt64(largest)
  }
}

extension Digits {
  @inline(__always)
  fileprivate func extract(
    _ digit: Int, _ target: UnsafeMutablePointer<Int16>, _ count: Int, _ integer: (Int) -> Int64
  ) {
    // ((v + half) >> bits + half) >> bits … in one step.
    let rounding = (0..<digit).reduce(0 as Int64) { $0 + 1 << Int64(bits * ($1 + 1) - 1) } &- offset
    let shift = Int64(bits * digit)
    if bits == 8, digit < self.count - 1 {
      for index in 0..<count { target[index] = Int16(Int8(truncatingIfNeeded: (integer(index) &+ rounding) >> shift)) }
    } else if shift == 0 {
      for index in 0..<count { target[index] = Int16(truncatingIfNeeded: integer(index) &+ rounding) }
    } else {
      for index in 0..<count { target[index] = Int16(truncatingIfNeeded: (integer(index) &+ rounding) >> shift) }
    }
  }
}
