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

  /// The number of samples of `shape` that the array holds: one when it has just their elements, else its leading axis.
  ///
  /// - Parameter source: The name that errors give to the array.
  /// - Throws: `.shapeMismatch`.
  package func batchCount(of sample: [Int], source: String) throws(ModelError) -> Int {
    let width = sample.reduce(1, *)
    if values.count == width { return 1 }
    guard let leading = shape.first, leading > 0, values.count % leading == 0, values.count / leading == width else {
      throw .shapeMismatch(source: source, found: shape, expected: sample)
    }
    return leading
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
