/// A float network: operators applied to one batch of samples.
///
/// Values are numbered: first the inputs, then the result of each node, in order. Shapes are those of one sample; every
/// value has a leading batch axis beside them.
package struct Network: Sendable {
  package let name: String
  package let inputs: [NamedShape]
  package let outputs: [NetworkOutput]
  package let nodes: [Node]
  /// What the importer left out on purpose, a line each.
  package let notices: [String]
  /// Numbers that may be trained and are in expressions all the same.
  package let publicNumbers: [PublicNumbers]

  package init(
    name: String, inputs: [NamedShape], outputs: [NetworkOutput], nodes: [Node], notices: [String] = [],
    publicNumbers: [PublicNumbers] = []
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.nodes = nodes
    self.notices = notices
    self.publicNumbers = publicNumbers
  }

  /// The same network of other nodes.
  func replacing(_ outputs: [NetworkOutput], _ nodes: [Node]) -> Network {
    Network(
      name: name, inputs: inputs, outputs: outputs, nodes: nodes, notices: notices, publicNumbers: publicNumbers)
  }

  /// The shape of one sample of a value.
  package func shape(of value: Int) -> [Int] {
    value < inputs.count ? inputs[value].shape : nodes[value - inputs.count].shape
  }
}

/// A named input or output of a network, with the shape of one sample.
package struct NamedShape: Sendable, Equatable {
  package let name: String
  package let shape: [Int]
  /// True when the network flattens it before anything else.
  package let isReadFlat: Bool

  package init(name: String, shape: [Int], isReadFlat: Bool = false) {
    self.name = name
    self.shape = shape
    self.isReadFlat = isReadFlat
  }

  package var width: Int { shape.reduce(1, *) }
}

/// An output of a network.
package struct NetworkOutput: Sendable, Equatable {
  package let name: String
  package var value: Int
  /// Nil to show the value itself; k to show only the indices of the k largest elements of each row along the last axis,
  /// ascending.
  package var classCount: Int?
  /// Whether the one index of a row has no axis of its own.
  package var dropsClassAxis: Bool
  /// The operator that the model has between the value and this output.
  package let leftOut: String?

  package init(
    name: String, value: Int, classCount: Int? = nil, dropsClassAxis: Bool = false, leftOut: String? = nil
  ) {
    self.name = name
    self.value = value
    self.classCount = classCount
    self.dropsClassAxis = dropsClassAxis
    self.leftOut = leftOut
  }

  /// The shape of what it shows of a value of this shape.
  package func shape(of value: [Int]) -> [Int] {
    classCount.map { value.dropLast() + (dropsClassAxis ? [] : [$0]) } ?? value
  }

  /// The indices that it shows of a value of this shape; nil where it shows the value itself.
  func classes(_ values: [some Comparable], shape: [Int]) -> [Int]? {
    guard let classCount, let size = shape.last else { return nil }
    return stride(from: 0, to: values.count, by: size).flatMap {
      largestIndices(Array(values[$0..<$0 + size]), count: classCount)
    }
  }
}

/// One operator of a network, in an order in which every operand comes before its use.
package struct Node: Sendable {
  package let name: String
  package let operands: [Int]
  package var operation: Operation
  package let shape: [Int]

  package init(name: String, operands: [Int], operation: Operation, shape: [Int]) {
    self.name = name
    self.operands = operands
    self.operation = operation
    self.shape = shape
  }

  func with(name: String) -> Node { Node(name: name, operands: operands, operation: operation, shape: shape) }
}

package enum Operation: Sendable {
  /// Over the last axis of one operand: … × in to … × out.
  case linear(Linear)
  /// Of one operand, channels × rows × columns.
  case convolution(Convolution)
  /// x·scale + shift of one operand, with vectors of constants.
  case affine(Affine)
  /// The same function of every element of one operand.
  case pointwise(Pointwise)
  /// Sums of products of operands.
  case contraction(Contraction<Double>)
  /// The largest element of each window of one operand, channels × rows × columns.
  case windowMaximum(Window)
  /// The same elements in the same order under another shape.
  case reshape
  /// Axis i of the result is axis `order[i]` of the operand.
  case transpose(order: [Int])
  /// The indices start + stride·i along one axis, i below the result's size. The stride may be negative.
  case slice(axis: Int, start: Int, stride: Int)
  /// scale · clamp(round half to even(x / scale), range): a QuantizeLinear and the DequantizeLinear of its result. The
  /// zero point is taken off the range.
  case quantize(FixedQuantization)
}

/// y[o] = Σ_i weights[o, i]·x[i] + bias[o]
package struct Linear: Sendable {
  package let inputCount: Int
  package let outputCount: Int
  /// outputCount × inputCount, row-major.
  package var weights: [Float]
  /// outputCount
  package var bias: [Float]

  package init(inputCount: Int, outputCount: Int, weights: [Float], bias: [Float]) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.weights = weights
    self.bias = bias
  }
}

/// y[o, r, c] = Σ weights[o, i, k, l]·x[g + i, row and column k, l of window r, c] + bias[o], g being the first channel of
/// o's group.
package struct Convolution: Sendable {
  package var window: Window
  package let groupCount: Int
  /// Of all groups.
  package let inputCount: Int
  package let outputCount: Int
  /// outputCount × inputCount / groupCount × rows × columns of the window, row-major.
  package var weights: [Float]
  /// outputCount
  package var bias: [Float]

  package init(
    window: Window, groupCount: Int, inputCount: Int, outputCount: Int, weights: [Float], bias: [Float]
  ) {
    self.window = window
    self.groupCount = groupCount
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.weights = weights
    self.bias = bias
  }

  /// A shape of channels × rows × columns with an axis for several groups of channels.
  func grouped(_ shape: [Int]) -> [Int] {
    groupCount == 1 ? shape : [groupCount, shape[0] / groupCount] + shape.dropFirst()
  }

  /// For each output channel the input channels that it reads.
  var channels: [Range<Int>] { groupedChannels(inputCount, outputCount, groupCount: groupCount) }
}

func groupedChannels(_ inputCount: Int, _ outputCount: Int, groupCount: Int) -> [Range<Int>] {
  let size = inputCount / groupCount
  return (0..<outputCount).map { output in
    let group = output / (outputCount / groupCount)
    return group * size..<(group + 1) * size
  }
}

/// y = x·scale + shift; both have `shape`, which broadcasts to that of x (aligned at the last axis, sizes equal or 1).
package struct Affine: Sendable {
  package let shape: [Int]
  package var scale: [Float]
  package var shift: [Float]

  package init(shape: [Int], scale: [Float], shift: [Float]) {
    self.shape = shape
    self.scale = scale
    self.shift = shift
  }
}

/// The integers that a model itself prescribes for a value.
package struct FixedQuantization: Sendable, Equatable {
  package let scale: Double
  package let range: ClosedRange<Int64>

  package init(scale: Double, range: ClosedRange<Int64>) {
    self.scale = scale
    self.range = range
  }
}

/// A function of one real number, as an expression in x.
package indirect enum Pointwise: Sendable, Equatable {
  package enum Function: String, Sendable, CaseIterable {
    case erf, exp, tanh, sigmoid, relu, sqrt, log, abs, reciprocal, negate
    /// 1 where x > 0, else 0.
    case step
  }

  case x
  case constant(Double)
  case function(Function, Pointwise)
  case sum(Pointwise, Pointwise)
  case product(Pointwise, Pointwise)
  case power(Pointwise, Double)
  case minimum(Pointwise, Pointwise)
  case maximum(Pointwise, Pointwise)
}

extension Network {
  /// The inputs, with what is known of how the network reads them.
  package var ports: [NamedShape] {
    inputs.enumerated().map { index, input in
      let readers = nodes.filter { $0.operands.contains(index) }
      let isReadFlat = !readers.isEmpty && readers.allSatisfy { node in
        if case .reshape = node.operation { node.shape.count { $0 != 1 } <= 1 } else { false }
      }
      return NamedShape(name: input.name, shape: input.shape, isReadFlat: isReadFlat)
    }
  }

  package var parameterCount: Int {
    nodes.reduce(0) { $0 + $1.operation.parameterCount }
  }

  /// Multiplications of one sample by weights, constants and other values.
  package var multiplicationCount: Int {
    nodes.reduce(0) { count, node in
      let elements = node.shape.reduce(1, *)
      switch node.operation {
      case .linear(let linear): return count + elements * linear.inputCount
      case .convolution(let convolution):
        return count + elements * (convolution.weights.count / convolution.outputCount)
      case .affine: return count + elements
      case .contraction(let contraction):
        let products = contraction.terms.filter { $0.factors.count > 1 }
        return count + elements * contraction.placeCount(of: products, rank: node.shape.count)
      case .pointwise, .windowMaximum, .reshape, .transpose, .slice, .quantize: return count
      }
    }
  }

  /// The shape of what an output shows of one sample.
  package func shape(of output: NetworkOutput) -> [Int] {
    output.shape(of: shape(of: output.value))
  }
}

extension Operation {
  /// Whether it only gives elements other places.
  var isView: Bool {
    switch self {
    case .reshape, .transpose, .slice: true
    case .linear, .convolution, .affine, .pointwise, .contraction, .windowMaximum, .quantize: false
    }
  }

  /// About how many multiplications or comparisons one element of a result of so many axes takes, at least one.
  ///
  /// A window has at most `maximumTapCount` elements.
  func stepCount(rank: Int) -> Int {
    switch self {
    case .linear(let linear): max(linear.inputCount, 1)
    case .convolution(let convolution): max(convolution.weights.count / convolution.outputCount, 1)
    case .windowMaximum(let window): window.tapCount
    case .contraction(let contraction): max(contraction.placeCount(of: contraction.terms, rank: rank), 1)
    case .affine, .pointwise, .reshape, .transpose, .slice, .quantize: 1
    }
  }

  var parameterCount: Int {
    switch self {
    case .linear(let linear): linear.weights.count + linear.bias.count
    case .convolution(let convolution): convolution.weights.count + convolution.bias.count
    case .affine(let affine): affine.scale.count + affine.shift.count
    case .pointwise, .contraction, .windowMaximum, .reshape, .transpose, .slice, .quantize: 0
    }
  }

  /// Whether all constants are finite.
  var isFinite: Bool {
    switch self {
    case .linear(let linear): linear.weights.allSatisfy(\.isFinite) && linear.bias.allSatisfy(\.isFinite)
    case .convolution(let convolution):
      convolution.weights.allSatisfy(\.isFinite) && convolution.bias.allSatisfy(\.isFinite)
    case .affine(let affine): affine.scale.allSatisfy(\.isFinite) && affine.shift.allSatisfy(\.isFinite)
    case .pointwise(let function): function.isFinite
    case .contraction(let contraction): contraction.terms.allSatisfy { $0.coefficient.isFinite }
    case .quantize(let quantization): quantization.scale.isFinite
    case .windowMaximum, .reshape, .transpose, .slice: true
    }
  }
}
