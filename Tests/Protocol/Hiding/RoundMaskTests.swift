import Circuit
import Field
import Prover
import TestSupport
import Testing

@Suite("The masks of the opening's first level reach all that its rounds send") struct RoundMaskTests {
  /// What is sent of Σ_{i < rowCount} (u_i + i·v_i) for each mask that is 1, the others being 0: the sum, then the rounds.
  private func messages(_ rowCount: Int) -> (u: [[SecureField]], v: [[SecureField]]) {
    var random = RepeatableRandom(seed: 501)
    let challenges = random.secureFields(bitCountOfAxis(rowCount))
    let size = 2 << challenges.count
    let weights = (0..<size).map { $0 % 2 == 0 ? SecureField.one : SecureField(BaseField(Int64($0 / 2))) }
    let all = (0..<2 * rowCount).map { mask in
      var entries = SecureTable((0..<size).map { $0 == mask ? SecureField.one : .zero })
      var weight = SecureTable(weights)
      var sent = [entries.innerProduct(weight)]
      for challenge in challenges {
        let round = productRound(entries, weight)
        sent += [round.constant, round.quadratic]
        entries.fold(challenge)
        weight.fold(challenge)
      }
      return sent
    }
    return ((0..<rowCount).map { all[2 * $0] }, (0..<rowCount).map { all[2 * $0 + 1] })
  }

  @Test("for any number of rows", arguments: Array(1...17) + [31, 32, 33]) func independent(_ rowCount: Int) {
    let (u, v) = messages(rowCount)
    let count = 2 * bitCountOfAxis(rowCount) + 1
    #expect((u + v).rank == count)
    #expect(rowCount == 1 || u.rank < count && v.rank < count)
  }
}
