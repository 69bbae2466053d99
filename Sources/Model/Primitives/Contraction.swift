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

extension Contraction {
  /// One number for each place of some loops.
  package struct Constant: Sendable, Equatable {
    /// Ascending.
    package let loops: [Int]
    /// Row-major.
    package var values: [Number.Stored]
    /// Whether the numbers follow from the operator alone, so that they may be looked at.
    package let isPublic: Bool
    /// The number of an array that several constants are, each perhaps with its axes in another order.
    package var array: Int?

    package init(loops: [Int], _ values: [Number.Stored], isPublic: Bool = false, array: Int? = nil) {
      self.loops = loops
      self.values = values
      self.isPublic = isPublic
      self.array = array
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

    var constant: Int? {
      for case .constant(let number) in factors { return number }
      return nil
    }
  }
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

/// start + Σ stride · loop. Loops of size 1 may be listed; `simplified` leaves them out.
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

  /// By loops of other numbers.
  func renumbered(_ number: (Int) -> Int) -> Index {
    var index = self
    index.steps = steps.map { Step(loop: number($0.loop), stride: $0.stride) }
    return index
  }

  /// The same elements of an axis of this size whose elements stand in the opposite order.
  func backwards(along size: Int) -> Index {
    var index = Index(start: size - 1 - start)
    index.steps = steps.map { Step(loop: $0.loop, stride: -$0.stride) }
    return index
  }

  mutating func add(_ loop: Int, _ stride: Int) {
    let known = steps.first { $0.loop == loop }?.stride ?? 0
    steps.removeAll { $0.loop == loop }
    if known + stride != 0 { steps.append(Step(loop: loop, stride: known + stride)) }
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
    let (least, most) = ends(loops)
    return least >= 0 && most < size
  }

  /// Whether it is always beyond an axis of this size.
  func isBeyond(_ size: Int, _ loops: [Int]) -> Bool {
    let (least, most) = ends(loops)
    return most < 0 || least >= size
  }

  /// The least and the largest place that it reads.
  private func ends(_ loops: [Int]) -> (Int, Int) {
    let ends = steps.map { $0.stride * (loops[$0.loop] - 1) }
    return (start + ends.reduce(0) { $0 + min($1, 0) }, start + ends.reduce(0) { $0 + max($1, 0) })
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

extension Contraction: Primitive {
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

  func stepCount(rank: Int) -> Int { max(placeCount(of: terms, rank: rank), 1) }

  var parameterCount: Int { constants.reduce(0) { $0 + $1.values.count } }

  /// The signs of trained constants are not looked at.
  func isNeverNegative(of operands: [Bool]) -> Bool {
    terms.allSatisfy { $0.coefficient >= .zero } && operands.allSatisfy { $0 }
      && constants.allSatisfy { $0.isPublic && $0.values.allSatisfy { Number($0) >= .zero } }
  }

  var selection: Operation<Int64>? {
    onlyReading.map { .contraction(.view(loops, $0)) }
  }

  var readings: [(operand: Int, reading: Reading)] {
    var known: Set<Factor> = []
    return terms.flatMap(\.factors).compactMap { factor in
      guard case .operand(let operand, let reading) = factor, known.insert(factor).inserted else { return nil }
      return (operand, reading)
    }
  }

  /// Whether an operand of this shape is read otherwise than from end to end along some axis.
  func readsPart(of operand: Int, _ shape: [Int]) -> Bool {
    readings.contains { $0 == operand && zip($1, shape).contains { !$0.isWhole($1, loops) } }
  }

  /// How the one operand is read, where there is nothing but that.
  private var onlyReading: Reading? {
    guard constants.isEmpty, terms.count == 1, terms[0].coefficient == .one, terms[0].factors.count == 1,
      case .operand(_, let reading) = terms[0].factors[0]
    else { return nil }
    return reading.map { $0.simplified(loops) }
  }

  /// Whether it is the one operand, which has this shape: in an integer network its accumulators.
  ///
  /// - Parameter rank: The number of axes of the result.
  func isCopy(of shape: [Int], rank: Int) -> Bool {
    loops.count == rank && loops == shape && onlyReading.map { $0 == shape.indices.map { Index($0).simplified(loops) } } ?? false
  }

  /// Whether each element of the result is another element of the one operand, which has this shape, at other places than
  /// there.
  func isView(of shape: [Int], rank: Int) -> Bool {
    guard loops.count == rank, let reading = onlyReading, zip(reading, shape).allSatisfy({ $0.isInside($1, loops) }), !isCopy(of: shape, rank: rank) else {
      return false
    }
    return reading.allSatisfy { $0.steps.count <= 1 }
      && reading.flatMap(\.steps).map(\.loop).sorted() == loops.indices.filter { loops[$0] > 1 }
  }

  /// Whether a view has all elements of its operand in the same order.
  func keepsOrder(of shape: [Int]) -> Bool {
    let steps = (onlyReading ?? []).flatMap(\.steps)
    return loops.reduce(1, *) == shape.reduce(1, *) && steps.allSatisfy { $0.stride == 1 }
      && zip(steps, steps.dropFirst()).allSatisfy { $0.loop < $1.loop }
  }
}

extension Contraction<Double> {
  var isFinite: Bool {
    terms.allSatisfy(\.coefficient.isFinite) && constants.allSatisfy { $0.values.allSatisfy(\.isFinite) }
  }
}
