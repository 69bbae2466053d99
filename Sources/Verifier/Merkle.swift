/// The order in which an opening of several leaves needs siblings. docs/protocol.md §4.2.
package enum Merkle {
  /// Computes the root from leaves at sorted distinct positions.
  ///
  /// - Parameter sibling: called once for each digest that cannot be computed, with level (0: leaves) and index.
  package static func root<Failure: Error>(
    of leaves: [(position: Int, digest: Digest)], depth: Int,
    sibling: (Int, Int) throws(Failure) -> Digest
  ) throws(Failure) -> Digest? {
    let node = Hash(.node)
    var known = leaves
    for level in 0..<depth {
      var parents: [(position: Int, digest: Digest)] = []
      parents.reserveCapacity(known.count)
      var index = 0
      while index < known.count {
        let (position, digest) = known[index]
        let parent: Digest
        if position & 1 == 0, index + 1 < known.count, known[index + 1].position == position + 1 {
          parent = node.digest(digest, known[index + 1].digest)
          index += 1
        } else {
          let other = try sibling(level, position ^ 1)
          parent = position & 1 == 0 ? node.digest(digest, other) : node.digest(other, digest)
        }
        parents.append((position >> 1, parent))
        index += 1
      }
      known = parents
    }
    return known.first?.digest
  }
}

extension VerifierTranscript {
  /// Receives the leaves at `positions` of a committed tree, in order, each of `byteCount` bytes.
  ///
  /// - Throws: `.malformed`, `.merkleMismatch`.
  package mutating func receiveLeaves(
    at positions: [Int], byteCount: Int, depth: Int, root: Digest
  ) throws(VerificationError) -> [ArraySlice<UInt8>] {
    let contents = try receiveBytes("leaves", positions.count * byteCount)
    let hash = Hash(.leaf)
    var leaves: [(position: Int, digest: Digest)] = []
    var slices: [ArraySlice<UInt8>] = []
    for (index, position) in positions.enumerated() {
      let start = contents.startIndex + index * byteCount
      slices.append(contents[start..<start + byteCount])
      leaves.append((position, hash.digest(slices[index])))
    }
    let computed = try Merkle.root(of: leaves, depth: depth) { _, _ throws(VerificationError) in
      Digest(bytes: try hint(Digest.byteCount))
    }
    guard computed == root else { throw .merkleMismatch }
    return slices
  }
}
