import Circuit

typealias Integers = UnsafePointer<Int64>

extension AffineTerm {
  /// Adds the term to every entry of the output: the path of every term, with one tight loop inside.
  func add(
    to output: UnsafeMutablePointer<Int64>, _ operands: (Integers, Integers, Integers), batch: Int, threads: Int
  ) {
    let nest = LoopNest(self, batch: batch)
    let work = nest.loops.reduce(1) { $0 * $1.count }
    guard work >= 1 << 16, let split = nest.widestOutputLoop else {
      nest.run(output, operands)
      return
    }
    let count = nest.loops[split].count
    Parallel.forEachRange(count, size: max(count * (1 << 15) / work, 1), threads: threads) { range in
      nest.restricted(split, to: range).run(output, operands)
    }
  }
}

/// The loops of a term at one batch, outermost first; neighbours that run on without a gap are one.
private struct LoopNest {
  typealias Loop = (count: Int, isSummed: Bool, strides: SIMD4<Int>)

  let coefficient: Int64
  let operandCount: Int
  var start: SIMD4<Int>
  var loops: [Loop] = []

  init(_ term: AffineTerm, batch: Int) {
    coefficient = term.coefficient
    operandCount = term.columns.count
    start = term.start
    for loop in term.loops {
      let count = loop.count(batch: batch)
      if count == 1 { continue }
      if let outer = loops.last, outer.isSummed == loop.isSummed, outer.strides == loop.strides &* count {
        loops[loops.count - 1] = (outer.count * count, loop.isSummed, loop.strides)
      } else {
        loops.append((count, loop.isSummed, loop.strides))
      }
    }
    // The innermost loop is to be long.
    if let last = loops.last, last.count < 8, let widest = loops.indices.max(by: { loops[$0].count < loops[$1].count }) {
      let loop = loops.remove(at: widest)
      loops.append(loop)
    }
  }

  var widestOutputLoop: Int? {
    loops.indices.filter { !loops[$0].isSummed }.max { loops[$0].count < loops[$1].count }
  }

  /// The same, one loop running over a part of its indices.
  func restricted(_ loop: Int, to range: Range<Int>) -> LoopNest {
    var nest = self
    nest.start &+= loops[loop].strides &* range.lowerBound
    nest.loops[loop].count = range.count
    return nest
  }

  func run(_ output: UnsafeMutablePointer<Int64>, _ operands: (Integers, Integers, Integers)) {
    guard let inner = loops.last else {
      sum((1, true, start), output, operands, at: start)
      return
    }
    let outer = loops.dropLast()
    var indices = [Int](repeating: 0, count: outer.count)
    var position = start
    while true {
      sum(inner, output, operands, at: position)
      var axis = outer.count - 1
      while axis >= 0 {
        indices[axis] += 1
        position &+= outer[axis].strides
        if indices[axis] < outer[axis].count { break }
        position &-= outer[axis].strides &* indices[axis]
        indices[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  @inline(__always)
  private func sum(
    _ loop: Loop, _ output: UnsafeMutablePointer<Int64>, _ operands: (Integers, Integers, Integers),
    at position: SIMD4<Int>
  ) {
    let output = output + position[0]
    let (a, b, c) = (operands.0 + position[1], operands.1 + position[2], operands.2 + position[3])
    let (s, t, u) = (loop.strides[1], loop.strides[2], loop.strides[3])
    switch operandCount {
    case 1 where s == 1: accumulate(loop, output) { a[$0] }
    case 1: accumulate(loop, output) { a[$0 &* s] }
    case 2 where s == 1 && t == 1: accumulate(loop, output) { a[$0] &* b[$0] }
    case 2: accumulate(loop, output) { a[$0 &* s] &* b[$0 &* t] }
    // One number for all.
    case 3 where u == 0 && s == 1 && t == 1: accumulate(loop, output, times: c.pointee) { a[$0] &* b[$0] }
    case 3 where u == 0: accumulate(loop, output, times: c.pointee) { a[$0 &* s] &* b[$0 &* t] }
    case _: accumulate(loop, output) { a[$0 &* s] &* b[$0 &* t] &* c[$0 &* u] }
    }
  }

  @inline(__always)
  private func accumulate(
    _ loop: Loop, _ output: UnsafeMutablePointer<Int64>, times factor: Int64 = 1, _ product: (Int) -> Int64
  ) {
    let (stride, coefficient) = (loop.strides[0], coefficient &* factor)
    if loop.isSummed {
      var sum: Int64 = 0
      for index in 0..<loop.count { sum &+= product(index) }
      output.pointee &+= coefficient &* sum
    } else if stride == 1 {
      for index in 0..<loop.count { output[index] &+= coefficient &* product(index) }
    } else {
      for index in 0..<loop.count { output[index &* stride] &+= coefficient &* product(index) }
    }
  }
}
