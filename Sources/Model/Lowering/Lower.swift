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

/// The circuit of an integer network.
///
/// A linear layer becomes a contraction, a requantization the limbs of its remainder and an activation, each with its
/// lookup; reshapes leave no trace. Layers with the same clamp share one table.
///
/// - Throws: `.unusableLayer`.
package func lower(_ network: IntegerNetwork, batchCap: Int = defaultBatchCap) throws(ModelError) -> LoweredNetwork {
  var builder = CircuitBuilder(network, batchCap: batchCap)
  for node in network.nodes { try builder.add(node) }
  return try builder.finish()
}

package let defaultBatchCap = 1 << 12

private struct CircuitBuilder {
  private let network: IntegerNetwork
  private let limbWidths: LimbWidths
  /// By clamp, the requantization inputs of all layers that have it.
  private let domains: [ClosedRange<Int64>: ClosedRange<Int64>]
  private var circuit: ArithmeticCircuit
  private var weights: [[Int64]] = []
  /// The column of each value.
  private var columns: [Int] = []
  private var tables: [TableContent: Int] = [:]

  init(_ network: IntegerNetwork, batchCap: Int) {
    self.network = network
    var domains: [ClosedRange<Int64>: ClosedRange<Int64>] = [:]
    var remainders: [(shift: Int, count: Int)] = []
    for node in network.nodes {
      guard case .requantize(let requantization) = node.operation else { continue }
      let domain = requantization.domain
      domains.merge([requantization.clamp: domain]) {
        min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
      }
      remainders.append((requantization.shift, node.shape.reduce(1, *)))
    }
    self.domains = domains
    limbWidths = LimbWidths(for: remainders)
    circuit = ArithmeticCircuit(name: columnName(network.name), batchCap: batchCap, axes: [0])
    let input = network.input
    let axis = appendAxis(input.port.width)
    columns.append(appendColumn(input.port.name, .input, [ArithmeticCircuit.batchAxis, axis], input.range))
    circuit.columns[columns[0]].scale = input.scale
    circuit.inputs = [Port(column: columns[0], name: input.port.name, dimensions: input.port.shape)]
  }

  mutating func add(_ node: IntegerNode) throws(ModelError) {
    let operand = columns[node.operand]
    switch node.operation {
    case .linear(let linear): columns.append(try appendLinear(linear, node.name, operand))
    case .requantize(let requantization): columns.append(appendRequantization(requantization, node.name, operand))
    case .reshape: columns.append(operand)
    }
  }

  consuming func finish() throws(ModelError) -> LoweredNetwork {
    let output = network.output
    let column = columns[columns.count - 1]
    circuit.columns[column].scale = network.outputScale
    circuit.outputs = [Port(column: column, name: output.name, dimensions: output.shape)]
    do throws(InvalidCircuit) {
      try circuit.validate()
    } catch {
      throw .unusableLayer(
        network.output.name, reason: "the circuit breaks rule \(error.rule) of docs/protocol.md §3.3 at \(error.index)")
    }
    return LoweredNetwork(circuit: circuit, weights: weights)
  }
}

// MARK: Operators

extension CircuitBuilder {
  private mutating func appendLinear(
    _ linear: IntegerLinear, _ name: String, _ operand: Int
  ) throws(ModelError) -> Int {
    let inputs = circuit.columns[operand].axes[1]
    let outputs = appendAxis(linear.outputCount)
    let weight = try appendWeights(linear.weights.map(Int64.init), "\(name).weight", name, [outputs, inputs])
    let bias = try appendWeights(linear.bias, "\(name).bias", name, [outputs])
    guard let range = accumulatorRange(weight: weight, bias: bias, operand: operand) else {
      throw .unusableLayer(name, reason: "its accumulators can reach 2^62")
    }
    let batch = ArithmeticCircuit.batchAxis
    let accumulator = appendColumn("\(name).accumulator", .virtual, [batch, outputs], range)
    circuit.contractions.append(
      Contraction(
        output: accumulator,
        terms: [
          Term(operands: [
            Operand(column: weight, bindings: [Binding(outputs), Binding(inputs)]),
            Operand(column: operand, bindings: [Binding(batch), Binding(inputs)]),
          ]),
          Term(operands: [Operand(column: bias, bindings: [Binding(outputs)])]),
        ]))
    return accumulator
  }

  private mutating func appendRequantization(
    _ requantization: Requantization, _ name: String, _ accumulator: Int
  ) -> Int {
    let axes = circuit.columns[accumulator].axes
    var quotient = AffineForm(shift: requantization.shift, parts: [.init(column: accumulator, coefficient: 1)])
    let limbs = limbWidths.bits(ofShift: requantization.shift)
    var offset = 0
    for (index, bits) in limbs.enumerated() {
      let table = appendTable(
        .range(lower: index == limbs.count - 1 ? -1 << (bits - 1) : 0, bits: bits), "limb of \(bits) bits")
      let column = appendColumn("\(name).remainder\(index)", .advice, axes, table)
      circuit.lookups.append(Lookup(table: table, forms: [AffineForm(plain: column)]))
      quotient.parts.append(.init(column: column, coefficient: -1 << offset))
      offset += bits
    }
    let domain = domains[requantization.clamp] ?? requantization.domain
    let table = appendTable(
      .function(lower: domain.lowerBound, values: domain.map(requantization.activation)),
      "clamp to \(requantization.clamp)")
    let activation = appendColumn("\(name).activation", .advice, axes, table)
    circuit.lookups.append(Lookup(table: table, forms: [quotient, AffineForm(plain: activation)]))
    return activation
  }

  /// The bounds of docs/protocol.md §3.3, rule 8: from declared ranges alone.
  private func accumulatorRange(weight: Int, bias: Int, operand: Int) -> ClosedRange<Int64>? {
    let (weights, values, biases) = (circuit.columns[weight], circuit.columns[operand], circuit.columns[bias])
    let size = Int128(circuit.axes[values.axes[1]])
    let products = [weights.lower, weights.upper].flatMap { weight in
      [values.lower, values.upper].map { Int128(weight) * Int128($0) * size }
    }
    guard let low = products.min(), let high = products.max(), low >= -bound, high <= bound else { return nil }
    let (lower, upper) = (low + Int128(biases.lower), high + Int128(biases.upper))
    guard lower >= -bound, upper <= bound else { return nil }
    return Int64(lower)...Int64(upper)
  }

  private var bound: Int128 { Int128(ArithmeticCircuit.integerBound) }
}

// MARK: Parts

extension CircuitBuilder {
  private mutating func appendAxis(_ size: Int) -> Int {
    circuit.axes.append(size)
    return circuit.axes.count - 1
  }

  private mutating func appendColumn(
    _ name: String, _ kind: ColumnKind, _ axes: [Int], _ range: ClosedRange<Int64>
  ) -> Int {
    circuit.columns.append(
      Column(name: columnName(name), kind: kind, axes: axes, lower: range.lowerBound, upper: range.upperBound))
    return circuit.columns.count - 1
  }

  /// A column of the values that a table gives.
  private mutating func appendColumn(_ name: String, _ kind: ColumnKind, _ axes: [Int], _ table: Int) -> Int {
    let (lower, upper) = circuit.tables[table].codomain
    return appendColumn(name, kind, axes, lower...upper)
  }

  /// Declared in 16, 32 or 48 bits, so that the range proof needs one table only.
  private mutating func appendWeights(
    _ values: [Int64], _ name: String, _ layer: String, _ axes: [Int]
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

  private mutating func appendTable(_ content: TableContent, _ name: String) -> Int {
    if let index = tables[content] { return index }
    circuit.tables.append(Table(name: name, content: content))
    tables[content] = circuit.tables.count - 1
    return circuit.tables.count - 1
  }
}

/// The name in as many bytes as circuits allow: the end is kept, as it tells the columns of one layer apart.
private func columnName(_ name: String) -> String {
  guard name.utf8.count > maximumNameByteCount else { return name }
  let isContinuation = { (byte: UInt8) in byte & 0xc0 == 0x80 }
  return String(decoding: name.utf8.suffix(maximumNameByteCount).drop(while: isContinuation), as: UTF8.self)
}
