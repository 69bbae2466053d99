import Model
import Prover
import Testing
import Verifier

@Suite struct ProofTests {
  @Test(arguments: CircuitFolder.all)
  func compiledNetworksAreProved(folder: CircuitFolder) throws {
    let compiled = try folder.compiled()
    let proving = ProvingKey(circuit: compiled.lowered.circuit, weights: compiled.lowered.weights, threads: 2)
    let verifying = try proving.verifyingKey(threads: 2)
    try verifying.verifyWeights()
    for count in [1, 3] {
      let batch = try folder.testInputs(compiled.integers, count: count)
      let (proof, details) = try proving.prove(batch: count, inputs: [batch.values], threads: 2)
      try verifying.verify(proof)
      #expect(proof.statement.outputs == compiled.integers.run([batch]).map(\.values))
      print("\(folder), batch \(count): \(proof.bytes.count) bytes, \(details.phases)")
    }
  }
}
