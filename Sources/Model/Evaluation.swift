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

/// How far the outputs of an integer network are from those of its float network, sample by sample.
package struct OutputComparison: Sendable, Equatable {
  package let largestError: Double
  package let meanError: Double
  /// The share of samples whose largest output is at the same place.
  package let agreement: Double

  /// - Precondition: Both have the same number of samples, at least one, and of outputs.
  package init(float: FloatBatch, integer: FloatBatch) {
    precondition(float.count == integer.count && float.values.count == integer.values.count && float.count > 0)
    let errors = zip(float.values, integer.values).map { abs($0 - $1) }
    largestError = errors.max() ?? 0
    meanError = errors.reduce(0, +) / Double(errors.count)
    agreement = share(zip(float.topClasses(), integer.topClasses()).map { $0 == $1 })
  }
}

extension FloatBatch {
  /// The place of the largest output of each sample, the first of equal ones.
  package func topClasses() -> [Int] {
    (0..<count).map { index in
      let outputs = sample(index)
      return outputs.indices.reduce(0) { outputs[$1] > outputs[$0] ? $1 : $0 }
    }
  }

  /// The share of samples whose largest output is at the labelled place.
  ///
  /// - Precondition: One label a sample.
  package func accuracy(labels: [Int]) -> Double {
    precondition(labels.count == count)
    return share(zip(topClasses(), labels).map { $0 == $1 })
  }
}

extension NumericArray {
  /// The array as one label for each of `count` samples.
  ///
  /// - Throws: `.shapeMismatch`, `.unusableData`.
  package func labels(count: Int, source: String) throws(ModelError) -> [Int] {
    guard values.count == count else { throw .shapeMismatch(source: source, found: shape, expected: [count]) }
    var labels: [Int] = []
    for value in values {
      guard let label = Int(exactly: value) else {
        throw .unusableData(source: source, reason: "the label \(value) is not an integer")
      }
      labels.append(label)
    }
    return labels
  }
}

private func share(_ conditions: [Bool]) -> Double {
  Double(conditions.count { $0 }) / Double(conditions.count)
}
