import Circuit

/// Columns and lookups that round accumulators.
extension CircuitBuilder {
  /// The form (source + constant − Σ limbs) / 2^shift, limbs being looked up; the last one is signed.
  mutating func rounded(
    _ source: Int, _ name: String, limbs: [Int], constant: Int64 = 0
  ) -> (form: AffineForm, limbs: [Int]) {
    var form = AffineForm(
      shift: limbs.reduce(0, +), constant: constant, parts: [.init(column: source, coefficient: 1)])
    var columns: [Int] = []
    var offset = 0
    for (index, bits) in limbs.enumerated() {
      let lower: Int64 = index == limbs.count - 1 ? -(1 << Int64(bits - 1)) : 0
      let table = appendTable(.range(lower: lower, bits: bits), "limb of \(bits) bits")
      let column = appendColumn(
        "\(name).remainder\(index)", .advice, axes(of: source), lower...lower + (1 << Int64(bits)) - 1)
      circuit.lookups.append(Lookup(table: table, forms: [AffineForm(bare: column)]))
      form.parts.append(.init(column: column, coefficient: -(1 << Int64(offset))))
      columns.append(column)
      offset += bits
    }
    return (form, columns)
  }

  /// Accumulators rounded and kept as they are: what a lookup takes for the remainder is looked up, and so is the quotient. One of more
  /// than 16 bits is cut once more.
  mutating func appendKept(_ source: Int, _ node: Node<Int64>, shift: Int, bits: Int, _ plan: RoundingPlan) -> Int {
    var steps = plan.quotientSteps(shift, constant: 0)
    let count = steps.count
    var bits = bits
    if bits > 16 {
      steps.append((bits: 16, constant: 0))
      // A range of 16 bits is there already.
      bits = bits - 15 > 10 ? 16 : bits - 15
    }
    let quotients = appendQuotients(of: source, node.name, steps, top: .range(lower: -1 << Int64(bits - 1), bits: bits), scale: node.scale)
    return quotients[count - 1]
  }

  /// Quotients, each of the one before: floor((source + constant + 2^(bits − 1)) / 2^bits). The last one is looked up in `top`.
  mutating func appendQuotients(
    of source: Int, _ name: String, _ steps: [(bits: Int, constant: Int64)], top: TableContent, scale: Double = 1
  ) -> [Int] {
    let table = appendTable(top, "quotient")
    // The range of a quotient follows from that of the next one.
    var ranges = [circuit.tables[table].domain]
    for step in steps.dropFirst().reversed() {
      let (power, half) = (Int64(1) << Int64(step.bits), Int64(1) << Int64(step.bits - 1))
      ranges.insert((ranges[0].lower * power - half - step.constant, ranges[0].upper * power + half - 1 - step.constant), at: 0)
    }
    var (columns, last) = ([Int](), source)
    for (index, (step, range)) in zip(steps, ranges).enumerated() {
      let column = appendColumn("\(name).quotient\(index)", .advice, axes(of: source), range.lower...range.upper, scale: scale)
      let remainder = appendTable(.range(lower: -1 << Int64(step.bits - 1), bits: step.bits), "remainder of \(step.bits) bits")
      circuit.lookups.append(
        Lookup(
          table: remainder,
          forms: [
            AffineForm(
              shift: 0, constant: step.constant,
              parts: [.init(column: last, coefficient: 1), .init(column: column, coefficient: -1 << Int64(step.bits))])
          ]))
      columns.append(column)
      last = column
    }
    circuit.lookups.append(Lookup(table: table, forms: [AffineForm(bare: last)]))
    return columns
  }

  /// The column of function(form), over the axes of the form's columns.
  mutating func appendFunction(
    _ name: String, of form: AffineForm, _ table: Int, scale: Double = 1
  ) -> Int {
    let (lower, upper) = circuit.tables[table].range(ofCoordinate: 1)
    let column = appendColumn(name, .advice, axes(of: form.parts[0].column), lower...upper, scale: scale)
    circuit.lookups.append(Lookup(table: table, forms: [form, AffineForm(bare: column)]))
    return column
  }

  /// The activations of accumulators whose quotients may lie beyond a window of 2^k around which the function is
  /// constant.
  ///
  /// The quotient is cut into 2^k·high + low, low centred in the window: (inside, outside) = (1, the window's middle)
  /// for high = 0 and (0, an end of the window) else, and the function is applied to inside·low + outside.
  ///
  /// - Parameters:
  ///   - limbs: Of the remainder.
  ///   - domain: Holds every quotient.
  mutating func appendSaturation(
    _ accumulators: Int, _ name: String, limbs: [Int], domain: ClosedRange<Int64>, window: ClosedRange<Int64>,
    table: Int, scale: Double
  ) throws(ModelError) -> Int {
    let shift = limbs.reduce(0, +)
    let bits = bitCountOfAxis(window.count)
    let middle = window.lowerBound + (1 << Int64(bits - 1))
    let (form, parts) = rounded(
      accumulators, name, limbs: limbs + [bits], constant: 1 << Int64(shift - 1) - middle << Int64(shift))
    let high = [domain.lowerBound, domain.upperBound].map { ($0 - window.lowerBound) >> Int64(bits) }
    let highs = min(high[0], -1)...max(high[1], 0)
    let inside = appendFunction(
      "\(name).inside", of: form,
      appendTable(lower: highs.lowerBound, values: highs.map { $0 == 0 ? 1 : 0 }, "is 0"))
    let outside = appendFunction(
      "\(name).outside", of: form,
      appendTable(
        lower: highs.lowerBound, values: highs.map { $0 == 0 ? middle : $0 < 0 ? window.lowerBound : window.upperBound },
        "ends of \(window)"))
    let loops = axes(of: accumulators)
    let low = parts[parts.count - 1]
    let quotient = try appendContraction(
      "\(name).quotient", layer: name, loops,
      [
        Term(operands: [whole(inside), whole(low)]), Term(operands: [whole(outside)]),
      ], scale: 1)
    return appendFunction("\(name).activation", of: AffineForm(bare: quotient), table, scale: scale)
  }

  /// An operand that reads every entry of a column.
  func whole(_ column: Int) -> Operand {
    Operand(column: column, bindings: circuit.columns[column].axes.map { Binding($0) })
  }

  /// Accumulators as committed columns: Σ coefficient·column, exactly.
  ///
  /// - Parameters:
  ///   - range: Holds every accumulator.
  ///   - limbs: The widths for a number of bits.
  mutating func appendExactParts(
    _ accumulators: Int, _ name: String, range: ClosedRange<Int64>, limbs: (Int) -> [Int]
  ) -> [(column: Int, coefficient: Int64)] {
    let bits = Requantization.domain(shift: 1, accumulators: range).count.trailingZeroBitCount + 1
    let shift = max(8, bits - 8)
    let limbs = limbs(shift)
    let (form, columns) = rounded(accumulators, name, limbs: limbs)
    let domain = Requantization.domain(shift: shift, accumulators: range)
    let top = appendFunction(
      "\(name).top", of: form,
      appendTable(lower: domain.lowerBound, values: Array(domain), "identity"))
    var parts: [(column: Int, coefficient: Int64)] = []
    var offset = 0
    for (column, bits) in zip(columns, limbs) {
      parts.append((column, 1 << Int64(offset)))
      offset += bits
    }
    return parts + [(top, 1 << Int64(offset))]
  }
}
