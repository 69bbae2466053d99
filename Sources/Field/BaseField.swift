/// The Goldilocks field F of p = 2^64 − 2^32 + 1 elements. docs/protocol.md §1.
@usableFromInline package struct BaseField: Hashable, Sendable, BitwiseCopyable {
  @inlinable package static var modulus: UInt64 { 0xFFFF_FFFF_0000_0001 }
  @inlinable package static var zero: BaseField { BaseField(unchecked: 0) }
  @inlinable package static var one: BaseField { BaseField(unchecked: 1) }
  /// Bytes of the canonical little-endian encoding.
  package static let byteCount = 8

  /// 2^64 mod p = 2^32 − 1.
  @inlinable package static var wrap: UInt64 { 0xFFFF_FFFF }

  /// Canonical: less than `modulus`.
  @usableFromInline package let value: UInt64

  /// 2^32 − 1 if the top bit is set, otherwise 0.
  ///
  /// Carries and borrows come as top bits of words, because a condition becomes a branch that is mispredicted.
  @inlinable @inline(__always) static func wrapIfNegative(_ word: UInt64) -> UInt64 {
    UInt64(bitPattern: Int64(bitPattern: word) &>> 63) &>> 32
  }

  @inlinable @inline(__always) package init(unchecked value: UInt64) { self.value = value }

  /// Nil if `value` is not less than `modulus`.
  @inlinable package init?(canonical value: UInt64) {
    guard value < Self.modulus else { return nil }
    self.value = value
  }

  /// `value` mod p.
  @inlinable @inline(__always) package init(reducing value: UInt64) {
    self.value = value &+ Self.wrapIfNegative(value & ~(value &+ Self.wrap))
  }

  /// (`high`·2^64 + `low`) mod p.
  @inlinable @inline(__always) package init(reducing high: UInt64, _ low: UInt64) {
    let first = low &- (high &>> 32)
    let difference = first &- Self.wrapIfNegative(first & ~low)
    let middle = (high &<< 32) &- (high & Self.wrap)
    let sum = difference &+ middle
    let carry = (difference & middle) | ((difference | middle) & ~sum)
    self.init(reducing: sum &+ Self.wrapIfNegative(carry))
  }

  /// (a·b + c·d) mod p, reduced once.
  @inlinable @inline(__always) package init(_ a: BaseField, _ b: BaseField, plus c: BaseField, _ d: BaseField) {
    let (first, second) = (a.value.multipliedFullWidth(by: b.value), c.value.multipliedFullWidth(by: d.value))
    let low = first.low &+ second.low
    let carry = (first.low & second.low) | ((first.low | second.low) & ~low)
    // No high half of numbers below p is above 2^64 − 2^33 + 1. Where their sum is 2^64 or more, p is taken from it.
    let other = second.high &+ (carry &>> 63)
    let high = first.high &+ other
    let overflow = (first.high & other) | ((first.high | other) & ~high)
    self.init(reducing: high &+ Self.wrapIfNegative(overflow), low)
  }

  /// `signed` mod p.
  @inlinable package init(_ signed: Int64) {
    let bits = UInt64(bitPattern: signed)
    self.value = signed < 0 ? bits &- Self.wrap : bits
  }

  /// The representative in (−p/2, p/2].
  @inlinable package var centred: Int64 {
    Int64(bitPattern: value > Self.modulus / 2 ? value &+ Self.wrap : value)
  }
}

/// A sum of fewer than 2^32 products, reduced once: carries·2^128 + sum.
struct SumOfProducts {
  private var sum: UInt128 = 0
  private var carries: UInt64 = 0

  @inline(__always) mutating func add(_ a: BaseField, _ b: BaseField) {
    let (next, overflow) = sum.addingReportingOverflow(UInt128(a.value) &* UInt128(b.value))
    sum = next
    carries &+= overflow ? 1 : 0
  }

  /// 2^128 is −2^32 mod p.
  var value: BaseField {
    BaseField(reducing: UInt64(truncatingIfNeeded: sum >> 64), UInt64(truncatingIfNeeded: sum)) - BaseField(reducing: carries &<< 32)
  }
}

extension BaseField {
  @inlinable @inline(__always)
  package static func + (left: BaseField, right: BaseField) -> BaseField {
    left - BaseField(unchecked: modulus &- right.value)
  }

  @inlinable @inline(__always)
  package static func - (left: BaseField, right: BaseField) -> BaseField {
    let difference = left.value &- right.value
    let borrow = (~left.value & right.value) | (~(left.value ^ right.value) & difference)
    return BaseField(unchecked: difference &- wrapIfNegative(borrow))
  }

  @inlinable @inline(__always)
  package static func * (left: BaseField, right: BaseField) -> BaseField {
    let product = left.value.multipliedFullWidth(by: right.value)
    return BaseField(reducing: product.high, product.low)
  }

  @inlinable package static prefix func - (operand: BaseField) -> BaseField { zero - operand }
  @inlinable package static func += (left: inout BaseField, right: BaseField) { left = left + right }
  @inlinable package static func -= (left: inout BaseField, right: BaseField) { left = left - right }
  @inlinable package static func *= (left: inout BaseField, right: BaseField) { left = left * right }

  @inlinable package func squared() -> BaseField { self * self }

  /// The power 0 of every element, zero too, is one.
  package func power(_ exponent: UInt64) -> BaseField {
    var result = BaseField.one
    var base = self
    var rest = exponent
    while rest != 0 {
      if rest & 1 == 1 { result *= base }
      base = base.squared()
      rest >>= 1
    }
    return result
  }

  /// The inverse; zero for zero.
  package func inverseOrZero() -> BaseField { power(Self.modulus &- 2) }

  /// The primitive root 7^((p − 1) / 2^`logOrder`) of order 2^`logOrder`.
  ///
  /// F has such roots for `logOrder` in 0...32; what lies outside counts as the nearer end.
  package static func rootOfUnity(logOrder: Int) -> BaseField {
    let logOrder = min(max(logOrder, 0), 32)
    return BaseField(unchecked: 7).power((modulus &- 1) >> UInt64(truncatingIfNeeded: logOrder))
  }
}
