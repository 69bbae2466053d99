import Field
import TestSupport

let p = BigInteger.goldilocks

/// c0 + c1·u modulo u² − 7 over integers.
struct ReferencePair: Equatable {
  let c0: BigInteger
  let c1: BigInteger

  init(_ c0: BigInteger, _ c1: BigInteger) {
    self.c0 = c0 % p
    self.c1 = c1 % p
  }

  init(_ element: SecureField) { self.init(BigInteger(element.c0), BigInteger(element.c1)) }

  static func + (a: ReferencePair, b: ReferencePair) -> ReferencePair { ReferencePair(a.c0 + b.c0, a.c1 + b.c1) }
  static func - (a: ReferencePair, b: ReferencePair) -> ReferencePair { ReferencePair(a.c0 - b.c0, a.c1 - b.c1) }
  static func * (a: ReferencePair, b: ReferencePair) -> ReferencePair {
    ReferencePair(a.c0 * b.c0 + BigInteger(7) * a.c1 * b.c1, a.c0 * b.c1 + a.c1 * b.c0)
  }
}

func samples(_ count: Int, seed: UInt64) -> [BaseField] {
  var random = RepeatableRandom(seed: seed)
  return BaseField.edges + random.baseFields(count)
}

func secureSamples(_ count: Int, seed: UInt64) -> [SecureField] {
  var random = RepeatableRandom(seed: seed)
  let pick = samples(8, seed: seed)
  let mixed = (0..<count).map { _ in
    SecureField(c0: pick.randomElement(using: &random) ?? .zero, c1: pick.randomElement(using: &random) ?? .one)
  }
  return [.zero, .one, SecureField(c0: .zero, c1: .one), SecureField(-BaseField.one)] + mixed + random.secureFields(count)
}

func baseLanes(_ elements: ArraySlice<BaseField>) -> BaseLanes {
  var values = SIMD8<UInt64>()
  for (lane, element) in elements.prefix(8).enumerated() { values[lane] = element.value }
  return BaseLanes(reducing: values)
}

func secureLanes(_ elements: ArraySlice<SecureField>) -> SecureLanes {
  SecureLanes(c0: baseLanes(elements.map(\.c0)[...]), c1: baseLanes(elements.map(\.c1)[...]))
}
