import Circuit
import Execution
import Field
import Verifier

/// What a commitment opens: its columns of symbols, with salts where the code is tailed, under a tree.
package enum Leaves: Sendable {
  case made(EncodedRows)
  case stored(StoredLeaves)

  package var root: Digest {
    switch self {
    case .made(let rows): rows.tree.root
    case .stored(let leaves): leaves.root
    }
  }

  /// - Parameter positions: Sorted, distinct.
  package func open(at positions: [Int], threads: Int = 1) throws(ProvingError) -> LeafOpening {
    switch self {
    case .made(let rows): return rows.open(at: positions, threads: threads)
    case .stored(let leaves):
      do throws(FileError) { return try leaves.open(at: positions, threads: threads) } catch { throw .key(error) }
    }
  }
}

extension Leaves {
  /// Adds what a file holds of them; see `StoredLeaves`.
  func append(to file: inout [UInt8]) throws(ProvingError) {
    switch self {
    case .made(let rows): rows.append(to: &file)
    case .stored(let leaves):
      do throws(FileError) { file += try leaves.content() } catch { throw .key(error) }
    }
  }
}

/// Leaves at sorted distinct positions.
package struct LeafOpening: Sendable {
  package let positions: [Int]
  /// What is hashed of each, in order.
  package let bytes: [UInt8]
  /// The digests that accompany them, in the order in which they are needed.
  package let siblings: [Digest]

  /// The symbols of each leaf, by row.
  package func symbols(rowCount: Int) -> [[BaseField]] {
    let leafByteCount = positions.isEmpty ? 0 : bytes.count / positions.count
    return positions.indices.map { leaf in
      (0..<rowCount).map { BaseField(reducing: littleEndianWord(bytes[...], at: leaf * leafByteCount + 8 * $0)) }
    }
  }
}

/// Rows of symbols in memory.
package struct EncodedRows: Sendable {
  /// Row-major.
  @Secret package var symbols: [BaseField]
  /// By leaf.
  @Secret package var salts: [UInt8]
  package let tree: MerkleTree

  /// For 2^depth columns.
  package init(symbols: [BaseField], salts: [UInt8], depth: Int, threads: Int) {
    tree = MerkleTree(symbols: symbols, salts: salts, depth: depth, threads: threads)
    _symbols = Secret(wrappedValue: symbols, threads: threads)
    _salts = Secret(wrappedValue: salts)
  }

  fileprivate func open(at positions: [Int], threads: Int) -> LeafOpening {
    let columnCount = 1 << tree.depth
    let (symbols, salts) = (symbols, salts)
    let (rowCount, saltByteCount) = (symbols.count / columnCount, salts.count / columnCount)
    let leafByteCount = 8 * rowCount + saltByteCount
    let bytes: [UInt8] = Parallel.build(positions.count * leafByteCount, size: 8 * leafByteCount, threads: threads) { start, part in
      let leaves = UnsafeMutableRawBufferPointer(part)
      for offset in stride(from: 0, to: part.count, by: leafByteCount) {
        let position = positions[(start + offset) / leafByteCount]
        for row in 0..<rowCount {
          let word = symbols[row * columnCount + position].value.littleEndian
          leaves.storeBytes(of: word, toByteOffset: offset + 8 * row, as: UInt64.self)
        }
        for index in 0..<saltByteCount { leaves[offset + 8 * rowCount + index] = salts[position * saltByteCount + index] }
      }
    }
    return LeafOpening(positions: positions, bytes: bytes, siblings: tree.siblings(at: positions))
  }

  fileprivate func append(to file: inout [UInt8]) {
    let (symbols, salts) = (symbols, salts)
    let columnCount = 1 << tree.depth
    let (rowCount, saltByteCount) = (symbols.count / columnCount, salts.count / columnCount)
    let tileWidth = min(8, columnCount)
    var tile = [UInt64](repeating: 0, count: tileWidth * rowCount)
    defer { tile.erase() }
    for first in stride(from: 0, to: columnCount, by: tileWidth) {
      for row in 0..<rowCount {
        for column in 0..<tileWidth {
          tile[column * rowCount + row] = symbols[row * columnCount + first + column].value.littleEndian
        }
      }
      for column in 0..<tileWidth {
        tile[column * rowCount..<(column + 1) * rowCount].withUnsafeBytes { file += $0 }
        file += salts[(first + column) * saltByteCount..<(first + column + 1) * saltByteCount]
      }
    }
    for level in tree.levels.dropLast() { for digest in level { file += digest.bytes } }
  }
}
