import CGMP

/// An integer of any size, owned and computed by GMP.
package final class Integer: Comparable {
  private let storage: UnsafeMutablePointer<__mpz_struct>

  private init(_ fill: (UnsafeMutablePointer<__mpz_struct>) -> Void) {
    storage = .allocate(capacity: 1)
    __gmpz_init(storage)
    fill(storage)
  }

  package convenience init(_ value: Int) { self.init { __gmpz_set_si($0, value) } }

  package convenience init(_ value: UInt64) { self.init { __gmpz_set_ui($0, UInt(value)) } }

  package convenience init(_ value: Int64) { self.init(Int(value)) }

  deinit {
    __gmpz_clear(storage)
    storage.deallocate()
  }

  package static let modulus: UInt64 = 0xFFFF_FFFF_0000_0001

  package static func + (a: Integer, b: Integer) -> Integer {
    Integer { __gmpz_add($0, a.storage, b.storage) }
  }

  package static func - (a: Integer, b: Integer) -> Integer {
    Integer { __gmpz_sub($0, a.storage, b.storage) }
  }

  package static func * (a: Integer, b: Integer) -> Integer {
    Integer { __gmpz_mul($0, a.storage, b.storage) }
  }

  package static func powerOfTwo(_ exponent: Int) -> Integer {
    Integer { __gmpz_ui_pow_ui($0, 2, UInt(exponent)) }
  }

  package func power(_ exponent: Int) -> Integer { Integer { __gmpz_pow_ui($0, storage, UInt(exponent)) } }

  package func isMultiple(of divisor: Integer) -> Bool { __gmpz_divisible_p(storage, divisor.storage) != 0 }

  package static func == (a: Integer, b: Integer) -> Bool { __gmpz_cmp(a.storage, b.storage) == 0 }

  package static func < (a: Integer, b: Integer) -> Bool { __gmpz_cmp(a.storage, b.storage) < 0 }
}
