/// The challenge field K = F[u]/(u² − 7); an element is c0 + c1·u. docs/protocol.md §1.
@usableFromInline package struct SecureField: Hashable, Sendable, BitwiseCopyable {
  @inlinable package static var zero: SecureField { SecureField(.zero) }
  @inlinable package static var one: SecureField { SecureField(.one) }
  /// u.
  @inlinable package static var generator: SecureField { SecureField(c0: .zero, c1: .one) }
  /// Bytes of the canonical encoding: c0, then c1.
  package static let byteCount = 16
  /// u² = 7.
  @inlinable static var nonresidue: BaseField { BaseField(unchecked: 7) }

  @usableFromInline package let c0: BaseField
  @usableFromInline package let c1: BaseField

  @inlinable @inline(__always) package init(c0: BaseField, c1: BaseField) {
    self.c0 = c0
    self.c1 = c1
  }

  @inlinable package init(_ base: BaseField) { self.init(c0: base, c1: .zero) }
}

extension SecureField {
  @inlinable @inline(__always)
  package static func + (left: SecureField, right: SecureField) -> SecureField {
    SecureField(c0: left.c0 + right.c0, c1: left.c1 + right.c1)
  }

  @inlinable @inline(__always)
  package static func - (left: SecureField, right: SecureField) -> SecureField {
    SecureField(c0: left.c0 - right.c0, c1: left.c1 - right.c1)
  }

  @inlinable @inline(__always)
  package static func * (left: SecureField, right: SecureField) -> SecureField {
    SecureField(
      c0: BaseField(left.c0, right.c0, plus: left.c1, nonresidue * right.c1),
      c1: BaseField(left.c0, right.c1, plus: left.c1, right.c0))
  }

  @inlinable @inline(__always)
  package static func * (left: SecureField, right: BaseField) -> SecureField {
    SecureField(c0: left.c0 * right, c1: left.c1 * right)
  }

  @inlinable package static prefix func - (operand: SecureField) -> SecureField { zero - operand }
  @inlinable @inline(__always)
  package static func += (left: inout SecureField, right: SecureField) { left = left + right }
  @inlinable @inline(__always)
  package static func -= (left: inout SecureField, right: SecureField) { left = left - right }
  @inlinable @inline(__always)
  package static func *= (left: inout SecureField, right: SecureField) { left = left * right }
  @inlinable package static func *= (left: inout SecureField, right: BaseField) { left = left * right }

  @inlinable package func squared() -> SecureField { self * self }

  /// The inverse, (c0 − c1·u) / (c0² − 7·c1²); zero for zero.
  package func inverseOrZero() -> SecureField {
    let norm = c0.squared() - Self.nonresidue * c1.squared()
    return SecureField(c0: c0, c1: -c1) * norm.inverseOrZero()
  }
}
