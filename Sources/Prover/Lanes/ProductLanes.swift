import Field

/// A lazy sum of products in each lane: 32-bit pieces, one reduction at the end.
///
/// `reduced` is for at most 32 products, `reducedLong` for at most 2^29.
@usableFromInline package struct ProductLanes: Sendable, BitwiseCopyable {
  /// The sum is w0 + w1·2^32 + w2·2^64 + w3·2^96; every w is below 2^32 times the number of products.
  @usableFromInline var w0: SIMD8<UInt64>
  @usableFromInline var w1: SIMD8<UInt64>
  @usableFromInline var w2: SIMD8<UInt64>
  @usableFromInline var w3: SIMD8<UInt64>

  /// The empty sum.
  @inlinable @inline(__always) package init() {
    (w0, w1) = (SIMD8(repeating: 0), SIMD8(repeating: 0))
    (w2, w3) = (SIMD8(repeating: 0), SIMD8(repeating: 0))
  }

  /// left·right.
  @inlinable @inline(__always) package init(_ left: BaseLanes, _ right: BaseLanes) {
    let low32 = SIMD8<UInt64>(repeating: BaseField.wrap)
    if !BaseLanes.hasWideVectors {
      let product = BaseLanes.multiplyByScalars(left.values, right.values)
      (w0, w1) = (product & low32, product &>> 32)
      (w2, w3) = (SIMD8(repeating: 0), SIMD8(repeating: 0))
      return
    }
    let (bottom, second, high) = BaseLanes.wideProduct(left.values, right.values)
    w0 = bottom & low32
    w1 = second & low32
    w2 = high & low32
    w3 = high &>> 32
  }

  @inlinable @inline(__always) package mutating func add(_ other: ProductLanes) {
    w0 &+= other.w0
    w1 &+= other.w1
    w2 &+= other.w2
    w3 &+= other.w3
  }

  @inlinable @inline(__always) package mutating func add(_ left: BaseLanes, _ right: BaseLanes) {
    add(ProductLanes(left, right))
  }

  /// Seven times the sum, counting as seven times its products.
  @inlinable @inline(__always) package func timesSeven() -> ProductLanes {
    var result = self
    result.w0 = (w0 &<< 3) &- w0
    result.w1 = (w1 &<< 3) &- w1
    result.w2 = (w2 &<< 3) &- w2
    result.w3 = (w3 &<< 3) &- w3
    return result
  }

  /// The sum of at most 32 products mod p.
  ///
  /// 2^64 ≡ 2^32 − 1 and 2^96 ≡ −1; p is added as (2^32 − 1 − 2^10)·2^32 + (2^42 + 1).
  @inlinable @inline(__always) package func reduced() -> BaseLanes {
    joined(w1 &+ w2 &+ SIMD8(repeating: BaseField.wrap &- (1 << 10)), w0 &+ SIMD8(repeating: (1 << 42) &+ 1))
  }

  /// The sum of at most 2^29 products mod p; p is added as (2^32 − 1 − 2^30)·2^32 + (2^62 + 1).
  @inlinable @inline(__always) package func reducedLong() -> BaseLanes {
    let low32 = SIMD8<UInt64>(repeating: BaseField.wrap)
    let second = w1 &+ (w0 &>> 32)
    let third = w2 &+ (second &>> 32)
    var carried = self
    carried.w2 = third & low32
    carried.w3 = w3 &+ (third &>> 32)
    return carried.joined(
      (second & low32) &+ carried.w2 &+ SIMD8(repeating: BaseField.wrap &- (1 << 30)),
      (w0 & low32) &+ SIMD8(repeating: (1 << 62) &+ 1))
  }

  /// (upper·2^32 + lower − w2 − w3) mod p, for upper < 2^62 and 2^62 + 2^33 > lower ≥ w2 + w3.
  @inlinable @inline(__always)
  func joined(_ upper: SIMD8<UInt64>, _ lower: SIMD8<UInt64>) -> BaseLanes {
    let carry = upper &>> 32
    let lower = lower &- (w2 &+ w3) &+ ((carry &<< 32) &- carry)
    let shifted = upper &<< 32
    let sum = shifted &+ lower
    return BaseLanes(reducing: sum &+ BaseLanes.wrap(where: sum .< shifted))
  }
}
