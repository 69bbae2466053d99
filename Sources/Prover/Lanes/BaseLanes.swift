import CPlatform
import Field

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
    self.values = values &+ Self.wrap(where: values .>= SIMD8(repeating: BaseField.modulus))
  }

  @inlinable @inline(__always) package init(repeating element: BaseField) {
    self.values = SIMD8(repeating: element.value)
  }

  /// Each lane mod p.
  @inlinable @inline(__always) package init(_ signed: SIMD8<Int64>) {
    let bits = SIMD8<UInt64>(truncatingIfNeeded: signed)
    self.values = bits &- Self.wrap(where: signed .< SIMD8(repeating: 0))
  }

  /// 2^32 − 1 in the lanes of a mask, otherwise 0.
  ///
  /// A mask is stored as ones and zeros. To choose lanes by it costs three branches a lane before optimization, which
  /// keeps the caller from being inlined.
  @inlinable @inline(__always) package static func wrap(where lanes: SIMDMask<SIMD8<Int64>>) -> SIMD8<UInt64> {
    unsafeBitCast(lanes, to: SIMD8<UInt64>.self) &>> 32
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
    BaseLanes(unchecked: left.values &- right.values &- wrap(where: left.values .< right.values))
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
    let (bottom, second, high) = wideProduct(left, right)
    return reduce(high, (second &<< 32) | (bottom & SIMD8(repeating: BaseField.wrap)))
  }

  /// The words high·2^64 + (second mod 2^32)·2^32 + (bottom mod 2^32) of the product.
  @inlinable @inline(__always)
  static func wideProduct(
    _ left: SIMD8<UInt64>, _ right: SIMD8<UInt64>
  ) -> (bottom: SIMD8<UInt64>, second: SIMD8<UInt64>, high: SIMD8<UInt64>) {
    let low32 = SIMD8<UInt64>(repeating: BaseField.wrap)
    let (a0, a1, b0, b1) = (left & low32, left &>> 32, right & low32, right &>> 32)
    let bottom = a0 &* b0
    let first = a1 &* b0 &+ (bottom &>> 32)
    let second = a0 &* b1 &+ (first & low32)
    return (bottom, second, a1 &* b1 &+ (first &>> 32) &+ (second &>> 32))
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
    let top = high &>> 32
    let difference = low &- top &- wrap(where: low .< top)
    let middle = (high &<< 32) &- (high & SIMD8(repeating: BaseField.wrap))
    let sum = difference &+ middle
    return BaseLanes(reducing: sum &+ wrap(where: sum .< middle)).values
  }
}
