import Circuit
import Execution
import FoundationEssentials
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Transformers that are trained: what their integers say is what their floats say.
@Suite struct TrainedTransformerTests {
  private static func path(_ name: String) -> String { CircuitFolder(name: name, inputScale: nil).path }

  private func evaluation(
    _ compiled: CompiledModel, data: String, labels: String?, float: Network? = nil
  ) throws -> Evaluation {
    let circuit = compiled.lowered.circuit
    let executor = CircuitExecutor(circuit, weights: compiled.lowered.weights)
    let integers = compiled.integers
    var task = EvaluationTask(
      inputs: integers.inputs, outputs: integers.outputs.map { integers.rows(of: $0) }, data: try DataSource(data))
    task.float = float
    task.labels = labels.map { .array($0) }
    task.chunk = 16
    return try task.evaluate { samples in
      let outputs = try executor.run(batch: samples[0].count, inputs: samples.map(\.values), threads: 2)
      return zip(circuit.outputs, outputs).map { port, values in
        IntegerBatch(count: samples[0].count, values: values).scaled(by: circuit.scale(of: port))
      }
    }
  }

  /// At 4,096 characters of a play that it has not seen, and 256 passages.
  @Test(arguments: [("nanogpt", 0.998, 0.4995), ("encoder", 0.98, 0.8828)])
  func integersDecideAsFloats(name: String, agreement: Double, accuracy: Double) throws {
    let folder = Self.path(name)
    let compiled = try compile(model: folder + "model.onnx", calibration: DataSource(folder + "calibration.npz"))
    let found = try evaluation(compiled, data: folder + "test.npz", labels: "labels", float: compiled.network)
    let same = try #require(found.comparison?.agreement)
    let (float, integer) = (try #require(found.floatScore).accuracy, try #require(found.integerScore).accuracy)
    print("\(name): same class \(same), accuracy of floats \(float), of integers \(integer)")
    #expect(same >= agreement)
    #expect(abs(float - accuracy) < 1e-4 && abs(integer - float) < 0.01)
  }

  /// All next characters of a passage in one proof, and nothing else of the output.
  @Test func nextCharactersAreProved() throws {
    let folder = Self.path("nanogpt")
    var options = QuantizationOptions()
    options.classCount = 1
    let compiled = try compile(model: folder + "model.onnx", calibration: DataSource(folder + "calibration.npz"), options: options)
    let circuit = compiled.lowered.circuit
    #expect(circuit.outputs[0].dimensions == [64, 1])
    let key = ProvingKey(circuit: circuit, weights: compiled.lowered.weights, proofCount: 4, threads: 2)
    let verifying = try key.verifyingKey(threads: 2)
    try verifying.verifyWeights()
    let samples = try FloatBatch(
      DataReference(folder + "test.npz").read(preferring: "ids"), for: compiled.network.ports[0], source: "test.npz").samples(0..<1)
    let expected = compiled.network.run([samples])[0].values
    for visibility in [Visibility.shown, .hidden] {
      let (proof, _) = try key.prove(
        batch: 1, inputs: [compiled.integers.inputs[0].quantize(samples).values], visibility: [visibility], mode: .hiding, threads: 2)
      try verifying.verify(proof)
      #expect(verifying.soundness(of: proof).isSufficient)
      let same = zip(proof.statement.outputs[0], expected).count { $0 == Int64($1) }
      #expect(proof.statement.outputs[0].count == 64 && same >= 63)
      var statement = proof.statement
      statement.outputs[0][17] = (statement.outputs[0][17] + 1) % 65
      #expect(throws: VerificationError.self) {
        try verifying.verify(Proof(core: key.core, mode: .hiding, statement: statement, bytes: proof.bytes))
      }
    }
  }

  private static let miniLM = ProcessInfo.processInfo.environment["ZKML_MINILM"]

  /// Real sentences; the folder is what scripts/tools/minilm writes.
  @Test(.enabled(if: miniLM != nil, "ZKML_MINILM names no folder that scripts/tools/minilm wrote"))
  func sentencesOfMiniLM() throws {
    let folder = try #require(Self.miniLM) + "/"
    let network = try importONNX(path: folder + "model.onnx", publish: []) { input throws(ModelError) in
      try DataReference("\(folder)calibration.npz:\(input)").read().shape
    }.simplified()
    func samples(_ file: String, _ count: Int) throws -> [FloatBatch] {
      try network.ports.map { try FloatBatch(DataReference("\(folder)\(file).npz:\($0.name)").read(), for: $0, source: file).samples(0..<count) }
    }
    let integers = try quantize(network, try Calibration(network, samples("calibration", 12), source: "calibration.npz"))
    let lowered = try lower(integers)
    let executor = CircuitExecutor(lowered.circuit, weights: lowered.weights)
    let (test, count) = (try samples("test", 16), 16)
    let inputs = zip(integers.inputs, test).map { $0.quantize($1).values }
    let outputs = try executor.run(batch: count, inputs: inputs, threads: 2)[0]
    let expected = try DataReference("\(folder)float.npz:last_hidden_state").read().values
    let width = outputs.count / (count * 64)
    var (cosines, worst, rows) = (0.0, 1.0, 0.0)
    for row in 0..<count * 64 where test[1].values[row] == 1 {
      let places = row * width..<(row + 1) * width
      let pairs = zip(outputs[places].map { Double($0) }, expected[places])
      let (product, own, other) = pairs.reduce((0.0, 0.0, 0.0)) { ($0.0 + $1.0 * $1.1, $0.1 + $1.0 * $1.0, $0.2 + $1.1 * $1.1) }
      let cosine = product / (own * other).squareRoot()
      (cosines, worst, rows) = (cosines + cosine, min(worst, cosine), rows + 1)
    }
    print("MiniLM, \(Int(rows)) tokens: cosine \(cosines / rows) mean, \(worst) worst")
    #expect(cosines / rows >= 0.9999 && worst >= 0.9998)
  }
}
