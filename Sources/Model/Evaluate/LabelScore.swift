import Glibc

/// How well rows of an output say their labels; rows are added one by one.
package struct LabelScore: Sendable, Equatable {
  package let rows: OutputRows
  package private(set) var rowCount = 0
  package private(set) var rightCount = 0
  private var crossEntropySum = 0.0

  package init(_ rows: OutputRows) { self.rows = rows }

  /// The share of rows whose label is among their classes, or is the place of their largest value.
  package var accuracy: Double { Double(rightCount) / Double(rowCount) }

  /// exp of the mean of −ln of a label's probability, where the values are logits, or logarithms of probabilities; nil where
  /// rows show classes.
  package var perplexity: Double? { rows.showsClasses ? nil : exp(crossEntropySum / Double(rowCount)) }

  /// - Precondition: 0 ≤ `label` < `rows.classCount`.
  package mutating func add(_ row: ArraySlice<Double>, label: Int) {
    rowCount += 1
    if rows.classes(row).contains(label) { rightCount += 1 }
    guard !rows.showsClasses else { return }
    let largest = row.max() ?? 0
    crossEntropySum += largest + log(row.reduce(0) { $0 + exp($1 - largest) }) - row[row.startIndex + label]
  }
}
