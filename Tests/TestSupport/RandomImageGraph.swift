/// Makes random convolutional graphs: windows of every kind over lines and images, with residuals, branches and dense layers
/// behind them, the rarest uses first.
package struct RandomImageGraphGenerator: GraphGenerator {
  private typealias Value = (name: String, shape: [Int])

  private var counts: [RandomGraph.Use: Int] = [:]
  private var random: RepeatableRandom
  private var graph = RandomGraph.Builder()

  package init(seed: UInt64) { random = RepeatableRandom(seed: seed) }

  package static let operations = [
    "Conv", "Conv of groups", "Conv of depth", "Conv of points", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool",
    "GlobalMaxPool", "ReduceMean", "ReduceMax", "BatchNormalization", "Relu", "Clip", "HardSwish", "LeakyRelu", "PRelu",
    "Add", "Excitation", "Concat", "Split", "Pad", "Resize", "Flatten and Gemm",
  ]

  package mutating func next() -> RandomGraph {
    graph = RandomGraph.Builder()
    let shape = randomShape()
    var values: [Value] = [(graph.input(shape), shape)]
    var hasWeights: Set<String> = []
    for _ in 0..<Int.random(in: 2...5, using: &random) {
      let operand = Int.random(in: 0..<4, using: &random) == 0 ? values.randomElement(using: &random) : values.last
      guard let x = operand else { continue }
      let candidates = Self.operations.dropLast().filter { isPossible($0, x.shape) }.shuffled(using: &random)
      guard let operation = candidates.min(by: { count($0, x.shape) < count($1, x.shape) }) else { continue }
      note(operation, x.shape)
      let result = apply(operation, x, values)
      if hasWeights.contains(x.name) || operation.hasPrefix("Conv") { hasWeights.insert(result.name) }
      values.append(result)
    }
    var last = values[values.count - 1]
    // Nothing is committed to without a layer of weights.
    if !hasWeights.contains(last.name) || Int.random(in: 0..<4, using: &random) > 0 {
      note("Flatten and Gemm", last.shape)
      last = dense(last)
    }
    graph.output(last.name, last.shape)
    let others = values.dropFirst().filter { $0.name != last.name }
    if Int.random(in: 0..<4, using: &random) == 0, let other = others.randomElement(using: &random) {
      graph.output(other.name, other.shape)
    }
    return graph.finished()
  }

  private func use(_ operation: String, _ shape: [Int]) -> RandomGraph.Use {
    RandomGraph.Use(operation: operation, shape: .init(image: shape))
  }

  private func count(_ operation: String, _ shape: [Int]) -> Int { counts[use(operation, shape), default: 0] }

  private mutating func note(_ operation: String, _ shape: [Int]) {
    counts[use(operation, shape), default: 0] += 1
    graph.uses.append(use(operation, shape))
  }

  // MARK: Choices

  private mutating func randomShape() -> [Int] {
    let channels = Int.random(in: 1...6, using: &random)
    let (rows, columns) = (Int.random(in: 3...7, using: &random), Int.random(in: 3...7, using: &random))
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return [channels, Int.random(in: 3...12, using: &random)]
    case 1: return [channels] + (0..<2).map { _ in [2, 4, 8].randomElement(using: &random) ?? 4 }
    case 2: return Bool.random(using: &random) ? [channels, 1, columns] : [channels, rows, 1]
    case _: return [channels, rows, columns]
    }
  }

  private func isPossible(_ operation: String, _ shape: [Int]) -> Bool {
    switch operation {
    case "Conv of groups", "Split": shape[0] > 1
    case "ReduceMean", "ReduceMax": shape.count == 3
    case "Resize": shape.reduce(1, *) <= 100
    case "ConvTranspose": shape.reduce(1, *) <= 60
    case _: shape.reduce(1, *) <= 400
    }
  }

  private mutating func constants(_ shape: [Int], in range: ClosedRange<Float>) -> String {
    let values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: range, using: &random) }
    return graph.initializer(.floats(values, shape))
  }

  private mutating func element(_ choices: [Int]) -> Int { choices.randomElement(using: &random) ?? 1 }

  /// Windows over axes of these lengths that all have an element.
  private mutating func windows(
    _ lengths: [Int], isPool: Bool
  ) -> (kernel: [Int], sizes: [Int], attributes: [(String, ONNXBuilder.Attribute)]) {
    var (kernel, strides, dilations) = ([Int](), [Int](), [Int]())
    var (before, after, sizes) = ([Int](), [Int](), [Int]())
    for length in lengths {
      let size = element([1, 2, 2, 3, 3])
      let dilation = isPool ? 1 : element([1, 1, 2])
      let pads = (0..<2).map { _ in Int.random(in: 0...size - 1, using: &random) }
      let reach = dilation * (size - 1) + 1
      let isTooLong = length + pads[0] + pads[1] < reach
      kernel.append(isTooLong ? 1 : size)
      dilations.append(isTooLong ? 1 : dilation)
      strides.append(element([1, 1, 2, 3]))
      before.append(isTooLong ? 0 : pads[0])
      after.append(isTooLong ? 0 : pads[1])
      let room = isTooLong ? length - 1 : length + pads[0] + pads[1] - reach
      sizes.append(room / strides[strides.count - 1] + 1)
    }
    var attributes: [(String, ONNXBuilder.Attribute)] = [
      ("kernel_shape", .integers(kernel)), ("strides", .integers(strides)), ("pads", .integers(before + after)),
    ]
    if !isPool { attributes.append(("dilations", .integers(dilations))) }
    return (kernel, sizes, attributes)
  }

  // MARK: Operators

  private mutating func apply(_ operation: String, _ x: Value, _ values: [Value]) -> Value {
    let shape = x.shape
    let channels = shape[0]
    func same(_ name: String) -> Value { (name, shape) }
    switch operation {
    case "Conv": return convolution(x, outputs: element([1, 2, 3, 5, 8]), groups: 1)
    case "Conv of groups":
      let groups = (2...channels).first { channels % $0 == 0 } ?? channels
      return convolution(x, outputs: groups * element([1, 2, 3]), groups: groups)
    case "Conv of depth": return convolution(x, outputs: channels, groups: channels)
    case "Conv of points":
      let outputs = element([1, 3, 4, 6])
      let weights = constants([outputs, channels] + shape.dropFirst().map { _ in 1 }, in: -0.8...0.8)
      return (graph.node("Conv", [x.name, weights]), [outputs] + shape.dropFirst())
    case "ConvTranspose":
      let groups = element((1...channels).filter { channels % $0 == 0 })
      return transposedConvolution(x, outputs: groups * element([1, 2, 3]), groups: groups)
    case "MaxPool", "AveragePool":
      var (_, sizes, attributes) = windows(Array(shape.dropFirst()), isPool: true)
      if operation == "AveragePool" { attributes.append(("count_include_pad", .integer(element([0, 1])))) }
      return (graph.node(operation, [x.name], list: attributes), [channels] + sizes)
    case "GlobalAveragePool", "GlobalMaxPool":
      return (graph.node(operation, [x.name]), [channels] + shape.dropFirst().map { _ in 1 })
    case "ReduceMean", "ReduceMax":
      let axis = Int.random(in: 0..<3, using: &random)
      var sizes = shape
      sizes[axis] = 1
      return (graph.node(operation, [x.name], ["axes": .integers([axis + 1])]), sizes)
    case "BatchNormalization":
      let names = [0.5...1.5, -0.5...0.5, -0.5...0.5, 0.5...2].map { constants([channels], in: $0) }
      return same(graph.node(operation, [x.name] + names, ["epsilon": .float(1e-3)]))
    case "Clip":
      return same(graph.node(operation, [x.name, constants([], in: -0.8...0), constants([], in: 0.2...0.8)]))
    case "LeakyRelu": return same(graph.node(operation, [x.name], ["alpha": .float(0.3)]))
    case "PRelu":
      let slopes = constants([channels] + shape.dropFirst().map { _ in 1 }, in: -0.5...0.5)
      return same(graph.node(operation, [x.name, slopes]))
    case "Pad":
      let pads = shape.indices.map { axis in (0..<2).map { _ in axis == 0 ? 0 : Int.random(in: 0...2, using: &random) } }
      let list = [0] + pads.map { $0[0] } + [0] + pads.map { $0[1] }
      return (
        graph.node(operation, [x.name, graph.initializer(.integers(list))]), zip(shape, pads).map { $0 + $1[0] + $1[1] }
      )
    case "Resize":
      let scales = [1, 1] + shape.dropFirst().map { _ in Float(element([1, 2])) }
      let result = graph.node(operation, [x.name, "", graph.initializer(.floats(scales, [scales.count]))])
      return (result, zip(shape, scales.dropFirst()).map { $0 * Int($1) })
    case "Add":
      let others = values.filter { $0.shape == shape }
      return same(graph.node(operation, [x.name, others.randomElement(using: &random)?.name ?? x.name]))
    case "Excitation":
      let mean = graph.node("GlobalAveragePool", [x.name])
      let weights = constants([channels, channels] + shape.dropFirst().map { _ in 1 }, in: -1...1)
      let gate = graph.node("Sigmoid", [graph.node("Conv", [mean, weights])])
      return same(graph.node("Mul", [x.name, gate]))
    case "Concat":
      let others = values.filter { $0.shape.dropFirst() == shape.dropFirst() && $0.shape[0] > 1 }
      guard channels > 1, let other = others.randomElement(using: &random) else {
        return same(graph.node("Relu", [x.name]))
      }
      return (
        graph.node("Concat", [x.name, other.name], ["axis": .integer(1)]), [channels + other.shape[0]] + shape.dropFirst()
      )
    case "Split":
      let first = Int.random(in: 1..<channels, using: &random)
      let sizes = graph.initializer(.integers([first, channels - first]))
      let names = graph.nodes("Split", [x.name, sizes], count: 2, ["axis": .integer(1)])
      return (names[1], [channels - first] + shape.dropFirst())
    case _: return same(graph.node(operation, [x.name]))
    }
  }

  private mutating func convolution(_ x: Value, outputs: Int, groups: Int) -> Value {
    var (kernel, sizes, attributes) = windows(Array(x.shape.dropFirst()), isPool: false)
    let inputs = x.shape[0] / groups
    let size = 1.5 / Float(inputs * kernel.reduce(1, *)).squareRoot()
    var operands = [x.name, constants([outputs, inputs] + kernel, in: -size...size)]
    if Bool.random(using: &random) { operands.append(constants([outputs], in: -0.5...0.5)) }
    attributes.append(("group", .integer(groups)))
    return (graph.node("Conv", operands, list: attributes), [outputs] + sizes)
  }

  private mutating func transposedConvolution(_ x: Value, outputs: Int, groups: Int) -> Value {
    let lengths = x.shape.dropFirst()
    let strides = lengths.map { _ in element([1, 2, 2, 3]) }
    let dilations = lengths.map { _ in element([1, 1, 2]) }
    let kernel = lengths.map { _ in element([1, 2, 3]) }
    let additions = strides.map { Int.random(in: 0..<$0, using: &random) }
    let reaches = zip(dilations, kernel).map { $0 * ($1 - 1) + 1 }
    let pads = (reaches + reaches).map { Int.random(in: 0...($0 - 1) / 2, using: &random) }
    let sizes = lengths.enumerated().map { axis, length in
      strides[axis] * (length - 1) + reaches[axis] + additions[axis] - pads[axis] - pads[axis + lengths.count]
    }
    let inputs = x.shape[0]
    let size = 1.5 / Float(inputs / groups * kernel.reduce(1, *)).squareRoot()
    let operands = [
      x.name, constants([inputs, outputs / groups] + kernel, in: -size...size), constants([outputs], in: -0.5...0.5),
    ]
    let attributes: [(String, ONNXBuilder.Attribute)] = [
      ("strides", .integers(strides)), ("dilations", .integers(dilations)), ("pads", .integers(pads)),
      ("output_padding", .integers(additions)), ("group", .integer(groups)),
    ]
    return (graph.node("ConvTranspose", operands, list: attributes), [outputs] + sizes)
  }

  private mutating func dense(_ x: Value) -> Value {
    let count = x.shape.reduce(1, *)
    let size = 1.5 / Float(count).squareRoot()
    let flat = graph.node("Flatten", [x.name])
    let outputs = element([2, 3, 5])
    return (graph.node("Gemm", [flat, constants([count, outputs], in: -size...size)]), [outputs])
  }
}
