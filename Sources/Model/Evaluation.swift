/// How often a network is right on labelled samples.
package struct Evaluation: Sendable, Equatable {
  package let sampleCount: Int
  package let integerAccuracy: Double
  /// Of the float network, when there is one.
  package let floatAccuracy: Double?
  package let comparison: OutputComparison?
}

/// Runs labelled samples.
///
/// - Parameters:
///   - float: The network that `integers` was made from.
///   - labels: The name of the array of labels, in the file of `data`.
/// - Throws: `.unusableFile`, `.unusableData`, `.shapeMismatch`.
package func evaluate(
  _ integers: IntegerNetwork, float: Network? = nil, data: DataReference, labels: String
) throws(ModelError) -> Evaluation {
  let samples = try integers.input.samples(
    data.read(preferring: integers.input.port.name), source: data.description)
  let labelled = DataReference(array: labels, besides: data)
  let labels = try labelled.read().labels(count: samples.count, source: labelled.description)
  guard samples.count > 0 else { throw .unusableData(source: data.description, reason: "has no sample") }
  let outputs = PlainExecutor(integers).run(integers.input.quantize(samples)).scaled(by: integers.outputScale)
  let floatOutputs = float.map { $0.run(samples) }
  return Evaluation(
    sampleCount: samples.count, integerAccuracy: outputs.accuracy(labels: labels),
    floatAccuracy: floatOutputs.map { $0.accuracy(labels: labels) },
    comparison: floatOutputs.map { OutputComparison(float: $0, integer: outputs) })
}
