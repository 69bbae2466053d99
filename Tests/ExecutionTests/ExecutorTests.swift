import Circuit
import Execution
import TestSupport
import Testing

@Suite struct ExecutorTests {
  private func expectExact(_ network: SmallNetwork, batch: Int, inputs: [[Int64]]? = nil) throws {
    let inputs = inputs ?? network.inputs(batch)
    let executor = CircuitExecutor(network.circuit, weights: network.weights)
    let expected = naiveColumns(network, batch: batch, inputs: inputs)
    for threads in [1, 2] {
      let columns = try executor.columns(batch: batch, inputs: inputs, threads: threads)
      for (index, column) in columns.enumerated() {
        #expect(column == expected[index], "column \(index) of \(network), batch \(batch)")
      }
      let outputs = try executor.run(batch: batch, inputs: inputs, threads: threads)
      #expect(outputs == network.circuit.outputs.map { naiveOutput($0, network.circuit, expected) })
    }
  }

  @Test(arguments: SmallNetwork.all)
  func everyShapeOfRelation(network: SmallNetwork) throws {
    for batch in network.batches { try expectExact(network, batch: batch) }
  }

  /// A limb's width is that of its range, not of a function that it is the argument of.
  @Test func limbsAsArguments() throws {
    var b = CircuitBuilder("arguments", axes: [3])
    let y = b.apply(to: b.input([1], 0...255), limbs: [2, 3]) { $0 }
    var circuit = b.circuit
    circuit.columns.append(Column(name: "z", kind: .advice, axes: [0, 1], lower: 0, upper: 225))
    circuit.tables.append(Table(name: "square", content: .function(lower: 0, values: (0...15).map { $0 * $0 })))
    circuit.lookups.append(Lookup(table: 3, forms: [AffineForm(bare: y - 2), AffineForm(bare: y + 1)]))
    try circuit.validate()
    let inputs: @Sendable (Int) -> [[Int64]] = { batch in [(0..<3 * batch).map { Int64(37 * $0 % 256) }] }
    try expectExact(SmallNetwork(circuit: circuit, weights: [], batches: [2], inputs: inputs), batch: 2)
  }

  @Test(arguments: 0..<200)
  func randomTermsWithSlices(seed: Int) throws {
    let network = randomContraction(seed: UInt64(seed))
    for batch in network.batches { try expectExact(network, batch: batch) }
  }

  /// Sums long enough for the matrix kernels: grouped, transposed, of several axes, by slices, of two activations.
  @Test func matricesOfEveryArrangement() throws {
    var b = CircuitBuilder("matrices", axes: [2, 5, 3, 18, 7, 40])
    let (x, z) = (b.input([4], -9...9), b.input([2, 4], 0...255))
    let (y, t) = (b.input([1, 3, 4], -200...100), b.input([4, 5, 1]))
    func read(_ column: Int, _ bindings: [Binding]) -> Operand { Operand(column: column, bindings: bindings) }
    let wide = b.weight([2, 6], bits: 16)
    let long = b.input([6], 0...65535)
    b.output(b.contraction([2], [b.term(-3, x, b.weight([4, 2])), b.term(1, z, b.weight([2, 4]))]))
    b.output(b.contraction([3, 1, 5], [b.term(2, b.weight([1, 5, 4], bits: 20), y), b.term(1, t, b.weight([4, 3]))]))
    b.output(b.contraction([2, 5], [b.term(5, t, b.weight([1, 4, 2])), b.term(1, z, t), b.term(1, b.weight([5]))]))
    b.output(b.contraction([5, 3, 1], [b.term(1, t, y), b.term(1, y, b.weight([6, 5, 4], bits: 3))]))
    let slice = Binding(4, slice: .init(start: 3, stride: 2))
    b.output(
      b.contraction(
        [2, 3],
        [
          Term(operands: [read(wide, [Binding(2), slice]), read(long, [Binding(0), slice])]),
          Term(operands: [read(long, [Binding(0), slice]), b.whole(y), b.whole(z)]),
          Term(operands: [b.whole(z), read(wide, [Binding(3, slice: .init(start: 2, stride: 1)), slice])]),
        ]))
    let network = SmallNetwork(b, batches: [1, 3])
    for batch in network.batches { try expectExact(network, batch: batch) }
  }

  /// Terms that differ in where they read: a part of a row each, with zeros beyond the column.
  @Test(arguments: [-9...9 as ClosedRange<Int64>, 0...65535, -40000...40000], [[1, 2, 3], [2, 3, 1], [3, 1, 2]])
  func windowsOfEveryArrangement(range: ClosedRange<Int64>, order: [Int]) throws {
    // Channels, rows, columns; channels, rows, columns of the result; places of the window; one index.
    var b = CircuitBuilder("windows", axes: [5, 6, 7, 4, 3, 7, 9, 1])
    let x = b.input(order, range)
    let (dense, deep) = (b.weight([7, 4, 1]), b.weight([1, 7]))
    func read(_ place: Int, _ start: (Int, Int), _ stride: Int) -> Operand {
      let bindings = [
        1: Binding(1), 2: Binding(5, slice: .init(start: place / 3 - start.0, stride: stride)),
        3: Binding(6, slice: .init(start: place % 3 - start.1, stride: 1)),
      ]
      return Operand(column: x, bindings: [Binding(0)] + order.map { bindings[$0] ?? Binding(0) })
    }
    func weight(_ column: Int, _ place: Int) -> Operand {
      let axes = b.circuit.columns[column].axes
      return Operand(
        column: column, bindings: axes.map { $0 == 7 ? Binding(8, slice: .init(start: place, stride: 1)) : Binding($0) })
    }
    b.output(
      b.contraction([4, 5, 6], (0..<9).map { Term(operands: [weight(dense, $0), read($0, (1, 1), 2)]) }))
    b.output(
      b.contraction(
        [5, 6, 4], (0..<9).map { Term(coefficient: -2, operands: [read($0, (2, 0), 1), weight(dense, $0)]) }))
    b.output(
      b.contraction([1, 5, 6], (0..<9).map { Term(operands: [weight(deep, $0), read($0, (1, 1), 2)]) }))
    let network = SmallNetwork(b, batches: [1, 3])
    for batch in network.batches { try expectExact(network, batch: batch) }
  }

  /// Widths at which factors leave 16 bits or sums leave 32, at the ends of all ranges.
  @Test(arguments: [2, 8, 16, 17, 31, 48], edgeRanges)
  func denseLayersAtTheEdges(bits: Int, range: ClosedRange<Int64>) throws {
    for (fanIn, fanOut, batch) in [(15, 3, 3), (16, 1, 64), (33, 7, 3), (128, 4, 1), (1030, 5, 5)] {
      let sumBits = bits + bitCountOfAxis(Int(range.upperBound - range.lowerBound)) + bitCountOfAxis(fanIn)
      if sumBits > 62 { continue }
      var builder = CircuitBuilder("dense", axes: [fanIn, fanOut], seed: UInt64(bits))
      let x = builder.input([1], range)
      let w = builder.weight([2, 1], bits: bits)
      builder.output(builder.contraction([2], [builder.term(1, w, x)]))
      var (weights, inputs) = (builder.weights[0], builder.inputs(batch: batch)[0])
      let (lower, upper) = Column.weightRange(bitCount: bits)
      for index in 0..<fanIn { weights[index] = index < fanIn / 2 ? lower : upper }
      for index in 0..<fanIn { inputs[index] = index < fanIn / 2 ? range.lowerBound : range.upperBound }
      if batch > 1 { for index in fanIn..<2 * fanIn { inputs[index] = range.upperBound } }
      var expected: [Int64] = []
      for sample in 0..<batch {
        for output in 0..<fanOut {
          expected.append((0..<fanIn).reduce(0) { $0 + weights[output * fanIn + $1] * inputs[sample * fanIn + $1] })
        }
      }
      let executor = CircuitExecutor(builder.circuit, weights: [weights])
      for threads in [1, 2] {
        #expect(try executor.run(batch: batch, inputs: [inputs], threads: threads) == [expected])
      }
    }
  }

  /// Work that is split over threads, in matrices, strided sums and tables.
  @Test(arguments: [1, 64])
  func largeLayers(batch: Int) throws {
    let network = DenseNetwork(sizes: [700, 1700, 3], limbBits: [7, 8])
    let inputs = network.input(batch: batch)
    let executor = CircuitExecutor(network.circuit, weights: network.weights)
    let columns = try executor.columns(batch: batch, inputs: inputs, threads: 2)
    #expect(try executor.columns(batch: batch, inputs: inputs, threads: 1) == columns)
    var (layer, activation) = (0, inputs[0])
    for (fanIn, fanOut) in [(700, 1700), (1700, 3)] {
      let (weights, biases) = (network.weights[2 * layer], network.weights[2 * layer + 1])
      var sums: [Int64] = []
      for sample in 0..<batch {
        for output in 0..<fanOut {
          var sum = biases[output]
          for index in 0..<fanIn { sum += weights[output * fanIn + index] * activation[sample * fanIn + index] }
          sums.append(sum)
        }
      }
      #expect(columns[network.circuit.contractions[layer].output] == sums)
      activation = sums.map { min(max(($0 + 1 << 14) >> 15, 0), 255) }
      layer += 1
    }
  }

  @Test(arguments: [1, 3])
  func equalScoresShowTheFirstClasses(count: Int) throws {
    var builder = CircuitBuilder("ties", axes: [6, count])
    let x = builder.input([1], -2...2)
    let scores = builder.contraction([1], [builder.term(1, x)])
    _ = builder.classes(2, of: scores)
    let executor = CircuitExecutor(builder.circuit, weights: [])
    let inputs: [[Int64]] = [[1, 2, 0, 2, 2, -2, 0, 0, 0, 0, 0, 0, -2, -2, -1, 1, -2, -1]]
    let expected: [[Int64]] = count == 1 ? [[1, 0, 3]] : [[1, 3, 4, 0, 1, 2, 2, 3, 5]]
    #expect(try executor.run(batch: 3, inputs: inputs, threads: 1) == expected)
  }

  @Test func tablesOfEveryForm() throws {
    var builder = CircuitBuilder("tables", axes: [300])
    let x = builder.input([1], -300...300)
    let functions: [@Sendable (Int64) -> Int64] = [
      { $0 }, { min(max($0, -7), 9) }, { max($0, 0) }, { _ in 4 }, { -$0 }, { $0 * $0 % 31 }, { $0 < 0 ? -1 : 1 },
    ]
    for function in functions {
      builder.output(builder.apply(to: x, function))
      builder.output(builder.apply(to: x, limbs: [1, 2, 3], function))
      builder.output(builder.apply(to: x, limbs: [4], function))
    }
    try expectExact(SmallNetwork(builder, batches: [3]), batch: 3)
  }

  @Test(arguments: [1, 2])
  func theFirstValueOutsideATableIsNamed(threads: Int) throws {
    for function in [{ @Sendable (x: Int64) in max(x, 0) }, { @Sendable (x: Int64) in x * x }] {
      var builder = CircuitBuilder("outside", axes: [100_000])
      let x = builder.input([1], -8...8)
      builder.output(builder.apply(to: x, limbs: [2], function))
      var circuit = builder.circuit
      circuit.tables[circuit.lookups[1].table].content = .function(lower: 0, values: (0...1).map(function))
      var inputs = [[Int64]](repeating: .init(repeating: 5, count: 100_000), count: 1)
      let executor = CircuitExecutor(circuit, weights: [])
      #expect(try executor.run(batch: 1, inputs: inputs, threads: threads) == [.init(repeating: 1, count: 100_000)])
      inputs[0][99_000] = 6
      inputs[0][70_001] = -7
      #expect(throws: ExecutionError.outsideTable(lookup: 1, index: 70_001, value: -2)) {
        try executor.run(batch: 1, inputs: inputs, threads: threads)
      }
    }
  }
}

private let edgeRanges: [ClosedRange<Int64>] = [
  -128...127, 0...255, -32768...32767, 0...65535, -1...65535, -9...1_000_000,
]
