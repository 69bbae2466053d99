import Circuit
import Model
import TestSupport
import Testing

@Suite("Of trained numbers and calibration data the circuit shows no more than it says") struct PrivacyTests {
  /// Neighbours with more bits than a scale has, which tables of 14 bits tell apart. Calibrated scales of a pair may lie on
  /// both sides of a step of 8 bits, but not those of all.
  private static let pairs: [[Float]] = [[0.73145133, 0.73174447], [0.66618031, 0.66645413], [0.81230457, 0.81263219]]

  private static let fine: QuantizationOptions = {
    var options = QuantizationOptions()
    options.bits = 14
    return options
  }()

  private func compiled(
    _ network: Network, _ options: QuantizationOptions = QuantizationOptions(), low: Double = 0.5
  ) throws -> CompiledModel {
    let samples = network.samples(8, in: low...1.5)
    return try compile(network, Calibration(network, samples, source: "samples"), options)
  }

  // MARK: Norms of weights

  /// The weights of a layer of queries a little larger, and with them its norms and those of scores: scales have 8 significant bits, how far
  /// scores and what is behind norms can go has 5.
  @Test("norms of weights show by few bits only, behind norms and in scores")
  func normsShowByFewBits() throws {
    let fixture = TransformerFixture(name: "gpt2")
    let network = try fixture.network().simplified()
    let samples = try fixture.samples(network)
    let index = try #require(network.nodes.firstIndex { node in
      guard case .contraction(let sum) = node.operation, node.name.contains("attn") else { return false }
      return sum.constants.contains { $0.loops.count > 1 && $0.array == nil }
    })
    var circuits: [[UInt8]] = []
    let count = 24
    for step in 0..<count {
      var nodes = network.nodes
      guard case .contraction(var sum) = nodes[index].operation else { return }
      sum.constants[0].values = sum.constants[0].values.map { $0 * (1 + Float(step) * 0x1p-11) }
      nodes[index].operation = .contraction(sum)
      let changed = Network(name: "gpt2", inputs: network.inputs, outputs: network.outputs, nodes: nodes)
      let compiled = try compile(changed, Calibration(changed, samples, source: "samples"))
      let own = compiled.lowered.circuit.encoded
      if !circuits.contains(own) { circuits.append(own) }
    }
    print("norms of \(count) layers: \(circuits.count) circuits")
    #expect(circuits.count <= count / 2)
  }

  // MARK: Trained numbers

  @Test(
    "two networks that differ in one number have one circuit", arguments: TrainedNumberCase.all,
    TrainedNumberCase.End.allCases)
  func circuitIsTheSame(of graph: TrainedNumberCase, _ end: TrainedNumberCase.End) throws {
    var models: [CompiledModel] = []
    for pair in Self.pairs {
      models = try pair.map { try compiled(graph.network($0, end), Self.fine) }
      #expect(models[0].lowered.weights != models[1].lowered.weights)
      if models[0].lowered.circuit == models[1].lowered.circuit { break }
    }
    // Not compared inside the macro, which would print both.
    let isSame = models[0].lowered.circuit == models[1].lowered.circuit
    #expect(isSame)
    #expect(models[0].network.publicNumbers == [])
    let file = models[0].lowered.circuit.encoded
    let number = Self.pairs[0][0]
    let patterns = [bytes(of: number.bitPattern), bytes(of: Double(number).bitPattern), Array("\(number)".utf8)]
    #expect(!patterns.contains { file.firstRange(of: $0) != nil })
  }

  private func bytes(of word: some FixedWidthInteger) -> [UInt8] {
    (0..<word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }

  @Test(
    "a weight in place of a public number changes no result", arguments: TrainedNumberCase.all,
    TrainedNumberCase.End.allCases)
  func resultIsTheSame(of graph: TrainedNumberCase, _ end: TrainedNumberCase.End) throws {
    let networks = try [false, true].map { try graph.network(Self.pairs[0][0], end, publish: $0) }
    let samples = networks[0].samples(4, in: 0.5...1.5)
    let outputs = networks.map { $0.run(samples)[0].values }
    for (one, other) in zip(outputs[0], outputs[1]) { #expect(abs(one - other) < 1e-5 * max(1, abs(other))) }
    let largest = outputs[0].reduce(1) { max($0, abs($1)) }
    #expect(try compiled(networks[0]).comparison.largestError < 0.06 * largest)
  }

  /// The test above can fail.
  @Test(
    "a published number is in the circuit, and the report says so",
    arguments: ["Mul, []", "Add, [1]", "Div, [1, 1, 1] first", "Max, []", "PRelu, []", "Constant, float", "Exp of a constant"])
  func published(name: String) throws {
    let graph = try #require(TrainedNumberCase.all.first { $0.name == name })
    var models: [CompiledModel] = []
    for pair in Self.pairs {
      models = try pair.map { try compiled(graph.network($0, .function, publish: true), Self.fine) }
      let differs = models[0].lowered.circuit != models[1].lowered.circuit
      #expect(differs)
    }
    let shown = models.map(\.network.publicNumbers)
    #expect(shown[0].count == 1 && shown[0][0].sources == ["c"] && shown[0][0].use == .published)
    #expect(shown[0][0].values != shown[1][0].values)
    let report = PrivacyReport(models[0].lowered.circuit, published: shown[0])
    #expect(report.entries.contains { $0.kind == .trained && $0.numbers == shown[0][0].values.map { .real($0) } })
  }

  @Test("what follows a trained scale or slope is as a network has it: ReZero, Swish with a trained β")
  func trainedScalars() throws {
    let networks = try Self.pairs[0].map { number in
      var builder = ONNXBuilder()
      builder.input("x", [nil, 6])
      builder.initializer("w", .floats((0..<36).map { Float($0 * 7 % 36 - 17) / 32 }, [6, 6]))
      builder.initializer("alpha", .floats([number], [1]))
      builder.initializer("beta", .floats([number], []))
      let hidden = builder.node("MatMul", ["x", "w"])
      let swish = builder.node("Mul", [hidden, builder.node("Sigmoid", [builder.node("Mul", [hidden, "beta"])])])
      builder.node("Add", ["x", builder.node("Mul", [builder.node("MatMul", [swish, "w"]), "alpha"])], ["y"])
      builder.output("y")
      return try importONNX(builder.bytes, file: "model").simplified()
    }
    let models = try networks.map { try compiled($0) }
    let isSame = models[0].lowered.circuit == models[1].lowered.circuit
    #expect(isSame)
    #expect(models[0].lowered.weights != models[1].lowered.weights)
    #expect(models[0].comparison.largestError < 0.05)
  }

  @Test("shifts before a padded convolution are not looked at") func shiftsOfZero() throws {
    func nodeCount(_ operation: String, shift: Float, padding: Int) throws -> Int {
      var builder = ONNXBuilder()
      builder.input("x", [nil, 2, 3, 3])
      builder.initializer("scale", .floats([0.73145133, 1.3], [2]))
      for name in ["mean", "shift"] { builder.initializer(name, .floats([name == "mean" ? 0 : shift, 0], [2])) }
      builder.initializer("variance", .floats([1, 1], [2]))
      builder.initializer("short", .floats([0.5], []))
      builder.initializer("w", .floats((0..<36).map { Float($0 * 7 % 36 - 17) / 32 }, [2, 2, 3, 3]))
      let before = builder.node(operation, operation == "Mul" ? ["x", "short"] : ["x", "scale", "shift", "mean", "variance"])
      builder.node("Conv", [before, "w"], ["y"], ["pads": .integers(Array(repeating: padding, count: 4))])
      builder.output("y")
      return try importONNX(builder.bytes, file: "model").simplified().nodes.count
    }
    for shift: Float in [0, 0.5] {
      #expect(try nodeCount("BatchNormalization", shift: shift, padding: 1) == 2)
      #expect(try nodeCount("BatchNormalization", shift: shift, padding: 0) == 1)
    }
    #expect(try nodeCount("Mul", shift: 0, padding: 1) == 1, "a public number")
  }

  @Test("numbers that can be no weight are all refused at once, and each can be published") func refusals() throws {
    func network(_ publish: Set<String>) throws -> Network {
      var builder = ONNXBuilder()
      builder.input("x", [nil, 3])
      builder.initializer("p", .floats([2.7182817], []))
      builder.initializer("q", .floats([1.2345678], [1]))
      builder.initializer("two", .floats([2], []))
      let last = builder.node("Pow", [builder.node("Pow", [builder.node("Pow", ["x", "p"]), "two"]), "q"])
      builder.node("Identity", [last], ["y"])
      builder.output("y")
      return try importONNX(builder.bytes, publish: publish, file: "model")
    }
    func reason(_ name: String) -> String {
      "its exponent '\(name)' may be trained and would be public; --publish \(name) allows that"
    }
    let (p, q) = ("pow1 (Pow): \(reason("p"))", "pow3 (Pow): \(reason("q"))")
    #expect(errorDescription { _ = try network([]) } == "model: 2 unsupported nodes: \(p); \(q)")
    #expect(errorDescription { _ = try network(["p"]) } == "model: 1 unsupported node: \(q)")
    #expect(try network(["p", "q"]).publicNumbers.map(\.sources) == [["p"], ["q"]])
    let unknown = errorDescription { _ = try network(["r"]) }
    #expect(unknown == "model: it has no constant 'r' to publish; it has [\"p\", \"q\", \"two\"]")
  }

  @Test("numbers that tell nothing stay numbers", arguments: [
    0, 1, -0.5, 3, 6, 255, 1 / 255, 1 / 6, 0.1, 0.2, 1e-5, 1e-12, 2.5e-3, 0.044715, 1.702, 0.7978846, 1.4142135, 0.70710677,
    0.125, 1 / 5.656854, 11.313708, 0.3535534, 0.59460354,
  ] as [Float])
  func conventional(number: Float) throws { #expect(try isPublic(.floats([number], []))) }

  @Test("trained numbers do not", arguments: [0.73145133, 1.4142537, -0.1307, 1000.5, 257, 0.0999, 3.1415927] as [Float])
  func trained(number: Float) throws { #expect(try !isPublic(.floats([number], []))) }

  @Test("halves are compared as halves") func halves() throws {
    for number: Float in [1e-5, 0.1, 0.044715, 0.70710677] { #expect(try isPublic(.halves([number], []))) }
    for number: Float in [0.731, 0.0987] { #expect(try !isPublic(.halves([number], []))) }
  }

  /// A half has few bits: were all near a pattern exempt, most would be.
  @Test("few halves are exempt but for those of 8 bits") func fewHalves() throws {
    let all = (0..<UInt16(0x7c00)).map { Float(Float16(bitPattern: $0)) }.filter { (0.125...8).contains($0) }
    #expect(all.count == 6 * 1024 + 1)
    let long = all.filter { $0.significandWidth >= 8 }
    let exempt = try long.filter { try isPublic(.halves([$0], [])) }
    #expect(long.count == 7 * all.count / 8 && (100..<3 * all.count / 100).contains(exempt.count), "\(exempt.count)")
    for number: Float in [1 / 255, 1 / 6, 1 / 3, 0.1, 0.01, 0.17677669, 0.3535534, 8.944272] {
      #expect(try isPublic(.halves([number], [])), "\(number)")
    }
  }

  @Test("roots of what is no size of a head are no pattern", arguments: [3, 7, 384, 511] as [Float])
  func otherRoots(size: Float) throws { #expect(try !isPublic(.floats([size.squareRoot()], []))) }

  @Test("numbers computed from short ones are judged by themselves", arguments: [true, false]) func computed(isLong: Bool) throws {
    func network(_ build: (inout ONNXBuilder) -> String, _ publish: Set<String> = []) throws -> Network {
      var builder = ONNXBuilder()
      builder.input("x", [nil, 3])
      builder.initializer("a", .floats([isLong ? 181 / 256 : 0.5], []))
      builder.initializer("b", .floats([isLong ? 199 / 256 : 3], []))
      builder.initializer("both", .floats([isLong ? 181 / 256 : 0.5, isLong ? 199 / 256 : 0.5], [2]))
      builder.initializer("integer", .narrow([Int8(isLong ? 93 : 64)], []))
      builder.initializer("s", .floats([0.73145133], []))
      builder.initializer("step", .floats([isLong ? 0.0079 : 0.01], []))
      for index in 0..<2 { builder.initializer("\(index)", .integers([index], [])) }
      builder.node("Identity", [build(&builder)], ["c"])
      builder.node("Tanh", [builder.node("Mul", ["x", "c"])], ["y"])
      builder.output("y")
      return try importONNX(builder.bytes, publish: publish, file: "model")
    }
    let builds: [(inout ONNXBuilder) -> String] = [
      { $0.node("Mul", ["a", "b"], ["made"]) }, { $0.node("DequantizeLinear", ["integer", "step"], ["made"]) },
      { $0.node("Mul", [$0.node("Gather", ["both", "0"]), $0.node("Gather", ["both", "1"])], ["made"]) },
      { $0.node("LeakyRelu", [$0.node("Neg", ["a"])], ["made"], ["alpha": .float(isLong ? 199 / 256 : 0.5)]) },
    ]
    for (index, build) in builds.enumerated() {
      #expect(try (network(build).parameterCount > 0) == isLong, "\(index)")
      let published = try network(build, ["made"])
      #expect(published.parameterCount == 0 && published.publicNumbers.map(\.sources) == (isLong ? [["made"]] : []), "\(index)")
    }
    // What is published says nothing of what it is combined with.
    let mixed: (inout ONNXBuilder) -> String = { $0.node("Add", [$0.node("Mul", ["s", "a"]), "b"], ["made"]) }
    #expect(try network(mixed, ["s"]).parameterCount > 0)
    #expect(try network(mixed, ["s", "made"]).publicNumbers.map(\.sources) == [["made", "s"]])
  }

  /// What one short number or a shape gives says no more than that.
  @Test("functions of one short number, and of sizes, stay numbers") func functions() throws {
    for size in [64, 384] {
      var builder = ONNXBuilder()
      builder.input("x", [nil, size])
      builder.initializer("one", .floats([1], []))
      builder.initializer("axis", .integers([1], []))
      let width = builder.node("Cast", [builder.node("Gather", [builder.node("Shape", ["x"]), "axis"])], [], ["to": .integer(1)])
      let scale = builder.node("Div", ["one", builder.node("Sqrt", [width])])
      builder.initializer("c", .floats([181 / 256], []))
      let product = builder.node("Mul", [builder.node("Mul", ["x", scale]), builder.node("Exp", ["c"])])
      builder.node("Tanh", [product], ["y"])
      builder.output("y")
      #expect(try importONNX(builder.bytes, file: "model").parameterCount == 0)
    }
  }

  @Test("attributes of functions are reported", arguments: ["LeakyRelu", "Elu", "Celu", "Selu", "HardSigmoid", "Clip"])
  func attributes(operation: String) throws {
    func report(_ number: Float) throws -> PrivacyReport {
      var builder = ONNXBuilder(operatorSet: 10)
      builder.input("x", [nil, 3])
      let names: [String] = operation == "Clip" ? ["min", "max"] : operation == "HardSigmoid" ? ["alpha", "beta"] : ["alpha"]
      let numbers = operation == "Clip" ? [-number, 6] : [number, 0.25]
      let attributes = zip(names, numbers).map { ($0, ONNXBuilder.Attribute.float($1)) }
      builder.node("Identity", [builder.node(operation, ["x"], [], list: attributes)], ["y"])
      builder.output("y")
      let network = try importONNX(builder.bytes, file: "model").simplified()
      let report = PrivacyReport(try compiled(network).lowered.circuit, published: network.publicNumbers)
      let own = report.entries.filter { $0.kind == .trained }
      #expect(own.map(\.numbers) == [zip(names, numbers).map { PrivacyReport.Number.real(Double($1)) }], "\(operation)")
      #expect(own[0].name.hasPrefix(names.joined(separator: ", ") + " in ") && own[0].name.hasSuffix(": attributes"))
      return report
    }
    #expect(try report(0.73145133) != report(0.73145139))
    #expect(try importONNX(ofDefault("LeakyRelu"), file: "model").publicNumbers == [])
  }

  private func ofDefault(_ operation: String) -> [UInt8] {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.node(operation, ["x"], ["y"])
    builder.output("y")
    return builder.bytes
  }

  private func isPublic(_ number: ONNXBuilder.Tensor) throws -> Bool {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.initializer("c", number)
    builder.node("Tanh", [builder.node("Add", ["x", "c"])], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.publicNumbers == [])
    return network.parameterCount == 0
  }

  @Test("bounds of a Clip and the quantization that a file prescribes stay public, and the report lists them")
  func exempt() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.initializer("low", .floats([-0.7314513], []))
    builder.initializer("scale", .floats([0.0123457], []))
    let clipped = builder.node("Clip", ["x", "low"])
    builder.node("DequantizeLinear", [builder.node("QuantizeLinear", [clipped, "scale"]), "scale"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model").simplified()
    #expect(network.publicNumbers.map(\.use) == [.bounds, .quantization])
    #expect(network.publicNumbers.map(\.sources) == [["low"], ["scale"]])
    #expect(network.publicNumbers[0].values == [Double(Float(-0.7314513))])
  }

  // MARK: Weights and calibration data

  @Test("norms of weights show by their power of two only, also where classes are compared", arguments: [nil, 1, 2])
  func norms(classes: Int?) throws {
    let circuits = try (0..<2).map { seed in
      var b = NetworkBuilder([6])
      var random = SplitMix(state: UInt64(seed))
      let weights = (0..<30).map { $0 == 0 ? 0.9 : Float.random(in: 0.3...0.5, using: &random) }
      let bias = (0..<5).map { _ in Float.random(in: 0...1, using: &random) }
      let y = b.linear(0, weights, bias)
      let network = b.network(y, classes: classes)
      let calibration = try Calibration(network, network.samples(4, in: 0...1), inputScales: [1 / 128], source: "samples")
      return try compile(network, calibration).lowered.circuit
    }
    #expect(circuits[0] == circuits[1])
  }

  @Test("every scale that calibration data give has 8 significant bits and lets nothing saturate") func scales() throws {
    for folder in CircuitFolder.all {
      let compiled = try folder.compiled()
      for column in compiled.lowered.circuit.columns where column.kind != .public || folder.inputScale == nil {
        #expect(column.scale.significandWidth < 8, "\(folder) \(column.name)")
      }
      if let scale = folder.inputScale { #expect(compiled.integers.inputs.map(\.scale) == [scale]) }
    }
    var b = NetworkBuilder([1])
    let network = b.network(b.apply(.function(.sigmoid, .x), 0))
    var random = SplitMix(state: 9)
    for _ in 0..<200 {
      let largest = Double.random(in: 1e-6...1e6, using: &random)
      let calibration = try Calibration(network, [FloatBatch(count: 2, values: [0, largest])], source: "samples")
      let scale = try quantize(network, calibration).inputs[0].scale
      #expect(scale.significandWidth < 8 && largest / 255 <= scale && scale < largest / 255 * (1 + 1 / 128.0))
    }
  }

  // MARK: Report

  @Test("all that differs between circuits of other weights and data is reported") func reportIsComplete() throws {
    let models = try (0..<2).map { seed in
      var b = NetworkBuilder([2, 4, 4])
      let side = WindowSide(size: 2)
      let hidden = b.apply(.function(.tanh, .x), b.convolution(0, 3, side, side, seed: UInt64(seed) + 3))
      let pooled = b.flattened(b.mean(hidden, side, side))
      let sum = b.sum([1, 0.5], b.relu(b.linear(pooled, 12, seed: UInt64(seed) + 5)), pooled, shape: [12])
      return try compiled(b.network(b.linear(sum, 4, seed: UInt64(seed) + 7)), low: seed == 0 ? 0.5 : -0.5)
    }
    let circuits = models.map(\.lowered.circuit)
    #expect(circuits[0] != circuits[1])
    let blank = circuits.map { blanked($0, PrivacyReport.Kind.allCases) }
    #expect(blank[0] == blank[1])
    for kind in [PrivacyReport.Kind.scale, .range, .shift, .coefficient, .table] {
      let rest = PrivacyReport.Kind.allCases.filter { $0 != kind }
      let others = circuits.map { blanked($0, rest) }
      #expect(others[0] != others[1], "\(kind) matters")
    }
  }

  /// A circuit without what the report lists of some kinds; tables' names have their numbers.
  private func blanked(_ circuit: ArithmeticCircuit, _ kinds: [PrivacyReport.Kind]) -> ArithmeticCircuit {
    var blank = circuit
    for entry in PrivacyReport(circuit).entries where kinds.contains(entry.kind) {
      let columns = circuit.columns.indices.filter { circuit.columns[$0].name == entry.name }
      switch entry.kind {
      case .scale: for index in columns { blank.columns[index].scale = 1 }
      case .range, .width: for index in columns { (blank.columns[index].lower, blank.columns[index].upper) = (0, 0) }
      case .shift:
        for index in circuit.lookups.indices where columns.contains(circuit.lookups[index].forms.last?.parts.last?.column ?? -1) {
          blank.lookups[index].forms[0] = AffineForm(shift: 0, parts: [])
        }
      case .coefficient:
        for index in circuit.contractions.indices where columns.contains(circuit.contractions[index].output) {
          for term in circuit.contractions[index].terms.indices { blank.contractions[index].terms[term].coefficient = 1 }
        }
      case .table:
        for index in circuit.tables.indices where circuit.tables[index].name == entry.name {
          blank.tables[index] = Table(name: "", content: .range(lower: 0, bits: 0))
        }
      case .constant: for index in columns { blank.columns[index].values = [] }
      case .trained: break
      }
    }
    return blank
  }

  @Test("an anonymous circuit has no names but those of numbered ports, and proves the same") func anonymous() throws {
    let model = try CircuitFolder.lenet.compiled()
    let anonymous = model.lowered.anonymous()
    #expect(PrivacyReport(anonymous.circuit).names == ["input0", "output0"])
    #expect(PrivacyReport(model.lowered.circuit).names.count > 20)
    try anonymous.circuit.validate()
    #expect(anonymous.weights == model.lowered.weights)
    #expect(anonymous.circuit.isAnonymous && !model.lowered.circuit.isAnonymous)
    let bytes = anonymous.circuit.encoded
    for name in PrivacyReport(model.lowered.circuit).names where name.utf8.count > 3 && name != "input" {
      #expect(bytes.firstRange(of: Array(name.utf8)) == nil, "\(name)")
    }
  }
}
