import Field
import Prover
import TestSupport
import Testing

@Suite struct EncoderTests {
  private func reversed(_ index: Int, _ bitCount: Int) -> UInt64 {
    (0..<bitCount).reduce(0) { $0 | UInt64((index >> $1) & 1) << UInt64(bitCount - 1 - $1) }
  }

  private func symbol(_ row: [BaseField], _ index: Int, _ logDomain: Int) -> BaseField {
    let point = BaseField.rootOfUnity(logOrder: logDomain).power(reversed(index, logDomain))
    return row.reversed().reduce(.zero) { $0 * point + $1 }
  }

  @Test(arguments: 0...9) func symbolsAreEvaluations(_ logDomain: Int) {
    var random = RepeatableRandom(seed: 201)
    for count in Set([1, 2, 3, 5, 8, 21, 32, 40, 64, 100, 256, 300, 511, 512]) where count <= 1 << logDomain {
      let row = random.baseFields(count)
      #expect(encode(row, logDomain: logDomain) == (0..<1 << logDomain).map { symbol(row, $0, logDomain) })
    }
  }

  @Test func edgeValuesEncode() {
    let row = BaseField.edges + BaseField.edges.reversed() + [BaseField](repeating: -.one, count: 68)
    #expect(encode(row, logDomain: 8) == (0..<256).map { symbol(row, $0, 8) })
  }

  @Test(arguments: [9, 10, 11, 12, 13, 15]) func longRowsEncode(_ logCount: Int) {
    var random = RepeatableRandom(seed: 202)
    let row = random.baseFields(1 << logCount + 5)
    let symbols = encode(row, logDomain: logCount + 1)
    for _ in 0..<40 {
      let index = Int.random(in: symbols.indices, using: &random)
      #expect(symbols[index] == symbol(row, index, logCount + 1))
    }
  }

  @Test func rowsEncodeAloneAndTogether() {
    var random = RepeatableRandom(seed: 203)
    let encoder = Encoder(logDomain: 8)
    let rows = (0..<7).map { _ in random.baseFields(70) }
    let expected = rows.flatMap { encode($0, logDomain: 8) }
    for threads in [1, 2, 3] {
      #expect(encoder.encode(PackedRows(rows.flatMap { $0 }, width: 70), threads: threads) == expected)
    }
  }

  /// Tails shorter than, as long as and longer than a row; rows of small integers before others.
  @Test(arguments: [1, 8, 32, 64, 128]) func tailsAreFurtherCoefficients(_ tailCount: Int) {
    var random = RepeatableRandom(seed: 204)
    let small = (0..<96).map { _ in BaseField(Int64.random(in: -0x8000...0x7FFF, using: &random)) }
    let rows = small + random.baseFields(64)
    let tails = random.baseFields(5 * tailCount)
    var expected: [BaseField] = []
    for row in 0..<5 {
      let coefficients = rows.dropFirst(32 * row).prefix(32) + tails.dropFirst(tailCount * row).prefix(tailCount)
      expected += encode(Array(coefficients), logDomain: 8)
    }
    #expect(Encoder(logDomain: 8).encode(PackedRows(rows, width: 32), tails: tails, threads: 2) == expected)
  }
}
