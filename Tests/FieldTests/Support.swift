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
