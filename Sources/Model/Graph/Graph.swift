/// A network: of floats as imported, of integers as quantized.
///
/// Values are numbered: first the inputs, then the result of each node, in an order in which operands come before their
/// use. Shapes are those of one sample; every value has a leading batch axis beside them, which no operation touches.
package struct Graph<Number: GraphNumber>: Sendable, Equatable {
  package let name: String
  package internal(set) var inputs: [Number.Input]
  package internal(set) var outputs: [NetworkOutput]
  package internal(set) var nodes: [Node<Number>]
  /// By number of a `Delay`, the value that it is of. It may come after the delay.
  package internal(set) var delayed: [Int: Int]
  /// What the importer left out on purpose, a line each.
  package internal(set) var notices: [String]
  /// Numbers that may be trained and are in functions all the same.
  package let publicNumbers: [PublicNumbers]
  /// By name of a Softmax, the largest number that was taken for a mask.
  package let maskNumbers: [String: Double]
  /// Whether the file has operators of classical machine learning, or says that it may have some.
  package let isClassical: Bool

  package init(
    name: String, inputs: [Number.Input], outputs: [NetworkOutput], nodes: [Node<Number>], delayed: [Int: Int] = [:], notices: [String] = [],
    publicNumbers: [PublicNumbers] = [], maskNumbers: [String: Double] = [:], isClassical: Bool = false
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.nodes = nodes
    self.delayed = delayed
    self.notices = notices
    self.publicNumbers = publicNumbers
    self.maskNumbers = maskNumbers
    self.isClassical = isClassical
  }

  package func node(of value: Int) -> Node<Number>? { value < inputs.count ? nil : nodes[value - inputs.count] }

  /// The shape of one sample of a value.
  package func shape(of value: Int) -> [Int] { node(of: value)?.shape ?? inputs[value].port.valueShape }

  /// The shape of what an output shows of one sample.
  package func shape(of output: NetworkOutput) -> [Int] { output.shape(of: shape(of: output.value)) }

  /// Whether a node only gives elements of its operand other places.
  func isView(_ node: Node<Number>) -> Bool { node.operands.first.map { node.isView(of: shape(of: $0)) } ?? false }

  /// The values that a node reads, one that it delays too.
  func read(by node: Node<Number>) -> [Int] { node.operands + (delayed(by: node).map { [$0] } ?? []) }

  /// Whether a value is the codes of ids.
  func isOneHot(_ value: Int) -> Bool { value < inputs.count && inputs[value].port.indexCount != nil }

  /// The value that a node delays.
  func delayed(by node: Node<Number>) -> Int? {
    if case .delay(let delay) = node.operation { delayed[delay.number] } else { nil }
  }
}

/// A float network, computed in Float64.
package typealias Network = Graph<Double>

/// What its executor computes is what is proved. A node makes *accumulators*, which only a requantization, a reshape or an
/// output reads, or *activations*.
package typealias IntegerNetwork = Graph<Int64>

/// One operation of a network.
package struct Node<Number: GraphNumber>: Sendable, Equatable {
  /// In an integer network that of the float node whose result it is, or is to be.
  package let name: String
  package let operands: [Int]
  package var operation: Operation<Number>
  package let shape: [Int]
  /// What the numbers of the result stand for.
  package let encoding: Number.Encoding

  package init(
    name: String, operands: [Int], operation: Operation<Number>, shape: [Int], encoding: Number.Encoding
  ) {
    self.name = name
    self.operands = operands
    self.operation = operation
    self.shape = shape
    self.encoding = encoding
  }

  /// The operation, where every result is one of its operand's numbers; nil where it computes others.
  var selection: Operation<Int64>? {
    if case .contraction(let contraction) = operation, contraction.loops.count != shape.count { return nil }
    return operation.primitive.selection
  }

  /// Whether it only gives elements of an operand of this shape other places.
  func isView(of source: [Int]) -> Bool { operation.primitive.isView(of: source, rank: shape.count) }

  func with(name: String? = nil, operands: [Int]? = nil) -> Node {
    Node(
      name: name ?? self.name, operands: operands ?? self.operands, operation: operation, shape: shape, encoding: encoding)
  }
}

extension Node<Double> {
  package init(name: String, operands: [Int], operation: Operation<Double>, shape: [Int]) {
    self.init(name: name, operands: operands, operation: operation, shape: shape, encoding: RealNumbers())
  }
}

extension Node<Int64> {
  /// Holds every result for operands in their ranges.
  package var range: ClosedRange<Int64> { encoding.range }
  /// What the integer 1 is worth.
  package var scale: Double { encoding.scale }
}

extension Graph<Int64> {
  func makesAccumulators(_ node: Node<Int64>) -> Bool {
    if case .contraction = node.operation { !isView(node) } else { false }
  }

  /// The integers that a value can take, and what 1 is worth.
  package func quantum(of value: Int) -> Quantum { node(of: value)?.encoding ?? inputs[value].quantum }
}

/// A named input or output of a network, with the shape of one sample.
package struct NamedShape: Sendable, Equatable {
  /// What the numbers of an input are.
  package enum Kind: Sendable, Equatable {
    case real, integer
    /// 0 or 1.
    case boolean
    /// Ids 0..<count. The network reads an id as its one-hot code, along one more axis at the end, so that a product with
    /// a table is the row of the id.
    case index(count: Int)
  }

  package let name: String
  package let shape: [Int]
  /// True when the network flattens it before anything else.
  package let isReadFlat: Bool
  package internal(set) var kind: Kind

  package init(name: String, shape: [Int], isReadFlat: Bool = false, kind: Kind = .real) {
    self.name = name
    self.shape = shape
    self.isReadFlat = isReadFlat
    self.kind = kind
  }

  package var width: Int { shape.reduce(1, *) }

  /// How many ids there are; nil where the numbers are none.
  package var indexCount: Int? { if case .index(let count) = kind { count } else { nil } }

  /// As the network reads it.
  var valueShape: [Int] { shape + (indexCount.map { [$0] } ?? []) }
}

/// An output of a network.
package struct NetworkOutput: Sendable, Equatable {
  package let name: String
  package var value: Int
  /// Nil to show the value itself; k to show only the indices of the k largest elements of each row along the last axis,
  /// ascending.
  package var classCount: Int?
  /// Whether the last axis, of size 1, is not shown: that of the one index of a row, or of a value without axes.
  package var dropsAxis: Bool
  /// The operator that the model has between the value and this output.
  package let leftOut: String?

  package init(
    name: String, value: Int, classCount: Int? = nil, dropsAxis: Bool = false, leftOut: String? = nil
  ) {
    self.name = name
    self.value = value
    self.classCount = classCount
    self.dropsAxis = dropsAxis
    self.leftOut = leftOut
  }

  /// The shape of what it shows of a value of this shape.
  package func shape(of value: [Int]) -> [Int] {
    if classCount == nil, !dropsAxis { return value }
    return value.dropLast() + (dropsAxis ? [] : [classCount ?? 1])
  }

  /// The indices that it shows of a value of this shape; nil where it shows the value itself.
  func classes(_ values: [some Comparable], shape: [Int]) -> [Int]? {
    guard let classCount, let size = shape.last else { return nil }
    return stride(from: 0, to: values.count, by: size).flatMap {
      largestIndices(Array(values[$0..<$0 + size]), count: classCount)
    }
  }
}

/// The indices of the largest elements, ascending; of equal elements the first ones.
package func largestIndices(_ values: [some Comparable], count: Int) -> [Int] {
  values.indices.sorted { (values[$1], $0) < (values[$0], $1) }.prefix(count).sorted()
}

/// The place of the largest element, of equal ones the first; 0 where there is none.
package func largestIndex(_ values: ArraySlice<some Comparable>) -> Int {
  var largest = values.startIndex
  for index in values.indices where values[index] > values[largest] { largest = index }
  return largest - values.startIndex
}

extension Graph<Double> {
  /// The inputs, with what is known of how the network reads them.
  package var ports: [NamedShape] {
    inputs.enumerated().map { index, input in
      let readers = nodes.filter { $0.operands.contains(index) }
      let isReadFlat = !readers.isEmpty && readers.allSatisfy { node in
        if case .reshape = node.operation { node.shape.count { $0 != 1 } <= 1 } else { false }
      }
      return NamedShape(name: input.name, shape: input.shape, isReadFlat: isReadFlat, kind: input.kind)
    }
  }

  /// An array that several constants are counts once.
  package var parameterCount: Int {
    var listed = Set<Int>()
    return nodes.reduce(0) { count, node in
      guard case .contraction(let contraction) = node.operation else { return count + node.operation.primitive.parameterCount }
      return contraction.constants.reduce(count) { count, constant in
        constant.array.map { listed.insert($0).inserted } ?? true ? count + constant.values.count : count
      }
    }
  }

  /// Multiplications of one sample by weights, constants and other values.
  package var multiplicationCount: Int {
    nodes.reduce(0) { count, node in
      guard case .contraction(let contraction) = node.operation else { return count }
      let products = contraction.terms.filter { $0.factors.count > 1 }
      return count + node.shape.reduce(1, *) * contraction.placeCount(of: products, rank: node.shape.count)
    }
  }
}
