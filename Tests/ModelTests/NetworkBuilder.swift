import Model

/// Assembles float networks node by node; arguments and results are values.
struct NetworkBuilder {
  var inputs: [NamedShape]
  var nodes: [Node] = []

  init(_ shapes: [Int]...) {
    inputs = shapes.enumerated().map { NamedShape(name: "x\($0)", shape: $1) }
  }

  func shape(_ value: Int) -> [Int] { value < inputs.count ? inputs[value].shape : nodes[value - inputs.count].shape }

  mutating func add(_ operation: Operation, _ operands: Int..., shape: [Int]) -> Int {
    nodes.append(Node(name: "n\(nodes.count)", operands: operands, operation: operation, shape: shape))
    return inputs.count + nodes.count - 1
  }

  private mutating func add(_ contraction: Contraction<Double>, _ operands: [Int], shape: [Int]) -> Int {
    nodes.append(Node(name: "n\(nodes.count)", operands: operands, operation: .contraction(contraction), shape: shape))
    return inputs.count + nodes.count - 1
  }

  mutating func sum(_ coefficients: [Double], _ operands: Int..., shape: [Int]) -> Int {
    add(.sum(of: operands.map { self.shape($0) }, coefficients, shape: shape), operands, shape: shape)
  }

  mutating func product(_ operands: Int..., shape: [Int]) -> Int {
    add(.product(of: operands.map { self.shape($0) }, 1, shape: shape), operands, shape: shape)
  }

  mutating func matrixProduct(_ operands: Int..., shape: [Int]) -> Int {
    add(.matrixProduct(operands.map { self.shape($0) }, shape: shape), operands, shape: shape)
  }

  mutating func joined(axis: Int, _ operands: Int..., shape: [Int]) -> Int {
    let shapes = operands.map { self.shape($0) }
    return add(.concatenation(of: shapes, operands.map { _ in 1 }, axis: axis, shape: shape), operands, shape: shape)
  }

  mutating func reduced(axes: [Int], factor: Double, _ operand: Int, shape: [Int]) -> Int {
    add(.sum(over: axes, of: self.shape(operand), factor, shape: shape), [operand], shape: shape)
  }

  /// A linear layer with weights in [−1, 1].
  mutating func linear(_ x: Int, _ outputCount: Int, seed: UInt64 = 1) -> Int {
    let shape = shape(x)
    let inputCount = shape[shape.count - 1]
    var random = SplitMix(state: seed)
    let weights = (0..<inputCount * outputCount).map { _ in Float.random(in: -1...1, using: &random) }
    let bias = (0..<outputCount).map { _ in Float.random(in: -1...1, using: &random) }
    let linear = Linear(inputCount: inputCount, outputCount: outputCount, weights: weights, bias: bias)
    return add(.linear(linear), x, shape: shape.dropLast() + [outputCount])
  }

  /// A convolution with weights in [−1, 1].
  mutating func convolution(
    _ x: Int, _ outputCount: Int, _ rows: WindowSide, _ columns: WindowSide, groups: Int = 1, seed: UInt64 = 1
  ) -> Int {
    let shape = shape(x)
    let window = Window(rows: rows, columns: columns)
    var random = SplitMix(state: seed)
    let count = outputCount * shape[0] / groups * window.tapCount
    let convolution = Convolution(
      window: window, groupCount: groups, inputCount: shape[0], outputCount: outputCount,
      weights: (0..<count).map { _ in Float.random(in: -1...1, using: &random) },
      bias: (0..<outputCount).map { _ in Float.random(in: -1...1, using: &random) })
    return add(.convolution(convolution), x, shape: slid(x, window, outputCount))
  }

  mutating func maximum(_ x: Int, _ rows: WindowSide, _ columns: WindowSide) -> Int {
    let window = Window(rows: rows, columns: columns)
    return add(.windowMaximum(window), x, shape: slid(x, window, shape(x)[0]))
  }

  mutating func mean(_ x: Int, _ rows: WindowSide, _ columns: WindowSide) -> Int {
    let window = Window(rows: rows, columns: columns)
    let slid = slid(x, window, shape(x)[0])
    return add(.contraction(.sum(of: window, 1 / Double(window.tapCount), shape: slid)), x, shape: slid)
  }

  private func slid(_ x: Int, _ window: Window, _ channels: Int) -> [Int] {
    let shape = shape(x)
    return [channels, window.rows.count(over: shape[1]), window.columns.count(over: shape[2])]
  }

  mutating func flattened(_ x: Int) -> Int { add(.reshape, x, shape: [shape(x).reduce(1, *)]) }

  mutating func apply(_ function: Pointwise, _ x: Int) -> Int { add(.pointwise(function), x, shape: shape(x)) }
  mutating func relu(_ x: Int) -> Int { apply(.function(.relu, .x), x) }

  /// Mutating, so that arguments are evaluated first.
  mutating func network(_ outputs: Int..., classes: Int? = nil) -> Network {
    Network(
      name: "network", inputs: inputs,
      outputs: outputs.enumerated().map { NetworkOutput(name: "y\($0)", value: $1, classCount: classes) }, nodes: nodes)
  }
}

extension Network {
  /// Random samples in [low, high], by input.
  func samples(_ count: Int, in range: ClosedRange<Double> = -1...1, seed: UInt64 = 3) -> [FloatBatch] {
    var random = SplitMix(state: seed)
    return inputs.map { input in
      FloatBatch(count: count, values: (0..<count * input.width).map { _ in Double.random(in: range, using: &random) })
    }
  }
}
