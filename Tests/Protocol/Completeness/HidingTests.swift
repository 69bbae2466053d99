import Circuit
import Field
import Prover
import Testing
import TestSupport
import Verifier

@Suite("Hiding proofs") struct HidingTests {
  static let networks = SmallNetwork.all

  @Test("hiding proofs of every shape verify, and so do plain ones for the same key", arguments: networks)
  func everyShape(network: SmallNetwork) throws {
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 3, threads: 2)
    let verifyingKey = try VerifyingKey(file: try key.verifyingKey(threads: 1).file)
    try verifyingKey.verifyWeightRange()
    for batch in network.batches where batch <= network.circuit.batchCap {
      for mode in [ProofMode.hiding, .plain] {
        #expect(verifyingKey.soundness(mode, batch: batch).isSufficient)
        let (proof, details) = try key.prove(batch: batch, inputs: network.inputs(batch), mode: mode, threads: 2)
        try verifyingKey.verify(try Proof(file: proof.file(key.circuit), key: verifyingKey))
        #expect(details.modelPositions.count <= key.core.code?.queryCount ?? 0)
      }
    }
  }
}
