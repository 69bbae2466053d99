/// The array of the bytes of an .npy file: format versions 1 to 3, C or Fortran order, little endian.
package func readNPY(_ bytes: [UInt8]) throws(DataProblem) -> NumericArray {
  guard bytes.starts(with: npyMagic, at: 0), bytes.count >= 12 else { throw DataProblem("is not an .npy file") }
  let headerStart = bytes[6] == 1 ? 10 : 12
  guard (1...3).contains(bytes[6]), let length = bytes.integer(at: 8, byteCount: headerStart - 8) else {
    throw DataProblem("has the .npy format version \(bytes[6]), which is not supported")
  }
  guard length <= 1 << 16, headerStart + length <= bytes.count else { throw DataProblem("is cut off in its header") }
  let header = try NPYHeader(bytes[headerStart..<headerStart + length])
  guard let type = npyElementTypes[header.type] else {
    throw DataProblem("has element type '\(header.type.oneLine)', which is not supported")
  }
  guard let count = elementCount(header.shape, limit: maximumArrayElementCount) else {
    throw DataProblem("has shape \(header.shape.prefix(8)), which is too large")
  }
  let content = bytes[(headerStart + length)...]
  guard content.count == count * type.byteCount else {
    throw DataProblem("has \(content.count) bytes for shape \(header.shape) of '\(header.type)'")
  }
  guard let values = type.floats(content) ?? type.integers(content, as: { Double($0) }), values.allSatisfy(\.isFinite) else {
    throw DataProblem("has values that are not finite")
  }
  guard type != .uint64 || values.allSatisfy({ $0 >= 0 }) else { throw DataProblem("has an integer of 2^63 or more") }
  let ordered = header.isFortranOrder ? transposed(values, header.shape.reversed(), order: header.shape.indices.reversed()) : values
  return NumericArray(shape: header.shape, values: ordered, isInteger: !type.isFloat)
}

let npyMagic: [UInt8] = [0x93] + Array("NUMPY".utf8)

private let npyElementTypes: [String: ElementType] = [
  "<f2": .float16, "<f4": .float, "<f8": .double, "|i1": .int8, "<i2": .int16, "<i4": .int32, "<i8": .int64, "|u1": .uint8,
  "<u2": .uint16, "<u4": .uint32, "<u8": .uint64, "|b1": .bool,
]

/// The dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 64), }`, keys in any order.
private struct NPYHeader {
  private(set) var type = ""
  private(set) var isFortranOrder = false
  private(set) var shape: [Int] = []
  /// What is still to be read.
  private var rest: ArraySlice<UInt8>
  private static let problem = DataProblem("has a header that is not understood")

  init(_ bytes: ArraySlice<UInt8>) throws(DataProblem) {
    rest = bytes
    var keys: Set<String> = []
    try readList("{", "}") { header throws(DataProblem) in
      let key = try header.string()
      try header.expect(":")
      guard keys.insert(key).inserted else { throw Self.problem }
      switch key {
      case "descr": header.type = try header.string()
      case "fortran_order": header.isFortranOrder = try header.boolean()
      case "shape":
        try header.readList("(", ")") { header throws(DataProblem) in header.shape.append(try header.size()) }
      default: throw Self.problem
      }
    }
    guard keys.count == 3, shape.count <= 32 else { throw Self.problem }
  }

  /// Elements with commas between them, and perhaps after the last.
  private mutating func readList(
    _ start: String, _ end: String, _ readElement: (inout NPYHeader) throws(DataProblem) -> Void
  ) throws(DataProblem) {
    try expect(start)
    while !accept(end) {
      try readElement(&self)
      if !accept(",") { return try expect(end) }
    }
  }

  private mutating func accept(_ word: String) -> Bool {
    rest = rest.drop { $0 == 0x20 }
    guard rest.starts(with: word.utf8) else { return false }
    rest.removeFirst(word.utf8.count)
    return true
  }

  private mutating func expect(_ word: String) throws(DataProblem) {
    guard accept(word) else { throw Self.problem }
  }

  private mutating func string() throws(DataProblem) -> String {
    let quote: UInt8 = accept("'") ? 0x27 : 0x22
    if quote == 0x22 { try expect("\"") }
    guard let end = rest.firstIndex(of: quote) else { throw Self.problem }
    defer { rest = rest[(end + 1)...] }
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  private mutating func boolean() throws(DataProblem) -> Bool {
    if accept("True") { return true }
    try expect("False")
    return false
  }

  private mutating func size() throws(DataProblem) -> Int {
    let digits = rest.drop { $0 == 0x20 }.prefix { (0x30...0x39).contains($0) }
    guard let size = Int(String(decoding: digits, as: UTF8.self)) else { throw Self.problem }
    rest = rest[digits.endIndex...]
    return size
  }
}
