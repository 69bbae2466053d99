import Field
import TestSupport
import Testing
import Verifier

@Suite struct MerkleTests {
  private let depth = 4
  private let size = 8

  private var leaves: [[UInt8]] { (0..<16).map { index in (0..<8).map { UInt8(index * 8 + $0) } } }

  /// All levels, leaves first.
  private func levels(_ digests: [Digest]) -> [[Digest]] {
    var levels = [digests]
    while let last = levels.last, last.count > 1 {
      levels.append((0..<last.count / 2).map { Hash(.node).digest(last[2 * $0], last[2 * $0 + 1]) })
    }
    return levels
  }

  private var tree: [[Digest]] { levels(leaves.map { Hash(.leaf).digest($0) }) }
  private var root: Digest { tree[depth][0] }

  private func siblings(_ positions: [Int]) -> [UInt8] {
    let tree = tree
    var bytes: [UInt8] = []
    _ = Merkle.root(of: positions.map { ($0, tree[0][$0]) }, depth: depth) { level, index in
      bytes += tree[level][index].bytes
      return tree[level][index]
    }
    return bytes
  }

  private func error(
    _ proof: [UInt8], at positions: [Int], byteCount: Int = 8, depth: Int = 4, root: Digest? = nil
  ) -> VerificationError? {
    var transcript = VerifierTranscript(proof: proof)
    do throws(VerificationError) {
      _ = try transcript.receiveLeaves(at: positions, byteCount: byteCount, depth: depth, root: root ?? self.root)
      try transcript.finish()
      return nil
    } catch { return error }
  }

  private func opening(_ positions: [Int]) -> [UInt8] { positions.flatMap { leaves[$0] } + siblings(positions) }

  @Test("every set of positions opens") func openings() {
    for mask in 1..<1 << 16 where mask % 74 == 1 || mask < 64 {
      let positions = (0..<16).filter { mask >> $0 & 1 == 1 }
      #expect(error(opening(positions), at: positions) == nil)
    }
  }

  @Test("row 15: a changed leaf or sibling, or another position, is rejected") func changes() {
    let positions = [1, 6, 7, 12]
    let honest = opening(positions)
    for index in honest.indices {
      var copy = honest
      copy[index] ^= 1
      #expect(error(copy, at: positions) == .merkleMismatch)
    }
    #expect(error(honest, at: [1, 6, 7, 13]) == .merkleMismatch)
    #expect(error(honest, at: [0, 6, 7, 12]) == .merkleMismatch)
    #expect(error(honest, at: positions, root: .zero) == .merkleMismatch)
  }

  @Test("row 15: an inner node is no leaf, nor a leaf an inner node") func confusion() {
    let pair = tree[0][0].bytes + tree[0][1].bytes
    #expect(Hash(.leaf).digest(pair) != Hash(.node).digest(pair))
    #expect(Hash(.leaf).digest(pair) != tree[1][0])
    // The tree one level shorter, its leaves the pairs of digests.
    let proof = pair + (1..<4).flatMap { level in tree[level][level == 0 ? 0 : 1].bytes }
    #expect(error(proof, at: [0], byteCount: 64, depth: 3) == .merkleMismatch)
    // A tree one level deeper, with leaves that are the shorter tree's nodes.
    let deep = levels(tree[0].flatMap { [$0, $0] })
    #expect(deep[5][0] != root)
  }

  @Test("row 15: a path that is longer or shorter than the tree is rejected") func lengths() {
    let honest = opening([5])
    #expect(error(honest, at: [5]) == nil)
    #expect(error(honest + root.bytes, at: [5]) == .malformed)
    #expect(error(Array(honest.dropLast(32)), at: [5]) == .malformed)
    #expect(error(Array(honest.dropLast()), at: [5]) == .malformed)
    #expect(error(honest + root.bytes, at: [5], depth: 5) == .merkleMismatch)
    #expect(error(Array(honest.dropLast(32)), at: [5], depth: 3) == .merkleMismatch)
  }

  @Test("row 15: repeated or unsorted positions do not open") func order() {
    let twice = leaves[5] + leaves[5] + siblings([5])
    #expect(error(twice, at: [5, 5]) != nil)
    #expect(error(leaves[5] + leaves[4] + siblings([4, 5]), at: [5, 4]) != nil)
    #expect(error(leaves[5] + leaves[4] + siblings([5]), at: [5, 5]) != nil)
  }

  @Test("a tree of one leaf has that leaf's digest as its root") func singleLeaf() {
    let leaf: [UInt8] = [1, 2, 3]
    #expect(error(leaf, at: [0], byteCount: 3, depth: 0, root: Hash(.leaf).digest(leaf)) == nil)
    #expect(error(leaf, at: [0], byteCount: 3, depth: 0, root: Hash(.node).digest(leaf)) == .merkleMismatch)
  }
}
