import Field
import Verifier

/// All digests of a binary tree, leaves first.
package struct MerkleTree: Sendable {
  /// Level 0 holds the leaves, the last level the root.
  package let levels: [[Digest]]

  package var root: Digest { levels[levels.count - 1][0] }

  package init(levels: [[Digest]]) { self.levels = levels }

  /// Hashes columns of a row-major matrix of 2^depth columns, then pairs.
  package init(symbols: [BaseField], rowCount: Int, depth: Int, threads: Int) {
    let leaf = Hash(.leaf)
    let node = Hash(.node)
    var levels: [[Digest]] = [
      Parallel.map(1 << depth, threads: threads) { position in
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 * rowCount)
        for row in 0..<rowCount {
          let word = symbols[row << depth + position].value
          for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
        }
        return leaf.digest(bytes)
      }
    ]
    for level in 0..<depth {
      let below = levels[level]
      levels.append(
        Parallel.map(below.count / 2, threads: threads) { node.digest(below[2 * $0], below[2 * $0 + 1]) })
    }
    self.levels = levels
  }

  /// The digests that accompany an opening at sorted distinct positions, in the order they are needed.
  package func siblings(at positions: [Int]) -> [Digest] {
    var siblings: [Digest] = []
    _ = Merkle.root(
      of: positions.map { ($0, levels[0][$0]) }, depth: levels.count - 1
    ) { level, index in
      siblings.append(levels[level][index])
      return levels[level][index]
    }
    return siblings
  }
}
