import Circuit

/// An array as the loops of a nest go through it.
struct Access {
  /// What has to be inside an axis for an element to be there.
  struct Bound {
    let start: Int
    /// By loop.
    let steps: [Int]
    let size: Int
  }

  private(set) var start = 0
  /// By loop.
  private(set) var steps: [Int]
  private(set) var bounds: [Bound] = []

  /// Of an array of this shape.
  init(_ shape: [Int], _ reading: Reading, loops: [Int]) {
    steps = [Int](repeating: 0, count: loops.count)
    for ((index, size), stride) in zip(zip(reading, shape), rowStrides(shape)) {
      var own = [Int](repeating: 0, count: loops.count)
      for step in index.steps { own[step.loop] += step.stride }
      start += index.start * stride
      for loop in own.indices { steps[loop] += own[loop] * stride }
      if !index.isInside(size, loops) { bounds.append(Bound(start: index.start, steps: own, size: size)) }
    }
  }
}

/// All places of some loops at which every access is inside, the innermost loop in runs.
struct Nest {
  private let accessCount: Int
  /// Of the innermost loop.
  private let length: Int
  /// Of what is bounded.
  private let sizes: [Int]
  /// Of the other loops.
  private let counts: [Int]
  /// Positions, then what is bounded: where they start, and their steps along the other loops and the innermost one.
  private let (start, outer, inner): ([Int], [Int], [Int])

  /// - Parameter used: The loops to go through but for the innermost one, the first one slowest.
  init(_ loops: [Int], _ used: [Int], innermost: Int?, _ accesses: [Access]) {
    let bounds = accesses.flatMap(\.bounds)
    func steps(_ loop: Int) -> [Int] { accesses.map { $0.steps[loop] } + bounds.map { $0.steps[loop] } }
    (accessCount, length) = (accesses.count, innermost.map { loops[$0] } ?? 1)
    (sizes, counts) = (bounds.map(\.size), used.map { loops[$0] })
    start = accesses.map(\.start) + bounds.map(\.start)
    outer = used.flatMap(steps)
    inner = innermost.map(steps) ?? accesses.map { _ in 0 } + bounds.map { _ in 0 }
  }

  /// - Parameter body: Gets the position of each access at the first place of a run, and the number of places.
  @inline(__always)
  func forEachRun(_ body: (_ positions: UnsafeBufferPointer<Int>, _ count: Int) -> Void) {
    var moving = start
    let width = moving.count
    var place = [Int](repeating: 0, count: counts.count)
    var positions = [Int](repeating: 0, count: accessCount)
    moving.withUnsafeMutableBufferPointer { moving in
      positions.withUnsafeMutableBufferPointer { positions in
        place.withUnsafeMutableBufferPointer { place in
          outer.withUnsafeBufferPointer { outer in
            while true {
              var (lower, upper) = (0, length)
              for bound in sizes.indices {
                let (index, step, size) = (moving[accessCount + bound], inner[accessCount + bound], sizes[bound])
                switch step {
                case 0: if index < 0 || index >= size { upper = 0 }
                case 1: (lower, upper) = (max(lower, -index), min(upper, size - index))
                case _:
                  let inside = Binding.Slice(start: index, stride: step).inside(loopSize: upper, size: size)
                  (lower, upper) = (max(lower, inside.lowerBound), inside.upperBound)
                }
              }
              if lower < upper {
                for index in 0..<accessCount { positions[index] = moving[index] + lower * inner[index] }
                body(UnsafeBufferPointer(positions), upper - lower)
              }
              var axis = place.count - 1
              while axis >= 0 {
                place[axis] += 1
                if place[axis] < counts[axis] {
                  for index in 0..<width { moving[index] += outer[axis * width + index] }
                  break
                }
                for index in 0..<width { moving[index] -= (place[axis] - 1) * outer[axis * width + index] }
                place[axis] = 0
                axis -= 1
              }
              if axis < 0 { return }
            }
          }
        }
      }
    }
  }
}

extension Contraction {
  @specialized(where Number == Double)
  @specialized(where Number == Int64)
  package func run(_ sources: [[Int]], _ shape: [Int]) -> ([[Number]]) -> [Number] {
    if case .operand(_, let reading)? = terms.first?.factors.first, isView(of: sources[0], rank: shape.count) {
      let access = Access(sources[0], reading, loops: loops)
      return { strided($0[0], start: access.start, sizes: loops, strides: access.steps) }
    }
    return total(terms.map { run(sources, shape, of: $0) }, count: shape.reduce(1, *))
  }

  /// Adds up what runs of the terms make, each times its coefficient.
  @specialized(where Number == Double)
  @specialized(where Number == Int64)
  func total(_ runs: [([[Number]]) -> [Number]], count: Int) -> ([[Number]]) -> [Number] {
    { operands in
      var result = [Number](repeating: .zero, count: count)
      for (term, run) in zip(terms, runs) {
        let sums = run(operands)
        for index in result.indices { result[index] = .sum(result[index], adding: term.coefficient, times: sums[index]) }
      }
      return result
    }
  }

  /// The sums of a term, by element of the result.
  func run(_ sources: [[Int]], _ shape: [Int], of term: Term) -> ([[Number]]) -> [Number] {
    let innermost = innermost(of: term, rank: shape.count)
    // The innermost loop goes through the result and constants element by element.
    func moved(_ loops: [Int]) -> [Int] { loops.filter { $0 != innermost } + loops.filter { $0 == innermost } }
    func access(_ own: [Int]) -> Access { Access(own.map { loops[$0] }, own.map { Index($0) }, loops: loops) }
    var factors = term.factors.map { factor -> (factor: Factor, access: Access) in
      switch factor {
      case .operand(let index, let reading): (factor, Access(sources[index], reading, loops: loops))
      case .constant(let index): (factor, access(moved(constants[index].loops)))
      }
    }
    if let innermost, factors.count == 2, factors[1].access.steps[innermost] == 0 { factors.swapAt(0, 1) }
    func numbers(of constant: Int) -> [Number] {
      let (own, values) = (constants[constant].loops, constants[constant].values)
      let order = moved(own).map { own.firstIndex(of: $0) ?? 0 }
      return (order == Array(own.indices) ? values : transposed(values, own.map { loops[$0] }, order: order)).map { Number($0) }
    }
    // Of a large array a second copy is not kept between samples.
    let kept = factors.map { factor, _ -> [Number] in
      if case .constant(let index) = factor, constants[index].values.count <= 1 << 20 { numbers(of: index) } else { [] }
    }
    let order = moved(Array(shape.indices))
    let accesses = [access(order)] + factors.map(\.access)
    let used = (Array(shape.indices) + summed(term, rank: shape.count)).filter { $0 != innermost }
    let nest = Nest(loops, used, innermost: innermost, accesses)
    let steps = accesses.map { access in innermost.map { access.steps[$0] } ?? 0 }
    let count = shape.reduce(1, *)
    return { operands in
      let arrays = zip(factors, kept).map { factor, kept -> [Number] in
        switch factor.factor {
        case .operand(let index, _): operands[index]
        case .constant(let index): kept.isEmpty ? numbers(of: index) : kept
        }
      }
      let sums = sums(arrays, nest, steps, count: count)
      return order == Array(shape.indices)
        ? sums : transposed(sums, order.map { shape[$0] }, order: shape.indices.map { order.firstIndex(of: $0) ?? 0 })
    }
  }

  /// The last axis of the result if it is long, else the longest of its axes or the loop that is summed last.
  private func innermost(of term: Term, rank: Int) -> Int? {
    let candidates = Array((0..<rank).reversed()) + summed(term, rank: rank).suffix(1)
    return candidates.first { $0 == rank - 1 && loops[$0] >= 16 } ?? candidates.max { loops[$0] < loops[$1] }
  }

  /// Σ Π of the elements of arrays, by element of the result.
  ///
  /// - Parameters:
  ///   - nest: Of the result, then of each array.
  ///   - steps: Of these along the innermost loop.
  private func sums(_ arrays: [[Number]], _ nest: Nest, _ steps: [Int], count: Int) -> [Number] {
    // A multiple of a stretch of one array.
    let isScaled = steps == [1, 0, 1]
    var sums = [Number](repeating: .zero, count: count)
    sums.withUnsafeMutableBufferPointer { sums in
      withPointers(arrays) { arrays in
        guard let sums = sums.baseAddress else { return }
        nest.forEachRun { positions, count in
          let target = sums + positions[0]
          switch arrays.count {
          case 1: addProducts(to: target, steps[0], count) { arrays[0][positions[1] + $0 * steps[1]] }
          case 2 where isScaled:
            let (x, y) = (arrays[0][positions[1]], arrays[1] + positions[2])
            for place in 0..<count { target[place] = .sum(target[place], adding: x, times: y[place]) }
          case 2:
            let (x, y, own, other) = (arrays[0] + positions[1], arrays[1] + positions[2], steps[1], steps[2])
            addProducts(to: target, steps[0], count) { .product(x[$0 * own], y[$0 * other]) }
          case _:
            let (x, y, z) = (arrays[0] + positions[1], arrays[1] + positions[2], arrays[2] + positions[3])
            addProducts(to: target, steps[0], count) {
              .product(.product(x[$0 * steps[1]], y[$0 * steps[2]]), z[$0 * steps[3]])
            }
          }
        }
      }
    }
    return sums
  }
}

@inline(__always)
private func addProducts<Number: GraphNumber>(
  to sums: UnsafeMutablePointer<Number>, _ step: Int, _ count: Int, _ product: (Int) -> Number
) {
  for place in 0..<count { sums[place * step] = .sum(sums[place * step], adding: .one, times: product(place)) }
}

private func withPointers<Number>(_ arrays: [[Number]], _ body: ([UnsafePointer<Number>]) -> Void) {
  func open(_ index: Int, _ pointers: [UnsafePointer<Number>]) {
    if index == arrays.count { return body(pointers) }
    arrays[index].withUnsafeBufferPointer { if let base = $0.baseAddress { open(index + 1, pointers + [base]) } }
  }
  open(0, [])
}
