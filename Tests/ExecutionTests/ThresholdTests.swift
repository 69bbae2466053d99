import Circuit
import Execution
import TestSupport
import Testing

/// The search of thresholds against the definition, which tries one integer after the other.
@Suite struct ThresholdTests {
  /// Random axes in random order, masks, roundings, digits and falling functions; a sum that some integer brings below the bound.
  private static func network(seed: UInt64) -> SmallNetwork {
    var random = RepeatableRandom(seed: seed)
    func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    var b = CircuitBuilder("threshold \(seed)", axes: [1 + below(4), 1 + below(5), 1 + below(4)], seed: seed)
    let axes = [1, 2, 3].shuffled(using: &random)
    let split = below(3)
    let (own, further) = (Array(axes.prefix(split)), Array(axes.dropFirst(split)))
    let limbs = [[], [3], [1, 2]][below(3)]
    let unit = Int64(1) << Int64(limbs.reduce(0, +))
    let x = b.input(Array(axes.shuffled(using: &random).prefix(below(4))), -3 * unit...3 * unit)
    let mask = b.input(Array(axes.prefix(below(4))), 0...2)
    let index = b.index(Array(axes.suffix(1 + below(2))))
    let constant = b.constant([axes[0]], (0..<b.circuit.axes[axes[0]]).map { _ in Int64(below(4)) })
    let slice = Operand(column: constant, bindings: [Binding(axes[2], slice: .init(start: 1 - below(3), stride: 1 + below(2)))])
    var terms = [b.term(-1, x), b.term(2, constant), b.term(1, x, b.weight([axes[1]], bits: 2))]
    if b.circuit.axes[axes[0]] > 1, b.circuit.axes[axes[2]] > 1 { terms.append(Term(operands: [slice])) }
    var values = [Int64(9), 9]
    while values.count < 12 { values += [max(0, values[values.count - 2] - Int64(below(4))), values[values.count - 2]] }
    values += [0, values[values.count - 2], 0, 0]
    let function = TableContent.function(lower: -128, bits: 8, width: 2, offset: 90 + below(20), values: values)
    let digits = 1 + below(2)
    let columns = b.threshold(
      own, over: further, digits: digits, top: digits == 1 ? (-128, 8) : (-1, 1), limbs: limbs, plus: terms, function,
      weights: [(1, []), (2, [mask]), (1, [index, mask]), (3, [constant])], bound: Int64(below(9)))
    b.output(columns.value)
    b.output(columns.digits[0])
    var circuit = b.circuit
    // The exponent's axes in another order than the digits' and the summed ones'.
    let order = [0] + axes.shuffled(using: &random)
    let group = Set([columns.exponent] + circuit.lookups[circuit.thresholds[0].lookup].columns)
    for column in group { circuit.columns[column].axes = order }
    for sum in [columns.sum, columns.sumBefore] {
      for term in circuit[terms: sum].indices { circuit[terms: sum][term].operands[0].bindings = order.map { Binding($0) } }
    }
    circuit.outputs[0].dimensions = [order.dropFirst().reduce(1) { $0 * circuit.axes[$1] }]
    let builder = b
    return SmallNetwork(circuit: circuit, weights: b.weights, batches: [1, 3]) { builder.inputs(batch: $0, seed: seed) }
  }

  @Test(arguments: 0..<200) func theLeastIntegerIsFound(seed: Int) throws {
    let network = Self.network(seed: UInt64(seed))
    try network.circuit.validate()
    let executor = CircuitExecutor(network.circuit, weights: network.weights)
    for batch in network.batches {
      let inputs = network.inputs(batch)
      let expected = naiveColumns(network, batch: batch, inputs: inputs)
      for threads in [1, 2] {
        #expect(try executor.columns(batch: batch, inputs: inputs, threads: threads) == expected, "batch \(batch)")
        #expect(try executor.run(batch: batch, inputs: inputs, threads: threads) == network.circuit.outputs.map { expected[$0.column] })
      }
      // It is the only one: each sum is on its side of the bound.
      let threshold = network.circuit.thresholds[0]
      for lookup in network.circuit.lookups where lookup.forms.count == 1 {
        guard let column = lookup.forms[0].bareColumn, [threshold.sum, threshold.sumBefore].contains(column) else { continue }
        let (lower, upper) = network.circuit.tables[lookup.table].domain
        #expect(expected[column].allSatisfy { lower <= $0 && $0 <= upper })
      }
    }
  }

  /// An exponent outside the table is reported, with its lookup.
  @Test func outsideTheTable() throws {
    var b = CircuitBuilder("outside", axes: [2])
    let x = b.input([1], -200...200)
    let columns = b.threshold([], over: [1], top: (-512, 10), plus: [b.term(-1, x)], SmallNetwork.falling, weights: [(1, [])], bound: 4)
    b.output(columns.digits[0])
    try b.circuit.validate()
    let executor = CircuitExecutor(b.circuit, weights: [])
    #expect(try executor.run(batch: 1, inputs: [[10, 0]], threads: 1) == [[-19]])
    let error = #expect(throws: ExecutionError.self) { try executor.run(batch: 1, inputs: [[200, -200]], threads: 1) }
    guard case .outsideTable(let lookup, _, _)? = error else { return }
    #expect(lookup == b.circuit.thresholds[0].lookup)
  }
}
