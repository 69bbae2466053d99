import ReferenceVerifier
import Testing

@Suite struct ReferenceParameterTests {
  /// t_r is the smallest t with ((1 + 2^−r)/2)^t ≤ 2^−92 (§4.3), in exact integers.
  @Test(arguments: 1...6)
  func queryCountsAreTheSmallest(r: Int) {
    func isEnough(_ t: Int) -> Bool {
      Integer((1 << r) + 1).power(t) * Integer.powerOfTwo(92) <= Integer.powerOfTwo((r + 1) * t)
    }
    #expect(isEnough(queryCounts[r - 1]))
    #expect(!isEnough(queryCounts[r - 1] - 1))
  }

  /// t(m, r, T) is the smallest t with ((2^(m+r) + 2^m + T)/2^(m+r+1))^t ≤ 2^−92, which is t_r for T = 0.
  @Test(arguments: [(8, 2, 256), (6, 3, 64), (10, 3, 256), (16, 2, 32768), (12, 8, 1 << 18), (20, 8, 1 << 23), (6, 6, 1)])
  func hidingQueryCountsAreTheSmallest(m: Int, r: Int, tail: Int) {
    func isEnough(_ t: Int) -> Bool {
      Integer(1 << (m + r) + 1 << m + tail).power(t) * Integer.powerOfTwo(92) <= Integer.powerOfTwo((m + r + 1) * t)
    }
    let t = hidingQueryCount(m, r, tail)
    #expect(isEnough(t) && !isEnough(t - 1))
    #expect(CodeParameters(rowBits: m, rateBits: r, tail: tail).queryCount == t)
    #expect(r > 6 || hidingQueryCount(m, r, 0) == queryCounts[r - 1])
  }

  /// The tail is the first power of two that holds the queries of all proofs and leaves the rate at most 1/2.
  @Test(arguments: [1, 3, 18, 258, 65538], [0, 2])
  func tailsAreTheSmallest(proofs: Int, masks: Int) {
    for m in 6...20 {
      for r in 2...8 {
        let fitting = (0..<30).map { 1 << $0 }.filter { tail in
          1 << m + tail <= 1 << (m + r - 1) && tail >= proofs * hidingQueryCount(m, r, tail) + masks
        }
        #expect(hidingCode(m, r, proofs: proofs, masks: masks)?.tail == fitting.first)
      }
    }
    #expect(hidingCode(20, 8, proofs: proofs, masks: masks) != nil)
  }

  @Test func tailOfOneProofByHand() {
    #expect(hidingCode(8, 2, proofs: 1) == CodeParameters(rowBits: 8, rateBits: 2, tail: 256))
    #expect(hidingCode(8, 2, proofs: 1)?.queryCount == 222)
    #expect(hidingCode(7, 2, proofs: 1) == nil)
    #expect(hidingCode(7, 3, proofs: 1) == CodeParameters(rowBits: 7, rateBits: 3, tail: 256))
  }

  /// The model's code for N proofs by trying everything.
  @Test(arguments: [1, 16, 1000])
  func hidingModelParametersAreTheMinimum(proofs: Int) throws {
    let shapes = [ColumnShape(sizes: [128, 784]), ColumnShape(sizes: [64, 128]), ColumnShape(sizes: [10, 64])]
    func cost(_ code: CodeParameters) -> Int {
      let rows = Layout(shapes, rowBits: code.rowBits).rowCount
      return openingCost(queries: code.queryCount, depth: code.domainBits, width: 8 * rows + 16)
        + (rows << code.domainBits) / 128 + 8 * (1 << code.rowBits + code.tail)
    }
    let all = (6...20).flatMap { m in (2...8).compactMap { hidingCode(m, $0, proofs: proofs + 2) } }
    let chosen = try modelParameters(shapes, proofs: proofs)
    #expect(all.first { cost($0) == all.map(cost).min() } == chosen)
    #expect(chosen.tail >= (proofs + 2) * chosen.queryCount)
  }

  /// The witness's code by trying everything; E depends on the number of the merge's rounds.
  @Test(arguments: [700, 3000])
  func hidingWitnessParametersAreTheMinimum(entries: Int) throws {
    let shapes = [ColumnShape(sizes: [1 << 16]), ColumnShape(sizes: [1, 128])]
    let model = try modelParameters([ColumnShape(sizes: [128, 784])], proofs: 16)
    func padRows(_ code: CodeParameters) -> Int {
      let variables = code.rowBits + Layout(shapes, rowBits: code.rowBits).foldBits
      return (entries + 2 * max(variables, 17) + (1 << code.rowBits) - 1) >> code.rowBits
    }
    func cost(_ code: CodeParameters) throws -> Int {
      let rows = Layout(shapes, rowBits: code.rowBits).rowCount + 2 * padRows(code)
      let n = 1 << model.rowBits + model.tail + (1 + padRows(code)) * (1 << code.rowBits + code.tail)
      return openingCost(queries: code.queryCount, depth: code.domainBits, width: 8 * rows + 16)
        + (rows << code.domainBits) / 16 + (try #require(maskedLevel(n)).cost)
    }
    let all = (6...20).flatMap { m in (2...3).compactMap { hidingCode(m, $0, proofs: 1) } }
    let costs = try all.map { try cost($0) }
    let (code, count) = try hidingWitnessParameters(shapes, prior: [model]) { entries + 2 * max($0, 17) }
    #expect(all[costs.firstIndex(of: costs.min() ?? 0) ?? 0] == code)
    #expect(count == padRows(code))
  }

  /// The code of a hiding proof's first level by trying everything; its blocks are aligned in this order.
  @Test(arguments: [384, 1000, 4096, 5000, 70_000, 1 << 21])
  func maskedLevelIsTheMinimum(n: Int) throws {
    var planner = RecursionPlanner()
    var least = Int.max
    var first: CodeParameters?
    for m in 5...Int.bitWidth - (n - 1).leadingZeroBitCount {
      for r in 3...5 {
        guard let code = hidingCode(m, r, proofs: 1, masks: 2) else { continue }
        let rows = (n + (1 << m) - 1) >> m + 1
        let cost =
          openingCost(queries: code.queryCount, depth: m + r, width: 16 * (rows + 1)) + (rows << (m + r)) / 8
          + planner.best(1 << m + code.tail).cost
        if cost < least { (least, first) = (cost, code) }
      }
    }
    let (code, cost) = try #require(maskedLevel(n))
    #expect(code == first && cost == least)
    #expect(code.tail >= code.queryCount + 2 && code.tail <= 1 << code.rowBits)
  }

  @Test func openingCostByHand() {
    #expect(openingCost(queries: 154, depth: 16, width: 80) == 154 * (80 + 32 * 9))
    #expect(openingCost(queries: 154, depth: 5, width: 80) == 154 * 80)
  }

  @Test func recursionSendsShortVectorsInClear() {
    var planner = RecursionPlanner()
    for n in [1, 32, 64, 4096] { #expect(planner.best(n).cost <= 16 * n) }
    #expect(planner.best(64).plan == .clear)
    for n in [4097, 1 << 13, 3 << 14, 1 << 20] { #expect(planner.best(n).plan != .clear) }
  }

  /// The choice for n = 8192 by trying everything, without memory.
  @Test func recursionIsTheMinimum() {
    func cost(_ n: Int) -> Int {
      var bits = 0
      while 1 << bits < n { bits += 1 }
      var least = bits > 12 ? Int.max : 16 * n
      for m in stride(from: 5, through: bits - 1, by: 1) {
        for r in 3...5 {
          let rows = (n + (1 << m) - 1) >> m
          let opening = openingCost(queries: [111, 101, 97][r - 3], depth: m + r, width: 16 * rows)
          least = min(least, opening + (rows << (m + r)) / 8 + cost(1 << m))
        }
      }
      return least
    }
    var planner = RecursionPlanner()
    for n in [33, 1000, 2048, 2112, 8192] { #expect(planner.best(n).cost == cost(n)) }
  }

  @Test func parametersAreInTheirRange() throws {
    let shapes = [ColumnShape(sizes: [128, 784]), ColumnShape(sizes: [64, 128]), ColumnShape(sizes: [10, 64])]
    let model = try modelParameters(shapes)
    #expect((6...20).contains(model.rowBits) && (2...3).contains(model.rateBits))
    let witness = try witnessParameters([ColumnShape(sizes: [1 << 16]), ColumnShape(sizes: [1, 128])], prior: [model])
    #expect((6...20).contains(witness.rowBits) && (2...3).contains(witness.rateBits))
  }
}
