import Circuit

/// result[o] = Σ_terms coefficient · Σ_s Π factors, for o over the loops of the result's axes and s over those of the other
/// loops that the term names.
///
/// Terms are added up in order, and so are the places s of one term, the last loop fastest. A loop of the result that a
/// term does not name repeats the term along it.
package struct Contraction<Number: GraphNumber>: Sendable, Equatable {
  /// Sizes: the result's axes in order, then the loops that are summed.
  package var loops: [Int]
  /// Arrays of secret numbers; each belongs to one term.
  package var constants: [Constant] = []
  package var terms: [Term]

  package init(loops: [Int], constants: [Constant] = [], terms: [Term]) {
    self.loops = loops
    self.constants = constants
    self.terms = terms
  }
}

/// What graphs compute with: Float64 as imported, Int64 as quantized.
package protocol GraphNumber: Sendable, Hashable, Comparable {
  static var zero: Self { get }
  static var one: Self { get }
  static func product(_ x: Self, _ y: Self) -> Self
  /// sum + x·y
  static func sum(_ sum: Self, adding x: Self, times y: Self) -> Self
}

extension Int64: GraphNumber {
  package static let one: Int64 = 1
  package static func product(_ x: Int64, _ y: Int64) -> Int64 { x &* y }
  package static func sum(_ sum: Int64, adding x: Int64, times y: Int64) -> Int64 { sum &+ x &* y }
}

extension Contraction {
  /// One number for each place of some loops.
  package struct Constant: Sendable, Equatable {
    /// What it is to the layer: "weight", "bias".
    package let name: String
    /// Ascending.
    package let loops: [Int]
    /// Row-major.
    package var values: [Number]

    package init(_ name: String, loops: [Int], _ values: [Number]) {
      self.name = name
      self.loops = loops
      self.values = values
    }
  }

  package struct Term: Sendable, Equatable {
    /// Public, unlike constants.
    package var coefficient: Number
    /// One, two or three, at most one of them a constant.
    package var factors: [Factor]

    package init(_ coefficient: Number, _ factors: [Factor]) {
      self.coefficient = coefficient
      self.factors = factors
    }
  }
}

extension Double: GraphNumber {
  package static let one = 1.0
  package static func product(_ x: Double, _ y: Double) -> Double { x * y }
  package static func sum(_ sum: Double, adding x: Double, times y: Double) -> Double { sum + x * y }
}

/// An element of an array for each place of the loops; 0 beyond its axes.
package enum Factor: Sendable, Hashable {
  /// By place among the node's operands.
  case operand(Int, Reading)
  /// By place among the contraction's.
  case constant(Int)
}

/// Where an operand is read, by its axes.
package typealias Reading = [Index]

/// start + Σ stride · loop. Loops of stride 0, and of size 1, are not listed.
package struct Index: Sendable, Hashable {
  package struct Step: Sendable, Hashable {
    package let loop: Int
    package let stride: Int
  }

  package var start: Int
  package var steps: [Step]

  package init(_ loop: Int? = nil, start: Int = 0, stride: Int = 1) {
    self.start = start
    steps = loop.map { [Step(loop: $0, stride: stride)] } ?? []
  }

  /// Windows along an axis: `loop` counts them, `tap` the elements of one.
  package init(_ side: WindowSide, loop: Int, tap: Int) {
    start = -side.before
    steps = [Step(loop: loop, stride: side.stride)] + (side.size == 1 ? [] : [Step(loop: tap, stride: side.dilation)])
  }

  /// Whether it reads an axis of this size from its first to its last element.
  func isWhole(_ size: Int, _ loops: [Int]) -> Bool {
    let steps = simplified(loops).steps
    if size == 1, steps.isEmpty { return start == 0 }
    return start == 0 && steps.count == 1 && steps[0].stride == 1 && loops[steps[0].loop] == size
  }

  /// Whether it is never beyond an axis of this size.
  func isInside(_ size: Int, _ loops: [Int]) -> Bool {
    let ends = steps.map { $0.stride * (loops[$0.loop] - 1) }
    return start + ends.reduce(0) { $0 + min($1, 0) } >= 0 && start + ends.reduce(0) { $0 + max($1, 0) } < size
  }

  /// Without loops of size 1.
  func simplified(_ loops: [Int]) -> Index {
    var index = self
    index.steps.removeAll { loops[$0.loop] == 1 || $0.stride == 0 }
    return index
  }

  /// The places of its loop at which it is inside an axis of this size; nil where it has several loops.
  func inside(_ size: Int, _ loops: [Int]) -> Range<Int>? {
    switch steps.count {
    case 0: (0..<size).contains(start) ? 0..<1 : 0..<0
    case 1:
      Binding.Slice(start: start, stride: steps[0].stride).inside(loopSize: loops[steps[0].loop], size: size)
    case _: nil
    }
  }
}

extension Contraction {
  /// The loops that a factor names, ascending.
  func loops(of factor: Factor) -> [Int] {
    switch factor {
    case .constant(let index): constants[index].loops
    case .operand(_, let reading): Set(reading.flatMap { $0.steps.map(\.loop) }).sorted()
    }
  }

  /// The loops that a term sums over: those that it names beyond the result's `rank` axes.
  func summed(_ term: Term, rank: Int) -> [Int] {
    Set(term.factors.flatMap(loops)).filter { $0 >= rank }.sorted()
  }

  /// How many products of these terms one element of a result of so many axes is the sum of.
  func placeCount(of terms: [Term], rank: Int) -> Int {
    terms.reduce(0) { $0 + summed($1, rank: rank).reduce(1) { $0 * loops[$1] } }
  }

  /// Whether an operand of this shape is read otherwise than from end to end along some axis.
  func readsPart(of operand: Int, _ shape: [Int]) -> Bool {
    terms.flatMap(\.factors).contains { factor in
      guard case .operand(operand, let reading) = factor else { return false }
      return zip(reading, shape).contains { !$0.isWhole($1, loops) }
    }
  }
}
