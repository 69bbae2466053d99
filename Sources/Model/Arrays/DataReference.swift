/// A place that data comes from: a file, optionally one array in it, optionally one element of that array or some.
///
/// Written `file.npz:key[index]` or `file.npz:key[start:end]`, of which either bound may be left out; the key starts after the first
/// `.npz:`, `.npy:` or `.json:`.
package struct DataReference: Sendable, Equatable, CustomStringConvertible {
  package let path: String
  package let key: String?
  package let part: Part?
  package let description: String

  /// Of the leading axis.
  package enum Part: Sendable, Equatable {
    case element(Int)
    /// From the first on, and up to the second, or to the end.
    case elements(Int, Int?)

    /// What stands in brackets.
    init?(_ text: Substring) {
      func number(_ text: Substring) -> Int? { text.allSatisfy { ("0"..."9").contains($0) } ? Int(text) : nil }
      let bounds = text.split(separator: ":", omittingEmptySubsequences: false)
      if bounds.count == 1, let index = number(text) {
        self = .element(index)
        return
      }
      guard bounds.count == 2, let start = bounds[0].isEmpty ? 0 : number(bounds[0]) else { return nil }
      let end = number(bounds[1])
      guard end != nil || bounds[1].isEmpty else { return nil }
      self = .elements(start, end)
    }

    /// Its part of an array; nil where it reaches beyond the end, or has no element.
    func of(_ array: NumericArray) -> NumericArray? {
      switch self {
      case .element(let index): array.element(index)
      case .elements(let start, let end): array.elements(from: start, to: end ?? array.shape.first ?? 0)
      }
    }
  }

  package init(_ text: String) {
    description = text
    var rest = text[...]
    if rest.last == "]", let bracket = rest.lastIndex(of: "["), let part = Part(rest[rest.index(after: bracket)...].dropLast()) {
      self.part = part
      rest = rest[..<bracket]
    } else {
      part = nil
    }
    if let start = Self.keyStart(rest) {
      key = String(rest[start...])
      path = String(rest[..<rest.index(before: start)])
    } else {
      key = nil
      path = String(rest)
    }
  }

  /// Another array of the same file.
  package init(array key: String, besides other: DataReference) {
    path = other.path
    self.key = key
    part = nil
    description = "\(other.path):\(key)"
  }

  private static func keyStart(_ text: Substring) -> String.Index? {
    text.indices.first { index in
      text[index] == ":" && [".npz", ".npy", ".json"].contains { text[..<index].hasSuffix($0) }
    }.map { text.index(after: $0) }
  }
}

extension DataReference.Part: CustomStringConvertible {
  package var description: String {
    switch self {
    case .element(let index): "element \(index)"
    case .elements(let start, let end): "elements \(start):\(end.map(String.init) ?? "")"
    }
  }
}

extension DataReference {
  /// The array that the reference names: by its key, else the array called `name`, else the only one.
  ///
  /// - Throws: `.unusableFile`, `.unusableData`.
  package func read(preferring name: String? = nil) throws(ModelError) -> NumericArray {
    let bytes = try readFile(path)
    let array: NumericArray
    do throws(DataProblem) {
      array = try read(bytes, preferring: name)
    } catch {
      throw .unusableFile(path, reason: error.reason)
    }
    guard let part else { return array }
    guard let result = part.of(array) else {
      throw .unusableData(source: description, reason: "an array of shape \(array.shape) has no \(part)")
    }
    return result
  }

  /// - Parameter bytes: The content of the file.
  package func read(_ bytes: [UInt8], preferring name: String?) throws(DataProblem) -> NumericArray {
    if ZipArchive.isArchive(bytes) {
      let archive = try ZipArchive(bytes)
      let suffix = ".npy"
      let names = archive.names.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }
      let name = names[try select(names, preferring: name)]
      do throws(DataProblem) {
        return try readNPY(archive.content(of: name + suffix))
      } catch {
        throw DataProblem("the array '\(name.oneLine)' \(error.reason)")
      }
    }
    if bytes.starts(with: npyMagic) {
      if let key { throw DataProblem("is one array without a name, and has no '\(key.oneLine)'") }
      return try readNPY(bytes)
    }
    if let first = bytes.first(where: { ![0x20, 0x0a, 0x0d, 0x09].contains($0) }), first == 0x5b || first == 0x7b {
      let arrays = try readJSON(bytes)
      return arrays[try select(arrays.map { $0.name ?? "" }, preferring: name)].array
    }
    throw DataProblem("is not an .npz, .npy or JSON file")
  }

  /// The index of the array that the reference means.
  private func select(_ names: [String], preferring name: String?) throws(DataProblem) -> Int {
    let list = names.map(\.oneLine).prefix(20).joined(separator: ", ")
    if let key {
      guard let index = names.firstIndex(of: key) else {
        throw DataProblem("has no array '\(key.oneLine)'; it has: \(list)")
      }
      return index
    }
    if let name, let index = names.firstIndex(of: name) { return index }
    guard names.count == 1 else {
      throw DataProblem("has \(names.count) arrays; name one of: \(list)")
    }
    return 0
  }
}
