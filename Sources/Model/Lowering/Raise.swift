import Circuit

extension IntegerNetwork {
  /// The network that a lowered network computes, reshapes left out: the plain executor of a compiled circuit.
  ///
  /// Nil for a circuit that is not a chain of linear layers with clamps between, as `lower` makes it.
  package init?(_ lowered: LoweredNetwork) {
    let circuit = lowered.circuit
    guard circuit.inputs.count == 1, circuit.outputs.count == 1 else { return nil }
    let (input, output) = (circuit.inputs[0], circuit.outputs[0])
    var chain = ChainReader(circuit: circuit, weights: lowered.weights, current: input.column)
    for contraction in circuit.contractions { guard chain.read(contraction) else { return nil } }
    guard chain.current == output.column else { return nil }
    self.init(
      name: circuit.name, input: InputEncoding(input, circuit),
      output: NamedShape(name: output.name, shape: output.dimensions), outputScale: circuit.scale(of: output), nodes: chain.nodes)
  }
}

extension InputEncoding {
  /// The encoding of an input of a circuit.
  package init(_ port: Port, _ circuit: ArithmeticCircuit) {
    let column = circuit.shownColumn(port)
    self.init(
      port: NamedShape(name: port.name, shape: port.dimensions), scale: column.scale, range: column.lower...column.upper)
  }
}

private struct ChainReader {
  let circuit: ArithmeticCircuit
  let weights: [[Int64]]
  /// The column of the last node.
  var current: Int
  var nodes: [IntegerNode] = []

  /// Appends a linear layer and its requantization, if it has one.
  mutating func read(_ contraction: Contraction) -> Bool {
    let terms = contraction.terms
    guard terms.count == 2, terms.allSatisfy({ $0.coefficient == 1 }), terms[0].operands.count == 2,
      terms[1].operands.count == 1, terms[0].operands[1].column == current,
      let weight = integers(terms[0].operands[0]), let bias = integers(terms[1].operands[0]),
      weight.count == bias.count * width(current), width(contraction.output) == bias.count
    else { return false }
    let weights = weight.compactMap { Int32(exactly: $0) }
    guard weights.count == weight.count else { return false }
    let suffix = ".accumulator"
    let name = circuit.columns[contraction.output].name
    let linear = IntegerLinear(
      inputCount: width(current), outputCount: bias.count, weights: weights, bias: bias)
    append(String(name.dropLast(name.hasSuffix(suffix) ? suffix.count : 0)), .linear(linear), contraction.output)
    for lookup in circuit.lookups where lookup.forms[0].parts[0].column == current && lookup.forms.count == 2 {
      guard let column = lookup.forms[1].plainColumn, let requantization = requantization(lookup) else { return false }
      append(nodes[nodes.count - 1].name, .requantize(requantization), column)
    }
    return true
  }

  private func requantization(_ lookup: Lookup) -> Requantization? {
    let table = circuit.tables[lookup.table]
    guard case .function(let lower, let values) = table.content, lookup.forms[0].shift > 0 else { return nil }
    let domain = lower...lower + Int64(values.count) - 1
    let requantization = Requantization(
      shift: lookup.forms[0].shift, clamp: table.codomain.lower...table.codomain.upper, domain: domain)
    return domain.map(requantization.activation) == values ? requantization : nil
  }

  private mutating func append(_ name: String, _ operation: IntegerOperation, _ column: Int) {
    nodes.append(
      IntegerNode(
        name: name, operand: nodes.count, operation: operation, shape: [width(column)],
        range: circuit.columns[column].lower...circuit.columns[column].upper))
    current = column
  }

  private func width(_ column: Int) -> Int {
    circuit.columns[column].axes.dropFirst().reduce(1) { $0 * circuit.axes[$1] }
  }

  private func integers(_ operand: Operand) -> [Int64]? {
    guard operand.bindings.allSatisfy({ $0.slice == nil }) else { return nil }
    return circuit.columns(of: .weight).firstIndex(of: operand.column).map { weights[$0] }
  }
}
