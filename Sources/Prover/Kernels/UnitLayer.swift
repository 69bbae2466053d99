import Execution
import Field

/// A layer of fractions 1/q in two halves, but for some numerators 0 in the upper one.
///
/// Vectors of eight that the upper half lacks hold the fraction 0/1.
package struct UnitLayer: Sendable {
  /// Entries of a half.
  package let count: Int
  /// A bit for each numerator of the upper half.
  fileprivate let units: UpperUnits
  /// Entries of stored vectors of the upper half whose numerator is 0.
  fileprivate let zeros: [Int]
  fileprivate var lower: [SecureLanes]
  fileprivate var upper: [SecureLanes]

  /// A half with fewer entries is folded entry by entry.
  fileprivate static let vectorCount = 32
  private static let leastCount = 2 * vectorCount
  /// Each costs some products a round.
  private static let mostZeros = 1 << 12

  /// Nil for a small layer, and with too many numerators 0, or any in the lower half.
  ///
  /// - Precondition: `count` is a power of two; the upper half is not longer than the lower one.
  package init?(
    count: Int, bits: (lower: [UInt8], upper: [UInt8]), lower: consuming [SecureLanes], upper: consuming [SecureLanes]
  ) {
    let zeroCount = bits.upper.reduce(0) { $0 + 8 - $1.nonzeroBitCount }
    guard count >= Self.leastCount, zeroCount <= Self.mostZeros, bits.lower.allSatisfy({ $0 == .max }) else { return nil }
    precondition(lower.count == count / 8 && upper.count <= lower.count && upper.count == bits.upper.count, "two halves")
    units = UpperUnits(bits: bits.upper)
    zeros = bits.upper.indices.filter { bits.upper[$0] != .max }.flatMap { place in
      (0..<8).filter { bits.upper[place] >> UInt8($0) & 1 == 0 }.map { 8 * place + $0 }
    }
    (self.count, self.lower, self.upper) = (count, lower, upper)
  }

  /// The layer of the nodes.
  package func above(threads: Int) -> FractionLayer {
    let (first, second) = (sums(from: 0, threads: threads), sums(from: count / 16, threads: threads))
    return FractionLayer(count: count / 2, p0: first.0, p1: second.0, q0: first.1, q1: second.1)
  }

  private func sums(from first: Int, threads: Int) -> ([SecureLanes], [SecureLanes]) {
    let (lower, upper, units, one) = (lower, upper, units, SecureLanes(repeating: .one))
    return Parallel.buildPair(count / 16, size: SecureTable.chunk, threads: threads) { start, numerators, denominators in
      for index in numerators.indices {
        let place = first + start + index
        let q = lower[place]
        let isStored = place < upper.count
        numerators.initializeElement(at: index, to: isStored ? upper[place] + units.times(q, place) : one)
        denominators.initializeElement(at: index, to: isStored ? q * upper[place] : q)
      }
    }
  }
}

/// Numerators of stored vectors.
private struct UpperUnits {
  let bits: [UInt8]

  @inline(__always) func times(_ lanes: SecureLanes, _ place: Int) -> SecureLanes {
    bits[place] == .max ? lanes : lanes.chosen(by: bits[place])
  }
}

/// A layer of fractions 1/q, folded as its sumcheck goes on.
///
/// The sumcheck is over a·(q1 + p1·q0) + b·q0·q1 = b·u0·u1 − (a²/b)·p1 with u0 = q0 + a/b and u1 = q1 + (a/b)·p1, p1
/// being 1 up to some entry but for a few, and 0 after it: a point takes one product, and the sums of p1 a few.
package struct UnitHalves: LayerSumcheck {
  private let a: SecureField
  private let b: SecureField
  /// a/b.
  private let ratio: SecureField
  /// q0 and q1, then u0 and u1.
  private var layer: UnitLayer
  private var isFolded = false
  /// Entries of a half.
  private var count: Int
  private var numerators: UnitSums
  /// What the next round folds by before it sums.
  private var pending: SecureField?
  /// u0 and u1 once a half is small.
  private var small: [[SecureField]] = []

  /// - Precondition: b ≠ 0, except with the probability that a challenge is zero.
  package init(_ layer: consuming UnitLayer, _ a: SecureField, _ b: SecureField) {
    (self.a, self.b, ratio) = (a, b, a * b.inverseOrZero())
    count = layer.count
    numerators = UnitSums(bound: 8 * layer.upper.count, zeros: layer.zeros)
    self.layer = layer
  }

  package var ends: [SecureField] {
    let numerator = numerators.only
    return [.one, numerator, small[0][0] - ratio, small[1][0] - ratio * numerator]
  }

  package mutating func erase(threads: Int) {
    for index in small.indices { small[index].erase() }
    layer.lower.erase(threads: threads)
    layer.upper.erase(threads: threads)
  }

  package mutating func fold(_ r: SecureField) {
    numerators.fold(r, count: count)
    guard !small.isEmpty else {
      pending = r
      return
    }
    foldSmall(r)
  }

  private mutating func foldSmall(_ r: SecureField) {
    count /= 2
    for part in small.indices { small[part].fold(r) }
  }

  package mutating func round(_ equality: SplitEquality, threads: Int) -> (constant: SecureField, quadratic: SecureField) {
    if small.isEmpty, let r = pending, count < 2 * UnitLayer.vectorCount {
      pending = nil
      let upper = layer.upper
      small = [(0..<count).map { layer.lower[$0 >> 3][$0 & 7] }, (0..<count).map { $0 >> 3 < upper.count ? upper[$0 >> 3][$0 & 7] : .one }]
      foldSmall(r)
    }
    let sums = small.isEmpty ? pending.map { foldedRound($0, equality, threads) } ?? firstRound(equality, threads) : smallRound(equality)
    pending = nil
    let rest = numerators.sum(below: count / 2, equality)
    return (b * sums.constant - a * ratio * rest, b * sums.quadratic)
  }

  private func smallRound(_ equality: SplitEquality) -> (constant: SecureField, quadratic: SecureField) {
    var (constant, quadratic) = (SecureField.zero, SecureField.zero)
    for index in 0..<count / 2 {
      let (low, high) = (small.map { $0[index] }, small.map { $0[index + count / 2] })
      constant += equality.low[index] * low[0] * low[1]
      quadratic += equality.low[index] * (high[0] - low[0]) * (high[1] - low[1])
    }
    return (constant, quadratic)
  }

  private func firstRound(_ equality: SplitEquality, _ threads: Int) -> (constant: SecureField, quadratic: SecureField) {
    let groups = count / 16
    let (lower, upper, units, ratios) = (layer.lower, layer.upper, layer.units, SecureLanes(repeating: ratio))
    return equality.sum(threads: threads) { place, weight, constant, quadratic in
      let next = place + groups
      let u0 = lower[place] + ratios
      guard place < upper.count else {
        constant.add(weight, u0)
        return
      }
      let u1 = upper[place] + units.times(ratios, place)
      constant.add(weight, u0 * u1)
      let nextU1 = next < upper.count ? upper[next] + units.times(ratios, next) : SecureLanes(repeating: .one)
      quadratic.add(weight, (lower[next] - lower[place]) * (nextU1 - u1))
    }
  }

  /// Folds by r, in place, and sums what results.
  private mutating func foldedRound(
    _ r: SecureField, _ equality: SplitEquality, _ threads: Int
  ) -> (constant: SecureField, quadratic: SecureField) {
    let half = count / 16
    let (groups, stored) = (half / 2, layer.upper.count)
    let rest = min(stored, half)
    let factor = SecureLanes(repeating: r)
    let one = SecureLanes(repeating: .one)
    // What is added to q0 and q1 before they are folded the first time.
    let (units, isFirst) = (layer.units, !isFolded)
    let ratios = isFirst ? SecureLanes(repeating: ratio) : .zero
    let sums = layer.lower.withUnsafeMutableBufferPointer { lower in
      layer.upper.withUnsafeMutableBufferPointer { upper in
        let (lower, upper) = (lower, upper)
        @inline(__always) func foldLower(_ place: Int) -> SecureLanes {
          lower[place] + (lower[place + half] - lower[place]) * factor + ratios
        }
        @inline(__always) func u1(_ place: Int) -> SecureLanes {
          isFirst ? upper[place] + units.times(ratios, place) : upper[place]
        }
        @inline(__always) func foldUpper(_ place: Int) -> SecureLanes {
          let low = u1(place)
          return low + ((place + half < stored ? u1(place + half) : one) - low) * factor
        }
        return equality.sum(threads: threads) { place, weight, constant, quadratic in
          let next = place + groups
          let (u0, nextU0) = (foldLower(place), foldLower(next))
          (lower[place], lower[next]) = (u0, nextU0)
          guard place < rest else {
            constant.add(weight, u0)
            return
          }
          let own = foldUpper(place)
          upper[place] = own
          constant.add(weight, u0 * own)
          var other = one
          if next < rest {
            other = foldUpper(next)
            upper[next] = other
          }
          quadratic.add(weight, (nextU0 - u0) * (other - own))
        }
      }
    }
    layer.lower.removeLast(layer.lower.count - half)
    layer.upper.removeLast(stored - rest)
    (count, isFolded) = (count / 2, true)
    return sums
  }
}

/// The numerators of an upper half, whatever the first variables are bound to: base, and step more below a bound, and
/// less at a few entries.
private struct UnitSums {
  private var base = SecureField.zero
  private var step = SecureField.one
  private var bound: Int
  private var lacking: [(index: Int, value: SecureField)]

  init(bound: Int, zeros: [Int]) { (self.bound, lacking) = (bound, zeros.map { ($0, .one) }) }

  /// Once all variables are bound.
  var only: SecureField { lacking.reduce(bound > 0 ? base + step : base) { $0 - $1.value } }

  /// Binds the most significant of the variables of `count` entries.
  mutating func fold(_ r: SecureField, count: Int) {
    let half = count / 2
    if bound >= half {
      base += (.one - r) * step
      step *= r
      bound -= half
    } else {
      step *= .one - r
    }
    var next: [(index: Int, value: SecureField)] = []
    for (index, value) in lacking {
      let (place, bound) = (index & (half - 1), value * (index < half ? .one - r : r))
      if next.last?.index == place { next[next.count - 1].value += bound } else { next.append((place, bound)) }
    }
    lacking = next
  }

  /// Σ_{i < count} eq(i)·numerator(i), eq being over `count` entries.
  func sum(below count: Int, _ equality: SplitEquality) -> SecureField {
    lacking.reduce(base + step * equality.sum(below: min(bound, count))) { sum, entry in
      entry.index < count ? sum - entry.value * equality.value(at: entry.index) : sum
    }
  }
}

extension SplitEquality {
  fileprivate func value(at index: Int) -> SecureField { high[index / low.count] * low[index % low.count] }

  /// Σ_{i < bound} eq(i).
  fileprivate func sum(below bound: Int) -> SecureField {
    let whole = bound / low.count
    var sum = high[..<whole].reduce(.zero, +)
    if whole < high.count {
      sum += high[whole] * (0..<bound % low.count).reduce(SecureField.zero) { $0 + low[$1] }
    }
    return sum
  }
}
