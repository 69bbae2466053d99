import Model
import Testing

@Suite(.enabled(if: trainedModels != nil, "\(trainedModelsHint)")) struct TrainedModelTests {
  @Test(arguments: ["digits_mlp", "fmnist_mlp"])
  func floatExecutorMatchesSamples(name: String) throws {
    let folder = try #require(trainedModels) + name
    let network = try importONNX(path: "\(folder)/model.onnx")
    for index in 0..<5 {
      let input = try DataReference("\(folder)/samples.npz:in\(index)/\(network.input.name)").read()
      let expected = try DataReference("\(folder)/samples.npz:out\(index)/\(network.output.name)").read()
      let output = network.run(try FloatBatch(input, for: network.input, source: name))
      for (ours, theirs) in zip(output.values, expected.values) { #expect(abs(ours - theirs) <= 1e-4) }
    }
  }

  @Test(arguments: ["digits_cnn", "fmnist_lenet5", "fmnist_cnn", "efficientnet_lite0"])
  func unsupportedModelsAreRefusedByNode(name: String) throws {
    let path = try #require(trainedModels) + name + "/model.onnx"
    let description = try #require(errorDescription { _ = try importONNX(path: path) })
    #expect(description.hasPrefix(path + ": "))
    #expect(description.contains("(Conv): the operator is not supported"))
  }

  @Test func fashionAccuracyOnAllTestImages() throws {
    let folder = try #require(trainedModels)
    let path = folder + "fmnist_test2000.npz:images"
    let result = try measure(
      model: folder + "fmnist_mlp/model.onnx", calibration: folder + "fmnist_calibration200.npz:images", data: path,
      labels: folder + "fmnist_test2000.npz:labels", inputScale: 1.0 / 255)
    #expect(abs(result.float - 0.8875) < 0.001)
    #expect(result.integer >= result.float - 0.005)
    print("fmnist-mlp on 2000 images: float \(result.float), integer \(result.integer), agreement \(result.comparison)")
  }
}

@Suite struct CircuitFolderTests {
  @Test(arguments: [(CircuitFolder.digits, 0.9622), (.fashion, 0.885)])
  func integerAccuracyIsThatOfFloat(folder: CircuitFolder, accuracy: Double) throws {
    let path = folder.path
    let result = try measure(
      model: "\(path)/model.onnx", calibration: "\(path)/calibration.npz", data: "\(path)/test.npz:input",
      labels: "\(path)/test.npz:labels", inputScale: folder.inputScale)
    print("\(folder): float \(result.float), integer \(result.integer), agreement \(result.comparison)")
    #expect(abs(result.float - accuracy) < 0.001)
    #expect(result.integer >= result.float - 0.005)
  }

  /// The expected integers come from scripts/tools/compute-expected, a second implementation.
  @Test(arguments: CircuitFolder.all)
  func outputsAreTheExpectedIntegers(folder: CircuitFolder) throws {
    let integers = try folder.compiled().integers
    let expected = try DataReference(folder.path + "expected.npy").read()
    let outputs = integers.run(try folder.testInputs(integers))
    #expect(outputs.values == expected.values.map { Int64($0) })
    #expect(expected.shape == [outputs.count, 10])
    #expect(PlainExecutor(integers).run(try folder.testInputs(integers)) == outputs)
  }
}

private func measure(
  model: String, calibration: String, data: String, labels: String, inputScale: Double?
) throws -> (float: Double, integer: Double, comparison: OutputComparison) {
  let network = try importONNX(path: model)
  func samples(_ reference: String) throws -> FloatBatch {
    try FloatBatch(
      DataReference(reference).read(preferring: network.input.name), for: network.input, integerScale: inputScale ?? 1,
      source: reference)
  }
  let integer = try quantize(
    network, Calibration(network, samples(calibration), source: calibration),
    QuantizationOptions(inputScale: inputScale))
  let batch = try samples(data)
  let labels = try DataReference(labels).read().labels(count: batch.count, source: labels)
  let floatOutput = network.run(batch)
  let integerOutput = integer.run(integer.input.quantize(batch)).scaled(by: integer.outputScale)
  return (
    floatOutput.accuracy(labels: labels), integerOutput.accuracy(labels: labels),
    OutputComparison(float: floatOutput, integer: integerOutput)
  )
}
