import Circuit

/// How an input of the network becomes integers, outside the proof: clamp(floor(x/scale + 0.5)) in Float64.
package struct InputEncoding: Sendable, Equatable {
  package let port: NamedShape
  package let quantum: Quantum

  package init(port: NamedShape, scale: Double, range: ClosedRange<Int64>) {
    self.port = port
    quantum = Quantum(scale: scale, range: range)
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
      scale: port.showsIndices ? 1 : column.scale, range: column.lower...column.upper)
  }

  /// The real samples that an array stands for: an array of integers holds steps, worth `scale` each.
  ///
  /// - Throws: `.shapeMismatch`.
  package func samples(_ array: NumericArray, source: String) throws(ModelError) -> FloatBatch {
    try FloatBatch(array, for: port, integerScale: scale, source: source)
  }

  /// - Precondition: The values are finite.
  package func quantize(_ batch: FloatBatch) -> IntegerBatch {
    IntegerBatch(count: batch.count, values: batch.values.map(port.indexCount == nil ? quantum.integer : { Int64($0) }))
  }

  /// The values that `quantize` takes to an end of the range because they are beyond it.
  package func saturated(_ batch: FloatBatch) -> [Double] {
    port.indexCount == nil ? batch.values.filter(quantum.saturates) : []
  }
}
