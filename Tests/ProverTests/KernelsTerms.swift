import Field
import Prover
import TestSupport
import Testing

@Suite struct TermSumcheckTests {
  /// Numbers of weights, of entries for each weight, of operands: weights of a few entries, of whole vectors, of several chunks.
  private static let shapes = [1, 2, 8].flatMap { weights in
    [1, 4, 8, 64, 4096].flatMap { size in (1...3).map { (weights: weights, size: size, operands: $0) } }
  }

  @Test(arguments: shapes) func roundsLeadFromTheSumToTheOperands(_ shape: (weights: Int, size: Int, operands: Int)) {
    var random = RepeatableRandom(seed: 107)
    let weights = random.secureFields(shape.weights)
    let operands = (0..<shape.operands).map { _ in random.secureFields(shape.weights * shape.size) }
    let expected = operands[0].indices.reduce(SecureField.zero) { sum, index in
      sum + operands.reduce(weights[index / shape.size]) { $0 * $1[index] }
    }
    let point = random.secureFields((shape.weights * shape.size).trailingZeroBitCount)
    for threads in [1, 2] {
      var sumcheck = TermSumcheck(weights: [weights], operands.map { SecureTable($0) })
      #expect(sumcheck.value == expected)
      for r in point {
        let round = sumcheck.round(threads: threads)
        #expect(round[0] + round.reduce(.zero, +) == sumcheck.value)
        #expect(round.count <= shape.operands + 2)
        sumcheck.fold(r, threads: threads)
        #expect(round.reversed().reduce(.zero) { $0 * r + $1 } == sumcheck.value)
      }
      #expect(sumcheck.ends(shape.operands) == operands.map { Multilinear.evaluate($0, at: point) })
    }
  }
}
