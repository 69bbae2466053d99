import Execution
import Field

/// The two halves of a layer of fractions, folded as the layer's sumcheck goes on.
///
/// The sumcheck is over a·(p0·q1 + p1·q0) + b·q0·q1 = a·(p0·q1 + s·q0) with s = p1 + (b/a)·q1, so that a point
/// takes two products; s is linear and is folded in the place of p1.
package struct LayerHalves: Sendable {
  private let numerators: SecureTable
  private let denominators: SecureTable
  private let a: SecureField
  /// b/a.
  private let ratio: SecureField
  /// p0, s, q0, q1 once a variable is bound.
  private var folded: [SecureTable] = []

  /// - Precondition: a ≠ 0, except with the probability that a challenge is zero.
  package init(numerators: SecureTable, denominators: SecureTable, _ a: SecureField, _ b: SecureField) {
    precondition(numerators.count == denominators.count && numerators.count >= 2, "a layer of pairs")
    self.numerators = numerators
    self.denominators = denominators
    self.a = a
    ratio = b * a.inverseOrZero()
  }

  /// Values that a sum runs over: those of the variables after the next one.
  private var count: Int { folded.isEmpty ? numerators.count / 4 : folded[0].count / 2 }

  /// p0, p1, q0, q1 once no variable is left.
  package var ends: [SecureField] {
    guard !folded.isEmpty else { return [numerators[0], numerators[1], denominators[0], denominators[1]] }
    let (q0, q1) = (folded[2][0], folded[3][0])
    return [folded[0][0], folded[1][0] - ratio * q1, q0, q1]
  }

  /// Overwrites what was folded.
  package mutating func erase() { for index in folded.indices { folded[index].erase() } }

  /// Binds the most significant variable of both halves.
  package mutating func fold(_ r: SecureField, threads: Int) {
    guard folded.isEmpty else {
      for index in folded.indices { folded[index].fold(r, threads: threads) }
      return
    }
    let half = numerators.count / 2
    let q0 = denominators.folded(r, from: 0, threads: threads)
    let q1 = denominators.folded(r, from: half, threads: threads)
    var s = numerators.folded(r, from: half, threads: threads)
    s.add(q1, scaledBy: ratio, threads: threads)
    folded = [numerators.folded(r, from: 0, threads: threads), s, q0, q1]
  }

  /// h(0) and the quadratic coefficient of h(X) = Σ_x equality(x)·(a·(p0·q1 + p1·q0) + b·q0·q1)(X, x), X being the
  /// most significant variable.
  package func round(_ equality: SplitEquality, threads: Int) -> (constant: SecureField, quadratic: SecureField) {
    precondition(equality.count == count, "a weight for each point")
    guard count >= 8 else { return smallRound(equality) }
    let sums = folded.isEmpty ? firstRound(equality, threads: threads) : laterRound(equality, threads: threads)
    return (a * sums.constant, a * sums.quadratic)
  }

  private func smallRound(_ equality: SplitEquality) -> (constant: SecureField, quadratic: SecureField) {
    func entries(_ index: Int) -> [SecureField] {
      guard folded.isEmpty else { return folded.map { $0[index] } }
      let upper = numerators.count / 2 + index
      let s = numerators[upper] + ratio * denominators[upper]
      return [numerators[index], s, denominators[index], denominators[upper]]
    }
    var (constant, quadratic) = (SecureField.zero, SecureField.zero)
    for index in 0..<count {
      let (low, high) = (entries(index), entries(index + count))
      let slope = zip(high, low).map { $0 - $1 }
      constant += equality.low[index] * (low[0] * low[3] + low[1] * low[2])
      quadratic += equality.low[index] * (slope[0] * slope[3] + slope[1] * slope[2])
    }
    return (a * constant, a * quadratic)
  }

  private func laterRound(
    _ equality: SplitEquality, threads: Int
  ) -> (constant: SecureField, quadratic: SecureField) {
    let groups = count / 8
    let (p0, s, q0, q1) = (folded[0].lanes, folded[1].lanes, folded[2].lanes, folded[3].lanes)
    return equality.sum(threads: threads) { place, weight, constant, quadratic in
      let next = place + groups
      let (a0, b0, c0, d0) = (p0[place], s[place], q0[place], q1[place])
      constant.add(weight, sumOfProducts(a0, d0, b0, c0))
      quadratic.add(weight, sumOfProducts(p0[next] - a0, q1[next] - d0, s[next] - b0, q0[next] - c0))
    }
  }

  private func firstRound(
    _ equality: SplitEquality, threads: Int
  ) -> (constant: SecureField, quadratic: SecureField) {
    let groups = count / 8
    let (p, q) = (numerators.lanes, denominators.lanes)
    let factor = SecureLanes(repeating: ratio)
    return equality.sum(threads: threads) { place, weight, constant, quadratic in
      let next = place + groups
      let (q0, q1) = (q[place], q[place + 2 * groups])
      let s = p[place + 2 * groups] + factor * q1
      constant.add(weight, sumOfProducts(p[place], q1, s, q0))
      let (d0, d1) = (q[next] - q0, q[next + 2 * groups] - q1)
      let slope = p[next + 2 * groups] - p[place + 2 * groups] + factor * d1
      quadratic.add(weight, sumOfProducts(p[next] - p[place], d1, slope, d0))
    }
  }
}

extension SecureTable {
  /// A quarter of the table: entries `start` and on, folded with those a quarter further.
  fileprivate func folded(_ r: SecureField, from start: Int, threads: Int) -> SecureTable {
    let quarter = count / 4
    guard quarter >= 8 else {
      return SecureTable((start..<start + quarter).map { self[$0] + r * (self[$0 + quarter] - self[$0]) })
    }
    let factor = SecureLanes(repeating: r)
    let (first, distance) = (start / 8, quarter / 8)
    let result: [SecureLanes] = Parallel.build(distance, size: Self.chunk, threads: threads) { offset, part in
      for index in part.indices {
        let place = first + offset + index
        let low = lanes[place]
        part.initializeElement(at: index, to: low + (lanes[place + distance] - low) * factor)
      }
    }
    return SecureTable(count: quarter, lanes: result)
  }
}

/// The layer above: fractions of entries i and i + half added.
package func fractionSums(
  numerators: SecureTable, denominators: SecureTable, threads: Int
) -> (numerators: SecureTable, denominators: SecureTable) {
  let half = numerators.count / 2
  guard half >= 8 else {
    var (sums, products) = (SecureTable(zeros: half), SecureTable(zeros: half))
    for index in 0..<half {
      let (q0, q1) = (denominators[index], denominators[index + half])
      sums[index] = numerators[index] * q1 + numerators[index + half] * q0
      products[index] = q0 * q1
    }
    return (sums, products)
  }
  let (p, q, distance) = (numerators.lanes, denominators.lanes, half / 8)
  let size = SecureTable.chunk
  let sums: [SecureLanes] = Parallel.build(distance, size: size, threads: threads) { start, part in
    let units = areOnes(p, start..<start + part.count) && areOnes(p, start + distance..<start + distance + part.count)
    for index in part.indices {
      let (place, upper) = (start + index, start + index + distance)
      let sum = units ? q[place] + q[upper] : sumOfProducts(p[place], q[upper], p[upper], q[place])
      part.initializeElement(at: index, to: sum)
    }
  }
  let products: [SecureLanes] = Parallel.build(distance, size: size, threads: threads) { start, part in
    for index in part.indices { part.initializeElement(at: index, to: q[start + index] * q[start + index + distance]) }
  }
  return (SecureTable(count: half, lanes: sums), SecureTable(count: half, lanes: products))
}

private func areOnes(_ lanes: [SecureLanes], _ range: Range<Int>) -> Bool {
  var difference = SIMD8<UInt64>(repeating: 0)
  for index in range { difference |= (lanes[index].c0.values ^ SIMD8(repeating: 1)) | lanes[index].c1.values }
  return difference == SIMD8(repeating: 0)
}

/// a·b + c·d.
@inline(__always)
private func sumOfProducts(
  _ a: SecureLanes, _ b: SecureLanes, _ c: SecureLanes, _ d: SecureLanes
) -> SecureLanes {
  var low = ProductLanes(a.c1, b.c1)
  low.add(c.c1, d.c1)
  low = low.timesSeven()
  low.add(a.c0, b.c0)
  low.add(c.c0, d.c0)
  var high = ProductLanes(a.c0, b.c1)
  high.add(a.c1, b.c0)
  high.add(c.c0, d.c1)
  high.add(c.c1, d.c0)
  return SecureLanes(c0: low.reduced(), c1: high.reduced())
}
