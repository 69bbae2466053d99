import Execution
import Field
import Prover
import Verifier

func benchmarkKernels() {
  print("kernel: ns an element on 1 thread, on 2 threads, target on 1 thread, ratio")
  benchmarkFields()
  benchmarkTables()
  benchmarkEncoding()
  benchmarkHashing()
  benchmarkRows()
  benchmarkFractions()
}

private struct Sequence64: RandomNumberGenerator {
  var state: UInt64 = 1
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}

func baseFields(_ count: Int) -> [BaseField] {
  var random = Sequence64()
  return (0..<count).map { _ in BaseField(reducing: random.next()) }
}

func secureFields(_ count: Int) -> [SecureField] {
  let halves = baseFields(2 * count)
  return (0..<count).map { SecureField(c0: halves[2 * $0], c1: halves[2 * $0 + 1]) }
}

private func baseLanes(_ count: Int) -> [BaseLanes] {
  var random = Sequence64()
  return (0..<count / 8).map { _ in BaseLanes(reducing: SIMD8.random(in: 0 ... .max, using: &random)) }
}

private func benchmarkFields() {
  let count = 1 << 10
  let (a, b) = (baseLanes(count), Array(baseLanes(2 * count).dropFirst(count / 8)))
  var products = [[BaseLanes]](repeating: a, count: 64).flatMap { $0 }
  report("F multiply, 8 lanes", elements: 64 * 64 * count, target: 0.55) { threads in
    Parallel.chunks(&products, size: a.count, threads: threads) { _, span in
      for _ in 0..<64 { for index in span.indices { span[index] *= b[index] } }
    }
  }
  let (x, y) = (zip(a, b).map { SecureLanes(c0: $0, c1: $1) }, zip(b, a).map { SecureLanes(c0: $0, c1: $1) })
  var secure = x
  report("K multiply, 8 lanes", elements: 64 * count, target: 2.5) { _ in
    for _ in 0..<64 { multiply(x, y, into: &secure) }
  }
  let (s, t) = (baseFields(count), Array(baseFields(2 * count).suffix(count)))
  let (u, v) = (secureFields(count), Array(secureFields(2 * count).suffix(count)))
  var scalars = s
  report("F multiply, scalar", elements: 64 * count, target: nil) { _ in
    for _ in 0..<64 { multiply(s, t, into: &scalars) }
  }
  var secureScalars = u
  report("K multiply, scalar", elements: 64 * count, target: nil) { _ in
    for _ in 0..<64 { multiply(u, v, into: &secureScalars) }
  }
}

private func multiply(_ a: [SecureLanes], _ b: [SecureLanes], into product: inout [SecureLanes]) {
  for index in a.indices { product[index] = a[index] * b[index] }
}

private func multiply(_ a: [BaseField], _ b: [BaseField], into product: inout [BaseField]) {
  for index in a.indices { product[index] = a[index] * b[index] }
}

private func multiply(_ a: [SecureField], _ b: [SecureField], into product: inout [SecureField]) {
  for index in a.indices { product[index] = a[index] * b[index] }
}

private func benchmarkTables() {
  let logCount = 18
  let a = SecureTable(secureFields(1 << logCount))
  let point = secureFields(logCount)
  report("equality table", elements: 1 << logCount, target: nil) { threads in
    _ = SecureTable.equality(point, threads: threads)
  }
  report("inner product over K", elements: 1 << logCount, target: nil) { threads in
    _ = a.innerProduct(a, threads: threads)
  }
  report("degree-2 sumcheck over two K tables", elements: 1 << logCount, target: 10) { threads in
    var (left, right) = (a, a)
    for r in point {
      _ = productRound(left, right, threads: threads)
      left.fold(r, threads: threads)
      right.fold(r, threads: threads)
    }
  }
}

private func benchmarkEncoding() {
  for (logRow, rowCount, logRate, target) in [(12, 64, 2, 22.0), (16, 8, 2, 22.0), (12, 64, 1, 11.0)] {
    let rows = PackedRows(baseFields(rowCount << logRow), width: 1 << logRow)
    let encoder = Encoder(logDomain: logRow + logRate)
    report("encode 2^\(logRow) at rate 1/\(1 << logRate)", elements: rowCount << logRow, target: target) { threads in
      _ = encoder.encode(rows, threads: threads)
    }
  }
}

private func benchmarkHashing() {
  let tag = Array("benchmark.......".utf8)
  for (rowCount, logColumns) in [(64, 14), (512, 11), (16, 14)] {
    let symbols = baseFields(rowCount << logColumns)
    report("hash leaves of \(rowCount) rows, a symbol", elements: symbols.count, target: 2.75) { threads in
      _ = hashLeaves(symbols, columnCount: 1 << logColumns, personalization: tag, threads: threads)
    }
  }
  let leaves = [Digest](repeating: .zero, count: 1 << 14)
  report("hash nodes, a leaf", elements: 1 << 14, target: nil) { threads in
    _ = buildTree(leaves, personalization: tag, threads: threads)
  }
  let states = (0..<64).map { Digest(words: SIMD4(repeating: $0)) }
  let attempts = states.reduce(0) { $0 + Int(firstNonce(after: $1, bits: 12, threads: 1)) + 1 }
  report("nonces of 12 bits, an attempt", elements: attempts, target: 50) { threads in
    for state in states { _ = firstNonce(after: state, bits: 12, threads: threads) }
  }
}

private func benchmarkRows() {
  let (rowCount, width) = (1 << 10, 1 << 12)
  let large = baseFields(rowCount * width)
  let small = large.map { Int16(truncatingIfNeeded: $0.value) }
  let coefficients = secureFields(rowCount)
  let weights = SecureTable(secureFields(width))
  report("combine rows of int16", elements: small.count, target: 0.3) { threads in
    _ = combineRows(coefficients, small, width: width, threads: threads)
  }
  report("dot products of rows of int16", elements: small.count, target: 0.3) { threads in
    _ = dotRows(small, rows: 0..<small.count / weights.count, weights, threads: threads)
  }
  report("combine rows of F", elements: large.count, target: nil) { threads in
    _ = combineRows(coefficients, large, width: width, threads: threads)
  }
  report("dot products of rows of F", elements: large.count, target: nil) { threads in
    _ = dotRows(large, rows: 0..<large.count / weights.count, weights, threads: threads)
  }
}

private func benchmarkFractions() {
  let half = 1 << 17
  let (lower, upper) = (SecureTable(secureFields(half)).lanes, SecureTable(secureFields(half)).lanes)
  let bits = [UInt8](repeating: .max, count: half / 8)
  let point = secureFields(18)
  let units = FractionLayer(count: half, bits: (bits, bits), q0: lower, q1: upper)
  let general = FractionLayer(count: half, p0: upper, p1: lower, q0: lower, q1: upper)
  for (name, leaves, target) in [("numerators 1", units, 35.0), ("general numerators", general, 44.0)] {
    report("fractional sum, \(name), a leaf", elements: 2 * half, target: target) { threads in
      var layers = [leaves]
      while layers[layers.count - 1].count > 1 { layers.append(layers[layers.count - 1].above(threads: threads)) }
      for layer in layers {
        var halves = LayerHalves(layer, point[0], point[1])
        let variableCount = layer.count.trailingZeroBitCount
        for (round, equality) in SplitEquality.suffixes(Array(point.prefix(variableCount))).enumerated() {
          _ = halves.round(equality, threads: threads)
          halves.fold(point[round])
        }
      }
    }
  }
}
