/// The arrays of a JSON text: nested arrays of numbers, or an object of such arrays by name.
///
/// - Returns: The arrays in the order of the text; the name is nil when the text is one array.
package func readJSON(_ bytes: [UInt8]) throws(DataProblem) -> [(name: String?, array: NumericArray)] {
  var parser = JSONParser(bytes)
  return try parser.parse()
}

private struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func parse() throws(DataProblem) -> [(name: String?, array: NumericArray)] {
    var arrays: [(name: String?, array: NumericArray)] = []
    if accept("{") {
      var names: Set<String> = []
      while !accept("}") {
        if !names.isEmpty { try expect(",") }
        let name = try string()
        guard names.insert(name).inserted else { throw problem("two arrays of the name '\(name.oneLine)'") }
        try expect(":")
        arrays.append((name, try array()))
      }
    } else {
      arrays.append((nil, try array()))
    }
    skipSpace()
    guard position == bytes.count else { throw problem("text after the end of the data") }
    return arrays
  }

  /// One array; its depth is the number of brackets before the first number.
  private mutating func array() throws(DataProblem) -> NumericArray {
    var values: [Double] = []
    var shape: [Int?] = []
    var counts: [Int] = []
    while accept("[") {
      guard shape.count < 32 else { throw problem("arrays nested too deeply") }
      shape.append(nil)
      counts.append(0)
    }
    guard !shape.isEmpty else { throw problem("neither an array of numbers nor an object of arrays") }
    repeat {
      if counts.count == shape.count {
        if counts[counts.count - 1] > 0 || !isNext("]") {
          values.append(try number())
          counts[counts.count - 1] += 1
          if accept(",") { continue }
        }
      } else if counts[counts.count - 1] > 0 ? accept(",") : isNext("[") {
        try expect("[")
        counts.append(0)
        continue
      }
      try expect("]")
      let count = counts.removeLast()
      let axis = counts.count
      guard shape[axis] == nil || shape[axis] == count else { throw problem("arrays of unequal length side by side") }
      shape[axis] = count
      if axis > 0 { counts[axis - 1] += 1 }
    } while !counts.isEmpty
    return NumericArray(shape: shape.compactMap(\.self), values: values, isInteger: false)
  }

  private mutating func number() throws(DataProblem) -> Double {
    skipSpace()
    let start = position
    accept("-")
    guard let first = bytes[position...].first, (0x30...0x39).contains(first) else { throw problem("not a number") }
    if first == 0x30 { position += 1 } else { skipDigits() }
    if position < bytes.count, bytes[position] == 0x2e {
      position += 1
      try digits()
    }
    if position < bytes.count, bytes[position] | 0x20 == 0x65 {
      position += 1
      if position < bytes.count, bytes[position] == 0x2b || bytes[position] == 0x2d { position += 1 }
      try digits()
    }
    guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw problem("not a number")
    }
    return try value.finite()
  }

  private mutating func string() throws(DataProblem) -> String {
    try expect("\"")
    guard let end = bytes[position...].firstIndex(where: { $0 == 0x22 || $0 == 0x5c || $0 < 0x20 }), bytes[end] == 0x22
    else { throw problem("a name that is cut off or has escapes") }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private mutating func digits() throws(DataProblem) {
    let start = position
    skipDigits()
    guard position > start else { throw problem("not a number") }
  }

  private mutating func skipDigits() {
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) { position += 1 }
  }

  private mutating func isNext(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    return position < bytes.count && bytes[position] == UInt8(ascii: character)
  }

  @discardableResult
  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard isNext(character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(DataProblem) {
    guard accept(character) else { throw problem("expected '\(character)'") }
  }

  private func problem(_ reason: String) -> DataProblem {
    DataProblem("is not usable JSON: \(reason), at byte \(position)")
  }
}
