import Circuit

/// The most bits of a state that are looked up as they are.
private let mostLowBits = 12

extension IntegerNetwork {
  /// Cuts states that are clamped and that tables read: what is clamped is their high bits, which are the arguments of the tables.
  mutating func cutStates() {
    for value in Set(delayed.values).sorted() {
      guard var cut = requantization(of: value), case .clamp(let clamp) = cut.function, clamp.count > maximumTableSize, !cut.keeps,
        !outputs.contains(where: { $0.value == value })
      else { continue }
      let readers = nodes.filter { $0.operands.contains(value) }
      let shifts = readers.compactMap { shift(ofTable: $0.operation) }
      guard let shift = shifts.first, shift <= mostLowBits, cut.domain.count >> shift < maximumTableSize,
        readers.allSatisfy({ reader in
          if case .contraction = reader.operation { !isView(reader) } else { self.shift(ofTable: reader.operation) == shift }
        })
      else { continue }
      cut.lowBits = shift
      nodes[value - inputs.count].operation = .map(.requantize(cut))
    }
  }

  /// The clamp of a state whose high bits a node is a function of.
  func state(under node: Node<Int64>) -> Requantization? {
    guard shift(ofTable: node.operation) != nil, let state = requantization(of: node.operands[0]), state.lowBits > 0 else { return nil }
    return state
  }

  private func requantization(of value: Int) -> Requantization? {
    if let node = node(of: value), case .map(.requantize(let requantization)) = node.operation { requantization } else { nil }
  }

  private func shift(ofTable operation: Operation<Int64>) -> Int? {
    if case .map(.requantize(let requantization)) = operation, case .values = requantization.function { requantization.shift } else { nil }
  }
}

extension Lowering {
  /// A state with the functions that read it: one lookup has its high bits, clamped, and all these. A column stands for the state that
  /// sums alone read: `CircuitBuilder.replace(sums:)`.
  mutating func appendState(_ accumulators: Int, _ state: Requantization, _ node: Node<Int64>, _ index: Int) -> Int {
    let (half, shift) = (Int64(1) << Int64(state.shift - 1), state.shift + state.lowBits)
    let range = builder.circuit.columns[accumulators].range
    let domain = Requantization.domain(shift: shift, accumulators: range.lower + half...range.upper + half)
    let readers = network.nodes.indices.filter { network.nodes[$0].operands == [network.inputs.count + index] && network.state(under: network.nodes[$0]) != nil }
    let functions = readers.map { reader in
      if case .map(.requantize(let requantization)) = network.nodes[reader].operation { requantization.function } else { state.clampedHigh }
    }
    let table = builder.appendTable(
      lower: domain.lowerBound,
      rows: domain.map { high in
        let high = state.clampedHigh.value(at: high)
        return [high] + functions.map { $0.value(at: high) }
      }, "clamp and functions on \(domain)")
    let (form, limbs) = builder.rounded(
      accumulators, node.name, limbs: rounding.limbs(ofShift: state.shift) + [state.lowBits], constant: half)
    let axes = builder.axes(of: accumulators)
    var forms = [form]
    for (coordinate, reader) in ([nil] + readers).enumerated() {
      let (lower, upper) = builder.circuit.tables[table].range(ofCoordinate: coordinate + 1)
      let own = reader.map { network.nodes[$0] }
      let column = builder.appendColumn(
        own.map { "\($0.name).activation" } ?? "\(node.name).high", .advice, axes, lower...upper, scale: own?.scale ?? 1)
      forms.append(AffineForm(bare: column))
      if let reader { functionsOfStates[reader] = column }
    }
    builder.circuit.lookups.append(Lookup(table: table, forms: forms))
    let standIn = builder.appendColumn("\(node.name).state", .advice, axes, node.range, scale: node.scale)
    states[standIn] = [
      AffineForm.Part(column: forms[1].parts[0].column, coefficient: 1 << Int64(state.lowBits)),
      AffineForm.Part(column: limbs[limbs.count - 1], coefficient: 1),
    ]
    return standIn
  }
}

extension CircuitBuilder {
  /// Has sums that read a column read the columns that it is a sum of.
  mutating func replace(sums: [Int: [AffineForm.Part]]) throws(ModelError) {
    for (index, contraction) in circuit.contractions.enumerated() {
      var terms = contraction.terms
      while let term = terms.firstIndex(where: { $0.operands.contains { sums[$0.column] != nil } }),
        let place = terms[term].operands.firstIndex(where: { sums[$0.column] != nil }), let parts = sums[terms[term].operands[place].column]
      {
        terms.replaceSubrange(term...term, with: parts.map { part in
          var term = terms[term]
          term.coefficient *= part.coefficient
          term.operands[place].column = part.column
          return term
        })
      }
      guard terms != contraction.terms else { continue }
      circuit.contractions[index].terms = terms
      try setRange(ofSum: contraction.output, terms, layer: circuit.columns[contraction.output].name)
    }
  }
}
