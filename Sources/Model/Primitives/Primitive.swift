/// What a node computes.
///
/// A new case is a new primitive: a file with a type that has the roles below, and its place in the two switches here. What
/// else the compiler wants to know of it are properties of the roles, with values that hold for most.
package enum Operation<Number: GraphNumber>: Sendable, Equatable {
  /// Sums of products.
  case contraction(Contraction<Number>)
  /// The largest elements of parts of one operand.
  case maximum(Maximum<Number>)
  /// The same function of every element of one operand.
  case map(Number.Function)
  /// The same elements in the same order under another shape.
  case reshape
  /// Shares of rows of one operand.
  case softmax(Softmax<Number>)
  /// Another value one step before.
  case delay(Delay<Number>)

  var primitive: any Primitive<Number> {
    switch self {
    case .contraction(let contraction): contraction
    case .maximum(let maximum): maximum
    case .map(let function): Map(function: function)
    case .reshape: Reshape()
    case .softmax(let softmax): softmax
    case .delay(let delay): delay
    }
  }
}

extension Operation<Int64> {
  var integerPrimitive: any IntegerPrimitive {
    switch self {
    case .contraction(let contraction): contraction
    case .softmax(let softmax): softmax
    case .maximum(let maximum): maximum
    case .map(let function): Map(function: function)
    case .reshape: Reshape()
    case .delay(let delay): delay
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
  /// The same where operands are given as ids in place of their one-hot codes: those at the places `indexed`.
  func run(_ sources: [[Int]], _ shape: [Int], indexed: [Int]) -> ([[Number]]) -> [Number]
  /// Sizes, those of the result's axes first; none where result and operand are read in the same order.
  var loops: [Int] { get }
  /// Each way in which an operand is read.
  var readings: [(operand: Int, reading: Reading)] { get }
  /// Whether loops beyond the result's axes can be axes of the circuit; else each of their places is lowered by itself.
  var keepsInnerLoops: Bool { get }
  /// About how many multiplications or comparisons one element of a result of so many axes takes, at least one.
  func stepCount(rank: Int) -> Int
  /// Whether it only gives elements of an operand of this shape other places.
  func isView(of source: [Int], rank: Int) -> Bool
  /// Of constants.
  var parameterCount: Int { get }
  /// Whether no result is negative; `operands` says so of them.
  func isNeverNegative(of operands: [Bool]) -> Bool
  /// The operation that gives integers the places that this one gives to real numbers: results are operands' elements.
  var selection: Operation<Int64>? { get }
  /// Whether a function that keeps order may as well be applied before it.
  var keepsOrder: Bool { get }
}

extension Primitive {
  func run(_ sources: [[Int]], _ shape: [Int], indexed: [Int]) -> ([[Number]]) -> [Number] {
    precondition(indexed.isEmpty, "only contractions read one-hot codes")
    return run(sources, shape)
  }
  var loops: [Int] { [] }
  var readings: [(operand: Int, reading: Reading)] { [] }
  var keepsInnerLoops: Bool { true }
  func stepCount(rank: Int) -> Int { 1 }
  func isView(of source: [Int], rank: Int) -> Bool { false }
  var parameterCount: Int { 0 }
  func isNeverNegative(of operands: [Bool]) -> Bool { false }
  var selection: Operation<Int64>? { nil }
  var keepsOrder: Bool { false }
}

extension Operation<Double> {
  /// Whether all its numbers are finite.
  var isFinite: Bool {
    if case .contraction(let contraction) = self { return contraction.isFinite }
    if case .map(let function) = self { return function.isFinite }
    return true
  }
}

/// What is known of an operand: the range of its integers, and whether each row along its last axis has a single 1.
package struct OperandRange: Sendable {
  package let range: ClosedRange<Int64>
  package let shape: [Int]
  package let isOneHot: Bool

  package init(_ range: ClosedRange<Int64>, shape: [Int], isOneHot: Bool = false) {
    (self.range, self.shape, self.isOneHot) = (range, shape, isOneHot)
  }
}

/// The roles of a primitive in a network of integers: the range of its results, and its circuit.
protocol IntegerPrimitive: Primitive<Int64> {
  /// The smallest range of results that is known; nil when an end reaches ±2^62.
  ///
  /// - Parameter rank: The number of axes of the result.
  func range(for operands: [OperandRange], rank: Int) -> ClosedRange<Int64>?
  /// Whether its results are looked up in a table of their range.
  var looksUpItsRange: Bool { get }
  /// Whether each element of a result has the place of the operand's in its column.
  var keepsPlaces: Bool { get }
  /// Appends what computes the node, and gives its result as it is read from a column.
  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View
}

extension IntegerPrimitive {
  func range(for operands: [OperandRange], rank: Int) -> ClosedRange<Int64>? {
    operands[0].range
  }
  var looksUpItsRange: Bool { false }
  var keepsPlaces: Bool { false }
}

struct Reshape<Number: GraphNumber>: Primitive {
  func run(_ sources: [[Int]], _ shape: [Int]) -> ([[Number]]) -> [Number] { { $0[0] } }
  func isView(of source: [Int], rank: Int) -> Bool { true }
  func isNeverNegative(of operands: [Bool]) -> Bool { operands[0] }
  var selection: Operation<Int64>? { .reshape }
}

extension Reshape<Int64>: IntegerPrimitive {
  var keepsPlaces: Bool { true }

  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View {
    lowering.views[node.operands[0]]
  }
}
