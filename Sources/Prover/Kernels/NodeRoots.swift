import Field

/// The tree of remainders: node j of level l is modulo X^h − c², its children modulo X^(h/2) ∓ c with c = root(j).
///
/// root(j) = ω_(2^(l+1))^(rev_l(j)) for every l with j < 2^l: one table in bit-reversed order serves all levels.
struct NodeRoots: Sendable {
  private let roots: [BaseField]
  /// root(2j) and root(2j + 1): the twiddles of the last level by lanes.
  private let evenRoots: [BaseField]
  private let oddRoots: [BaseField]

  /// Elements that stay in the first-level cache while all levels run.
  private static let logCached = 11

  init(logDomain: Int) {
    let count = 1 << max(logDomain - 2, 0)
    var (even, odd) = ([BaseField](), [BaseField]())
    even.reserveCapacity(count)
    odd.reserveCapacity(count)
    even.append(.one)
    odd.append(.rootOfUnity(logOrder: 2))
    while even.count < count {
      let root = BaseField.rootOfUnity(logOrder: even.count.trailingZeroBitCount + 3)
      for index in even.indices { even.append(even[index] * root) }
      for index in odd.indices { odd.append(odd[index] * root) }
    }
    var roots: [BaseField] = []
    roots.reserveCapacity(max(count, 2))
    for index in 0..<max(count / 2, 1) {
      roots.append(even[index])
      roots.append(odd[index])
    }
    (self.roots, evenRoots, oddRoots) = (roots, even, odd)
  }

  private func root(_ node: Int) -> BaseField { node & 1 == 0 ? evenRoots[node >> 1] : oddRoots[node >> 1] }

  /// root(node) as `butterfly` on words takes it.
  private func factor(_ node: Int) -> UInt64 { (root(node) * montgomeryForm).value }

  /// c of the polynomial X^h − c of a node.
  func constant(node: Int) -> BaseField {
    node < 2 ? (node == 0 ? .one : -.one) : (node & 1 == 0 ? root(node >> 1) : -root(node >> 1))
  }

  /// Replaces 2^`logCount` coefficients modulo the polynomial of `node` by the symbols below it.
  func transform(_ base: UnsafeMutablePointer<BaseField>, logCount: Int, node: Int) {
    if logCount > Self.logCached {
      let quarter = 1 << (logCount - 2)
      splitTwice(base, quarter: quarter, node: node)
      for child in 0..<4 { transform(base + child * quarter, logCount: logCount - 2, node: 4 * node + child) }
      return
    }
    guard logCount >= 5 else {
      transformByScalars(base, count: 1 << logCount, node: node)
      return
    }
    var (level, logSize) = (0, logCount)
    while logSize > 3 {
      if logSize >= 5 {
        for index in 0..<1 << level {
          splitTwice(base + index << logSize, quarter: 1 << (logSize - 2), node: node << level + index)
        }
        (level, logSize) = (level + 2, logSize - 2)
      } else {
        for index in 0..<1 << level {
          split(base + index << logSize, half: 1 << (logSize - 1), node: node << level + index)
        }
        (level, logSize) = (level + 1, logSize - 1)
      }
    }
    for index in stride(from: 0, to: 1 << level, by: 4) {
      splitThrice(base + index << 3, node: node << level + index)
    }
  }

  private func split(_ base: UnsafeMutablePointer<BaseField>, half: Int, node: Int) {
    let root = SIMD8(repeating: factor(node))
    for index in stride(from: 0, to: half, by: 8) {
      let (lower, upper) = butterfly(load(base + index), load(base + half + index), root)
      store(lower, base + index)
      store(upper, base + half + index)
    }
  }

  /// Two vectors at a time where there are registers for them, since a product waits for each of its steps.
  private func splitTwice(_ base: UnsafeMutablePointer<BaseField>, quarter: Int, node: Int) {
    if BaseLanes.fitRegister, quarter >= 16 {
      splitTwice(SIMD16.self, base, quarter: quarter, node: node)
    } else {
      splitTwice(SIMD8.self, base, quarter: quarter, node: node)
    }
  }

  private func splitTwice<W: Words>(_: W.Type, _ base: UnsafeMutablePointer<BaseField>, quarter: Int, node: Int) {
    let root = W(repeating: factor(node))
    let (even, odd) = (W(repeating: factor(2 * node)), W(repeating: factor(2 * node + 1)))
    for index in stride(from: 0, to: quarter, by: W.scalarCount) {
      let place = base + index
      let (a, c) = butterfly(load(place), load(place + 2 * quarter), root)
      let (b, d) = butterfly(load(place + quarter), load(place + 3 * quarter), root)
      let (first, second) = butterfly(a, b, even)
      let (third, fourth) = butterfly(c, d, odd)
      store(first, place)
      store(second, place + quarter)
      store(third, place + 2 * quarter)
      store(fourth, place + 3 * quarter)
    }
  }

  /// The last three levels of four nodes of eight coefficients each.
  private func splitThrice(_ base: UnsafeMutablePointer<BaseField>, node: Int) {
    let (v0, v1, v2, v3): (BaseLanes, BaseLanes, BaseLanes, BaseLanes) = (load(base), load(base + 8), load(base + 16), load(base + 24))
    let (a, b) = butterfly(lowHalves(v0, v1), highHalves(v0, v1), pair(node))
    let (c, d) = butterfly(lowHalves(v2, v3), highHalves(v2, v3), pair(node + 2))
    let (t0, t1, t2, t3) = transpose(lowHalves(a, c), lowHalves(b, d), highHalves(a, c), highHalves(b, d))
    let middle: BaseLanes = roots.withUnsafeBufferPointer { load($0.baseAddress.unsafelyUnwrapped + 2 * node) }
    let even: BaseLanes = evenRoots.withUnsafeBufferPointer { load($0.baseAddress.unsafelyUnwrapped + 2 * node) }
    let odd: BaseLanes = oddRoots.withUnsafeBufferPointer { load($0.baseAddress.unsafelyUnwrapped + 2 * node) }
    let (u0, u2) = butterfly(t0, t2, middle)
    let (u1, u3) = butterfly(t1, t3, middle)
    let (w0, w1) = butterfly(u0, u1, even)
    let (w2, w3) = butterfly(u2, u3, odd)
    let (x0, x1, x2, x3) = transpose(w0, w1, w2, w3)
    store(BaseLanes(reducing: lowHalves(x0, x1).values), base)
    store(BaseLanes(reducing: lowHalves(x2, x3).values), base + 8)
    store(BaseLanes(reducing: highHalves(x0, x1).values), base + 16)
    store(BaseLanes(reducing: highHalves(x2, x3).values), base + 24)
  }

  private func transformByScalars(_ base: UnsafeMutablePointer<BaseField>, count: Int, node: Int) {
    guard count > 1 else { return }
    let half = count / 2
    let factor = root(node)
    for index in 0..<half {
      let product = base[half + index] * factor
      base[half + index] = base[index] - product
      base[index] += product
    }
    transformByScalars(base, count: half, node: 2 * node)
    transformByScalars(base + half, count: half, node: 2 * node + 1)
  }

  @inline(__always) private func pair(_ node: Int) -> BaseLanes {
    lowHalves(BaseLanes(repeating: root(node)), BaseLanes(repeating: root(node + 1)))
  }
}

/// a ± factor·b as any words of those residues, for any such words a, b: the product is canonical whatever its factors,
/// so that a sum or difference with it wraps at most once. The last level makes all words canonical.
@inline(__always)
private func butterfly(_ a: BaseLanes, _ b: BaseLanes, _ factor: BaseLanes) -> (BaseLanes, BaseLanes) {
  let product = b * factor
  guard BaseLanes.hasWideVectors else { return (a + product, a - product) }
  let (left, right) = (a.values, product.values)
  let (sum, difference) = (left &+ right, left &- right)
  return (
    unsafeBitCast(sum &+ BaseLanes.wrap(where: sum .< right), to: BaseLanes.self),
    unsafeBitCast(difference &- BaseLanes.wrap(where: left .< right), to: BaseLanes.self)
  )
}

@inline(__always) private func load<W: BitwiseCopyable>(_ place: UnsafePointer<BaseField>) -> W {
  UnsafeRawPointer(place).loadUnaligned(as: W.self)
}

@inline(__always) private func store<W: BitwiseCopyable>(_ words: W, _ place: UnsafeMutablePointer<BaseField>) {
  UnsafeMutableRawPointer(place).storeBytes(of: words, as: W.self)
}

@inline(__always) private func join(_ low: SIMD4<UInt64>, _ high: SIMD4<UInt64>) -> BaseLanes {
  unsafeBitCast(SIMD8(lowHalf: low, highHalf: high), to: BaseLanes.self)
}

@inline(__always) private func lowHalves(_ a: BaseLanes, _ b: BaseLanes) -> BaseLanes {
  join(a.values.lowHalf, b.values.lowHalf)
}

@inline(__always) private func highHalves(_ a: BaseLanes, _ b: BaseLanes) -> BaseLanes {
  join(a.values.highHalf, b.values.highHalf)
}

/// Transposes the low and the high 4×4 blocks.
@inline(__always)
private func transpose(
  _ a: BaseLanes, _ b: BaseLanes, _ c: BaseLanes, _ d: BaseLanes
) -> (BaseLanes, BaseLanes, BaseLanes, BaseLanes) {
  let low = transpose(a.values.lowHalf, b.values.lowHalf, c.values.lowHalf, d.values.lowHalf)
  let high = transpose(a.values.highHalf, b.values.highHalf, c.values.highHalf, d.values.highHalf)
  return (join(low.0, high.0), join(low.1, high.1), join(low.2, high.2), join(low.3, high.3))
}

@inline(__always)
private func transpose(
  _ a: SIMD4<UInt64>, _ b: SIMD4<UInt64>, _ c: SIMD4<UInt64>, _ d: SIMD4<UInt64>
) -> (SIMD4<UInt64>, SIMD4<UInt64>, SIMD4<UInt64>, SIMD4<UInt64>) {
  (
    SIMD4(a[0], b[0], c[0], d[0]), SIMD4(a[1], b[1], c[1], d[1]),
    SIMD4(a[2], b[2], c[2], d[2]), SIMD4(a[3], b[3], c[3], d[3])
  )
}
