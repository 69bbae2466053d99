import TestSupport
import Verifier

/// Changes files at random; the same for the same seed.
struct FileMutator {
  private var random: RepeatableRandom
  /// What is spliced in.
  private let donors: [[UInt8]]

  init(seed: UInt64, donors: [[UInt8]]) {
    random = RepeatableRandom(seed: seed)
    self.donors = donors
  }

  /// Another content than that of a sealed file, under a right digest; now and then under the old one, or none.
  ///
  /// - Parameter lengths: Where the content has u32 counts of what follows.
  mutating func changed(_ file: [UInt8], lengths: [Int]) -> [UInt8] {
    let content = Array(file.dropLast(Digest.byteCount))
    var copy = content
    while copy == content {
      for _ in 0...below(3) { change(&copy, lengths) }
    }
    switch below(20) {
    case 0: return copy + file.suffix(Digest.byteCount)
    case 1: return copy
    case _: return copy + Hash(.file).digest(copy).bytes
    }
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &random) }

  private mutating func change(_ bytes: inout [UInt8], _ lengths: [Int]) {
    // Half of the changes are near the beginning, where all is structure.
    let index = below(Bool.random(using: &random) ? bytes.count : min(bytes.count, 400))
    switch below(9) {
    case 0: bytes.removeLast(min(bytes.count, 1 + below(below(2) == 0 ? 40 : bytes.count)))
    case 1: bytes.insert(contentsOf: (0...below(20)).map { _ in UInt8(truncatingIfNeeded: below(256)) }, at: index)
    case 2: bytes.removeSubrange(index..<min(bytes.count, index + 1 + below(40)))
    case 3: splice(&bytes, at: index)
    case 4: setWord(&bytes, at: lengths.isEmpty ? index : lengths[below(lengths.count)])
    case 5: setWord(&bytes, at: index)
    case 6: if index < bytes.count { bytes[index] = [0, 1, 0x7F, 0x80, 0xFF][below(5)] }
    case _: if index < bytes.count { bytes[index] ^= 1 << UInt8(below(8)) }
    }
  }

  /// Puts a piece of this file or of another one over what is there.
  private mutating func splice(_ bytes: inout [UInt8], at index: Int) {
    let source = below(3) == 0 ? bytes : donors[below(donors.count)]
    let start = below(2) == 0 ? index : below(source.count)
    let piece = source.dropFirst(start).prefix(1 + below(below(2) == 0 ? 64 : source.count))
    let end = below(4) == 0 ? index : min(bytes.count, index + piece.count)
    bytes.replaceSubrange(index..<max(index, end), with: piece)
  }

  private mutating func setWord(_ bytes: inout [UInt8], at index: Int) {
    guard index + 4 <= bytes.count else { return }
    let old = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) }
    let words: [UInt32] = [
      0, 1, old &+ 1, old &- 1, old &* 2, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFC,
      UInt32(truncatingIfNeeded: bytes.count - index - 4), UInt32(truncatingIfNeeded: bytes.count),
    ]
    let word = words[below(words.count)]
    for byte in 0..<4 { bytes[index + byte] = UInt8(truncatingIfNeeded: word >> UInt32(8 * byte)) }
  }
}
