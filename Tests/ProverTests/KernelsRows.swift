import Field
import Prover
import TestSupport
import Testing

@Suite struct RowPassTests {
  private static let shapes = [(1, 1), (3, 5), (2, 8), (7, 33), (130, 16), (5, 1030), (67, 4200)]

  private func integers(_ count: Int, _ random: inout RepeatableRandom) -> [Int16] {
    (0..<count).map { $0 % 5 == 0 ? [.min, .max, -1, 0][$0 % 4] : Int16.random(in: .min ... .max, using: &random) }
  }

  private func factors(_ count: Int, _ random: inout RepeatableRandom) -> [SecureField] {
    (0..<count).map { index in
      let edge = BaseField.edges[index % BaseField.edges.count]
      return index % 3 == 0 ? random.secureField() : SecureField(c0: edge, c1: random.baseField() * BaseField(Int64(index % 2)) + edge)
    }
  }

  @Test(arguments: shapes) func combinationsAgree(_ rowCount: Int, _ width: Int) {
    var random = RepeatableRandom(seed: 401)
    let small = integers(rowCount * width, &random)
    let large = random.baseFields(rowCount * width - 1) + [-.one]
    let coefficients = factors(rowCount, &random)
    func expected(_ value: (Int) -> BaseField) -> [SecureField] {
      (0..<width).map { column in
        coefficients.indices.reduce(.zero) { $0 + coefficients[$1] * value($1 * width + column) }
      }
    }
    let (fromSmall, fromLarge) = (expected { BaseField(Int64(small[$0])) }, expected { large[$0] })
    for threads in [1, 2] {
      #expect(combineRows(coefficients, small, width: width, threads: threads).values == fromSmall)
      #expect(combineRows(coefficients, large, width: width, threads: threads).values == fromLarge)
    }
  }

  @Test(arguments: shapes) func dotProductsAgree(_ rowCount: Int, _ width: Int) {
    var random = RepeatableRandom(seed: 402)
    let small = integers(rowCount * width, &random)
    let large = random.baseFields(rowCount * width - 1) + [-.one]
    let weights = factors(width, &random)
    func expected(_ value: (Int) -> BaseField) -> [SecureField] {
      (0..<rowCount).map { row in weights.indices.reduce(.zero) { $0 + weights[$1] * value(row * width + $1) } }
    }
    let (fromSmall, fromLarge) = (expected { BaseField(Int64(small[$0])) }, expected { large[$0] })
    for threads in [1, 2] {
      #expect(dotRows(small, rows: 0..<rowCount, SecureTable(weights), threads: threads) == fromSmall)
      #expect(dotRows(large, rows: 0..<rowCount, SecureTable(weights), threads: threads) == fromLarge)
    }
  }

  @Test func longSumsStayExact() {
    let edge = SecureField(c0: BaseField(reducing: BaseField.modulus / 2), c1: BaseField(reducing: 0x7FFF_FFFF_7FFF_FFFF))
    let width = 40_000
    let row = [Int16](repeating: .min, count: width)
    let expected = edge * BaseField(Int64(Int16.min) * Int64(width))
    #expect(dotRows(row, rows: 0..<1, SecureTable([SecureField](repeating: edge, count: width)), threads: 2) == [expected])
    #expect(combineRows([SecureField](repeating: edge, count: width), row, width: 1, threads: 2).values == [expected])
  }
}
