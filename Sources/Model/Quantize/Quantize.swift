/// The integer network of a float network.
///
/// Linear layers directly before a Relu, or between Relus, are requantized to activations; the last linear layer's
/// accumulators are the output.
///
/// - Throws: `.unusableLayer`; `.unusableData` when the calibration exceeds the range of a given input scale.
package func quantize(
  _ network: Network, _ calibration: Calibration, _ options: QuantizationOptions = QuantizationOptions()
) throws(ModelError) -> IntegerNetwork {
  let range = calibration.ranges[0]
  let integers = options.activationRange(isSigned: range.lowerBound < 0)
  let scale = options.inputScale ?? activationScale(range, integers) ?? 1
  let input = InputEncoding(port: network.input, scale: scale, range: integers)
  try requireUnsaturated(calibration, input)
  var quantizer = Quantizer(network: network, calibration: calibration, options: options, input: input, scales: [scale])
  for index in network.nodes.indices { try quantizer.add(index) }
  guard let last = network.nodes.last else { throw .unusableLayer(network.output.name, reason: "there is no layer") }
  guard quantizer.isAccumulator else {
    throw .unusableLayer(last.name, reason: "the output must come from a Gemm or MatMul, without a Relu after it")
  }
  return IntegerNetwork(
    name: network.name, input: input, output: network.output, outputScale: quantizer.scale(of: quantizer.nodes.count),
    nodes: quantizer.nodes)
}

private func requireUnsaturated(_ calibration: Calibration, _ input: InputEncoding) throws(ModelError) {
  let range = calibration.ranges[0]
  let steps = [range.lowerBound, range.upperBound].map { ($0 / input.scale + 0.5).rounded(.down) }
  guard Double(input.range.lowerBound) <= steps[0], steps[1] <= Double(input.range.upperBound) else {
    throw .unusableData(
      source: calibration.source,
      reason:
        "inputs from \(range.lowerBound) to \(range.upperBound) do not fit steps of \(input.scale) in \(input.range)")
  }
}

/// The scale that maps the largest absolute value to the largest integer; nil when all values are 0 or subnormal.
private func activationScale(_ range: ClosedRange<Double>, _ integers: ClosedRange<Int64>) -> Double? {
  let largest = integers.lowerBound < 0 ? max(-range.lowerBound, range.upperBound) : range.upperBound
  let scale = largest / Double(integers.upperBound)
  return scale.isNormal && scale > 0 ? scale : nil
}

private struct Quantizer {
  let network: Network
  let calibration: Calibration
  let options: QuantizationOptions
  let input: InputEncoding
  var nodes: [IntegerNode] = []
  /// What the integer 1 is worth, by integer value.
  var scales: [Double]
  /// The integer value of each float value.
  var numbers = [0]

  /// Whether the last value is an accumulator.
  var isAccumulator: Bool {
    for node in nodes.reversed() {
      switch node.operation {
      case .linear: return true
      case .requantize: return false
      case .reshape: continue
      }
    }
    return false
  }

  mutating func add(_ index: Int) throws(ModelError) {
    let node = network.nodes[index]
    let operand = numbers[node.operand]
    switch node.operation {
    case .reshape:
      append(node.name, operand, .reshape, node.shape, scale(of: operand), range(of: operand))
    case .relu:
      guard range(of: operand).lowerBound >= 0 else {
        throw .unusableLayer(node.name, reason: "a Relu must come after a Gemm or MatMul")
      }
      numbers.append(operand)
      return
    case .linear(let linear):
      switch follower(of: index + 1) {
      case .none: try addOutput(linear, node, operand)
      case .relu: try addHidden(linear, node, operand, value: index + 1, isSigned: false)
      case .linear, .reshape: try addHidden(linear, node, operand, value: index + 1, isSigned: true)
      }
    }
    numbers.append(nodes.count)
  }

  private mutating func addOutput(_ linear: Linear, _ node: Node, _ operand: Int) throws(ModelError) {
    let inputScale = scale(of: operand)
    let (integers, shift) = try quantize(
      linear, node.name, inputScale: inputScale, outputScale: inputScale, shifts: 0...40)
    try appendLinear(node, operand, integers, scale: inputScale / Double(1 << shift))
  }

  private mutating func addHidden(
    _ linear: Linear, _ node: Node, _ operand: Int, value: Int, isSigned: Bool
  ) throws(ModelError) {
    let inputScale = scale(of: operand)
    let clamp = options.activationRange(isSigned: isSigned)
    let outputScale = activationScale(calibration.ranges[value], clamp) ?? inputScale
    let (integers, shift) = try quantize(
      linear, node.name, inputScale: inputScale, outputScale: outputScale, shifts: 1...options.maximumShift)
    try appendLinear(node, operand, integers, scale: outputScale / Double(1 << shift))
    guard let requantization = Requantization(shift: shift, clamp: clamp, accumulators: range(of: nodes.count)) else {
      throw .unusableLayer(
        node.name,
        reason:
          "its accumulators \(range(of: nodes.count)), shifted by \(shift), exceed a table of 2^\(maximumTableBits)")
    }
    append(node.name, nodes.count, .requantize(requantization), node.shape, outputScale, requantization.results)
  }

  private mutating func appendLinear(
    _ node: Node, _ operand: Int, _ linear: IntegerLinear, scale: Double
  ) throws(ModelError) {
    guard let range = linear.range(for: range(of: operand)) else {
      throw .unusableLayer(node.name, reason: "its accumulators can reach 2^62")
    }
    append(node.name, operand, .linear(linear), node.shape, scale, range)
  }

  private mutating func append(
    _ name: String, _ operand: Int, _ operation: IntegerOperation, _ shape: [Int], _ scale: Double,
    _ range: ClosedRange<Int64>
  ) {
    nodes.append(IntegerNode(name: name, operand: operand, operation: operation, shape: shape, range: range))
    scales.append(scale)
  }

  func scale(of value: Int) -> Double { scales[value] }

  private func range(of value: Int) -> ClosedRange<Int64> { value == 0 ? input.range : nodes[value - 1].range }

  /// The operation that reads a value, reshapes skipped; nil for the output.
  private func follower(of value: Int) -> Operation? {
    var value = value
    while let index = network.nodes.firstIndex(where: { $0.operand == value }) {
      switch network.nodes[index].operation {
      case .reshape: value = index + 1
      case .linear, .relu: return network.nodes[index].operation
      }
    }
    return nil
  }
}

// MARK: Weights

extension Quantizer {
  /// round(w·s_in/s_out·2^s) and round(b/s_out·2^s) with the largest shift s for which all weights fit.
  private func quantize(
    _ linear: Linear, _ name: String, inputScale: Double, outputScale: Double, shifts: ClosedRange<Int>
  ) throws(ModelError) -> (IntegerLinear, shift: Int) {
    let limit = Double(1 << (options.weightBits - 1))
    let ratio = inputScale / outputScale
    let largest = linear.weights.reduce(0.0) { max($0, Double($1.magnitude)) } * ratio
    guard let shift = shifts.reversed().first(where: { (largest * Double(1 << $0)).rounded() < limit }) else {
      throw .unusableLayer(
        name, reason: "its weights, up to \(largest) steps of its output, do not fit \(options.weightBits) bits")
    }
    let unit = Double(1 << shift)
    let bias = linear.bias.map { (Double($0) / outputScale * unit).rounded() }
    guard bias.allSatisfy({ $0.magnitude < 0x1p61 }) else {
      throw .unusableLayer(name, reason: "its bias can reach 2^61 in units of the accumulator")
    }
    let weights = linear.weights.map { Int32((Double($0) * ratio * unit).rounded()) }
    return (
      IntegerLinear(
        inputCount: linear.inputCount, outputCount: linear.outputCount, weights: weights, bias: bias.map { Int64($0) }),
      shift
    )
  }
}
