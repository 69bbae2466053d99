import Model
import TestSupport
import Testing

/// Features of unlike sizes have steps of their own.
@Suite struct FeatureTests {
  /// Features reach these numbers.
  private static let sizes = [1.0, 1000, 0.01]

  private func made(_ build: (inout ONNXBuilder) -> Void) throws -> (network: Network, batch: FloatBatch) {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.initializer("w", .floats([1, -1, 0.001, 0.002, 100, 50], [3, 2]))
    build(&builder)
    builder.output("y")
    var random = SplitMix(state: 5)
    let rows = [Self.sizes] + (1..<32).map { _ in Self.sizes.map { $0 * Double.random(in: -1...1, using: &random) } }
    return (try importONNX(builder.bytes, file: "model").simplified(), FloatBatch(count: 32, values: rows.flatMap { $0 }))
  }

  private func calibrated(_ network: Network, _ batch: FloatBatch) throws -> Calibration {
    try Calibration(network, [batch], source: "data")
  }

  @Test func stepsArePowersOfTwoWithRoom() throws {
    let (network, batch) = try made { $0.node("MatMul", ["x", "w"], ["y"]) }
    var options = QuantizationOptions()
    // Of 16, 1000 and 0.16, which are 16 times the sizes, but for no more than the largest one.
    #expect(network.featureSteps(try calibrated(network, batch), options) == [0: [128, 8192, 1]])
    options.bits = 8
    #expect(network.featureSteps(try calibrated(network, batch), options) == [0: [128, 131072, 1]])
    #expect(network.featureSteps(try calibrated(network, batch.samples(0..<8)), options).isEmpty)
    let alike = FloatBatch(count: 32, values: (0..<96).map { Double($0 % 7) - 3 })
    #expect(network.featureSteps(try calibrated(network, alike), options).isEmpty)
    #expect(!network.hasUnlikeFeatures(try calibrated(network, alike)))
  }

  private func expectSame(_ build: (inout ONNXBuilder) -> Void) throws {
    let (network, batch) = try made(build)
    let steps = network.featureSteps(try calibrated(network, batch), QuantizationOptions())
    #expect(!steps.isEmpty)
    let divided = network.dividingFeatures(steps)
    let (own, expected) = (divided.run([batch.divided(by: steps[0])])[0].values, network.run([batch])[0].values)
    for (value, other) in zip(own, expected) { #expect(abs(value - other) <= 1e-6 * max(abs(other), 1)) }
  }

  @Test func dividedNetworksComputeTheSame() throws {
    try expectSame { $0.node("MatMul", ["x", "w"], ["y"]) }
    try expectSame { $0.node("Tanh", ["x"], ["y"]) }
    try expectSame { $0.node("Mul", ["x", "x"], ["y"]) }
    try expectSame {
      $0.initializer("a", .integers([1]))
      $0.node("Add", [$0.node("MatMul", ["x", "w"]), $0.node("ReduceSum", ["x", "a"])], ["y"])
    }
    try expectSame {
      $0.initializer("k", .integers([2, 0]))
      $0.initializer("v", .floats([3, 4], [2, 1]))
      $0.node("MatMul", [$0.node("Gather", ["x", "k"], [], ["axis": .integer(1)]), "v"], ["y"])
    }
  }

  @Test func smallFeaturesCount() throws {
    let (network, batch) = try made { $0.node("MatMul", ["x", "w"], ["y"]) }
    var options = QuantizationOptions()
    options.bits = 16
    let steps = network.featureSteps(try calibrated(network, batch), options)
    let whole = try compile(network, calibrated(network, batch), options)
    let divided = network.dividingFeatures(steps)
    let own = try compile(divided, calibrated(divided, batch.divided(by: steps[0])), options)
    #expect(whole.comparison.largestError > 0.3, "\(whole.comparison)")
    #expect(own.comparison.largestError < 0.01, "\(own.comparison)")
  }

  /// A number that is small beside others is shown as exactly as these.
  @Test func smallProbabilities() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 1])
    builder.node("Sigmoid", ["x"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model").simplified()
    let batch = FloatBatch(count: 64, values: (0..<64).map { Double($0) * 0.25 - 12 })
    var options = QuantizationOptions()
    options.bits = 16
    let compiled = try compile(network, Calibration(network, [batch], source: "data"), options)
    #expect(compiled.comparison.largestError < 1e-3)
    let quantum = compiled.integers.quantum(of: compiled.integers.outputs[0].value)
    #expect(quantum.scale < 1e-8, "\(quantum)")
  }
}
