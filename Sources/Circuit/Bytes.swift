/// Appends little-endian integers and strings. docs/protocol.md §1.
package struct ByteWriter: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func append(_ data: some Sequence<UInt8>) {
    bytes.append(contentsOf: data)
  }

  package mutating func append<Integer: FixedWidthInteger>(_ integer: Integer) {
    append(integer, byteCount: Integer.bitWidth / 8)
  }

  package mutating func append<Integer: FixedWidthInteger>(_ integer: Integer, byteCount: Int) {
    for index in 0..<byteCount {
      bytes.append(UInt8(truncatingIfNeeded: integer >> Integer(8 * index)))
    }
  }
}

/// The bytes end too early, go on too long, or hold a value outside its set.
package struct MalformedBytes: Error, Equatable {
  package var offset: Int
}

/// Reads what `ByteWriter` wrote; no count is believed beyond the bytes that are there.
package struct ByteReader: Sendable {
  private let bytes: ArraySlice<UInt8>
  private let start: Int
  private var cursor: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    start = bytes.startIndex
    cursor = bytes.startIndex
  }

  package var remaining: Int { bytes.endIndex - cursor }

  package func malformed() -> MalformedBytes { MalformedBytes(offset: cursor - start) }

  package mutating func read(_ count: Int) throws(MalformedBytes) -> ArraySlice<UInt8> {
    guard count <= remaining else { throw malformed() }
    defer { cursor += count }
    return bytes[cursor..<cursor + count]
  }

  package mutating func readInteger(byteCount: Int) throws(MalformedBytes) -> UInt64 {
    var value: UInt64 = 0
    for byte in try read(byteCount).reversed() { value = value << 8 | UInt64(byte) }
    return value
  }

  package mutating func u8() throws(MalformedBytes) -> Int { Int(try readInteger(byteCount: 1)) }
  package mutating func u16() throws(MalformedBytes) -> Int { Int(try readInteger(byteCount: 2)) }
  package mutating func u32() throws(MalformedBytes) -> Int { Int(try readInteger(byteCount: 4)) }
  package mutating func i32() throws(MalformedBytes) -> Int { Int(Int32(truncatingIfNeeded: try u32())) }
  package mutating func u64() throws(MalformedBytes) -> UInt64 { try readInteger(byteCount: 8) }
  package mutating func i64() throws(MalformedBytes) -> Int64 { Int64(bitPattern: try u64()) }

  package mutating func block() throws(MalformedBytes) -> ArraySlice<UInt8> {
    try read(try u32())
  }

  package mutating func string() throws(MalformedBytes) -> String {
    let utf8 = try read(try u16())
    guard let string = String(validating: utf8, as: UTF8.self) else { throw malformed() }
    return string
  }

  /// A u32 count, then that many elements of at least `minimumByteCount` bytes each.
  package mutating func list<Element>(
    atMost cap: Int, minimumByteCount: Int, _ element: (inout ByteReader) throws(MalformedBytes) -> Element
  ) throws(MalformedBytes) -> [Element] {
    let count = try u32()
    guard count <= cap else { throw malformed() }
    return try list(count: count, minimumByteCount: minimumByteCount, element)
  }

  package mutating func list<Element>(
    count: Int, minimumByteCount: Int, _ element: (inout ByteReader) throws(MalformedBytes) -> Element
  ) throws(MalformedBytes) -> [Element] {
    guard count <= remaining / minimumByteCount else { throw malformed() }
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try element(&self)) }
    return elements
  }

  package func finish() throws(MalformedBytes) {
    guard remaining == 0 else { throw malformed() }
  }
}
