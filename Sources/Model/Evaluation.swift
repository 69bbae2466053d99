/// How often a network is right on labelled samples.
package struct Evaluation: Sendable, Equatable {
  package let sampleCount: Int
  package let integerAccuracy: Double
  /// Of the float network, when there is one.
  package let floatAccuracy: Double?
  package let comparison: OutputComparison?
  /// What to tell who gave the data.
  package let notices: [String]
}

/// Runs labelled samples and judges the first output.
///
/// - Parameters:
///   - outputs: What the network shows; `value` does not matter.
///   - float: The network that the integer one was made from.
///   - labels: The name of the array of labels, in the file of `data`.
///   - run: The integer network: the outputs of a batch in real units, for classes their indices.
/// - Throws: `ModelError.unusableFile`, `.unusableData`, `.shapeMismatch`, and what `run` throws.
package func evaluate(
  _ inputs: [InputEncoding], _ outputs: [NetworkOutput], float: Network? = nil, data: DataReference, labels: String,
  run: ([IntegerBatch]) throws -> [FloatBatch]
) throws -> Evaluation {
  let arrays = try data.arrays(inputs.map(\.port.name))
  let samples = try FloatBatch.batches(
    arrays, for: inputs.map(\.port), integerScales: inputs.map(\.scale),
    source: data.description)
  let count = samples.first?.count ?? 0
  let labelled = DataReference(array: labels, besides: data)
  guard count > 0 else { throw ModelError.unusableData(source: data.description, reason: "has no sample") }
  let integers = try run(zip(inputs, samples).map { $0.quantize($1) })
  guard integers[0].hasClasses(outputs[0]) else {
    throw ModelError.unusableData(
      source: data.description, reason: "cannot be judged by labels: the output '\(outputs[0].name.oneLine)' is one number")
  }
  let labels = try labelled.read().labels(count: integers[0].labelCount(outputs[0]), source: labelled.description)
  let floats = float.map { $0.run(samples) }
  return Evaluation(
    sampleCount: count, integerAccuracy: integers[0].accuracy(labels: labels, outputs[0]),
    floatAccuracy: floats.map { $0[0].accuracy(labels: labels, outputs[0]) },
    comparison: floats.map { OutputComparison(float: $0, integer: integers, outputs) },
    notices: zip(arrays, inputs).compactMap { $0.flatteningNotice(for: $1.port, source: data.description) })
}
