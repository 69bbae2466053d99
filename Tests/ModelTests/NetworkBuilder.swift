import Model

/// Assembles float networks node by node; arguments and results are values.
struct NetworkBuilder {
  var inputs: [NamedShape]
  var nodes: [Node<Double>] = []

  init(_ shapes: [Int]...) {
    inputs = shapes.enumerated().map { NamedShape(name: "x\($0)", shape: $1) }
  }

  func shape(_ value: Int) -> [Int] { value < inputs.count ? inputs[value].shape : nodes[value - inputs.count].shape }

  mutating func add(_ operation: Operation<Double>, _ operands: Int..., shape: [Int]) -> Int {
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
    let leading = Array(shape.indices.dropLast(2))
    let axes = [leading + [-3, -1], leading + [-1, -2]]
    let factors = zip(axes, operands).map { NamedFactor<Double>(axes: $0, shape: self.shape($1)) }
    return add(Contraction.product(factors, result: leading + [-3, -2])!.0, operands, shape: shape)
  }

  mutating func joined(axis: Int, _ operands: Int..., shape: [Int]) -> Int {
    let shapes = operands.map { self.shape($0) }
    return add(.concatenation(of: shapes, operands.map { _ in 1 }, axis: axis, shape: shape), operands, shape: shape)
  }

  mutating func reduced(axes: [Int], factor: Double, _ operand: Int, shape: [Int]) -> Int {
    add(.sum(over: axes, of: self.shape(operand), factor), [operand], shape: shape)
  }

  /// A linear layer with weights in [−1, 1].
  mutating func linear(_ x: Int, _ outputCount: Int, seed: UInt64 = 1) -> Int {
    let shape = shape(x)
    let inputCount = shape[shape.count - 1]
    var random = SplitMix(state: seed)
    let weights = (0..<inputCount * outputCount).map { _ in Float.random(in: -1...1, using: &random) }
    let bias = (0..<outputCount).map { _ in Float.random(in: -1...1, using: &random) }
    return linear(x, weights, bias)
  }

  mutating func linear(_ x: Int, _ weights: [Float], _ bias: [Float], isPublic: Bool = false) -> Int {
    let axis = shape(x).count - 1
    let linear = Contraction<Double>.linear(
      shape(x), axis: axis, outputCount: bias.count, weights, bias: bias, isPublic: isPublic)
    return add(linear, [x], shape: linear.loops.dropLast())
  }

  mutating func affine(_ x: Int, _ own: [Int], scale: [Float]?, shift: [Float]?) -> Int {
    add(.affine(own, scale: scale, shift: shift, shape(x)), [x], shape: shape(x))
  }

  mutating func transposed(_ x: Int, _ order: [Int]) -> Int {
    add(.transposition(of: shape(x), order: order), [x], shape: order.map { shape(x)[$0] })
  }

  mutating func sliced(_ x: Int, axis: Int, start: Int, stride: Int = 1, count: Int) -> Int {
    let slice = Contraction<Double>.slice(of: shape(x), axis: axis, start: start, stride: stride, count: count)
    return add(slice, [x], shape: slice.loops)
  }

  mutating func quantized(_ x: Int, scale: Double, _ range: ClosedRange<Int64>) -> Int {
    add(.map(.quantize(Quantum(scale: scale, range: range))), x, shape: shape(x))
  }

  /// A convolution with weights in [−1, 1].
  mutating func convolution(
    _ x: Int, _ outputCount: Int, _ rows: WindowSide, _ columns: WindowSide, groups: Int = 1, seed: UInt64 = 1
  ) -> Int {
    let shape = shape(x)
    let (sides, channels) = ([rows, columns], shape[0] / groups)
    var random = SplitMix(state: seed)
    let weights = (0..<outputCount * channels * rows.size * columns.size).map { _ in Float.random(in: -1...1, using: &random) }
    let bias = (0..<outputCount).map { _ in Float.random(in: -1...1, using: &random) }
    let slid = slid(x, sides, outputCount)
    guard groups > 1 else {
      return add(.convolution(sides, channels: channels, slid, weights, bias: bias), [x], shape: slid)
    }
    let grouped = [groups, outputCount / groups] + slid.dropFirst()
    let parts = add(.reshape, x, shape: [groups, channels] + shape.dropFirst())
    let result = add(.convolution(sides, channels: channels, grouped, weights, bias: bias), [parts], shape: grouped)
    return add(.reshape, result, shape: slid)
  }

  mutating func maximum(_ x: Int, _ rows: WindowSide, _ columns: WindowSide) -> Int {
    let slid = slid(x, [rows, columns], shape(x)[0])
    return add(.maximum(Maximum(of: [rows, columns], shape: slid)), x, shape: slid)
  }

  mutating func mean(_ x: Int, _ rows: WindowSide, _ columns: WindowSide) -> Int {
    let slid = slid(x, [rows, columns], shape(x)[0])
    return add(.sum(of: [rows, columns], 1 / Double(rows.size * columns.size), shape: slid), [x], shape: slid)
  }

  private func slid(_ x: Int, _ sides: [WindowSide], _ channels: Int) -> [Int] {
    [channels] + zip(sides, shape(x).dropFirst()).map { $0.count(over: $1) }
  }

  mutating func flattened(_ x: Int) -> Int { add(.reshape, x, shape: [shape(x).reduce(1, *)]) }

  mutating func apply(_ function: Pointwise, _ x: Int) -> Int { add(.map(.expression(function)), x, shape: shape(x)) }
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

extension Contraction {
  /// Axis i of the result is axis `order[i]` of the operand.
  static func transposition(of source: [Int], order: [Int]) -> Contraction {
    view(order.map { source[$0] }, source.indices.map { Index(order.firstIndex(of: $0)) })
  }

  /// The indices start + stride·i along one axis, i below `count`. The stride may be negative.
  static func slice(of source: [Int], axis: Int, start: Int, stride: Int, count: Int) -> Contraction {
    var shape = source
    shape[axis] = count
    return view(shape, source.indices.map { $0 == axis ? Index($0, start: start, stride: stride) : Index($0) })
  }
}
