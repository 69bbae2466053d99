/// A network of integer operators. What its executor computes is what is proved.
///
/// Values are numbered as in `Network`: first the inputs, then the result of each node. A node makes *accumulators*,
/// which only a requantization, a reshape or an output reads, or *activations*.
package struct IntegerNetwork: Sendable, Equatable {
  package let name: String
  package let inputs: [InputEncoding]
  package let outputs: [NetworkOutput]
  package let nodes: [IntegerNode]

  package init(name: String, inputs: [InputEncoding], outputs: [NetworkOutput], nodes: [IntegerNode]) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.nodes = nodes
  }

  /// The integers that a value can take.
  package func range(of value: Int) -> ClosedRange<Int64> {
    value < inputs.count ? inputs[value].range : nodes[value - inputs.count].range
  }

  /// What the integer 1 of a value is worth.
  package func scale(of value: Int) -> Double {
    value < inputs.count ? inputs[value].scale : nodes[value - inputs.count].scale
  }

  /// Of one sample.
  package func shape(of value: Int) -> [Int] {
    value < inputs.count ? inputs[value].port.shape : nodes[value - inputs.count].shape
  }

  package func node(of value: Int) -> IntegerNode? {
    value < inputs.count ? nil : nodes[value - inputs.count]
  }
}

package struct IntegerNode: Sendable, Equatable {
  /// The name of the node of the model whose result it is, or is to be.
  package let name: String
  package let operands: [Int]
  package let operation: IntegerOperation
  /// Of one sample.
  package let shape: [Int]
  /// Holds every result for operands in their ranges.
  package let range: ClosedRange<Int64>
  /// What the integer 1 is worth.
  package let scale: Double

  package init(
    name: String, operands: [Int], operation: IntegerOperation, shape: [Int], range: ClosedRange<Int64>,
    scale: Double
  ) {
    self.name = name
    self.operands = operands
    self.operation = operation
    self.shape = shape
    self.range = range
    self.scale = scale
  }
}

extension IntegerNode {
  /// Whether an axis of this size is read from its first to its last element by a loop that can be an axis of the circuit.
  func reads(_ index: Index, whole size: Int) -> Bool {
    let rank = if case .maximum = operation { shape.count } else { Int.max }
    return index.isWhole(size, operation.loops) && index.steps.allSatisfy { $0.loop < rank || operation.loops[$0.loop] == 1 }
  }
}

package enum IntegerOperation: Sendable, Equatable {
  /// Accumulators.
  case contraction(Contraction<Int64>)
  /// The largest element that is inside the operand, over the loops beyond the result's axes.
  case maximum(loops: [Int], Reading)
  /// Activations from accumulators.
  case requantize(Requantization)
  /// Activations from activations.
  case table(ActivationFunction)
  case reshape
  case transpose(order: [Int])
  /// start + stride·i along an axis, stride ≥ 1.
  case slice(axis: Int, start: Int, stride: Int)

  package var makesAccumulators: Bool { if case .contraction = self { true } else { false } }

  /// Sizes, those of the result's axes first; none where result and operand are read in the same order.
  var loops: [Int] {
    switch self {
    case .contraction(let contraction): contraction.loops
    case .maximum(let loops, _): loops
    case .requantize, .table, .reshape, .transpose, .slice: []
    }
  }

  /// How the loops read operands, each way once.
  var readings: [(operand: Int, reading: Reading)] {
    switch self {
    case .contraction(let contraction):
      let factors = contraction.terms.flatMap(\.factors)
      var known: Set<Factor> = []
      return factors.compactMap { factor in
        guard case .operand(let operand, let reading) = factor, known.insert(factor).inserted else { return nil }
        return (operand, reading)
      }
    case .maximum(_, let reading): return [(0, reading)]
    case .requantize, .table, .reshape, .transpose, .slice: return []
    }
  }

  var constants: [Contraction<Int64>.Constant] {
    if case .contraction(let contraction) = self { contraction.constants } else { [] }
  }
}
