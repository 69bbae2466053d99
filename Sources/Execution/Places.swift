import Circuit

/// A term of a contraction at one place of an axis after the other, or everywhere at once.
struct PlacedTerm: Sendable {
  /// At the first place at which it reads inside all columns.
  private let kernel: TermKernel
  private let range: Range<Int>
  /// From one place to the next, in lanes as those of `AffineTerm.Loop`.
  private let strides: SIMD4<Int>

  /// Nil when nothing is read.
  ///
  /// - Parameters:
  ///   - axis: One of the output's; nil for a term everywhere, whose one place is 0.
  ///   - weights: The integers of weights and constants, where products of matrices are wanted.
  init?(
    _ term: Term, output: Column, along axis: Int?, _ circuit: ArithmeticCircuit, weights: ((Int) -> [Int64]?)? = nil
  ) {
    var output = output
    output.axes.removeAll { $0 == axis }
    guard var affine = AffineTerm(term, output: output, circuit) else { return nil }
    let order = output.axes + term.summedAxes(output: output)
    var (range, strides) = (0..<(axis.map { circuit.axes[$0] } ?? 1), SIMD4<Int>.zero)
    if let axis, let loop = order.firstIndex(of: axis) {
      (range, strides) = (affine.loops[loop].range ?? 0..<0, affine.loops[loop].strides)
      affine = affine.fixing([(loop, 0)])
    }
    (self.range, self.strides) = (range, strides)
    // Rows of weights are packed once.
    let isFixed = affine.columns.enumerated().allSatisfy { lane, column in weights?(column) == nil || strides[lane + 1] == 0 }
    let product = isFixed ? weights.flatMap { MatrixProduct([affine], circuit, weights: $0) } : nil
    kernel = product.map { .matrix($0, columns: affine.columns) } ?? .strided(affine)
  }

  var columns: [Int] { kernel.columns }

  /// - Parameter output: Of all axes but that of the places.
  func add(to output: inout [Int64], _ columns: [[Int64]], at place: Int, batch: Int, threads: Int) {
    guard range.contains(place) else { return }
    kernel.add(to: &output, columns, at: strides &* (place - range.lowerBound), batch: batch, threads: threads)
  }
}

/// The entries of a column at one place of one of its axes.
struct PlaceEntries {
  private let place: Int
  /// Of the axis, and of all axes after it.
  private let (size, inner): (Int, Int)

  /// - Parameter shape: Of the column.
  init(of place: Int, axis position: Int, shape: [Int]) {
    (self.place, size, inner) = (place, shape[position], shape[(position + 1)...].reduce(1, *))
  }

  /// The index in the column of entry `index` of these.
  func index(_ index: Int) -> Int { (index / inner * size + place) * inner + index % inner }

  func read(_ column: [Int64]) -> [Int64] {
    let count = column.count / size
    return [Int64](unsafeUninitializedCapacity: count) { entries, initialized in
      initialized = count
      column.withUnsafeBufferPointer { column in
        for block in 0..<count / inner {
          let start = (block * size + place) * inner
          for index in 0..<inner { entries.initializeElement(at: block * inner + index, to: column[start + index]) }
        }
      }
    }
  }

  func write(_ entries: [Int64], to column: inout [Int64]) {
    let blocks = column.count / (size * inner)
    column.withUnsafeMutableBufferPointer { column in
      entries.withUnsafeBufferPointer { entries in
        for block in 0..<blocks {
          let start = (block * size + place) * inner
          for index in 0..<inner { column[start + index] = entries[block * inner + index] }
        }
      }
    }
  }
}
