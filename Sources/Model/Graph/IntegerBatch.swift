/// Samples of integers, one after the other, each row-major.
package struct IntegerBatch: Sendable, Equatable {
  package let count: Int
  /// count × elements of a sample.
  package let values: [Int64]

  /// - Precondition: `values` divides into `count` samples.
  package init(count: Int, values: [Int64]) {
    precondition(count == 0 ? values.isEmpty : values.count % count == 0)
    self.count = count
    self.values = values
  }

  package func sample(_ index: Int) -> [Int64] {
    let width = values.count / count
    return Array(values[index * width..<(index + 1) * width])
  }

  package func scaled(by scale: Double) -> FloatBatch {
    FloatBatch(count: count, values: values.map { Double($0) * scale })
  }
}
