import Circuit
import Field
import Prover
import ReferenceVerifier
import Testing
import TestSupport
import Verifier

@Suite("Hiding proofs") struct HidingTests {
  static let networks = SmallNetwork.all

  @Test("hiding proofs of every shape verify, and so do transparent ones for the same key", arguments: networks)
  func everyShape(network: SmallNetwork) throws {
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 3, threads: 2)
    let verifyingKey = try VerifyingKey(file: try key.verifyingKey(threads: 1).file)
    try verifyingKey.verifyWeights()
    for batch in network.batches where batch <= network.circuit.batchCap {
      for mode in [ProofMode.hiding, .transparent] {
        #expect(verifyingKey.soundness(mode, batch: batch).isSufficient)
        let (proof, details) = try key.prove(batch: batch, inputs: network.inputs(batch), mode: mode, threads: 2)
        try verifyingKey.verify(try Proof(file: proof.file(key.circuit), key: verifyingKey))
        #expect((details.priorPositions.first?.count ?? 0) <= key.core.code?.queryCount ?? 0)
      }
    }
  }

  @Test("proofs that hide inputs verify, state none, and hold for no other", arguments: networks)
  func hiddenInputs(network: SmallNetwork) throws {
    let (circuit, batch) = (network.circuit, network.batches[0])
    let key = ProvingKey(circuit: circuit, weights: network.weights, proofCount: 3, threads: 2)
    let verifyingKey = try VerifyingKey(file: try key.verifyingKey(threads: 1).file)
    for first in [Visibility.shown, .hidden] {
      let visibility = circuit.inputs.indices.map { $0 == 0 ? first : .hidden }
      guard visibility.contains(.hidden), circuit.stating(visibility) != nil else { continue }
      let (proof, _) = try key.prove(
        batch: batch, inputs: network.inputs(batch), visibility: visibility, mode: .hiding, threads: 2)
      #expect(proof.statement.inputs.count == visibility.count { $0 == .shown })
      let file = proof.file(circuit)
      try verifyingKey.verify(try Proof(file: file, key: verifyingKey))
      if batch <= 5 { try referenceVerify(verifyingKey: verifyingKey.file, proof: file) }
      var other = proof.statement
      other.visibility[visibility.count - 1] = .shown
      other.inputs.append(network.inputs(batch)[visibility.count - 1])
      #expect(throws: VerificationError.self) {
        try verifyingKey.verify(Proof(core: key.core, mode: .hiding, statement: other, bytes: proof.bytes))
      }
      var elsewhere = proof.statement
      elsewhere.context = [1]
      #expect(throws: VerificationError.self) {
        try verifyingKey.verify(Proof(core: key.core, mode: .hiding, statement: elsewhere, bytes: proof.bytes))
      }
      #expect(throws: VerificationError.modeMismatch) {
        try verifyingKey.verify(Proof(core: key.core, mode: .transparent, statement: proof.statement, bytes: proof.bytes))
      }
    }
  }
}
