import Circuit

extension Lowering {
  /// Exponents are 2^shift·L − scores, + 2^shift·offset where a score is masked, in place of the score where a key is; shares, and
  /// those for L − 1, are looked up, and a threshold says that L is the least integer. docs/protocol.md §3.2.
  ///
  /// Where a row has no allowed score L is less by the offset.
  mutating func softmax(_ softmax: Softmax<Int64>, _ node: Node<Int64>, _ index: Int) throws(ModelError) -> View {
    guard let exponential = softmax.exponential else { throw splitAxis(node) }
    let value = network.inputs.count + index
    let own = isScores(node.operands[0]) ? try loops(node.operands[0] - network.inputs.count) : nil
    let lowered = if let own { try scoreLoops(own, node, index) } else { try loops(index) }
    let axes = lowered.axes.prefix(plan.axes[value].count).map { $0 ?? 0 }
    guard let row = plan.axis(softmax.axis, node.shape, of: value).map({ axes[$0] }) ?? (node.shape[softmax.axis] == 1 ? builder.unitAxis(1) : nil)
    else { throw splitAxis(node) }
    let columnAxes = axes.contains(row) ? self.columnAxes(axes, value: value) : axes + [row]
    let masks = try masks(softmax, node, index, lowered)
    var terms = try scores(node, index, own, lowered).map { term in
      Term(coefficient: -term.coefficient, operands: term.operands + (softmax.masksKeys ? masks : []))
    }
    if !masks.isEmpty {
      let weight = exponential.maskOffset << Int64(exponential.shift)
      terms.append(Term(coefficient: weight, operands: [builder.one(at: 0, loop: builder.unitAxis())]))
      terms.append(Term(coefficient: -weight, operands: masks))
    }
    try requireProducts(terms, node)
    let digits = appendDigits(exponential, node, columnAxes.filter { $0 != row }, areMasked: !masks.isEmpty && !softmax.allowsEachRow(node.shape))
    terms += digits.enumerated().map { place, digit in
      Term(coefficient: 1 << Int64(exponential.shift + 16 * place), operands: [builder.whole(digit)])
    }
    let exponent = try builder.appendContraction("\(node.name).exponent", layer: node.name, columnAxes, terms, scale: 1)
    let table = try exponentialTable(exponential, node)
    let form = builder.rounded(exponent, node.name, limbs: rounding.limbs(ofShift: exponential.shift)).form
    let shares = (1...2).map { coordinate in
      let (lower, upper) = builder.circuit.tables[table].range(ofCoordinate: coordinate)
      return builder.appendColumn("\(node.name).share\(coordinate)", .advice, columnAxes, lower...upper, scale: node.scale)
    }
    builder.circuit.lookups.append(Lookup(table: table, forms: [form] + shares.map { AffineForm(bare: $0) }))
    let lookup = builder.circuit.lookups.count - 1
    let sums = try shares.map { share throws(ModelError) in
      try builder.appendContraction(
        "\(node.name).sum", layer: node.name, columnAxes.filter { $0 != row }, [Term(operands: [builder.whole(share)])], scale: node.scale)
    }
    let bits = exponential.sumBits(count: node.shape[softmax.axis])
    guard bits <= 22 else {
      throw .unusableLayer(node.name, reason: "scores of inputs in range could differ by too much for its \(node.shape[softmax.axis]) places")
    }
    for (sum, lower) in zip(sums, [Exponential.one + 1 - 1 << Int64(bits), Exponential.one + 1]) {
      let table = builder.appendTable(.range(lower: lower, bits: bits), "sum from \(lower)")
      builder.circuit.lookups.append(Lookup(table: table, forms: [AffineForm(bare: sum)]))
    }
    builder.circuit.thresholds.append(
      Threshold(digits: digits, exponent: exponent, lookup: lookup, sum: sums[0], sumBefore: sums[1]))
    return view(of: shares[0], loops: axes)
  }

  /// Those of scores that are lowered here, as the loops of the node.
  private mutating func scoreLoops(_ own: LoweredLoops, _ node: Node<Int64>, _ index: Int) throws(ModelError) -> LoweredLoops {
    let (axes, space) = (plan.axes[node.operands[0]], plan.axes[plan.loops(ofNode: index)])
    guard axes == plan.axes[network.inputs.count + index], Array(space.prefix(axes.count)) == axes else { throw splitAxis(node) }
    let rest = space.dropFirst(axes.count).map { Optional(builder.appendAxis($0)) }
    return LoweredLoops(axes: own.axes.prefix(axes.count) + rest, unrolled: [])
  }

  private func isScores(_ value: Int) -> Bool { scores.contains(value - network.inputs.count) }

  private mutating func scores(
    _ node: Node<Int64>, _ index: Int, _ own: LoweredLoops?, _ lowered: LoweredLoops
  ) throws(ModelError) -> [Term] {
    let value = node.operands[0]
    guard let own, case .contraction(let contraction)? = network.node(of: value)?.operation else {
      return try operands(index, 0, node.readings[0].reading, lowered, at: [:]).map { Term(operands: $0) }
    }
    let source = value - network.inputs.count
    return try terms(of: contraction, network.nodes[source], source, own)
  }

  /// Their product is 0 where a score is masked.
  private mutating func masks(
    _ softmax: Softmax<Int64>, _ node: Node<Int64>, _ index: Int, _ lowered: LoweredLoops
  ) throws(ModelError) -> [Operand] {
    var masks: [Operand] = []
    for factor in softmax.masks {
      switch factor {
      case .operand(let number, let reading):
        let read = try operands(index, number, reading, lowered, at: [:])
        guard read.count == 1 else { throw splitAxis(node) }
        masks += read[0]
      case .constant(let number): masks.append(try mask(softmax.constants[number], softmax, node, index, lowered))
      }
    }
    return masks
  }

  /// A constant mask as a column that the circuit shows.
  private mutating func mask(
    _ constant: Contraction<Int64>.Constant, _ softmax: Softmax<Int64>, _ node: Node<Int64>, _ index: Int, _ lowered: LoweredLoops
  ) throws(ModelError) -> Operand {
    var axes: [Int] = []
    for loop in constant.loops where softmax.loops[loop] > 1 {
      guard let own = plan.axes(of: loop, softmax.loops, value: plan.loops(ofNode: index))?.map({ lowered.axes[$0.number] }),
        case let known = own.compactMap({ $0 }), known.count == own.count
      else { throw splitAxis(node) }
      axes += known
    }
    let column = builder.appendConstant(constant.values, "\(node.name).mask", axes.isEmpty ? [builder.unitAxis()] : axes)
    return builder.whole(column)
  }

  /// - Parameter areMasked: Whether rows can have no allowed score.
  private mutating func appendDigits(_ exponential: Exponential, _ node: Node<Int64>, _ axes: [Int], areMasked: Bool) -> [Int] {
    let lowest = -exponential.exponents.upperBound - (areMasked ? exponential.maskOffset : 0)
    let highest = exponential.slack - exponential.exponents.lowerBound
    let isShort = lowest >= -(1 << 15) && highest < 1 << 15
    let top = isShort ? (lower: -(1 << 15), bits: 16) : (lower: lowest >> 16, bits: bitCountOfAxis(Int((highest >> 16) - (lowest >> 16) + 1)))
    return ((isShort ? [] : [(lower: Int64(0), bits: 16)]) + [(lower: Int64(top.lower), bits: top.bits)]).enumerated().map { place, digit in
      let table = builder.appendTable(.range(lower: digit.lower, bits: digit.bits), "digit of \(digit.bits) bits")
      let column = builder.appendColumn(
        "\(node.name).threshold\(place)", .advice, axes, digit.lower...digit.lower + (1 << Int64(digit.bits)) - 1)
      builder.circuit.lookups.append(Lookup(table: table, forms: [AffineForm(bare: column)]))
      return column
    }
  }

  /// From the exponent −1 on; beside each value that of the exponent before.
  private mutating func exponentialTable(_ exponential: Exponential, _ node: Node<Int64>) throws(ModelError) -> Int {
    let bits = rounding.tableBits(of: exponential)
    guard bits <= 22 else {
      throw .unusableLayer(node.name, reason: "scores of inputs in range could differ by 2^\(bits) steps; at most 2^22 are supported")
    }
    let values = [Exponential.one + 1] + exponential.values
    let rows = zip(values + [0], [values[0]] + values).prefix(1 << bits).flatMap { [$0, $1] }
    return builder.appendTable(
      .function(lower: -1, bits: bits, width: 2, offset: 0, values: rows), "exponential, \(exponential.values.count) steps")
  }
}

extension Softmax<Int64> {
  /// Whether masks leave a score in each row for every input.
  fileprivate func allowsEachRow(_ shape: [Int]) -> Bool {
    let isConstant = masks.allSatisfy { if case .constant = $0 { true } else { false } }
    guard isConstant else { return false }
    let allowed = Contraction(loops: shape, constants: constants, terms: [.init(1, masks)]).run([], shape)([])
    let (size, step) = (shape[axis], rowStrides(shape)[axis])
    return allowed.indices.filter { $0 / step % size == 0 }.allSatisfy { start in
      (0..<size).contains { allowed[start + $0 * step] != 0 }
    }
  }
}
