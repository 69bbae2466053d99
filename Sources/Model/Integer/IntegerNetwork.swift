/// A network of integer operators. What its executor computes is what is proved.
///
/// Values are numbered as in `Network`: 0 is the input, i + 1 is made by `nodes[i]`; the last node makes the output.
package struct IntegerNetwork: Sendable, Equatable {
  package let name: String
  package let input: InputEncoding
  package let output: NamedShape
  /// The real value of the integer 1 in the output.
  package let outputScale: Double
  package let nodes: [IntegerNode]

  package init(
    name: String, input: InputEncoding, output: NamedShape, outputScale: Double, nodes: [IntegerNode]
  ) {
    self.name = name
    self.input = input
    self.output = output
    self.outputScale = outputScale
    self.nodes = nodes
  }

  /// The integers that a value can take.
  package func range(of value: Int) -> ClosedRange<Int64> { value == 0 ? input.range : nodes[value - 1].range }
}

package struct IntegerNode: Sendable, Equatable {
  /// The name of the node of the model that it comes from.
  package let name: String
  package let operand: Int
  package let operation: IntegerOperation
  /// Of one sample.
  package let shape: [Int]
  /// Holds every result for operands in their ranges.
  package let range: ClosedRange<Int64>

  package init(
    name: String, operand: Int, operation: IntegerOperation, shape: [Int], range: ClosedRange<Int64>
  ) {
    self.name = name
    self.operand = operand
    self.operation = operation
    self.shape = shape
    self.range = range
  }
}

package enum IntegerOperation: Sendable, Equatable {
  /// Makes accumulators.
  case linear(IntegerLinear)
  /// Makes activations from accumulators.
  case requantize(Requantization)
  case reshape
}
