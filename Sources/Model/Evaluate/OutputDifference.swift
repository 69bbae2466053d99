/// How far the rows of an integer network's output are from those of its float network; rows are added one by one.
package struct OutputDifference: Sendable, Equatable {
  package let rows: OutputRows
  /// How many rows were compared.
  package private(set) var rowCount = 0
  package private(set) var sameClassCount = 0
  private var cosineSum = 0.0
  private var smallestCosine = 1.0
  private(set) var errorSum = 0.0
  private var largest = 0.0
  /// Of the float network's elements: how many, their mean, and the sum of squares above it.
  private(set) var elementCount = 0
  private var mean = 0.0
  private var squareSum = 0.0

  package init(_ rows: OutputRows) { self.rows = rows }

  /// The share of rows with the same classes, or with their largest values at the same place; nil where rows have no classes.
  package var agreement: Double? {
    rows.hasClasses && rowCount > 0 ? Double(sameClassCount) / Double(rowCount) : nil
  }

  /// Of the angle between the rows of both; of a row of zeros it is 1 where both are zero, else 0. Nil without values of
  /// which rows have several.
  package var meanCosine: Double? { comparesDirections ? cosineSum / Double(rowCount) : nil }
  package var worstCosine: Double? { comparesDirections ? smallestCosine : nil }

  /// In the output's units; nil where it shows classes.
  package var largestError: Double? { elementCount > 0 ? largest : nil }
  package var meanError: Double? { elementCount > 0 ? errorSum / Double(elementCount) : nil }

  /// The standard deviation of all elements of the float network's rows; nil where the output shows classes.
  package var deviation: Double? { elementCount > 0 ? (squareSum / Double(elementCount)).squareRoot() : nil }

  /// In standard deviations; nil where the float network's elements are all equal too.
  package var largestErrorInDeviations: Double? { inDeviations(largestError) }
  package var meanErrorInDeviations: Double? { inDeviations(meanError) }

  private func inDeviations(_ error: Double?) -> Double? {
    error.flatMap { error in deviation.flatMap { $0 > 0 ? error / $0 : nil } }
  }

  private var comparesDirections: Bool { elementCount > rowCount }

  /// Adds a row of each network.
  package mutating func add(float: ArraySlice<Double>, integer: ArraySlice<Double>) {
    precondition(float.count == rows.width && integer.count == rows.width)
    rowCount += 1
    if rows.hasClasses, rows.classes(float) == rows.classes(integer) { sameClassCount += 1 }
    guard !rows.showsClasses else { return }
    var (product, floatSquares, integerSquares) = (0.0, 0.0, 0.0)
    for (x, y) in zip(float, integer) {
      let error = (x - y).magnitude
      errorSum += error
      largest = max(largest, error)
      product += x * y
      floatSquares += x * x
      integerSquares += y * y
      elementCount += 1
      let step = x - mean
      mean += step / Double(elementCount)
      squareSum += step * (x - mean)
    }
    let length = (floatSquares * integerSquares).squareRoot()
    let cosine = length == 0 ? (floatSquares == integerSquares ? 1 : 0) : product / length
    cosineSum += cosine
    smallestCosine = min(smallestCosine, cosine)
  }
}
