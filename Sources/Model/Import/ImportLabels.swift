/// The indices of the largest elements along the last axis of a value, each with a label perhaps.
struct Classes {
  /// What classes are called.
  struct Labels {
    let names: [String]
    /// Nil for strings.
    let numbers: [Float]?

    init(names: [String], numbers: [Float]?) { (self.names, self.numbers) = (names, numbers) }

    /// Nil for 0, 1, 2, ….
    init?(_ numbers: [Float]) {
      guard numbers != numbers.indices.map(Float.init) else { return nil }
      self.init(names: numbers.map { $0 == $0.rounded() && $0.magnitude < 0x1p24 ? "\(Int($0))" : "\($0)" }, numbers: numbers)
    }
  }

  let value: Int
  let count: Int
  /// Without the batch axis.
  var shape: [Int]
  var labels: Labels?
  /// Labels, else indices, as a value of the network, where something computes with them.
  var number: Int?

  /// Says how labels are shown.
  static func notice(_ what: String, _ names: [String]) -> String {
    "\(what) is a label, shown as its place, from 0 on, among \(names.prefix(20).map(\.oneLine).joined(separator: ", "))\(names.count > 20 ? ", …" : "")"
  }
}

extension GraphImporter {
  /// What a node gives that only moves the one class of each sample, or names it; nil for any other node.
  func passedClasses(_ node: ONNXNode) throws(NodeProblem) -> Definition? {
    guard !isAlone, batch == .symbolic || node.domain == classicalDomain else { return nil }
    func classes(_ operand: Int) -> Classes? {
      guard operand < node.input.count, case .classes(let classes)? = definition(node.input[operand]), classes.count == 1,
        classes.shape.allSatisfy({ $0 == 1 })
      else { return nil }
      return classes
    }
    switch node.opType {
    case "ArrayFeatureExtractor" where node.domain == classicalDomain:
      guard var own = classes(1), own.labels == nil, let table = try labels(node) else { return nil }
      (own.labels, own.shape) = (table.labels, [1])
      guard table.count == shape(of: own.value).last else { return nil }
      return .classes(own)
    case "Reshape":
      guard var own = classes(0), isDefaultDomain(node.domain), let sizes = try constant(node, 1).integers, let first = sizes.first, first == -1 || (first == 0 && own.shape.count < 2),
        sizes.dropFirst().allSatisfy({ $0 == 1 })
      else { return nil }
      own.shape = Array(sizes.dropFirst())
      return .classes(own)
    case "Flatten":
      guard var own = classes(0), isDefaultDomain(node.domain), try node.integer("axis", default: 1) == 1 else { return nil }
      own.shape = [1]
      return .classes(own)
    case _: return nil
    }
  }

  /// The labels that an ArrayFeatureExtractor picks from, and how many they are.
  private func labels(_ node: ONNXNode) throws(NodeProblem) -> (labels: Classes.Labels?, count: Int)? {
    guard let name = node.input.first else { return nil }
    if case .initializer(let tensor)? = definition(name), tensor.dataType == 8 {
      guard let size = tensor.dims.last, (1...Int64(maximumClassCount)).contains(size), tensor.dims.allSatisfy({ $0 == 1 || $0 == size }) else { return nil }
      return (Classes.Labels(names: ["the texts of '\(name.oneLine)'"], numbers: nil), Int(size))
    }
    guard case .constant(let table) = try tensor(node, 0), table.shape.reduce(1, *) == table.shape.last, let numbers = table.numbers,
      table.integers != nil
    else { return nil }
    return (Classes.Labels(numbers), numbers.count)
  }

  /// The labels of classes, or their indices, as numbers.
  mutating func number(of classes: Classes, _ label: String) throws(NodeProblem) -> Int {
    let place = place(of: classes.value)
    let full = place.isFolded ? classes.shape : [1] + classes.shape
    let result: Int
    if classes.count == 1 {
      let axis = shape(of: classes.value).count - 1
      let chosen = try oneHot(classes.value, axis: axis, isFirst: true, label)
      if let labels = classes.labels {
        guard let numbers = labels.numbers else { throw .unsupported("it computes with labels that are strings") }
        result = try linear(chosen, axis: axis, 1, numbers, bias: nil, label)
      } else {
        result = try linear(chosen, axis: axis, 1, (0..<shape(of: classes.value)[axis]).map(Float.init), bias: nil, isPublic: true, label)
      }
    } else {
      result = try sorted(classes.value, classes.count, isLargest: true, label).indices
    }
    mark(result, .integer)
    return try reshaped(result, full, place, label)
  }

  /// What an ArrayFeatureExtractor picks from a constant along one axis by ids that depend on the input.
  mutating func extracted(_ node: ONNXNode, _ ids: Int, _ label: String) throws(NodeProblem) -> Tensor {
    guard case .constant(let table) = try tensor(node, 0), table.shape.reduce(1, *) == table.shape.last else {
      throw .unsupported("operand 1 depends on the input, and operand 0 is not a constant along one axis")
    }
    let picked = try gathered(.constant(table.reshaped([table.count])), ids, axis: 0, shared: 0, label)
    guard case .tensor(let tensor) = picked else { throw .followsRefusedNode }
    let count = fullShape(tensor).reduce(1, *)
    return try rearranged(tensor, [1, count], batch: 1, "it flattens its indices", label)
  }
}
