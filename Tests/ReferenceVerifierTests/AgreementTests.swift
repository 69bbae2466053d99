import Prover
import ReferenceVerifier
import TestSupport
import Testing

/// The reference verifier on keys and proofs that the prover makes.
@Suite struct ReferenceAgreementTests {
  @Test(arguments: [
    ([4, 3], 1), ([8, 8, 4], 1), ([64, 32, 10], 1), ([64, 32, 10], 3), ([20, 50, 7, 3], 5), ([300, 100, 10], 2),
    ([784, 128, 64, 10], 1),
  ])
  func honestProofsHold(sizes: [Int], batch: Int) throws {
    let network = DenseNetwork(sizes: sizes)
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, threads: 2)
    let verifyingKey = try key.verifyingKey(threads: 2).file
    let (proof, _) = try key.prove(batch: batch, inputs: network.input(batch: batch), threads: 2)
    try referenceVerify(verifyingKey: verifyingKey, proof: proof.file(network.circuit))
  }
}
