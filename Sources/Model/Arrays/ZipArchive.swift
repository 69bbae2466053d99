import CZlib

/// The members of a zip archive, stored or deflated; 64-bit sizes are understood.
package struct ZipArchive {
  private struct Member {
    let method: Int
    let checksum: Int
    let compressedSize: Int
    let size: Int
    let headerOffset: Int
  }

  private let bytes: [UInt8]
  private var members: [String: Member] = [:]
  /// In the order of the archive.
  package private(set) var names: [String] = []

  private static let damaged = DataProblem("is a damaged zip archive")

  static func isArchive(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x50, 0x4b, 3, 4], at: 0) || bytes.starts(with: [0x50, 0x4b, 5, 6], at: 0)
  }

  package init(_ bytes: [UInt8]) throws(DataProblem) {
    self.bytes = bytes
    let directory = try Self.locateDirectory(bytes)
    var offset = directory.offset
    for _ in 0..<directory.count { offset = try readMember(at: offset) }
  }

  /// The content of a member, whose size and checksum are those that the archive states.
  package func content(of name: String, limit: Int = 1 << 31) throws(DataProblem) -> [UInt8] {
    guard let member = members[name] else { throw DataProblem("has no member '\(name.oneLine)'") }
    guard bytes.starts(with: [0x50, 0x4b, 3, 4], at: member.headerOffset),
      let nameLength = bytes.integer(at: member.headerOffset + 26, byteCount: 2),
      let extraLength = bytes.integer(at: member.headerOffset + 28, byteCount: 2)
    else { throw Self.damaged }
    let start = member.headerOffset + 30 + nameLength + extraLength
    guard start <= bytes.count, member.compressedSize <= bytes.count - start else { throw Self.damaged }
    guard member.size <= limit else { throw DataProblem("has a member '\(name.oneLine)' of \(member.size) bytes") }

    let content: [UInt8]
    switch member.method {
    case 0:
      guard member.size == member.compressedSize else { throw Self.damaged }
      content = Array(bytes[start..<start + member.size])
    case 8: content = try inflate(bytes[start..<start + member.compressedSize], size: member.size)
    default: throw DataProblem("has a member compressed by method \(member.method), which is not supported")
    }
    guard Int(crc32_z(0, content, content.count)) == member.checksum else {
      throw DataProblem("has a wrong checksum in '\(name.oneLine)'")
    }
    return content
  }
}

// MARK: Directory

extension ZipArchive {
  private static func locateDirectory(_ bytes: [UInt8]) throws(DataProblem) -> (offset: Int, count: Int) {
    let endLength = 22
    let last = bytes.count - endLength
    guard last >= 0,
      let end = stride(from: last, through: max(0, last - 0xffff), by: -1).first(where: {
        bytes.starts(with: [0x50, 0x4b, 5, 6], at: $0) && bytes.integer(at: $0 + 20, byteCount: 2) == last - $0
      }),
      var count = bytes.integer(at: end + 10, byteCount: 2),
      var offset = bytes.integer(at: end + 16, byteCount: 4)
    else { throw damaged }
    if count == 0xffff || offset == 0xffff_ffff {
      let locator = end - 20
      guard bytes.starts(with: [0x50, 0x4b, 6, 7], at: locator), let record = bytes.integer64(at: locator + 8),
        record <= bytes.count - 56, bytes.starts(with: [0x50, 0x4b, 6, 6], at: record),
        let count64 = bytes.integer64(at: record + 32), let offset64 = bytes.integer64(at: record + 48)
      else { throw damaged }
      (count, offset) = (count64, offset64)
    }
    guard offset <= bytes.count, count <= (bytes.count - offset) / 46 else { throw damaged }
    return (offset, count)
  }

  /// Reads one entry of the directory and gives the offset of the next.
  private mutating func readMember(at offset: Int) throws(DataProblem) -> Int {
    func field(_ position: Int, _ byteCount: Int) -> Int {
      bytes.integer(at: offset + position, byteCount: byteCount) ?? 0
    }
    let (nameLength, extraLength, commentLength) = (field(28, 2), field(30, 2), field(32, 2))
    let nameStart = offset + 46
    let next = nameStart + nameLength + extraLength + commentLength
    guard bytes.starts(with: [0x50, 0x4b, 1, 2], at: offset), next <= bytes.count, field(8, 2) & 1 == 0 else {
      throw Self.damaged
    }
    let name = String(decoding: bytes[nameStart..<nameStart + nameLength], as: UTF8.self)
    var sizes = [field(24, 4), field(20, 4), field(42, 4)]
    try widen(&sizes, extra: nameStart + nameLength..<nameStart + nameLength + extraLength)
    let member = Member(
      method: field(10, 2), checksum: field(16, 4), compressedSize: sizes[1], size: sizes[0], headerOffset: sizes[2])
    guard members.updateValue(member, forKey: name) == nil else {
      throw DataProblem("has two members '\(name.oneLine)'")
    }
    names.append(name)
    return next
  }

  /// Replaces saturated 32-bit fields by those of the 64-bit extra field, which holds just them, in the same order.
  private func widen(_ fields: inout [Int], extra: Range<Int>) throws(DataProblem) {
    let saturated = fields.indices.filter { fields[$0] == 0xffff_ffff }
    guard !saturated.isEmpty else { return }
    var position = extra.lowerBound
    while let tag = bytes.integer(at: position, byteCount: 2),
      let length = bytes.integer(at: position + 2, byteCount: 2),
      position + 4 + length <= extra.upperBound
    {
      if tag == 1, length >= 8 * saturated.count {
        for (order, index) in saturated.enumerated() {
          guard let value = bytes.integer64(at: position + 4 + 8 * order) else { throw Self.damaged }
          fields[index] = value
        }
        return
      }
      position += 4 + length
    }
    throw Self.damaged
  }
}

// MARK: Content

extension ZipArchive {
  /// Exactly `size` bytes from a raw deflate stream that ends with `compressed`.
  private func inflate(_ compressed: ArraySlice<UInt8>, size: Int) throws(DataProblem) -> [UInt8] {
    let maximumRatio = 1032
    guard size <= maximumRatio * (compressed.count + 1), compressed.count <= 1 << 30 else { throw Self.damaged }
    var isComplete = false
    var input = Array(compressed)
    let content = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { output, count in
      input.withUnsafeMutableBufferPointer { input in
        var stream = z_stream()
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
          return
        }
        defer { inflateEnd(&stream) }
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(size)
        let status = CZlib.inflate(&stream, Z_FINISH)
        isComplete = status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0
        count = size - Int(stream.avail_out)
      }
    }
    guard isComplete else { throw Self.damaged }
    return content
  }
}
