/// How one operator becomes a part of a random graph.
struct OperatorRecipe: Sendable {
  typealias Value = RandomGraph.Value
  typealias Fits = @Sendable (_ shape: [Int]) -> Bool

  /// The operator with its domain; a word behind it tells several recipes of it apart.
  let name: String
  /// The standard operator sets of graphs that it may stand in.
  var sets = 18...24
  /// Version 5 of ai.onnx.ml has another operator of trees in the place of two.
  var learned = 3...5
  /// Whether a constant has the axis of samples, so that a call has one of them.
  var hasBatchOfOne = false
  /// Shapes of samples that the operator takes.
  let fits: Fits
  let build: @Sendable (inout GraphDraft, Value) -> Value

  init(
    _ name: String, since: Int = 18, until: Int = 24, _ fits: @escaping Fits = { _ in true },
    _ build: @escaping @Sendable (inout GraphDraft, Value) -> Value
  ) {
    (self.name, self.sets, self.fits, self.build) = (name, since...until, fits, build)
  }

  /// Of a result that has the operand's shape.
  static func same(
    _ name: String, since: Int = 18, until: Int = 24, _ fits: @escaping Fits = { _ in true },
    _ build: @escaping @Sendable (inout GraphDraft, Value) -> String
  ) -> OperatorRecipe {
    OperatorRecipe(name, since: since, until: until, fits) { (build(&$0, $1), $1.shape) }
  }

  /// In graphs whose calls have one sample.
  func ofOneSample() -> OperatorRecipe {
    var recipe = self
    recipe.hasBatchOfOne = true
    return recipe
  }

  func ofLearned(_ versions: ClosedRange<Int>) -> OperatorRecipe {
    var recipe = self
    recipe.learned = versions
    return recipe
  }

  var operation: String { name.split(separator: " ").first.map(String.init) ?? name }
}

/// A random graph that recipes add nodes to.
struct GraphDraft {
  typealias Value = RandomGraph.Value
  typealias Attributes = [(String, ONNXBuilder.Attribute)]

  var random: RepeatableRandom
  var graph: RandomGraph.Builder
  var values: [Value] = []

  // MARK: Choices

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  mutating func float(_ range: ClosedRange<Float>) -> Float { Float.random(in: range, using: &random) }

  mutating func floats(_ count: Int, _ range: ClosedRange<Float>) -> [Float] { (0..<count).map { _ in float(range) } }

  mutating func bool() -> Bool { Bool.random(using: &random) }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[number(0...choices.count - 1)] }

  /// An axis of samples.
  mutating func axis(_ x: Value, least: Int = 1) -> Int {
    pick(x.shape.indices.filter { x.shape[$0] >= least })
  }

  // MARK: Constants

  mutating func constant(_ shape: [Int], _ range: ClosedRange<Float>) -> String {
    graph.initializer(.floats(floats(shape.reduce(1, *), range), shape))
  }

  mutating func number(_ value: Float) -> String { graph.initializer(.floats([value], [])) }

  mutating func integers(_ values: [Int], _ shape: [Int]? = nil) -> String { graph.initializer(.integers(values, shape)) }

  mutating func integer(_ value: Int) -> String { integers([value], []) }

  /// Weights that keep the size of what they are multiplied with.
  mutating func weights(_ shape: [Int], of count: Int) -> String {
    let size = 1.5 / Float(count).squareRoot()
    return constant(shape, -size...size)
  }

  // MARK: Operands

  /// - Parameter operation: With its domain in front, unless it is the default one.
  mutating func node(_ operation: String, _ inputs: [String], _ attributes: Attributes = []) -> String {
    graph.node(operation, inputs, list: attributes)
  }

  /// The value, bent into a range.
  mutating func between(_ x: String, _ range: ClosedRange<Float>) -> String {
    let size = number(range.upperBound - range.lowerBound)
    let product = node("Mul", [node("Sigmoid", [x]), size])
    return node("Add", [product, number(range.lowerBound)])
  }

  mutating func scaled(_ x: String, _ factor: Float) -> String { node("Mul", [x, number(factor)]) }

  /// The value and constants that no element has in common with another value: comparisons have no ties.
  mutating func shifted(_ x: Value, factor: Float = 1) -> String {
    let sum = node("Add", [x.name, constant(x.shape, -0.3...0.3)])
    return factor == 1 ? sum : scaled(sum, factor)
  }

  /// The value between −1 and 1 on a ramp, so that neighbours differ.
  mutating func spread(_ x: Value) -> String {
    let count = x.shape.reduce(1, *)
    let ramp = (0..<count).map { Float($0 * 5 % 7) * 0.7 - 2 }
    return node("Add", [scaled(node("Tanh", [x.name]), 0.3), graph.initializer(.floats(ramp, x.shape))])
  }

  /// A value of the same shape: one of the graph's, an input, or the same one.
  mutating func other(_ x: Value) -> String {
    let others = values.filter { $0.shape == x.shape && $0.name != x.name }
    if !others.isEmpty, number(0...3) > 0 { return pick(others).name }
    return bool() ? graph.input(x.shape) : node("Neg", [x.name])
  }

  /// Whole numbers around 0 as INT64.
  mutating func wholes(_ x: Value) -> String { node("Cast", [shifted(x, factor: 4.3)], [("to", .integer(7))]) }

  /// Ids below a count, of which there may be one.
  mutating func ids(_ x: String, below count: Int, type: Int = 7) -> String {
    node("Cast", [between(x, 0...Float(count) - 0.01)], [("to", .integer(type))])
  }

  mutating func condition(_ x: Value) -> String { node("Greater", [shifted(x), number(0)]) }

  mutating func asFloats(_ x: String, _ factor: Float = 1) -> String {
    let cast = node("Cast", [x], [("to", .integer(1))])
    return factor == 1 ? cast : scaled(cast, factor)
  }

  /// A dense layer along the last axis.
  mutating func rows(_ x: Value, width: Int) -> Value {
    let last = x.shape[x.shape.count - 1]
    return (node("MatMul", [x.name, weights([last, width], of: last)]), x.shape.dropLast() + [width])
  }

  /// A dense layer whose outputs have a shape.
  mutating func dense(_ x: Value, _ shape: [Int]) -> Value {
    let count = x.shape.reduce(1, *)
    let flat = node("Flatten", [x.name])
    let product = node("MatMul", [flat, weights([count, shape.reduce(1, *)], of: count)])
    return (node("Reshape", [product, integers([-1] + shape)]), shape)
  }

  /// Windows of up to two elements over axes.
  mutating func windows(_ lengths: [Int]) -> (kernel: [Int], sizes: [Int], attributes: Attributes) {
    let kernel = lengths.map { number(1...min(2, $0)) }
    let strides = lengths.map { _ in number(1...2) }
    let pads = (kernel + kernel).map { number(0...$0 - 1) }
    let sizes = lengths.indices.map { axis in
      (lengths[axis] + pads[axis] + pads[axis + lengths.count] - kernel[axis]) / strides[axis] + 1
    }
    return (
      kernel, sizes,
      [("kernel_shape", .integers(kernel)), ("strides", .integers(strides)), ("pads", .integers(pads))]
    )
  }
}

extension [Int] {
  /// The shape with another size of one axis.
  func with(_ size: Int, at axis: Int) -> [Int] {
    var shape = self
    shape[axis] = size
    return shape
  }
}
