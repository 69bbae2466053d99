import Model
import TestSupport
import Testing

@Suite struct QuantizeTests {
  @Test func hiddenLayersAreClampedAndTheLastOneIsNot() throws {
    var b = NetworkBuilder([2])
    let hidden = b.relu(linear(&b, 0, [[0.5, -0.25], [1, 1]]))
    let network = b.network(linear(&b, hidden, [[1, -1]], bias: [2]))
    let integer = try quantize(network, calibration(network, [[1, 0.5], [0, 1]]))
    #expect(integer.inputs[0].range == 0...255)
    #expect(integer.inputs[0].scale == 129.0 / 128 / 256)
    #expect(clamps(integer) == [0...255])
    #expect(integer.nodes.count == 3)
    let output = try run(integer, [1, 0.5])
    #expect(abs(output[0] - (2 + 0.375 - 1.5)) < 0.01)
  }

  @Test func meansAndMaximaStayNonNegative() throws {
    var b = NetworkBuilder([2, 4, 4])
    let two = WindowSide(size: 2, stride: 2)
    let image = b.relu(b.convolution(0, 3, WindowSide(size: 1), WindowSide(size: 1)))
    let (mean, maximum) = (b.mean(image, two, two), b.maximum(image, two, two))
    let values = [
      mean, maximum, b.sum([1, 2], mean, maximum, shape: [3, 2, 2]),
      b.sum([1, -1], mean, maximum, shape: [3, 2, 2]), b.product(mean, maximum, shape: [3, 2, 2]),
    ]
    let network = b.network(b.linear(values[2], 1), b.linear(values[3], 1), b.linear(values[4], 1))
    let integers = try quantize(network, Calibration(network, network.samples(9), source: "s"))
    let lowest = values.map { value in
      integers.nodes.last { node in
        node.name == network.nodes[value - 1].name && !node.makesAccumulators
      }?.range.lowerBound
    }
    #expect(lowest == [0, 0, 0, -128, 0])
  }

  @Test func negativeValuesMakeSignedRanges() throws {
    var b = NetworkBuilder([2])
    let network = b.network(linear(&b, linear(&b, 0, [[1, -1]]), [[3]]))
    let integer = try quantize(network, calibration(network, [[-2, 1]]))
    #expect(integer.quantum(of: 0).range == -128...127)
    #expect(integer.inputs[0].scale == 130.0 / 128 / 64)
    #expect(clamps(integer) == [-128...127])
  }

  @Test func reshapesDoNotHideTheRelu() throws {
    var b = NetworkBuilder([2])
    let reshaped = b.add(.reshape, linear(&b, 0, [[1, -1], [1, 1]]), shape: [1, 2])
    let network = b.network(linear(&b, b.add(.reshape, b.relu(reshaped), shape: [2]), [[1, 1]]))
    #expect(clamps(try quantize(network, calibration(network, [[1, 1]]))) == [0...255])
  }

  @Test func accumulatorsServeSeveralReaders() throws {
    var b = NetworkBuilder([2])
    let shared = linear(&b, 0, [[1, -1], [1, 1]])
    let network = b.network(linear(&b, b.relu(shared), [[1, 1]]), linear(&b, shared, [[1, 2]]), shared)
    let integer = try quantize(network, calibration(network, [[1, 0.25], [0, 1]]))
    // The first reader decides about the quotient's scale; the second one has a table.
    #expect(clamps(integer) == [0...255])
    #expect(integer.nodes.count { $0.makesAccumulators } == 3)
    let values = integer.run([integer.inputs[0].quantize(FloatBatch(count: 1, values: [1, 0.25]))])
    let scaled = zip(values, integer.outputs).map { $0.scaled(by: integer.quantum(of: $1.value).scale).values }
    for (found, expected) in zip(scaled.joined(), [2.0, 3.25, 0.75, 1.25]) { #expect(abs(found - expected) < 0.02) }
  }

  /// A reader that is always 0 tells nothing about the scale that the others need.
  @Test func readersThatAreAlwaysZeroDecideNothing() throws {
    var b = NetworkBuilder([2])
    let shared = linear(&b, 0, [[-0.001, -0.002]])
    let network = b.network(b.relu(shared), b.apply(.minimum(.x, 0.0), shared))
    let integer = try quantize(network, calibration(network, [[1, 0.25], [0.5, 1]]))
    let values = integer.run([integer.inputs[0].quantize(FloatBatch(count: 1, values: [1, 0.25]))])
    let scaled = zip(values, integer.outputs).map { $0.scaled(by: integer.quantum(of: $1.value).scale).values }
    for (found, expected) in zip(scaled.joined(), [0, -0.0015]) { #expect(abs(found - expected) < 2e-5) }
  }

  @Test(arguments: [Float(1.1), 0.3, 1e-4, 300.3])
  func shiftIsTheLargestThatFits(size: Float) throws {
    var b = NetworkBuilder([2])
    let network = b.network(linear(&b, b.relu(linear(&b, 0, [[size, -size]])), [[size]]))
    let integer = try quantize(network, calibration(network, [[1, 0.3]]))
    for (layer, limit) in zip(integer.layers, [16, 40]) {
      #expect(layer.weightBits <= 16)
      #expect(layer.weightBits == 16 || layer.shift == limit)
    }
  }

  /// Weights of layers have at most as many bits as they may; a coefficient of a value beside them is no weight.
  @Test(arguments: [8, 11, 16])
  func weightsHaveNoMoreBitsThanTheyMay(bits: Int) throws {
    var b = NetworkBuilder([8], [12])
    let hidden = b.relu(b.linear(0, 12))
    let network = b.network(b.linear(b.relu(b.sum([1, 1], b.linear(hidden, 12), 1, shape: [12])), 5), b.linear(0, 7, seed: 2))
      .simplified()
    let samples = network.samples(20)
    let calibration = try Calibration(network, samples, source: "c")
    var options = QuantizationOptions()
    let usual = try quantize(network, calibration, options)
    options.weightBits = bits
    let integer = try quantize(network, calibration, options)
    let constants = integer.nodes.map { node -> [Int64] in
      guard case .contraction(let sum) = node.operation else { return [] }
      return sum.terms.filter { $0.factors.count > 1 }.flatMap { weights(of: $0, sum) }
    }.filter { !$0.isEmpty }
    #expect(constants.count == 4)
    for weights in constants {
      let largest = weights.map(\.magnitude).max() ?? 0
      #expect(largest < 1 << (bits - 1) && largest >= 1 << (bits - 2))
    }
    #expect((integer == usual) == (bits == 16))
    // Of the layer that only reads the input: half a step of each weight and of the bias.
    let inputs = zip(integer.inputs, samples).map { $0.quantize($1) }
    let units = [integer, usual].map { $0.quantum(of: $0.outputs[1].value).scale }
    let results = zip([integer, usual], units).map { $0.run(inputs)[1].scaled(by: $1) }
    for sample in 0..<20 {
      let steps = inputs[0].values[sample * 8..<(sample + 1) * 8].reduce(1) { $0 + Double($1.magnitude) }
      for (one, other) in zip(results[0].sample(sample), results[1].sample(sample)) {
        #expect(abs(one - other) <= steps * (units[0] + units[1]) / 2 * 1.0001)
      }
    }
  }

  private func weights(of term: Contraction<Int64>.Term, _ sum: Contraction<Int64>) -> [Int64] {
    term.factors.flatMap { factor -> [Int64] in if case .constant(let number) = factor { sum.constants[number].values } else { [] } }
  }

  @Test func integersNeedNoFewerBits() throws {
    var b = NetworkBuilder([2])
    let input = b.quantized(0, scale: 0.5, -128...127)
    let network = b.network(b.quantized(linear(&b, input, [[1, -127], [90, 3]]), scale: 0.5, -128...127))
    let calibration = try calibration(network, [[1, 1]])
    var options = QuantizationOptions()
    options.weightBits = 8
    #expect(try quantize(network, calibration, options) == quantize(network, calibration))
  }

  /// A layer that moves elements keeps their scale and their range, and rounds nothing.
  @Test func movedElementsAreExact() throws {
    var b = NetworkBuilder([2])
    let hidden = b.relu(linear(&b, 0, [[0.7, -0.3], [0.2, 0.9]]))
    let network = b.network(linear(&b, linear(&b, hidden, [[1, 0], [0, 0], [0, 1]], isPublic: true), [[0.3, 1, 0.7]]))
    let integer = try quantize(network, calibration(network, [[1, 0.3], [0.2, 0.8]]))
    let moved = try #require(integer.layers.first { $0.name == "n2" })
    #expect(moved.shift == 1)
    #expect(clamps(integer) == [0...255, 0...255])
    let scales = integer.nodes.filter { !$0.makesAccumulators }.map(\.scale)
    #expect(scales.count == 2 && scales[0] == scales[1])
  }

  @Test func silentLayersAreLegal() throws {
    var b = NetworkBuilder([2])
    let network = b.network(
      linear(&b, b.relu(linear(&b, 0, [[-1, 0], [0, 0]])), [[0, 0]], bias: [0.5]))
    let integer = try quantize(network, calibration(network, [[1, 1], [0, 0]]))
    #expect(abs(try run(integer, [1, 1])[0] - 0.5) < 1e-4)
    #expect(clamps(integer) == [0...0])
    let silent = try quantize(network, calibration(network, [[0, 0]]))
    #expect(silent.inputs[0].scale == 1 && silent.inputs[0].range == 0...255)
  }

  @Test func givenInputScaleIsKept() throws {
    var b = NetworkBuilder([2])
    let network = b.network(linear(&b, 0, [[1, 1]]))
    let integer = try quantize(network, calibration(network, [[1, 1]], scale: 0.25))
    #expect(integer.inputs[0].scale == 0.25)
    #expect(
      throws: ModelError.unusableData(
        source: "calibration", reason: "inputs from 1.0 to 1.0 do not fit steps of 0.001 in 0...255")
    ) { try quantize(network, calibration(network, [[1, 1]], scale: 0.001)) }
  }

  @Test func modelsKeepTheirOwnIntegers() throws {
    var b = NetworkBuilder([2])
    let input = b.quantized(0, scale: 0.5, -100...155)
    let hidden = b.quantized(linear(&b, input, [[1, -1]]), scale: 0.25, -3...252)
    let network = b.network(b.quantized(hidden, scale: 2, 0...9))
    let integer = try quantize(network, calibration(network, [[1, 1]]))
    #expect(integer.inputs[0].range == -100...155)
    #expect(integer.inputs[0].scale == 0.5)
    #expect(clamps(integer) == [-3...252])
    #expect(integer.nodes.map(\.scale).suffix(2) == [0.25, 2])
    #expect(try run(integer, [20, -3]) == [18])
    #expect(try run(integer, [-20, 3]) == [0])
  }

  @Test func functionsBecomeTables() throws {
    var b = NetworkBuilder([1])
    let network = b.network(b.apply(.function(.tanh, .x), linear(&b, 0, [[3]])))
    let integer = try quantize(network, calibration(network, [[-1], [1]]))
    for x in [-1, -0.3, 0, 0.01, 0.5, 1] { #expect(abs(try run(integer, [x])[0] - 3.0 * x) < 4) }
    let errors = try (-20...20).map { abs(try run(integer, [Double($0) / 20])[0] - tanhOf(3 * Double($0) / 20)) }
    #expect(errors.allSatisfy { $0 < 0.03 })
  }

  /// Arguments that the steps hit exactly, at the jump and beside it.
  @Test(arguments: [Float(0.5), 0, -0.5])
  func tablesJumpWhereTheFunctionDoes(alpha: Float) throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 1])
    builder.node("ThresholdedRelu", ["x"], ["y"], ["alpha": .float(alpha)])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "jump")
    let integer = try quantize(network, calibration(network, [[-1], [1]], scale: 1.0 / 64))
    #expect((integer.nodes[0].range.lowerBound < 0) == (alpha < 0))
    for index in -64...64 {
      let x = Double(index) / 64
      #expect(abs(try run(integer, [x])[0] - (x > Double(alpha) ? x : 0)) <= integer.nodes[0].scale / 2)
    }
  }

  private func tanhOf(_ x: Double) -> Double { Pointwise.function(.tanh, .x).value(at: x) }

  @Test func widthsGrowUntilClassesAgree() throws {
    var b = NetworkBuilder([8])
    let network = b.network(b.linear(b.relu(b.linear(b.relu(b.linear(0, 16)), 16)), 10))
    let samples = network.samples(200)
    let calibration = try Calibration(network, samples, source: "calibration")
    var options = QuantizationOptions()
    options.accuracy = 1
    let (integers, _) = try chosenWidths(network, calibration, options)
    let outputs = [integers.run([integers.inputs[0].quantize(samples[0])])[0].scaled(by: 1)]
    #expect(OutputComparison(float: network.run(samples), integer: outputs, integers.outputs).agreement == 1)
    #expect(integers.layers.contains { $0.activationBits > 8 || $0.activationBits == 0 })
    options.accuracy = 1.5
    #expect(throws: ModelError.self) { try chosenWidths(network, calibration, options) }
  }

  private func chosenWidths(
    _ network: Network, _ calibration: Calibration, _ options: QuantizationOptions
  ) throws -> (IntegerNetwork, layerBits: [String: Int]) { try chooseWidths(network, calibration, options) }

  @Test func calibrationNeedsFiniteSamples() throws {
    var b = NetworkBuilder([2])
    let network = b.network(linear(&b, 0, [[1, 1]]))
    #expect(throws: ModelError.unusableData(source: "c", reason: "has no sample to calibrate with")) {
      try Calibration(network, [FloatBatch(count: 0, values: [])], source: "c")
    }
    #expect(throws: ModelError.unusableData(source: "c", reason: "sample 1 makes values that are not finite")) {
      try Calibration(network, [FloatBatch(count: 2, values: [0, 0, 1e308, 1e308])], source: "c")
    }
  }

  /// Operands of very different sizes, and products that calibration never sees large.
  @Test func extremeRatiosAreRefusedOrExact() throws {
    var b = NetworkBuilder([2], [2])
    let product = b.product(0, 1, shape: [2])
    let network = b.network(linear(&b, b.relu(product), [[1, 1]]))
    let batches = [[1, 1e-30], [0, 1]].map { FloatBatch(count: 1, values: $0) }
    #expect(errorDescription { _ = try lower(quantize(network, Calibration(network, batches, source: "c"))) } != nil)
    var sum = NetworkBuilder([1], [1])
    let sums = sum.network(sum.sum([1, 1], 0, 1, shape: [1]))
    let sizes = [0x1p70, 1].map { FloatBatch(count: 1, values: [127 * $0]) }
    _ = errorDescription { _ = try lower(quantize(sums, Calibration(sums, sizes, source: "c"))) }
    let classes = sum.network(sum.joined(axis: 0, 0, 1, shape: [2]), classes: 1)
    let description = errorDescription { _ = try lower(quantize(classes, Calibration(classes, sizes, source: "c"))) }
    #expect(description?.isEmpty == false)
  }

  @Test func scalesAreParsed() {
    #expect(parseScale("1/255") == 1.0 / 255)
    #expect(parseScale("0.5") == 0.5)
    for text in ["", "/", "1/", "0", "-1", "1/0", "nan", "inf", "1/2/3", "x"] { #expect(parseScale(text) == nil) }
  }

  private func calibration(_ network: Network, _ samples: [[Double]], scale: Double? = nil) throws -> Calibration {
    try Calibration(
      network, [FloatBatch(count: samples.count, values: samples.flatMap(\.self))], inputScales: [scale],
      source: "calibration")
  }

  private func linear(
    _ b: inout NetworkBuilder, _ x: Int, _ rows: [[Float]], bias: [Float]? = nil, isPublic: Bool = false
  ) -> Int {
    b.linear(x, rows.flatMap(\.self), bias ?? [Float](repeating: 0, count: rows.count), isPublic: isPublic)
  }

  private func clamps(_ network: IntegerNetwork) -> [ClosedRange<Int64>] {
    network.nodes.compactMap { node in
      guard case .map(.requantize(let requantization)) = node.operation else { return nil }
      return if case .clamp(let clamp) = requantization.function { clamp } else { nil }
    }
  }

  private func run(_ network: IntegerNetwork, _ sample: [Double]) throws -> [Double] {
    let outputs = network.run([network.inputs[0].quantize(FloatBatch(count: 1, values: sample))])
    return outputs[0].scaled(by: network.quantum(of: network.outputs[0].value).scale).values
  }
}

extension Node<Int64> {
  fileprivate var makesAccumulators: Bool { if case .contraction = operation { true } else { false } }
}
