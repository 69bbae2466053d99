import Circuit
import Execution
import TestSupport
import Testing

/// Columns that are computed one place of an axis after the other; `ExecutorTests` runs the small ones of all tests.
@Suite struct ScanTests {
  /// States long enough for products of matrices, whose weights are fixed or, along the time, are not.
  @Test(arguments: [[1, 2], [2, 1]], [false, true]) func matrices(axes: [Int], isMoving: Bool) throws {
    // Axes: 1 time, 2 and 4 units, 3 inputs.
    var b = CircuitBuilder("matrices", axes: [5, 20, 3, 20], seed: 11)
    let x = b.input([3, 1], -9...9)
    let recurrent = b.weight(isMoving ? [1, 2, 4] : [2, 4], bits: 4)
    let sum = b.contraction(axes, [b.term(1, b.weight([2, 3]), x)], later: -1 << 12...1 << 12)
    let state = b.apply(to: sum, limbs: [2, 3]) { min(max($0, -8), 7) }
    b.append([Term(coefficient: 2, operands: [b.before(state, 1, loops: [2: 4]), b.whole(recurrent)])], to: sum)
    b.append([Term(operands: [b.before(state, 1, by: 3)])], to: sum)
    b.output(state)
    try b.circuit.validate()
    let executor = CircuitExecutor(b.circuit, weights: b.weights)
    for batch in [1, 3] {
      let inputs = b.inputs(batch: batch)
      let expected = naiveColumns(SmallNetwork(b, batches: [batch]), batch: batch, inputs: inputs)
      for threads in [1, 2] {
        #expect(try executor.columns(batch: batch, inputs: inputs, threads: threads) == expected)
        #expect(try executor.run(batch: batch, inputs: inputs, threads: threads) == [expected[state]])
      }
    }
  }

  /// What the reader of an error looks for is the entry of the whole column.
  @Test func outsideTable() throws {
    var b = CircuitBuilder("growing", axes: [4, 2])
    let x = b.input([2, 1], 0...5)
    let sum = b.contraction([2, 1], [b.term(1, x)], later: -8...7)
    let state = b.values(of: sum, .ramp(lower: -8, bits: 4, low: -8, high: 7))[0]
    b.append([Term(operands: [b.before(state, 1)])], to: sum)
    b.output(state)
    try b.circuit.validate()
    let executor = CircuitExecutor(b.circuit, weights: [])
    #expect(try executor.run(batch: 1, inputs: [[1, 2, 3, 1, 0, 0, 5, 2]], threads: 1) == [[1, 3, 6, 7, 0, 0, 5, 7]])
    #expect(throws: ExecutionError.outsideTable(lookup: 0, index: 6, value: 8)) {
      try executor.run(batch: 1, inputs: [[1, 2, 3, 1, 0, 3, 5, 2]], threads: 1)
    }
  }
}
