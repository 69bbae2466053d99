import Circuit
import Prover
import TestSupport
import Testing
import Verifier

@Test(arguments: [
  ([4, 3], 1), ([8, 8, 4], 1), ([64, 32, 10], 1), ([64, 32, 10], 3), ([20, 50, 7, 3], 5), ([300, 100, 10], 2),
])
func denseNetworksAreProved(sizes: [Int], batch: Int) throws {
  let network = DenseNetwork(sizes: sizes)
  try network.circuit.validate()
  let key = ProvingKey(circuit: network.circuit, weights: network.weights, threads: 2)
  let verifyingKey = try key.verifyingKey(threads: 2)
  let decoded = try VerifyingKey(file: verifyingKey.file)
  try decoded.verifyWeights()
  let proof = try key.prove(batch: batch, inputs: network.input(batch: batch), threads: 2).proof
  let file = proof.file(network.circuit)
  try decoded.verify(try Proof(file: file, key: decoded))

}
