/// Samples of numbers, one after the other, each row-major.
package struct Batch<Number: GraphNumber>: Sendable, Equatable {
  package let count: Int
  /// count × elements of a sample.
  package let values: [Number]

  /// - Precondition: `values` divides into `count` samples.
  package init(count: Int, values: [Number]) {
    precondition(count == 0 ? values.isEmpty : values.count % count == 0)
    self.count = count
    self.values = values
  }

  package func sample(_ index: Int) -> [Number] {
    let width = values.count / count
    return Array(values[index * width..<(index + 1) * width])
  }
}

package typealias FloatBatch = Batch<Double>
package typealias IntegerBatch = Batch<Int64>

extension Batch<Int64> {
  package func scaled(by scale: Double) -> FloatBatch {
    FloatBatch(count: count, values: values.map { Double($0) * scale })
  }
}

extension Batch<Double> {
  /// The samples of `array`, reshaped to batch × the port's shape.
  ///
  /// - Parameter integerScale: What the integer 1 is worth in an array of integers.
  /// - Throws: `.shapeMismatch`.
  package init(
    _ array: NumericArray, for port: NamedShape, integerScale: Double = 1, source: String
  ) throws(ModelError) {
    let count = try array.batchCount(of: port, source: source)
    self.init(count: count, values: array.isInteger ? array.values.map { $0 * integerScale } : array.values)
  }

  /// Arrays as batches of the same number of samples.
  ///
  /// - Parameter integerScales: What the integer 1 is worth in an array of integers, by input.
  /// - Throws: `.shapeMismatch`, `.unusableData`.
  package static func batches(
    _ arrays: [NumericArray], for ports: [NamedShape], integerScales: [Double], source: String
  ) throws(ModelError) -> [FloatBatch] {
    var batches: [FloatBatch] = []
    for (index, array) in arrays.enumerated() {
      batches.append(try FloatBatch(array, for: ports[index], integerScale: integerScales[index], source: source))
    }
    guard Set(batches.map(\.count)).count <= 1 else {
      throw .unusableData(
        source: source, reason: "the inputs have different numbers of samples: \(batches.map(\.count))")
    }
    return batches
  }
}
