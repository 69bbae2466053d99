import Circuit

/// A term of a contraction as nested loops in which every offset grows by a fixed stride.
///
/// Reads outside a column are 0, and so are the products with them: the loops leave them out.
struct AffineTerm: Sendable {
  struct Loop: Sendable {
    /// The part of the axis at which all operands are read inside; nil for the batch axis.
    var range: Range<Int>?
    /// Of the axis; nil for the batch axis.
    var fullSize: Int?
    var isSummed: Bool
    /// Lane 0 is the output, lane 1 + i operand i.
    var strides: SIMD4<Int>

    func count(batch: Int) -> Int { range?.count ?? batch }

    var isWhole: Bool { range?.count == fullSize }

    /// The loop over the whole axis.
    var whole: Loop {
      var loop = self
      loop.range = fullSize.map { 0..<$0 }
      return loop
    }
  }

  let coefficient: Int64
  /// The columns of the operands, one to three.
  let columns: [Int]
  /// Lanes as in `Loop`.
  private(set) var start = SIMD4<Int>(repeating: 0)
  /// The output's axes in order, then the summed ones.
  private(set) var loops: [Loop] = []

  /// Nil when nothing is read.
  init?(_ term: Term, output: Column, _ circuit: ArithmeticCircuit) {
    coefficient = term.coefficient
    columns = term.operands.map(\.column)
    var strides: [Int: SIMD4<Int>] = [:]
    var limits: [Int: Range<Int>] = [:]
    let reads = term.operands.map { ($0.bindings, circuit.columns[$0.column].axes) }
    for (lane, (bindings, axes)) in ([(output.axes.map { Binding($0) }, output.axes)] + reads).enumerated() {
      var step = 1
      for (axis, binding) in zip(axes, bindings).reversed() {
        start[lane] += step * (binding.slice?.start ?? 0)
        strides[binding.loopAxis, default: SIMD4(repeating: 0)][lane] = step * (binding.slice?.stride ?? 1)
        let size = circuit.axes[axis]
        if let inside = binding.slice?.inside(loopSize: circuit.axes[binding.loopAxis], size: size) {
          limits[binding.loopAxis] = limits[binding.loopAxis]?.clamped(to: inside) ?? inside
        }
        step *= axis == ArithmeticCircuit.batchAxis ? 1 : size
      }
    }
    let summed = term.summedAxes(output: output)
    for axis in output.axes + summed {
      let stride = strides[axis] ?? SIMD4(repeating: 0)
      guard axis != ArithmeticCircuit.batchAxis else {
        loops.append(Loop(range: nil, fullSize: nil, isSummed: false, strides: stride))
        continue
      }
      let range = limits[axis] ?? 0..<circuit.axes[axis]
      if range.isEmpty { return nil }
      start &+= stride &* range.lowerBound
      loops.append(
        Loop(range: range, fullSize: circuit.axes[axis], isSummed: summed.contains(axis), strides: stride))
    }
  }

  /// Where the loops would start if they ran over whole axes.
  var wholeStart: SIMD4<Int> { loops.reduce(start) { $0 &- $1.strides &* ($1.range?.lowerBound ?? 0) } }

  /// Without some loops, each at one index.
  func fixing(_ indices: [(loop: Int, index: Int)]) -> AffineTerm {
    var term = self
    for (loop, index) in indices { term.start &+= loops[loop].strides &* index }
    for (loop, _) in indices.sorted(by: { $0.loop > $1.loop }) { term.loops.remove(at: loop) }
    return term
  }

  /// Whether two terms differ only in where they start and which part of the output's axes they reach.
  func isParallel(to other: AffineTerm) -> Bool {
    columns == other.columns && coefficient == other.coefficient && loops.count == other.loops.count
      && zip(loops, other.loops).allSatisfy { own, other in
        own.fullSize == other.fullSize && own.isSummed == other.isSummed && own.strides == other.strides
          && (!own.isSummed || own.range == other.range)
      }
  }
}
