/// An operand or result of a node.
enum Tensor {
  /// A value of the network.
  case value(Int)
  case constant(Constant)
}

/// What numbers are known to be.
enum NumberKind { case real, integer, boolean }

/// Operators that make integers of integers.
private let integerArithmetic: Set = ["Abs", "Add", "Max", "Min", "Mul", "Neg", "ReduceSum", "Sub", "Sum", "Where"]

/// What a name of the graph stands for.
enum Definition {
  case tensor(Tensor)
  case initializer(ONNXTensor)
  /// The integers of a value that is already rounded to them, as QuantizeLinear gives them.
  case quantized(Int, scale: Float, zeroPoint: Int)
  /// A value in the place of integers whose scale and zero point would follow from it, as DynamicQuantizeLinear gives them.
  case unrounded(Int)
  /// A Softmax or LogSoftmax of logits.
  case probabilities(Int, of: Int, operation: String, isOverLastAxis: Bool)
  /// The indices of the largest elements along the last axis; with the result's shape without the batch axis.
  case classes(Classes)
  case refused

  static func value(_ value: Int) -> Definition { .tensor(.value(value)) }

  static func constant(_ constant: Constant) -> Definition { .tensor(.constant(constant)) }

  /// The value that integers are in steps of.
  fileprivate var integerSource: Int? {
    switch self {
    case .quantized(let value, _, _), .unrounded(let value): value
    case .tensor, .initializer, .probabilities, .classes, .refused: nil
    }
  }

  /// Whether both are integers of the same scale and zero point.
  fileprivate func hasSteps(of other: Definition) -> Bool {
    switch (self, other) {
    case (.quantized(_, let scale, let zero), .quantized(_, let otherScale, let otherZero)): scale == otherScale && zero == otherZero
    case (.unrounded, .unrounded): true
    case _: false
    }
  }
}

/// The most nodes of graphs inside nodes, counted in each round of a loop.
private let maximumNestedCount = 1 << 16

/// Builds the network node by node; what is unsupported is collected, what is malformed ends the import.
struct GraphImporter {
  let file: String
  let name: String
  private(set) var inputs: [NamedShape]
  let batch: BatchAxis
  /// Whether all axes of the inputs are a sample's.
  let isAlone: Bool
  let operatorSet: Int
  /// Whether the file uses the domain of classical machine learning.
  let isClassical: Bool
  private var readNames: Set<String>
  /// Of graphs inside nodes.
  var subgraphDepth = 0
  var nestedCount = 0
  private(set) var definitions: [String: Definition] = [:]
  private(set) var unsupported: [UnsupportedNode] = []
  /// By name, what the model says of values inside it.
  private let declared: [String: ONNXValue]
  /// What the network does otherwise than the graph.
  var notices: [String] = []
  /// By graph input, what its numbers are.
  let inputTypes: [String: ElementType]
  /// By name, of what nodes compute.
  private var resultTypes: [String: ElementType] = [:]
  private var trained: TrainedNumbers
  /// The trained numbers that the constants of the node in work are computed from.
  private var sources: Set<String> = []
  private(set) var publicNumbers: [PublicNumbers] = []
  private(set) var nodes: [Node<Double>] = []
  /// By number of a `Delay`, the value that it is of.
  var delayed: [Int: Int] = [:]
  /// Constants that are computed from scales which 1 stands for.
  private var standIns: Set<String> = []
  /// By value, where the batch is not the first axis.
  private var places: [Int: BatchPlace] = [:]
  /// Values of which the rows along the last axis add up to 1, none of them negative.
  var distributions: Set<Int> = []
  /// By value, where its numbers are integers.
  private var kinds: [Int: NumberKind] = [:]
  /// By value, scores with very negative numbers in other places than those where a mask is 1.
  var maskedScores: [Int: MaskedScores] = [:]
  /// What is added to scores is taken for a mask from this number down.
  let mostOfMask: Float
  /// The largest number that was taken for one since the last Softmax, and by Softmax.
  var maskNumber = -Double.infinity
  var maskNumbers: [Int: Double] = [:]
  /// Elements of weights and of folded constants.
  private var elementTotal = 0
  /// Elements of inputs and of the results of nodes, and what computing them takes, for one sample.
  private var (valueTotal, stepTotal) = (0, 0)
  private var labels: Set<String> = []
  /// The size of the first axis over which the node in work is to be mapped; nil when it is not.
  var mappedCount: Int?

  init(
    _ graph: ONNXGraph, inputs: [ImportedInput], batch: BatchAxis, operatorSet: Int, isClassical: Bool, publish: Set<String>?, mostOfMask: Float, file: String
  ) throws(ModelError) {
    self.mostOfMask = mostOfMask
    self.file = file
    self.name = graph.name
    self.inputs = inputs.map(\.port)
    self.batch = batch
    isAlone = inputs.contains { $0.place == .alone }
    (self.operatorSet, self.isClassical) = (operatorSet, isClassical)
    trained = TrainedNumbers(publish: publish)
    inputTypes = Dictionary(
      graph.input.compactMap { input in ElementType(rawValue: input.type.tensorType.elemType).map { (input.name, $0) } }) { first, _ in first }
    declared = Dictionary(graph.valueInfo.map { ($0.name, $0) }) { first, _ in first }
    readNames = graph.node.reduce(into: Set(graph.output.map(\.name))) { $0.formUnion($1.readNames) }
    for tensor in graph.initializer {
      guard definitions.updateValue(.initializer(tensor), forKey: tensor.name) == nil else {
        throw .unusableModel(
          file: file, node: nil, reason: "two initializers have the name '\(tensor.name.oneLine)'")
      }
    }
    for (index, input) in inputs.enumerated() {
      definitions[input.port.name] = .value(index)
      places[index] = input.place
      switch input.port.kind {
      case .real: break
      case .integer, .index: kinds[index] = .integer
      case .boolean: kinds[index] = .boolean
      }
    }
    valueTotal = inputs.reduce(0) { $0 + $1.port.width }
    guard valueTotal <= maximumElementCount else {
      throw .unusableModel(file: file, node: nil, reason: "the inputs are too large together")
    }
    do throws(NodeProblem) {
      for (index, input) in inputs.enumerated() where input.port.indexCount != nil {
        definitions[input.port.name] = .value(try appendNumbers(ofIds: index))
      }
    } catch {
      throw .unusableModel(file: file, node: nil, reason: "the inputs are too large together")
    }
  }

  /// Imports one node; `index` counts the nodes of the graph.
  mutating func add(_ node: ONNXNode, _ index: Int) throws(ModelError) {
    let label = node.label(index)
    let first = nodes.count
    do throws(NodeProblem) {
      findSources(node)
      mappedCount = nil
      let results = try integral(translatePassing(node, label), of: node, from: first, label)
      try mapFirstAxis(from: first)
      try define(node, results)
      nameParts(from: first, label)
    } catch {
      switch error {
      case .malformed(let reason):
        // After a stand-in its reason may lie there.
        if unsupported.isEmpty { throw .unusableModel(file: file, node: "\(label.oneLine) (\(node.opType.oneLine))", reason: reason) }
      case .unsupported(let reason):
        unsupported.append(UnsupportedNode(name: label, operation: node.opType, reason: reason))
      case .followsRefusedNode: break
      }
      for output in node.output where !output.isEmpty { definitions[output] = standIn(output) ?? .refused }
    }
  }

  /// The results of a node: integers where its operands are, and rounded where numbers of the model, which are not looked at, do not
  /// show that.
  ///
  /// - Parameter first: The first node of the network that was made for it.
  private mutating func integral(
    _ results: [Definition], of node: ONNXNode, from first: Int, _ label: String
  ) throws(NodeProblem) -> [Definition] {
    guard results.count == 1, case .tensor(.value(let value)) = results[0], value >= inputs.count + first else { return results }
    if kind(of: .value(value)) == .real, isDefaultDomain(node.domain), integerArithmetic.contains(node.opType) {
      let kinds = node.input.dropFirst(node.opType == "Where" ? 1 : 0).filter { !$0.isEmpty }.map { name -> NumberKind in
        switch definitions[name] {
        case .tensor(let tensor): kind(of: tensor)
        case .initializer(let tensor): ElementType(rawValue: tensor.dataType)?.isFloat ?? true ? .real : .integer
        default: .real
        }
      }
      guard !kinds.contains(.real), kinds.contains(.integer) else { return results }
      self.kinds[value] = .integer
    }
    guard kind(of: .value(value)) == .integer, case .contraction(let contraction)? = maker(value)?.operation, !contraction.keepsIntegers else {
      return results
    }
    return [.tensor(.value(try apply(.function(.round, .x), to: value, label, kind: .integer)))]
  }

  /// A value in the place of a refused node's result, of the shape that the model declares, so that the nodes after it are judged too.
  ///
  /// - Returns: Nil where the shape is not known, or the numbers may be sizes or places.
  private mutating func standIn(_ name: String) -> Definition? {
    guard let type = declared[name]?.type.tensorType, type.hasShape, ElementType(rawValue: type.elemType)?.isFloat ?? false else { return nil }
    var sizes = type.shape.dim.map { dimension in if case .dimValue(let size) = dimension.value { Int(size) } else { -1 } }
    if !isAlone {
      guard sizes.first == (batch == .one ? 1 : -1) else { return nil }
      sizes.removeFirst()
    }
    guard !inputs.isEmpty, sizes.allSatisfy({ $0 > 0 }), sizes.count < maximumAxisCount, elementCount(sizes) != nil else { return nil }
    let reading = shape(of: 0).map { _ in Index() }
    let place = isAlone ? BatchPlace.alone : BatchPlace()
    return (try? append(name, .contraction(.view(sizes, reading)), [0], shape: sizes, place: place, kind: .real)).map { .value($0) }
  }

  /// Imports the nodes of a graph inside the node in work.
  mutating func addNested(_ graph: ONNXGraph) throws(NodeProblem) {
    nestedCount += graph.node.count
    guard nestedCount <= maximumNestedCount else { throw .unsupported("its graphs have more than \(maximumNestedCount) nodes in all rounds") }
    let outer = (sources, mappedCount)
    for node in graph.node { readNames.formUnion(node.readNames) }
    readNames.formUnion(graph.output.map(\.name))
    for (index, node) in graph.node.enumerated() {
      do throws(ModelError) { try add(node, index) } catch {
        guard case .unusableModel(_, let node?, let reason) = error else { throw .malformed(error.description) }
        throw .malformed("in its graph, node \(node.oneLine): \(reason)")
      }
    }
    (sources, mappedCount) = outer
  }

  /// Gives a name inside a node's graph its meaning.
  mutating func bind(_ name: String, _ definition: Definition) throws(NodeProblem) {
    guard definitions.updateValue(definition, forKey: name) == nil else { throw .malformed("the name '\(name.oneLine)' is defined twice") }
    if case .tensor(.constant(let constant)) = definition { trained.add(constant, name) }
  }

  func definition(_ name: String) -> Definition? { definitions[name] }

  /// Classes that a node computes with become numbers.
  private mutating func computeClasses(_ node: ONNXNode, _ label: String) throws(NodeProblem) {
    guard node.opType != "Cast", node.opType != "Identity", node.opType != "ZipMap" else { return }
    for name in node.input {
      guard case .classes(var classes)? = definitions[name], classes.number == nil else { continue }
      classes.number = try number(of: classes, label)
      definitions[name] = .classes(classes)
    }
  }

  private mutating func translatePassing(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> [Definition] {
    if let classes = try passedClasses(node) { return [classes] }
    if let number = try passedStandIn(node) { return [number] }
    try computeClasses(node, label)
    return try translate(node, label)
  }

  private mutating func translate(_ node: ONNXNode, _ label: String) throws(NodeProblem) -> [Definition] {
    guard let known = ImportedOperator.known(node) else { throw .unsupported(node.unknownReason) }
    try node.requireKnownAttributes()
    guard known.keepsIntegers, let first = try operand(node, 0), first.integerSource != nil else {
      return try known.translate(&self, node, label)
    }
    // It moves integers, or picks some: as it does with the numbers that they stand for.
    var operands = [Definition]()
    for index in node.input.indices {
      let operand = try operand(node, index) ?? .refused
      operands.append(operand.hasSteps(of: first) ? operand.integerSource.map { .value($0) } ?? operand : operand)
    }
    return try translate(node, label, operands).map { result in
      guard case .tensor(.value(let value)) = result else { return result }
      if case .quantized(_, let scale, let zeroPoint) = first { return .quantized(value, scale: scale, zeroPoint: zeroPoint) }
      return .unrounded(value)
    }
  }

  /// What the node's operator makes of other operands.
  mutating func translate(_ node: ONNXNode, _ label: String, _ operands: [Definition]) throws(NodeProblem) -> [Definition] {
    guard let known = ImportedOperator.known(node) else { throw .unsupported("the operator is not supported") }
    var other = node
    for (index, operand) in operands.enumerated() where !node.input[index].isEmpty {
      other.input[index] = "\0\(index)"
      definitions[other.input[index]] = operand
    }
    defer { for index in operands.indices { definitions["\0\(index)"] = nil } }
    return try known.translate(&self, other, label)
  }

  /// Gives every part of an ONNX node a name of its own; the last one that computes something has the node's.
  mutating func nameParts(from first: Int, _ label: String) {
    let parts = first..<nodes.count
    guard let last = parts.last else { return }
    let main = parts.last { !nodes[$0].isView(of: shape(of: nodes[$0].operands[0])) } ?? last
    var number = 1
    for index in [main] + parts.filter({ $0 != main }) {
      var name = number == 1 ? label : "\(label).\(number)"
      while !labels.insert(name).inserted {
        number += 1
        name = "\(label).\(number)"
      }
      nodes[index] = nodes[index].with(name: name)
    }
  }

  /// A number that is rounded, or made an integer, in steps that follow from a scale which 1 stands for: it is in other steps here,
  /// so it stays as it is.
  private func passedStandIn(_ node: ONNXNode) throws(NodeProblem) -> Definition? {
    guard ["Cast", "Ceil", "Floor", "Round"].contains(node.opType), let name = node.input.first, standIns.contains(name) else { return nil }
    return try operand(node, 0)
  }

  private mutating func define(_ node: ONNXNode, _ results: [Definition]) throws(NodeProblem) {
    if node.opType == "DynamicQuantizeLinear" { standIns.formUnion(node.output.dropFirst().prefix(1)) }
    let follows = node.input.contains(where: standIns.contains)
    guard let first = node.output.first, !first.isEmpty || results.count > 1 else {
      throw .malformed("it has no output")
    }
    for (index, output) in node.output.enumerated() where !output.isEmpty {
      guard definitions[output] == nil else { throw .malformed("the name '\(output.oneLine)' is defined twice") }
      guard index < results.count else {
        if isRead(output) { throw .unsupported("its output \(index) is used") }
        continue
      }
      if case .tensor(.constant(let constant)) = results[index] {
        try count(constant.count)
        if follows { standIns.insert(output) }
        if node.statesConstant { trained.add(constant, output) } else { trained.add(constant, output, from: node) }
      }
      definitions[output] = results[index]
      if let type = resultType(node, index) { resultTypes[output] = type }
    }
  }

  func isRead(_ name: String) -> Bool { !name.isEmpty && readNames.contains(name) }

  private mutating func count(_ elements: Int) throws(NodeProblem) {
    elementTotal += elements
    guard elementTotal <= maximumElementCount else { throw .malformed("the network has too many weights") }
  }

  func shape(of value: Int) -> [Int] {
    value < inputs.count ? inputs[value].valueShape : nodes[value - inputs.count].shape
  }

  func place(of value: Int) -> BatchPlace { places[value] ?? BatchPlace() }

  func kind(of tensor: Tensor) -> NumberKind {
    switch tensor {
    case .value(let value): kinds[value] ?? .real
    case .constant(let constant): constant.type == .bool ? .boolean : constant.type.isFloat ? .real : .integer
    }
  }

  /// The type that the model states for a name, or that follows from its nodes; nil where neither says one.
  func elementType(_ name: String) -> ElementType? {
    if case .tensor(.constant(let constant))? = definitions[name] { return constant.type }
    return inputTypes[name] ?? declared[name].flatMap { ElementType(rawValue: $0.type.tensorType.elemType) } ?? resultTypes[name]
  }

  /// The node that makes a value; nil for an input.
  func maker(_ value: Int) -> Node<Double>? { value < inputs.count ? nil : nodes[value - inputs.count] }

  /// Says what the numbers of a value are known to be.
  mutating func mark(_ value: Int, _ kind: NumberKind) { kinds[value] = kind }

  /// Data for the input must be 0 and 1.
  mutating func restrictToBooleans(_ input: Int) {
    inputs[input].kind = .boolean
    kinds[input] = .boolean
  }

  /// Appends a node of the network and gives its value.
  ///
  /// - Parameters:
  ///   - label: The name of the ONNX node.
  ///   - shape: Of one sample.
  ///   - place: Of the batch among the axes that ONNX gives the result.
  ///   - kind: Nil for the operand's where results are some of its elements, and else real.
  mutating func append(
    _ label: String, _ operation: Operation<Double>, _ operands: [Int], shape: [Int], place: BatchPlace = BatchPlace(),
    kind: NumberKind? = nil
  ) throws(NodeProblem) -> Int {
    try count(operation.primitive.parameterCount)
    guard shape.count < maximumAxisCount, let elements = elementCount(shape), elements > 0 else {
      throw .malformed("its result of shape \(shape.prefix(8)) is empty or too large")
    }
    guard operation.isFinite else { throw .malformed("its weights are not all finite") }
    guard let steps = elementCount([elements, operation.primitive.stepCount(rank: shape.count)], limit: maximumStepCount) else {
      throw .unsupported("it takes more than 2^40 steps")
    }
    guard nodes.count < maximumNodeCount else { throw .malformed("the network has more than \(maximumNodeCount) operators") }
    valueTotal += elements
    stepTotal += steps
    guard valueTotal <= maximumElementCount, stepTotal <= maximumStepCount else {
      throw .malformed("with its result the network has more than 2^27 values of a sample, or takes more than 2^40 steps")
    }
    let node = Node(name: label, operands: operands, operation: operation, shape: shape)
    nodes.append(node)
    let value = inputs.count + nodes.count - 1
    if place != BatchPlace() { places[value] = place }
    kinds[value] = kind ?? (node.selection == nil ? nil : kinds[operands[0]])
    return value
  }
}

extension GraphImporter {
  /// Puts a node for a sample without a batch axis in the place of another one.
  mutating func replace(_ index: Int, _ node: Node<Double>) throws(NodeProblem) {
    guard node.shape.count < maximumAxisCount, let elements = elementCount(node.shape) else {
      throw .malformed("its result of shape \(node.shape.prefix(8)) is too large")
    }
    valueTotal += elements
    guard let steps = elementCount([elements, node.operation.primitive.stepCount(rank: node.shape.count)], limit: maximumStepCount) else {
      throw .unsupported("it takes more than 2^40 steps")
    }
    stepTotal += steps
    guard valueTotal <= maximumElementCount, stepTotal <= maximumStepCount else {
      throw .malformed("with its result the network has more than 2^27 values of a sample, or takes more than 2^40 steps")
    }
    nodes[index] = node
    places[inputs.count + index] = .alone
  }
}

// MARK: Trained numbers

extension GraphImporter {
  private mutating func findSources(_ node: ONNXNode) {
    for name in node.input where !trained.isKnown(name) {
      if case .initializer(let tensor)? = definitions[name], let constant = try? Constant(tensor) {
        trained.add(constant, name)
      }
    }
    sources = trained.sources(of: node)
  }

  /// Whether the constants of the node in work must not become public.
  var isTrained: Bool { !sources.isSubset(of: trained.publish ?? []) }

  /// Whether a name is that of a constant that a node computes.
  func isComputed(_ name: String) -> Bool {
    if case .tensor(.constant)? = definitions[name] { true } else { false }
  }

  /// Notes that numbers which are computed from the constants of the node in work become public.
  mutating func show(_ values: [Double], _ use: PublicNumbers.Use, _ label: String) {
    if sources.isEmpty { return }
    publicNumbers.append(PublicNumbers(values: values, sources: sources.sorted(), node: label, use: use))
  }

  /// Notes that floats which a node states itself become public.
  mutating func showAttributes(of node: ONNXNode, _ label: String) {
    let stated = node.attribute.filter { $0.type == .float && $0.f.magnitude < .greatestFiniteMagnitude || $0.type == .floats }
    if stated.isEmpty { return }
    publicNumbers.append(
      PublicNumbers(
        values: stated.flatMap { $0.type == .float ? [Double($0.f)] : $0.floats.map(Double.init) }, sources: stated.map(\.name.oneLine), node: label, use: .attributes))
  }

  /// Shows a constant that has no exact form as a weight. One that must not become public is refused; the import goes
  /// on, so that all are listed.
  mutating func publish(_ value: Double, _ what: String, _ node: ONNXNode, _ label: String) {
    for name in sources.subtracting(trained.publish ?? sources).sorted() {
      unsupported.append(
        UnsupportedNode(
          name: label, operation: node.opType,
          reason: "\(what) '\(name.oneLine)' may be trained and would be public; --publish \(name.oneLine) allows that"))
    }
    show([value], .published, label)
  }
}

// MARK: Operands

extension GraphImporter {
  /// What the node's operand is, or nil when it is left out.
  func operand(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> Definition? {
    guard index < node.input.count, !node.input[index].isEmpty else { return nil }
    switch definitions[node.input[index]] {
    case nil: throw .malformed("its operand '\(node.input[index].oneLine)' is not defined before it")
    case .refused: throw .followsRefusedNode
    case .initializer(let tensor): return .constant(try Constant(tensor))
    case let definition?: return definition
    }
  }

  /// The operand, which must be a value of the network or a constant.
  func tensor(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> Tensor {
    guard let definition = try operand(node, index) else { throw .malformed("operand \(index) is missing") }
    return try tensor(definition, "operand \(index)")
  }

  func tensor(_ definition: Definition, _ what: String) throws(NodeProblem) -> Tensor {
    switch definition {
    case .tensor(let tensor): return tensor
    case .initializer(let tensor): return .constant(try Constant(tensor))
    case .quantized, .unrounded: throw .unsupported("\(what) is quantized; only a DequantizeLinear, or an operator of integers, can follow")
    case .probabilities(let value, _, _, _): return .value(value)
    case .classes(let classes):
      guard let value = classes.number else { throw .unsupported("\(what) is of classes, which can only be shown") }
      return .value(value)
    case .refused: throw .followsRefusedNode
    }
  }

  /// The operand, which must be a value of the network.
  ///
  /// - Parameter keepsPlace: False for one whose batch axis must be the first.
  mutating func value(_ node: ONNXNode, _ index: Int, keepsPlace: Bool = false) throws(NodeProblem) -> Int {
    switch try tensor(node, index) {
    case .value(let value): return keepsPlace ? value : try batchFirst(value, "operand \(index)")
    case .constant: throw .unsupported("operand \(index) is a constant")
    }
  }

  /// The operand, which must be a constant.
  func constant(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> Constant {
    switch try tensor(node, index) {
    case .value: throw .unsupported("operand \(index) is not a constant")
    case .constant(let constant): return constant
    }
  }

  func floats(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> (values: [Float], shape: [Int]) {
    let constant = try constant(node, index)
    guard let values = constant.floats else { throw .malformed("operand \(index) is not of floats") }
    return (values, constant.shape)
  }

  /// A constant of one number, or nil when the operand is left out.
  func scalar(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> Float? {
    guard try operand(node, index) != nil else { return nil }
    let constant = try constant(node, index)
    guard let values = constant.numbers, values.count == 1 else {
      throw .unsupported("operand \(index) is not one number")
    }
    return values[0]
  }

  /// The integers of a constant operand or, in older operator sets, of an attribute; nil when there is neither.
  func integers(_ node: ONNXNode, _ index: Int, or attribute: String) throws(NodeProblem) -> [Int]? {
    if let values = try node.integers(attribute) { return values }
    guard try operand(node, index) != nil else { return nil }
    guard let values = try constant(node, index).integers else {
      throw .malformed("operand \(index) is not of integers")
    }
    guard !values.contains(where: { batchMultiple($0) != nil }) else { throw .unsupported("operand \(index) depends on the batch size") }
    return values
  }
}
