import Circuit

/// Assembles small circuits with random weights; declared ranges are the tightest that docs/protocol.md §3.3 admits.
package struct CircuitBuilder {
  package internal(set) var circuit: ArithmeticCircuit
  /// By weight column, in circuit order.
  package private(set) var weights: [[Int64]] = []
  private var random: RepeatableRandom

  /// - Parameter axes: sizes of the axes 1, 2, … .
  package init(_ name: String, axes: [Int], batchCap: Int = 64, seed: UInt64 = 1) {
    circuit = ArithmeticCircuit(name: name, batchCap: batchCap, axes: [0] + axes)
    random = RepeatableRandom(seed: seed)
  }

  /// Goes on with a circuit.
  package init(_ circuit: ArithmeticCircuit) {
    self.circuit = circuit
    random = RepeatableRandom(seed: 1)
  }

  mutating func add(_ kind: ColumnKind, _ axes: [Int], _ range: (lower: Int64, upper: Int64)) -> Int {
    circuit.columns.append(
      Column(name: "c\(circuit.columns.count)", kind: kind, axes: axes, lower: range.lower, upper: range.upper))
    return circuit.columns.count - 1
  }

  func dimensions(_ column: Int) -> [Int] {
    circuit.columns[column].axes.dropFirst().map { circuit.axes[$0] }
  }

  package mutating func input(_ axes: [Int], _ range: ClosedRange<Int64> = 0...15) -> Int {
    let column = add(.public, [0] + axes, (range.lowerBound, range.upperBound))
    circuit.inputs.append(Port(column: column, name: "x\(column)", dimensions: dimensions(column)))
    return column
  }

  /// Random over the whole range of so many bits.
  package mutating func weight(_ axes: [Int], bits: Int = 5) -> Int {
    let range = Column.weightRange(bitCount: bits)
    let count = axes.reduce(1) { $0 * circuit.axes[$1] }
    weights.append((0..<count).map { _ in Int64.random(in: range.lower...range.upper, using: &random) })
    return add(.weight, axes, range)
  }

  /// An operand that reads every axis of a column whole; mutating, so that arguments are evaluated first.
  package mutating func whole(_ column: Int) -> Operand {
    Operand(column: column, bindings: circuit.columns[column].axes.map { Binding($0) })
  }

  /// A term whose operands read their columns whole; mutating, so that arguments are evaluated first.
  package mutating func term(_ coefficient: Int64 = 1, _ columns: Int...) -> Term {
    Term(
      coefficient: coefficient,
      operands: columns.map { column in
        Operand(column: column, bindings: circuit.columns[column].axes.map { Binding($0) })
      })
  }

  /// - Parameter later: What terms that are appended may add.
  package mutating func contraction(_ axes: [Int], _ terms: [Term], later: ClosedRange<Int64> = 0...0) -> Int {
    var (lower, upper) = (later.lowerBound, later.upperBound)
    let output = Column(name: "", kind: .virtual, axes: [0] + axes, lower: 0, upper: 0)
    for term in terms {
      let summed = term.summedAxes(output: output).map { (Int64(circuit.axes[$0]), Int64(circuit.axes[$0])) }
      let factors = term.operands.map { operand in
        let (lower, upper) = circuit.columns[operand.column].range
        return circuit.readsOutside(operand) ? (min(lower, 0), max(upper, 0)) : (lower, upper)
      }
      var (low, high) = (term.coefficient, term.coefficient)
      for factor in factors + summed {
        let products = [low * factor.0, low * factor.1, high * factor.0, high * factor.1]
        (low, high) = (products.min() ?? 0, products.max() ?? 0)
      }
      lower += low
      upper += high
    }
    let column = add(.virtual, [0] + axes, (lower, upper))
    circuit.contractions.append(Contraction(output: column, terms: terms))
    return column
  }

  /// Appends terms to a contraction, of columns after it too. Its range stays.
  package mutating func append(_ terms: [Term], to output: Int) {
    for index in circuit.contractions.indices where circuit.contractions[index].output == output {
      circuit.contractions[index].terms += terms
    }
  }

  /// Reads a column some places earlier along an axis, and whole on its other axes, but for those that have another loop.
  package mutating func before(_ column: Int, _ axis: Int, by distance: Int = 1, loops: [Int: Int] = [:]) -> Operand {
    Operand(
      column: column,
      bindings: circuit.columns[column].axes.map { own in
        own == axis
          ? Binding(own, slice: .init(start: -distance, stride: 1))
          : loops[own].map { Binding($0, slice: .init(start: 0, stride: 1)) } ?? Binding(own)
      })
  }

  /// The index of a table with this content.
  package mutating func table(_ content: TableContent) -> Int {
    if let known = circuit.tables.firstIndex(where: { $0.content == content }) { return known }
    circuit.tables.append(Table(name: "t\(circuit.tables.count)", content: content))
    return circuit.tables.count - 1
  }

  /// function(round((source + constant) / 2^shift)) over the worst case of the quotient; the remainder in limbs of these widths.
  ///
  /// Without limbs the function is applied to the source itself.
  package mutating func apply(
    to source: Int, plus constant: Int64 = 0, limbs: [Int] = [], _ function: (Int64) -> Int64
  ) -> Int {
    let shift = limbs.reduce(0, +)
    let half = shift == 0 ? 0 : Int64(1) << Int64(shift - 1)
    let (axes, range) = (circuit.columns[source].axes, circuit.columns[source].range)
    let (lower, upper) = (
      (range.lower + constant + half) >> Int64(shift), (range.upper + constant + half) >> Int64(shift)
    )
    let form = rounding(source, plus: constant, limbs: limbs)
    let content = TableContent.function(lower: lower, upper: upper, function)
    let table = table(content)
    let result = add(.advice, axes, circuit.tables[table].range(ofCoordinate: 1))
    circuit.lookups.append(Lookup(table: table, forms: [form, AffineForm(bare: result)]))
    return result
  }

  /// Looks up that a column is never negative: ⌊source / 2^shift⌋ is in a table of `bits` from 0.
  package mutating func requireNonnegative(_ source: Int, limbs: [Int], bits: Int) {
    let form = rounding(source, plus: -1 << Int64(limbs.reduce(0, +) - 1), limbs: limbs)
    circuit.lookups.append(Lookup(table: table(.range(lower: 0, bits: bits)), forms: [form]))
  }

  /// The form of round((source + constant) / 2^shift), and its limbs with their range lookups; a bare form without limbs.
  mutating func rounding(
    _ source: Int, plus constant: Int64 = 0, limbs: [Int]
  ) -> AffineForm {
    let axes = circuit.columns[source].axes
    var form = AffineForm(
      shift: limbs.reduce(0, +), constant: constant, parts: [.init(column: source, coefficient: 1)])
    var offset = 0
    for (index, bits) in limbs.enumerated() {
      let low = index == limbs.count - 1 ? -(Int64(1) << Int64(bits - 1)) : 0
      let limb = add(.advice, axes, (low, low + (1 << Int64(bits)) - 1))
      let table = table(.range(lower: low, bits: bits))
      circuit.lookups.append(Lookup(table: table, forms: [AffineForm(bare: limb)]))
      form.parts.append(.init(column: limb, coefficient: -(1 << Int64(offset))))
      offset += bits
    }
    return form
  }

  /// - Parameter dimensions: Those of the column, if nothing else is said.
  package mutating func output(_ column: Int, as dimensions: [Int]? = nil) {
    let others = circuit.outputs.count { $0.column == column }
    let name = "y\(column)" + (others == 0 ? "" : ".\(others)")
    circuit.outputs.append(Port(column: column, name: name, dimensions: dimensions ?? self.dimensions(column)))
  }

  /// The public column of a class port: the indices of the largest entries of each row along the last axis of `source`,
  /// as many as `axis` has.
  package mutating func classes(_ axis: Int, of source: Int) -> Int {
    let rows = circuit.columns[source].axes
    let column = add(.public, rows.dropLast() + [axis] + rows.suffix(1), (0, 1))
    circuit.outputs.append(
      Port(column: column, name: "y\(column)", dimensions: dimensions(column).dropLast(), classesOf: source))
    return column
  }

  /// Random inputs, by port.
  package func inputs(batch: Int, seed: UInt64 = 7) -> [[Int64]] {
    var random = RepeatableRandom(seed: seed)
    return circuit.inputs.map { port in
      let column = circuit.shownColumn(port)
      return (0..<port.dimensions.reduce(batch, *)).map { _ in
        Int64.random(in: column.lower...column.upper, using: &random)
      }
    }
  }
}

extension TableContent {
  /// Of a function on lower … upper, its last row's value again up to a power of two of rows.
  package static func function(lower: Int64, upper: Int64, _ function: (Int64) -> Int64) -> TableContent {
    let count = 1 << bitCountOfAxis(Int(upper - lower) + 1)
    return .function(lower: lower, values: (0..<Int64(count)).map { function(min(lower + $0, upper)) })
  }
}

extension CircuitBuilder {
  package static func relu(_ x: Int64) -> Int64 { max(x, 0) }
}
