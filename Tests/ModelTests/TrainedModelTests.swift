import Model
import Testing

@Suite(.enabled(if: trainedModels != nil, "\(trainedModelsHint)")) struct TrainedModelTests {
  @Test func fashionAccuracyOnAllTestImages() throws {
    let data = try DataSource(try #require(trainedModels) + "fmnist_test2000.npz:images")
    try expectAccuracy(of: .fashion, on: data, float: 0.8875)
  }

  /// On the first of the test images; `zkml evaluate` takes all.
  @Test(arguments: [("fmnist_lenet5", 200), ("fmnist_cnn", 50)])
  func convolutionalAccuracy(name: String, count: Int) throws {
    let folder = try #require(trainedModels)
    let network = try importONNX(path: "\(folder)\(name)/model.onnx").simplified()
    let arrays = try ["calibration200", "test2000"].map { part throws(ModelError) in
      try FloatBatch(
        DataReference("\(folder)fmnist_\(part).npz:images").read(), for: network.inputs[0], integerScale: 1.0 / 255,
        source: part)
    }
    let (calibration, test) = (arrays[0].prefix(20), arrays[1].prefix(count))
    let integers = try quantize(
      network, Calibration(network, [calibration], inputScales: [1.0 / 255], source: "calibration"))
    let results = integers.run([integers.inputs[0].quantize(test)])
    let scaled = zip(results, integers.outputs).map { $0.scaled(by: integers.quantum(of: $1.value).scale) }
    let comparison = OutputComparison(float: network.run([test]), integer: scaled, integers.outputs)
    print("\(name), \(count) images: same class \(comparison.agreement ?? 0), largest error \(comparison.largestError)")
    #expect(comparison.agreement ?? 0 >= 0.98)
  }
}

@Suite struct CircuitFolderTests {
  @Test(arguments: [(CircuitFolder.digits, 0.9622), (.fashion, 0.885), (.digitsConvolution, 0.9756), (.lenet, 0.89)])
  func integerAccuracyIsThatOfFloat(folder: CircuitFolder, accuracy: Double) throws {
    try expectAccuracy(of: folder, on: DataSource(folder.path + "test.npz"), float: accuracy)
  }

  /// The expected integers come from scripts/tools/compute-expected, a second implementation.
  @Test(arguments: CircuitFolder.all)
  func outputsAreTheExpectedIntegers(folder: CircuitFolder) throws {
    let integers = try folder.compiled().integers
    let expected = try DataReference(folder.path + "expected.npy").read()
    let outputs = integers.run([try folder.testInputs(integers)])[0]
    #expect(outputs.values == expected.values.map { Int64($0) })
    #expect(expected.shape == [outputs.count, 10])
  }
}

/// Within half a point of the float network's accuracy; the labels are in the file of the data.
private func expectAccuracy(of folder: CircuitFolder, on data: DataSource, float expected: Double) throws {
  let compiled = try folder.compiled()
  let integers = compiled.integers
  var task = EvaluationTask(inputs: integers.inputs, outputs: integers.outputs.map { integers.rows(of: $0) }, data: data)
  task.float = compiled.network
  task.labels = .array("labels")
  let evaluation = try task.evaluate { batch in
    zip(integers.run(batch), integers.outputs).map { $0.scaled(by: integers.quantum(of: $1.value).scale) }
  }
  let (float, integer) = (try #require(evaluation.floatScore).accuracy, try #require(evaluation.integerScore).accuracy)
  let agreement = (evaluation.comparison?.agreement ?? nil) ?? 0
  print("\(folder), \(evaluation.sampleCount) samples: float \(float), integer \(integer), agreement \(agreement)")
  #expect(abs(float - expected) < 0.001)
  #expect(integer >= float - 0.005)
}

extension FloatBatch {
  fileprivate func prefix(_ count: Int) -> FloatBatch {
    FloatBatch(count: count, values: Array(values.prefix(count * values.count / self.count)))
  }
}
