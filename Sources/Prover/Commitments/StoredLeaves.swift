import Circuit
import Execution
import Field
import Verifier

/// Leaves of a commitment and the digests over them as a file holds them.
///
/// In order of position the bytes that are hashed of each leaf, then the digests from the leaves' on, level by level,
/// without the root.
package struct StoredLeaves: Sendable {
  private let bytes: StoredBytes
  private let start: Int
  private let code: Code
  private let rowCount: Int
  package let root: Digest

  init(_ bytes: StoredBytes, at start: Int, _ code: Code, rowCount: Int, root: Digest) {
    (self.bytes, self.start, self.code, self.rowCount, self.root) = (bytes, start, code, rowCount, root)
    bytes.fetch(at: digestStart, count: (2 << code.domainBits - 2) * Digest.byteCount)
  }

  static func byteCount(_ code: Code, rowCount: Int) -> Int {
    code.leafByteCount(rowCount: rowCount) << code.domainBits + (2 << code.domainBits - 2) * Digest.byteCount
  }

  private var leafByteCount: Int { code.leafByteCount(rowCount: rowCount) }
  private var digestStart: Int { start + leafByteCount << code.domainBits }

  /// Digests of a level that is read whole; of longer ones those that are needed are read.
  private static let heldCount = 1 << 13

  /// The leaves at sorted distinct positions, when they are those of the root.
  func open(at positions: [Int], threads: Int) throws(FileError) -> LeafOpening {
    Parallel.forEach(positions.count, threads: threads) { bytes.fetch(at: start + positions[$0] * leafByteCount, count: leafByteCount) }
    let read = Parallel.map(positions.count, threads: threads) { index in
      Result { () throws(FileError) in
        let leaf = try bytes.read(at: start + positions[index] * leafByteCount, count: leafByteCount)
        return (leaf: leaf, digest: Hash(.leaf).digest(leaf))
      }
    }
    var leaves: [UInt8] = []
    leaves.reserveCapacity(positions.count * leafByteCount)
    var hashed: [(position: Int, digest: Digest)] = []
    for (position, result) in zip(positions, read) {
      let (leaf, digest) = try result.get()
      leaves += leaf
      hashed.append((position, digest))
    }
    var siblings: [Digest] = []
    var held: (level: Int, bytes: [UInt8]) = (-1, [])
    let computed = try Merkle.root(of: hashed, depth: code.domainBits) { level, index throws(FileError) in
      let count = 1 << (code.domainBits - level)
      if held.level != level, count <= Self.heldCount { held = (level, try digestBytes(level, 0, count: count)) }
      let (bytes, place) = held.level == level ? (held.bytes, index) : (try digestBytes(level, index, count: 1), 0)
      let sibling = Digest(bytes: bytes.dropFirst(place * Digest.byteCount).prefix(Digest.byteCount))
      siblings.append(sibling)
      return sibling
    }
    guard computed == root else { throw bytes.damaged }
    return LeafOpening(positions: positions, bytes: leaves, siblings: siblings)
  }

  /// Reads all leaves and digests and checks that they are those of the root.
  func check() throws(FileError) {
    var level: [Digest] = []
    for first in stride(from: 0, to: 1 << code.domainBits, by: 256) {
      let count = min(256, 1 << code.domainBits - first)
      var leaves = try bytes.read(at: start + first * leafByteCount, count: count * leafByteCount)
      defer { leaves.erase() }
      level += (0..<count).map { Hash(.leaf).digest(leaves[$0 * leafByteCount..<($0 + 1) * leafByteCount]) }
    }
    for depth in 0..<code.domainBits {
      guard try digestBytes(depth, 0, count: level.count) == level.flatMap(\.bytes) else { throw bytes.damaged }
      level = (0..<level.count / 2).map { Hash(.node).digest(level[2 * $0], level[2 * $0 + 1]) }
    }
    guard level == [root] else { throw bytes.damaged }
  }

  /// All of it.
  func content() throws(FileError) -> [UInt8] {
    try bytes.read(at: start, count: Self.byteCount(code, rowCount: rowCount))
  }

  private func digestBytes(_ level: Int, _ index: Int, count: Int) throws(FileError) -> [UInt8] {
    let before = 2 << code.domainBits - 2 << (code.domainBits - level) + index
    return try bytes.read(at: digestStart + before * Digest.byteCount, count: count * Digest.byteCount)
  }
}

extension Code {
  func leafByteCount(rowCount: Int) -> Int { BaseField.byteCount * rowCount + saltByteCount }
}
