import Circuit

/// How an input of the network becomes integers, outside the proof: clamp(floor(x/scale + 0.5)) in Float64.
package struct InputEncoding: Sendable, Equatable {
  package let port: NamedShape
  package let quantum: Quantum
  /// How many times the scale 1 is worth in each feature, along the last axis; none for once.
  package internal(set) var steps: [Double]

  package init(port: NamedShape, scale: Double, range: ClosedRange<Int64>, steps: [Double] = []) {
    self.port = port
    quantum = Quantum(scale: scale, range: range)
    self.steps = steps
  }

  package var scale: Double { quantum.scale }
  package var range: ClosedRange<Int64> { quantum.range }

  /// How real numbers become the integers of a circuit's port; those of a class port are indices.
  package init(_ port: Port, _ circuit: ArithmeticCircuit) {
    let column = circuit.shownColumn(port)
    let isReadFlat = circuit.columns[port.column].axes.count <= 2
    let kind = port.isIndex ? NamedShape.Kind.index(count: Int(column.upper) + 1) : .real
    self.init(
      port: NamedShape(name: port.name, shape: port.dimensions, isReadFlat: isReadFlat && !port.isIndex, kind: kind),
      scale: port.showsIndices ? 1 : column.scale, range: column.lower...column.upper, steps: circuit.steps(of: port))
  }

  /// The real samples that an array stands for: an array of integers holds steps, worth `scale` each.
  ///
  /// - Throws: `.shapeMismatch`.
  package func samples(_ array: NumericArray, source: String) throws(ModelError) -> FloatBatch {
    let samples = try FloatBatch(array, for: port, integerScale: scale, source: source)
    return array.isInteger && port.kind == .real ? samples.multiplied(by: steps) : samples
  }

  /// - Precondition: The values are finite.
  package func quantize(_ batch: FloatBatch) -> IntegerBatch {
    IntegerBatch(count: batch.count, values: batch.divided(by: steps).values.map(port.indexCount == nil ? quantum.integer : { Int64($0) }))
  }

  /// The values that `quantize` takes to an end of the range because they are beyond it.
  package func saturated(_ batch: FloatBatch) -> [Double] {
    guard port.indexCount == nil else { return [] }
    return zip(batch.values, batch.divided(by: steps).values).filter { quantum.saturates($1) }.map(\.0)
  }
}
