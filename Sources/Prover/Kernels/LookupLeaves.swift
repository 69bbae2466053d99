import Circuit
import Execution
import Field

/// A tensor's index space with every axis filled up to a power of two, row-major.
struct PaddedShape: Sendable {
  /// Axes of size 2^bits or less, those that are full joined with the one before.
  private let axes: [(size: Int, bits: Int)]
  let bitCount: Int

  init(_ shape: [Int]) {
    var axes: [(size: Int, bits: Int)] = []
    for size in shape {
      let bits = bitCountOfAxis(size)
      if let last = axes.last, size == 1 << bits {
        axes[axes.count - 1] = (last.size << bits, last.bits + bits)
      } else {
        axes.append((size, bits))
      }
    }
    self.axes = axes.isEmpty ? [(1, 0)] : axes
    bitCount = axes.reduce(0) { $0 + $1.bits }
  }

  /// Calls `body` for the entries of a range of padded indices that the tensor has, run by run: the first one's place
  /// in the range, its true index, and their count.
  func forEachRun(in range: Range<Int>, _ body: (Int, Int, Int) -> Void) {
    let (size, bits) = axes[axes.count - 1]
    guard !range.isEmpty else { return }
    for row in range.lowerBound >> bits...(range.upperBound - 1) >> bits {
      var (rest, stride, trueRow, isLive) = (row, 1, 0, true)
      for axis in axes.dropLast().reversed() {
        let index = rest & (1 << axis.bits - 1)
        isLive = isLive && index < axis.size
        trueRow += index * stride
        (rest, stride) = (rest >> axis.bits, stride * axis.size)
      }
      let start = max(range.lowerBound - row << bits, 0)
      let end = min(range.upperBound - row << bits, size)
      if isLive, start < end { body(row << bits + start - range.lowerBound, trueRow * size + start, end - start) }
    }
  }
}

/// The fractions of a block of leaves: denominators base − Σ_forms factor·form.
struct LeafBlock {
  struct Form {
    let factor: SecureField
    let constant: Int64
    let parts: [(coefficient: Int64, column: [Int64])]
  }

  let leaves: Range<Int>
  let shape: PaddedShape
  let base: SecureField
  let forms: [Form]
  /// Numerators are 1 in the padding too.
  let hasUnitNumerators: Bool

  /// Adds a form's integers to those of a range of leaves of the block.
  private func evaluate(_ form: Form, _ range: Range<Int>, into integers: inout [Int64]) {
    for place in 0..<range.count { integers[place] = form.constant }
    for part in form.parts {
      let (coefficient, column) = (part.coefficient, part.column)
      shape.forEachRun(in: range) { start, index, count in
        for offset in 0..<count {
          integers[start + offset] &+= coefficient &* column[index + offset]
        }
      }
    }
  }

  /// Initializes as many leaves as the vectors have.
  ///
  /// - Parameter range: Within the block.
  fileprivate func initialize(
    _ range: Range<Int>, _ denominators: UnsafeMutableBufferPointer<SecureLanes>, _ bits: UnsafeMutableBufferPointer<UInt8>,
    _ integers: inout [[Int64]]
  ) {
    let base = SecureLanes(repeating: base)
    for (index, form) in forms.enumerated() { evaluate(form, range, into: &integers[index]) }
    let factors = forms.map { SecureLanes(repeating: $0.factor) }
    for group in denominators.indices {
      var (c0, c1) = (ProductLanes(), ProductLanes())
      for index in factors.indices {
        let values = lanes(integers[index], 8 * group)
        c0.add(values, factors[index].c0)
        c1.add(values, factors[index].c1)
      }
      denominators.initializeElement(at: group, to: base - SecureLanes(c0: c0.reduced(), c1: c1.reduced()))
    }
    bits.initialize(repeating: hasUnitNumerators ? .max : 0)
    guard !hasUnitNumerators else { return }
    shape.forEachRun(in: range) { start, _, count in
      for place in start..<start + count { bits[place >> 3] |= 1 << UInt8(place & 7) }
    }
  }

  /// The fraction of one leaf of the block.
  fileprivate func leaf(_ index: Int) -> (isLive: Bool, denominator: SecureField) {
    var integers: [Int64] = [0]
    defer { integers.erase() }
    var (isLive, denominator) = (hasUnitNumerators, base)
    shape.forEachRun(in: index..<index + 1) { _, _, _ in isLive = true }
    for form in forms {
      evaluate(form, index..<index + 1, into: &integers)
      denominator -= form.factor * BaseField(integers[0])
    }
    return (isLive, denominator)
  }
}

extension FractionTree {
  /// Leaves that a unit of parallel work computes.
  private static let pieceSize = 1 << 10

  /// The tree whose leaves are these blocks, which follow each other; beyond them are fractions 0/1.
  init(_ blocks: [LeafBlock], threads: Int) {
    let blocks = blocks.sorted { $0.leaves.lowerBound < $1.leaves.lowerBound }
    let total = blocks.last?.leaves.upperBound ?? 0
    guard total > 1 else {
      let leaf = blocks.first?.leaf(0) ?? (false, .one)
      self.init(leaf: (leaf.isLive ? .one : .zero, leaf.denominator))
      return
    }
    let half = 1 << (bitCountOfAxis(total) - 1)
    let lower = Self.leaves(blocks, 0..<half, threads: threads)
    let upper = Self.leaves(blocks, half..<total, threads: threads)
    if let units = UnitLayer(count: half, bits: (lower.bits, upper.bits), lower: lower.denominators, upper: upper.denominators) {
      self.init(units, threads: threads)
      return
    }
    self.init(
      FractionLayer(
        count: half, bits: (lower.bits, upper.bits), q0: lower.denominators, q1: upper.denominators), threads: threads)
  }

  /// The tree whose leaves have the denominators of these blocks, 1 beyond them, and these numerators.
  init(_ blocks: [LeafBlock], numerators: [Int64], threads: Int) {
    let blocks = blocks.sorted { $0.leaves.lowerBound < $1.leaves.lowerBound }
    guard numerators.count > 1 else {
      self.init(leaf: (SecureField(BaseField(numerators[0])), blocks.first?.leaf(0).denominator ?? .one))
      return
    }
    let half = numerators.count / 2
    let total = blocks.last?.leaves.upperBound ?? 0
    func q(_ range: Range<Int>) -> [SecureLanes] { Self.leaves(blocks, range, threads: threads).denominators }
    func p(_ range: Range<Int>) -> [SecureLanes] {
      Parallel.build((range.count + 7) / 8, size: SecureTable.chunk, threads: threads) { start, part in
        for group in part.indices {
          let first = range.lowerBound + 8 * (start + group)
          var values = SIMD8<Int64>()
          for lane in 0..<min(8, range.upperBound - first) { values[lane] = numerators[first + lane] }
          part.initializeElement(at: group, to: SecureLanes(BaseLanes(values)))
        }
      }
    }
    let upper = half..<max(half, total)
    self.init(
      FractionLayer(
        count: half, p0: p(0..<half), p1: p(upper), q0: q(0..<half), q1: q(upper)), threads: threads)
  }

  private static func leaves(
    _ blocks: [LeafBlock], _ range: Range<Int>, threads: Int
  ) -> (denominators: [SecureLanes], bits: [UInt8]) {
    let groups = (range.count + 7) / 8
    var denominators: [SecureLanes] = []
    let bits = [UInt8](unsafeUninitializedCapacity: groups) { bits, count in
      let bits = bits
      denominators = Parallel.build(groups, size: pieceSize / 8, threads: threads) { start, part in
        let bits = bits.extracting(start..<start + part.count)
        let leaves = range.lowerBound + 8 * start..<min(range.lowerBound + 8 * (start + part.count), range.upperBound)
        initialize(blocks, leaves, part, bits)
      }
      count = groups
    }
    return (denominators, bits)
  }

  /// Initializes consecutive leaves, the first one in the first lane.
  private static func initialize(
    _ blocks: [LeafBlock], _ leaves: Range<Int>, _ denominators: UnsafeMutableBufferPointer<SecureLanes>,
    _ bits: UnsafeMutableBufferPointer<UInt8>
  ) {
    var integers = (0..<3).map { _ in [Int64](repeating: 0, count: leaves.count) }
    defer { for index in integers.indices { integers[index].erase() } }
    var next = leaves.lowerBound
    var index = blocks.partitioningIndex { $0.leaves.upperBound > next }
    while next < leaves.upperBound {
      let block = blocks[index]
      let end = min(block.leaves.upperBound, leaves.upperBound)
      let first = next - block.leaves.lowerBound
      let (group, lane) = (next - leaves.lowerBound).quotientAndRemainder(dividingBy: 8)
      if lane == 0, end - next >= 8 {
        let count = (end - next) / 8
        let groups = group..<group + count
        block.initialize(first..<first + 8 * count, denominators.extracting(groups), bits.extracting(groups), &integers)
        next += 8 * count
      } else {
        // Blocks may begin and end within a vector; a tree may be less than one.
        if lane == 0 {
          denominators.initializeElement(at: group, to: SecureLanes(repeating: .one))
          bits.initializeElement(at: group, to: 0)
        }
        let (isLive, denominator) = block.leaf(first)
        let others = denominators[group]
        denominators[group] = secureLanes { $0 == lane ? denominator : others[$0] }
        if isLive { bits[group] |= 1 << UInt8(lane) }
        next += 1
      }
      if next == block.leaves.upperBound { index += 1 }
    }
  }
}

extension [LeafBlock] {
  /// The first index whose block, and every later one, is as asked.
  fileprivate func partitioningIndex(_ isRight: (LeafBlock) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isRight(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

@inline(__always) private func lanes(_ integers: [Int64], _ start: Int) -> BaseLanes {
  var values = SIMD8<Int64>()
  for lane in 0..<8 { values[lane] = integers[start + lane] }
  return BaseLanes(values)
}

/// Sums over blocks of leaves at the leaf point of their tree.
struct ColumnEvaluator {
  private let point: [SecureField]
  private let low: SecureTable
  private let lowBits: Int

  init(_ point: [SecureField]) {
    self.point = point
    lowBits = min(point.count, 10)
    low = SecureTable.equality(point.suffix(lowBits))
  }

  /// Σ_i eq(point, first leaf + i)·column[i] over the padded indices of a block.
  func evaluate(_ column: [Int64], _ shape: PaddedShape, _ leaves: Range<Int>, threads: Int) -> SecureField {
    let chunks = leaves.lowerBound >> lowBits..<(leaves.upperBound - 1) >> lowBits + 1
    let high = Multilinear.equalityTable(point.dropLast(lowBits), chunks)
    let sums = Parallel.map(chunks.count, threads: threads) { place in
      let first = (chunks.lowerBound + place) << lowBits
      let own = leaves.clamped(to: first..<first + low.count)
      var integers = [Int64](repeating: 0, count: max(low.count, 8))
      defer { integers.erase() }
      var isLive = false
      shape.forEachRun(in: own.lowerBound - leaves.lowerBound..<own.upperBound - leaves.lowerBound) { start, index, count in
        isLive = true
        for offset in 0..<count { integers[own.lowerBound - first + start + offset] = column[index + offset] }
      }
      guard isLive else { return SecureField.zero }
      var (c0, c1) = (ProductLanes(), ProductLanes())
      for group in low.lanes.indices {
        let values = lanes(integers, 8 * group)
        c0.add(values, low.lanes[group].c0)
        c1.add(values, low.lanes[group].c1)
      }
      return high[place] * SecureField(c0: c0.reducedLong().sum(), c1: c1.reducedLong().sum())
    }
    return sums.reduce(.zero, +)
  }
}
