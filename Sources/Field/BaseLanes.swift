import CPlatform

/// Eight elements of F, all operations lane by lane.
@usableFromInline package struct BaseLanes: Hashable, Sendable, BitwiseCopyable {
  @inlinable package static var laneCount: Int { 8 }
  @inlinable package static var zero: BaseLanes { BaseLanes(unchecked: SIMD8(repeating: 0)) }

  /// Below 256 bits the CPU multiplies faster one lane at a time.
  @inlinable @inline(__always) static var hasWideVectors: Bool { PLATFORM_VECTOR_BITS >= 256 }

  /// Canonical in every lane.
  @usableFromInline package let values: SIMD8<UInt64>

  @inlinable @inline(__always) init(unchecked values: SIMD8<UInt64>) { self.values = values }

  /// Each lane mod p.
  @inlinable @inline(__always) package init(reducing values: SIMD8<UInt64>) {
    self.values =
      values &+ Self.masked(SIMD8(repeating: BaseField.wrap), values .>= SIMD8(repeating: BaseField.modulus))
  }

  @inlinable @inline(__always) package init(repeating element: BaseField) {
    self.values = SIMD8(repeating: element.value)
  }

  /// Each lane mod p.
  @inlinable @inline(__always) package init(_ signed: SIMD8<Int64>) {
    let bits = SIMD8<UInt64>(truncatingIfNeeded: signed)
    self.values = bits &- Self.masked(SIMD8(repeating: BaseField.wrap), signed .< SIMD8(repeating: 0))
  }

  @inlinable @inline(__always) static func masked(
    _ values: SIMD8<UInt64>, _ mask: SIMDMask<SIMD8<Int64>>
  ) -> SIMD8<UInt64> {
    SIMD8(repeating: 0).replacing(with: values, where: mask)
  }

  /// The element in `lane` mod 8.
  @inlinable package subscript(lane: Int) -> BaseField { BaseField(unchecked: values[lane & 7]) }

  /// The sum over the lanes.
  @inlinable package func sum() -> BaseField {
    var sum = BaseField.zero
    for lane in 0..<Self.laneCount { sum += self[lane] }
    return sum
  }
}

extension BaseLanes {
  @inlinable @inline(__always)
  package static func + (left: BaseLanes, right: BaseLanes) -> BaseLanes {
    left - BaseLanes(unchecked: SIMD8(repeating: BaseField.modulus) &- right.values)
  }

  @inlinable @inline(__always)
  package static func - (left: BaseLanes, right: BaseLanes) -> BaseLanes {
    let difference = left.values &- right.values
    let wrap = masked(SIMD8(repeating: BaseField.wrap), left.values .< right.values)
    return BaseLanes(unchecked: difference &- wrap)
  }

  @inlinable @inline(__always)
  package static func * (left: BaseLanes, right: BaseLanes) -> BaseLanes {
    BaseLanes(unchecked: multiply(left.values, right.values))
  }

  @inlinable @inline(__always)
  package static prefix func - (operand: BaseLanes) -> BaseLanes { zero - operand }

  @inlinable @inline(__always)
  package static func += (left: inout BaseLanes, right: BaseLanes) { left = left + right }

  @inlinable @inline(__always)
  package static func -= (left: inout BaseLanes, right: BaseLanes) { left = left - right }

  @inlinable @inline(__always)
  package static func *= (left: inout BaseLanes, right: BaseLanes) { left = left * right }

  @inlinable @inline(__always) package func squared() -> BaseLanes { self * self }

  /// Canonical products of any 64-bit values.
  @inlinable @inline(__always)
  static func multiply(_ left: SIMD8<UInt64>, _ right: SIMD8<UInt64>) -> SIMD8<UInt64> {
    if !hasWideVectors { return multiplyByScalars(left, right) }
    let low32 = SIMD8<UInt64>(repeating: BaseField.wrap)
    let (a0, a1, b0, b1) = (left & low32, left &>> 32, right & low32, right &>> 32)
    let bottom = a0 &* b0
    let first = a1 &* b0 &+ (bottom &>> 32)
    let second = a0 &* b1 &+ (first & low32)
    let high = a1 &* b1 &+ (first &>> 32) &+ (second &>> 32)
    return reduce(high, (second &<< 32) | (bottom & low32))
  }

  @inlinable @inline(__always)
  static func multiplyByScalars(_ left: SIMD8<UInt64>, _ right: SIMD8<UInt64>) -> SIMD8<UInt64> {
    var product = SIMD8<UInt64>()
    for lane in 0..<laneCount {
      product[lane] = (BaseField(unchecked: left[lane]) * BaseField(unchecked: right[lane])).value
    }
    return product
  }

  /// (`high`·2^64 + `low`) mod p.
  @inlinable @inline(__always)
  static func reduce(_ high: SIMD8<UInt64>, _ low: SIMD8<UInt64>) -> SIMD8<UInt64> {
    let wrap = SIMD8<UInt64>(repeating: BaseField.wrap)
    let top = high &>> 32
    let difference = (low &- top) &- masked(wrap, low .< top)
    let middle = ((high & wrap) &<< 32) &- (high & wrap)
    let sum = difference &+ middle
    return BaseLanes(reducing: sum &+ masked(wrap, sum .< middle)).values
  }
}
