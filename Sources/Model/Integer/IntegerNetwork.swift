/// A network of integer operators. What its executor computes is what is proved.
///
/// Values are numbered as in `Network`: 0 is the input, i + 1 is made by `nodes[i]`; the last node makes the output.
package struct IntegerNetwork: Sendable, Equatable {
  package let name: String
  package let input: InputEncoding
  package let output: Port
  package let nodes: [IntegerNode]

  /// The integers that a value can take.
  package func range(of value: Int) -> ClosedRange<Int64> { value == 0 ? input.range : nodes[value - 1].range }

  /// What one step of a value is worth.
  package func scale(of value: Int) -> Double { value == 0 ? input.scale : nodes[value - 1].scale }

  package var outputScale: Double { scale(of: nodes.count) }
}

package struct IntegerNode: Sendable, Equatable {
  /// The name of the node of the model that it comes from.
  package let name: String
  package let operand: Int
  package let operation: IntegerOperation
  /// Of one sample.
  package let shape: [Int]
  /// What one step of the result is worth.
  package let scale: Double
  /// Holds every result for operands in their ranges.
  package let range: ClosedRange<Int64>
}

package enum IntegerOperation: Sendable, Equatable {
  /// Makes accumulators.
  case linear(IntegerLinear)
  /// Makes activations from accumulators.
  case requantize(Requantization)
  case reshape
}
