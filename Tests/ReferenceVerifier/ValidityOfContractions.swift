extension CircuitDescription {
  /// Rule 5 of §3.3.
  func checkContractions() throws(ReferenceRejection) {
    let outputs = contractions.map(\.output)
    guard outputs.sorted() == columnIndices(.virtual) else { throw .invalidCircuit(rule: 5) }
    for contraction in contractions {
      for term in contraction.terms { try check(term, of: contraction) }
    }
  }

  private func check(_ term: Term, of contraction: Contraction) throws(ReferenceRejection) {
    for operand in term.operands {
      guard columns[operand.column].kind != .virtual else { throw .invalidCircuit(rule: 5) }
      let loops = operand.bindings.map(\.loop)
      guard Set(loops).count == loops.count else { throw .invalidCircuit(rule: 5) }
      for (axis, binding) in zip(columns[operand.column].axes, operand.bindings) {
        guard readsSomething(axis, binding) else { throw .invalidCircuit(rule: 5) }
      }
    }
    for loop in term.summedAxes(output: columns[contraction.output].axes) {
      let size = axes[loop]
      let uses = term.operands.filter { $0.binding(of: loop) != nil }
      if uses.count < 2 || size.nonzeroBitCount == 1 { continue }
      let isCut = uses.contains { use in
        let kind = columns[use.column].kind
        return kind == .advice || kind.isKnown || use.binding(of: loop)?.slice != nil
      }
      guard isCut else { throw .invalidCircuit(rule: 5) }
    }
  }

  /// Whether the first read that is not below 0 is one of the loop's and inside the column.
  private func readsSomething(_ axis: Int, _ binding: Binding) -> Bool {
    guard let slice = binding.slice else { return true }
    let first = slice.start < 0 ? ceilDivide(-slice.start, slice.stride) : 0
    return first < axes[binding.loop] && slice.start + slice.stride * first < axes[axis]
  }

  /// Whether the first or the last read of a slice of the operand is outside its column.
  private func readsOutside(_ operand: Operand) -> Bool {
    zip(columns[operand.column].axes, operand.bindings).contains { axis, binding in
      guard let slice = binding.slice else { return false }
      return slice.start < 0 || slice.start + slice.stride * (axes[binding.loop] - 1) >= axes[axis]
    }
  }

  /// The values that an operand takes in rule 8.
  private func values(of operand: Operand) -> Interval {
    let declared = Interval(columns[operand.column])
    guard readsOutside(operand) else { return declared }
    return Interval(lower: min(declared.lower, Integer(0)), upper: max(declared.upper, Integer(0)))
  }
}

extension Term {
  /// The loop axes that are not axes of the output, in order of first occurrence (§7 step 2).
  func summedAxes(output: [Int]) -> [Int] {
    var seen: [Int] = []
    for loop in operands.flatMap(\.bindings).map(\.loop) where !output.contains(loop) && !seen.contains(loop) {
      seen.append(loop)
    }
    return seen
  }

  /// The number of operands that a loop axis occurs in.
  func occurrences(of loop: Int) -> Int { operands.count { $0.binding(of: loop) != nil } }
}

extension Operand {
  func binding(of loop: Int) -> Binding? { bindings.first { $0.loop == loop } }
}

/// A closed interval of integers.
struct Interval {
  var lower: Integer
  var upper: Integer

  static func * (a: Interval, b: Interval) -> Interval {
    let corners = [a.lower * b.lower, a.lower * b.upper, a.upper * b.lower, a.upper * b.upper].sorted()
    return Interval(lower: corners[0], upper: corners[3])
  }

  static func + (a: Interval, b: Interval) -> Interval {
    Interval(lower: a.lower + b.lower, upper: a.upper + b.upper)
  }

  init(lower: Integer, upper: Integer) {
    self.lower = lower
    self.upper = upper
  }

  /// Whether both bounds are at most 2^62 in absolute value.
  var isSmall: Bool {
    let bound = Integer.powerOfTwo(62)
    return Integer(0) - bound <= lower && upper <= bound
  }

  init(_ column: Column) { self.init(lower: Integer(column.lower), upper: Integer(column.upper)) }

  init(constant: Integer) { self.init(lower: constant, upper: constant) }
}

extension CircuitDescription {
  /// Rule 8 of §3.3.
  func checkRanges() throws(ReferenceRejection) {
    for column in columns {
      guard column.scale.isFinite, column.scale > 0 else { throw .invalidCircuit(rule: 8) }
      switch column.kind {
      case .weight:
        guard weightBits(column) != nil else { throw .invalidCircuit(rule: 8) }
      case .published:
        guard column.lower <= 0, column.upper >= 0 else { throw .invalidCircuit(rule: 8) }
      case .advice, .virtual:
        guard column.lower <= column.upper else { throw .invalidCircuit(rule: 8) }
      case .constant:
        guard column.lower <= column.upper, column.values.allSatisfy({ (column.lower...column.upper).contains($0) }) else {
          throw .invalidCircuit(rule: 8)
        }
      }
    }
    for contraction in contractions {
      let output = columns[contraction.output]
      var sum = Interval(constant: Integer(0))
      for term in contraction.terms {
        let factors =
          term.operands.map { values(of: $0) }
          + term.summedAxes(output: output.axes).map { Interval(constant: Integer(axes[$0])) }
        var interval = Interval(constant: Integer(term.coefficient))
        for factor in factors {
          interval = interval * factor
          guard interval.isSmall else { throw .invalidCircuit(rule: 8) }
        }
        sum = sum + interval
      }
      guard Integer(output.lower) <= sum.lower, sum.upper <= Integer(output.upper) else {
        throw .invalidCircuit(rule: 8)
      }
    }
  }
}

/// The b whose declared range (§10) is the column's.
func weightBits(_ column: Column) -> Int? {
  (2...48).first { bits in
    let shift = bits <= 16 ? 0 : 16 * ceilDivide(bits - 16, 16)
    let half = Int64(1) << Int64(bits - 1)
    let offset = shift == 0 ? 0 : Int64(1) << Int64(shift - 1)
    return column.lower == -half - offset && column.upper == half - offset - 1
  }
}
