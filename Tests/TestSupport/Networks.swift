import Circuit

/// A small circuit with weights and the batches in which tests prove it.
package struct SmallNetwork: Sendable, CustomStringConvertible {
  package let circuit: ArithmeticCircuit
  package let weights: [[Int64]]
  package let batches: [Int]
  package let inputs: @Sendable (Int) -> [[Int64]]

  package var description: String { circuit.name }

  package init(_ builder: CircuitBuilder, batches: [Int]) {
    circuit = builder.circuit
    weights = builder.weights
    self.batches = batches
    inputs = { builder.inputs(batch: $0) }
  }

  package init(
    circuit: ArithmeticCircuit, weights: [[Int64]], batches: [Int], inputs: @escaping @Sendable (Int) -> [[Int64]]
  ) {
    self.circuit = circuit
    self.weights = weights
    self.batches = batches
    self.inputs = inputs
  }

  package init(_ network: DenseNetwork, batches: [Int]) {
    circuit = network.circuit
    weights = network.weights
    self.batches = batches
    inputs = { network.input(batch: $0) }
  }
}

extension SmallNetwork {
  /// One circuit for each shape that a relation, a layout or a table can take.
  package static let all: [SmallNetwork] = [
    wideModel, wideWitness, wideWeights, linear, weightless, weightSlices, activationSlices, inputSlices,
    concatenation, shiftedReads, shiftedRows,
    transposed, broadcast, residual, elementwise, threeOperands, adviceOutput, liveNumerators, oddTables,
    comparison, twoPorts, scalars, rowColumns(rows: 3), rowColumns(rows: 5), rowColumns(rows: 7), splitAxis,
    classes(1), classes(2), classes(3), classes(1, rows: [3]), classes(2, rows: [2, 3]), manyTerms, sharedOutputs,
    sample, twoDigits, recurrent, cells, scannedThreshold, scannedClasses, twoScans,
  ]

  /// Rounding, ReLU and one more layer: the smallest circuit with both commitments.
  package static let small: SmallNetwork = {
    var b = CircuitBuilder("small", axes: [3, 5, 2], seed: 4)
    let x = b.input([1])
    let (w1, b1) = (b.weight([2, 1]), b.weight([2], bits: 8))
    let a = b.contraction([2], [b.term(1, w1, x), b.term(1, b1)])
    let y = b.apply(to: a, limbs: [2, 3], CircuitBuilder.relu)
    let w2 = b.weight([3, 2])
    b.output(b.contraction([3], [b.term(1, w2, y)]))
    return SmallNetwork(b, batches: [1, 2, 3])
  }()

  /// More bits in a model row than in a witness row.
  private static let wideModel: SmallNetwork = {
    var b = CircuitBuilder("model rows longer", axes: [100, 70, 3])
    let x = b.input([1])
    let a = b.contraction([2], [b.term(1, b.weight([2, 1]), x)])
    let y = b.apply(to: a, limbs: [6, 6], CircuitBuilder.relu)
    b.output(b.contraction([3], [b.term(1, b.weight([3, 2]), y)]))
    return SmallNetwork(b, batches: [1])
  }()

  /// More bits in a witness row than in a model row.
  private static let wideWitness: SmallNetwork = {
    var b = CircuitBuilder("witness rows longer", axes: [3, 40])
    let x = b.input([1])
    let a = b.contraction([2], [b.term(1, b.weight([2, 1]), x)])
    b.output(b.apply(to: a, limbs: [3], CircuitBuilder.relu))
    return SmallNetwork(b, batches: [5, 64])
  }()

  /// Weights of 17, 20, 32, 33 and 40 bits, with one and two limbs in the range proof.
  private static let wideWeights: SmallNetwork = {
    var b = CircuitBuilder("wide weights", axes: [3, 5])
    let x = b.input([1])
    let terms = [2, 16, 17, 20, 32, 33, 40].map { b.term(1, b.weight([2, 1], bits: $0), x) }
    b.output(b.contraction([2], terms + [b.term(1, b.weight([2], bits: 48))]))
    return SmallNetwork(b, batches: [1, 3])
  }()

  /// One layer, no lookup, no advice.
  package static let linear: SmallNetwork = {
    var b = CircuitBuilder("no lookups", axes: [7, 5])
    let x = b.input([1])
    b.output(b.contraction([2], [b.term(1, b.weight([2, 1]), x), b.term(-3, b.weight([2]))]))
    return SmallNetwork(b, batches: [1, 2, 3])
  }()

  /// Five output ports of a virtual and an advice column, in several layouts.
  package static let sharedOutputs: SmallNetwork = {
    var b = CircuitBuilder("shared outputs", axes: [3, 4, 2], seed: 8)
    let x = b.input([1])
    let a = b.contraction([2, 3], [b.term(1, b.weight([2, 3, 1]), x)])
    let y = b.apply(to: a, limbs: [2, 2], CircuitBuilder.relu)
    b.output(a)
    b.output(y, as: [8])
    b.output(a, as: [2, 4])
    b.output(y)
    b.output(a, as: [1, 8, 1])
    return SmallNetwork(b, batches: [1, 3])
  }()

  package static let weightless: SmallNetwork = {
    var b = CircuitBuilder("no weights", axes: [6, 3])
    let (x, z) = (b.input([1]), b.input([2, 1], -4...3))
    let a = b.contraction([2], [b.term(1, z, x)])
    b.output(b.apply(to: a, limbs: [2, 2]) { $0 * $0 })
    return SmallNetwork(b, batches: [1, 3, 5])
  }()

  /// Slices of a weight: from the start with fewer bits, with a stride, of a summed and of an output axis.
  private static let weightSlices: SmallNetwork = {
    var b = CircuitBuilder("slices of weights", axes: [3, 5, 12, 20])
    let (x, w) = (b.input([1]), b.weight([3, 4]))
    let (start, strided) = (Binding.Slice(start: 0, stride: 1), Binding.Slice(start: 1, stride: 3))
    func read(_ rows: Binding.Slice, _ columns: Binding.Slice) -> Term {
      Term(operands: [
        Operand(column: w, bindings: [Binding(2, slice: rows), Binding(1, slice: columns)]), b.whole(x),
      ])
    }
    let bias = Term(operands: [
      Operand(column: w, bindings: [Binding(2, slice: .init(start: 7, stride: 1)), Binding(4)])
    ])
    let tail = Term(operands: [
      Operand(column: b.weight([4], bits: 3), bindings: [Binding(2, slice: .init(start: 0, stride: 4))])
    ])
    let a = b.contraction([2], [read(start, start), read(.init(start: 0, stride: 2), strided), bias, tail])
    b.output(b.apply(to: a, limbs: [4], CircuitBuilder.relu))
    return SmallNetwork(b, batches: [1, 3])
  }()

  /// Slices of advice along in-row and split axes, in simple terms and in products.
  private static let activationSlices: SmallNetwork = {
    var b = CircuitBuilder("slices of activations", axes: [3, 13, 4])
    let x = b.input([2])
    let a = b.contraction([2], [b.term(1, b.weight([2], bits: 3), x), b.term(1, b.weight([2]))])
    let y = b.apply(to: a, limbs: [2], CircuitBuilder.relu)
    func view(_ start: Int, _ stride: Int, _ loop: Int) -> Operand {
      Operand(column: y, bindings: [Binding(0), Binding(loop, slice: .init(start: start, stride: stride))])
    }
    let products = b.contraction(
      [1],
      [
        Term(operands: [view(0, 1, 1)]), Term(coefficient: -2, operands: [view(5, 3, 1)]),
        Term(operands: [view(0, 4, 3), Operand(column: b.weight([1, 3]), bindings: [Binding(1), Binding(3)])]),
        Term(operands: [view(0, 1, 3), view(0, 3, 3)]), Term(operands: [view(10, 1, 1), view(0, 2, 1)]),
      ])
    b.output(b.apply(to: products, limbs: [4, 3], CircuitBuilder.relu))
    return SmallNetwork(b, batches: [1, 2, 3])
  }()

  /// out(o) = part1(o) + part2(o − 5), 5 and 6 entries long, of advice, weights and inputs: as simple terms, in
  /// products over the concatenated axis, and bound beside another operand.
  private static let concatenation: SmallNetwork = {
    var b = CircuitBuilder("concatenation", axes: [5, 6, 11, 3])
    let (x, z) = (b.input([1]), b.input([2]))
    let y = b.apply(to: b.contraction([1], [b.term(1, b.weight([1], bits: 3), x)]), limbs: [2]) { $0 + 9 }
    let u = b.apply(to: b.contraction([2], [b.term(1, b.weight([2], bits: 3), z)]), limbs: [3], CircuitBuilder.relu)
    let (w, v) = (b.weight([1]), b.weight([2]))
    func shifted(_ column: Int, by start: Int) -> Operand {
      let batch = b.circuit.columns[column].kind == .weight ? [] : [Binding(0)]
      return Operand(column: column, bindings: batch + [Binding(3, slice: .init(start: -start, stride: 1))])
    }
    let pairs = [(y, u), (w, v), (x, z)].flatMap { [shifted($0.0, by: 0), shifted($0.1, by: 5)] }
    let joined = b.contraction([3], pairs.map { Term(operands: [$0]) })
    b.output(b.apply(to: joined, limbs: [4], CircuitBuilder.relu))
    let matrix = b.weight([4, 3], bits: 3)
    let scalar = b.apply(to: b.contraction([], [b.term(1, x, b.weight([1]))]), limbs: [6]) { $0 }
    b.output(b.contraction([4], pairs.map { Term(operands: [b.whole(matrix), $0]) }))
    b.output(b.contraction([3], pairs.map { Term(operands: [$0, b.whole(scalar)]) }))
    b.output(b.contraction([3], [Term(operands: [pairs[0], pairs[1]]), Term(operands: [pairs[1], pairs[3], pairs[5]])]))
    return SmallNetwork(b, batches: [1, 2, 3])
  }()

  /// Reads before the start and beyond the end of a column, with strides, of output and summed axes.
  private static let shiftedReads: SmallNetwork = {
    var b = CircuitBuilder("shifted reads", axes: [5, 7, 13])
    let x = b.input([1], -4...3)
    let y = b.apply(to: b.contraction([1], [b.term(1, b.weight([1], bits: 3), x)]), limbs: [2]) { $0 + 9 }
    let w = b.weight([1])
    func view(_ column: Int, _ loop: Int, _ start: Int, _ stride: Int) -> Operand {
      let batch = b.circuit.columns[column].kind == .weight ? [] : [Binding(0)]
      return Operand(column: column, bindings: batch + [Binding(loop, slice: .init(start: start, stride: stride))])
    }
    let columns = [x, y, w]
    let simple = [(-3, 1), (-3, 2), (2, 2), (-8, 3), (4, 1), (0, 1)].flatMap { start, stride in
      columns.map { Term(operands: [view($0, 2, start, stride)]) }
    }
    b.output(b.contraction([2], simple))
    let matrix = b.weight([2, 3], bits: 3)
    let products = [(-4, 1), (-9, 2), (3, 1), (0, 1)].flatMap { start, stride in
      columns.map { Term(operands: [b.whole(matrix), view($0, 3, start, stride)]) }
    }
    let summed = columns.map { Term(operands: [view($0, 3, -1, 2), view(w, 3, -6, 1)]) }
    let alone = columns.map { Term(coefficient: 3, operands: [view($0, 3, -7, 2)]) }
    b.output(b.contraction([2], products + summed + alone))
    return SmallNetwork(b, batches: [1, 3])
  }()

  /// Shifted reads of columns of many rows, along the axis that is split between rows and entries.
  private static let shiftedRows: SmallNetwork = {
    var b = CircuitBuilder("shifted rows", axes: [3, 11, 300, 520])
    let x = b.input([4], 0...3)
    let (w, v) = (b.weight([1, 2, 3], bits: 3), b.weight([3], bits: 2))
    func shift(_ start: Int) -> Binding { Binding(4, slice: .init(start: start, stride: 1)) }
    let parts = [0, -220, -7, 250].map { start in
      Term(operands: [Operand(column: w, bindings: [Binding(1), Binding(2), shift(start)]), b.whole(x)])
    }
    let a = b.contraction([1], parts + [Term(operands: [Operand(column: v, bindings: [shift(-300)])])])
    b.output(b.apply(to: a, limbs: [4, 4], CircuitBuilder.relu))
    b.output(b.contraction([4], [Term(operands: [Operand(column: v, bindings: [shift(-220)])])]))
    return SmallNetwork(b, batches: [1, 5])
  }()

  private static let inputSlices: SmallNetwork = {
    var b = CircuitBuilder("slices of inputs", axes: [3, 9, 5])
    let x = b.input([2])
    func view(_ start: Int, _ stride: Int, _ loop: Int) -> Operand {
      Operand(column: x, bindings: [Binding(0), Binding(loop, slice: .init(start: start, stride: stride))])
    }
    let w = b.weight([1, 3])
    b.output(
      b.contraction(
        [1],
        [
          Term(operands: [view(0, 1, 1)]), Term(operands: [view(6, 1, 1), view(0, 4, 1)]),
          Term(operands: [b.whole(w), view(0, 2, 3)]),
        ]))
    return SmallNetwork(b, batches: [1, 3])
  }()

  /// Operands and outputs with their axes in different orders.
  private static let transposed: SmallNetwork = {
    var b = CircuitBuilder("transposed operands", axes: [3, 5, 6])
    let (x, w) = (b.input([1, 2]), b.weight([1, 3]))
    let a = b.contraction([3, 2], [b.term(1, x, w), b.term(2, b.weight([2, 3]))])
    let y = b.apply(to: a, limbs: [3, 2], CircuitBuilder.relu)
    b.output(b.contraction([2, 1], [b.term(1, y, b.weight([3, 1])), b.term(1, x)]))
    return SmallNetwork(b, batches: [1, 3])
  }()

  /// Terms that lack output axes, the batch axis among them.
  private static let broadcast: SmallNetwork = {
    var b = CircuitBuilder("broadcast", axes: [3, 5, 6])
    let x = b.input([1])
    let scalar = b.weight([])
    let a = b.contraction(
      [1, 2], [b.term(1, x), b.term(3, b.weight([2])), b.term(1, scalar), b.term(1, x, b.weight([3]))])
    b.output(b.apply(to: a, limbs: [2, 3]) { abs($0) })
    return SmallNetwork(b, batches: [1, 3])
  }()

  private static let residual: SmallNetwork = {
    var b = CircuitBuilder("residual", axes: [5, 5])
    let x = b.input([1])
    let y = b.apply(
      to: b.contraction([2], [b.term(1, b.weight([2, 1]), x)]), limbs: [4], CircuitBuilder.relu)
    let z = b.apply(
      to: b.contraction([2], [b.term(1, b.weight([2, 1]), x)]), limbs: [2, 2], CircuitBuilder.relu)
    let sum = b.contraction([2], [b.term(1, y), b.term(-1, z)])
    b.output(b.apply(to: sum, limbs: [1]) { min($0, 6) })
    return SmallNetwork(b, batches: [1, 2, 3])
  }()

  /// Products with shared output axes: degree 3 with eq.
  private static let elementwise: SmallNetwork = {
    var b = CircuitBuilder("elementwise product", axes: [5, 3])
    let x = b.input([1])
    let y = b.apply(
      to: b.contraction([2], [b.term(1, b.weight([2, 1]), x)]), limbs: [4], CircuitBuilder.relu)
    let z = b.apply(to: b.contraction([2], [b.term(1, b.weight([2, 1]), x)]), limbs: [5]) { $0 }
    let product = b.contraction([2], [b.term(1, y, z), b.term(1, z, z), b.term(1, y, b.weight([2]))])
    b.output(b.apply(to: product, limbs: [4, 2], CircuitBuilder.relu))
    return SmallNetwork(b, batches: [1, 2, 3])
  }()

  /// So many values before the merge that their pads fill several rows.
  package static let manyTerms: SmallNetwork = {
    var b = CircuitBuilder("many terms", axes: [3, 3])
    let (x, w) = (b.input([1], 0...3), b.weight([2, 1], bits: 3))
    let y = b.apply(to: b.contraction([2], [b.term(1, w, x)]), limbs: [2, 2], CircuitBuilder.relu)
    for _ in 0..<10 { b.output(b.contraction([2], (1...30).map { b.term($0, w, y) })) }
    return SmallNetwork(b, batches: [1])
  }()

  package static let threeOperands: SmallNetwork = {
    var b = CircuitBuilder("three operands", axes: [5, 3, 4])
    let x = b.input([1], -3...3)
    let y = b.apply(to: b.contraction([2], [b.term(1, b.weight([2, 1]), x)]), limbs: [5]) { $0 }
    b.output(
      b.contraction(
        [2], [b.term(1, y, y, y), b.term(1, b.weight([3, 1], bits: 3), b.weight([3, 2], bits: 3), x), b.term(2, y, y)]))
    return SmallNetwork(b, batches: [1, 3])
  }()

  private static let adviceOutput: SmallNetwork = {
    var b = CircuitBuilder("advice output", axes: [5, 3])
    let x = b.input([1])
    let a = b.contraction([2], [b.term(1, b.weight([2, 1]), x)])
    let y = b.apply(to: a, limbs: [4], CircuitBuilder.relu)
    b.output(y)
    b.output(a)
    b.output(y)
    return SmallNetwork(b, batches: [1, 3])
  }()

  /// f(0) ≠ 0, so that padding must not count as a lookup; also a domain without 0.
  private static let liveNumerators: SmallNetwork = {
    var b = CircuitBuilder("no row of zeros", axes: [5, 3])
    let x = b.input([1], 0...3)
    let y = b.apply(to: x) { ($0 * $0 + 3) % 7 }
    let a = b.contraction([2], [b.term(1, b.weight([2, 1]), y)])
    let z = b.apply(to: a, limbs: [4]) { $0 + 5 }
    b.output(b.apply(to: z) { 11 - $0 })
    return SmallNetwork(b, batches: [1, 2, 3])
  }()

  /// Tables of 1, 3 and 5 rows.
  private static let oddTables: SmallNetwork = {
    var b = CircuitBuilder("odd tables", axes: [5])
    let x = b.input([1], 0...4)
    let y = b.apply(to: x) { $0 == 0 ? 0 : 2 }
    let zero = b.input([1], 0...0)
    let z = b.apply(to: zero) { _ in 9 }
    b.output(b.contraction([1], [b.term(1, y, z), b.term(1, b.apply(to: b.input([1], -1...1)) { -$0 })]))
    return SmallNetwork(b, batches: [1, 3])
  }()

  /// Rounding forms with constants, and a column that is never negative.
  private static let comparison: SmallNetwork = {
    var b = CircuitBuilder("constants in forms", axes: [5, 3])
    let x = b.input([1], -4...3)
    let a = b.contraction([2], [b.term(1, b.weight([2, 1]), x)])
    b.output(b.apply(to: a, plus: 21, limbs: [2, 3], CircuitBuilder.relu))
    b.output(b.apply(to: a, plus: -64, limbs: [4]) { $0 })
    let square = b.contraction([1], [b.term(1, x, x)])
    b.requireNonnegative(square, limbs: [2, 1], bits: 2)
    return SmallNetwork(b, batches: [1, 3])
  }()

  private static let twoPorts: SmallNetwork = {
    var b = CircuitBuilder("two inputs and outputs", axes: [5, 3])
    let (x, z) = (b.input([1]), b.input([2, 1], -9...3))
    let a = b.contraction([2], [b.term(1, z, x), b.term(1, b.weight([2, 1]), x)])
    let y = b.apply(to: a, limbs: [5], CircuitBuilder.relu)
    b.output(b.contraction([2], [b.term(7, y)]))
    b.output(b.contraction([1], [b.term(1, z, y)]))
    return SmallNetwork(b, batches: [1, 2, 3])
  }()

  /// Axes of size 1 and lookups of a single entry.
  private static let scalars: SmallNetwork = {
    var b = CircuitBuilder("scalars", axes: [1, 1])
    let x = b.input([1])
    let a = b.contraction([], [b.term(1, b.weight([2, 1]), x), b.term(1, b.weight([]), b.weight([]))])
    b.output(b.apply(to: a, limbs: [3], CircuitBuilder.relu))
    return SmallNetwork(b, batches: [1, 2])
  }()

  /// A model commitment of an odd number of rows.
  private static func rowColumns(rows: Int) -> SmallNetwork {
    var b = CircuitBuilder("\(rows) rows", axes: [256, 16 * rows])
    let x = b.input([1], 0...3)
    let a = b.contraction([2], [b.term(1, b.weight([2, 1], bits: 3), x)])
    b.output(b.apply(to: a, limbs: [5], CircuitBuilder.relu))
    return SmallNetwork(b, batches: [1])
  }

  /// Row columns whose split axis is not a multiple of its slots, with leading axes before it.
  private static let splitAxis: SmallNetwork = {
    var b = CircuitBuilder("split axis", axes: [3, 11, 300, 5])
    let x = b.input([3], 0...3)
    let w = b.weight([1, 2, 3], bits: 3)
    let a = b.contraction([1, 2], [b.term(1, w, x)])
    let y = b.apply(to: a, limbs: [4], CircuitBuilder.relu)
    b.output(b.contraction([4], [b.term(1, b.weight([4, 2, 1]), y)]))
    return SmallNetwork(b, batches: [1, 65])
  }()
}
