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
    var outputs = network.outputs
    for index in outputs.indices { outputs[index].value = try quantizer.shown(outputs[index]) }
    return IntegerNetwork(name: network.name, inputs: quantizer.inputs, outputs: outputs, nodes: quantizer.nodes)
  }
}

struct Quantizer {
  let network: Network
  let calibration: Calibration
  let options: QuantizationOptions
  private(set) var inputs: [InputEncoding] = []
  private(set) var nodes: [Node<Int64>] = []
  /// Integer values by float value.
  private var activations: [Int: Int] = [:]
  private var accumulators: [Int: Int] = [:]
  private let readers: Readers
  /// By float value, whether its operators show that no input makes it negative.
  private let isNeverNegative: [Bool]

  init(_ network: Network, _ calibration: Calibration, _ options: QuantizationOptions) {
    self.network = network
    self.calibration = calibration
    self.options = options
    readers = Readers(network)
    isNeverNegative = network.nodes.reduce(into: network.inputs.indices.map { calibration.ranges[$0].lowerBound >= 0 }) {
      known, node in known.append(node.operation.isNeverNegative(of: node.operands.map { known[$0] }))
    }
  }

  /// A model that quantizes its input prescribes the input's integers.
  mutating func addInput(_ index: Int) throws(ModelError) {
    let port = network.inputs[index]
    let range = calibration.ranges[index]
    let prescribed = readers.nodes(of: index).map { network.nodes[$0].operation.quantum }
    if let fixed = prescribed.first ?? nil, prescribed.allSatisfy({ $0 == fixed }),
      calibration.inputScales[index] == nil
    {
      inputs.append(InputEncoding(port: port, scale: fixed.scale, range: fixed.range))
    } else {
      let integers = activationRange(bits: options.bits(of: port.name), isSigned: range.lowerBound < 0)
      let scale = calibration.inputScales[index] ?? activationScale(range, integers) ?? 1
      inputs.append(InputEncoding(port: port, scale: scale, range: integers))
      try requireUnsaturated(range, inputs[index])
    }
    activations[index] = index
  }

  private func requireUnsaturated(_ range: ClosedRange<Double>, _ input: InputEncoding) throws(ModelError) {
    let steps = [range.lowerBound, range.upperBound].map { ($0 / input.scale + 0.5).rounded(.down) }
    guard Double(input.range.lowerBound) <= steps[0], steps[1] <= Double(input.range.upperBound) else {
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

  func quantum(of value: Int) -> Quantum { value < inputs.count ? inputs[value].quantum : nodes[value - inputs.count].encoding }

  func range(of value: Int) -> ClosedRange<Int64> { quantum(of: value).range }

  func scale(of value: Int) -> Double { quantum(of: value).scale }

  func shape(of value: Int) -> [Int] {
    value < inputs.count ? inputs[value].port.shape : nodes[value - inputs.count].shape
  }

  /// Whether a value of the float network is computed by an operator that makes accumulators, reshapes aside.
  private func makesAccumulators(_ value: Int) -> Bool {
    guard let node = network.node(of: value) else { return false }
    return switch node.operation {
    case .reshape: makesAccumulators(node.operands[0])
    case .contraction: !network.isView(node)
    case .maximum, .map: false
    }
  }

  /// Whether an integer value is an input, or its elements are not all of the value that it is made from.
  private func isView(_ value: Int) -> Bool {
    guard value >= inputs.count else { return true }
    let node = nodes[value - inputs.count]
    if case .reshape = node.operation { return isView(node.operands[0]) }
    return node.isView(of: shape(of: node.operands[0]))
  }

  /// Whether an integer value is a part of the value that it is made from.
  private func isSlice(_ value: Int) -> Bool {
    guard value >= inputs.count else { return false }
    let node = nodes[value - inputs.count]
    let source = shape(of: node.operands[0])
    guard node.isView(of: source) else { return false }
    return node.shape.reduce(1, *) < source.reduce(1, *) || isSlice(node.operands[0])
  }

  /// Appends a node; its range follows from its operands.
  mutating func append(
    _ name: String, _ operands: [Int], _ operation: Operation<Int64>, _ shape: [Int], scale: Double
  ) throws(ModelError) -> Int {
    let sources = operands.map { (range: range(of: $0), shape: self.shape(of: $0)) }
    guard let range = operation.integerPrimitive.range(for: sources, rank: shape.count) else {
      throw .unusableLayer(name, reason: "its accumulators can reach 2^62")
    }
    nodes.append(
      Node(
        name: name, operands: operands, operation: operation, shape: shape, encoding: Quantum(scale: scale, range: range)))
    return inputs.count + nodes.count - 1
  }

  // MARK: Activations

  /// The integer value that stands for a float value where it is read as an operand.
  mutating func activation(_ value: Int) throws(ModelError) -> Int {
    if let known = activations[value] { return known }
    guard let node = network.node(of: value) else { return value }
    let result: Int
    switch node.operation {
    case .contraction(let contraction) where network.isView(node):
      result = try sameIntegers(node, .contraction(Contraction(loops: contraction.loops, contraction.terms, [1])))
    case .reshape where !makesAccumulators(value): result = try sameIntegers(node, .reshape)
    case .maximum(let maximum):
      result = try sameIntegers(node, .maximum(Maximum(loops: maximum.loops, reading: maximum.reading)), isWhole: true)
    case .reshape, .contraction, .map: result = try requantized(value)
    }
    activations[value] = result
    return result
  }

  /// A node of which every result is one of its operand's integers.
  private mutating func sameIntegers(
    _ node: Node<Double>, _ operation: Operation<Int64>, isWhole: Bool = false
  ) throws(ModelError) -> Int {
    guard operation.primitive.readings.allSatisfy({ $0.reading.allSatisfy { $0.steps.allSatisfy { $0.stride > 0 } } }) else {
      throw .unusableLayer(node.name, reason: "it reads its axis backwards")
    }
    var operand = try activation(node.operands[0])
    if isWhole { operand = try unsliced(operand) }
    return try append(node.name, [operand], operation, node.shape, scale: scale(of: operand))
  }

  /// The value itself, or an exact copy of a view whose elements are not all of what it is made from.
  private mutating func whole(_ value: Int) throws(ModelError) -> Int {
    guard value >= inputs.count, isView(value) else { return value }
    let node = nodes[value - inputs.count]
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
      if target.function == .x, target.quantum == quantum(of: operand) {
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
    let requantization = Requantization(shift: shift, function: function, domain: domain)
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
      let quotientScale = firstRequantization(of: value).map { target($0).quotientScale }
      let (integers, unit) = try self.integers(contraction, operands, node.name, quotientScale: quotientScale)
      result = try append(node.name, operands, .contraction(integers), node.shape, scale: unit)
    } else {
      let operand = try accumulator(node.operands[0])
      result = try append(node.name, [operand], .reshape, node.shape, scale: scale(of: operand))
    }
    accumulators[value] = result
    return result
  }

  /// The first value that is requantized from the accumulators of a value.
  private func firstRequantization(of value: Int) -> Int? {
    for reader in readers.nodes(of: value) {
      let result = network.inputs.count + reader
      switch network.nodes[reader].operation {
      case .reshape:
        if let found = firstRequantization(of: result) { return found }
      case .map(.expression):
        // A quantization of the function's result, where nothing else reads that, is what is requantized.
        let next = readers.nodes(of: result)
        if next.count == 1, case .map(.quantize) = network.nodes[next[0]].operation, !readers.isOutput(result) {
          return network.inputs.count + next[0]
        }
        return result
      case .map: return result
      case .contraction, .maximum: return value
      }
    }
    return nil
  }
}

/// The nodes that read each value.
private struct Readers {
  private var readers: [[Int]]
  private let outputs: Set<Int>

  init(_ network: Network) {
    readers = Array(repeating: [], count: network.inputs.count + network.nodes.count)
    outputs = Set(network.outputs.map(\.value))
    for (index, node) in network.nodes.enumerated() {
      for operand in Set(node.operands) { readers[operand].append(index) }
    }
  }

  func nodes(of value: Int) -> [Int] { readers[value] }
  func isOutput(_ value: Int) -> Bool { outputs.contains(value) }
}

extension Operation<Double> {
  fileprivate func isNeverNegative(of operands: [Bool]) -> Bool {
    switch self {
    case .map(.expression(let function)): function.isNeverNegative
    case .contraction(let contraction):
      // The signs of trained constants are not looked at.
      contraction.terms.allSatisfy { $0.coefficient >= 0 } && operands.allSatisfy { $0 }
        && contraction.constants.allSatisfy { $0.isPublic && $0.values.allSatisfy { $0 >= 0 } }
    case .maximum, .reshape: operands[0]
    case .map: false
    }
  }

  fileprivate var quantum: Quantum? { if case .map(.quantize(let quantum)) = self { quantum } else { nil } }
}
