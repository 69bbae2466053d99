import CGMP

/// Arithmetic on residues modulo p = 2^64 − 2^32 + 1 (§1): every product and sum is made and reduced by GMP's
/// natural-number functions on two limbs.
package enum Residue {
  package static let modulus = Integer.modulus

  package static func add(_ a: UInt64, _ b: UInt64) -> UInt64 {
    combine(a) { limbs, a in
      limbs[1] = __gmpn_add_1(limbs, a, 1, UInt(b))
    }
  }

  package static func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
    combine(a) { limbs, a in
      limbs[1] = __gmpn_mul_1(limbs, a, 1, UInt(b))
    }
  }

  package static func negate(_ a: UInt64) -> UInt64 { a == 0 ? 0 : modulus - a }

  package static func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 { add(a, negate(b)) }

  package static func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
    var result: UInt64 = 1
    var square = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = multiply(result, square) }
      square = multiply(square, square)
      rest >>= 1
    }
    return result
  }

  /// 1/a; 0 for a = 0.
  package static func invert(_ a: UInt64) -> UInt64 { power(a, modulus - 2) }

  /// The residue of a signed integer.
  package static func of(_ value: Int64) -> UInt64 {
    let magnitude = value.magnitude % modulus
    return value < 0 ? negate(magnitude) : magnitude
  }

  /// ω_n, a primitive 2^n-th root of unity (§1), n ≤ 32.
  package static func root(_ n: Int) -> UInt64 { power(7, (modulus - 1) >> UInt64(n)) }

  private static func combine(
    _ a: UInt64, _ body: (UnsafeMutablePointer<UInt>, UnsafePointer<UInt>) -> Void
  ) -> UInt64 {
    var limbs: (UInt, UInt) = (0, 0)
    var operand = UInt(a)
    return withUnsafeMutablePointer(to: &limbs) { pair in
      pair.withMemoryRebound(to: UInt.self, capacity: 2) { limbs in
        withUnsafePointer(to: &operand) { body(limbs, $0) }
        return UInt64(__gmpn_mod_1(limbs, 2, UInt(modulus)))
      }
    }
  }
}

/// c0 + c1·u in K = F[u]/(u² − 7) (§1).
package struct Extension: Equatable {
  package var c0: UInt64
  package var c1: UInt64

  package static let zero = Extension(0)
  package static let one = Extension(1)

  package init(_ c0: UInt64, _ c1: UInt64 = 0) {
    self.c0 = c0
    self.c1 = c1
  }

  package static func + (a: Extension, b: Extension) -> Extension {
    Extension(Residue.add(a.c0, b.c0), Residue.add(a.c1, b.c1))
  }

  package static func - (a: Extension, b: Extension) -> Extension {
    Extension(Residue.subtract(a.c0, b.c0), Residue.subtract(a.c1, b.c1))
  }

  package static func * (a: Extension, b: Extension) -> Extension {
    let high = Residue.multiply(7, Residue.multiply(a.c1, b.c1))
    return Extension(
      Residue.add(Residue.multiply(a.c0, b.c0), high),
      Residue.add(Residue.multiply(a.c0, b.c1), Residue.multiply(a.c1, b.c0)))
  }

  package static func * (a: Extension, b: UInt64) -> Extension {
    Extension(Residue.multiply(a.c0, b), Residue.multiply(a.c1, b))
  }

  package static func += (a: inout Extension, b: Extension) { a = a + b }

  package static func *= (a: inout Extension, b: Extension) { a = a * b }
}
