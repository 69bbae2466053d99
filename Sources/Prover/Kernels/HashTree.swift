import CSodium
import Execution
import Field
import Verifier

/// Columns in a unit of parallel work; consecutive lines of a row are read together.
private let tileWidth = 64

/// The digests of the columns of an encoded matrix, in order. docs/protocol.md §3.
///
/// A leaf is the canonical bytes of its column's symbols over all rows, then its salt.
///
/// - Parameters:
///   - symbols: row-major, `columnCount` a row.
///   - personalization: 16 bytes.
///   - salts: 0 or 16 bytes for each column.
package func hashLeaves(
  _ symbols: [BaseField], columnCount: Int, personalization: [UInt8], salts: [UInt8] = [], threads: Int
) -> [Digest] {
  precondition(columnCount > 0 && symbols.count % columnCount == 0, "a row is incomplete")
  precondition(salts.isEmpty || salts.count == 16 * columnCount, "a salt has 16 bytes")
  let rowCount = symbols.count / columnCount
  let wordCount = rowCount + (salts.isEmpty ? 0 : 2)
  var digests = [Digest](repeating: .zero, count: columnCount)
  symbols.withUnsafeBufferPointer { symbols in
    salts.withUnsafeBytes { salts in
      Parallel.chunks(&digests, size: tileWidth, threads: threads) { first, span in
        let width = span.count
        hashTile(wordCount: wordCount, width: width, personalization, into: &span) { word, place in
          if word < rowCount {
            let source = symbols.baseAddress.unsafelyUnwrapped + (word * columnCount + first)
            UnsafeMutableRawPointer(place).copyMemory(from: source, byteCount: 8 * width)
          } else {
            for column in 0..<width {
              let offset = 16 * (first + column) + 8 * (word - rowCount)
              place[column] = UInt64(littleEndian: salts.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            }
          }
        }
      }
    }
  }
  return digests
}

/// All levels of the tree over `leaves`, these first and the root last.
///
/// A node is the digest of its two children's bytes.
///
/// - Precondition: the number of leaves is a power of two.
package func buildTree(_ leaves: [Digest], personalization: [UInt8], threads: Int) -> [[Digest]] {
  precondition(!leaves.isEmpty && leaves.count & (leaves.count - 1) == 0, "a power of two of leaves")
  var levels = [leaves]
  while let children = levels.last, children.count > 1 {
    var level = [Digest](repeating: .zero, count: children.count / 2)
    Parallel.chunks(&level, size: tileWidth, threads: threads) { first, span in
      let width = span.count
      hashTile(wordCount: 8, width: width, personalization, into: &span) { word, place in
        for node in 0..<width { place[node] = children[2 * (first + node) + word / 4].words[word % 4] }
      }
    }
    levels.append(level)
  }
  return levels
}

/// The first nonce, counted from 0, that solves the grinding puzzle for a state of the transcript. docs/protocol.md §2.
package func firstNonce(after state: Digest, bits: Int, threads: Int) -> UInt64 {
  let personalization = HashPurpose.grind.personalization
  let mask: UInt64 = 1 << UInt64(bits) - 1
  var digests = [Digest](repeating: .zero, count: 16 * tileWidth)
  var start: UInt64 = 0
  while true {
    Parallel.chunks(&digests, size: tileWidth, threads: threads) { first, span in
      let width = span.count
      hashTile(wordCount: 5, width: width, personalization, into: &span) { word, place in
        for nonce in 0..<width { place[nonce] = word < 4 ? state.words[word] : start + UInt64(first + nonce) }
      }
    }
    if let index = digests.firstIndex(where: { $0.words[0] & mask == 0 }) { return start + UInt64(index) }
    start += UInt64(digests.count)
  }
}

/// Hashes `width` messages of `wordCount` words; `fill` writes one word of every message side by side.
///
/// Eight at a time with AVX-512, whose registers hold eight states; with AVX2 four, which spill less.
private func hashTile(
  wordCount: Int, width: Int, _ personalization: [UInt8], into digests: inout MutableSpan<Digest>,
  _ fill: (_ word: Int, _ place: UnsafeMutablePointer<UInt64>) -> Void
) {
  if BaseLanes.fitRegister, width >= 8 {
    hashTile(SIMD8.self, wordCount: wordCount, width: width, personalization, into: &digests, fill)
  } else if BaseLanes.hasWideVectors, width >= 4 {
    hashTile(SIMD4.self, wordCount: wordCount, width: width, personalization, into: &digests, fill)
  } else {
    hashTileBySodium(wordCount: wordCount, width: width, personalization, into: &digests, fill)
  }
}

private func hashTile<Lanes: SIMD<UInt64>>(
  _: Lanes.Type, wordCount: Int, width: Int, _ personalization: [UInt8], into digests: inout MutableSpan<Digest>,
  _ fill: (_ word: Int, _ place: UnsafeMutablePointer<UInt64>) -> Void
) {
  withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 16 * tileWidth) { block in
    guard let base = block.baseAddress else { return }
    block.initialize(repeating: 0)
    defer { sodium_memzero(base, 8 * tileWidth * min(wordCount, 16)) }
    let laneCount = Lanes.scalarCount
    let groupCount = (width + laneCount - 1) / laneCount
    var states = [Blake2bLanes<Lanes>](repeating: Blake2bLanes(personalization: personalization), count: groupCount)
    let blockCount = max((wordCount + 15) / 16, 1)
    for index in 0..<blockCount {
      let end = min(16 * index + 16, wordCount)
      for word in 16 * index..<end { fill(word, base + word % 16 * tileWidth) }
      for row in end - 16 * index..<16 { (base + row * tileWidth).update(repeating: 0, count: tileWidth) }
      for group in states.indices {
        states[group].absorb(base + laneCount * group, pitch: tileWidth, byteCount: 8 * end, isLast: index == blockCount - 1)
      }
    }
    for message in 0..<width {
      let (w0, w1, w2, w3) = states[message / laneCount].digest
      let lane = message % laneCount
      digests[message] = Digest(words: SIMD4(w0[lane], w1[lane], w2[lane], w3[lane]))
    }
  }
}

/// As `hashTile`, by libsodium.
private func hashTileBySodium(
  wordCount: Int, width: Int, _ personalization: [UInt8], into digests: inout MutableSpan<Digest>,
  _ fill: (_ word: Int, _ place: UnsafeMutablePointer<UInt64>) -> Void
) {
  var row = [UInt64](repeating: 0, count: width)
  var messages = [UInt64](repeating: 0, count: width * wordCount)
  defer {
    row.erase()
    messages.erase()
  }
  for word in 0..<wordCount {
    row.withUnsafeMutableBufferPointer { buffer in if let base = buffer.baseAddress { fill(word, base) } }
    for message in 0..<width { messages[message * wordCount + word] = row[message].littleEndian }
  }
  let salt = [UInt8](repeating: 0, count: 16)
  var digest = [UInt8](repeating: 0, count: Digest.byteCount)
  messages.withUnsafeBytes { messages in
    for message in 0..<width {
      let input = UnsafeRawBufferPointer(rebasing: messages[8 * wordCount * message..<8 * wordCount * (message + 1)])
      let status = crypto_generichash_blake2b_salt_personal(
        &digest, digest.count, input.baseAddress, UInt64(input.count), nil, 0, salt, personalization)
      precondition(status == 0, "BLAKE2b of valid sizes does not fail")
      digests[message] = Digest(bytes: digest[...])
    }
  }
}
