import Circuit
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// The reference verifier against the prover and the verifier.
@Suite struct ReferenceAgreementTests {
  /// Of 93 queries a proof for some codes, of 95 for others.
  @Test(arguments: [1, 16, 42, 86, 174, 350]) func modelCodesAgree(proofs: Int) throws {
    for shapes in [[[16, 64]], [[128, 784], [64, 128], [10, 64]]] {
      let code = try #require(ParameterPlanner.modelCode(RowCounts(shapes: shapes), proofCount: proofs))
      let expected = try modelParameters(shapes.map { ColumnShape(sizes: $0) }, proofs: proofs)
      #expect([code.variableCount, code.rateBits, code.tailCount] == [expected.rowBits, expected.rateBits, expected.tail])
    }
  }

  @Test(arguments: [
    ([4, 3], 1), ([8, 8, 4], 1), ([64, 32, 10], 1), ([64, 32, 10], 3), ([20, 50, 7, 3], 5), ([300, 100, 10], 2),
    ([784, 128, 64, 10], 1),
  ])
  func denseProofsHold(sizes: [Int], batch: Int) throws {
    let network = DenseNetwork(sizes: sizes)
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, threads: 2)
    let verifyingKey = try key.verifyingKey(threads: 2).file
    let (proof, _) = try key.prove(batch: batch, inputs: network.input(batch: batch), threads: 2)
    try referenceVerify(verifyingKey: verifyingKey, proof: proof.file(network.circuit))
  }

  /// Hiding proofs of keys for few and for many of them, and transparent proofs of the same keys.
  @Test(arguments: [([4, 3], 1, 1), ([64, 32, 10], 3, 16), ([20, 50, 7, 3], 5, 300)])
  func proofsOfHidingKeysHold(sizes: [Int], batch: Int, hidingProofs: Int) throws {
    let network = DenseNetwork(sizes: sizes)
    let key = ProvingKey(
      circuit: network.circuit, weights: network.weights, proofCount: hidingProofs, seed: Self.seed, threads: 2)
    let verifyingKey = try key.verifyingKey(threads: 2).file
    for mode in [ProofMode.hiding, .transparent] {
      let (proof, _) = try key.prove(
        batch: batch, inputs: network.input(batch: batch), mode: mode, seed: Self.seed, threads: 2)
      try referenceVerify(verifyingKey: verifyingKey, proof: proof.file(network.circuit))
    }
  }

  @Test(arguments: [1, 2, 3, 4], [ProofMode.transparent, .hiding])
  func attentionProofsHold(batch: Int, mode: ProofMode) throws {
    let (verifyingKey, proof) = try Self.attention(batch: batch, mode: mode)
    let key = try VerifyingKey(file: verifyingKey)
    try key.verifyWeights()
    try key.verify(try Proof(file: proof, key: key))
    try referenceVerify(verifyingKey: verifyingKey, proof: proof)
  }

  /// Changed bytes of the proof, under a right file digest, are refused by both.
  @Test(arguments: [ProofMode.transparent, .hiding])
  func changedProofsAreRefusedByBoth(mode: ProofMode) throws {
    let (verifyingKey, proof) = try Self.attention(batch: 3, mode: mode)
    let key = try VerifyingKey(file: verifyingKey)
    for position in stride(from: 10, to: proof.count - 32, by: mode == .transparent ? 97 : 997) {
      var body = Array(proof.dropLast(32))
      body[position] ^= 1 << UInt8(position % 8)
      let changed = body + hash("file", body)
      #expect(throws: (any Error).self) { try key.verify(try Proof(file: changed, key: key)) }
      #expect(throws: ReferenceRejection.self) { try referenceVerify(verifyingKey: verifyingKey, proof: changed) }
    }
  }

  /// Another nonce in a proof that holds.
  @Test(arguments: [ProofMode.transparent, .hiding])
  func noncesAreCheckedByBoth(mode: ProofMode) throws {
    let (verifyingKey, proof) = try Self.attention(batch: 2, mode: mode)
    let key = try VerifyingKey(file: verifyingKey)
    let nonces = try referenceMessages(verifyingKey: verifyingKey, proof: proof).filter { $0.label == "grind" }
    #expect(nonces.count >= (mode == .hiding ? 2 : 1))
    for nonce in nonces {
      var body = Array(proof.dropLast(32))
      body[nonce.bytes.lowerBound] ^= 1
      let changed = body + hash("file", body)
      #expect(throws: VerificationError.grindingMismatch) { try key.verify(try Proof(file: changed, key: key)) }
      #expect(throws: ReferenceRejection.grinding) { try referenceVerify(verifyingKey: verifyingKey, proof: changed) }
    }
  }

  /// The low bit of the first element of a hiding proof's first message of each label, and of the last of its last.
  @Test func everyMessageOfHidingProofsCounts() throws {
    let (verifyingKey, proof) = try Self.attention(batch: 2, mode: .hiding)
    let key = try VerifyingKey(file: verifyingKey)
    let messages = try referenceMessages(verifyingKey: verifyingKey, proof: proof)
    let labels = Set(messages.map(\.label))
    #expect(labels.isSuperset(of: ["witness", "product", "inverse", "mask.sum", "quadratic.round", "quadratic.ends"]))
    #expect(labels.isSuperset(of: ["level", "level.mask", "grind", "leaves", "fold.round", "mask.value", "final"]))
    for label in labels {
      let ranges = messages.filter { $0.label == label }.map(\.bytes)
      for position in [ranges[0].lowerBound, ranges[ranges.count - 1].upperBound - 8] {
        var body = Array(proof.dropLast(32))
        body[position] ^= 1
        let changed = body + hash("file", body)
        #expect(throws: (any Error).self, "\(label)") { try key.verify(try Proof(file: changed, key: key)) }
        #expect(throws: ReferenceRejection.self, "\(label)") {
          try referenceVerify(verifyingKey: verifyingKey, proof: changed)
        }
      }
    }
  }

  /// Both accept the same circuits among those with a changed byte.
  @Test(arguments: ["sample", "attention", "dense"])
  func validityAgrees(name: String) throws {
    let encoding =
      switch name {
      case "sample": SampleCircuit().encoding
      case "attention": AttentionCircuit.encoding
      default: DenseNetwork(sizes: [5, 3, 2]).circuit.encoded
      }
    try CircuitDescription(encoding: encoding).checkValidity()
    try ArithmeticCircuit(encoded: encoding[...]).validate()
    var positions = Array(encoding.indices)
    if positions.count > 4000 { positions = positions.filter { $0 < 600 || $0 >= encoding.count - 600 } }
    for position in positions {
      for value in [0, 1, 2, 5, 0x40, 0x7F, 0xFF, encoding[position] ^ 1] {
        var changed = encoding
        changed[position] = value
        let reference = Self.outcome { try CircuitDescription(encoding: changed).checkValidity() }
        let production = Self.outcome { try ArithmeticCircuit(encoded: changed[...]).validate() }
        #expect((reference == nil) == (production == nil), "\(position) \(value) \(reference ?? "") \(production ?? "")")
      }
    }
  }

  private static let seed = [UInt8](repeating: 7, count: 32)

  private static func outcome(_ check: () throws -> Void) -> String? {
    do {
      try check()
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static func attention(batch: Int, mode: ProofMode) throws -> (verifyingKey: [UInt8], proof: [UInt8]) {
    var random = RepeatableRandom(seed: 5)
    let circuit = try ArithmeticCircuit(encoded: AttentionCircuit.encoding[...])
    let weights = AttentionCircuit.weights(&random)
    let input = AttentionCircuit.input(batch: batch, &random)
    let key = ProvingKey(
      circuit: circuit, weights: weights, proofCount: mode == .hiding ? 4 : 0, seed: seed, threads: 2)
    let (proof, _) = try key.prove(batch: batch, inputs: [input], mode: mode, seed: seed, threads: 2)
    return (try key.verifyingKey(threads: 2).file, proof.file(circuit))
  }
}
