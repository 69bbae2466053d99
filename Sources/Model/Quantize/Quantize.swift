import Glibc

/// The integer network of a float network.
///
/// Operators that multiply or add make accumulators; whatever else reads them gets activations, requantized through the
/// function that directly follows, if one does. Accumulators that are outputs are shown as they are.
///
/// - Throws: `.unusableLayer`; `.unusableData` when the calibration exceeds the range of a given input scale.
package func quantize(
  _ network: Network, _ calibration: Calibration, _ options: QuantizationOptions = QuantizationOptions()
) throws(ModelError) -> IntegerNetwork {
  // A value is made when it is first read, from the outputs on: as deep as the network is.
  try withLargeStack { () throws(ModelError) in
    var quantizer = Quantizer(network, calibration, options)
    for index in network.inputs.indices { try quantizer.addInput(index) }
    for index in network.outputs.indices { quantizer.integers.outputs[index].value = try quantizer.shown(network.outputs[index]) }
    return quantizer.integers
  }
}

struct Quantizer {
  let network: Network
  let calibration: Calibration
  let options: QuantizationOptions
  fileprivate(set) var integers: IntegerNetwork
  /// Integer values by float value.
  private var activations: [Int: Int] = [:]
  private var accumulators: [Int: Int] = [:]
  /// By float value, the nodes that read it.
  private let readers: [[Int]]
  /// Float values that are 0 or 1 because they mask scores.
  private let masks: Set<Int>
  /// By float value, whether its operators show that no input makes it negative.
  private let isNeverNegative: [Bool]

  init(_ network: Network, _ calibration: Calibration, _ options: QuantizationOptions) {
    self.network = network
    self.calibration = calibration
    self.options = options
    integers = IntegerNetwork(name: network.name, inputs: [], outputs: network.outputs, nodes: [])
    var readers = [[Int]](repeating: [], count: network.inputs.count + network.nodes.count)
    for (index, node) in network.nodes.enumerated() {
      for operand in Set(node.operands) { readers[operand].append(index) }
    }
    self.readers = readers
    masks = network.masks
    isNeverNegative = network.nodes.reduce(into: network.inputs.indices.map { calibration.ranges[$0].lowerBound >= 0 }) {
      known, node in known.append(node.operation.primitive.isNeverNegative(of: node.operands.map { known[$0] }))
    }
  }

  /// A model that quantizes its input prescribes the input's integers.
  mutating func addInput(_ index: Int) throws(ModelError) {
    let port = network.inputs[index]
    guard port.indexCount == nil else {
      integers.inputs.append(InputEncoding(port: port, scale: 1, range: 0...1))
      activations[index] = index
      return
    }
    let range = calibration.ranges[index]
    let prescribed = readers[index].map { network.nodes[$0].operation.quantum }
    if let fixed = prescribed.first ?? nil, prescribed.allSatisfy({ $0 == fixed }),
      calibration.inputScales[index] == nil
    {
      integers.inputs.append(InputEncoding(port: port, scale: fixed.scale, range: fixed.range))
    } else {
      let own = port.kind == .boolean || masks.contains(index) ? 0...1 : activationRange(bits: options.bits(of: port.name), isSigned: range.lowerBound < 0)
      let scale = calibration.inputScales[index] ?? activationScale(range, own) ?? 1
      integers.inputs.append(InputEncoding(port: port, scale: scale, range: own))
      try requireUnsaturated(range, integers.inputs[index])
    }
    activations[index] = index
  }

  private func requireUnsaturated(_ range: ClosedRange<Double>, _ input: InputEncoding) throws(ModelError) {
    guard !input.quantum.saturates(range.lowerBound), !input.quantum.saturates(range.upperBound) else {
      throw .unusableData(
        source: calibration.source,
        reason:
          "inputs from \(range.lowerBound) to \(range.upperBound) do not fit steps of \(input.scale) in \(input.range)")
    }
  }

  /// The value that an output shows: accumulators where there are any, else activations; never a view.
  mutating func shown(_ output: NetworkOutput) throws(ModelError) -> Int {
    if makesAccumulators(output.value) { return try accumulator(output.value) }
    let value = try activation(output.value)
    guard output.classCount != nil || isView(value) else { return value }
    return try append(output.name, [value], copy(of: value, times: 1), shape(of: value), scale: scale(of: value))
  }

  // MARK: Values

  func range(of value: Int) -> ClosedRange<Int64> { integers.quantum(of: value).range }

  func scale(of value: Int) -> Double { integers.quantum(of: value).scale }

  private func shape(of value: Int) -> [Int] { integers.shape(of: value) }

  /// Whether a value of the float network is computed by an operator that makes accumulators, reshapes aside.
  private func makesAccumulators(_ value: Int) -> Bool {
    guard let node = network.node(of: value) else { return false }
    if case .reshape = node.operation { return makesAccumulators(node.operands[0]) }
    return if case .contraction = node.operation { !network.isView(node) } else { false }
  }

  /// Whether an integer value is an input or a view, reshapes aside: it has no column of its own.
  private func isView(_ value: Int) -> Bool {
    guard let node = integers.node(of: value) else { return true }
    if case .reshape = node.operation { return isView(node.operands[0]) }
    return node.isView(of: shape(of: node.operands[0]))
  }

  /// Whether an integer value is a part of the value that it is made from.
  private func isSlice(_ value: Int) -> Bool {
    guard let node = integers.node(of: value) else { return false }
    let source = shape(of: node.operands[0])
    guard node.isView(of: source) else { return false }
    return node.shape.reduce(1, *) < source.reduce(1, *) || isSlice(node.operands[0])
  }

  /// Whether it is the codes of ids.
  private func isOneHot(_ value: Int) -> Bool { value < integers.inputs.count && integers.inputs[value].port.indexCount != nil }

  /// Appends a node; its range follows from its operands.
  mutating func append(
    _ name: String, _ operands: [Int], _ operation: Operation<Int64>, _ shape: [Int], scale: Double
  ) throws(ModelError) -> Int {
    let sources = operands.map { OperandRange(range(of: $0), shape: self.shape(of: $0), isOneHot: isOneHot($0)) }
    guard let range = operation.integerPrimitive.range(for: sources, rank: shape.count) else {
      throw .unusableLayer(name, reason: "its accumulators can reach 2^62")
    }
    integers.nodes.append(
      Node(
        name: name, operands: operands, operation: operation, shape: shape, encoding: Quantum(scale: scale, range: range)))
    return integers.inputs.count + integers.nodes.count - 1
  }

  // MARK: Activations

  /// The integer value that stands for a float value where it is read as an operand.
  mutating func activation(_ value: Int) throws(ModelError) -> Int {
    if let known = activations[value] { return known }
    guard let node = network.node(of: value) else { return value }
    let selection = makesAccumulators(value) ? nil : node.operation.primitive.selection
    let result: Int
    if case .softmax(let softmax) = node.operation {
      result = try shares(softmax, node)
    } else {
      result = if let selection { try selected(node, selection) } else { try requantized(value) }
    }
    activations[value] = result
    return result
  }

  /// A node of which every result is one of its operand's integers.
  private mutating func selected(_ node: Node<Double>, _ operation: Operation<Int64>) throws(ModelError) -> Int {
    guard operation.primitive.readings.allSatisfy({ $0.reading.allSatisfy { $0.steps.allSatisfy { $0.stride > 0 } } }) else {
      throw .unusableLayer(node.name, reason: "it reads its axis backwards")
    }
    var operand = try activation(node.operands[0])
    if !network.isView(node) { operand = try unsliced(operand) }
    return try append(node.name, [operand], operation, node.shape, scale: scale(of: operand))
  }

  /// The value itself; for a view an exact copy, which has a column of its own.
  private mutating func whole(_ value: Int) throws(ModelError) -> Int {
    guard let node = integers.node(of: value), isView(value) else { return value }
    let copy = try append(node.name, [value], copy(of: value, times: 2), node.shape, scale: node.scale / 2)
    let requantization = Requantization(
      shift: 1, function: .clamp(node.range), accumulators: range(of: copy))
    return try append(node.name, [copy], .map(.requantize(requantization)), node.shape, scale: node.scale)
  }

  /// Accumulators of a value's elements.
  private func copy(of value: Int, times coefficient: Int64) -> Operation<Int64> {
    .contraction(.sum(of: [shape(of: value)], [coefficient], shape: shape(of: value)))
  }

  /// The value itself, or a copy of a slice: what lies beside it must not be read in place of padding.
  private mutating func unsliced(_ value: Int) throws(ModelError) -> Int { isSlice(value) ? try whole(value) : value }

  private mutating func requantized(_ value: Int) throws(ModelError) -> Int {
    let target = target(value)
    let name = network.node(of: target.name)?.name ?? ""
    let shape = network.shape(of: value)
    guard makesAccumulators(target.source) else {
      let operand = try whole(activation(target.source))
      if target.function == .x, target.quantum == integers.quantum(of: operand) {
        return operand
      }
      let function = target.table(range(of: operand), scale: scale(of: operand))
      return try append(name, [operand], .map(.table(function)), shape, scale: target.quantum.scale)
    }
    let accumulators = try accumulator(target.source)
    let unit = scale(of: accumulators)
    let shift = Int(min(max(log2(target.quotientScale / unit).rounded(), 1), Double(maximumShift)))
    let quotientScale = unit * Double(1 << shift)
    let domain = Requantization.domain(shift: shift, accumulators: range(of: accumulators))
    let function: ActivationFunction
    if quotientScale == target.quantum.scale, let clamp = target.clamp {
      function = .clamp(clamp)
    } else {
      let half = Int64(maximumTableSize / 2)
      function = target.table(
        max(domain.lowerBound, -half)...min(domain.upperBound, half - 1), scale: quotientScale)
    }
    let requantization = Requantization(shift: shift, function: function, accumulators: range(of: accumulators))
    return try append(name, [accumulators], .map(.requantize(requantization)), shape, scale: target.quantum.scale)
  }

  /// What a float value is as integers, and the value that it is computed from directly.
  private func target(_ value: Int) -> QuantizationTarget {
    var (source, function, fixed) = (value, Pointwise.x, Quantum?.none)
    if let node = network.node(of: source), case .map(.quantize(let quantum)) = node.operation {
      (source, fixed) = (node.operands[0], quantum)
    }
    if let node = network.node(of: source), case .map(.expression(let expression)) = node.operation {
      (source, function) = (node.operands[0], expression)
    }
    if masks.contains(value) { fixed = Quantum(scale: 1, range: 0...1) }
    // Widths go by the node that makes the accumulators, or by the one that is shown.
    let names = [value, source].compactMap { network.node(of: origin($0))?.name }
    let bits = names.lazy.compactMap { options.layerBits[$0] }.first ?? options.bits
    let result = calibration.ranges[value]
    let quantum: Quantum
    if let fixed {
      quantum = fixed
    } else {
      let range = activationRange(
        bits: bits, isSigned: !(function.isNeverNegative || (function == .x && isNeverNegative[source])))
      quantum = activationScale(result, range).map { Quantum(scale: $0, range: range) } ?? Quantum(scale: 1, range: 0...0)
    }
    return QuantizationTarget(
      source: source, name: value, function: function, quantum: quantum, arguments: calibration.ranges[source])
  }

  private func origin(_ value: Int) -> Int {
    guard let node = network.node(of: value), case .reshape = node.operation else { return value }
    return origin(node.operands[0])
  }

  /// Shares of scores: accumulators where nothing else reads them.
  private mutating func shares(_ softmax: Softmax<Double>, _ node: Node<Double>) throws(ModelError) -> Int {
    let value = node.operands[0]
    var isDirect = readers[value].count == 1 && !network.outputs.contains { $0.value == value }
    if case .contraction? = network.node(of: value)?.operation {} else { isDirect = false }
    let scores = isDirect && makesAccumulators(value) ? try accumulator(value) : try whole(activation(value))
    var operands = [scores]
    for mask in node.operands.dropFirst() { operands.append(try activation(mask)) }
    let constants = softmax.constants.map { constant in
      Contraction<Int64>.Constant(loops: constant.loops, constant.values.map { Int64($0.rounded()) }, isPublic: constant.isPublic)
    }
    let exponential = Exponential(unit: scale(of: scores), scores: range(of: scores), count: node.shape[softmax.axis])
    let integers = Softmax<Int64>(
      shape: node.shape, axis: softmax.axis, constants: constants, masks: softmax.masks, exponential: exponential)
    return try append(node.name, operands, .softmax(integers), node.shape, scale: 1 / Double(Exponential.one))
  }

  // MARK: Accumulators

  /// The integer value of a float value that makes accumulators.
  mutating func accumulator(_ value: Int) throws(ModelError) -> Int {
    if let known = accumulators[value] { return known }
    guard let node = network.node(of: value) else { return value }
    let result: Int
    if case .contraction(let contraction) = node.operation {
      var operands: [Int] = []
      for (index, operand) in node.operands.enumerated() {
        let read = try activation(operand)
        operands.append(contraction.readsPart(of: index, shape(of: read)) ? try unsliced(read) : read)
      }
      // The first reader decides that is not always 0.
      let targets = requantizations(of: value).map(target)
      let quotientScale = (targets.first { $0.quantum.range.count > 1 } ?? targets.first)?.quotientScale
      let (integers, unit) = try self.integers(contraction, operands, node.name, quotientScale: quotientScale)
      result = try append(node.name, operands, .contraction(integers), node.shape, scale: unit)
    } else {
      let operand = try accumulator(node.operands[0])
      result = try append(node.name, [operand], .reshape, node.shape, scale: scale(of: operand))
    }
    accumulators[value] = result
    return result
  }

  /// The values that are requantized from the accumulators of a value.
  private func requantizations(of value: Int) -> [Int] {
    readers[value].flatMap { reader -> [Int] in
      let result = network.inputs.count + reader
      if case .reshape = network.nodes[reader].operation { return requantizations(of: result) }
      guard case .map(let function) = network.nodes[reader].operation else { return [value] }
      // A quantization of the function's result, where nothing else reads that, is what is requantized.
      let next = readers[result]
      guard case .expression = function, next.count == 1, case .map(.quantize) = network.nodes[next[0]].operation,
        !network.outputs.contains(where: { $0.value == result })
      else { return [result] }
      return [network.inputs.count + next[0]]
    }
  }
}

extension Network {
  /// The values that mask scores, and those that they are views of.
  fileprivate var masks: Set<Int> {
    var masks: Set<Int> = []
    for node in nodes { if case .softmax = node.operation { masks.formUnion(node.operands.dropFirst()) } }
    for (index, node) in nodes.enumerated().reversed() where masks.contains(inputs.count + index) {
      if node.operation.primitive.selection != nil { masks.insert(node.operands[0]) }
    }
    return masks
  }
}

extension Operation<Double> {
  fileprivate var quantum: Quantum? { if case .map(.quantize(let quantum)) = self { quantum } else { nil } }
}
