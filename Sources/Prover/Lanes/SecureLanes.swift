import Field

/// Eight elements c0 + c1·u of K, all operations lane by lane.
@usableFromInline package struct SecureLanes: Hashable, Sendable, BitwiseCopyable {
  @inlinable package static var zero: SecureLanes { SecureLanes(c0: .zero, c1: .zero) }

  @usableFromInline package let c0: BaseLanes
  @usableFromInline package let c1: BaseLanes

  @inlinable @inline(__always) package init(c0: BaseLanes, c1: BaseLanes) {
    self.c0 = c0
    self.c1 = c1
  }

  @inlinable @inline(__always) package init(_ base: BaseLanes) { self.init(c0: base, c1: .zero) }

  @inlinable @inline(__always) package init(repeating element: SecureField) {
    self.init(c0: BaseLanes(repeating: element.c0), c1: BaseLanes(repeating: element.c1))
  }

  /// The element in `lane` mod 8.
  @inlinable package subscript(lane: Int) -> SecureField { SecureField(c0: c0[lane], c1: c1[lane]) }

  /// The sum over the lanes.
  @inlinable package func sum() -> SecureField { SecureField(c0: c0.sum(), c1: c1.sum()) }
}

extension SecureLanes {
  @inlinable @inline(__always)
  package static func + (left: SecureLanes, right: SecureLanes) -> SecureLanes {
    SecureLanes(c0: left.c0 + right.c0, c1: left.c1 + right.c1)
  }

  @inlinable @inline(__always)
  package static func - (left: SecureLanes, right: SecureLanes) -> SecureLanes {
    SecureLanes(c0: left.c0 - right.c0, c1: left.c1 - right.c1)
  }

  @inlinable @inline(__always)
  package static func * (left: SecureLanes, right: SecureLanes) -> SecureLanes {
    var c0 = ProductLanes(left.c1, right.c1).timesSeven()
    c0.add(left.c0, right.c0)
    var c1 = ProductLanes(left.c0, right.c1)
    c1.add(left.c1, right.c0)
    return SecureLanes(c0: c0.reduced(), c1: c1.reduced())
  }

  @inlinable @inline(__always)
  package static func * (left: SecureLanes, right: BaseLanes) -> SecureLanes {
    SecureLanes(c0: left.c0 * right, c1: left.c1 * right)
  }

  @inlinable @inline(__always)
  package static prefix func - (operand: SecureLanes) -> SecureLanes { zero - operand }

  @inlinable @inline(__always)
  package static func += (left: inout SecureLanes, right: SecureLanes) { left = left + right }

  @inlinable @inline(__always)
  package static func -= (left: inout SecureLanes, right: SecureLanes) { left = left - right }

  @inlinable @inline(__always)
  package static func *= (left: inout SecureLanes, right: SecureLanes) { left = left * right }

  @inlinable @inline(__always) package func squared() -> SecureLanes { self * self }
}
