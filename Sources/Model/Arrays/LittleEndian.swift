extension [UInt8] {
  /// The unsigned little-endian integer of `byteCount` ≤ 7 bytes at `offset`, or nil beyond the end.
  func integer(at offset: Int, byteCount: Int) -> Int? {
    guard offset >= 0, offset <= count - byteCount else { return nil }
    return (0..<byteCount).reduce(0) { $0 | Int(self[offset + $1]) << (8 * $1) }
  }

  /// The 64-bit little-endian integer at `offset`, or nil beyond the end or above Int.max.
  func integer64(at offset: Int) -> Int? {
    guard let low = integer(at: offset, byteCount: 4), let high = integer(at: offset + 4, byteCount: 4) else {
      return nil
    }
    return high >> 31 == 0 ? high << 32 | low : nil
  }

  func starts(with prefix: [UInt8], at offset: Int) -> Bool {
    offset >= 0 && offset <= count - prefix.count && self[offset..<offset + prefix.count].elementsEqual(prefix)
  }
}
