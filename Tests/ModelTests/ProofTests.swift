import Model
import Prover
import Testing
import Verifier

@Suite struct ProofTests {
  @Test(arguments: CircuitFolder.all)
  func compiledNetworksAreProved(folder: CircuitFolder) throws {
    let compiled = try folder.compiled()
    let (circuit, weights) = (compiled.lowered.circuit, compiled.lowered.weights)
    let proving = ProvingKey(circuit: circuit, weights: weights, proofCount: 2, threads: 2)
    let verifying = try proving.verifyingKey(threads: 2)
    try verifying.verifyWeights()
    for (count, mode) in [(1, ProofMode.transparent), (3, .hiding), (64, .hiding)] {
      let batch = try folder.testInputs(compiled.integers, count: count)
      let (proof, details) = try proving.prove(batch: count, inputs: [batch.values], mode: mode, threads: 2)
      try verifying.verify(proof)
      #expect(proof.statement.outputs == compiled.integers.run([batch]).map(\.values))
      print("\(folder), batch \(count), \(mode): \(proof.bytes.count) bytes, \(details.phases)")
    }
  }
}
