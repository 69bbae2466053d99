/// How far the outputs of an integer network are from those of its float network, all together.
package struct OutputComparison: Sendable, Equatable {
  /// Over the outputs that show values; 0 when all show classes.
  package let largestError: Double
  package let meanError: Double
  /// The share of rows with the same classes, or with their largest values at the same place; nil when no output has rows
  /// of several values.
  package let agreement: Double?

  package init(_ differences: [OutputDifference]) {
    let judged = differences.filter(\.rows.hasClasses)
    let elementCount = differences.reduce(0) { $0 + $1.elementCount }
    let rowCount = judged.reduce(0) { $0 + $1.rowCount }
    largestError = differences.compactMap(\.largestError).max() ?? 0
    meanError = elementCount == 0 ? 0 : differences.reduce(0) { $0 + $1.errorSum } / Double(elementCount)
    agreement = rowCount == 0 ? nil : Double(judged.reduce(0) { $0 + $1.sameClassCount }) / Double(rowCount)
  }

  /// - Parameter outputs: What the batches are; both have the same number of samples, at least one.
  package init(float: [FloatBatch], integer: [FloatBatch], _ outputs: [OutputRows]) {
    self.init(
      outputs.enumerated().map { index, output in
        var difference = OutputDifference(output)
        output.forEachRow(of: [float[index], integer[index]]) { difference.add(float: $1[0], integer: $1[1]) }
        return difference
      })
  }

  /// With each sample of an output of values as one row.
  package init(float: [FloatBatch], integer: [FloatBatch], _ outputs: [NetworkOutput]) {
    let rows = zip(outputs, float).map { output, batch in
      let (width, shown) = (batch.values.count / batch.count, output.classCount)
      return OutputRows(
        name: output.name, shape: shown.map { [width / $0, $0] } ?? [width], classes: shown.map { (shown: $0, of: .max) })
    }
    self.init(float: float, integer: integer, rows)
  }
}

extension FloatBatch {
  /// Whether an output shows classes, or several values of which one is the largest.
  package func hasClasses(_ output: NetworkOutput) -> Bool { output.classCount != nil || values.count > count }
}
