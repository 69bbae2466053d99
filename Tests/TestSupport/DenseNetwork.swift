import Circuit

/// A random dense network as a circuit with weights: contraction, rounding and ReLU for each layer but the last.
package struct DenseNetwork {
  package var circuit: ArithmeticCircuit
  package var weights: [[Int64]]
  package var inputSize: Int

  /// - Parameters:
  ///   - sizes: of the input and each layer.
  ///   - limbBits: widths of the remainder's limbs, lowest first; their sum is the shift.
  package init(sizes: [Int], limbBits: [Int] = [8, 4], seed: UInt64 = 1) {
    var random = RepeatableRandom(seed: seed)
    let shift = limbBits.reduce(0, +)
    inputSize = sizes[0]
    var circuit = ArithmeticCircuit(name: "dense", batchCap: 1 << 10, axes: [0] + sizes)
    let lower = Int64(-1) << 11
    circuit.tables = [
      Table(name: "relu", content: .function(lower: lower, values: (lower..<(-lower)).map { min(max($0, 0), 255) }))
    ]
    for (index, bits) in limbBits.enumerated() {
      let isLast = index == limbBits.count - 1
      circuit.tables.append(
        Table(name: "limb\(index)", content: .range(lower: isLast ? -(1 << Int64(bits - 1)) : 0, bits: bits)))
    }
    circuit.columns = [Column(name: "x", kind: .public, axes: [0, 1], lower: 0, upper: 255)]
    circuit.inputs = [Port(column: 0, name: "x", dimensions: [sizes[0]])]
    weights = []
    var activation = 0
    for layer in 1..<sizes.count {
      let base = circuit.columns.count
      let (fanIn, fanOut) = (sizes[layer - 1], sizes[layer])
      let bound = Int64(fanIn) * 255 << 15 + 1 << 30
      let (lowerBias, upperBias) = Column.weightRange(bitCount: 20)
      circuit.columns += [
        Column(name: "w\(layer)", kind: .weight, axes: [layer + 1, layer], lower: -32768, upper: 32767),
        Column(name: "b\(layer)", kind: .weight, axes: [layer + 1], lower: lowerBias, upper: upperBias),
        Column(name: "a\(layer)", kind: .virtual, axes: [0, layer + 1], lower: -bound, upper: bound),
      ]
      let limit = Int64(1 << 11) << Int64(shift) / Int64(fanIn * 255) / 2
      weights.append((0..<fanIn * fanOut).map { _ in Int64.random(in: -min(limit, 32767)...min(limit, 32767), using: &random) })
      weights.append((0..<fanOut).map { _ in Int64.random(in: -100000...100000, using: &random) })
      circuit.contractions.append(
        Contraction(
          output: base + 2,
          terms: [
            Term(operands: [
              Operand(column: base, bindings: [Binding(layer + 1), Binding(layer)]),
              Operand(column: activation, bindings: [Binding(0), Binding(layer)]),
            ]),
            Term(operands: [Operand(column: base + 1, bindings: [Binding(layer + 1)])]),
          ]))
      guard layer < sizes.count - 1 else {
        circuit.outputs = [Port(column: base + 2, name: "y", dimensions: [fanOut])]
        break
      }
      var form = AffineForm(shift: shift, parts: [.init(column: base + 2, coefficient: 1)])
      var offset = 0
      for (index, bits) in limbBits.enumerated() {
        let (lower, upper) = circuit.tables[1 + index].domain
        form.parts.append(.init(column: circuit.columns.count, coefficient: -(1 << Int64(offset))))
        circuit.lookups.append(Lookup(table: 1 + index, forms: [AffineForm(bare: circuit.columns.count)]))
        circuit.columns.append(
          Column(name: "r\(layer).\(index)", kind: .advice, axes: [0, layer + 1], lower: lower, upper: upper))
        offset += bits
      }
      activation = circuit.columns.count
      circuit.lookups.append(Lookup(table: 0, forms: [form, AffineForm(bare: activation)]))
      circuit.columns.append(
        Column(name: "y\(layer)", kind: .advice, axes: [0, layer + 1], lower: 0, upper: 255))
    }
    self.circuit = circuit
  }

  package func input(batch: Int, seed: UInt64 = 7) -> [[Int64]] {
    var random = RepeatableRandom(seed: seed)
    return [(0..<batch * inputSize).map { _ in Int64.random(in: 0...255, using: &random) }]
  }
}
