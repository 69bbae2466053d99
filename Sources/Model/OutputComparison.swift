/// How far the outputs of an integer network are from those of its float network, sample by sample.
package struct OutputComparison: Sendable, Equatable {
  /// Over the outputs that show values; 0 when all show classes.
  package let largestError: Double
  package let meanError: Double
  /// The share of samples whose classes are the same: the places of the largest values, of each output that has several.
  /// Nil when none has.
  package let agreement: Double?

  /// - Parameter outputs: What the batches are; both have the same number of samples, at least one.
  package init(float: [FloatBatch], integer: [FloatBatch], _ outputs: [NetworkOutput]) {
    var errors: [Double] = []
    var agrees = [Bool](repeating: true, count: float.first?.count ?? 0)
    for (index, output) in outputs.enumerated() {
      if output.classCount == nil {
        errors += zip(float[index].values, integer[index].values).map { abs($0 - $1) }
      }
      guard float[index].hasClasses(output) else { continue }
      let (left, right) = (float[index].classes(output), integer[index].classes(output))
      for sample in agrees.indices where left[sample] != right[sample] { agrees[sample] = false }
    }
    largestError = errors.max() ?? 0
    meanError = errors.isEmpty ? 0 : errors.reduce(0, +) / Double(errors.count)
    agreement = zip(float, outputs).contains { $0.hasClasses($1) } ? share(agrees) : nil
  }
}

extension FloatBatch {
  /// Whether an output shows classes, or several values of which one is the largest.
  package func hasClasses(_ output: NetworkOutput) -> Bool { output.classCount != nil || values.count > count }

  /// The classes that each sample of an output shows, those of all rows, or the place of its largest value.
  package func classes(_ output: NetworkOutput) -> [[Int]] {
    (0..<count).map { index in
      let values = sample(index)
      return output.classCount == nil ? largestIndices(values, count: 1) : values.map { Int($0) }
    }
  }

  /// How many labels an output has: one for each row of classes, else one for each sample.
  package func labelCount(_ output: NetworkOutput) -> Int { output.classCount.map { values.count / $0 } ?? count }

  /// The share of rows, or samples, whose label is among their classes.
  ///
  /// - Precondition: As many labels as `labelCount`.
  package func accuracy(labels: [Int], _ output: NetworkOutput) -> Double {
    precondition(labels.count == labelCount(output))
    let classes = classes(output).flatMap { $0 }
    let rowCount = classes.count / max(labels.count, 1)
    return share(labels.enumerated().map { classes[$0 * rowCount..<($0 + 1) * rowCount].contains($1) })
  }
}

extension NumericArray {
  /// The array as `count` labels.
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
