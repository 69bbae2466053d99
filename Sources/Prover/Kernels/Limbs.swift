import Field

/// The two balanced limbs of a field element: value ≡ low + high·2^32, both in −2^31..<2^31.
///
/// The representative nearest to zero is taken, except that (p − 1)/2 is taken negative so that its high limb fits.
@inline(__always) func balancedLimbs(_ element: BaseField) -> (low: Int64, high: Int64) {
  let signed = element.value >= BaseField.modulus / 2
    ? Int64(bitPattern: element.value &- BaseField.modulus) : Int64(bitPattern: element.value)
  let low = Int64(Int32(truncatingIfNeeded: signed))
  return (low, (signed &- low) &>> 32)
}

/// The limbs of one element of K, in every lane.
struct SecureLimbs {
  let low0, high0, low1, high1: SIMD8<Int64>

  init(_ element: SecureField) {
    let (c0, c1) = (balancedLimbs(element.c0), balancedLimbs(element.c1))
    (low0, high0) = (SIMD8(repeating: c0.low), SIMD8(repeating: c0.high))
    (low1, high1) = (SIMD8(repeating: c1.low), SIMD8(repeating: c1.high))
  }
}

/// The limbs of eight elements of K, the high one in the upper half of a word.
struct PackedLimbs {
  let c0, c1: SIMD8<UInt64>

  init(_ lanes: SecureLanes) {
    c0 = Self.pack(lanes.c0)
    c1 = Self.pack(lanes.c1)
  }

  /// As `balancedLimbs`, of which `signed − low` is the high limb in its place.
  private static func pack(_ lanes: BaseLanes) -> SIMD8<UInt64> {
    let limit = SIMD8<UInt64>(repeating: BaseField.modulus / 2)
    let centred = lanes.values &- SIMD8(repeating: 0).replacing(with: BaseField.modulus, where: lanes.values .>= limit)
    let low = (SIMD8<Int64>(truncatingIfNeeded: centred) &<< 32) &>> 32
    let high = centred &- SIMD8<UInt64>(truncatingIfNeeded: low)
    return high | (centred & SIMD8(repeating: 0xFFFF_FFFF))
  }
}

/// Sums of products of 16-bit integers with the limbs of elements of K; exact for 2^16 products.
struct LimbSums {
  private var low0 = SIMD8<Int64>(repeating: 0)
  private var high0 = SIMD8<Int64>(repeating: 0)
  private var low1 = SIMD8<Int64>(repeating: 0)
  private var high1 = SIMD8<Int64>(repeating: 0)

  @inline(__always) mutating func add(_ values: SIMD8<Int64>, _ limbs: SecureLimbs) {
    low0 &+= product(values, limbs.low0)
    high0 &+= product(values, limbs.high0)
    low1 &+= product(values, limbs.low1)
    high1 &+= product(values, limbs.high1)
  }

  @inline(__always) mutating func add(_ values: SIMD8<Int64>, _ limbs: PackedLimbs) {
    low0 &+= product(values, SIMD8(truncatingIfNeeded: limbs.c0))
    high0 &+= product(values, SIMD8(truncatingIfNeeded: limbs.c0 &>> 32))
    low1 &+= product(values, SIMD8(truncatingIfNeeded: limbs.c1))
    high1 &+= product(values, SIMD8(truncatingIfNeeded: limbs.c1 &>> 32))
  }

  var lanes: SecureLanes { SecureLanes(c0: Self.joined(low0, high0), c1: Self.joined(low1, high1)) }

  /// low + high·2^32: with high = h1·2^32 + h0, 0 ≤ h0 < 2^32, it is low + (h1·2^32 − h1) + h0·2^32 modulo p.
  ///
  /// |high| is below 2^62, so that the middle part is an integer of 64 bits; the last one is canonical.
  @inline(__always) private static func joined(_ low: SIMD8<Int64>, _ high: SIMD8<Int64>) -> BaseLanes {
    let upper = high &>> 32
    let middle = (upper &<< 32) &- upper
    let last = SIMD8<UInt64>(truncatingIfNeeded: high &<< 32)
    return BaseLanes(low) + BaseLanes(middle) + BaseLanes(reducing: last)
  }
}

/// The product of the signed lower halves of words: one instruction, because both are seen to be extended.
@inline(__always) private func product(_ a: SIMD8<Int64>, _ b: SIMD8<Int64>) -> SIMD8<Int64> {
  ((a &<< 32) &>> 32) &* ((b &<< 32) &>> 32)
}
