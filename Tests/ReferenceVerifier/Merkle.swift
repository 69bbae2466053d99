extension Transcript {
  /// Opens sorted distinct positions of a tree (§4.2); returns the leaf contents, in order of position.
  package mutating func open(
    _ positions: [Int], depth: Int, leafByteCount: Int, root: [UInt8]
  ) throws(ReferenceRejection) -> [[UInt8]] {
    let (byteCount, overflow) = positions.count.multipliedReportingOverflow(by: leafByteCount)
    guard !overflow else { throw .truncatedProof }
    let bytes = try receiveBytes("leaves", byteCount)
    let leaves = positions.indices.map { Array(bytes[$0 * leafByteCount..<($0 + 1) * leafByteCount]) }
    var nodes = zip(positions, leaves).map { (index: $0, digest: hash("leaf", $1)) }
    for _ in 0..<depth {
      var parents: [(index: Int, digest: [UInt8])] = []
      var i = 0
      while i < nodes.count {
        let node = nodes[i]
        i += 1
        if node.index % 2 == 1 {
          let sibling = try hint(32)
          parents.append((node.index / 2, hash("node", sibling + node.digest)))
        } else if i < nodes.count, nodes[i].index == node.index + 1 {
          parents.append((node.index / 2, hash("node", node.digest + nodes[i].digest)))
          i += 1
        } else {
          let sibling = try hint(32)
          parents.append((node.index / 2, hash("node", node.digest + sibling)))
        }
      }
      nodes = parents
    }
    guard nodes.count == 1, nodes[0].digest == root else { throw .merkle }
    return leaves
  }
}

/// The place z of symbol i of a code (§4.2).
package func codePoint(_ index: Int, _ code: CodeParameters) -> UInt64 {
  var reversed: UInt64 = 0
  for bit in 0..<code.domainBits where (index >> bit) & 1 == 1 {
    reversed |= 1 << UInt64(code.domainBits - 1 - bit)
  }
  return Residue.power(Residue.root(code.domainBits), reversed)
}
