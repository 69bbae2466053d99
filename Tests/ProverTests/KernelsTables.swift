import Field
import Prover
import TestSupport
import Testing

@Suite struct SecureTableTests {
  private static let sizes = [2, 4, 8, 16, 64, 1 << 14]

  @Test(arguments: sizes) func foldBindsTheMostSignificantVariable(_ size: Int) {
    var random = RepeatableRandom(seed: 101)
    let elements = random.secureFields(size)
    let r = random.secureField()
    let half = size / 2
    let expected = (0..<half).map { elements[$0] + r * (elements[$0 + half] - elements[$0]) }
    for threads in [1, 2, 3] {
      var table = SecureTable(elements)
      table.fold(r, threads: threads)
      #expect(table.count == half && table.values == expected && table == SecureTable(expected))
    }
  }

  @Test func foldingByAPointEvaluates() {
    var random = RepeatableRandom(seed: 102)
    let elements = random.secureFields(64)
    let point = random.secureFields(6)
    var table = SecureTable(elements)
    for r in point { table.fold(r) }
    #expect(table[0] == Multilinear.evaluate(elements, at: point))
  }

  @Test(arguments: [0, 1, 2, 3, 4, 7, 14]) func equalityTablesAgree(_ variableCount: Int) {
    var random = RepeatableRandom(seed: 103)
    let point = random.secureFields(variableCount)
    let factor = random.secureField()
    let expected = Multilinear.equalityTable(point).map { $0 * factor }
    for threads in [1, 2] {
      #expect(SecureTable.equality(point, factor: factor, threads: threads).values == expected)
    }
  }

  @Test(arguments: sizes + [1, 3, 21]) func linearOperationsAgree(_ size: Int) {
    var random = RepeatableRandom(seed: 104)
    let (a, b) = (random.secureFields(size), random.secureFields(size))
    let factor = random.secureField()
    let product = zip(a, b).reduce(SecureField.zero) { $0 + $1.0 * $1.1 }
    for threads in [1, 2] {
      #expect(SecureTable(a).innerProduct(SecureTable(b), threads: threads) == product)
      var sum = SecureTable(a)
      sum.add(SecureTable(b), times: factor, threads: threads)
      #expect(sum.values == zip(a, b).map { $0 + factor * $1 })
    }
  }

  @Test func entriesCanBeReplaced() {
    var random = RepeatableRandom(seed: 105)
    var elements = random.secureFields(11)
    var table = SecureTable(zeros: 11)
    for index in elements.indices { table[index] = elements[index] }
    #expect(table.values == elements)
    elements[9] = .one
    table[9] = .one
    #expect(table == SecureTable(elements))
  }

  @Test(arguments: sizes) func productRoundsAgree(_ size: Int) {
    var random = RepeatableRandom(seed: 106)
    let (a, b) = (random.secureFields(size), random.secureFields(size))
    let half = size / 2
    var (constant, quadratic) = (SecureField.zero, SecureField.zero)
    for index in 0..<half {
      constant += a[index] * b[index]
      quadratic += (a[index + half] - a[index]) * (b[index + half] - b[index])
    }
    for threads in [1, 2] {
      let round = productRound(SecureTable(a), SecureTable(b), threads: threads)
      #expect(round.constant == constant && round.quadratic == quadratic)
    }
  }
}
