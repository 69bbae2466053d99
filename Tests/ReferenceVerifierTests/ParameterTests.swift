import ReferenceVerifier
import Testing

@Suite struct ReferenceParameterTests {
  /// t_r is the smallest t with ((1 + 2^−r)/2)^t ≤ 2^−104 (§4.3), in exact integers.
  @Test(arguments: 1...6)
  func queryCountsAreTheSmallest(r: Int) {
    func isEnough(_ t: Int) -> Bool {
      Integer((1 << r) + 1).power(t) * Integer.powerOfTwo(104) <= Integer.powerOfTwo((r + 1) * t)
    }
    #expect(isEnough(queryCounts[r - 1]))
    #expect(!isEnough(queryCounts[r - 1] - 1))
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
          let opening = openingCost(queries: [126, 114, 109][r - 3], depth: m + r, width: 16 * rows)
          least = min(least, opening + (rows << (m + r)) / 8 + cost(1 << m))
        }
      }
      return least
    }
    var planner = RecursionPlanner()
    for n in [33, 1000, 2048, 2112, 8192] { #expect(planner.best(n).cost == cost(n)) }
  }

  @Test func parametersAreInTheirRange() {
    let shapes = [ColumnShape(sizes: [128, 784]), ColumnShape(sizes: [64, 128]), ColumnShape(sizes: [10, 64])]
    let model = modelParameters(shapes)
    #expect((6...20).contains(model.rowBits) && (2...3).contains(model.rateBits))
    let witness = witnessParameters([ColumnShape(sizes: [1 << 16]), ColumnShape(sizes: [1, 128])], model: model)
    #expect((6...20).contains(witness.rowBits) && (2...3).contains(witness.rateBits))
  }
}
