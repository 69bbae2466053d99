import Model
import TestSupport
import Testing

private typealias Hostile = (name: String, reason: String, input: [Int], build: @Sendable (inout ONNXBuilder) -> Void)

/// Small files that ask for sizes whose product overflows or does not fit memory, and what is said of them.
private let sizes: [Hostile] = [
  (
    "resize to 2^62", "resizes an axis of 4 to 4611686018427387904", [2, 4, 4],
    {
      $0.initializer("s", .integers([1, 2, 1 << 62, 4]))
      $0.node("Resize", ["x", "", "", "s"], ["y"])
    }
  ),
  (
    "resize to 2^40", "resizes an axis of 4 to 1099511627776", [2, 4, 4],
    {
      $0.initializer("s", .integers([1, 2, 1 << 40, 4]))
      $0.node("Resize", ["x", "", "", "s"], ["y"])
    }
  ),
  (
    "resize to 2^27", "resizes an axis of 4 to 134217728", [2, 4, 4],
    {
      $0.initializer("s", .integers([1, 2, 1 << 27, 4]))
      $0.node("Resize", ["x", "", "", "s"], ["y"])
    }
  ),
  (
    "resize to a negative size", "resizes the batch axis, or to nothing", [2, 4, 4],
    {
      $0.initializer("s", .integers([1, 2, .min, 4]))
      $0.node("Resize", ["x", "", "", "s"], ["y"])
    }
  ),
  (
    "resize by 1e30", "resizes an axis of 2 to 1099511627776", [2, 4, 4],
    {
      $0.initializer("s", .floats([1, 1e30, 1, 1], [4]))
      $0.node("Resize", ["x", "", "s"], ["y"])
    }
  ),
  (
    "resize by 2^63 that keeps ratios", "resizes an axis of 1 to 1099511627776", [2, 4, 4],
    {
      $0.initializer("s", .integers([1, .max, 1, 1]))
      $0.node("Resize", ["x", "", "", "s"], ["y"], ["keep_aspect_ratio_policy": .text("not_smaller")])
    }
  ),
  (
    "windows of one axis", "windows of 1048576 elements", [1, 1 << 20],
    { $0.node("ReduceMax", ["x"], ["y"], ["axes": .integers([2])]) }
  ),
  (
    "windows of the whole image", "windows of 512 × 512 elements", [1, 512, 512],
    { $0.node("GlobalMaxPool", ["x"], ["y"]) }
  ),
  (
    "means of 2^12 channels", "windows of 256 × 256 elements", [1 << 12, 4, 4],
    {
      $0.node(
        "AveragePool", ["x"], ["y"],
        ["kernel_shape": .integers([256, 256]), "pads": .integers([252, 252, 252, 252]), "count_include_pad": .integer(1)])
    }
  ),
  (
    "zeros between elements", "spreads an axis of 65536 over 4294901761 places", [1, 1, 1 << 16],
    {
      $0.initializer("w", .floats([1], [1, 1, 1, 1]))
      $0.node("ConvTranspose", ["x", "w"], ["y"], ["strides": .integers([1, 65536])])
    }
  ),
  (
    "padding again and again", "its pads leave nothing of an axis, or are too large", [4, 4, 4],
    {
      var value = "x"
      for _ in 0..<8 {
        $0.initializer("p" + value, .integers([0, 1 << 16, 1 << 16, 1 << 16, 0, 1 << 16, 1 << 16, 1 << 16]))
        value = $0.node("Pad", [value, "p" + value])
      }
      $0.node("Relu", [value], ["y"])
    }
  ),
  (
    "an endless constant", "shape [4294967296, 4294967296] is negative or too large", [2],
    {
      $0.initializer("s", .integers([1 << 32, 1 << 32]))
      $0.node("Add", ["x", $0.node("ConstantOfShape", ["s"])], ["y"])
    }
  ),
  (
    "a constant of 2^25 elements", "shape [33554432] is negative or too large", [2],
    {
      $0.initializer("s", .integers([1 << 25]))
      $0.node("Add", ["x", $0.node("ConstantOfShape", ["s"])], ["y"])
    }
  ),
  (
    "a constant expanded", "it expands [1] to [1048576, 1048576]", [2],
    {
      $0.initializer("c", .floats([1], [1]))
      $0.initializer("s", .integers([1 << 20, 1 << 20]))
      $0.node("Add", ["x", $0.node("Expand", ["c", "s"])], ["y"])
    }
  ),
  (
    "constants broadcast", "its operands of shapes [8192, 1] and [1, 8192] do not broadcast", [2],
    {
      $0.initializer("a", .floats([Float](repeating: 1, count: 8192), [8192, 1]))
      $0.initializer("b", .floats([Float](repeating: 1, count: 8192), [1, 8192]))
      $0.node("Add", ["x", $0.node("Mul", ["a", "b"])], ["y"])
    }
  ),
  (
    "a constant gathered", "its result of shape [4096, 8192] is too large", [2],
    {
      $0.initializer("a", .floats([Float](repeating: 1, count: 8192), [1, 8192]))
      $0.initializer("i", .integers([Int](repeating: 0, count: 4096)))
      $0.node("Add", ["x", $0.node("Gather", ["a", "i"])], ["y"])
    }
  ),
  (
    "values expanded", "it expands [1, 1, 1] to [1, 2147483648, 2147483648]", [1, 1],
    {
      $0.initializer("s", .integers([1, 1 << 31, 1 << 31]))
      $0.node("Expand", ["x", "s"], ["y"])
    }
  ),
  (
    "more values than memory holds", "more than 2^27 values of a sample", [1 << 20],
    {
      var value = "x"
      for _ in 0..<130 { value = $0.node("Tanh", [value]) }
      $0.node("Tanh", [value], ["y"])
    }
  ),
  (
    "more steps than anybody waits for", "it takes more than 2^40 steps", [1, 4352, 4352],
    { $0.node("AveragePool", ["x"], ["y"], ["kernel_shape": .integers([256, 256])]) }
  ),
]

private let windows: [Hostile] = ["AveragePool", "MaxPool"].map { operation in
  (
    "\(operation) of 65,536²", "windows of 65536 × 65536 elements", [1, 4, 4],
    {
      $0.node(
        operation, ["x"], ["y"],
        ["kernel_shape": .integers([65536, 65536]), "pads": .integers([65535, 65535, 65535, 65535])])
    }
  )
}

/// An axis of no elements does not hide the sizes beside it.
private let empties: [Hostile] = [
  ("Flatten", ["c"], ["axis": .integer(1)]), ("Reshape", ["c", "s"], [:]), ("Transpose", ["c"], [:]),
  ("Gather", ["c", "s"], ["axis": .integer(0)]), ("QuantizeLinear", ["c", "q"], ["axis": .integer(0)]),
].map { (operation: String, operands: [String], attributes: KeyValuePairs<String, ONNXBuilder.Attribute>) in
  (
    "\(operation) of nothing", "has shape [0, 4611686018427387904, 4], which is negative or too large", [2],
    {
      $0.initializer("c", .floats([], [0, 1 << 62, 4]))
      $0.initializer("s", .integers([0]))
      $0.initializer("q", .floats([1, 2], [2]))
      $0.node("Add", ["x", $0.node(operation, operands, [], attributes)], ["y"])
    }
  )
}

private let hostiles = sizes + windows + empties

/// No small file makes the importer trap or take memory before its sizes are known to fit.
@Suite struct HostileSizeTests {
  @Test(arguments: hostiles.indices) func sizesAreRefused(index: Int) {
    let (name, reason, input, build) = hostiles[index]
    var builder = ONNXBuilder(operatorSet: 18)
    builder.input("x", [1] + input)
    build(&builder)
    builder.output("y")
    let error = errorDescription { _ = try importONNX(builder.bytes, file: name) }
    #expect(error?.contains(reason) == true, "\(name): \(error ?? "accepted")")
  }

  @Test func inputsAreCountedTogether() {
    var builder = ONNXBuilder()
    for name in ["a", "b", "c"] { builder.input(name, [1, 1 << 26]) }
    builder.node("Sum", ["a", "b", "c"], ["y"])
    builder.output("y")
    #expect(errorDescription { _ = try importONNX(builder.bytes, file: "m") } == "m: the inputs are too large together")
  }

  /// A chain of `count` layers of one number.
  private func chain(_ count: Int) -> [UInt8] {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 1])
    builder.initializer("w", .floats([1], [1, 1]))
    var value = "x"
    for _ in 0..<count { value = builder.node("Tanh", [builder.node("MatMul", [value, "w"])]) }
    builder.node("MatMul", [value, "w"], ["y"])
    builder.output("y")
    return builder.bytes
  }

  @Test func deepNetworksNeedNoDeepStack() throws {
    let network = try importONNX(chain(3000), file: "model").simplified()
    #expect(network.nodes.count == 6001)
    let calibration = try Calibration(network, [FloatBatch(count: 1, values: [1])], source: "data")
    #expect(try quantize(network, calibration).nodes.count >= 6001)
  }

  @Test func endlessNetworksAreRefused() {
    let error = errorDescription { _ = try importONNX(chain(1 << 14), file: "model") }
    #expect(error == "model: node matmul32769 (MatMul): the network has more than 32768 operators")
  }

  /// 0 is an input; 1, 2 and 3 read it and each other.
  @Test func valuesAreKeptUntilTheirLastReader() {
    var (kept, seen): ([[Int]], [Int]) = ([], [])
    forEachValue(
      of: [[7]], stages: [[0], [0, 1], [1], [3, 3]].enumerated().map { Stage(nodes: [$0], operands: $1) },
      results: { node, values in
        kept.append(values.indices.filter { !values[$0].isEmpty })
        return [[node]]
      }
    ) { value, elements in
      seen.append(value)
      #expect(elements == [value == 0 ? 7 : value - 1])
    }
    #expect(seen == [0, 1, 2, 3, 4])
    #expect(kept == [[0], [0, 1], [1], [3]])
  }

  /// Transposes and reshapes that take turns: each pass of simplification changes one of them.
  @Test func chainsOfViewsEnd() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2, 3])
    builder.initializer("s", .integers([0, 2, 3]))
    var value = "x"
    for _ in 0..<2000 {
      value = builder.node("Reshape", [builder.node("Transpose", [value], [], ["perm": .integers([0, 2, 1])]), "s"])
    }
    builder.node("Relu", [value], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    let sample = [FloatBatch(count: 1, values: [1, 2, 3, 4, 5, 6])]
    #expect(network.simplified().run(sample) == network.run(sample))
  }

  /// Scales that are subnormal or infinite, and the numbers that come of dividing by them.
  @Test(arguments: [.leastNonzeroMagnitude, 0x1p-1060, 1e-300, 1e-200, 1e200, 1e300] as [Double])
  func extremeDataDoesNotTrap(magnitude: Double) throws {
    for operation in ["Relu", "Sigmoid", "Tanh", "Exp", "Sqrt", "Log", "Abs", "Reciprocal", "Softplus"] {
      for scale in [Float.leastNonzeroMagnitude, 1e-38, 1, 1e38] {
        var builder = ONNXBuilder()
        builder.input("x", [1, 3])
        builder.initializer("c", .floats([scale, -scale, 0], [3]))
        let scaled = builder.node("Mul", ["x", "c"])
        let sum = builder.node("Sub", [builder.node("Add", [scaled, "x"]), "x"])
        builder.node(operation, [builder.node("Add", [sum, sum])], ["y"])
        builder.node("Mul", ["y", scaled], ["z"])
        builder.output("y")
        builder.output("z")
        let network = try importONNX(builder.bytes, file: "model").simplified()
        let batch = [FloatBatch(count: 1, values: [magnitude, -magnitude, 0])]
        let attempt = errorDescription {
          let calibration = try Calibration(network, batch, source: "data")
          for bits in [8, 16] {
            var options = QuantizationOptions()
            options.bits = bits
            _ = try compile(network, calibration, options)
          }
        }
        if let attempt { #expect(!attempt.contains("another type"), "\(attempt)") }
      }
    }
  }
}
