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
  /// - Parameter integerScale: What one step of an array of integers is worth; nil when integers are taken as they are.
  /// - Throws: `.shapeMismatch`.
  package init(
    _ array: NumericArray, for port: Port, integerScale: Double? = nil, source: String
  ) throws(ModelError) {
    count = try array.batchCount(of: port.shape, source: source)
    if array.isInteger, let integerScale {
      values = array.values.map { $0 * integerScale }
    } else {
      values = array.values
    }
  }

  package func sample(_ index: Int) -> [Double] {
    let width = values.count / count
    return Array(values[index * width..<(index + 1) * width])
  }
}
