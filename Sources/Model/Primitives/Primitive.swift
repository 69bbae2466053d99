/// What a node computes.
///
/// A new case is a new primitive: a file with its roles. Its place in the two switches below is all else that there is to it.
package enum Operation<Number: GraphNumber>: Sendable, Equatable {
  /// Sums of products.
  case contraction(Contraction<Number>)
  /// The largest elements of parts of one operand.
  case maximum(Maximum<Number>)
  /// The same function of every element of one operand.
  case map(Number.Function)
  /// The same elements in the same order under another shape.
  case reshape

  var primitive: any Primitive<Number> {
    switch self {
    case .contraction(let contraction): contraction
    case .maximum(let maximum): maximum
    case .map(let function): Map(function: function)
    case .reshape: Reshape()
    }
  }
}

extension Operation<Int64> {
  var integerPrimitive: any IntegerPrimitive {
    switch self {
    case .contraction(let contraction): contraction
    case .maximum(let maximum): maximum
    case .map(let function): Map(function: function)
    case .reshape: Reshape()
    }
  }
}

/// The roles of a primitive in every network: how it runs, and how it reads its operands.
protocol Primitive<Number> {
  associatedtype Number: GraphNumber

  /// Slow semantics: exact for integers, for floats in Float64 and index order.
  ///
  /// - Parameters:
  ///   - sources: Shapes of operands.
  ///   - shape: That of the result.
  /// - Returns: What makes the result of operands, both row-major.
  func run(_ sources: [[Int]], _ shape: [Int]) -> ([[Number]]) -> [Number]
  /// Sizes, those of the result's axes first; none where result and operand are read in the same order.
  var loops: [Int] { get }
  /// How the loops read operands, each way once.
  var readings: [(operand: Int, reading: Reading)] { get }
  /// About how many multiplications or comparisons one element of a result of so many axes takes, at least one.
  func stepCount(rank: Int) -> Int
}

extension Primitive {
  var loops: [Int] { [] }
  var readings: [(operand: Int, reading: Reading)] { [] }
  func stepCount(rank: Int) -> Int { 1 }
}

/// The roles of a primitive in a network of integers: the range of its results, and its circuit.
protocol IntegerPrimitive: Primitive<Int64> {
  /// The smallest range of results that is known; nil when an end reaches ±2^62.
  ///
  /// - Parameters:
  ///   - operands: The range of each, with its shape.
  ///   - rank: The number of axes of the result.
  func range(for operands: [(range: ClosedRange<Int64>, shape: [Int])], rank: Int) -> ClosedRange<Int64>?
  /// Appends what computes the node, and gives its result as it is read from a column.
  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View
}

extension Operation {
  var parameterCount: Int {
    if case .contraction(let contraction) = self { contraction.constants.reduce(0) { $0 + $1.values.count } } else { 0 }
  }
}

extension Operation<Double> {
  /// Whether all constants are finite.
  var isFinite: Bool {
    switch self {
    case .contraction(let contraction): contraction.isFinite
    case .map(let function): function.isFinite
    case .maximum, .reshape: true
    }
  }
}

struct Reshape<Number: GraphNumber>: Primitive {
  func run(_ sources: [[Int]], _ shape: [Int]) -> ([[Number]]) -> [Number] { { $0[0] } }
}

extension Reshape<Int64>: IntegerPrimitive {
  func range(for operands: [(range: ClosedRange<Int64>, shape: [Int])], rank: Int) -> ClosedRange<Int64>? {
    operands[0].range
  }

  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View {
    lowering.views[node.operands[0]]
  }
}
