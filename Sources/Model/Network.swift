/// A float network: operators applied to one batch of samples.
///
/// Values are numbered: 0 is the input, i + 1 is made by `nodes[i]`. Shapes are those of one sample; every value has a
/// leading batch axis beside them.
package struct Network: Sendable {
  package let name: String
  package let input: NamedShape
  package let output: NamedShape
  package let nodes: [Node]

  package init(name: String, input: NamedShape, output: NamedShape, nodes: [Node]) {
    self.name = name
    self.input = input
    self.output = output
    self.nodes = nodes
  }
}

/// A named input or output of a network, with the shape of one sample.
package struct NamedShape: Sendable, Equatable {
  package let name: String
  package let shape: [Int]

  package init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }

  package var width: Int { shape.reduce(1, *) }
}

/// One operator of a network, in an order in which every operand comes before its use. The last node makes the output.
package struct Node: Sendable {
  package let name: String
  package let operand: Int
  package var operation: Operation
  package let shape: [Int]

  package init(name: String, operand: Int, operation: Operation, shape: [Int]) {
    self.name = name
    self.operand = operand
    self.operation = operation
    self.shape = shape
  }
}

package enum Operation: Sendable {
  case linear(Linear)
  case relu
  /// The same elements in the same order under another shape.
  case reshape
}

/// y[o] = Σ_i weights[o, i]·x[i] + bias[o]
package struct Linear: Sendable {
  package let inputCount: Int
  package let outputCount: Int
  /// outputCount × inputCount, row-major.
  package let weights: [Float]
  /// outputCount
  package var bias: [Float]

  package init(inputCount: Int, outputCount: Int, weights: [Float], bias: [Float]) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.weights = weights
    self.bias = bias
  }
}

extension Network {
  package var parameterCount: Int {
    nodes.reduce(0) { $0 + $1.operation.parameterCount }
  }

  /// Multiplications of one sample.
  package var multiplicationCount: Int {
    nodes.reduce(0) { $0 + $1.operation.multiplicationCount }
  }

  /// The shape of one sample of a value.
  func shape(of value: Int) -> [Int] { value == 0 ? input.shape : nodes[value - 1].shape }
}

extension Operation {
  var parameterCount: Int {
    switch self {
    case .linear(let linear): linear.weights.count + linear.bias.count
    case .relu, .reshape: 0
    }
  }

  var multiplicationCount: Int {
    switch self {
    case .linear(let linear): linear.weights.count
    case .relu, .reshape: 0
    }
  }
}
