import Model
import Testing

@Suite(.enabled(if: trainedModels != nil, "\(trainedModelsHint)")) struct TrainedImportTests {
  @Test(arguments: ["digits_mlp", "fmnist_mlp", "digits_cnn", "fmnist_lenet5", "fmnist_cnn", "efficientnet_lite0"])
  func floatExecutorMatchesSamples(name: String) throws {
    let folder = try #require(trainedModels) + name
    let network = try importONNX(path: "\(folder)/model.onnx")
    for index in 0..<5 {
      let output = try run(network, "\(folder)/samples.npz:in\(index)/input")
      let expected = try DataReference("\(folder)/samples.npz:out\(index)/logits").read()
      for (ours, theirs) in zip(output.values, expected.values) { #expect(abs(ours - theirs) <= 1e-4) }
    }
  }

  /// onnxruntime rounds in Float32, so that a value near the middle of two steps can fall on either.
  @Test(arguments: ["digits_mlp", "fmnist_mlp", "digits_cnn", "fmnist_lenet5", "fmnist_cnn"])
  func quantizedModelsMatchOnnxruntimeWithinAStep(name: String) throws {
    let folder = try #require(trainedModels) + name
    let network = try importONNX(path: "\(folder)/model_int8_qdq.onnx").simplified()
    guard case .map(.quantize(let last))? = network.nodes.last?.operation else {
      Issue.record("the last node does not quantize")
      return
    }
    for index in 0..<5 {
      let output = try run(network, "\(folder)/samples.npz:in\(index)/input")
      let expected = try DataReference(fixtures + "qdq.npz:\(name)/\(index)").read()
      #expect(output.values.count == 10)
      for (ours, theirs) in zip(output.values, expected.values) { #expect(abs(ours - theirs) <= 1.01 * last.scale) }
    }
  }

  private func run(_ network: Network, _ source: String) throws -> FloatBatch {
    let input = try #require(network.inputs.first)
    let batch = try FloatBatch(DataReference(source).read(), for: input, source: source)
    return try #require(network.run([batch]).first)
  }
}
