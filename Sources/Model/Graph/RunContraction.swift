/// An array as the loops of a nest go through it.
struct Access {
  /// What has to be inside for an element to be there.
  struct Bound {
    var index: Int
    let steps: [Int]
    let size: Int
  }

  var position = 0
  /// By loop.
  var steps: [Int]
  var bounds: [Bound] = []

  /// Of an array of this shape.
  init(_ shape: [Int], _ reading: Reading, loops: [Int]) {
    steps = [Int](repeating: 0, count: loops.count)
    for ((index, size), stride) in zip(zip(reading, shape), rowStrides(shape)) {
      var own = [Int](repeating: 0, count: loops.count)
      for step in index.steps { own[step.loop] += step.stride }
      position += index.start * stride
      for loop in own.indices { steps[loop] += own[loop] * stride }
      let last = zip(own, loops).reduce(index.start) { $0 + max($1.0 * ($1.1 - 1), 0) }
      let first = zip(own, loops).reduce(index.start) { $0 + min($1.0 * ($1.1 - 1), 0) }
      if first < 0 || last >= size { bounds.append(Bound(index: index.start, steps: own, size: size)) }
    }
  }

  fileprivate mutating func move(_ loop: Int, by count: Int) {
    position += count * steps[loop]
    for bound in bounds.indices { bounds[bound].index += count * bounds[bound].steps[loop] }
  }

  /// The places of a loop, `count` at most, at which everything is inside, the other loops being where they are.
  fileprivate func inside(_ loop: Int, _ count: Int) -> Range<Int> {
    var (lower, upper) = (0, count)
    for bound in bounds {
      let (step, index) = (bound.steps[loop], bound.index)
      if step == 0 {
        if index < 0 || index >= bound.size { return 0..<0 }
      } else {
        // The first and the last place inside, of a step of either sign.
        let (near, far) = step > 0 ? (-index, bound.size - 1 - index) : (index - bound.size + 1, index)
        let size = abs(step)
        lower = max(lower, near <= 0 ? 0 : (near + size - 1) / size)
        upper = min(upper, far < 0 ? 0 : far / size + 1)
      }
    }
    return lower..<max(lower, upper)
  }
}

/// Goes through all places of the loops at which every access is inside, the `innermost` loop in runs.
///
/// - Parameters:
///   - used: The loops to go through, the first one slowest, without the innermost.
///   - body: Gets the position of each access at the first place of a run, and the number of places.
@inline(__always)
func forEachRun(
  _ loops: [Int], _ used: [Int], innermost: Int?, _ accesses: [Access], _ body: (_ positions: [Int], _ count: Int) -> Void
) {
  var accesses = accesses
  var positions = accesses.map(\.position)
  var place = [Int](repeating: 0, count: used.count)
  while true {
    var range = 0..<(innermost.map { loops[$0] } ?? 1)
    for access in accesses where !range.isEmpty {
      if let innermost {
        range = range.clamped(to: access.inside(innermost, loops[innermost]))
      } else if access.bounds.contains(where: { !(0..<$0.size).contains($0.index) }) {
        range = 0..<0
      }
    }
    if !range.isEmpty {
      for index in accesses.indices {
        positions[index] = accesses[index].position + (innermost.map { range.lowerBound * accesses[index].steps[$0] } ?? 0)
      }
      body(positions, range.count)
    }
    var axis = used.count - 1
    while axis >= 0 {
      place[axis] += 1
      let isAtEnd = place[axis] == loops[used[axis]]
      for index in accesses.indices { accesses[index].move(used[axis], by: isAtEnd ? 1 - place[axis] : 1) }
      if !isAtEnd { break }
      place[axis] = 0
      axis -= 1
    }
    if axis < 0 { return }
  }
}

extension Contraction {
  /// - Parameters:
  ///   - operands: The elements of each operand, with their shape.
  ///   - shape: That of the result.
  package func apply(to operands: [(values: [Number], shape: [Int])], shape: [Int]) -> [Number] {
    var result = [Number](repeating: .zero, count: shape.reduce(1, *))
    let whole = Access(shape, shape.indices.map { Index($0) }, loops: loops)
    for term in terms {
      let summed = summed(term, rank: shape.count)
      let arrays = term.factors.map { factor in
        switch factor {
        case .operand(let index, _): operands[index].values
        case .constant(let index): constants[index].values
        }
      }
      let accesses = term.factors.map { factor in
        switch factor {
        case .operand(let index, let reading): Access(operands[index].shape, reading, loops: loops)
        case .constant(let index):
          Access(
            constants[index].loops.map { loops[$0] }, constants[index].loops.map { Index($0) }, loops: loops)
        }
      }
      let sums = sums(arrays, [whole] + accesses, rank: shape.count, summed, count: result.count)
      for index in result.indices { result[index] = .sum(result[index], adding: term.coefficient, times: sums[index]) }
    }
    return result
  }

  /// Σ Π of the elements of arrays, by element of the result.
  ///
  /// - Parameter accesses: Of the result, then of each array.
  private func sums(_ arrays: [[Number]], _ accesses: [Access], rank: Int, _ summed: [Int], count: Int) -> [Number] {
    // The last axis of the result if it is long, else the longest of its axes or the loop that is summed last.
    let candidates = Array((0..<rank).reversed()) + summed.suffix(1)
    let innermost = candidates.first { $0 == rank - 1 && loops[$0] >= 16 } ?? candidates.max { loops[$0] < loops[$1] }
    let used = (Array(0..<rank) + summed).filter { $0 != innermost }
    let steps = accesses.map { access in innermost.map { access.steps[$0] } ?? 0 }
    var sums = [Number](repeating: .zero, count: count)
    sums.withUnsafeMutableBufferPointer { sums in
      let (first, second, third) = (arrays[0], arrays.count > 1 ? arrays[1] : [], arrays.count > 2 ? arrays[2] : [])
      first.withUnsafeBufferPointer { first in
        second.withUnsafeBufferPointer { second in
          third.withUnsafeBufferPointer { third in
            forEachRun(loops, used, innermost: innermost, accesses) { positions, count in
              var (target, a) = (positions[0], positions[1])
              switch arrays.count {
              case 1:
                for _ in 0..<count {
                  sums[target] = .sum(sums[target], adding: .one, times: first[a])
                  (target, a) = (target + steps[0], a + steps[1])
                }
              case 2:
                var b = positions[2]
                for _ in 0..<count {
                  sums[target] = .sum(sums[target], adding: first[a], times: second[b])
                  (target, a, b) = (target + steps[0], a + steps[1], b + steps[2])
                }
              case _:
                var (b, c) = (positions[2], positions[3])
                for _ in 0..<count {
                  sums[target] = .sum(sums[target], adding: .product(first[a], second[b]), times: third[c])
                  (target, a, b, c) = (target + steps[0], a + steps[1], b + steps[2], c + steps[3])
                }
              }
            }
          }
        }
      }
    }
    return sums
  }
}

/// The largest element of an array of this shape for each place of the result's axes, over the places of the other loops.
func maxima<Number: GraphNumber>(
  _ values: [Number], _ source: [Int], _ reading: Reading, loops: [Int], shape: [Int], lowest: Number
) -> [Number] {
  var result = [Number](repeating: lowest, count: shape.reduce(1, *))
  let accesses = [
    Access(shape, shape.indices.map { Index($0) }, loops: loops), Access(source, reading, loops: loops),
  ]
  let used = Array(shape.count..<loops.count) + Array(0..<max(shape.count - 1, 0))
  forEachRun(loops, used, innermost: shape.indices.last, accesses) { positions, count in
    let step = shape.indices.last.map { accesses[1].steps[$0] } ?? 0
    for place in 0..<count {
      result[positions[0] + place] = max(result[positions[0] + place], values[positions[1] + place * step])
    }
  }
  return result
}
