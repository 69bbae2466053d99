import Circuit

/// A network as a circuit, and the integers of its weight columns.
package struct LoweredNetwork: Sendable {
  package let circuit: ArithmeticCircuit
  /// In the order of the circuit's weight columns, each row-major.
  package let weights: [[Int64]]

  package init(circuit: ArithmeticCircuit, weights: [[Int64]]) {
    self.circuit = circuit
    self.weights = weights
  }
}

/// Appends the parts of a circuit: axes, columns, tables, terms.
struct CircuitBuilder {
  var circuit: ArithmeticCircuit
  private(set) var weights: [[Int64]] = []
  private var tables: [TableContent: Int] = [:]
  private var oneColumn: Int?
  /// By axes.
  private var identities: [[Int]: Int] = [:]
  /// By size, the axis along which values are computed one step after the other: that of all scans of so many steps.
  private var stepAxes: [Int: Int] = [:]
  /// Axes of size 1, for indices that are fixed.
  private var unitAxes: [Int] = []

  init(name: String, batchCap: Int) {
    circuit = ArithmeticCircuit(name: shortened(name), batchCap: batchCap, axes: [0])
  }

  // MARK: Axes and columns

  mutating func appendAxis(_ size: Int) -> Int {
    circuit.axes.append(size)
    return circuit.axes.count - 1
  }

  mutating func unitAxis(_ index: Int = 0) -> Int {
    while unitAxes.count <= index { unitAxes.append(appendAxis(1)) }
    return unitAxes[index]
  }

  mutating func stepAxis(_ size: Int) -> Int {
    let axis = stepAxes[size] ?? appendAxis(size)
    stepAxes[size] = axis
    return axis
  }

  func isStepAxis(_ axis: Int) -> Bool { stepAxes.values.contains(axis) }

  /// - Parameter axes: Without the batch axis, which every kind but weights and constants gets in front.
  mutating func appendColumn(
    _ name: String, _ kind: ColumnKind, _ axes: [Int], _ range: ClosedRange<Int64>, scale: Double = 1
  ) -> Int {
    circuit.columns.append(
      Column(
        name: shortened(name), kind: kind, axes: ([.weight, .constant].contains(kind) ? [] : [ArithmeticCircuit.batchAxis]) + axes,
        lower: range.lowerBound, upper: range.upperBound, scale: scale))
    return circuit.columns.count - 1
  }

  /// A column of integers that the circuit shows.
  mutating func appendConstant(_ values: [Int64], _ name: String, _ axes: [Int]) -> Int {
    let column = appendColumn(name, .constant, axes, (values.min() ?? 0)...(values.max() ?? 0))
    circuit.columns[column].values = values
    return column
  }

  /// Has the name of an output's column say that the model goes on with an operator.
  mutating func markLeftOut(_ operation: String, after column: Int) { circuit.columns[column].markLeftOut(operation) }

  /// The axes of a column without the batch axis.
  func axes(of column: Int) -> [Int] {
    let column = circuit.columns[column]
    return column.axes.first == ArithmeticCircuit.batchAxis ? Array(column.axes.dropFirst()) : column.axes
  }

  /// Declared in 16, 32 or 48 bits, so that the range proof needs one table only.
  mutating func appendWeights(
    _ values: [Int64], _ name: String, layer: String, _ axes: [Int]
  ) throws(ModelError) -> Int {
    let ranges = [16, 32, 48].map { Column.weightRange(bitCount: $0) }
    guard
      let (lower, upper) = ranges.first(where: { range in
        values.allSatisfy { range.lower <= $0 && $0 <= range.upper }
      })
    else { throw .unusableLayer(layer, reason: "its bias does not fit 48 bits in units of the accumulator") }
    weights.append(values)
    return appendColumn(name, .weight, axes, lower...upper)
  }

  /// The axes that padding to a power of two lengthens most come first: rows of a commitment pad only the last ones.
  func byPadding(_ axes: [Int]) -> [Int] {
    axes.enumerated().sorted { left, right in
      let (a, b) = (circuit.axes[left.element], circuit.axes[right.element])
      let lengths = (b << bitCountOfAxis(a), a << bitCountOfAxis(b))
      return lengths.0 == lengths.1 ? left.offset < right.offset : lengths.0 > lengths.1
    }.map(\.element)
  }

  /// A table of a value for each integer from `lower` on; the first and the last one hold as far as they are the same.
  mutating func appendTable(lower: Int64, values: [Int64], _ name: String) -> Int {
    let bits = bitCountOfAxis(values.count)
    let (low, high) = (values.first ?? 0, values.last ?? 0)
    let isInside = lower <= low && low <= high && high < lower + 1 << Int64(bits)
    if isInside, values.indices.allSatisfy({ values[$0] == min(max(lower + Int64($0), low), high) }) {
      return appendTable(.ramp(lower: lower, bits: bits, low: low, high: high), name)
    }
    return appendTable(lower: lower, rows: values.map { [$0] }, name)
  }

  /// A table of some values for each integer from `lower` on.
  mutating func appendTable(lower: Int64, rows: [[Int64]], _ name: String) -> Int {
    let end = (rows.lastIndex { $0 != rows.last } ?? -1) + 2
    let start = min(max((rows.firstIndex { $0 != rows[0] } ?? 0) - 1, 0), end - 1)
    return appendTable(
      .function(
        lower: lower, bits: bitCountOfAxis(rows.count), width: rows[0].count, offset: start,
        values: rows[start..<min(end, rows.count)].flatMap { $0 }), name)
  }

  mutating func appendTable(_ content: TableContent, _ name: String) -> Int {
    if let index = tables[content] { return index }
    circuit.tables.append(Table(name: name, content: content))
    tables[content] = circuit.tables.count - 1
    return circuit.tables.count - 1
  }

  // MARK: Contractions

  /// 1 at one index of a loop axis, 0 else: a constant of one element, read there.
  mutating func one(at index: Int, loop: Int) -> Operand {
    let column = oneColumn ?? appendConstant([1], "one", [unitAxis()])
    oneColumn = column
    return Operand(column: column, bindings: [Binding(loop, slice: .init(start: -index, stride: 1))])
  }

  /// 1 at one index of each of several loop axes, 0 else: a row of an identity matrix. Nil where an axis is there twice, or the
  /// matrix were too large.
  mutating func one(at places: [(index: Int, loop: Int)]) -> Operand? {
    let loops = places.map(\.loop)
    let count = loops.reduce(1) { $0 * circuit.axes[$1] }
    guard Set(loops).count == loops.count, count <= maximumIdentitySize else { return nil }
    let column = identities[loops]
      ?? appendConstant((0..<count * count).map { $0 / count == $0 % count ? 1 : 0 }, "places", [appendAxis(count)] + loops)
    identities[loops] = column
    let row = places.reduce(0) { $0 * circuit.axes[$1.loop] + $1.index }
    return Operand(
      column: column, bindings: [Binding(unitAxis(), slice: .init(start: row, stride: 1))] + loops.map { Binding($0) })
  }

  /// Reads a view, its axes driven by these loop axes.
  mutating func operand(_ view: View, loops: [Int]) -> Operand {
    let column = circuit.columns[view.column]
    var bindings = column.axes.map { Binding($0) }
    for (axis, loop) in zip(view.axes, loops) {
      let own = column.axes[axis.position]
      let isWhole = axis.start == 0 && axis.stride == 1 && loop == own
      bindings[axis.position] =
        isWhole ? Binding(own) : Binding(loop, slice: .init(start: axis.start, stride: axis.stride))
    }
    for (count, (position, index)) in view.fixed.sorted(by: { $0.key < $1.key }).enumerated() {
      let own = column.axes[position]
      bindings[position] =
        circuit.axes[own] == 1 ? Binding(own) : Binding(unitAxis(count + 1), slice: .init(start: index, stride: 1))
    }
    return Operand(column: view.column, bindings: bindings)
  }

  /// A virtual column over these axes; its declared range is what docs/protocol.md §3.3, rule 8 makes of the declared
  /// ranges of the operands.
  mutating func appendContraction(
    _ name: String, layer: String, _ axes: [Int], _ terms: [Term], scale: Double
  ) throws(ModelError) -> Int {
    guard circuit.contractions.reduce(terms.count, { $0 + $1.terms.count }) <= ArithmeticCircuit.maximumTermCount else {
      throw .unusableLayer(
        layer, reason: "with its \(terms.count) terms the network has more than \(ArithmeticCircuit.maximumTermCount)")
    }
    let output = appendColumn(name, .virtual, axes, 0...0, scale: scale)
    try setRange(ofSum: output, terms, layer: layer)
    circuit.contractions.append(Circuit.Contraction(output: output, terms: terms))
    return output
  }

  /// Gives a virtual column the range that rule 8 makes of these terms.
  mutating func setRange(ofSum output: Int, _ terms: [Term], layer: String) throws(ModelError) {
    let (bound, tooLarge) = (Int128(ArithmeticCircuit.integerBound), ModelError.unusableLayer(layer, reason: "its accumulators can reach 2^62"))
    var (lower, upper) = (Int128(0), Int128(0))
    for term in terms {
      guard let (low, high) = circuit.interval(term, summed: term.summedAxes(output: circuit.columns[output])) else { throw tooLarge }
      (lower, upper) = (lower + low, upper + high)
    }
    guard -bound <= lower, upper <= bound else { throw tooLarge }
    (circuit.columns[output].lower, circuit.columns[output].upper) = (Int64(lower), Int64(upper))
  }
}

/// A circuit has at most 2^22 constants.
private let maximumIdentitySize = 512

extension CircuitBuilder {
  /// Lowers the largest batch until columns and lookups keep the caps of docs/protocol.md §3.3, rule 1.
  mutating func limitBatch() {
    let bits = circuit.columns.indices.map { circuit.shape(ofColumn: $0, batch: 1).map(bitCountOfAxis).reduce(0, +) }
    let longest = bits.max() ?? 0
    let stated = circuit.withClassRelations
    let looked = stated.lookups.reduce(0) { sum, lookup in
      let shape = stated.shape(ofColumn: lookup.forms[0].parts[0].column, batch: 1)
      return sum + 1 << shape.map(bitCountOfAxis).reduce(0, +)
    }
    while circuit.batchCap > 1, longest + bitCountOfAxis(circuit.batchCap) > 32 || looked * circuit.batchCap >= 1 << 39 {
      circuit.batchCap /= 2
    }
  }
}

/// Between the name of an output's column and that of the operator that is left out after it.
private let leftOutMark = " before "

extension Column {
  /// The operator that the model has after the column, which is an output without it.
  package var leftOut: String? {
    ["Softmax", "LogSoftmax"].first { name.hasSuffix(leftOutMark + $0) }
  }

  mutating func markLeftOut(_ operation: String) {
    if leftOut == nil { name = shortened(name + leftOutMark + operation) }
  }

  /// Without the mark of what is left out.
  package var plainName: String { leftOut.map { String(name.dropLast(leftOutMark.count + $0.count)) } ?? name }
}

/// The name in as many bytes as circuits allow: the end is kept, as it tells the columns of one layer apart.
func shortened(_ name: String) -> String {
  guard name.utf8.count > maximumNameByteCount else { return name }
  let isContinuation = { (byte: UInt8) in byte & 0xc0 == 0x80 }
  return String(decoding: name.utf8.suffix(maximumNameByteCount).drop(while: isContinuation), as: UTF8.self)
}
