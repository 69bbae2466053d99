import CSodium
import Field
import Glibc
import Verifier

/// Where pads, masks, tails and salts come from.
package protocol SecretSource: Sendable {
  /// Uniform bytes that were not drawn before.
  mutating func bytes(_ count: Int) -> [UInt8]
}

extension SecretSource {
  package mutating func elements(_ count: Int) -> [BaseField] {
    var elements: [BaseField] = []
    elements.reserveCapacity(count)
    while elements.count < count {
      let rest = count - elements.count
      var drawn = bytes(8 * rest)
      defer { drawn.erase() }
      drawn.withUnsafeBytes { bytes in
        for index in 0..<rest {
          let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
          if let element = BaseField(canonical: word) { elements.append(element) }
        }
      }
    }
    return elements
  }

  package mutating func secureElements(_ count: Int) -> [SecureField] {
    var parts = elements(2 * count)
    defer { parts.erase() }
    return (0..<count).map { SecureField(c0: parts[2 * $0], c1: parts[2 * $0 + 1]) }
  }
}

/// Secrets from a seed, by libsodium's ChaCha20.
package struct SecretStream: SecretSource {
  package static let seedByteCount = 32

  @Secret private var seed: [UInt8]
  private var draws: UInt64 = 0

  /// - Precondition: the seed has 32 bytes.
  package init(seed: [UInt8]) {
    precondition(seed.count == Self.seedByteCount, "a seed has 32 bytes")
    _seed = Secret(wrappedValue: seed)
    self.seed.shield()
  }

  /// A stream for one use of what `parts` tell: from the operating system's randomness, mixed with the parts, the time and
  /// the process, so that a generator state that comes back gives other elements; or from `seed`, mixed with the parts.
  package init(_ label: String, mixing parts: [[UInt8]], seed: [UInt8]?) {
    var key = [UInt8](repeating: 0, count: Self.seedByteCount)
    if let seed { key = seed } else { randombytes_buf(&key, key.count) }
    let parts = [Array(label.utf8)] + parts + (seed == nil ? [Self.moment] : [])
    var message: [UInt8] = []
    message.reserveCapacity(parts.reduce(0) { $0 + 8 + $1.count })
    for part in parts {
      message += UInt64(part.count).littleEndianBytes
      message += part
    }
    self.init(seed: Self.derive(key, message))
    key.erase()
    message.erase()
  }

  /// Nanoseconds since 1970 and since the machine started, and the process.
  private static var moment: [UInt8] {
    let clocks = [CLOCK_REALTIME, CLOCK_MONOTONIC].map { clock in
      var time = timespec()
      clock_gettime(clock, &time)
      return UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(time.tv_nsec))
    }
    return (clocks + [UInt64(getpid())]).flatMap(\.littleEndianBytes)
  }

  private static func derive(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: seedByteCount)
    let status = crypto_generichash(&output, output.count, message, UInt64(message.count), key, key.count)
    precondition(status == 0, "a hash of valid sizes does not fail")
    return output
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    var own = Self.derive(seed, draws.littleEndianBytes)
    defer { own.erase() }
    draws += 1
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress { randombytes_buf_deterministic(base, count, own) }
      initialized = count
    }
  }
}
