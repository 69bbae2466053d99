extension Contraction {
  /// A sum over one-hot codes is one element: the row of a table that an id names.
  func run(_ sources: [[Int]], _ shape: [Int], indexed: [Int]) -> ([[Number]]) -> [Number] {
    let runs = terms.map { term -> ([[Number]]) -> [Number] in
      let codes = term.factors.filter { if case .operand(let operand, _) = $0 { indexed.contains(operand) } else { false } }
      if codes.isEmpty { return run(sources, shape, of: term) }
      guard codes.count == 1, case .operand(let operand, let reading) = codes[0],
        let rows = rows(of: operand, reading, term, sources, shape)
      else { preconditionFailure("one-hot codes are read in another way than a table's rows") }
      return rows
    }
    return total(runs, count: shape.reduce(1, *))
  }

  /// The sums of a term that reads the codes of ids from end to end; nil for another one.
  private func rows(
    of operand: Int, _ reading: Reading, _ term: Term, _ sources: [[Int]], _ shape: [Int]
  ) -> (([[Number]]) -> [Number])? {
    guard let last = reading.last, let code = last.steps.first?.loop, last.isWhole(sources[operand].last ?? 0, loops) else { return nil }
    let ids = Access(sources[operand].dropLast(), reading.dropLast(), loops: loops)
    let others = term.factors.filter { $0 != .operand(operand, reading) }
    let accesses = others.map { factor in
      switch factor {
      case .operand(let other, let reading): Access(sources[other], reading, loops: loops)
      case .constant(let number): Access(constants[number].loops.map { loops[$0] }, constants[number].loops.map { Index($0) }, loops: loops)
      }
    }
    let result = Access(shape, shape.indices.map { Index($0) }, loops: loops)
    let innermost = shape.indices.last
    let used = (Array(shape.indices) + summed(term, rank: shape.count)).filter { $0 != innermost && $0 != code }
    let nest = Nest(loops, used, innermost: innermost, [result, ids] + accesses)
    func steps(_ loop: Int?) -> [Int] { ([result, ids] + accesses).map { access in loop.map { access.steps[$0] } ?? 0 } }
    let (inner, rows) = (steps(innermost), steps(code))
    return { operands in
      let ids = operands[operand]
      let arrays = others.map { factor -> [Number] in
        switch factor {
        case .operand(let other, _): operands[other]
        case .constant(let number): constants[number].values.map { Number($0) }
        }
      }
      var sums = [Number](repeating: .zero, count: shape.reduce(1, *))
      nest.forEachRun { positions, count in
        for place in 0..<count {
          let id = ids[positions[1] + place * inner[1]].id
          var product = Number.one
          for (number, array) in arrays.enumerated() {
            product = .product(product, array[positions[number + 2] + place * inner[number + 2] + id * rows[number + 2]])
          }
          sums[positions[0] + place * inner[0]] = .sum(sums[positions[0] + place * inner[0]], adding: .one, times: product)
        }
      }
      return sums
    }
  }
}
