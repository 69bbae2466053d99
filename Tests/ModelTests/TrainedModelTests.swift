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
    let data = DataReference(try #require(trainedModels) + "fmnist_test2000.npz:images")
    try expectAccuracy(of: .fashion, on: data, float: 0.8875)
  }
}

@Suite struct CircuitFolderTests {
  @Test(arguments: [(CircuitFolder.digits, 0.9622), (.fashion, 0.885)])
  func integerAccuracyIsThatOfFloat(folder: CircuitFolder, accuracy: Double) throws {
    try expectAccuracy(of: folder, on: DataReference(folder.path + "test.npz"), float: accuracy)
  }

  @Test func labelsMustFitTheSamples() throws {
    let labels = NumericArray(shape: [2], values: [1, 0.5], isInteger: false)
    #expect(throws: ModelError.shapeMismatch(source: "a", found: [2], expected: [3])) {
      try labels.labels(count: 3, source: "a")
    }
    #expect(throws: ModelError.unusableData(source: "a", reason: "the label 0.5 is not an integer")) {
      try labels.labels(count: 2, source: "a")
    }
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

/// Within half a point of the float network's accuracy; the labels are in the file of the data.
private func expectAccuracy(of folder: CircuitFolder, on data: DataReference, float expected: Double) throws {
  let compiled = try folder.compiled()
  let evaluation = try evaluate(compiled.integers, float: compiled.network, data: data, labels: "labels")
  let (float, integer) = (try #require(evaluation.floatAccuracy), evaluation.integerAccuracy)
  let agreement = evaluation.comparison?.agreement ?? 0
  print("\(folder), \(evaluation.sampleCount) samples: float \(float), integer \(integer), agreement \(agreement)")
  #expect(abs(float - expected) < 0.001)
  #expect(integer >= float - 0.005)
}
