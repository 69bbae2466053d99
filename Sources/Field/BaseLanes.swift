import CPlatform

/// Eight elements of F, all operations lane by lane.
@usableFromInline package struct BaseLanes: Hashable, Sendable, BitwiseCopyable {
  @inlinable package static var laneCount: Int { 8 }
  @inlinable package static var zero: BaseLanes { BaseLanes(unchecked: SIMD8(repeating: 0)) }

  /// Below 256 bits the CPU multiplies faster one lane at a time.
  @inlinable @inline(__always) package static var hasWideVectors: Bool { PLATFORM_VECTOR_BITS >= 256 }

  /// Canonical in every lane.
  @usableFromInline package let values: SIMD8<UInt64>

  @inlinable @inline(__always) init(unchecked values: SIMD8<UInt64>) { self.values = values }

  /// Each lane mod p.
  @inlinable @inline(__always) package init(reducing values: SIMD8<UInt64>) {
    let lowered = values &+ SIMD8(repeating: BaseField.wrap)
    self.values = values &+ Self.wrapWhereNegative(values & ~lowered)
  }

  @inlinable @inline(__always) package init(repeating element: BaseField) {
    self.values = SIMD8(repeating: element.value)
  }

  /// Each lane mod p.
  @inlinable @inline(__always) package init(_ signed: SIMD8<Int64>) {
    let bits = SIMD8<UInt64>(truncatingIfNeeded: signed)
    self.values = bits &- Self.wrapWhereNegative(bits)
  }

  /// 2^32 − 1 where the top bit is set, otherwise 0.
  ///
  /// Carries and borrows come as top bits: choosing lanes by a comparison costs three branches a lane before
  /// optimization, which keeps the caller from being inlined.
  @inlinable @inline(__always) static func wrapWhereNegative(_ words: SIMD8<UInt64>) -> SIMD8<UInt64> {
    SIMD8<UInt64>(truncatingIfNeeded: SIMD8<Int64>(truncatingIfNeeded: words) &>> 63) &>> 32
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
    let borrow = (~left.values & right.values) | (~(left.values ^ right.values) & difference)
    return BaseLanes(unchecked: difference &- wrapWhereNegative(borrow))
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

  @usableFromInline @inline(never)
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
    let low32 = SIMD8<UInt64>(repeating: BaseField.wrap)
    let first = low &- (high &>> 32)
    let difference = first &- wrapWhereNegative(first & ~low)
    let middle = (high &<< 32) &- (high & low32)
    let sum = difference &+ middle
    let carry = (difference & middle) | ((difference | middle) & ~sum)
    return BaseLanes(reducing: sum &+ wrapWhereNegative(carry)).values
  }
}
