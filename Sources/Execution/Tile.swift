/// Rows of digits, 16 at a time.
typealias DigitLanes = UnsafePointer<SIMD16<Int16>>

/// Sums of products of three left rows with two right rows: lane i + 4·j is row i with row j, modulo 2^32.
///
/// Lanes 3 and 7 mean nothing.
///
/// - Precondition: `count` vectors can be read at each of the five places.
@inline(never)
func tile3x2(
  _ a: DigitLanes, _ b: DigitLanes, _ c: DigitLanes, _ x: DigitLanes, _ y: DigitLanes, _ count: Int
) -> SIMD8<Int32> {
  var sums = (Sum.zero, Sum.zero, Sum.zero, Sum.zero, Sum.zero, Sum.zero)
  // Products are added one turn late: added at once, the compiler would sum all products of a turn in another order,
  // and not find the pairs that one instruction multiplies and adds.
  var late = sums
  for index in 0..<count {
    sums.0 &+= late.0
    sums.1 &+= late.1
    sums.2 &+= late.2
    sums.3 &+= late.3
    sums.4 &+= late.4
    sums.5 &+= late.5
    let (p, q, r, u, v) = (a[index], b[index], c[index], x[index], y[index])
    late = (
      pairProducts(p, u), pairProducts(q, u), pairProducts(r, u), pairProducts(p, v), pairProducts(q, v),
      pairProducts(r, v)
    )
  }
  return SIMD8(
    lowHalf: total(sums.0 &+ late.0, sums.1 &+ late.1, sums.2 &+ late.2, .zero),
    highHalf: total(sums.3 &+ late.3, sums.4 &+ late.4, sums.5 &+ late.5, .zero))
}

/// The same of four left rows with one right row: lane i is row i.
@inline(never)
func tile4x1(
  _ a: DigitLanes, _ b: DigitLanes, _ c: DigitLanes, _ d: DigitLanes, _ x: DigitLanes, _ count: Int
) -> SIMD4<Int32> {
  var sums = (Sum.zero, Sum.zero, Sum.zero, Sum.zero)
  var late = sums
  for index in 0..<count {
    sums.0 &+= late.0
    sums.1 &+= late.1
    sums.2 &+= late.2
    sums.3 &+= late.3
    let u = x[index]
    late = (pairProducts(a[index], u), pairProducts(b[index], u), pairProducts(c[index], u), pairProducts(d[index], u))
  }
  return total(sums.0 &+ late.0, sums.1 &+ late.1, sums.2 &+ late.2, sums.3 &+ late.3)
}

private typealias Sum = SIMD8<Int32>

/// a_2i · b_2i + a_2i+1 · b_2i+1, written so that it becomes one instruction where there is one.
@inline(__always)
private func pairProducts(_ a: SIMD16<Int16>, _ b: SIMD16<Int16>) -> Sum {
  even(a) &* even(b) &+ odd(a) &* odd(b)
}

@inline(__always)
private func even(_ v: SIMD16<Int16>) -> Sum {
  Sum(
    Int32(v[0]), Int32(v[2]), Int32(v[4]), Int32(v[6]), Int32(v[8]), Int32(v[10]), Int32(v[12]), Int32(v[14]))
}

@inline(__always)
private func odd(_ v: SIMD16<Int16>) -> Sum {
  Sum(
    Int32(v[1]), Int32(v[3]), Int32(v[5]), Int32(v[7]), Int32(v[9]), Int32(v[11]), Int32(v[13]), Int32(v[15]))
}

/// The sum over the lanes of each vector.
@inline(__always)
private func total(_ v: Sum, _ w: Sum, _ x: Sum, _ y: Sum) -> SIMD4<Int32> {
  let (a, b) = (v.lowHalf &+ v.highHalf, w.lowHalf &+ w.highHalf)
  let (c, d) = (x.lowHalf &+ x.highHalf, y.lowHalf &+ y.highHalf)
  return SIMD4(a[0], b[0], c[0], d[0]) &+ SIMD4(a[1], b[1], c[1], d[1]) &+ SIMD4(a[2], b[2], c[2], d[2])
    &+ SIMD4(a[3], b[3], c[3], d[3])
}
