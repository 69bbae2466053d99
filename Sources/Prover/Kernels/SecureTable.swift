import Circuit
import Execution
import Field

/// A table of elements of K, eight to a vector, the two coordinates in separate vectors.
///
/// Lanes beyond `count` are zero.
package struct SecureTable: Hashable, Sendable {
  package private(set) var count: Int
  package var lanes: [SecureLanes]

  /// Vectors in a unit of parallel work.
  static let chunk = 1 << 7

  package init(zeros count: Int) {
    precondition(count >= 0, "a table has no negative size")
    self.count = count
    self.lanes = Array(repeating: .zero, count: (count + 7) / 8)
  }

  package init(_ elements: [SecureField]) {
    count = elements.count
    lanes = Array(unsafeUninitializedCapacity: (elements.count + 7) / 8) { buffer, initialized in
      elements.withUnsafeBufferPointer { elements in
        for group in 0..<elements.count / 8 { buffer.initializeElement(at: group, to: SecureLanes(elements, from: 8 * group)) }
      }
      if elements.count & 7 != 0 {
        let first = elements.count & ~7
        let last = secureLanes { first + $0 < elements.count ? elements[first + $0] : .zero }
        buffer.initializeElement(at: first / 8, to: last)
      }
      initialized = (elements.count + 7) / 8
    }
  }

  /// The elements at places, zero where a place is `outside`.
  init(_ elements: [SecureField], at places: [Int], outside: Int, threads: Int) {
    count = places.count
    lanes = Parallel.build((places.count + 7) / 8, size: Self.chunk, threads: threads) { start, part in
      for group in part.indices {
        let first = 8 * (start + group)
        let lanes = secureLanes { lane in
          first + lane < places.count && places[first + lane] != outside ? elements[places[first + lane]] : .zero
        }
        part.initializeElement(at: group, to: lanes)
      }
    }
  }

  /// The integers at places, zero where a place is `outside`.
  init(_ integers: [Int64], at places: [Int], outside: Int, threads: Int) {
    count = places.count
    lanes = Parallel.build((places.count + 7) / 8, size: Self.chunk, threads: threads) { start, part in
      integers.withUnsafeBufferPointer { integers in
        for group in part.indices {
          var values = SIMD8<Int64>()
          for place in 8 * (start + group)..<min(8 * (start + group + 1), places.count) where places[place] != outside {
            values[place & 7] = integers[places[place]]
          }
          part.initializeElement(at: group, to: SecureLanes(c0: BaseLanes(values), c1: .zero))
        }
      }
    }
  }

  package init(_ elements: [BaseField]) { self.init(elements.map { SecureField($0) }) }

  /// - Precondition: `lanes` holds `count` elements and zeros.
  init(count: Int, lanes: [SecureLanes]) {
    precondition(lanes.count == (count + 7) / 8, "lanes do not match the count")
    self.count = count
    self.lanes = lanes
  }

  package subscript(index: Int) -> SecureField {
    get {
      precondition(index < count, "outside the table")
      return lanes[index >> 3][index & 7]
    }
    set {
      precondition(index < count, "outside the table")
      let old = lanes[index >> 3]
      lanes[index >> 3] = secureLanes { $0 == index & 7 ? newValue : old[$0] }
    }
  }

  /// Overwrites the table, and what it was folded from.
  mutating func erase(threads: Int = 1) { lanes.erase(threads: threads) }

  /// Keeps the lower half of whole vectors.
  mutating func dropUpperHalf() {
    count /= 2
    lanes.removeLast(lanes.count - count / 8)
  }

  /// Copies a table of whole vectors over the entries from `offset` on.
  mutating func replace(at offset: Int, with other: SecureTable) {
    precondition(offset & 7 == 0 && other.count & 7 == 0 && offset + other.count <= count, "whole vectors")
    lanes.replaceSubrange(offset / 8..<offset / 8 + other.lanes.count, with: other.lanes)
  }

  package var values: [SecureField] {
    Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      for group in 0..<count / 8 { lanes[group].store(to: buffer, from: 8 * group) }
      for index in count & ~7..<count { buffer.initializeElement(at: index, to: self[index]) }
      initialized = count
    }
  }

  /// factor·eq(point, i) for i in 0..<2ⁿ, variable 1 the most significant bit.
  package static func equality(
    _ point: [SecureField], factor: SecureField = .one, threads: Int = 1
  ) -> SecureTable {
    let small = Multilinear.equalityTable(point.suffix(3)).map { factor * $0 }
    guard point.count > 3 else { return SecureTable(small) }
    var table = SecureTable(zeros: 1 << point.count)
    table.lanes[0] = SecureTable(small).lanes[0]
    var half = 1
    for coordinate in point.dropLast(3).reversed() {
      let factor = SecureLanes(repeating: coordinate)
      Parallel.halves(&table.lanes, half: half, size: chunk, threads: threads) { _, lower, upper in
        for index in lower.indices {
          let product = lower[index] * factor
          upper[index] = product
          lower[index] = lower[index] - product
        }
      }
      half *= 2
    }
    return table
  }

  /// Binds the most significant variable: entry i becomes t[i] + r·(t[i + half] − t[i]).
  ///
  /// - Precondition: `count` is a power of two, at least 2.
  package mutating func fold(_ r: SecureField, threads: Int = 1) {
    precondition(count >= 2 && count & (count - 1) == 0, "the table has no variable")
    count /= 2
    guard count >= 8 else {
      let old = lanes[0]
      let half = count
      lanes[0] = secureLanes { $0 < half ? old[$0] + r * (old[$0 + half] - old[$0]) : .zero }
      return
    }
    let factor = SecureLanes(repeating: r)
    let half = count / 8
    Parallel.halves(&lanes, half: half, size: Self.chunk, threads: threads) { _, lower, upper in
      for index in lower.indices {
        lower[index] = lower[index] + (upper[index] - lower[index]) * factor
      }
    }
    lanes.removeLast(lanes.count - half)
  }

  /// Σ_i self[i]·other[i].
  package func innerProduct(_ other: SecureTable, threads: Int = 1) -> SecureField {
    precondition(count == other.count, "tables of different sizes")
    let partial = Parallel.map((lanes.count + Self.chunk - 1) / Self.chunk, threads: threads) { index in
      var sum = SecureProductSum()
      for group in index * Self.chunk..<min((index + 1) * Self.chunk, lanes.count) {
        sum.add(lanes[group], other.lanes[group])
      }
      return sum.total
    }
    return partial.reduce(.zero, +)
  }

  /// self[offset + i] += factor·other[i].
  package mutating func add(_ other: SecureTable, times factor: SecureField, at offset: Int = 0, threads: Int = 1) {
    precondition(offset >= 0 && offset + other.count <= count, "the table is too small")
    guard offset & 7 == 0 else {
      for index in 0..<other.count { self[offset + index] = self[offset + index] + factor * other[index] }
      return
    }
    let factors = SecureLanes(repeating: factor)
    let first = offset / 8
    Parallel.chunks(&lanes, in: first..<first + other.lanes.count, size: Self.chunk, threads: threads) { start, span in
      for index in span.indices {
        span[index] = span[index] + other.lanes[start - first + index] * factors
      }
    }
  }

  /// The product of tables, the last one running fastest.
  package init(outer factors: [[SecureField]], threads: Int = 1) {
    var inner = [SecureField.one]
    var rest = factors[...]
    while inner.count & 7 != 0, let last = rest.popLast() { inner = outerByLanes(last, inner) }
    self.init(inner)
    while let factor = rest.popLast() { repeated(factor, threads: threads) }
  }

  /// Becomes the product with a table that runs slower.
  private mutating func repeated(_ factor: [SecureField], threads: Int) {
    let (vector, size) = (lanes, lanes.count)
    let copies = max(1, Self.chunk / size)
    lanes = Parallel.build(factor.count * size, size: copies * size, threads: threads) { start, part in
      for first in stride(from: 0, to: part.count, by: size) {
        let own = SecureLanes(repeating: factor[(start + first) / size])
        for group in 0..<size { part.initializeElement(at: first + group, to: vector[group] * own) }
      }
    }
    count *= factor.count
  }
}

extension [SecureField] {
  /// Binds the most significant variable of a small table. `erase` overwrites what is cut off too.
  mutating func fold(_ r: SecureField) {
    let half = count / 2
    for index in 0..<half { self[index] += r * (self[index + half] - self[index]) }
    removeLast(half)
  }
}

/// a_i·b_j, j running fastest.
private func outerByLanes(_ a: [SecureField], _ b: [SecureField]) -> [SecureField] {
  Array(unsafeUninitializedCapacity: a.count * b.count) { buffer, initialized in
    b.withUnsafeBufferPointer { b in
      for (index, x) in a.enumerated() {
        let (first, factor) = (index * b.count, SecureLanes(repeating: x))
        for group in 0..<b.count / 8 { (SecureLanes(b, from: 8 * group) * factor).store(to: buffer, from: first + 8 * group) }
        for place in b.count & ~7..<b.count { buffer.initializeElement(at: first + place, to: x * b[place]) }
      }
    }
    initialized = a.count * b.count
  }
}

extension SecureLanes {
  /// Eight elements that follow each other in memory, their coordinates in turn.
  @inline(__always) init(_ elements: UnsafeBufferPointer<SecureField>, from first: Int) {
    precondition(first >= 0 && first + 8 <= elements.count, "eight elements")
    let words = UnsafeRawPointer(elements.baseAddress.unsafelyUnwrapped + first).loadUnaligned(as: SIMD16<UInt64>.self)
    self.init(c0: BaseLanes(reducing: words.evenHalf), c1: BaseLanes(reducing: words.oddHalf))
  }

  /// The reverse; what was there is lost.
  @inline(__always) func store(to elements: UnsafeMutableBufferPointer<SecureField>, from first: Int) {
    precondition(first >= 0 && first + 8 <= elements.count, "eight elements")
    var words = SIMD16<UInt64>(repeating: 0)
    (words.evenHalf, words.oddHalf) = (c0.values, c1.values)
    UnsafeMutableRawPointer(elements.baseAddress.unsafelyUnwrapped + first).storeBytes(of: words, as: SIMD16<UInt64>.self)
  }
}

/// Eight elements, one from each call with 0...7.
func secureLanes(_ element: (Int) -> SecureField) -> SecureLanes {
  var (c0, c1) = (SIMD8<UInt64>(), SIMD8<UInt64>())
  for lane in 0..<8 {
    let value = element(lane)
    c0[lane] = value.c0.value
    c1[lane] = value.c1.value
  }
  return SecureLanes(c0: BaseLanes(reducing: c0), c1: BaseLanes(reducing: c1))
}

/// A lazy sum of at most 2^28 products of elements of K in each lane.
struct SecureProductSum {
  private var low = ProductLanes()
  private var high = ProductLanes()
  private var cross = ProductLanes()

  @inline(__always) mutating func add(_ left: SecureLanes, _ right: SecureLanes) {
    low.add(left.c0, right.c0)
    high.add(left.c1, right.c1)
    cross.add(left.c0, right.c1)
    cross.add(left.c1, right.c0)
  }

  /// The sum over all lanes.
  var total: SecureField {
    let sevenfold = high.reducedLong().sum() * BaseField(7 as Int64)
    return SecureField(c0: low.reducedLong().sum() + sevenfold, c1: cross.reducedLong().sum())
  }
}
