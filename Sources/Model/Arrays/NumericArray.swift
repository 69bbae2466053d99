/// An array of finite numbers read from a data file, row-major.
package struct NumericArray: Sendable, Equatable {
  package let shape: [Int]
  package let values: [Double]
  /// Whether the file stores integers.
  package let isInteger: Bool

  package init(shape: [Int], values: [Double], isInteger: Bool) {
    self.shape = shape
    self.values = values
    self.isInteger = isInteger
  }

  /// The element at `index` of the leading axis, or nil when there is none.
  func element(_ index: Int) -> NumericArray? {
    guard let leading = shape.first, index >= 0, index < leading else { return nil }
    let count = values.count / leading
    return NumericArray(
      shape: Array(shape.dropFirst()), values: Array(values[index * count..<(index + 1) * count]), isInteger: isInteger)
  }

  /// The elements of the leading axis from `start` up to `end`, or nil when there are not so many, or none.
  func elements(from start: Int, to end: Int) -> NumericArray? {
    guard let leading = shape.first, start >= 0, start < end, end <= leading else { return nil }
    let count = values.count / leading
    return NumericArray(shape: [end - start] + shape.dropFirst(), values: Array(values[start * count..<end * count]), isInteger: isInteger)
  }

  /// The number of samples of a port that the array holds: its leading axis, or one without a batch axis.
  ///
  /// Sizes are compared in order, axes of size 1 ignored. A sample may be flat where its order is known, and what it is
  /// for may be flat.
  ///
  /// - Parameter source: The name that errors give to the array.
  /// - Throws: `.shapeMismatch`.
  package func batchCount(of port: NamedShape, source: String) throws(ModelError) -> Int {
    if match(Array(shape), port) != nil { return 1 }
    guard let leading = shape.first, leading > 0, match(Array(shape.dropFirst()), port) != nil else {
      throw .shapeMismatch(source: source, found: shape, expected: port.shape)
    }
    return leading
  }

  /// What to tell who gave the array, when its samples match a port but for being flat, or for the port's being flat.
  package func flatteningNotice(for port: NamedShape, source: String) -> String? {
    for sample in [shape, Array(shape.dropFirst())] where match(sample, port) == .flattened {
      let sizes = [sample, port.shape].map { $0.map(String.init).joined(separator: " × ") }
      return "\(source.oneLine(4096)): samples of \(sizes[0]) are taken in their order as \(sizes[1]), which '\(port.name.oneLine)' is"
    }
    return nil
  }

  private enum Match { case equal, flattened }

  private func match(_ sample: [Int], _ port: NamedShape) -> Match? {
    let (own, wanted) = (sample.filter { $0 != 1 }, port.shape.filter { $0 != 1 })
    if own == wanted { return .equal }
    guard elementCount(own, limit: maximumArrayElementCount) == wanted.reduce(1, *) else { return nil }
    // Rows and columns have one order; channels beside them are first for some and last for others.
    let isKnown = wanted.count <= 1 || own.count <= 1 && (port.isReadFlat || wanted.count == 2)
    return isKnown ? .flattened : nil
  }
}

/// The largest array read from a data file.
let maximumArrayElementCount = 1 << 28

/// Why bytes are not the data that they should be; the caller adds the file.
package struct DataProblem: Error, Equatable {
  package let reason: String

  package init(_ reason: String) { self.reason = reason }
}

extension Double {
  /// The value, when it is finite.
  func finite() throws(DataProblem) -> Double {
    guard isFinite else { throw DataProblem("a value is not finite") }
    return self
  }
}
