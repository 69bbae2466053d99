import Model
import Testing

@Suite struct QuantizeTests {
  @Test func hiddenLayersAreClampedAndTheLastOneIsNot() throws {
    let network = network([.linear(linear([[0.5, -0.25], [1, 1]])), .relu, .linear(linear([[1, -1]], bias: [2]))])
    let integer = try quantize(network, calibration(network, [[1, 0.5], [0, 1]]))
    #expect(integer.input.range == 0...255)
    #expect(integer.input.scale == 1.0 / 255)
    #expect(integer.nodes.count == 3)
    guard case .requantize(let requantization) = integer.nodes[1].operation else {
      Issue.record("the first layer is not requantized")
      return
    }
    #expect(requantization.clamp == 0...255)
    let output = integer.run(integer.input.quantize(FloatBatch(count: 1, values: [1, 0.5]))).scaled(
      by: integer.outputScale)
    #expect(abs(output.values[0] - (2 + 0.375 - 1.5)) < 0.01)
  }

  @Test func negativeValuesMakeSignedRanges() throws {
    let network = network([.linear(linear([[1, -1]])), .linear(linear([[3]]))])
    let integer = try quantize(network, calibration(network, [[-2, 1]]))
    #expect(integer.range(of: 0) == -128...127)
    #expect(integer.input.scale == 2.0 / 127)
    #expect(integer.range(of: 2) == -128...127)
  }

  @Test func reshapesDoNotHideTheRelu() throws {
    let network = network([
      .linear(linear([[1, -1], [1, 1]])), .reshape, .relu, .relu, .reshape, .linear(linear([[1, 1]])),
    ])
    let integer = try quantize(network, calibration(network, [[1, 1]]))
    let clamps = integer.nodes.compactMap { node -> ClosedRange<Int64>? in
      if case .requantize(let requantization) = node.operation { requantization.clamp } else { nil }
    }
    #expect(clamps == [0...255])
    #expect(integer.nodes.count == 5)
  }

  @Test(arguments: [Float(1), 0.3, 1e-4, 300])
  func shiftIsTheLargestThatFits(size: Float) throws {
    let network = network([.linear(linear([[size, -size]])), .relu, .linear(linear([[size]]))])
    let integer = try quantize(network, calibration(network, [[1, 0]]))
    for (layer, limit) in zip(integer.layers, [16, 40]) {
      #expect(layer.weightBits <= 16)
      #expect(layer.weightBits == 16 || layer.shift == limit)
    }
  }

  @Test func silentLayersAreLegal() throws {
    let network = network([.linear(linear([[-1, 0], [0, 0]])), .relu, .linear(linear([[0, 0]], bias: [0.5]))])
    let integer = try quantize(network, calibration(network, [[1, 1], [0, 0]]))
    let output = integer.run(IntegerBatch(count: 1, values: [255, 255])).scaled(by: integer.outputScale)
    #expect(abs(output.values[0] - 0.5) < 1e-4)
    let silent = try quantize(network, calibration(network, [[0, 0]]))
    #expect(silent.input.scale == 1)
  }

  @Test func givenInputScaleIsKept() throws {
    let network = network([.linear(linear([[1, 1]]))])
    let integer = try quantize(network, calibration(network, [[1, 1]]), QuantizationOptions(inputScale: 0.25))
    #expect(integer.input.scale == 0.25)
    #expect(
      throws: ModelError.unusableData(
        source: "calibration", reason: "inputs from 1.0 to 1.0 do not fit steps of 0.001 in 0...255")
    ) { try quantize(network, calibration(network, [[1, 1]]), QuantizationOptions(inputScale: 0.001)) }
  }

  @Test func calibrationNeedsFiniteSamples() throws {
    let network = network([.linear(linear([[1, 1]]))])
    #expect(throws: ModelError.unusableData(source: "c", reason: "has no sample to calibrate with")) {
      try Calibration(network, FloatBatch(count: 0, values: []), source: "c")
    }
    #expect(throws: ModelError.unusableData(source: "c", reason: "sample 1 makes values that are not finite")) {
      try Calibration(network, FloatBatch(count: 2, values: [0, 0, 1e308, 1e308]), source: "c")
    }
  }

  @Test func scalesAreParsed() {
    #expect(parseScale("1/255") == 1.0 / 255)
    #expect(parseScale("0.5") == 0.5)
    for text in ["", "/", "1/", "0", "-1", "1/0", "nan", "inf", "1/2/3", "x"] { #expect(parseScale(text) == nil) }
  }

  private func calibration(_ network: Network, _ samples: [[Double]]) throws -> Calibration {
    try Calibration(network, FloatBatch(count: samples.count, values: samples.flatMap(\.self)), source: "calibration")
  }

  private func linear(_ rows: [[Float]], bias: [Float]? = nil) -> Linear {
    Linear(
      inputCount: rows[0].count, outputCount: rows.count, weights: rows.flatMap(\.self),
      bias: bias ?? [Float](repeating: 0, count: rows.count))
  }

  /// A chain of operations on two inputs.
  private func network(_ operations: [Operation]) -> Network {
    var shape = [2]
    let nodes = operations.enumerated().map { index, operation in
      if case .linear(let linear) = operation { shape = [linear.outputCount] }
      return Node(name: "node\(index)", operand: index, operation: operation, shape: shape)
    }
    return Network(
      name: "chain", input: NamedShape(name: "x", shape: [2]), output: NamedShape(name: "y", shape: shape), nodes: nodes
    )
  }
}
