import CSodium

/// 32 bytes as four little-endian words.
package struct Digest: Hashable, Sendable {
  package static let byteCount = 32
  package static let zero = Digest(words: .zero)
  package let words: SIMD4<UInt64>

  package init(words: SIMD4<UInt64>) { self.words = words }

  /// Missing bytes count as zero.
  package init(bytes: ArraySlice<UInt8>) {
    words = SIMD4(
      littleEndianWord(bytes, at: 0), littleEndianWord(bytes, at: 8), littleEndianWord(bytes, at: 16),
      littleEndianWord(bytes, at: 24))
  }

  package var bytes: [UInt8] {
    (0..<Self.byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
  }
}

/// The u64 that begins `offset` bytes into the slice; missing bytes count as zero.
package func littleEndianWord(_ bytes: ArraySlice<UInt8>, at offset: Int) -> UInt64 {
  let start = bytes.startIndex + offset
  guard start + 8 <= bytes.endIndex else {
    return bytes.dropFirst(offset).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
  var word: UInt64 = 0
  for index in 0..<8 { word |= UInt64(bytes[start + index]) << UInt64(8 * index) }
  return word
}

/// What a hash is used for; part of its personalization. docs/protocol.md §2.
package enum HashPurpose: String, Sendable, CaseIterable {
  case absorb, squeeze, grind, leaf, node, circuit, model, key, input, file

  /// "zkml." and the purpose, in 16 bytes.
  package var personalization: [UInt8] {
    let name = Array("zkml.\(rawValue)".utf8)
    return name + [UInt8](repeating: 0, count: 16 - name.count)
  }
}

/// BLAKE2b for one purpose, by libsodium: the only unsafe calls of the trusted closure.
package struct Hash: Sendable {
  private static let isReady = sodium_init() >= 0

  private let personalization: [UInt8]

  package init(_ purpose: HashPurpose) {
    _ = Self.isReady
    personalization = purpose.personalization
  }

  /// The 64 bytes of a long digest.
  package func long(_ data: [UInt8]) -> (Digest, Digest) {
    var output = SIMD8<UInt64>.zero
    unsafe withUnsafeMutableBytes(of: &output) { output in
      unsafe data.withUnsafeBytes { unsafe run($0, into: output) }
    }
    return (Digest(words: output.lowHalf), Digest(words: output.highHalf))
  }

  package func digest(_ data: [UInt8]) -> Digest {
    unsafe data.withUnsafeBytes { unsafe digest($0) }
  }

  package func digest(_ data: ArraySlice<UInt8>) -> Digest {
    unsafe data.withUnsafeBytes { unsafe digest($0) }
  }

  package func digest(_ left: Digest, _ right: Digest) -> Digest {
    unsafe withUnsafeBytes(of: SIMD8(lowHalf: left.words, highHalf: right.words)) { unsafe digest($0) }
  }

  private func digest(_ input: UnsafeRawBufferPointer) -> Digest {
    var output = SIMD4<UInt64>.zero
    unsafe withUnsafeMutableBytes(of: &output) { unsafe run(input, into: $0) }
    return Digest(words: output)
  }

  private func run(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
    guard let start = output.baseAddress else { return }
    unsafe crypto_generichash_blake2b_salt_personal(
      start, output.count, input.baseAddress, UInt64(input.count), nil, 0, nil, personalization)
  }
}
