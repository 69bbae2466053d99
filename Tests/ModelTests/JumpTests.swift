import Model
import TestSupport
import Testing

/// What integers stand for, of the samples that they are calibrated with: an array of one sample, or of `count`, for each input.
func integersShown(_ samples: [[Double]], count: Int = 1, bits: Int? = 16, inputScale: Double? = nil, _ build: (inout ONNXBuilder) -> Void) throws -> [[Double]] {
  var builder = ONNXBuilder()
  build(&builder)
  let network = try importONNX(builder.bytes, file: "model").simplified()
  let batches = samples.map { FloatBatch(count: count, values: $0) }
  var options = QuantizationOptions()
  options.bits = bits
  let calibration = try Calibration(network, batches, inputScales: batches.map { _ in inputScale }, source: "data")
  let integers = try quantize(network, calibration, options)
  let results = integers.run(zip(integers.inputs, batches).map { $0.quantize($1) })
  return zip(integers.outputs, results).map { output, result in
    result.values.map { Double($0) * integers.quantum(of: output.value).scale }
  }
}

/// Functions that jump, and comparisons, are right at ties and thresholds: inputs that decide about them have steps of powers of two.
@Suite struct JumpTests {
  @Test(arguments: [8, 16])
  func tiesAndThresholds(bits: Int) throws {
    let samples = [0.5, 1.5, 2.5, -0.5, -2.8, 2.0]
    let rounded = try integersShown([samples], bits: bits) {
      $0.input("x", [nil, 6])
      $0.node("Round", ["x"], ["y"])
      $0.output("y")
    }
    #expect(rounded == [[0, 2, 2, 0, -3, 2]])
    let above = try integersShown([samples], bits: bits) {
      $0.input("x", [nil, 6])
      $0.node("ThresholdedRelu", ["x"], ["y"], ["alpha": .float(2)])
      $0.output("y")
    }
    #expect(above[0].map { $0 > 1 } == [false, false, true, false, false, false])
  }

  @Test(arguments: ["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"])
  func inputsThatAreComparedHaveTheSameSteps(operation: String) throws {
    let (first, second) = ([0.3, 0.7123, -5, 0.1, 2], [0.3, 0.7123, 0.25, 0.11, 0.3])
    let result = try integersShown([first, second]) {
      $0.input("x", [nil, 5])
      $0.input("z", [nil, 5])
      $0.node("Cast", [$0.node(operation, ["x", "z"])], ["y"], ["to": .integer(1)])
      $0.output("y")
    }
    let expected = zip(first, second).map { x, z in
      switch operation {
      case "Equal": x == z
      case "Greater": x > z
      case "Less": x < z
      case "GreaterOrEqual": x >= z
      default: x <= z
      }
    }
    #expect(result[0].map { $0 > 0.5 } == expected)
  }

  /// Splits of boosted trees are elements of the data.
  @Test(arguments: ["Greater", "Less", "GreaterOrEqual", "LessOrEqual"])
  func elementsThatAreThresholds(operation: String) throws {
    let thresholds = (0..<64).map { Float($0) / 9 }
    let result = try integersShown([thresholds.map(Double.init)], bits: 8) {
      $0.input("x", [nil, 64])
      $0.initializer("thresholds", .floats(thresholds, [64]))
      $0.node("Cast", [$0.node(operation, ["x", "thresholds"])], ["y"], ["to": .integer(1)])
      $0.output("y")
    }
    #expect(result == [[Double](repeating: operation.hasSuffix("OrEqual") ? 1 : 0, count: 64)])
  }

  /// Splits of forests lie in the middle of elements.
  @Test(arguments: ["Greater", "Less", "GreaterOrEqual", "LessOrEqual"])
  func thresholdsBetweenIntegers(operation: String) throws {
    let elements = (0..<64).map { Double($0 / 4) }
    let thresholds = (0..<64).map { ($0 % 2 == 0 ? 0.5 : -0.5) + Float($0 / 4) }
    let result = try integersShown([elements], bits: 8, inputScale: 1) {
      $0.input("x", [nil, 64])
      $0.initializer("thresholds", .floats(thresholds, [64]))
      $0.node("Cast", [$0.node(operation, ["x", "thresholds"])], ["y"], ["to": .integer(1)])
      $0.output("y")
    }
    let expected = zip(elements, thresholds).map { (operation.hasPrefix("Greater") ? $0 > Double($1) : $0 < Double($1)) ? 1.0 : 0 }
    #expect(result == [expected])
  }

  /// Several indices that are not along the last axis: as many rows as asked for, whatever the other sizes are.
  @Test(arguments: [2, 4])
  func placesAlongAnotherAxis(width: Int) throws {
    let samples = (0..<3 * width).map { Double(($0 * 7 + 3) % 11) }
    let result = try integersShown([samples]) {
      $0.input("x", [nil, 3, width])
      $0.initializer("k", .integers([2]))
      $0.node("TopK", ["x", "k"], ["v", "places"], ["axis": .integer(1)])
      $0.node("Cast", ["places"], ["y"], ["to": .integer(1)])
      $0.output("y")
    }
    let expected = (0..<2).flatMap { rank in
      (0..<width).map { column in
        Double((0..<3).sorted { samples[$0 * width + column] > samples[$1 * width + column] }[rank])
      }
    }
    #expect(result == [expected])
  }

  @Test func integersOfAnOutputAreTheStoredOnes() throws {
    let result = try integersShown([[0.25, 0.75, -100, 3]]) {
      $0.input("x", [nil, 4])
      $0.initializer("scale", .floats([0.5], []))
      $0.initializer("zero", .narrow([10] as [UInt8], []))
      $0.node("QuantizeLinear", [$0.node("Neg", ["x"]), "scale", "zero"], ["y"])
      $0.output("y", type: 2)
    }
    #expect(result[0][2...] == [210, 4])
  }

  @Test func largestOfManyAreFoundInTurn() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 300])
    builder.initializer("k", .integers([4]))
    builder.node("TopK", ["x", "k"], ["values", "indices"])
    builder.output("values", [nil, 4])
    builder.node("Neg", [builder.node("Cast", ["indices"], [], ["to": .integer(1)])], ["places"])
    builder.output("places", [nil, 4])
    let network = try importONNX(builder.bytes, file: "model")
    let values = (0..<300).map { Double($0 % 100) }
    #expect(network.run([FloatBatch(count: 1, values: values)]).map(\.values) == [[99, 99, 99, 98], [-99, -199, -299, -98]])
    let equal = [Double](repeating: 2, count: 300)
    #expect(network.run([FloatBatch(count: 1, values: equal)]).map(\.values) == [[2, 2, 2, 2], [0, -1, -2, -3]])
  }

  @Test func squaresOverPositiveNumbersAreSquaresOfQuotients() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2])
    builder.initializer("variances", .floats([4, 0.25], [2]))
    builder.initializer("two", .floats([2], []))
    builder.node("Div", [builder.node("Pow", ["x", "two"]), "variances"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, publish: ["two"], file: "model")
    #expect(network.run([FloatBatch(count: 1, values: [6, 3])])[0].values == [9, 36])
    #expect(network.nodes.count == 2)
  }

  /// A query that booleans leave no key has shares of 0.
  @Test func attentionOfNothingIsZero() throws {
    var builder = ONNXBuilder(operatorSet: 24)
    builder.input("x", [nil, 1, 2, 2])
    builder.input("mask", [nil, 1, 2, 2], type: 9)
    builder.node("Attention", ["x", "x", "x", "mask"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    let batches = [FloatBatch(count: 1, values: [1, 2, 3, 4]), FloatBatch(count: 1, values: [0, 0, 0, 1])]
    #expect(network.run(batches)[0].values == [0, 0, 3, 4])
  }

  /// Of probabilities that are divided by their sum the scores tell the largest.
  @Test func classesOfProbabilitiesAreThoseOfScores() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.initializer("axis", .integers([1]))
    let shares = builder.node("Reciprocal", [builder.node("Add", [builder.node("Exp", [builder.node("Neg", ["x"])]), "one"])])
    builder.initializer("one", .floats([1], []))
    let sum = builder.node("ReduceSum", [shares, "axis"])
    builder.node("ArgMax", [builder.node("Div", [shares, sum])], ["y"], ["axis": .integer(1), "keepdims": .integer(0)])
    builder.output("y", [nil], type: 7)
    let network = try importONNX(builder.bytes, publish: nil, file: "model")
    #expect(network.run([FloatBatch(count: 2, values: [-80, -60, -70, 3, 2, 1])])[0].values == [1, 0])
    let isOfScores = network.nodes.allSatisfy { node in
      if case .map(.expression(let function)) = node.operation { function.affineForm != nil } else { true }
    }
    #expect(isOfScores)
  }

  /// A sum of booleans that were cast to floats is one of floats: its quotients are not rounded.
  @Test func quotientsOfCountsAreFractions() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 4])
    builder.initializer("zero", .floats([0], []))
    builder.initializer("axis", .integers([1]))
    let count = builder.node("ReduceSum", [builder.node("Cast", [builder.node("Greater", ["x", "zero"])], [], ["to": .integer(1)]), "axis"])
    let other = builder.node("ReduceSum", [builder.node("Cast", [builder.node("LessOrEqual", ["x", "zero"])], [], ["to": .integer(1)]), "axis"])
    builder.node("Div", [count, builder.node("Add", [count, other])], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.run([FloatBatch(count: 1, values: [1, -1, 2, 3])])[0].values == [0.75])
  }
}
