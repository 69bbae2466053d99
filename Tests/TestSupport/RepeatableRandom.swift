import Field

/// SplitMix64: the same values for the same seed on every platform. Not for cryptography.
package struct RepeatableRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  package mutating func baseField() -> BaseField { BaseField(reducing: next()) }

  package mutating func secureField() -> SecureField {
    let c0 = baseField()
    return SecureField(c0: c0, c1: baseField())
  }

  package mutating func baseFields(_ count: Int) -> [BaseField] { (0..<count).map { _ in baseField() } }

  package mutating func secureFields(_ count: Int) -> [SecureField] { (0..<count).map { _ in secureField() } }
}

extension BaseField {
  /// Canonical values at the edges of carries, borrows and 32-bit limbs.
  package static let edges: [BaseField] = {
    let p = modulus
    let half = p / 2
    let raw: [UInt64] = [
      0, 1, 2, 7, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 0x1_0000_0001,
      0x7FFF_FFFF_0000_0000, half - 1, half, half + 1, half + 2, 0x7FFF_FFFF_FFFF_FFFF, 1 << 63,
      (1 << 63) + 1, p - (1 << 33), p - (1 << 32) - 1, p - (1 << 32), p - (1 << 32) + 1, p - 0xFFFF_FFFF,
      0xFFFF_FFFE_FFFF_FFFF, 0xFFFF_FFFE_0000_0001, p - (1 << 31) - 1, p - (1 << 31), p - (1 << 31) + 1,
      p - 2, p - 1,
    ]
    return raw.compactMap { BaseField(canonical: $0) }
  }()
}

/// The edges, then pseudorandom elements.
package func samples(_ count: Int, seed: UInt64) -> [BaseField] {
  var random = RepeatableRandom(seed: seed)
  return BaseField.edges + random.baseFields(count)
}

/// Zero, one, u and −1, then pairs of samples, then pseudorandom elements.
package func secureSamples(_ count: Int, seed: UInt64) -> [SecureField] {
  var random = RepeatableRandom(seed: seed)
  let pick = samples(8, seed: seed)
  let mixed = (0..<count).map { _ in
    SecureField(c0: pick.randomElement(using: &random) ?? .zero, c1: pick.randomElement(using: &random) ?? .one)
  }
  return [.zero, .one, SecureField(c0: .zero, c1: .one), SecureField(-BaseField.one)] + mixed + random.secureFields(count)
}
