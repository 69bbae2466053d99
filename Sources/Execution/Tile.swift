/// Sums of products of four left rows with two right rows: lane i + 4·j is row i with row j, modulo 2^32.
///
/// One plain loop with an accumulator for each pair: the form that becomes vectors of 32-bit products.
///
/// - Precondition: `count` digits can be read at each of the six places.
@inline(never)
func tile4x2(
  _ left: (Digit, Digit, Digit, Digit), _ right: (Digit, Digit), _ count: Int
) -> SIMD8<Int32> {
  let (a, b, c, d) = left
  let (x, y) = right
  var (ax, bx, cx, dx) = (Int32(0), Int32(0), Int32(0), Int32(0))
  var (ay, by, cy, dy) = (Int32(0), Int32(0), Int32(0), Int32(0))
  for index in 0..<count {
    let (p, q, r, s) = (Int32(a[index]), Int32(b[index]), Int32(c[index]), Int32(d[index]))
    let (u, v) = (Int32(x[index]), Int32(y[index]))
    ax &+= p &* u
    bx &+= q &* u
    cx &+= r &* u
    dx &+= s &* u
    ay &+= p &* v
    by &+= q &* v
    cy &+= r &* v
    dy &+= s &* v
  }
  return SIMD8(ax, bx, cx, dx, ay, by, cy, dy)
}

/// The same with one right row; lanes 4 … 7 are 0.
@inline(never)
func tile4x1(_ left: (Digit, Digit, Digit, Digit), _ right: Digit, _ count: Int) -> SIMD8<Int32> {
  let (a, b, c, d) = left
  var (ax, bx, cx, dx) = (Int32(0), Int32(0), Int32(0), Int32(0))
  for index in 0..<count {
    let u = Int32(right[index])
    ax &+= Int32(a[index]) &* u
    bx &+= Int32(b[index]) &* u
    cx &+= Int32(c[index]) &* u
    dx &+= Int32(d[index]) &* u
  }
  return SIMD8(ax, bx, cx, dx, 0, 0, 0, 0)
}

typealias Digit = UnsafePointer<Int16>
