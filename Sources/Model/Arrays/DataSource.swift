import Glibc

/// The data files of a command: one for all arrays, one for each name, written `NAME=FILE`, or one for all arrays but those.
///
/// A text that is the path of a file is no such pair.
package struct DataSource: Sendable, CustomStringConvertible {
  private let named: [String: DataReference]
  /// For arrays that have no file of their own.
  private let common: DataReference?
  package let paths: [String]
  package let description: String

  /// - Throws: `.unusableData` for a second file of one name, or of none.
  package init(_ texts: [String]) throws(ModelError) {
    description = texts.joined(separator: ", ")
    var (named, common, paths): ([String: DataReference], DataReference?, [String]) = ([:], nil, [])
    for text in texts {
      let whole = DataReference(text)
      guard let sign = text.firstIndex(of: "="), sign > text.startIndex, access(whole.path, F_OK) != 0 else {
        guard common == nil else {
          throw .unusableData(source: description, reason: "has two files without a name; write NAME=FILE for each input")
        }
        common = whole
        paths.append(whole.path)
        continue
      }
      let reference = DataReference(String(text[text.index(after: sign)...]))
      guard named.updateValue(reference, forKey: String(text[..<sign])) == nil else {
        throw .unusableData(source: description, reason: "has two files for '\(String(text[..<sign]).oneLine)'")
      }
      paths.append(reference.path)
    }
    (self.named, self.common, self.paths) = (named, common, paths)
  }

  /// - Throws: As the other one.
  package init(_ text: String) throws(ModelError) { try self.init([text]) }

  /// One array for each name.
  ///
  /// - Parameter others: Further names that files may be given for.
  /// - Throws: `.unusableFile`, `.unusableData`.
  package func arrays(_ names: [String], others: [String] = []) throws(ModelError) -> [NumericArray] {
    if let name = named.keys.filter({ !names.contains($0) && !others.contains($0) }).min() {
      throw .unusableData(
        source: description, reason: "has a file for '\(name.oneLine)', which is none of \(names.map(\.oneLine).joined(separator: ", "))")
    }
    let rest = names.filter { named[$0] == nil }
    guard rest.count <= 1 || common?.key == nil else {
      throw .unusableData(
        source: description,
        reason: "names one array for \(rest.count); leave it out, so that each is the one of its name, or write NAME=FILE for each: "
          + rest.map(\.oneLine).joined(separator: ", "))
    }
    return try names.map { name throws(ModelError) in try array(preferring: name) }
  }

  /// The array for an input: of its own file, else the one of that name, else the only one.
  ///
  /// - Throws: `.unusableFile`, `.unusableData`.
  package func array(preferring name: String) throws(ModelError) -> NumericArray {
    guard let reference = named[name] ?? common else {
      throw .unusableData(source: description, reason: "has no file for '\(name.oneLine)'; add \(name.oneLine)=FILE")
    }
    return try reference.read(preferring: name)
  }

  /// Where the array of exactly this name is.
  func reference(array name: String) -> DataReference {
    named[name] ?? DataReference(array: name, besides: common ?? DataReference(description))
  }
}
