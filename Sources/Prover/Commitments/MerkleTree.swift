import Field
import Verifier

/// All digests of a binary tree, leaves first.
package struct MerkleTree: Sendable {
  /// Level 0 holds the leaves, the last level the root.
  package let levels: [[Digest]]

  package var root: Digest { levels[depth][0] }
  package var depth: Int { levels.count - 1 }

  /// Hashes columns of a row-major matrix of 2^depth columns, each with its salt if there are any, then pairs.
  package init(symbols: [BaseField], salts: [UInt8], depth: Int, threads: Int) {
    let leaves = hashLeaves(
      symbols, columnCount: 1 << depth, personalization: HashPurpose.leaf.personalization, salts: salts,
      threads: threads)
    levels = buildTree(leaves, personalization: HashPurpose.node.personalization, threads: threads)
  }

  /// The digests that accompany an opening at sorted distinct positions, in the order they are needed.
  package func siblings(at positions: [Int]) -> [Digest] {
    var siblings: [Digest] = []
    _ = Merkle.root(
      of: positions.map { ($0, levels[0][$0]) }, depth: depth
    ) { level, index in
      siblings.append(levels[level][index])
      return levels[level][index]
    }
    return siblings
  }
}
