import Circuit
import Execution
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Transformers as integers, circuits and proofs.
@Suite struct TransformerProofTests {
  private func quantized(
    _ fixture: TransformerFixture, bits: Int? = nil
  ) throws -> (float: Network, integers: IntegerNetwork, samples: [FloatBatch]) {
    let network = try fixture.network().simplified()
    let samples = try fixture.samples(network)
    var options = QuantizationOptions()
    options.bits = bits
    return (network, try quantize(network, try Calibration(network, samples, source: "data"), options), samples)
  }

  @Test("integers follow floats, and the circuit computes the integers", arguments: TransformerFixture.all, [nil, 12])
  func integers(fixture: TransformerFixture, bits: Int?) throws {
    let (float, integers, samples) = try quantized(fixture, bits: bits)
    let inputs = zip(integers.inputs, samples).map { $0.quantize($1) }
    let results = integers.run(inputs)
    for (output, (own, expected)) in zip(integers.outputs, zip(results, float.run(samples))) {
      let unit = integers.quantum(of: output.value).scale
      let scale = expected.values.reduce(0) { max($0, $1.magnitude) }
      let error = zip(own.values, expected.values).reduce(0) { max($0, (Double($1.0) * unit - $1.1).magnitude) } / scale
      // Three attentions to inputs without a norm: errors of scores of one are those of the next.
      let isFar = bits == nil && ["fused_attention", "grouped_query"].contains(fixture.name)
      #expect(error < (isFar ? 0.1 : bits == nil ? 0.015 : 0.05), "\(error)")
    }
    let lowered = try lower(integers, batchCap: 4)
    let executor = CircuitExecutor(lowered.circuit, weights: lowered.weights)
    #expect(try executor.run(batch: samples[0].count, inputs: inputs.map(\.values), threads: 2) == results.map(\.values))
    #expect(lowered.circuit.thresholds.count == float.nodes.count { if case .softmax = $0.operation { true } else { false } })
  }

  @Test("ids are shown or hidden, and both proofs hold", arguments: ["bert", "gpt2", "opt", "llama", "t5", "torch_encoder", "attention23"])
  func proofs(name: String) throws {
    let (_, integers, samples) = try quantized(TransformerFixture(name: name))
    let lowered = try lower(integers, batchCap: 4)
    let inputs = zip(integers.inputs, samples).map { $0.quantize($1).values }
    let key = ProvingKey(circuit: lowered.circuit, weights: lowered.weights, proofCount: 4, threads: 2)
    let verifying = try key.verifyingKey(threads: 2)
    try verifying.verifyWeights()
    for visibility in [Visibility.shown, .hidden] {
      let (proof, _) = try key.prove(
        batch: samples[0].count, inputs: inputs, visibility: inputs.map { _ in visibility }, mode: .hiding, threads: 2)
      try verifying.verify(proof)
      #expect(verifying.soundness(of: proof).isSufficient)
      var statement = proof.statement
      statement.outputs[0][0] += 1
      #expect(throws: VerificationError.self) {
        try verifying.verify(Proof(core: key.core, mode: .hiding, statement: statement, bytes: proof.bytes))
      }
    }
  }
}
