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

  private static func pack(_ lanes: BaseLanes) -> SIMD8<UInt64> {
    var words = SIMD8<UInt64>(repeating: 0)
    for lane in 0..<BaseLanes.laneCount {
      let (low, high) = balancedLimbs(lanes[lane])
      words[lane] = UInt64(truncatingIfNeeded: high) &<< 32 | UInt64(UInt32(truncatingIfNeeded: low))
    }
    return words
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

  var lanes: SecureLanes {
    let shift = BaseLanes(repeating: BaseField(reducing: 1 << 32))
    return SecureLanes(
      c0: BaseLanes(low0) + BaseLanes(high0) * shift, c1: BaseLanes(low1) + BaseLanes(high1) * shift)
  }
}

/// The product of the signed lower halves of words: one instruction, because both are seen to be extended.
@inline(__always) private func product(_ a: SIMD8<Int64>, _ b: SIMD8<Int64>) -> SIMD8<Int64> {
  ((a &<< 32) &>> 32) &* ((b &<< 32) &>> 32)
}
