/// Samples of real numbers, one after the other, each row-major.
package struct FloatBatch: Sendable, Equatable {
  package let count: Int
  /// count × elements of a sample.
  package let values: [Double]

  /// - Precondition: `values` divides into `count` samples.
  package init(count: Int, values: [Double]) {
    precondition(count == 0 ? values.isEmpty : values.count % count == 0)
    self.count = count
    self.values = values
  }

  /// The samples of `array`, reshaped to batch × the port's shape.
  ///
  /// - Parameter integerScale: What the integer 1 is worth in an array of integers.
  /// - Throws: `.shapeMismatch`.
  package init(
    _ array: NumericArray, for port: NamedShape, integerScale: Double = 1, source: String
  ) throws(ModelError) {
    count = try array.batchCount(of: port, source: source)
    values = array.isInteger ? array.values.map { $0 * integerScale } : array.values
  }

  package func sample(_ index: Int) -> [Double] {
    let width = values.count / count
    return Array(values[index * width..<(index + 1) * width])
  }
}
