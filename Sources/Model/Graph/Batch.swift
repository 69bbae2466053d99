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

  package func samples(_ range: Range<Int>) -> Batch {
    let width = values.count / count
    return Batch(count: range.count, values: Array(values[range.lowerBound * width..<range.upperBound * width]))
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
  /// Ids below 0 count from the end, as in ONNX.
  ///
  /// - Parameter integerScale: What the integer 1 is worth in an array of integers for an input of real numbers.
  /// - Throws: `.shapeMismatch`, `.unusableData`.
  package init(
    _ array: NumericArray, for port: NamedShape, integerScale: Double = 1, source: String
  ) throws(ModelError) {
    let count = try array.batchCount(of: port, source: source)
    func values(_ what: String, in range: Range<Int>) throws(ModelError) -> [Double] {
      let strange = array.values.firstIndex { $0 != $0.rounded() || $0 < Double(range.lowerBound) || $0 >= Double(range.upperBound) }
      guard let strange else { return array.values }
      throw .unusableData(
        source: source,
        reason: "sample \(strange / max(port.width, 1)) has \(array.values[strange]) for '\(port.name.oneLine)', which takes \(what)")
    }
    let read: [Double]
    switch port.kind {
    case .real: read = array.isInteger ? array.values.map { $0 * integerScale } : array.values
    case .integer: read = try values("integers", in: -1 << 53..<1 << 53)
    case .boolean: read = try values("0 and 1", in: 0..<2)
    case .index(let size):
      read = try values("ids from 0 to \(size - 1)", in: -size..<size).map { $0 < 0 ? $0 + Double(size) : $0 }
    }
    self.init(count: count, values: read)
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
