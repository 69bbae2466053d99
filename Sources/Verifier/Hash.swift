import CSodium

/// 32 bytes as four little-endian words.
package struct Digest: Hashable, Sendable {
  package static let byteCount = 32
  package static let zero = Digest(words: .zero)
  package let words: SIMD4<UInt64>

  package init(words: SIMD4<UInt64>) { self.words = words }

  /// Missing bytes count as zero.
  package init(bytes: ArraySlice<UInt8>) {
    var words = SIMD4<UInt64>.zero
    for (index, byte) in bytes.prefix(Self.byteCount).enumerated() {
      words[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
    }
    self.words = words
  }

  package var bytes: [UInt8] {
    (0..<Self.byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
  }
}

/// What a hash is used for; part of its personalization. docs/protocol.md §2.
package enum HashPurpose: String, Sendable, CaseIterable {
  case absorb, squeeze, grind, leaf, node, circuit, model, key, file

  /// "zkml." and the purpose, in 16 bytes.
  package var personalization: [UInt8] {
    let name = Array("zkml.\(rawValue)".utf8)
    return name + [UInt8](repeating: 0, count: 16 - name.count)
  }
}

/// BLAKE2b for one purpose, by libsodium: the only unsafe code of the trusted closure.
package struct Hash: Sendable {
  private static let isReady = sodium_init() >= 0

  private let personalization: [UInt8]

  package init(_ purpose: HashPurpose) {
    _ = Self.isReady
    personalization = purpose.personalization
  }

  /// `byteCount` is 1 … 64.
  package func bytes(_ data: [UInt8], byteCount: Int) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: byteCount)
    unsafe crypto_generichash_blake2b_salt_personal(
      &output, byteCount, data, UInt64(data.count), nil, 0, nil, personalization)
    return output
  }

  package func digest(_ data: [UInt8]) -> Digest {
    Digest(bytes: bytes(data, byteCount: Digest.byteCount)[...])
  }

  package func digest(_ left: Digest, _ right: Digest) -> Digest {
    var data = left.bytes
    data.append(contentsOf: right.bytes)
    return digest(data)
  }
}
