import CGMP
import Field

/// An integer of any size, computed by GMP; immutable. The second opinion of the tests.
package final class BigInteger: @unchecked Sendable {
  private let number: UnsafeMutablePointer<__mpz_struct>

  private init(_ compute: (UnsafeMutablePointer<__mpz_struct>) -> Void) {
    number = .allocate(capacity: 1)
    __gmpz_init(number)
    compute(number)
  }

  deinit {
    __gmpz_clear(number)
    number.deallocate()
  }

  package convenience init(_ value: UInt64) { self.init { __gmpz_set_ui($0, UInt(value)) } }

  package convenience init(signed value: Int64) { self.init { __gmpz_set_si($0, Int(value)) } }

  package convenience init(_ value: Int) { self.init(signed: Int64(value)) }

  /// The non-negative integer with these bytes, the least significant first.
  package convenience init(littleEndian bytes: some Sequence<UInt8>) {
    let copy = Array(bytes)
    self.init { __gmpz_import($0, copy.count, -1, 1, 0, 0, copy) }
  }

  /// Nil if `text` is not an integer in decimal notation.
  package convenience init?(decimal text: String) {
    var failed = false
    self.init { failed = __gmpz_set_str($0, text, 10) != 0 }
    if failed { return nil }
  }

  package static let zero = BigInteger(0 as UInt64)
  package static let one = BigInteger(1 as UInt64)
  /// p = 2^64 − 2^32 + 1.
  package static let goldilocks = one.shiftedLeft(64) - one.shiftedLeft(32) + one
}

extension BigInteger {
  package static func + (left: BigInteger, right: BigInteger) -> BigInteger {
    BigInteger { __gmpz_add($0, left.number, right.number) }
  }

  package static func - (left: BigInteger, right: BigInteger) -> BigInteger {
    BigInteger { __gmpz_sub($0, left.number, right.number) }
  }

  package static func * (left: BigInteger, right: BigInteger) -> BigInteger {
    BigInteger { __gmpz_mul($0, left.number, right.number) }
  }

  package static prefix func - (operand: BigInteger) -> BigInteger {
    BigInteger { __gmpz_neg($0, operand.number) }
  }

  /// The remainder in 0..<|modulus|, for a negative dividend too.
  ///
  /// - Precondition: `modulus` is not zero.
  package static func % (left: BigInteger, modulus: BigInteger) -> BigInteger {
    precondition(modulus.sign != 0, "division by zero")
    return BigInteger { __gmpz_mod($0, left.number, modulus.number) }
  }

  /// The quotient rounded down.
  ///
  /// - Precondition: `divisor` is not zero.
  package func dividedRoundingDown(by divisor: BigInteger) -> BigInteger {
    precondition(divisor.sign != 0, "division by zero")
    return BigInteger { __gmpz_fdiv_q($0, number, divisor.number) }
  }

  package func shiftedLeft(_ bitCount: Int) -> BigInteger {
    BigInteger { __gmpz_mul_2exp($0, number, UInt(bitCount)) }
  }

  /// self^exponent mod modulus, for a non-negative exponent.
  package func power(_ exponent: BigInteger, modulo modulus: BigInteger) -> BigInteger {
    precondition(exponent.sign >= 0 && modulus.sign != 0, "power needs a positive exponent and a modulus")
    return BigInteger { __gmpz_powm($0, number, exponent.number, modulus.number) }
  }

  /// Nil if there is no inverse.
  package func inverse(modulo modulus: BigInteger) -> BigInteger? {
    var exists = false
    let result = BigInteger { exists = __gmpz_invert($0, number, modulus.number) != 0 }
    return exists ? result : nil
  }

  /// −1, 0 or 1.
  package var sign: Int { (self > .zero ? 1 : 0) - (self < .zero ? 1 : 0) }

  /// Bits of the absolute value; 0 for zero.
  package var bitWidth: Int { sign == 0 ? 0 : Int(__gmpz_sizeinbase(number, 2)) }

  /// Nil outside 0..<2^64.
  package var uint64: UInt64? {
    sign >= 0 && bitWidth <= 64 ? UInt64(__gmpz_get_ui(number)) : nil
  }

  /// The `count` lowest bytes of the absolute value, the least significant first.
  package func littleEndianBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(count, (bitWidth + 7) / 8))
    __gmpz_export(&bytes, nil, -1, 1, 0, 0, number)
    return Array(bytes.prefix(count))
  }
}

extension BigInteger: Comparable, Hashable, CustomStringConvertible {
  package static func == (left: BigInteger, right: BigInteger) -> Bool {
    __gmpz_cmp(left.number, right.number) == 0
  }

  package static func < (left: BigInteger, right: BigInteger) -> Bool {
    __gmpz_cmp(left.number, right.number) < 0
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(description) }

  package var description: String {
    var text = [CChar](repeating: 0, count: Int(__gmpz_sizeinbase(number, 10)) + 2)
    __gmpz_get_str(&text, 10, number)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension BigInteger {
  package convenience init(_ element: BaseField) { self.init(element.value) }
}

extension BaseField {
  /// `integer` mod p.
  package init(_ integer: BigInteger) {
    self.init(reducing: (integer % .goldilocks).uint64 ?? 0)
  }
}
