import CPlatform
import Field

extension BaseLanes {
  /// Whether one register holds all lanes. A constant in a condition is a warning where it never holds, this is none.
  @inline(__always) static var fitRegister: Bool { PLATFORM_VECTOR_BITS >= 512 }
}

/// Vectors whose comparisons are instructions: those of the `SIMD` protocol go lane by lane.
package protocol Words: SIMD<UInt64>, BitwiseCopyable {
  /// 2^32 − 1 where `self` is less than another vector, otherwise 0.
  func wrapWhereLess(_ other: Self) -> Self
}

extension SIMD8<UInt64>: Words {
  @inline(__always) package func wrapWhereLess(_ other: Self) -> Self { BaseLanes.wrap(where: self .< other) }
}

extension SIMD16<UInt64>: Words {
  @inline(__always) package func wrapWhereLess(_ other: Self) -> Self { unsafeBitCast(self .< other, to: Self.self) &>> 32 }
}

/// What factors of `butterfly` are times: 2^64 mod p where vectors are wide.
package let montgomeryForm = BaseLanes.hasWideVectors ? BaseField(1 << 32 - 1 as Int64) : .one

/// a ± b·factor·2^−64 as any words of those residues, for any words a, b; without wide vectors a ± b·factor.
///
/// The factor 2^64 spares the product most of its reduction (Montgomery 1985).
@inline(__always)
package func butterfly<W: Words>(_ a: W, _ b: W, _ factor: W) -> (W, W) {
  guard BaseLanes.hasWideVectors else { return butterflyByScalars(a, b, factor) }
  let product = montgomeryProduct(b, factor)
  let (sum, difference) = (a &+ product, a &- product)
  return (sum &+ sum.wrapWhereLess(product), difference &- a.wrapWhereLess(product))
}

private func butterflyByScalars<W: Words>(_ a: W, _ b: W, _ factor: W) -> (W, W) {
  var (sum, difference) = (W(), W())
  for index in 0..<W.scalarCount {
    let product = BaseField(reducing: b[index]) * BaseField(reducing: factor[index])
    let left = BaseField(reducing: a[index])
    (sum[index], difference[index]) = ((left + product).value, (left - product).value)
  }
  return (sum, difference)
}

/// a·b·2^−64 mod p, canonical, for any words a and canonical b.
///
/// With lo the product's low word, and m = lo·p^−1 = lo + 2^32·lo mod 2^64, it is the product's high word less that of m·p,
/// m − ⌊m/2^32⌋ − e, where e is the carry out of m's upper half.
@inline(__always)
private func montgomeryProduct<W: Words>(_ a: W, _ b: W) -> W {
  let low32 = W(repeating: 1 << 32 - 1)
  let (a0, a1, b0, b1) = (a & low32, a &>> 32, b & low32, b &>> 32)
  let bottom = a0 &* b0
  let first = a1 &* b0 &+ (bottom &>> 32)
  let second = a0 &* b1 &+ (first & low32)
  let high = a1 &* b1 &+ (first &>> 32) &+ (second &>> 32)
  let low = bottom & low32
  let upper = (second & low32) &+ low
  let subtrahend = (upper &<< 32) &+ low &- ((upper & low32) &+ (upper &>> 32))
  return high &- subtrahend &- high.wrapWhereLess(subtrahend)
}
