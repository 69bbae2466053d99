extension Operation<Double> {
  /// The same operation for each place of one more axis, the first one of its result.
  ///
  /// - Parameters:
  ///   - count: The size of the new axis; nil for none.
  ///   - prefixes: By operand, how axes are read that come before its own.
  func leading(_ count: Int?, _ prefixes: [Reading]) -> Operation {
    let shift = count == nil ? 0 : 1
    func moved(_ reading: Reading, of operand: Int) -> Reading { prefixes[operand] + reading.map { $0.renumbered { $0 + shift } } }
    func moved(_ factor: Factor) -> Factor {
      switch factor {
      case .operand(let operand, let reading): .operand(operand, moved(reading, of: operand))
      case .constant: factor
      }
    }
    func moved(_ constant: Contraction<Double>.Constant) -> Contraction<Double>.Constant {
      .init(loops: constant.loops.map { $0 + shift }, constant.values, isPublic: constant.isPublic, array: constant.array)
    }
    let leading = count.map { [$0] } ?? []
    switch self {
    case .contraction(let contraction):
      return .contraction(
        Contraction(
          loops: leading + contraction.loops, constants: contraction.constants.map(moved),
          terms: contraction.terms.map { .init($0.coefficient, $0.factors.map(moved)) }))
    case .maximum(let maximum):
      return .maximum(Maximum(loops: leading + maximum.loops, reading: moved(maximum.reading, of: 0)))
    case .softmax(let softmax):
      return .softmax(
        Softmax(
          shape: leading + softmax.loops.dropLast(), axis: softmax.axis + shift, constants: softmax.constants.map(moved),
          masks: softmax.masks.map(moved)))
    case .map, .reshape, .delay: return self
    }
  }
}

extension Network {
  /// The network in which values and inputs without axes have one of size 1.
  func withoutScalars() -> Network {
    var network = self
    // An id is one number, and codes of it have an axis.
    let isScalar = inputs.map(\.shape.isEmpty) + nodes.map(\.shape.isEmpty)
    guard isScalar.contains(true) else { return self }
    network.inputs = inputs.map { $0.shape.isEmpty ? NamedShape(name: $0.name, shape: [1], kind: $0.kind) : $0 }
    network.nodes = nodes.enumerated().map { index, node in
      let isOne = isScalar[inputs.count + index]
      return Node(
        name: node.name, operands: node.operands,
        operation: node.operation.leading(isOne ? 1 : nil, node.operands.map { isScalar[$0] ? [Index()] : [] }),
        shape: isOne ? [1] : node.shape)
    }
    return network
  }
}
