import Execution
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Models of Fixtures/families/cases.py, whose operators read values in unlike pieces: what is proved is onnxruntime's result.
@Suite struct ModelCaseTests {
  @Test(arguments: [
    "ArgMax_of_places", "Concat_branches", "Concat_heads", "Concat_heads_cut", "Concat_heads_cut_of_powers", "Concat_late", "Div_length",
    "Div_length_written", "Pow_length", "QuantizeLinear_probabilities", "ReduceMean_centred", "Resize_to_another", "Slice_observation",
    "Squeeze_regression", "Transpose_batch_and_back",
  ])
  func isProved(name: String) throws {
    let network = try fixtureNetwork("operators/\(name).onnx").simplified()
    let data = fixtures + "operators/expected.npz:\(name)"
    let samples = try network.inputs.map { try FloatBatch(DataReference("\(data)/\($0.name)").read(), for: $0, source: data) }
    var options = QuantizationOptions()
    options.bits = 16
    let compiled = try compile(network, Calibration(network, samples, source: "samples"), options)
    let (circuit, weights, integers) = (compiled.lowered.circuit, compiled.lowered.weights, compiled.integers)
    let inputs = zip(integers.inputs, samples).map { $0.quantize($1).values }
    let key = ProvingKey(circuit: circuit, weights: weights, threads: 1)
    let (proof, _) = try key.prove(batch: samples[0].count, inputs: inputs, threads: 1)
    try key.verifyingKey(threads: 1).verify(proof)
    for (output, shown) in zip(integers.outputs, proof.statement.outputs) {
      let theirs = try DataReference("\(data)/\(output.name)").read().values
      let scale = output.classCount == nil ? integers.quantum(of: output.value).scale : 1
      let bound = output.classCount == nil ? compiled.comparison.largestError + 1e-6 * (theirs.map(\.magnitude).max() ?? 1) : 0
      #expect(shown.count == theirs.count)
      #expect(zip(shown, theirs).allSatisfy { abs(Double($0) * scale - $1) <= bound })
      #expect(bound < 0.01)
    }
  }

  /// Older files list weights among the inputs.
  @Test func initializersAreNoInputs() throws {
    var builder = ONNXBuilder(operatorSet: 8)
    builder.input("x", [nil, 2])
    builder.input("w", [2, 2])
    builder.initializer("w", .floats([1, 2, 3, 4], [2, 2]))
    builder.output(builder.node("MatMul", ["x", "w"]))
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.inputs.map(\.name) == ["x"])
    #expect(network.run([FloatBatch(count: 1, values: [1, -1])])[0].values == [-2, -2])
  }
}
