extension ClosedRange<Int64> {
  var withZero: ClosedRange<Int64> { Swift.min(lowerBound, 0)...Swift.max(upperBound, 0) }
}

extension Contraction<Int64>: IntegerPrimitive {
  /// A range that holds all results for operands in theirs, the smallest one where no reading by several loops goes beyond
  /// its operand; nil when an end reaches ±2^62.
  ///
  /// Results are told apart as far as constants and the ends of operands do.
  ///
  /// - Parameter rank: The number of axes of the result.
  package func range(for operands: [OperandRange], rank: Int) -> ClosedRange<Int64>? {
    let inside = terms.map { insides(of: $0, operands.map(\.shape), rank) }
    let cells = (0..<rank).map { loop in
      if constants.contains(where: { $0.loops.contains(loop) }) { return Array(0..<loops[loop]) }
      return Set([0] + inside.flatMap { $0[loop].map { [$0.lowerBound, $0.upperBound] } ?? [] })
        .filter { $0 < loops[loop] }.sorted()
    }
    let shape = cells.map(\.count)
    var sums = [(low: Int128, high: Int128)](repeating: (0, 0), count: shape.reduce(1, *))
    for (term, inside) in zip(terms, inside) {
      let (own, bounds) = bounds(of: term, operands, rank)
      let ranges = zip(inside, cells).map { inside, cells in
        inside.map { firstPlace(cells, from: $0.lowerBound)..<firstPlace(cells, from: $0.upperBound) } ?? 0..<cells.count
      }
      let axes = Array(0..<rank)
      // Of the last one only the bounds matter.
      let accesses = [
        Access(shape, axes.map { Index($0) }, loops: shape), Access(own.map { shape[$0] }, own.map { Index($0) }, loops: shape),
        Access(ranges.map(\.count), axes.map { Index($0, start: -ranges[$0].lowerBound) }, loops: shape),
      ]
      Nest(shape, axes, innermost: nil, accesses).forEachRun { positions, _ in
        sums[positions[0]].low += bounds[positions[1]].low
        sums[positions[0]].high += bounds[positions[1]].high
      }
    }
    let (low, high, limit) = (sums.map(\.low).min() ?? 0, sums.map(\.high).max() ?? 0, Int128(1) << 62)
    return -limit < low && high < limit ? Int64(low)...Int64(high) : nil
  }

  /// By loop of the result the places at which all its readings by this loop alone are inside; nil for all.
  private func insides(of term: Term, _ shapes: [[Int]], _ rank: Int) -> [Range<Int>?] {
    var insides = [Range<Int>?](repeating: nil, count: rank)
    for case .operand(let operand, let reading) in term.factors {
      for (index, size) in zip(reading, shapes[operand]) {
        let index = index.simplified(loops)
        guard let loop = index.steps.first?.loop, loop < rank, let inside = index.inside(size, loops),
          inside.count < loops[loop]
        else { continue }
        insides[loop] = insides[loop].map { $0.clamped(to: inside) } ?? inside
      }
    }
    return insides
  }

  /// The bounds of a term by place of those of the result's loops that its constant names.
  private func bounds(
    of term: Term, _ operands: [OperandRange], _ rank: Int
  ) -> (loops: [Int], bounds: [(low: Int128, high: Int128)]) {
    var (low, high) = (Int128(term.coefficient), Int128(term.coefficient))
    func multiply(_ lower: Int128, _ upper: Int128) {
      let products = [low * lower, low * upper, high * lower, high * upper]
      (low, high) = (products.min() ?? 0, products.max() ?? 0)
    }
    var constant: Constant?
    for factor in term.factors {
      switch factor {
      case .constant(let index): constant = constants[index]
      case .operand(let index, let reading):
        let range = isInside(reading, operands[index].shape, rank) ? operands[index].range : operands[index].range.withZero
        multiply(Int128(range.lowerBound), Int128(range.upperBound))
      }
    }
    // Of a sum over a code one place counts.
    let coded = codeLoop(of: term, operands, rank)
    let own = constant?.loops ?? []
    for loop in summed(term, rank: rank) where !own.contains(loop) && loop != coded { multiply(Int128(loops[loop]), Int128(loops[loop])) }
    guard let constant else { return ([], [(low, high)]) }
    let shown = own.filter { $0 < rank }
    let inner = own.filter { $0 >= rank }.reduce(1) { $0 * loops[$1] }
    var bounds = [(low: Int128, high: Int128)](repeating: (0, 0), count: constant.values.count / inner)
    let isCoded = coded.map { own.filter { $0 >= rank } == [$0] } ?? false
    for (index, value) in constant.values.enumerated() {
      let (one, other) = (Int128(value) * low, Int128(value) * high)
      let bound = bounds[index / inner]
      bounds[index / inner] =
        isCoded
        ? (index % inner == 0 ? min(one, other) : min(bound.low, one, other), index % inner == 0 ? max(one, other) : max(bound.high, one, other))
        : (bound.low + min(one, other), bound.high + max(one, other))
    }
    return (shown, bounds)
  }

  /// The summed loop that goes through the codes of ids from end to end.
  private func codeLoop(of term: Term, _ operands: [OperandRange], _ rank: Int) -> Int? {
    for case .operand(let index, let reading) in term.factors where operands[index].isOneHot {
      guard let last = reading.last, let size = operands[index].shape.last, last.isWhole(size, loops) else { continue }
      if let loop = last.simplified(loops).steps.first?.loop, loop >= rank { return loop }
    }
    return nil
  }

  /// Whether every reading but those by one loop of the result is inside.
  private func isInside(_ reading: Reading, _ shape: [Int], _ rank: Int) -> Bool {
    zip(reading, shape).allSatisfy { index, size in
      let steps = index.simplified(loops).steps
      return index.isInside(size, loops) || (steps.count == 1 && steps[0].loop < rank)
    }
  }
}

/// The place of the first of ascending numbers that is not below another.
private func firstPlace(_ numbers: [Int], from lowest: Int) -> Int {
  var (low, high) = (0, numbers.count)
  while low < high {
    let middle = (low + high) / 2
    if numbers[middle] < lowest { low = middle + 1 } else { high = middle }
  }
  return low
}
