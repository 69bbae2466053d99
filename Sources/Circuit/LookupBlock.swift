import Field

/// Where a block of leaves is: `size`·2^rest of them, the leading axis at its true size. docs/protocol.md §6.
package struct LookupBlock: Hashable, Sendable {
  /// Among the axes of the domain; nil for a domain without axes.
  package var leading: Int?
  package var size = 1
  /// Bits of the axes after the leading one.
  package var rest: Int
  /// True sizes of these axes.
  package var innerSizes: [Int] = []

  package var leafCount: Int { size << rest }

  /// The parts of a leaf point that are about the axes after the leading one.
  package func parts(of point: [SecureField]) -> [[SecureField]] { split(point.suffix(rest), innerSizes.map(bitCountOfAxis)) }
}

extension ArithmeticCircuit {
  /// The axes shared by all columns of a lookup, nil when they differ.
  package func domain(of lookup: Lookup) -> [Int]? {
    guard let first = lookup.columns.first else { return nil }
    let axes = columns[first].axes
    return lookup.columns.allSatisfy { columns[$0].axes == axes } ? axes : nil
  }

  package func block(of lookup: Lookup, batch: Int) -> LookupBlock {
    let shape = (domain(of: lookup) ?? []).map { size(ofAxis: $0, batch: batch) }
    guard !shape.isEmpty else { return LookupBlock(rest: 0) }
    let leading = shape.firstIndex { $0 > 1 } ?? 0
    let inner = Array(shape[(leading + 1)...])
    return LookupBlock(leading: leading, size: shape[leading], rest: inner.reduce(0) { $0 + bitCountOfAxis($1) }, innerSizes: inner)
  }
}

/// Blocks of leaves one directly after the other, those with the largest rest first. docs/protocol.md §6.
package struct Blocks: Hashable, Sendable {
  package let blocks: [LookupBlock]
  /// In units of 2^rest leaves.
  package let offsets: [Int]
  /// The blocks from leaf 0 on.
  private let order: [Int]
  package let leafCount: Int

  package init(_ blocks: [LookupBlock]) {
    self.blocks = blocks
    var offsets = [Int](repeating: 0, count: blocks.count)
    var next = 0
    order = blocks.indices.sorted { (blocks[$0].rest, $1) > (blocks[$1].rest, $0) }
    for index in order {
      offsets[index] = next >> blocks[index].rest
      next += blocks[index].leafCount
    }
    self.offsets = offsets
    leafCount = next
  }

  /// Blocks of 2^bits leaves.
  package init(bits: [Int]) { self.init(bits.map { LookupBlock(rest: $0) }) }

  package var depth: Int { bitCountOfAxis(leafCount) }

  package func leaves(_ index: Int) -> Range<Int> {
    let start = offsets[index] << blocks[index].rest
    return start..<start + blocks[index].leafCount
  }

  /// The weight of the leading axis at the leaf point.
  package func place(_ index: Int, at point: [SecureField]) -> AxisWeight {
    AxisWeight(placing: blocks[index].size, at: offsets[index], of: point.dropLast(blocks[index].rest))
  }

  /// By block: the extension at the leaf point of its indicator, summed over the axes after the leading one.
  package func indicators(at point: [SecureField]) -> [SecureField] {
    var indicators = [SecureField](repeating: .zero, count: blocks.count)
    var (end, below) = (0, SecureField.zero)
    for index in order {
      let start = below
      end += blocks[index].leafCount
      below = Multilinear.lessThan(end, at: point[...])
      indicators[index] = below - start
    }
    return indicators
  }
}
