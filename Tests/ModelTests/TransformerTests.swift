import FoundationEssentials
import Model
import TestSupport
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

/// What the importer makes of transformers, whatever operators they are written with.
@Suite struct TransformerStructureTests {
  /// The softmaxes inside a network.
  private func softmaxes(_ network: Network) -> [Softmax<Double>] {
    network.nodes.compactMap { if case .softmax(let softmax) = $0.operation { softmax } else { nil } }
  }

  @Test(arguments: TransformerFixture.all)
  func masksAreNotAdded(fixture: TransformerFixture) throws {
    let network = try fixture.network().simplified()
    let hasMask = network.inputs.contains { $0.name.contains("mask") }
    let isCausal = ["gpt2", "opt", "llama", "qwen2", "rotary", "opset23", "torch_attention", "embedded", "fused_attention", "grouped_query"].contains {
      fixture.name == $0 || fixture.name.hasPrefix($0 + "_") && $0 != "torch_attention"
    }
    let masks = softmaxes(network).flatMap(\.masks)
    #expect(masks.contains { if case .operand = $0 { true } else { false } } == hasMask)
    #expect(masks.contains { if case .constant = $0 { true } else { false } } == isCausal)
    for node in network.nodes {
      guard case .contraction(let contraction) = node.operation else { continue }
      #expect(contraction.constants.allSatisfy { $0.values.allSatisfy { $0 > -1000 } })
    }
  }

  /// A norm is: what is above the mean; Σu²; 1/√(x/d + ε) of it; a product.
  @Test(arguments: TransformerFixture.all)
  func normsAreOfOneForm(fixture: TransformerFixture) throws {
    let network = try fixture.network().simplified()
    for (index, node) in network.nodes.enumerated() {
      guard case .map(.expression(.function(.reciprocal, .function(.sqrt, .sum(.product(.constant, .x), .constant))))) = node.operation
      else { continue }
      let squares = try #require(network.node(of: node.operands[0]))
      guard case .contraction(let sum) = squares.operation else {
        Issue.record("the root is of no sum")
        continue
      }
      #expect(sum.terms.map(\.coefficient) == [1] && sum.constants.isEmpty)
      #expect(sum.terms[0].factors.count == 2 && sum.terms[0].factors[0] == sum.terms[0].factors[1])
      let readers = network.nodes.filter { $0.operands.contains(network.inputs.count + index) }
      #expect(readers.map(\.operands) == [[squares.operands[0], network.inputs.count + index]])
    }
  }

  /// Keys and values of fewer heads are read by all queries of a group.
  @Test(arguments: ["llama", "llama_dynamo", "qwen2_left", "rotary_dynamo", "opset23"])
  func groupsReadOneHead(name: String) throws {
    for node in try TransformerFixture(name: name).network().simplified().nodes {
      guard case .contraction(let contraction) = node.operation, contraction.constants.isEmpty else { continue }
      #expect(!contraction.terms.contains { $0.factors.count == 1 && contraction.loops.count == node.shape.count && isRepeating($0, contraction) })
    }
  }

  private func isRepeating(_ term: Contraction<Double>.Term, _ contraction: Contraction<Double>) -> Bool {
    guard case .operand(_, let reading) = term.factors[0] else { return false }
    let read = Set(reading.flatMap { $0.steps.map(\.loop) })
    return contraction.terms.count == 1 && contraction.loops.indices.contains { contraction.loops[$0] > 1 && !read.contains($0) }
  }

  @Test func idsAreChecked() throws {
    let network = try TransformerFixture(name: "bert").network()
    let port = network.inputs[0]
    #expect(port.kind == .index(count: 32))
    func batch(_ ids: [Double]) throws -> FloatBatch {
      try FloatBatch(NumericArray(shape: [1, 8], values: ids, isInteger: true), for: port, source: "data")
    }
    #expect(try batch([-1, 0, 1, 2, 3, 31, -32, 5]).values == [31, 0, 1, 2, 3, 31, 0, 5])
    #expect(
      errorDescription { _ = try batch([0, 1, 2, 3, 4, 5, 6, 32]) }
        == "data: sample 0 has 32.0 for 'input_ids', which takes ids from 0 to 31")
    #expect(errorDescription { _ = try batch([0, 1.5, 2, 3, 4, 5, 6, 7]) } != nil)
  }

  @Test func tablesOfOneInputHaveOneSize() {
    var builder = ONNXBuilder()
    builder.input("ids", [nil, 3], type: 7)
    builder.initializer("small", .floats([1, 2], [2, 1]))
    builder.initializer("large", .floats([1, 2, 3], [3, 1]))
    builder.node("Add", [builder.node("Gather", ["small", "ids"]), builder.node("Gather", ["large", "ids"])], ["y"])
    builder.output("y")
    #expect(
      errorDescription { _ = try importONNX(builder.bytes, file: "model") }
        == "model: the input 'ids' picks from tables of [2, 3] rows; they must be equal")
  }
}
