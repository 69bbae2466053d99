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
