import Circuit
import Prover
import TestSupport
import Verifier

/// Keys of one model that follow each other.
struct Chain: Sendable {
  let keys: [ProvingKey]
  /// After each of them.
  let verifyingKeys: [VerifyingKey]
  /// By key after the first: where the proof that leads to it opens its commitment, and the one before.
  let positions: [[[Int]]]

  var circuit: ArithmeticCircuit { keys[0].circuit }
  var links: [ProvedCommitment] { last.chain }
  var last: VerifyingKey { verifyingKeys[verifyingKeys.count - 1] }

  /// - Parameter proofCounts: By key.
  init(_ network: SmallNetwork, _ proofCounts: [Int]) {
    do {
      var keys = [
        ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: proofCounts[0], threads: 2)
      ]
      var verifyingKeys = [try keys[0].verifyingKey(threads: 2)]
      var positions: [[[Int]]] = []
      for (index, proofCount) in proofCounts.enumerated().dropFirst() {
        let next = keys[index - 1].next(proofCount: proofCount, threads: 2)
        let extended = try next.proveEqualWeights(keys[index - 1], in: verifyingKeys[index - 1], threads: 2)
        keys.append(next)
        verifyingKeys.append(extended.key)
        positions.append([extended.positions, extended.previousPositions])
      }
      (self.keys, self.verifyingKeys, self.positions) = (keys, verifyingKeys, positions)
    } catch { preconditionFailure("honest proofs exist: \(error)") }
  }

  static let small = Chain(.small, [1, 40, 2])

  /// A key of these links, as it is read from a file.
  func key(_ links: [ProvedCommitment]) throws(VerificationError) -> VerifyingKey {
    let last = links[links.count - 1]
    return try VerifyingKey(
      file: VerifyingKey(circuit: circuit, after: Array(links.dropLast()), core: last.core, proof: last.proof).file)
  }

  /// Nil when a key of these links is accepted.
  func error(_ links: [ProvedCommitment]) -> VerificationError? {
    do throws(VerificationError) {
      try key(links).verifyWeights()
      return nil
    } catch { return error }
  }
}
