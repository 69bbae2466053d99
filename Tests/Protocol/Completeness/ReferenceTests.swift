import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// The verifier written from docs/protocol.md alone, over GMP, agrees.
@Test(arguments: [
  ([4, 3], 1, [8, 4]), ([64, 32, 10], 1, [8, 8]), ([20, 50, 7, 3], 5, [5, 6]), ([300, 100, 10], 2, [8, 8]),
])
func referenceVerifierAgrees(sizes: [Int], batch: Int, limbBits: [Int]) throws {
  let network = DenseNetwork(sizes: sizes, limbBits: limbBits)
  let key = ProvingKey(circuit: network.circuit, weights: network.weights, threads: 2)
  let verifyingKey = try key.verifyingKey(threads: 2)
  let (proof, _) = try key.prove(batch: batch, inputs: network.input(batch: batch), threads: 2)
  let (keyFile, file) = (verifyingKey.file, proof.file(network.circuit))
  try referenceVerify(verifyingKey: keyFile, proof: file)
  var random = RepeatableRandom(seed: 3)
  for _ in 0..<12 {
    var changed = Array(file.dropLast(Digest.byteCount))
    changed[Int.random(in: 0..<changed.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    changed += Hash(.file).digest(changed).bytes
    #expect(throws: (any Error).self) { try referenceVerify(verifyingKey: keyFile, proof: changed) }
    #expect(throws: VerificationError.self) {
      try verifyingKey.verify(try Proof(file: changed, key: verifyingKey))
    }
  }
}
