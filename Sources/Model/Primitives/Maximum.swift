import Circuit

/// The largest element of one operand that is inside it, over the loops beyond the result's axes.
package struct Maximum<Number: GraphNumber>: Primitive, Sendable, Equatable {
  /// Sizes: the result's axes in order, then the loops that are compared.
  package let loops: [Int]
  let reading: Reading

  var readings: [(operand: Int, reading: Reading)] { [(0, reading)] }
  var keepsInnerLoops: Bool { false }
  var keepsOrder: Bool { true }
  var selection: Operation<Int64>? { .maximum(Maximum<Int64>(loops: loops, reading: reading)) }
  func isNeverNegative(of operands: [Bool]) -> Bool { operands[0] }

  func stepCount(rank: Int) -> Int { loops.dropFirst(rank).reduce(1, *) }

  @specialized(where Number == Double)
  @specialized(where Number == Int64)
  func run(_ sources: [[Int]], _ shape: [Int]) -> ([[Number]]) -> [Number] {
    let accesses = [
      Access(shape, shape.indices.map { Index($0) }, loops: loops), Access(sources[0], reading, loops: loops),
    ]
    let used = Array(shape.count..<loops.count) + Array(0..<max(shape.count - 1, 0))
    let nest = Nest(loops, used, innermost: shape.indices.last, accesses)
    let step = shape.indices.last.map { accesses[1].steps[$0] } ?? 0
    return { operands in
      let values = operands[0]
      var result = [Number](repeating: .lowest, count: shape.reduce(1, *))
      nest.forEachRun { positions, count in
        for place in 0..<count {
          result[positions[0] + place] = max(result[positions[0] + place], values[positions[1] + place * step])
        }
      }
      return result
    }
  }
}

extension Maximum<Int64>: IntegerPrimitive {
  var looksUpItsRange: Bool { true }

  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View {
    try lowering.maximum(reading, node, index)
  }
}

extension Lowering {
  /// max(a, b) = b + max(a − b, 0): pair by pair, the excess of one over the other is looked up; then the sum of what
  /// remains.
  fileprivate mutating func maximum(_ reading: Reading, _ node: Node<Int64>, _ index: Int) throws(ModelError) -> View {
    let lowered = try loops(index)
    let value = network.inputs.count + index
    let outputs = lowered.axes.prefix(plan.axes[value].count).map { $0 ?? 0 }
    let axes = columnAxes(outputs, value: value)
    let range = node.range
    let spread = range.upperBound - min(range.lowerBound, 0)
    guard spread < Int64(maximumTableSize) else {
      throw .unusableLayer(node.name, reason: "it compares activations in \(range); at most 16 bits are supported")
    }
    guard lowered.axes.dropFirst(outputs.count).allSatisfy({ $0 == nil }) else { throw splitAxis(node) }
    var candidates: [[Term]] = []
    for places in places(lowered.unrolled, node.loops) {
      let read = try operands(index, 0, reading, lowered, at: places)
      guard !read.isEmpty else { continue }
      let beyond = try lowest(range.lowerBound, index, reading.map { $0.at(places) }, lowered)
      candidates.append(read.map { Term(operands: $0) } + beyond)
    }
    var count = 0
    while candidates.count > 1 {
      var larger: [[Term]] = []
      for first in stride(from: 0, to: candidates.count - 1, by: 2) {
        let (a, b) = (candidates[first], candidates[first + 1])
        let terms = a + b.map { Term(coefficient: -$0.coefficient, operands: $0.operands) }
        try requireProducts(terms, node)
        let difference = try builder.appendContraction(
          "\(node.name).difference\(count)", layer: node.name, axes, terms, scale: node.scale)
        let excess = try excess(difference, "\(node.name).excess\(count)", spread: spread, scale: node.scale)
        larger.append(b + [Term(operands: [builder.whole(excess)])])
        count += 1
      }
      if candidates.count % 2 == 1 { larger.append(candidates[candidates.count - 1]) }
      candidates = larger
    }
    let largest = try accumulators(node, index, outputs, candidates[0])
    return largest.with(
      column: builder.appendFunction(
        "\(node.name).activation", of: AffineForm(bare: largest.column), rounding.identity(on: range, &builder),
        scale: node.scale))
  }

  /// max(difference, 0), the difference being in −spread...spread.
  private mutating func excess(
    _ difference: Int, _ name: String, spread: Int64, scale: Double
  ) throws(ModelError) -> Int {
    let domain = -spread...spread
    if domain.count <= maximumTableSize {
      let table = builder.appendTable(lower: -spread, values: domain.map { max($0, 0) }, "excess up to \(spread)")
      return builder.appendFunction(name, of: AffineForm(bare: difference), table, scale: scale)
    }
    let window = 0...Int64(maximumTableSize) - 1
    let table = builder.appendTable(lower: 0, values: Array(window), "excess up to \(spread)")
    return try builder.appendSaturation(
      difference, name, limbs: [], domain: domain, window: window, table: table, scale: scale)
  }

  /// A negative number where a reading without unrolled loops is beyond the operand, by inclusion and exclusion over its
  /// axes.
  private mutating func lowest(
    _ value: Int64, _ index: Int, _ reading: Reading, _ lowered: LoweredLoops
  ) throws(ModelError) -> [Term] {
    guard value < 0 else { return [] }
    let node = network.nodes[index]
    let (loops, space) = (node.loops, plan.loops(ofNode: index))
    var products: [Term] = []
    for (place, size) in zip(reading, network.shape(of: node.operands[0])) {
      let read = place.simplified(loops)
      guard let step = read.steps.first, let inside = read.inside(size, loops), inside.count < loops[step.loop],
        let axes = plan.axes(of: step.loop, loops, value: space)
      else { continue }
      let known = products
      for index in (0..<loops[step.loop]).filter({ !inside.contains($0) }) {
        let ones = try ones(at: axes.indices(of: index), lowered, node)
        products.append(Term(coefficient: value, operands: ones))
        products += known.map { Term(coefficient: -$0.coefficient, operands: $0.operands + ones) }
      }
    }
    return products
  }
}
