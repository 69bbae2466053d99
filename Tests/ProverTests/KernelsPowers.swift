import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

@Suite struct PowerSumTests {
  /// Σ coefficient·z^y over distinct positions, added to `table`.
  private func add(
    _ code: Code, _ positions: [Int], _ coefficients: [SecureField], _ block: OpeningBlock, to table: inout [SecureField]
  ) {
    for (position, coefficient) in zip(positions, coefficients) {
      let point = code.points(at: [position])[0]
      var term = coefficient
      for y in 0..<code.vectorCount {
        let tail = y - 1 << code.variableCount
        let place = tail < 0 ? block.entries << code.variableCount + y : (block.tail ?? 0) * code.tailCount + tail
        table[place] += term
        term *= point
      }
    }
  }

  private func draw(_ code: Code, _ count: Int, from random: inout RepeatableRandom) -> [Int] {
    Set((0..<count).map { _ in Int.random(in: 0..<1 << code.domainBits, using: &random) }).sorted()
  }

  private func agree(_ code: Code, _ positions: [Int], _ random: inout RepeatableRandom) -> Bool {
    let blocks = OpeningBlock.blocks(of: [code, code])
    let coefficients = random.secureFields(positions.count)
    let before = random.secureFields(1 << bitCountOfAxis(2 * code.vectorCount))
    var expected = before
    add(code, positions, coefficients, blocks[1], to: &expected)
    return [1, 2].allSatisfy { threads in
      var table = SecureTable(before)
      table.addPowers(of: code, at: positions, coefficients: coefficients, to: blocks[1], threads: threads)
      return table.values == expected
    }
  }

  @Test(arguments: 3...9, 1...5) func sumsAgreeWithPowers(_ variableCount: Int, _ rateBits: Int) {
    var random = RepeatableRandom(seed: 401)
    let code = Code(variableCount: variableCount, rateBits: rateBits)
    for count in [0, 1, 2, 3, 20, 126] { #expect(agree(code, draw(code, count, from: &random), &random)) }
    let last = 1 << code.domainBits - 1
    for positions in [[0], [last], [0, last], [0, 1], [last / 2, last / 2 + 1]] {
      #expect(agree(code, positions, &random))
    }
  }

  @Test func sumsOverTheWholeDomainAgree() {
    var random = RepeatableRandom(seed: 402)
    let code = Code(variableCount: 6, rateBits: 2, tailCount: 32)
    #expect(agree(code, Array(0..<1 << code.domainBits), &random))
  }

  /// Tails shorter than the entries, as long, and longer.
  @Test(arguments: [(8, 2, 128), (8, 2, 256), (7, 3, 256), (3, 7, 256), (10, 1, 512), (5, 4, 8)])
  func sumsForTailsAgree(_ variableCount: Int, _ rateBits: Int, _ tailCount: Int) {
    var random = RepeatableRandom(seed: 403)
    let code = Code(variableCount: variableCount, rateBits: rateBits, tailCount: tailCount)
    for count in [1, 2, 127] { #expect(agree(code, draw(code, count, from: &random), &random)) }
  }

  @Test func sumsOfLongVectorsAgree() {
    var random = RepeatableRandom(seed: 404)
    let code = Code(variableCount: 13, rateBits: 2, tailCount: 256)
    #expect(agree(code, draw(code, code.queryCount, from: &random), &random))
  }
}
