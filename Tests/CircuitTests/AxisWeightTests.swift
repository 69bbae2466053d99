import Circuit
import Field
import TestSupport
import Testing

/// Axis weights and blocks of leaves against the definitions of docs/protocol.md §5.5 and §6, one index at a time.
@Suite struct AxisWeightTests {
  private struct Case {
    let point: [SecureField]?
    let window: Range<Int>
    let start: Int
    let stride: Int
    /// Bits of the loop axis.
    let bits: Int

    var weight: AxisWeight { AxisWeight(point: point, window: window, start: start, stride: stride) }

    /// w(index).
    func naive(_ index: Int) -> SecureField {
      window.filter { start + stride * ($0 - window.lowerBound) == index }.reduce(.zero) { sum, place in
        sum + (point.map { naiveEquality($0, place) } ?? .one)
      }
    }
  }

  private static let cases: [Case] = {
    var random = RepeatableRandom(seed: 41)
    return (0..<400).map { index in
      let bits = Int.random(in: 0...4, using: &random)
      let first = Int.random(in: 0...1 << bits, using: &random)
      let end = Int.random(in: first...1 << bits, using: &random)
      let isPlain = index % 3 == 0
      return Case(
        point: index % 4 == 0 ? nil : random.secureFields(bits), window: first..<end,
        start: isPlain ? 0 : Int.random(in: -9...9, using: &random), stride: isPlain ? 1 : Int.random(in: 1...4, using: &random), bits: bits)
    }
  }()

  @Test func valuesAndTables() {
    for each in Self.cases {
      for count in [0, 1, 3, 8, 17, 64] {
        #expect(each.weight.table(count) == (0..<count).map(each.naive), "\(each)")
      }
      for index in 0..<64 { #expect(each.weight.value(at: index) == each.naive(index)) }
    }
  }

  @Test func sums() {
    for each in Self.cases {
      let loop = AxisWeight(point: each.point, window: each.window)
      for size in 0...20 {
        let expected = each.window.prefix(size).reduce(SecureField.zero) { sum, place in
          sum + (each.point.map { naiveEquality($0, place) } ?? .one)
        }
        #expect(loop.sum(size) == expected, "\(each) \(size)")
      }
    }
  }

  @Test func extensions() {
    var random = RepeatableRandom(seed: 42)
    for each in Self.cases {
      for bits in 0...6 {
        let point = random.secureFields(bits)
        let expected = (0..<1 << bits).reduce(SecureField.zero) { $0 + each.naive($1) * naiveEquality(point, $1) }
        #expect(each.weight.evaluate(at: point[...]) == expected, "\(each) \(bits)")
      }
      for (low, highCount) in [(0, 5), (1, 3), (2, 4), (3, 1)] {
        let point = random.secureFields(low)
        let expected = (0..<highCount).map { high in
          (0..<1 << low).reduce(SecureField.zero) { $0 + each.naive(high << low + $1) * naiveEquality(point, $1) }
        }
        #expect(each.weight.evaluateLow(at: point[...], highCount: highCount) == expected, "\(each) \(low)")
      }
    }
  }

  /// Σ_i w(i)·column(start + stride·i) is Σ_x through(w)(x)·column(x), for a column that is not zero in its padding.
  @Test func bindings() {
    var random = RepeatableRandom(seed: 43)
    for _ in 0..<600 {
      let (bits, size) = (Int.random(in: 0...4, using: &random), Int.random(in: 1...13, using: &random))
      let loopSize = Int.random(in: 1 << bits / 2 + 1...1 << bits, using: &random)
      let first = Int.random(in: 0...5, using: &random)
      let point = random.secureFields(bits + 2)
      let weights = [
        AxisWeight(placing: loopSize, at: first, of: point), AxisWeight(point: nil, count: loopSize),
        AxisWeight(point: point, count: loopSize), AxisWeight(at: Array(point.dropFirst(2))),
      ]
      let slice = Binding.Slice(start: Int.random(in: -6...size - 1, using: &random), stride: Int.random(in: 1...3, using: &random))
      guard !slice.inside(loopSize: loopSize, size: size).isEmpty else { continue }
      let column = random.secureFields(1 << bitCountOfAxis(size))
      for weight in weights {
        let expected = (0..<loopSize).reduce(SecureField.zero) { sum, index in
          let read = slice.start + slice.stride * index
          return (0..<size).contains(read) ? sum + weight.value(at: index) * column[read] : sum
        }
        let through = weight.through(Binding(1, slice: slice), loopSize: loopSize, size: size)
        #expect(zip(through.table(column.count), column).reduce(.zero) { $0 + $1.0 * $1.1 } == expected)
        #expect(weight.through(Binding(1), loopSize: loopSize, size: size) == weight)
      }
    }
  }

  @Test func places() {
    var random = RepeatableRandom(seed: 44)
    let point = random.secureFields(5)
    for size in 1...9 {
      for offset in 0...32 - size {
        let weight = AxisWeight(placing: size, at: offset, of: point)
        #expect(weight.table(16) == (0..<16).map { $0 < size ? naiveEquality(point, offset + $0) : .zero })
      }
    }
  }

  private static func product(_ a: [SecureField], _ b: [SecureField]) -> SecureField {
    zip(a, b).reduce(SecureField.zero) { sum, pair in sum + pair.0 * pair.1 }
  }

  /// Of a lookup of a column of two axes.
  private static func block(_ size: Int, _ rest: Int) -> LookupBlock {
    let column = Column(name: "w", kind: .weight, axes: [1, 2], lower: -2, upper: 1)
    let circuit = ArithmeticCircuit(name: "block", batchCap: 1, axes: [0, size, 1 << rest], columns: [column])
    return circuit.block(of: Lookup(table: 0, forms: [AffineForm(bare: 0)]), batch: 1)
  }

  /// Blocks of any sizes: without gaps, in order of their rest, each where its leading axis can count from.
  @Test func blocks() {
    var random = RepeatableRandom(seed: 45)
    for round in 0..<200 {
      let sizes = round == 0 ? [(3, 5), (3, 3), (5, 3), (7, 0)] : (0..<Int.random(in: 1...7, using: &random)).map { _ in
        (Int.random(in: 1...7, using: &random), Int.random(in: 0...4, using: &random))
      }
      let blocks = Blocks(sizes.map(Self.block))
      var leaves = [Int?](repeating: nil, count: 1 << blocks.depth)
      for index in blocks.blocks.indices {
        #expect(blocks.leaves(index).lowerBound == blocks.offsets[index] << blocks.blocks[index].rest)
        for leaf in blocks.leaves(index) {
          #expect(leaves[leaf] == nil)
          leaves[leaf] = index
        }
      }
      #expect(leaves.count { $0 != nil } == blocks.leafCount && blocks.leafCount > leaves.count / 2)
      var order: [Int] = []
      for case let index? in leaves where order.last != index { order.append(index) }
      #expect(order == blocks.blocks.indices.sorted { (blocks.blocks[$1].rest, $0) < (blocks.blocks[$0].rest, $1) })
      #expect(leaves.prefix(blocks.leafCount).allSatisfy { $0 != nil })
      // Some function of each leaf, by the extension of the whole tree and by leading axes and rests.
      let point = random.secureFields(blocks.depth)
      let table = Multilinear.equalityTable(point)
      for (index, block) in blocks.blocks.enumerated() {
        let values = random.secureFields(block.leafCount)
        let place = blocks.place(index, at: point).table(block.size)
        let rest = Multilinear.equalityTable(Array(point.suffix(block.rest)))
        #expect(Self.product(outer(place, rest), values) == Self.product(Array(table[blocks.leaves(index)]), values))
        #expect(blocks.indicators(at: point)[index] == place.reduce(SecureField.zero, +))
      }
    }
  }
}

/// eq(point, index), the first coordinate for the most significant bit.
private func naiveEquality(_ point: [SecureField], _ index: Int) -> SecureField {
  point.enumerated().reduce(index >> point.count == 0 ? .one : .zero) { product, variable in
    index >> (point.count - 1 - variable.offset) & 1 == 1 ? product * variable.element : product * (.one - variable.element)
  }
}
