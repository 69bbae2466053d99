import Execution
import Field

/// A layer of fractions in two halves: the children of a node are an entry of the lower half and the same of the upper.
///
/// Vectors of eight that the upper half lacks hold the fraction 0/1.
package struct FractionLayer: Sendable {
  /// Entries of a half.
  package let count: Int
  /// A bit for each numerator where all are 0 or 1; there are no tables of them then.
  fileprivate var bits: (lower: [UInt8], upper: [UInt8])?
  fileprivate var p0: [SecureLanes]
  fileprivate var p1: [SecureLanes]
  fileprivate var q0: [SecureLanes]
  fileprivate var q1: [SecureLanes]

  /// - Precondition: `count` is a power of two; the upper half is not longer than the lower one.
  package init(
    count: Int, p0: consuming [SecureLanes], p1: consuming [SecureLanes], q0: consuming [SecureLanes],
    q1: consuming [SecureLanes]
  ) {
    precondition(p0.count == (count + 7) / 8 && q0.count == p0.count, "a lower half")
    precondition(p1.count <= p0.count && q1.count == p1.count, "an upper half")
    self.count = count
    (self.p0, self.p1, self.q0, self.q1) = (p0, p1, q0, q1)
  }

  package init(count: Int, bits: (lower: [UInt8], upper: [UInt8]), q0: consuming [SecureLanes], q1: consuming [SecureLanes]) {
    precondition(bits.lower.count == (count + 7) / 8 && q0.count == bits.lower.count, "a lower half")
    precondition(bits.upper.count <= q0.count && q1.count == bits.upper.count, "an upper half")
    (self.count, self.bits) = (count, bits)
    (p0, p1, self.q0, self.q1) = ([], [], q0, q1)
  }

  /// p0, p1, q0, q1 of a node.
  fileprivate func children(_ node: Int) -> [SecureField] {
    let (place, lane, hasUpper) = (node >> 3, node & 7, node >> 3 < q1.count)
    var numerators: [SecureField]
    if let bits {
      numerators = [bits.lower[place], hasUpper ? bits.upper[place] : 0].map { $0 >> UInt8(lane) & 1 == 1 ? .one : .zero }
    } else {
      numerators = [p0[place][lane], hasUpper ? p1[place][lane] : .zero]
    }
    return numerators + [q0[place][lane], hasUpper ? q1[place][lane] : .one]
  }

  /// The fraction that a node is.
  package func node(_ node: Int) -> (numerator: SecureField, denominator: SecureField) {
    let parts = children(node)
    return (parts[0] * parts[3] + parts[1] * parts[2], parts[2] * parts[3])
  }

  /// The layer of the nodes, of which there are at least two.
  package func above(threads: Int) -> FractionLayer {
    let half = count / 2
    guard half >= 8 else {
      func lanes(_ start: Int, _ part: KeyPath<(numerator: SecureField, denominator: SecureField), SecureField>) -> [SecureLanes] {
        [secureLanes { $0 < half ? node(start + $0)[keyPath: part] : .zero }]
      }
      return FractionLayer(
        count: half, p0: lanes(0, \.numerator), p1: lanes(half, \.numerator), q0: lanes(0, \.denominator),
        q1: lanes(half, \.denominator))
    }
    let halves = [0, half / 8].map { first in
      if let bits {
        sums(from: first, { SecureLanes(bits: bits.lower[$0]) }, { SecureLanes(bits: bits.upper[$0]) }, threads: threads)
      } else {
        sums(from: first, { p0[$0] }, { p1[$0] }, threads: threads)
      }
    }
    return FractionLayer(count: half, p0: halves[0].0, p1: halves[1].0, q0: halves[0].1, q1: halves[1].1)
  }

  @inline(__always)
  private func sums(
    from first: Int, _ p0: (Int) -> SecureLanes, _ p1: (Int) -> SecureLanes, threads: Int
  ) -> ([SecureLanes], [SecureLanes]) {
    let (lower, upper) = (q0, q1)
    return Parallel.buildPair(count / 16, size: SecureTable.chunk, threads: threads) { start, numerators, denominators in
      for index in numerators.indices {
        let place = first + start + index
        let (p, q) = (p0(place), lower[place])
        guard place < upper.count else {
          numerators.initializeElement(at: index, to: p)
          denominators.initializeElement(at: index, to: q)
          continue
        }
        let other = upper[place]
        numerators.initializeElement(at: index, to: sumOfProducts(p, other, p1(place), q))
        denominators.initializeElement(at: index, to: q * other)
      }
    }
  }

  fileprivate typealias Table = UnsafeMutableBufferPointer<SecureLanes>

  fileprivate mutating func withTables<Result>(_ body: (_ p0: Table, _ p1: Table, _ q0: Table, _ q1: Table) -> Result) -> Result {
    p0.withUnsafeMutableBufferPointer { p0 in
      p1.withUnsafeMutableBufferPointer { p1 in
        q0.withUnsafeMutableBufferPointer { q0 in q1.withUnsafeMutableBufferPointer { body(p0, p1, q0, $0) } }
      }
    }
  }

  /// Overwrites all fractions.
  package mutating func erase(threads: Int) {
    p0.erase(threads: threads)
    p1.erase(threads: threads)
    q0.erase(threads: threads)
    q1.erase(threads: threads)
  }
}

/// A layer of fractions under the sumcheck over a·(p0·q1 + p1·q0) + b·q0·q1.
package protocol LayerSumcheck: Sendable {
  /// h(0) and the quadratic coefficient of h(X) = Σ_x equality(x)·(a·(p0·q1 + p1·q0) + b·q0·q1)(X, x), X being the
  /// most significant variable.
  mutating func round(_ equality: SplitEquality, threads: Int) -> (constant: SecureField, quadratic: SecureField)
  /// Binds the most significant variable of both halves, those of a large layer as the next round begins.
  mutating func fold(_ r: SecureField)
  /// p0, p1, q0, q1 once no variable is left.
  var ends: [SecureField] { get }
  /// Overwrites what the layer held.
  mutating func erase(threads: Int)
}

/// A layer of fractions, folded as its sumcheck goes on.
///
/// The sumcheck is over a·(p0·q1 + p1·q0) + b·q0·q1 = a·(p0·q1 + s·q0) with s = p1 + (b/a)·q1, so that a point
/// takes two products; s is linear and is folded in the place of p1.
package struct LayerHalves: LayerSumcheck {
  private var layer: FractionLayer
  private let a: SecureField
  /// b/a.
  private let ratio: SecureField
  /// Entries of a half.
  private var count: Int
  /// The layer's tables hold s in the place of p1.
  private var isFolded = false
  /// What the next round folds by before it sums.
  private var pending: SecureField?
  /// p0, s, q0, q1 once a half is small.
  private var small: [[SecureField]] = []

  /// - Precondition: a ≠ 0, except with the probability that a challenge is zero.
  package init(_ layer: consuming FractionLayer, _ a: SecureField, _ b: SecureField) {
    count = layer.count
    self.layer = layer
    self.a = a
    ratio = b * a.inverseOrZero()
    if count < Self.vectorCount { shrink() }
  }

  /// A half with fewer entries is folded entry by entry.
  private static let vectorCount = 32

  package var ends: [SecureField] {
    let last = small.map { $0[0] }
    return [last[0], last[1] - ratio * last[3], last[2], last[3]]
  }

  package mutating func erase(threads: Int) {
    for index in small.indices { small[index].erase() }
    layer.erase(threads: threads)
  }

  private mutating func shrink() {
    let children = (0..<count).map { layer.children($0) }
    small = (0..<4).map { part in children.map { $0[part] } }
    if !isFolded { small[1] = zip(small[1], small[3]).map { $0 + ratio * $1 } }
    if isFolded {
      for index in 0..<count where index >> 3 >= layer.q1.count { small[1][index] = ratio }
    }
  }

  package mutating func fold(_ r: SecureField) {
    guard !small.isEmpty else {
      pending = r
      return
    }
    count /= 2
    for part in small.indices { small[part].fold(r) }
  }

  package mutating func round(
    _ equality: SplitEquality, threads: Int
  ) -> (constant: SecureField, quadratic: SecureField) {
    if small.isEmpty, let r = pending, count < 2 * Self.vectorCount {
      pending = nil
      shrink()
      fold(r)
    }
    let sums = small.isEmpty ? pending.map { foldedRound($0, equality, threads) } ?? firstRound(equality, threads) : smallRound(equality)
    pending = nil
    return (a * sums.constant, a * sums.quadratic)
  }

  private func smallRound(_ equality: SplitEquality) -> (constant: SecureField, quadratic: SecureField) {
    var (constant, quadratic) = (SecureField.zero, SecureField.zero)
    for index in 0..<count / 2 {
      let low = small.map { $0[index] }
      let slope = small.map { $0[index + count / 2] - $0[index] }
      constant += equality.low[index] * (low[0] * low[3] + low[1] * low[2])
      quadratic += equality.low[index] * (slope[0] * slope[3] + slope[1] * slope[2])
    }
    return (constant, quadratic)
  }

  private func firstRound(_ equality: SplitEquality, _ threads: Int) -> (constant: SecureField, quadratic: SecureField) {
    guard let bits = layer.bits else { return firstRound(equality, { layer.p0[$0] }, { layer.p1[$0] }, threads) }
    return firstRound(equality, { SecureLanes(bits: bits.lower[$0]) }, { SecureLanes(bits: bits.upper[$0]) }, threads)
  }

  @inline(__always)
  private func firstRound(
    _ equality: SplitEquality, _ p0: (Int) -> SecureLanes, _ p1: (Int) -> SecureLanes, _ threads: Int
  ) -> (constant: SecureField, quadratic: SecureField) {
    let groups = count / 16
    let (lower, upper, ratio) = (layer.q0, layer.q1, SecureLanes(repeating: ratio))
    return equality.sum(threads: threads) { place, weight, constant, quadratic in
      let next = place + groups
      guard place < upper.count else {
        constant.add(weight, p0(place) + ratio * lower[place])
        return
      }
      let (q, other) = (lower[place], upper[place])
      let s = p1(place) + ratio * other
      constant.add(weight, sumOfProducts(p0(place), other, s, q))
      let isWhole = next < upper.count
      let nextOther = isWhole ? upper[next] : SecureLanes(repeating: .one)
      let nextS = isWhole ? p1(next) + ratio * nextOther : ratio
      quadratic.add(weight, sumOfProducts(p0(next) - p0(place), nextOther - other, nextS - s, lower[next] - q))
    }
  }

  /// Folds by r, in place, and sums what results.
  private mutating func foldedRound(
    _ r: SecureField, _ equality: SplitEquality, _ threads: Int
  ) -> (constant: SecureField, quadratic: SecureField) {
    let half = count / 16
    let rest = min(layer.q1.count, half)
    let kernel = FoldedRound(equality: equality, half: half, upperCount: layer.q1.count, ratio: ratio, r: r, threads: threads)
    let (bits, wasFolded) = (layer.bits, isFolded)
    if bits != nil {
      // The pass sets every entry before it is read.
      layer.p0 = Array(unsafeUninitializedCapacity: half) { _, count in count = half }
      layer.p1 = Array(unsafeUninitializedCapacity: rest) { _, count in count = rest }
      layer.bits = nil
    }
    let sums = layer.withTables { p0, s, q0, q1 in
      if let bits {
        kernel.run(
          p0, s, q0, q1, foldP0: { kernel.foldBits(bits.lower, $0) },
          foldS: { kernel.foldBits(bits.upper, $0) + kernel.ratio * $1 })
      } else if wasFolded {
        kernel.run(
          p0, s, q0, q1, foldP0: { kernel.fold(p0, $0) }, foldS: { place, _ in kernel.fold(s, place, beyond: kernel.ratio) })
      } else {
        kernel.run(
          p0, s, q0, q1, foldP0: { kernel.fold(p0, $0) },
          foldS: { kernel.fold(s, $0, beyond: .zero) + kernel.ratio * $1 })
      }
    }
    for table in [\FractionLayer.p0, \.q0] { layer[keyPath: table].removeLast(layer[keyPath: table].count - half) }
    for table in [\FractionLayer.p1, \.q1] { layer[keyPath: table].removeLast(layer[keyPath: table].count - rest) }
    (count, isFolded) = (count / 2, true)
    return sums
  }
}

/// One pass over the four tables of a layer: vectors i and i + half become one.
private struct FoldedRound {
  let equality: SplitEquality
  let half: Int
  let upperCount: Int
  let ratio: SecureLanes
  let threads: Int
  private let r: SecureLanes
  private let complement: SecureLanes

  init(equality: SplitEquality, half: Int, upperCount: Int, ratio: SecureField, r: SecureField, threads: Int) {
    (self.equality, self.half, self.upperCount, self.threads) = (equality, half, upperCount, threads)
    (self.ratio, self.r) = (SecureLanes(repeating: ratio), SecureLanes(repeating: r))
    complement = SecureLanes(repeating: .one - r)
  }

  @inline(__always) func fold(_ table: FractionLayer.Table, _ place: Int) -> SecureLanes {
    let low = table[place]
    return low + (table[place + half] - low) * r
  }

  /// Folds a table of the upper half, whose entries beyond those that it has are all the same.
  @inline(__always)
  func fold(_ table: FractionLayer.Table, _ place: Int, beyond: SecureLanes) -> SecureLanes {
    let low = table[place]
    return low + ((place + half < upperCount ? table[place + half] : beyond) - low) * r
  }

  /// r is chosen where a bit is set, not multiplied by it.
  @inline(__always) func foldBits(_ bits: [UInt8], _ place: Int) -> SecureLanes {
    let high = place + half < bits.count ? bits[place + half] : 0
    return complement.chosen(by: bits[place]) + r.chosen(by: high)
  }

  @inline(__always)
  func run(
    _ p0: FractionLayer.Table, _ s: FractionLayer.Table, _ q0: FractionLayer.Table, _ q1: FractionLayer.Table,
    foldP0: (Int) -> SecureLanes, foldS: (_ place: Int, _ q1: SecureLanes) -> SecureLanes
  ) -> (constant: SecureField, quadratic: SecureField) {
    let groups = half / 2
    let rest = min(upperCount, half)
    return equality.sum(threads: threads) { place, weight, constant, quadratic in
      let next = place + groups
      let (p, nextP) = (foldP0(place), foldP0(next))
      let (q, nextQ) = (fold(q0, place), fold(q0, next))
      (p0[place], p0[next], q0[place], q0[next]) = (p, nextP, q, nextQ)
      guard place < rest else {
        constant.add(weight, p + ratio * q)
        return
      }
      let other = fold(q1, place, beyond: SecureLanes(repeating: .one))
      let sum = foldS(place, other)
      var (nextOther, nextSum) = (SecureLanes(repeating: .one), ratio)
      if next < rest {
        nextOther = fold(q1, next, beyond: SecureLanes(repeating: .one))
        nextSum = foldS(next, nextOther)
        (q1[next], s[next]) = (nextOther, nextSum)
      }
      (q1[place], s[place]) = (other, sum)
      constant.add(weight, sumOfProducts(p, other, sum, q))
      quadratic.add(weight, sumOfProducts(nextP - p, nextOther - other, nextSum - sum, nextQ - q))
    }
  }
}

extension SecureLanes {
  /// Zeros and ones.
  @inline(__always) fileprivate init(bits: UInt8) { self.init(BaseLanes(reducing: Self.bits(bits))) }

  @inline(__always) private static func bits(_ bits: UInt8) -> SIMD8<UInt64> {
    (SIMD8(repeating: UInt64(bits)) &>> SIMD8(0, 1, 2, 3, 4, 5, 6, 7)) & SIMD8(repeating: 1)
  }

  /// Zero where a bit is not set.
  @inline(__always) func chosen(by bits: UInt8) -> SecureLanes {
    let mask = SIMD8(repeating: 0) &- Self.bits(bits)
    return SecureLanes(c0: BaseLanes(reducing: c0.values & mask), c1: BaseLanes(reducing: c1.values & mask))
  }
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
