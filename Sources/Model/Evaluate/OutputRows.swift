/// An output as rows: along its last axis of more than one element, or the classes that it shows in place of that axis.
///
/// A classifier's output is one row for each sample, logits by token are one for each token.
package struct OutputRows: Sendable, Equatable {
  package let name: String
  /// What the output shows of one sample.
  package let shape: [Int]
  /// The axes of the rows of one sample, without those of one row.
  package let axes: [Int]
  /// Elements of a row: values, or indices of classes.
  package let width: Int
  /// Of how many classes a label names one.
  package let classCount: Int
  /// Whether elements are indices of classes.
  package let showsClasses: Bool

  /// - Parameters:
  ///   - shape: What the output shows of one sample.
  ///   - classes: How many indices it shows of each row, and of how many classes; nil where it shows values. They may be
  ///     without an axis of their own.
  package init(name: String, shape: [Int], classes: (shown: Int, of: Int)? = nil) {
    let sizes = shape.filter { $0 != 1 }
    self.name = name
    self.shape = shape
    showsClasses = classes != nil
    width = classes?.shown ?? sizes.last ?? 1
    classCount = classes?.of ?? width
    axes = width == 1 ? sizes : sizes.last == width ? sizes.dropLast() : [shape.reduce(1, *) / width]
  }

  /// Of one sample.
  package var rowCount: Int { axes.reduce(1, *) }

  /// Whether a row shows classes, or several values of which one is the largest.
  package var hasClasses: Bool { showsClasses || width > 1 }

  /// The classes that a row shows, or the place of its largest value.
  package func classes(_ row: ArraySlice<Double>) -> [Int] { showsClasses ? row.map { Int($0) } : [largestIndex(row)] }

  /// Whether an array has one number for each row of a batch; axes of size 1 do not count, and it may be flat.
  func matches(_ array: NumericArray, sampleCount: Int) -> Bool {
    let (own, wanted) = (array.shape.filter { $0 != 1 }, ([sampleCount] + axes).filter { $0 != 1 })
    return own == wanted || own.count <= 1 && array.values.count == wanted.reduce(1, *)
  }

  /// - Parameter what: What the array is to be.
  func mismatch(_ array: NumericArray, _ what: String, sampleCount: Int, source: String) -> ModelError {
    .unusableData(
      source: source,
      reason: "has the shape \(array.shape); \(what) need one number for each row of '\(name.oneLine)': \([sampleCount] + axes)")
  }

  /// Calls `body` with each row of a batch.
  ///
  /// - Precondition: Samples are of this shape.
  func forEachRow(of batches: [FloatBatch], _ body: (_ row: Int, _ elements: [ArraySlice<Double>]) -> Void) {
    for row in 0..<(batches.first?.count ?? 0) * rowCount {
      body(row, batches.map { $0.values[row * width..<(row + 1) * width] })
    }
  }
}

extension Graph {
  /// An output of the network as rows.
  package func rows(of output: NetworkOutput) -> OutputRows {
    OutputRows(
      name: output.name, shape: shape(of: output),
      classes: output.classCount.map { (shown: $0, of: shape(of: output.value).last ?? 1) })
  }
}
