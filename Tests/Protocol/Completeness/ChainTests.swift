import Circuit
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

@Suite("Chains of commitments") struct ChainTests {
  static let networks = SmallNetwork.all.filter { !$0.weights.isEmpty }

  @Test("the next commitment to the weights of every shape is accepted, by both verifiers", arguments: networks)
  func everyShape(network: SmallNetwork) throws {
    let chain = Chain(network, [3, 2])
    let key = try VerifyingKey(file: chain.last.file)
    try key.verifyWeights()
    #expect(key.file == chain.last.file && key.modelID == chain.verifyingKeys[0].modelID)
    let sums = try key.weightBounds().soundness
    #expect(sums.allSatisfy(\.isSufficient) && sums.count == 2)
    try referenceCheckKey(verifyingKey: key.file)
  }

  @Test("a key verifies the proofs of all commitments of its chain, and none of later ones", arguments: [ProofMode.hiding, .transparent])
  func proofsOfAllKeys(mode: ProofMode) throws {
    let (chain, network) = (Chain.small, SmallNetwork.small)
    #expect(Set(chain.keys.map(\.core.digest)).count == 3 && Set(chain.keys.map(\.core.modelID)).count == 1)
    for (index, key) in chain.keys.enumerated() {
      let proof = try key.prove(batch: 2, inputs: network.inputs(2), mode: mode, threads: 2).proof
      let file = proof.file(chain.circuit)
      for (position, verifyingKey) in chain.verifyingKeys.enumerated() {
        guard position >= index else {
          #expect(throws: VerificationError.otherKey) { try Proof(file: file, key: verifyingKey) }
          #expect(throws: VerificationError.otherKey) { try verifyingKey.verify(proof) }
          #expect(throws: ReferenceRejection.otherKey) { try referenceVerify(verifyingKey: verifyingKey.file, proof: file) }
          continue
        }
        let decoded = try Proof(file: file, key: verifyingKey)
        try verifyingKey.verify(decoded)
        #expect(verifyingKey.soundness(of: decoded).isSufficient)
        try referenceVerify(verifyingKey: verifyingKey.file, proof: file)
      }
      // Under the name of another commitment of the chain it is no proof.
      let renamed = Proof(core: chain.keys[(index + 1) % 3].core, mode: mode, statement: proof.statement, bytes: proof.bytes)
      #expect(throws: VerificationError.self) { try chain.last.verify(renamed) }
    }
  }

  @Test("what leads to a commitment opens no more positions of either than one proof") func positions() {
    let chain = Chain.small
    for (index, positions) in chain.positions.enumerated() {
      let codes = [chain.keys[index + 1], chain.keys[index]].compactMap(\.core.code)
      for (code, positions) in zip(codes, positions) {
        #expect(positions.count > code.queryCount / 2 && positions.count <= code.queryCount)
      }
    }
  }

  @Test("a chain is continued from any of its commitments; those after it fall away") func continuedFromTheMiddle() throws {
    let chain = Chain.small
    let next = chain.keys[1].next(proofCount: 5, threads: 2)
    let key = try next.proveEqualWeights(chain.keys[1], in: chain.last, threads: 2).key
    #expect(key.chain.map(\.core) == [chain.keys[0].core, chain.keys[1].core, next.core])
    try VerifyingKey(file: key.file).verifyWeights()
  }

  @Test("a proving key of a chain is read back with its model") func provingKeyFile() throws {
    for key in Chain.small.keys {
      let file = try key.file()
      let decoded = try ProvingKey(file: StoredBytes(file))
      #expect(try decoded.core == key.core && decoded.file() == file)
      #expect(file.count == ProvingKey.fileByteCount(key.circuit, key.core.code))
    }
  }
}
