/// How the network's input becomes integers, outside the proof: clamp(floor(x/scale + 0.5)) in Float64.
package struct InputEncoding: Sendable, Equatable {
  package let port: NamedShape
  package let scale: Double
  package let range: ClosedRange<Int64>

  package init(port: NamedShape, scale: Double, range: ClosedRange<Int64>) {
    self.port = port
    self.scale = scale
    self.range = range
  }

  /// The real samples that an array stands for: an array of integers holds steps, worth `scale` each.
  ///
  /// - Throws: `.shapeMismatch`.
  package func samples(_ array: NumericArray, source: String) throws(ModelError) -> FloatBatch {
    try FloatBatch(array, for: port, integerScale: scale, source: source)
  }

  /// - Precondition: The values are finite.
  package func quantize(_ batch: FloatBatch) -> IntegerBatch {
    IntegerBatch(
      count: batch.count,
      values: batch.values.map { value in
        let step = (value / scale + 0.5).rounded(.down)
        return Int64(min(max(step, Double(range.lowerBound)), Double(range.upperBound)))
      })
  }
}
