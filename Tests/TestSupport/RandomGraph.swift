/// An ONNX file of random operators, shapes and weights.
package struct RandomGraph: Sendable {
  package let bytes: [UInt8]
  /// Integers from 0 to `idCount` − 1, or floats.
  package let inputs: [(name: String, shape: [Int], idCount: Int?)]
  package let outputs: [String]
  /// What was used: operator and the class of its operand's shape.
  package let uses: [Use]
  /// The operators of the file's nodes, with their domains.
  package let operators: Set<String>

  /// The name and the shape of a sample.
  typealias Value = (name: String, shape: [Int])

  package struct Use: Hashable, Sendable, Comparable {
    package let operation: String
    package let shape: ShapeClass

    package init(operation: String, shape: ShapeClass) {
      self.operation = operation
      self.shape = shape
    }

    package static func < (a: Use, b: Use) -> Bool {
      (a.operation, a.shape.rawValue) < (b.operation, b.shape.rawValue)
    }
  }

  /// What lowering tells apart about the shape of a sample.
  package enum ShapeClass: String, CaseIterable, Sendable {
    case one, power, vector, matrix, cube, volume
    /// Images: of one spatial axis, of sizes that are powers of two, of others, and with an axis of size 1.
    case line, grid, odd, thin

    package static let dense: [ShapeClass] = [.one, .power, .vector, .matrix, .cube]
    package static let any: [ShapeClass] = dense + [.volume]
    package static let images: [ShapeClass] = [.line, .grid, .odd, .thin]

    init(image shape: [Int]) {
      let sizes = shape.dropFirst()
      self =
        sizes.count == 1
        ? .line : sizes.contains(1) ? .thin : sizes.allSatisfy { $0.nonzeroBitCount == 1 } ? .grid : .odd
    }

    init(_ shape: [Int]) {
      switch shape.count {
      case 1: self = shape[0] == 1 ? .one : shape[0].nonzeroBitCount == 1 ? .power : .vector
      case 2: self = .matrix
      case 3: self = .cube
      case _: self = .volume
      }
    }
  }
}

/// Something that makes one random graph after the other.
package protocol GraphGenerator {
  mutating func next() -> RandomGraph
}

/// Makes random graphs that use every operator with every class of shapes, the rarest first.
package struct RandomGraphGenerator: GraphGenerator {
  private var counts: [RandomGraph.Use: Int] = [:]
  private var random: RepeatableRandom
  private var graph = RandomGraph.Builder()

  package init(seed: UInt64) { random = RepeatableRandom(seed: seed) }

  package static let operations = [
    "Gemm", "MatMul", "Add constant", "Sub constant", "Mul constant", "Div constant", "Add", "Sub", "Mul", "Add input", "Relu",
    "Clip", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "HardSigmoid", "Gelu of Erf", "Gelu of Tanh", "Unsqueeze", "Squeeze",
    "Transpose", "Flatten", "Reshape", "BatchNormalization", "Concat", "Split", "Slice", "Softmax",
  ]

  package mutating func next() -> RandomGraph {
    graph = RandomGraph.Builder()
    var shape = RandomGraph.ShapeClass.dense.randomElement(using: &random).map { randomShape($0) } ?? [4]
    var current = graph.input(shape)
    var values = [(name: current, shape: shape)]
    for _ in 0..<Int.random(in: 2...6, using: &random) {
      // Mostly on the last value, so that graphs are deep; at times on an older one, so that they branch.
      let operand = Int.random(in: 0..<4, using: &random) == 0 ? values.randomElement(using: &random) : values.last
      (current, shape) = operand ?? (current, shape)
      let candidates = Self.operations.dropLast().filter { isPossible($0, shape) }.shuffled(using: &random)
      guard let operation = candidates.min(by: { count($0, shape) < count($1, shape) }) else { continue }
      note(operation, shape)
      values += apply(operation, current, shape, values)
    }
    var last = values[values.count - 1]
    // A network without weights or rounding has nothing to commit to.
    if !graph.uses.contains(where: { $0.operation == "Gemm" || $0.operation == "MatMul" }) {
      note("MatMul", last.shape)
      last = apply("MatMul", last.name, last.shape, values)[0]
    }
    if count("Softmax", last.shape) < 8 {
      note("Softmax", last.shape)
      last.name = graph.node("Softmax", [last.name], ["axis": .integer(-1)])
    }
    graph.output(last.name, last.shape)
    let others = values.dropFirst().dropLast().filter { $0.name != last.name }
    if Int.random(in: 0..<3, using: &random) == 0, let other = others.randomElement(using: &random) {
      graph.output(other.name, other.shape)
    }
    return graph.finished()
  }

  private func count(_ operation: String, _ shape: [Int]) -> Int {
    counts[.init(operation: operation, shape: .init(shape)), default: 0]
  }

  private mutating func note(_ operation: String, _ shape: [Int]) {
    let use = RandomGraph.Use(operation: operation, shape: .init(shape))
    counts[use, default: 0] += 1
    graph.uses.append(use)
  }

  // MARK: Choices

  private mutating func randomShape(_ shapeClass: RandomGraph.ShapeClass) -> [Int] {
    switch shapeClass {
    case .one: [1]
    case .power: [1 << Int.random(in: 1...5, using: &random)]
    case .vector: [[3, 5, 6, 7, 9, 10, 12, 15, 20, 24, 30].randomElement(using: &random) ?? 3]
    case .matrix: (0..<2).map { _ in Int.random(in: 2...6, using: &random) }
    case .cube, .volume, .line, .grid, .odd, .thin: (0..<3).map { _ in Int.random(in: 2...4, using: &random) }
    }
  }

  private mutating func constants(_ shape: [Int], in range: ClosedRange<Float>) -> String {
    let values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: range, using: &random) }
    return graph.initializer(.floats(values, shape))
  }

  /// A shape that broadcasts to a batch of `shape`.
  private mutating func constantShape(_ shape: [Int]) -> [Int] {
    switch Int.random(in: 0..<3, using: &random) {
    case 0: []
    case 1: Array(shape.suffix(1))
    case _: shape.map { Bool.random(using: &random) ? $0 : 1 }
    }
  }

  private func isPossible(_ operation: String, _ shape: [Int]) -> Bool {
    switch operation {
    case "Gemm": shape.count == 1
    case "Transpose": shape.count > 1
    case "Squeeze": shape.contains(1) && shape.count > 1
    case "Unsqueeze": shape.count < 3
    case "Split", "Slice": shape.contains { $0 > 1 }
    case "Flatten": shape.count > 1
    case "Reshape": shape.count > 1 || shape[0] > 3
    case _: true
    }
  }

  // MARK: Operators

  private mutating func apply(
    _ operation: String, _ x: String, _ shape: [Int], _ values: [(name: String, shape: [Int])]
  ) -> [(name: String, shape: [Int])] {
    func same(_ name: String) -> [(name: String, shape: [Int])] { [(name, shape)] }
    switch operation {
    case "Gemm", "MatMul":
      let width = shape[shape.count - 1]
      let outputs = [1, 2, 3, 5, 8, 10, 16].randomElement(using: &random) ?? 4
      let size = 1.5 / Float(width).squareRoot()
      let result: String
      if operation == "Gemm" {
        let weights = constants([outputs, width], in: -size...size)
        let bias = constants([outputs], in: -0.5...0.5)
        result = graph.node("Gemm", [x, weights, bias], ["transB": .integer(1)])
      } else {
        result = graph.node("MatMul", [x, constants([width, outputs], in: -size...size)])
      }
      return [(result, shape.dropLast() + [outputs])]
    case "Add constant": return same(graph.node("Add", [x, constants(constantShape(shape), in: -1...1)]))
    case "Sub constant": return same(graph.node("Sub", [constants(constantShape(shape), in: -1...1), x]))
    case "Mul constant": return same(graph.node("Mul", [x, constants(constantShape(shape), in: -1.5...1.5)]))
    case "Div constant": return same(graph.node("Div", [x, constants(constantShape(shape), in: 0.7...3)]))
    case "Add", "Sub", "Mul":
      let others = values.filter { broadcasts($0.shape, to: shape) }
      let other = others.randomElement(using: &random)?.name ?? x
      return same(graph.node(operation, Bool.random(using: &random) && operation != "Sub" ? [other, x] : [x, other]))
    case "Add input": return same(graph.node("Add", [x, graph.input(shape)]))
    case "Relu", "Sigmoid", "Tanh": return same(graph.node(operation, [x]))
    case "Clip":
      return same(graph.node("Clip", [x, constants([], in: -0.8 ... -0.2), constants([], in: 0.2...0.8)]))
    case "LeakyRelu", "Elu": return same(graph.node(operation, [x], ["alpha": .float(0.3)]))
    case "HardSigmoid": return same(graph.node(operation, [x], ["alpha": .float(0.25), "beta": .float(0.5)]))
    case "Gelu of Erf":
      let scaled = graph.node("Div", [x, graph.initializer(.floats([1.4142135], []))])
      let sum = graph.node("Add", [graph.node("Erf", [scaled]), graph.initializer(.floats([1], []))])
      return same(graph.node("Mul", [graph.node("Mul", [x, sum]), graph.initializer(.floats([0.5], []))]))
    case "Gelu of Tanh":
      let cube = graph.node("Pow", [x, graph.initializer(.floats([3], []))])
      let inner = graph.node("Add", [x, graph.node("Mul", [cube, graph.initializer(.floats([0.044715], []))])])
      let bent = graph.node("Tanh", [graph.node("Mul", [inner, graph.initializer(.floats([0.7978846], []))])])
      let sum = graph.node("Add", [bent, graph.initializer(.floats([1], []))])
      return same(graph.node("Mul", [graph.node("Mul", [x, graph.initializer(.floats([0.5], []))]), sum]))
    case "Unsqueeze":
      let axis = Int.random(in: 0...shape.count, using: &random)
      let result = graph.node("Unsqueeze", [x, graph.initializer(.integers([axis + 1]))])
      return [(result, Array(shape[..<axis] + [1] + shape[axis...]))]
    case "Squeeze":
      let axis = shape.firstIndex(of: 1) ?? 0
      let result = graph.node("Squeeze", [x, graph.initializer(.integers([axis + 1]))])
      return [(result, Array(shape[..<axis] + shape[(axis + 1)...]))]
    case "Transpose":
      let order = shape.indices.shuffled(using: &random)
      let result = graph.node("Transpose", [x], ["perm": .integers([0] + order.map { $0 + 1 })])
      return [(result, order.map { shape[$0] })]
    case "Flatten": return [(graph.node("Flatten", [x]), [shape.reduce(1, *)])]
    case "Reshape":
      let count = shape.reduce(1, *)
      let factor = (2..<count).first { count % $0 == 0 } ?? count
      let target = shape.count == 1 ? [factor, count / factor] : [shape[0], count / shape[0]]
      return [(graph.node("Reshape", [x, graph.initializer(.integers([-1] + target))]), target)]
    case "BatchNormalization":
      let channels = [shape[0]]
      let names = [0.5...1.5, -0.5...0.5, -0.5...0.5, 0.5...2].map { constants(channels, in: $0) }
      return same(graph.node("BatchNormalization", [x] + names, ["epsilon": .float(1e-3)]))
    case "Concat":
      let axis = Int.random(in: 0..<shape.count, using: &random)
      let others = values.filter { other in
        other.shape.count == shape.count
          && shape.indices.allSatisfy { $0 == axis ? other.shape[$0] > 1 || shape.count == 1 : other.shape[$0] == shape[$0] }
      }
      let own = (name: x, shape: shape)
      let parts = [own, others.randomElement(using: &random) ?? own]
      var result = shape
      result[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
      return [(graph.node("Concat", parts.map(\.name), ["axis": .integer(axis + 1)]), result)]
    case "Split":
      let axis = shape.indices.filter { shape[$0] > 1 }.randomElement(using: &random) ?? 0
      let first = Int.random(in: 1..<shape[axis], using: &random)
      let sizes = [first, shape[axis] - first]
      let names = graph.nodes(
        "Split", [x, graph.initializer(.integers(sizes))], count: 2, ["axis": .integer(axis + 1)])
      return zip(names, sizes).map { name, size in
        (name, shape.enumerated().map { $0 == axis ? size : $1 })
      }
    case "Slice":
      let axis = shape.indices.filter { shape[$0] > 1 }.randomElement(using: &random) ?? 0
      let start = Int.random(in: 0..<shape[axis], using: &random)
      let step = Int.random(in: 1...2, using: &random)
      let arguments = [[start], [Int(Int32.max)], [axis + 1], [step]].map { graph.initializer(.integers($0)) }
      var result = shape
      result[axis] = (shape[axis] - start + step - 1) / step
      return [(graph.node("Slice", [x] + arguments), result)]
    case _: return same(graph.node("Identity", [x]))
    }
  }

  private func broadcasts(_ shape: [Int], to target: [Int]) -> Bool {
    // The batch axis stands before both, so that only shapes of equal rank align.
    shape.count == target.count && zip(shape, target).allSatisfy { $0 == $1 || $0 == 1 }
  }
}

extension RandomGraph {
  /// An ONNX file and the names in it.
  struct Builder {
    private var file: ONNXBuilder
    private let batch: Int?
    private var constantCount = 0
    private var nodeCount = 0
    private var inputs: [(name: String, shape: [Int], idCount: Int?)] = []
    private var outputs: [String] = []
    private var operators: Set<String> = []
    var uses: [RandomGraph.Use] = []

    /// - Parameter batch: Nil for a symbolic one.
    init(operatorSet: Int = 17, domains: [String: Int] = [:], batch: Int? = nil) {
      file = ONNXBuilder(name: "random", operatorSet: operatorSet, domains: domains)
      self.batch = batch
    }

    var hasBatchOfOne: Bool { batch == 1 }

    mutating func input(_ shape: [Int], idCount: Int? = nil, type: Int = 1) -> String {
      let name = "x\(inputs.count)"
      file.input(name, [batch] + shape.map { $0 }, type: type)
      inputs.append((name, shape, idCount))
      return name
    }

    mutating func output(_ name: String, _ shape: [Int]) {
      let result = "y\(outputs.count)"
      file.node("Identity", [name], [result])
      file.output(result, [batch] + shape.map { $0 })
      outputs.append(result)
    }

    mutating func initializer(_ tensor: ONNXBuilder.Tensor) -> String {
      constantCount += 1
      file.initializer("c\(constantCount)", tensor)
      return "c\(constantCount)"
    }

    mutating func node(
      _ operation: String, _ inputs: [String], _ attributes: KeyValuePairs<String, ONNXBuilder.Attribute> = [:]
    ) -> String { nodes(operation, inputs, count: 1, attributes)[0] }

    mutating func nodes(
      _ operation: String, _ inputs: [String], count: Int, _ attributes: KeyValuePairs<String, ONNXBuilder.Attribute>
    ) -> [String] {
      nodes(operation, inputs, count: count, list: attributes.map { ($0.key, $0.value) })
    }

    mutating func node(
      _ operation: String, _ inputs: [String], list attributes: [(String, ONNXBuilder.Attribute)]
    ) -> String { nodes(operation, inputs, count: 1, list: attributes)[0] }

    /// - Parameter operation: With its domain in front, unless it is the default one.
    mutating func nodes(
      _ operation: String, _ inputs: [String], count: Int, list attributes: [(String, ONNXBuilder.Attribute)]
    ) -> [String] {
      let names = (0..<count).map { "t\(nodeCount + $0)" }
      nodeCount += count
      operators.insert(operation)
      let parts = operation.split(separator: ".")
      file.node("\(parts[parts.count - 1])", inputs, names, list: attributes, domain: parts.dropLast().joined(separator: "."))
      return names
    }

    func finished() -> RandomGraph {
      RandomGraph(bytes: file.bytes, inputs: inputs, outputs: outputs, uses: uses, operators: operators)
    }
  }
}
