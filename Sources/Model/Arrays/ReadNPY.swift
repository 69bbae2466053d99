/// The array of the bytes of an .npy file: format versions 1 to 3, C order, little endian.
package func readNPY(_ bytes: [UInt8]) throws(DataProblem) -> NumericArray {
  guard bytes.starts(with: npyMagic, at: 0), bytes.count >= 12 else { throw DataProblem("is not an .npy file") }
  let headerStart = bytes[6] == 1 ? 10 : 12
  guard (1...3).contains(bytes[6]), let length = bytes.integer(at: 8, byteCount: headerStart - 8) else {
    throw DataProblem("has the .npy format version \(bytes[6]), which is not supported")
  }
  guard length <= 1 << 16, headerStart + length <= bytes.count else { throw DataProblem("is cut off in its header") }
  var parser = NPYHeaderParser(bytes[headerStart..<headerStart + length])
  let header = try parser.parse()
  guard let type = NPYElementType(rawValue: header.type) else {
    throw DataProblem("has element type '\(header.type.oneLine)', which is not supported")
  }
  guard !header.isFortranOrder || header.shape.count < 2 else {
    throw DataProblem("is in Fortran order; save it in C order")
  }
  guard let count = elementCount(header.shape, limit: maximumArrayElementCount) else {
    throw DataProblem("has shape \(header.shape.prefix(8)), which is too large")
  }
  let start = headerStart + length
  guard bytes.count - start == count * type.byteCount else {
    throw DataProblem("has \(bytes.count - start) bytes for shape \(header.shape) of '\(type.rawValue)'")
  }
  return NumericArray(
    shape: header.shape, values: try type.decode(bytes, start: start, count: count), isInteger: type.isInteger)
}

let npyMagic: [UInt8] = [0x93] + Array("NUMPY".utf8)

private enum NPYElementType: String {
  case float32 = "<f4"
  case float64 = "<f8"
  case int8 = "|i1"
  case int16 = "<i2"
  case int32 = "<i4"
  case int64 = "<i8"
  case uint8 = "|u1"

  var byteCount: Int {
    switch self {
    case .int8, .uint8: 1
    case .int16: 2
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }

  var isInteger: Bool {
    switch self {
    case .float32, .float64: false
    case .int8, .int16, .int32, .int64, .uint8: true
    }
  }

  func decode(_ bytes: [UInt8], start: Int, count: Int) throws(DataProblem) -> [Double] {
    let values = bytes.withUnsafeBytes { bytes in
      func load<T: FixedWidthInteger>(_ index: Int, _: T.Type) -> T {
        T(littleEndian: bytes.loadUnaligned(fromByteOffset: start + index * byteCount, as: T.self))
      }
      return (0..<count).map { index in
        switch self {
        case .float32: Double(Float(bitPattern: load(index, UInt32.self)))
        case .float64: Double(bitPattern: load(index, UInt64.self))
        case .int8: Double(load(index, Int8.self))
        case .int16: Double(load(index, Int16.self))
        case .int32: Double(load(index, Int32.self))
        case .int64: Double(load(index, Int64.self))
        case .uint8: Double(load(index, UInt8.self))
        }
      }
    }
    guard values.allSatisfy(\.isFinite) else { throw DataProblem("has values that are not finite") }
    return values
  }
}

private struct NPYHeader {
  var type = ""
  var isFortranOrder = false
  var shape: [Int] = []
}

/// Reads the dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 64), }`, keys in any order.
private struct NPYHeaderParser {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private static let problem = DataProblem("has a header that is not understood")

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func parse() throws(DataProblem) -> NPYHeader {
    var header = NPYHeader()
    var keys: Set<String> = []
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      guard keys.insert(key).inserted else { throw Self.problem }
      switch key {
      case "descr": header.type = try string()
      case "fortran_order": header.isFortranOrder = try boolean()
      case "shape": header.shape = try tuple()
      default: throw Self.problem
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    guard keys.count == 3 else { throw Self.problem }
    return header
  }

  private mutating func accept(_ word: String) -> Bool {
    while position < bytes.endIndex, bytes[position] == 0x20 { position += 1 }
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ word: String) throws(DataProblem) {
    guard accept(word) else { throw Self.problem }
  }

  private mutating func string() throws(DataProblem) -> String {
    let quote: UInt8 = accept("'") ? 0x27 : 0x22
    if quote == 0x22 { try expect("\"") }
    guard let end = bytes[position...].firstIndex(of: quote) else { throw Self.problem }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private mutating func boolean() throws(DataProblem) -> Bool {
    if accept("True") { return true }
    try expect("False")
    return false
  }

  private mutating func tuple() throws(DataProblem) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !accept(")") {
      let digits = bytes[position...].drop { $0 == 0x20 }.prefix { (0x30...0x39).contains($0) }
      guard let size = Int(String(decoding: digits, as: UTF8.self)), sizes.count < 32 else { throw Self.problem }
      position = digits.endIndex
      sizes.append(size)
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }
}
