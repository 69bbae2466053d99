import FoundationEssentials

/// The arrays of a JSON text: nested arrays of numbers, or an object of such arrays by name.
///
/// - Returns: The arrays in the order of the text; the name is nil when the text is one array.
package func readJSON(_ bytes: [UInt8]) throws(DataProblem) -> [(name: String?, array: NumericArray)] {
  // Quotes stand around names only, of which the decoder forgets the order, and all but one that are equal.
  let parts = bytes.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
  let names = stride(from: 1, to: parts.count, by: 2).map { String(decoding: parts[$0], as: UTF8.self) }
  do {
    if names.isEmpty { return [(nil, try JSONDecoder().decode(NestedNumbers.self, from: Data(bytes)).array)] }
    let arrays = try JSONDecoder().decode([String: NestedNumbers].self, from: Data(bytes))
    guard !bytes.contains(UInt8(ascii: "\\")) else { throw problem("a name that has escapes") }
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted { throw problem("two arrays of the name '\(name.oneLine)'") }
    return names.compactMap { name in arrays[name].map { (name, $0.array) } }
  } catch let problem as DataProblem {
    throw problem
  } catch DecodingError.typeMismatch(let type, let found), DecodingError.valueNotFound(let type, let found) {
    throw problem(type == Double.self ? "not a number" : "not an array", at: found.codingPath)
  } catch {
    throw DataProblem("is not JSON, is cut off, or has a number that is not finite")
  }
}

/// - Parameter place: Written as in `values[3][0]`.
private func problem(_ reason: String, at place: [any CodingKey] = []) -> DataProblem {
  let path = place.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue.oneLine }.joined()
  return DataProblem("is not usable JSON: \(reason)" + (path.isEmpty ? "" : ", at \(path)"))
}

private struct NestedNumbers: Decodable {
  private var values: [Double] = []
  /// One for each bracket before the first number; nil until an array of the axis has been read.
  private var shape: [Int?] = []

  var array: NumericArray { NumericArray(shape: shape.compactMap(\.self), values: values, isInteger: false) }

  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    var first: (any UnkeyedDecodingContainer)? = container
    while first != nil {
      guard shape.count < 32 else { throw problem("arrays nested too deeply") }
      shape.append(nil)
      first = try? first?.nestedUnkeyedContainer()
    }
    try read(&container, axis: 0)
  }

  private mutating func read(_ container: inout any UnkeyedDecodingContainer, axis: Int) throws {
    var count = 0
    while !container.isAtEnd {
      if axis + 1 < shape.count {
        var inner = try container.nestedUnkeyedContainer()
        try read(&inner, axis: axis + 1)
      } else {
        values.append(try container.decode(Double.self).finite())
      }
      count += 1
    }
    guard shape[axis] == nil || shape[axis] == count else {
      throw problem("arrays of unequal length side by side", at: container.codingPath)
    }
    shape[axis] = count
  }
}
