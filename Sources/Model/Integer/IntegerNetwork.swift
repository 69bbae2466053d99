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

  /// Weights, biases and other secret constants.
  package var parameterCount: Int { nodes.reduce(0) { $0 + $1.operation.parameterCount } }
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

package enum IntegerOperation: Sendable, Equatable {
  /// Accumulators over the last axis: … × in to … × out.
  case linear(IntegerLinear)
  /// Accumulators of channels × rows × columns.
  case convolution(IntegerConvolution)
  /// Accumulators x·scale + shift with vectors of secret constants.
  case affine(IntegerAffine)
  /// Accumulators Σ coefficient · operand; operands broadcast.
  case combination([Int64])
  /// Accumulators coefficient · x · y; operands broadcast.
  case product(Int64)
  /// Accumulators: the operands, each times its coefficient, one after the other along an axis.
  case concatenation(axis: Int, [Int64])
  /// Accumulators coefficient · Σ of each window, of channels × rows × columns.
  case windowSum(Window, Int64)
  /// Accumulators coefficient · Σ of `count` elements along some axes, which remain with size 1.
  case reduce(axes: [Int], count: Int, Int64)
  /// The largest element of each window, of channels × rows × columns.
  case windowMaximum(Window)
  /// Activations from accumulators.
  case requantize(Requantization)
  /// Activations from activations.
  case table(ActivationFunction)
  case reshape
  case transpose(order: [Int])
  /// start + stride·i along an axis, stride ≥ 1.
  case slice(axis: Int, start: Int, stride: Int)

  var parameterCount: Int {
    switch self {
    case .linear(let linear): linear.weights.count + linear.bias.count
    case .convolution(let convolution): convolution.weights.count + convolution.bias.count
    case .affine(let affine): affine.scale.count + affine.shift.count
    case .combination, .product, .concatenation, .windowSum, .reduce, .windowMaximum, .requantize, .table, .reshape,
      .transpose, .slice:
      0
    }
  }

  package var makesAccumulators: Bool {
    switch self {
    case .linear, .convolution, .affine, .combination, .product, .concatenation, .windowSum, .reduce: true
    case .windowMaximum, .requantize, .table, .reshape, .transpose, .slice: false
    }
  }
}
