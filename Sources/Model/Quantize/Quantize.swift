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
    do throws(ModelError) {
      return try quantize(network, calibration, options, usesWindows: true)
    } catch {
      // Long integers may be too long for what is made of them.
      guard let result = try? quantize(network, calibration, options, usesWindows: false) else { throw error }
      return result
    }
  }
}

private func quantize(
  _ network: Network, _ calibration: Calibration, _ options: QuantizationOptions, usesWindows: Bool
) throws(ModelError) -> IntegerNetwork {
  var quantizer = Quantizer(network, calibration, options, SharedScales(calibration), usesWindows: usesWindows)
  for attempt in 0..<6 {
    for index in network.inputs.indices { try quantizer.addInput(index) }
    for index in network.outputs.indices { quantizer.integers.outputs[index].value = try quantizer.shown(network.outputs[index]) }
    try quantizer.addDelayedValues()
    quantizer.integers.cutStates()
    // How large values can be follows from their integers.
    guard attempt < 5, quantizer.scales.settle() else { break }
    quantizer = Quantizer(network, calibration, options, quantizer.scales, usesWindows: usesWindows)
  }
  return quantizer.integers
}

/// What is shown of a function has longer integers where the largest result is so many times the smallest one.
private let wideRatio = 64.0
/// Of values that are integers, and stay these.
private let mostIntegerBits = 20

/// The step of scores that are all 0.
private let smallestScore = 0x1p-12

struct Quantizer {
  let network: Network
  let calibration: Calibration
  let options: QuantizationOptions
  var integers: IntegerNetwork
  /// Integer values by float value.
  private(set) var activations: [Int: Int] = [:]
  private var accumulators: [Int: Int] = [:]
  /// Of values that keep what they are rounded to.
  var scales: SharedScales
  /// By integer value.
  private(set) var vectorBounds: [Int: VectorBound] = [:]
  private var sharesAxes: [Int: Int] = [:]
  /// By the number that constants give it.
  var arrays: [Int: IntegerArray] = [:]
  /// By node that divides by a root of squares.
  private let norms: [Int: NormPattern]
  /// By float value, the nodes that read it.
  let readers: [[Int]]
  /// Float values that are 0 or 1 because they mask scores.
  private let masks: Set<Int>
  /// Float values of which shares are made.
  private let scoreValues: Set<Int>
  /// Float values that are delayed.
  let delayedValues: Set<Int>
  /// Float values that products without weights in a scan read or make.
  let gatedValues: Set<Int>
  /// Whether there are shares or norms: 8 bits are too few for these.
  private let isSequence: Bool
  /// Of activations, where nothing else is said.
  var bits: Int { options.bits ?? (isSequence ? QuantizationOptions.widths.upperBound : options.usualBits) }
  /// By float value, whether its operators show that no input makes it negative.
  private let isNeverNegative: [Bool]
  /// By float value.
  private(set) var wideFunctions: [Int: WideFunction] = [:]
  /// By float value that these are made of, the bits that it has at least.
  private var wideOperands: [Int: Int] = [:]
  /// By float value, whether it takes integers alone.
  private let integerValues: [Bool]
  /// By float value, what integers reach: where 16 bits are asked for, twice as far as calibration data, as data in use go a little
  /// farther than those.
  private let reached: [ClosedRange<Double>]
  /// By input that decides where functions jump, what it and those that it is compared with reach.
  private let jumpRanges: [Int: ClosedRange<Double>]

  init(_ network: Network, _ calibration: Calibration, _ options: QuantizationOptions, _ scales: SharedScales, usesWindows: Bool) {
    self.network = network
    self.calibration = calibration
    self.options = options
    self.scales = scales
    norms = network.norms
    isSequence = network.isSequence
    integers = IntegerNetwork(name: network.name, inputs: [], outputs: network.outputs, nodes: [])
    var readers = [[Int]](repeating: [], count: network.inputs.count + network.nodes.count)
    for (index, node) in network.nodes.enumerated() {
      for operand in Set(network.read(by: node)) { readers[operand].append(index) }
    }
    self.readers = readers
    jumpRanges = network.jumpRanges(calibration.ranges)
    let hasRoom = options.bits == QuantizationOptions.widths.upperBound
    reached = zip(calibration.ranges, calibration.isIntegral).map { hasRoom && !$1 ? $0.withRoom : $0 }
    integerValues = network.integerValues
    delayedValues = Set(network.delayed.values)
    gatedValues = network.gatedValues
    masks = network.read(bySoftmaxes: { $0.dropFirst() })
    scoreValues = network.read(bySoftmaxes: { $0.prefix(1) })
    isNeverNegative = network.nodes.reduce(into: network.inputs.indices.map { calibration.ranges[$0].lowerBound >= 0 }) {
      known, node in known.append(node.operation.primitive.isNeverNegative(of: node.operands.map { known[$0] }))
    }
    if usesWindows {
      wideFunctions = foundWideFunctions()
      wideOperands = operands(of: wideFunctions)
      wideFunctions.merge(widePowers(among: wideOperands)) { own, _ in own }
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
      // Integers of which calibration data have 0 and 1 alone are masks.
      let isMask = masks.contains(index) || (port.kind == .integer && range.lowerBound >= 0 && range.upperBound <= 1)
      let decides = jumpRanges[index] != nil || isComparedAmongOthers(index)
      let least = max(wideOperands[index] ?? 0, decides ? QuantizationOptions.widths.upperBound : 0)
      let width = options.layerBits[port.name] ?? (isCompared(index) ? comparedBits(index) : max(bits, least))
      let isFree = width == QuantizationOptions.widths.upperBound && !decides && !isCompared(index)
      // As features of unlike sizes have.
      let reached = jumpRanges[index] ?? (!isFree ? range : network.isClassical ? range.withRoom : self.reached[index])
      let own = port.kind == .boolean || isMask ? 0...1 : activationRange(bits: width, isSigned: reached.lowerBound < 0)
      var scale = activationScale(reached, own) ?? 1
      // A threshold or a tie at a round number is one of the steps, and so are integers among numbers.
      if jumpRanges[index] != nil || (calibration.isIntegral[index] && width == QuantizationOptions.widths.upperBound) { scale = scale.roundedUp(significantBits: 1) }
      scale = calibration.inputScales[index] ?? scale
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
  func makesAccumulators(_ value: Int) -> Bool {
    guard let node = network.node(of: value) else { return false }
    if case .reshape = node.operation { return makesAccumulators(node.operands[0]) }
    return if case .contraction = node.operation { !network.isView(node) } else { false }
  }

  /// Whether an integer value is an input or a view, reshapes aside: it has no column of its own.
  private func isView(_ value: Int) -> Bool {
    guard let node = integers.node(of: value) else { return true }
    if case .reshape = node.operation { return isView(node.operands[0]) }
    return integers.isView(node)
  }

  /// Whether an integer value is a part of the value that it is made from.
  private func isSlice(_ value: Int) -> Bool {
    guard let node = integers.node(of: value), integers.isView(node) else { return false }
    return node.shape.reduce(1, *) < shape(of: node.operands[0]).reduce(1, *) || isSlice(node.operands[0])
  }

  /// Appends a node; its range follows from its operands, and from what is known of their vectors.
  ///
  /// - Parameter within: Holds every result.
  mutating func append(
    _ name: String, _ operands: [Int], _ operation: Operation<Int64>, _ shape: [Int], scale: Double, within: ClosedRange<Int64>? = nil
  ) throws(ModelError) -> Int {
    let sources = operands.map { OperandRange(range(of: $0), shape: self.shape(of: $0), isOneHot: integers.isOneHot($0)) }
    let known = try bound(operation, operands, sources, shape)
    let ranges = [operation.integerPrimitive.range(for: sources, rank: shape.count), known.range, within].compactMap { $0 }
    guard let range = ranges.dropFirst().reduce(ranges.first, { $0?.clamped(to: $1) }) else {
      throw .unusableLayer(name, reason: "its accumulators can reach 2^62")
    }
    integers.nodes.append(
      Node(
        name: name, operands: operands, operation: operation, shape: shape, encoding: Quantum(scale: scale, range: range)))
    let result = integers.inputs.count + integers.nodes.count - 1
    vectorBounds[result] = known.vectors
    if case .softmax(let softmax) = operation { sharesAxes[result] = softmax.axis }
    return result
  }

  /// What vectors of operands tell of results.
  private func bound(
    _ operation: Operation<Int64>, _ operands: [Int], _ sources: [OperandRange], _ shape: [Int]
  ) throws(ModelError) -> (range: ClosedRange<Int64>?, vectors: VectorBound?) {
    switch operation {
    case .contraction(let contraction) where !contraction.isView(of: sources[0].shape, rank: shape.count):
      let bounded = zip(operands, sources).map { BoundedOperand(range: $1, vectors: vectorBounds[$0], sharesAxis: sharesAxes[$0]) }
      guard let bound = contraction.bound(bounded, shape) else { return (nil, nil) }
      let (low, high) = (bound.range.lowerBound.rounded(.down), bound.range.upperBound.rounded(.up))
      guard low > -0x1p62, high < 0x1p62 else { return (nil, bound.vectors) }
      return (Int64(low)...Int64(high), bound.vectors)
    case .contraction, .reshape:
      guard let vectors = vectorBounds[operands[0]] else { return (nil, nil) }
      let move = operation.primitive.run([sources[0].shape], shape)
      return (nil, vectors.moved { move([$0]) })
    case .map(let function):
      let result = vectorBounds[operands[0]].flatMap { $0.mapped(function) }
      // Circuits show ranges of results.
      let largest = Int64(min((result?.largest ?? .infinity).rounded(.up), 0x1p61))
      return (result == nil ? nil : (-largest...largest).roundedOut, result)
    case .maximum, .softmax, .delay: return (nil, nil)
    }
  }

  /// Lets the range of an appended node, and what is known of its vectors, follow from these.
  mutating func limit(_ value: Int, _ vectors: VectorBound) {
    vectorBounds[value] = vectors
    guard let node = integers.node(of: value) else { return }
    let largest = Int64(min(vectors.largest.rounded(.up), 0x1p62))
    let range = node.range.clamped(to: -largest...largest)
    integers.nodes[value - integers.inputs.count] = Node(
      name: node.name, operands: node.operands, operation: node.operation, shape: node.shape,
      encoding: Quantum(scale: node.scale, range: range))
  }

  /// Accumulators rounded, whatever they are.
  mutating func kept(_ accumulators: Int, shift: Int, _ name: String, _ shape: [Int]) throws(ModelError) -> Int {
    let domain = Requantization.domain(shift: shift, accumulators: range(of: accumulators))
    let requantization = Requantization(shift: shift, function: .clamp(domain), accumulators: range(of: accumulators))
    return try append(
      name, [accumulators], .map(.requantize(requantization)), shape, scale: scale(of: accumulators) * Double(1 << shift))
  }

  // MARK: Activations

  /// The integer value that stands for a float value where it is read as an operand.
  mutating func activation(_ value: Int) throws(ModelError) -> Int {
    if let known = activations[value] { return known }
    guard let node = network.node(of: value) else { return value }
    let selection = makesAccumulators(value) ? nil : node.selection
    let result: Int
    if case .softmax(let softmax) = node.operation {
      let own = try shares(softmax, node)
      result = try isReadByMaximum(value) && range(of: own).count > maximumTableSize ? halved(own, node) : own
    } else if case .delay(let delay) = node.operation, let source = network.delayed[delay.number] {
      result = try self.delay(node, delay, of: source)
    } else {
      result = if let selection { try selected(node, selection) } else { try requantized(value) }
    }
    activations[value] = result
    return result
  }

  /// A node of which every result is one of its operand's integers.
  private mutating func selected(_ node: Node<Double>, _ operation: Operation<Int64>) throws(ModelError) -> Int {
    var operation = operation
    var operand = try activation(node.operands[0])
    if case .contraction(var view) = operation, case .operand(_, var reading)? = view.terms.first?.factors.first {
      for axis in reading.indices where reading[axis].steps.contains(where: { $0.stride < 0 }) {
        reading[axis] = reading[axis].backwards(along: shape(of: operand)[axis])
        operand = try reversed(operand, axis: axis, node.name)
      }
      view = .view(view.loops, reading)
      if view.isCopy(of: shape(of: operand), rank: node.shape.count) { return operand }
      operation = .contraction(view)
    }
    guard operation.primitive.readings.allSatisfy({ $0.reading.allSatisfy { $0.steps.allSatisfy { $0.stride > 0 } } }) else {
      throw .unusableLayer(node.name, reason: "it reads an axis forwards and backwards")
    }
    if !network.isView(node) { operand = try unsliced(operand) }
    return try append(node.name, [operand], operation, node.shape, scale: scale(of: operand))
  }

  /// A copy whose elements stand in the opposite order along an axis: columns are read forwards alone.
  private mutating func reversed(_ value: Int, axis: Int, _ name: String) throws(ModelError) -> Int {
    let shape = shape(of: value)
    let count = shape[axis]
    guard elementCount([count, count], limit: maximumMadeElementCount) != nil else {
      throw .unusableLayer(name, reason: "it reads an axis of \(count) elements backwards")
    }
    let ones = (0..<count * count).map { Int64($0 % count == count - 1 - $0 / count ? 1 : 0) }
    let turned = Contraction<Int64>(
      loops: shape + [count], constants: [.init(loops: [axis, shape.count], ones, isPublic: true)],
      terms: [.init(2, [.constant(0), .operand(0, shape.indices.map { Index($0 == axis ? shape.count : $0) })])])
    let (scale, range) = (scale(of: value), range(of: value))
    let copy = try append(name, [value], .contraction(turned), shape, scale: scale / 2, within: 2 * range.lowerBound...2 * range.upperBound)
    return try append(name, [copy], .map(.requantize(Requantization(copying: range))), shape, scale: scale)
  }

  /// The value itself; for a view an exact copy, which has a column of its own.
  mutating func whole(_ value: Int) throws(ModelError) -> Int {
    guard let node = integers.node(of: value), isView(value) else { return value }
    let copy = try append(node.name, [value], copy(of: value, times: 2), node.shape, scale: node.scale / 2)
    return try append(node.name, [copy], .map(.requantize(Requantization(copying: node.range))), node.shape, scale: node.scale)
  }

  /// Accumulators of a value's elements.
  func copy(of value: Int, times coefficient: Int64) -> Operation<Int64> {
    .contraction(.sum(of: [shape(of: value)], [coefficient], shape: shape(of: value)))
  }

  /// The value itself, or a copy of a slice: what lies beside it must not be read in place of padding.
  private mutating func unsliced(_ value: Int) throws(ModelError) -> Int { isSlice(value) ? try whole(value) : value }

  private mutating func requantized(_ value: Int) throws(ModelError) -> Int {
    // A comparison is as fine as what it compares.
    if let compared = comparison(value) { for operand in compared.operands { _ = try activation(operand) } }
    let target = target(value)
    let name = network.node(of: target.name)?.name ?? ""
    let shape = network.shape(of: value)
    let accumulators: Int
    var leastShift = 1
    if makesAccumulators(target.source), !readsState(target) {
      accumulators = try accumulator(target.source)
    } else {
      let operand = try activation(target.source)
      if target.function == .x, target.quantum == integers.quantum(of: operand) { return try whole(operand) }
      if range(of: operand).count <= 2 * maximumTableSize,
        case let function = target.table(range(of: operand), scale: scale(of: operand)), function.isEncodable
      {
        return try append(name, [try whole(operand)], .map(.table(function)), shape, scale: target.quantum.scale)
      }
      // One table does not hold a function of longer integers: it is one of these, rounded. Others than states are doubled first, which
      // makes accumulators of views.
      let isState = readsState(target) && target.clamp == nil && !target.isWindowed && !isView(operand)
      leastShift = max(magnitudeBits(range(of: operand)) + (isState ? 1 : 2) - magnitudeBits(0...Int64(maximumTableSize - 1)), 1)
      accumulators = isState
        ? operand : try append(name, [operand], copy(of: operand, times: 2), self.shape(of: operand), scale: scale(of: operand) / 2)
    }
    if target.isWindowed, let function = windowed(target, accumulators) {
      return try append(name, [accumulators], .map(.windowed(function)), shape, scale: target.quantum.scale)
    }
    if comparison(value) != nil { leastShift = max(leastShift, Requantization.bits(of: range(of: accumulators)) - mostComparedBits) }
    let unit = scale(of: accumulators)
    var shift = Int(min(max(log2(target.quotientScale / unit).rounded(), Double(leastShift)), Double(maximumShift)))
    // A table holds the arguments of calibration data.
    if target.clamp == nil, comparison(value) == nil, target.reach > unit * Double((maximumTableSize / 2 - 1) << shift) { shift = min(shift + 1, maximumShift) }
    let quotientScale = unit * Double(1 << shift)
    if target.isShared, let result = try shared(value, target, accumulators, shift: shift, name, shape) { return result }
    let domain = Requantization.domain(shift: shift, accumulators: range(of: accumulators))
    let function: ActivationFunction
    if quotientScale == target.quantum.scale, let clamp = target.clamp {
      function = .clamp(clamp)
    } else {
      let isLong = domain.count > maximumTableSize && comparison(value) != nil
      let half = isLong ? 1 << Int64((Requantization.bits(of: domain) + 1) / 2 - 1) : Int64(maximumTableSize / 2)
      function = target.table(
        max(domain.lowerBound, -half)...min(domain.upperBound, half - 1), scale: quotientScale)
    }
    var requantization = Requantization(shift: shift, function: function, accumulators: range(of: accumulators))
    requantization.isOfScan = gatedValues.contains(value)
    return try append(name, [accumulators], .map(.requantize(requantization)), shape, scale: target.quantum.scale)
  }

  /// What a float value is as integers, and the value that it is computed from directly.
  func target(_ value: Int) -> QuantizationTarget {
    var (source, function, fixed) = (value, Pointwise.x, Quantum?.none)
    if let node = network.node(of: source), case .map(.quantize(let quantum)) = node.operation {
      (source, fixed) = (node.operands[0], quantum)
    }
    if let node = network.node(of: source), case .map(.expression(let expression)) = node.operation {
      (source, function) = (node.operands[0], expression)
    }
    if masks.contains(value) { fixed = Quantum(scale: 1, range: 0...1) }
    let isSigned = !(function.isNeverNegative || (function == .x && isNeverNegative[source]))
    let isInteger = function.isIntegral || integerValues[value] && !scoreValues.contains(value)
    if fixed == nil { fixed = exact(value) ?? (isInteger ? integral(value, isSigned: isSigned) : nil) }
    // Widths go by the node that makes the accumulators, or by the one that is shown.
    let names = [value, source].compactMap { network.node(of: origin($0))?.name }
    let given = names.lazy.compactMap { options.layerBits[$0] }.first
    let isWide = fixed == nil && wideFunctions[value] != nil
    let least = max(wideFunctions[value]?.bits ?? 0, wideOperands[value] ?? 0)
    let bits = given ?? (isCompared(value) || isComparedAmongOthers(value) ? QuantizationOptions.widths.upperBound : max(bits, least))
    let result = reached[value]
    let quantum: Quantum
    let isShared = options.bits == nil && fixed == nil && makesAccumulators(source) && isSequence && !delayedValues.contains(value)
      && given == nil && !isWide && (function.clamp != nil || wideOperands[value] == nil)
    if let fixed {
      quantum = fixed
    } else if isShared {
      quantum = sharedQuantum(value)
    } else if given == nil, isShownAlone(value), let wide = wide(function, result) {
      quantum = wide
    } else {
      let range = activationRange(
        bits: max(carriedBits(value) ?? 0, bits), isSigned: isSigned)
      let scale = activationScale(result, range).map { gatedValues.contains(value) ? $0.roundedUp(significantBits: 1) : $0 }
      quantum = scale.map { Quantum(scale: $0, range: wholeRange(value, scale: $0, range)) }
        ?? (scoreValues.contains(value) ? Quantum(scale: smallestScore, range: range) : Quantum(scale: 1, range: 0...0))
    }
    return QuantizationTarget(
      source: source, name: value, function: function, quantum: quantum, arguments: reached[source],
      argumentScale: comparison(value).map(comparedScale)
        ?? (isShared && function != .x ? scales.scale(value, .argument) : nil), isShared: isShared,
      isFixed: fixed != nil, isWindowed: isWide, hasIntegerArguments: calibration.isIntegral[source])
  }

  /// Integers as they are, where a value takes nothing else, as masks, places and comparisons do. Scores have finer steps: shares
  /// follow from the steps of exponents.
  private func exact(_ value: Int) -> Quantum? {
    let range = calibration.ranges[value]
    let largest = max(-range.lowerBound, range.upperBound)
    guard isSequence, bits == 16, calibration.isIntegral[value], !scoreValues.contains(value), range.upperBound > 0, largest < 0x1p15 else { return nil }
    let bits = Int64.bitWidth - Int64(largest).leadingZeroBitCount
    return Quantum(scale: 1, range: activationRange(bits: bits + (range.lowerBound < 0 ? 1 : 0), isSigned: range.lowerBound < 0))
  }

  /// Integers as they are, if 20 bits hold those of the calibration data.
  private func integral(_ value: Int, isSigned: Bool) -> Quantum? {
    let own = calibration.ranges[value]
    let ranges = (bits...max(bits, mostIntegerBits)).lazy.map { activationRange(bits: $0, isSigned: isSigned) }
    return ranges.first { Double($0.lowerBound) <= own.lowerBound && own.upperBound <= Double($0.upperBound) }.map { Quantum(scale: 1, range: $0) }
  }

  /// Whether an output shows it and nothing reads it.
  private func isShownAlone(_ value: Int) -> Bool {
    readers[value].isEmpty && network.outputs.contains { $0.value == value && $0.classCount == nil }
  }

  /// Of results of a function that are never negative and some of them much smaller than others, as probabilities are: tables hold longer
  /// numbers, so that small ones are as right as their arguments.
  private func wide(_ function: Pointwise, _ results: ClosedRange<Double>) -> Quantum? {
    guard (options.bits ?? 16) == 16, function.clamp == nil, function.isNeverNegative, results.upperBound > wideRatio * results.lowerBound,
      case let scale = (results.upperBound * 0x1p-30).roundedUp(significantBits: scaleBits), scale.isNormal
    else { return nil }
    return Quantum(scale: scale, range: 0...1 << 31)
  }

  private func origin(_ value: Int) -> Int {
    guard let node = network.node(of: value), case .reshape = node.operation else { return value }
    return origin(node.operands[0])
  }

  /// Shares of scores: accumulators where nothing else reads them.
  private mutating func shares(_ softmax: Softmax<Double>, _ node: Node<Double>) throws(ModelError) -> Int {
    let value = node.operands[0]
    var isDirect = readers[value].count == 1 && !network.outputs.contains { $0.value == value }
    if case .contraction(let sums)? = network.node(of: value)?.operation {
      // A mask of keys is one more factor.
      isDirect = isDirect && (!softmax.masksKeys || sums.factorCount(network.node(of: value)?.operands.map(network.shape) ?? []) <= 2)
    } else {
      isDirect = false
    }
    let scores = isDirect && makesAccumulators(value) ? try accumulator(value) : try whole(activation(value))
    var operands = [scores]
    for mask in node.operands.dropFirst() { operands.append(try activation(mask)) }
    let constants = softmax.constants.map { constant in
      Contraction<Int64>.Constant(loops: constant.loops, constant.values.map { Int64($0.rounded()) }, isPublic: constant.isPublic)
    }
    if isDirect { askForExactSteps(value) }
    guard Exponential.isTabulated(unit: scale(of: scores)) else {
      throw .unusableLayer(node.name, reason: "its scores are almost 0 on the calibration data: queries or keys are")
    }
    let masking: Exponential.Masking = softmax.masks.isEmpty ? .unmasked : softmax.masksKeys ? .zero : .any
    func exponential(_ other: Double) -> Exponential {
      Exponential(
        unit: scale(of: scores), scores: range(of: scores), count: node.shape[softmax.axis], masking: masking,
        usualBits: network.scoreBits, other: other)
    }
    scales.ask(exponential(0).step, for: value, .exponent)
    let exponential = exponential(scales.scale(value, .exponent) ?? 0)
    let integers = Softmax<Int64>(
      shape: node.shape, axis: softmax.axis, constants: constants, masks: softmax.masks, exponential: exponential)
    return try append(node.name, operands, .softmax(integers), node.shape, scale: exponential.shareScale)
  }

  /// Scores are sums of products of queries and keys; steps of these are chosen so that a power of two of the products' is that of exponents.
  private mutating func askForExactSteps(_ scores: Int) {
    guard let node = network.node(of: scores), case .contraction(let contraction) = node.operation, contraction.constants.isEmpty,
      contraction.terms.count == 1, node.operands.count == 2, contraction.terms[0].factors.count == 2
    else { return }
    scales.ask(1 / contraction.terms[0].coefficient.magnitude, forProduct: scores, of: made(node.operands[0]), made(node.operands[1]))
  }

  /// The activations that a view is one of.
  private func made(_ value: Int) -> Int {
    guard !makesAccumulators(value), let node = network.node(of: value), network.isView(node) else { return value }
    return made(node.operands[0])
  }

  // MARK: Accumulators

  /// The integer value of a float value that makes accumulators.
  mutating func accumulator(_ value: Int) throws(ModelError) -> Int {
    if let known = accumulators[value] { return known }
    guard let node = network.node(of: value) else { return value }
    let result: Int
    if case .contraction(let contraction) = node.operation {
      if let norm = norms[value - network.inputs.count] {
        let result = try normAccumulators(norm, node, quotientScale: quotientScale(requantizations(of: value).map(target)))
        accumulators[value] = result
        return result
      }
      var operands: [Int] = []
      for (index, operand) in node.operands.enumerated() {
        let read = try activation(operand)
        operands.append(contraction.readsPart(of: index, shape(of: read)) ? try unsliced(read) : read)
      }
      let read = requantizations(of: value)
      let direct = read.map(target).filter { !readsState($0) }
      let targets = direct.filter { !$0.isWindowed }
      let isCompared = !read.isEmpty && read.allSatisfy { comparison($0) != nil }
      let (integers, unit) = try self.integers(
        isCompared ? compared(contraction, operands) : contraction, operands, node.name, quotientScale: quotientScale(targets),
        finest: targets.count == direct.count ? targets.map(\.quotientScale).min() : 0, room: room(targets), isShared: !targets.isEmpty && targets.allSatisfy(\.isShared),
        longest: targets.count == direct.count ? 60 : 56)
      result = try append(node.name, operands, .contraction(integers), node.shape, scale: unit)
    } else {
      let operand = try accumulator(node.operands[0])
      result = try append(node.name, [operand], .reshape, node.shape, scale: scale(of: operand))
    }
    accumulators[value] = result
    return result
  }

  /// What the accumulators of a value are rounded to; nil where they are only shown. The first reader decides that is not
  /// always 0.
  private func quotientScale(_ targets: [QuantizationTarget]) -> Double? {
    (targets.first { $0.quantum.range.count > 1 } ?? targets.first)?.quotientScale
  }

  /// By how many bits steps of the longest quotients are longer than those that decide.
  private func room(_ targets: [QuantizationTarget]) -> Int {
    guard let own = quotientScale(targets), let longest = targets.map(\.quotientScale).max() else { return 0 }
    return Int(min(max(log2(longest / own).rounded(.up), 0), Double(maximumShift / 2)))
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
  /// Of the largest power of two up to the number of all scores, at least 17.
  fileprivate var scoreBits: Int {
    let count = nodes.reduce(0) { if case .softmax = $1.operation { $0 + $1.shape.reduce(1, *) } else { $0 } }
    return max(17, Int(log2(Double(count))))
  }

  /// Those operands of Softmaxes, scores or masks, and the values that they are views of.
  fileprivate func read(bySoftmaxes operands: ([Int]) -> ArraySlice<Int>) -> Set<Int> {
    var values: Set<Int> = []
    for node in nodes { if case .softmax = node.operation { values.formUnion(operands(node.operands)) } }
    for (index, node) in nodes.enumerated().reversed() where values.contains(inputs.count + index) {
      if node.selection != nil { values.insert(node.operands[0]) }
    }
    return values
  }
}

extension Operation<Double> {
  fileprivate var quantum: Quantum? { if case .map(.quantize(let quantum)) = self { quantum } else { nil } }
}
