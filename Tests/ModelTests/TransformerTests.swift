import FoundationEssentials
import Model
import Testing

/// Transformers as torch, Hugging Face and onnxruntime write them; Fixtures/transformers/generate.py makes them.
struct TransformerFixture: Sendable, CustomTestStringConvertible {
  let name: String

  static let all = (try? fixtureNames("transformers"))?.filter { $0.hasSuffix(".onnx") }.map { TransformerFixture(name: String($0.dropLast(5))) } ?? []

  var testDescription: String { name }

  private static let data = fixtures + "transformers/expected.npz"

  func array(_ name: String) throws -> NumericArray { try DataReference("\(Self.data):\(self.name)/\(name)").read() }

  /// With the sizes of symbolic axes that the data have.
  func network() throws -> Network {
    try importONNX(path: fixtures + "transformers/\(name).onnx", publish: nil) { input throws(ModelError) in
      try DataReference("\(Self.data):\(name)/in/\(input)").read().shape
    }
  }

  func samples(_ network: Network) throws -> [FloatBatch] {
    try network.inputs.map { try FloatBatch(array("in/\($0.name)"), for: $0, source: "\(name)/\($0.name)") }
  }

  /// By element of an output, whether onnxruntime's is one to compare with: not at words that are no words and see none.
  func isCompared(_ output: NumericArray) throws -> [Bool] {
    guard let rows = try? array("rows") else { return output.values.map { _ in true } }
    let width = output.values.count / rows.values.count
    return output.values.indices.map { rows.values[$0 / width] != 0 }
  }

  /// The largest error of an output, in parts of its largest value.
  func error(_ network: Network) throws -> Double {
    let results = network.run(try samples(network))
    var largest = 0.0
    for (output, result) in zip(network.outputs, results) {
      let expected = try array("out/\(output.name)")
      let isCompared = try isCompared(expected)
      guard expected.values.count == result.values.count else { return .infinity }
      let scale = expected.values.reduce(0) { max($0, $1.magnitude) }
      for place in isCompared.indices where isCompared[place] {
        let error = (result.values[place] - expected.values[place]).magnitude / scale
        largest = error.isNaN ? .infinity : max(largest, error)
      }
    }
    return largest
  }
}

@Suite struct TransformerTests {
  @Test(arguments: TransformerFixture.all)
  func floatsAreOnnxruntimes(fixture: TransformerFixture) throws {
    let network = try fixture.network()
    let (error, simplified) = (try fixture.error(network), try fixture.error(network.simplified()))
    print("transformer \(fixture.name): \(error) \(simplified)")
    #expect(error < 1e-4)
    #expect(simplified < 1e-4)
  }

  /// The first two samples differ in their mask alone, where there is one.
  @Test(arguments: TransformerFixture.all)
  func masksMatter(fixture: TransformerFixture) throws {
    let network = try fixture.network()
    let samples = try fixture.samples(network)
    let results = network.run(samples)
    let isMasked = samples.contains { $0.sample(0) != $0.sample(1) }
    for result in results { #expect((result.sample(0) != result.sample(1)) == isMasked) }
  }
}
