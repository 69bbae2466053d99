import Model
import TestSupport
import Testing

@Suite struct SimplifyTests {
  /// Each activation, written out as exporters do, becomes one function of the layer before it.
  @Test(arguments: ["erf", "tanh", "silu", "hardSwish", "mish", "normalized"])
  func activationBecomesOneFunction(form: String) throws {
    let network = try network { builder in
      let x = builder.node("MatMul", ["x", "w"])
      for (name, value) in [
        ("one", 1), ("three", 3), ("six", 6), ("root", 1.4142135), ("cubic", 0.044715), ("scale", 0.7978846),
      ] { builder.initializer(name, .floats([Float(value)], [])) }
      switch form {
      case "erf":
        let erf = builder.node("Erf", [builder.node("Div", [x, "root"])])
        let product = builder.node("Mul", [x, builder.node("Add", [erf, "one"])])
        return builder.node("Mul", [product, "half"])
      case "tanh":
        let cube = builder.node("Mul", ["cubic", builder.node("Pow", [x, "three"])])
        let tanh = builder.node("Tanh", [builder.node("Mul", ["scale", builder.node("Add", [x, cube])])])
        return builder.node("Mul", [builder.node("Mul", ["half", x]), builder.node("Add", ["one", tanh])])
      case "silu": return builder.node("Mul", [x, builder.node("Sigmoid", [x])])
      case "hardSwish":
        builder.initializer("zero", .floats([0], []))
        let clipped = builder.node("Clip", [builder.node("Add", [x, "three"]), "zero", "six"])
        return builder.node("Div", [builder.node("Mul", [x, clipped]), "six"])
      case "mish": return builder.node("Mul", [x, builder.node("Tanh", [builder.node("Softplus", [x])])])
      default:
        let centred = builder.node("Div", [builder.node("Sub", [x, "three"]), "six"])
        return builder.node("Relu", [builder.node("Unsqueeze", [centred, "axis"])])
      }
    }
    try expectNodes(network, form == "normalized" ? ["contraction", "map", "reshape"] : ["contraction", "map"])
  }

  @Test func constantsFoldIntoLinearLayers() throws {
    try expectNodes(
      network {
        let before = $0.node("Sub", [$0.node("Mul", ["x", "c"]), "half"])
        let product = $0.node("MatMul", [before, "w"])
        return $0.node("Neg", [$0.node("Add", [$0.node("Div", [product, "d"]), "d"])])
      }, ["contraction"])
  }

  @Test func sharedLayersKeepTheirWeights() throws {
    try expectNodes(
      network {
        let product = $0.node("MatMul", ["x", "w"])
        return $0.node("Sum", [$0.node("Relu", [$0.node("Mul", [product, "d"])]), $0.node("Softsign", [product])])
      }, ["contraction", "contraction", "map", "map", "contraction"])
  }

  /// The scaled input is also an output, and so stays.
  @Test func outputsAreKept() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.initializer("c", .floats([1, 2, 3], [3]))
    builder.initializer("w", .floats([1, 2, 3], [3, 1]))
    builder.node("Mul", ["x", "c"], ["scaled"])
    builder.node("MatMul", ["scaled", "w"], ["y"])
    builder.output("scaled")
    builder.output("y")
    try expectNodes(try importONNX(builder.bytes, file: "model"), ["contraction", "contraction"])
  }

  @Test func constantsMerge() throws {
    try expectNodes(
      network {
        $0.node("Tanh", [$0.node("Sub", [$0.node("Div", [$0.node("Mul", ["x", "c"]), "half"]), "c"])])
      }, ["contraction", "map"])
  }

  @Test func sumsBecomeOneSum() throws {
    let simple = try expectNodes(
      network {
        let (first, second) = ($0.node("Tanh", [$0.node("MatMul", ["x", "w"])]), $0.node("Tanh", [$0.node("MatMul", ["x", "v"])]))
        let difference = $0.node("Sub", [first, $0.node("Mul", [second, "half"])])
        return $0.node("Add", [$0.node("Neg", [difference]), $0.node("Add", [second, first])])
      }, ["contraction", "map", "contraction", "map", "contraction"])
    guard case .contraction(let sum)? = simple.nodes.last?.operation else {
      Issue.record("the last node is no sum")
      return
    }
    #expect(sum.terms.map(\.coefficient) == [0, 1.5])
  }

  /// Each term has weights of its own, so that nothing is rounded in between.
  @Test func layersAreAddedInOneSum() throws {
    let added = try expectNodes(
      network { $0.node("Add", [$0.node("Tanh", [$0.node("MatMul", ["x", "w"])]), $0.node("MatMul", ["x", "v"])]) },
      ["contraction", "map", "contraction"])
    guard case .contraction(let sum)? = added.nodes.last?.operation else {
      Issue.record("the last node is no sum")
      return
    }
    #expect(sum.terms.count == 2 && sum.constants.map(\.values.count) == [12])
  }

  /// What is the same along an axis counts once for each place in a sum over it.
  @Test func sumsTakeRepeatedElementsAsOftenAsTheyAddUp() throws {
    var b = NetworkBuilder([3, 4], [3, 1])
    let sum = b.sum([2, -3], 0, 1, shape: [3, 4])
    let network = b.network(b.reduced(axes: [1], factor: 0.5, sum, shape: [3, 1]))
    try expectNodes(network, ["contraction"], network.samples(4))
  }

  @Test func zerosBecomeReadsBeyond() throws {
    var b = NetworkBuilder([2, 4, 4])
    let padded = b.sliced(b.sliced(0, axis: 1, start: -1, count: 6), axis: 2, start: -2, count: 7)
    let three = WindowSide(size: 3, stride: 2, before: 1)
    let network = b.network(b.convolution(padded, 3, three, three))
    try expectNodes(network, ["contraction"], network.samples(4))
  }

  /// A slice must not show a layer what lies beside it.
  @Test func slicesBeforePaddingStay() throws {
    var b = NetworkBuilder([2, 6, 5])
    let part = b.sliced(0, axis: 1, start: 1, count: 4)
    let scaled = b.affine(part, [2, 1, 1], scale: [2, -1], shift: nil)
    let three = WindowSide(size: 3, before: 1, after: 1)
    let network = b.network(b.convolution(scaled, 3, three, three))
    try expectNodes(network, ["contraction", "contraction"], network.samples(4))
  }

  /// A constant over 2 × 3, read one longer along one axis and one shorter along the other, is not read from end to end.
  @Test func constantsKeepTheirShape() throws {
    var b = NetworkBuilder([1, 2, 3])
    let scaled = b.affine(0, [2, 3], scale: [1, 2, 3, -4, 5, -6], shift: nil)
    let layer = b.convolution(scaled, 1, WindowSide(after: 1), WindowSide(after: -1))
    try expectNodes(b.network(layer), ["contraction", "contraction"], b.network(layer).samples(4))
  }

  @Test func layersOfOneOutputTakeConstants() throws {
    var b = NetworkBuilder([2, 4, 4])
    let layer = b.convolution(b.affine(0, [2, 1, 1], scale: [2, -3], shift: [1, 2]), 1, WindowSide(size: 3), WindowSide(size: 3))
    let network = b.network(b.affine(layer, [1, 1, 1], scale: [0.5], shift: [3]))
    try expectNodes(network, ["contraction"], network.samples(4))
  }

  @Test func layersOfGroupsTakeConstantsBefore() throws {
    var b = NetworkBuilder([4, 5, 5])
    let scaled = b.affine(0, [4, 1, 1], scale: [1, 2, 3, -1], shift: [0, 1, 2, 3])
    let network = b.network(b.convolution(scaled, 6, WindowSide(size: 3), WindowSide(size: 3), groups: 2))
    try expectNodes(network, ["reshape", "contraction", "reshape"], network.samples(4))
  }

  /// Strides multiply, also along axes of one element.
  @Test func stridesStayBounded() throws {
    var b = NetworkBuilder([1, 1, 1])
    var value = 0
    for seed in 0..<8 { value = b.convolution(value, 1, WindowSide(stride: 1 << 16), WindowSide(), seed: UInt64(seed)) }
    let network = b.network(value)
    try expectNodes(network, ["contraction"], network.samples(4))
  }

  @Test func layersOfGroupsTakeScales() throws {
    var b = NetworkBuilder([4, 5, 5])
    let three = WindowSide(size: 3, before: 1, after: 1)
    let layer = b.convolution(0, 6, three, three, groups: 2)
    let network = b.network(b.affine(layer, [6, 1, 1], scale: [1, 2, 3, -1, -2, -3], shift: [0, 1, 2, 3, 4, 5]))
    try expectNodes(network, ["reshape", "contraction", "reshape"], network.samples(4))
  }

  @Test func viewsMergeOrVanish() throws {
    try expectNodes(
      network {
        $0.initializer("wide", .integers([0, 1, 3]))
        $0.initializer("flat", .integers([0, -1]))
        let turned = $0.node("Transpose", [$0.node("Reshape", ["x", "wide"])], [], ["perm": .integers([0, 2, 1])])
        let back = $0.node("Reshape", [$0.node("Sigmoid", [turned]), "flat"])
        return $0.node("Concat", [back], [], ["axis": .integer(1)])
      }, ["map"])
  }

  @Test func roundingTwiceIsRoundingOnce() throws {
    try expectNodes(
      network { builder in
        func rounded(_ value: String) -> String {
          builder.node("DequantizeLinear", [builder.node("QuantizeLinear", [value, "half"]), "half"])
        }
        return rounded(builder.node("Unsqueeze", [rounded("x"), "axis"]))
      }, ["map", "reshape"])
  }

  @Test(arguments: 0..<300)
  func randomNetworksKeepTheirOutputs(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3, 4])
    builder.initializer("number", .floats([-0.75], []))
    builder.initializer("row", .floats([1, -2, 0.5, 1.5], [4]))
    builder.initializer("column", .floats([0.5, 1, -1], [3, 1]))
    builder.initializer("matrix", .floats((0..<16).map { Float($0 * 5 % 16 - 7) / 16 }, [4, 4]))
    builder.initializer("flat", .integers([0, 12]))
    builder.initializer("square", .integers([0, 3, 4]))
    builder.initializer("sizes", .integers([1, 3]))
    var values = ["x"]
    for _ in 0..<14 {
      let first = values[Int.random(in: max(0, values.count - 4)..<values.count, using: &random)]
      let second = values[Int.random(in: values.indices, using: &random)]
      let function = ["Relu", "Tanh", "Sigmoid", "Neg", "Softsign"][Int.random(in: 0..<5, using: &random)]
      let arithmetic = ["Add", "Sub", "Mul"][Int.random(in: 0..<3, using: &random)]
      let constant = ["number", "row", "column"][Int.random(in: 0..<3, using: &random)]
      switch Int.random(in: 0..<8, using: &random) {
      case 0: values.append(builder.node(function, [first]))
      case 1: values.append(builder.node(arithmetic, [first, constant]))
      case 2: values.append(builder.node(arithmetic, [constant, first]))
      case 3: values.append(builder.node(arithmetic == "Mul" ? "Add" : arithmetic, [first, second]))
      case 4: values.append(builder.node("Mul", [builder.node("Sigmoid", [first]), second]))
      case 5: values.append(builder.node("MatMul", [first, "matrix"]))
      case 6:
        let turned = builder.node("Transpose", [first], [], ["perm": .integers([0, 2, 1])])
        let back = builder.node("Transpose", [builder.node(function, [turned])], [], ["perm": .integers([0, 2, 1])])
        values.append(builder.node("Reshape", [builder.node("Reshape", [back, "flat"]), "square"]))
      default:
        let part = "part\(values.count)"
        builder.node("Split", [first, "sizes"], [part, part + "b"], ["axis": .integer(2)])
        values.append(builder.node("Concat", [part + "b", part], [], ["axis": .integer(2)]))
      }
    }
    for (index, value) in values.suffix(2).enumerated() {
      builder.node("Identity", [value], ["y\(index)"])
      builder.output("y\(index)", [nil, 3, 4])
    }
    let network = try importONNX(builder.bytes, file: "seed \(seed)")
    let simple = network.simplified()
    #expect(simple.nodes.count <= network.nodes.count)
    let samples = FloatBatch(count: 2, values: (0..<24).map { Double($0 * 7 % 24 - 11) / 6 })
    for (ours, theirs) in zip(simple.run([samples]), network.run([samples])) {
      let largest = theirs.values.reduce(1) { max($0, $1.magnitude) }
      for (one, other) in zip(ours.values, theirs.values) { #expect(abs(one - other) <= 3e-6 * largest) }
    }
  }

  /// Each step doubles the expression; it is cut before it is too large to write down.
  @Test func expressionsStaySmall() throws {
    let network = try network { builder in
      (0..<60).reduce("x") { last, _ in builder.node("Mul", [builder.node("Tanh", [last]), last]) }
    }
    for node in network.simplified().nodes {
      if case .map(.expression(let function)) = node.operation { #expect(function.size <= 256) }
    }
  }

  /// A graph from x, batch × 3, with constants c (3), d (4), half, axis and weights v, w (3 × 4).
  private func network(_ build: (inout ONNXBuilder) -> String) throws -> Network {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.initializer("axis", .integers([1]))
    builder.initializer("half", .floats([0.5], []))
    builder.initializer("c", .floats([1, -2, 3], [3]))
    builder.initializer("d", .floats([1, 2, -3, 4], [4]))
    for name in ["v", "w"] {
      builder.initializer(name, .floats((0..<12).map { Float($0 * 7 % 11) / 8 - (name == "v" ? 0.25 : 0.5) }, [3, 4]))
    }
    builder.node("Identity", [build(&builder)], ["y"])
    builder.output("y")
    return try importONNX(builder.bytes, file: "model")
  }

  /// Compares the operations of the simplified network, and its outputs with those of `network`.
  @discardableResult
  private func expectNodes(
    _ network: Network, _ operations: [String],
    _ samples: [FloatBatch] = [FloatBatch(count: 4, values: [0.5, -1, 2, 0.1, 0.2, 0.3, -3, 4, 0, 0, 0, 0])]
  ) throws -> Network {
    let simple = network.simplified()
    #expect(simple.nodes.map { String("\($0.operation)".prefix { $0.isLetter }) } == operations)
    for (ours, theirs) in zip(simple.run(samples), network.run(samples)) {
      for (one, other) in zip(ours.values, theirs.values) { #expect(abs(one - other) <= 1e-6 * max(1, abs(other))) }
    }
    return simple
  }
}
