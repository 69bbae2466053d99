import Glibc

/// Decisions of trees: whether one element, less a threshold, is positive. They are as fine as what they compare, so that no
/// element that is more than half a step away from a threshold is on its other side.
extension Quantizer {
  /// The contraction whose sign a value of 0 and 1 says; nil for another value.
  func comparison(_ value: Int) -> Node<Double>? {
    guard case .map(.quantize(let quantum))? = network.node(of: value)?.operation, quantum == Quantum(scale: 1, range: 0...1),
      let sign = network.node(of: value)?.operands.first, let step = network.node(of: sign), step.operation == .map(.expression(.function(.step, .x))),
      let distance = network.node(of: step.operands[0]), case .contraction = distance.operation, !network.isView(distance)
    else { return nil }
    return distance
  }

  /// Whether a value is compared and nothing else.
  func isCompared(_ value: Int) -> Bool {
    guard value < network.inputs.count || !network.outputs.contains(where: { $0.value == value }) else { return false }
    let own = readers[value]
    return !own.isEmpty && own.allSatisfy { reader in
      let result = network.inputs.count + reader
      switch network.nodes[reader].operation {
      case .reshape: return isCompared(result)
      case .contraction:
        let signs = readers[result].map { network.inputs.count + $0 }
        return !signs.isEmpty && signs.allSatisfy { sign in
          readers[sign].count == 1 && readers[sign].allSatisfy { comparison(network.inputs.count + $0) != nil }
        }
      case .map, .delay, .maximum, .softmax: return false
      }
    }
  }

  /// Whether a value is compared, or the largest of its elements is, whatever else is done with it.
  func isComparedAmongOthers(_ value: Int) -> Bool {
    readers[value].contains { reader in
      let result = network.inputs.count + reader
      switch network.nodes[reader].operation {
      case .contraction: return readers[result].contains { readers[network.inputs.count + $0].contains { comparison(network.inputs.count + $0) != nil } }
      case .maximum: return isComparedAmongOthers(result)
      case .reshape, .map, .delay, .softmax: return false
      }
    }
  }

  /// What one step of the operands is worth in a contraction. Those that are 0 or 1 choose thresholds, where there are others.
  func comparedScale(_ node: Node<Double>) -> Double {
    guard case .contraction(let contraction) = node.operation else { return 1 }
    var (least, most) = (Double.infinity, 0.0)
    func isTruth(_ term: Contraction<Double>.Term) -> Bool {
      term.factors.allSatisfy { factor in
        guard case .operand(let index, _) = factor, let value = activations[node.operands[index]] else { return true }
        return integers.quantum(of: value) == Quantum(scale: 1, range: 0...1)
      }
    }
    let others = contraction.terms.filter { !isTruth($0) }
    for term in others.isEmpty ? contraction.terms : others {
      let scales = term.factors.compactMap { factor -> Double? in
        guard case .operand(let index, _) = factor else { return nil }
        return activations[node.operands[index]].map { self.scale(of: $0) }
      }
      guard let first = scales.first else { continue }
      let scale = scales.dropFirst().reduce(first * term.coefficient.magnitude) { $0 * $1 }
      for number in term.constant.map({ contraction.constants[$0].values }) ?? [1] where number != 0 {
        least = min(least, scale * Double(number.magnitude))
        most = max(most, scale * Double(number.magnitude))
      }
    }
    let scale = max(least, most / 256)
    return scale.isNormal && scale > 0 ? scale : 1
  }

  /// Of integers of an input whose features are compared: 2^16 steps in what the narrowest of them goes through.
  func comparedBits(_ input: Int) -> Int {
    let (range, shape) = (calibration.ranges[input], network.inputs[input].shape)
    let largest = max(-range.lowerBound, range.upperBound)
    guard let width = shape.last, largest > 0 else { return QuantizationOptions.widths.upperBound }
    if let scale = calibration.inputScales[input] {
      return min(max(Int(log2(largest / scale).rounded(.down)) + 2, QuantizationOptions.widths.upperBound), mostComparedBits)
    }
    var (least, most) = ([Double](repeating: .infinity, count: width), [Double](repeating: -.infinity, count: width))
    for (place, element) in calibration.batch[input].values.enumerated() {
      least[place % width] = min(least[place % width], element)
      most[place % width] = max(most[place % width], element)
    }
    let narrowest = zip(least, most).map { $1 - $0 }.filter { $0 > 0 }.min() ?? largest
    let bits = Double(QuantizationOptions.widths.upperBound) + log2(largest / narrowest).rounded(.up)
    return Int(min(max(bits, Double(QuantizationOptions.widths.upperBound)), Double(mostComparedBits)))
  }

  /// Whether the largest of a value's elements are asked for: those are told by tables of 16 bits.
  func isReadByMaximum(_ value: Int) -> Bool {
    readers[value].contains { index in
      if case .maximum = network.nodes[index].operation { return true }
      return network.isView(network.nodes[index]) && isReadByMaximum(network.inputs.count + index)
    }
  }

  /// Integers in steps that are twice as large.
  mutating func halved(_ value: Int, _ node: Node<Double>) throws(ModelError) -> Int {
    let double = try append(node.name, [value], copy(of: value, times: 2), node.shape, scale: scale(of: value) / 2)
    let half = Requantization(shift: 2, function: .clamp(range(of: value).lowerBound / 2...(range(of: value).upperBound + 1) / 2), accumulators: range(of: double))
    return try append(node.name, [double], .map(.requantize(half)), node.shape, scale: 2 * scale(of: value))
  }

  /// With thresholds no farther away than operands can be.
  func compared(_ contraction: Contraction<Double>, _ operands: [Int]) -> Contraction<Double> {
    var (result, limit) = (contraction, 0.0)
    for term in contraction.terms {
      let factors = term.factors.compactMap { if case .operand(let index, _) = $0 { operands[index] } else { nil } }
      guard !factors.isEmpty else { continue }
      let largest = term.constant.map { contraction.constants[$0].values.reduce(0) { max($0, $1.magnitude) } } ?? 1
      limit += factors.reduce(Double(largest) * term.coefficient.magnitude) { product, operand in
        product * scale(of: operand) * (Double(max(range(of: operand).lowerBound.magnitude, range(of: operand).upperBound.magnitude)) + 1)
      }
    }
    for term in contraction.terms where term.factors.count == 1 {
      guard let number = term.constant, term.coefficient != 0 else { continue }
      let most = Float(limit / term.coefficient.magnitude)
      result.constants[number].values = contraction.constants[number].values.map { min(max($0, -most), most) }
    }
    return result
  }
}

/// A longer number less a threshold has more quotients than two tables tell.
let mostComparedBits = 28

extension Network {
  /// By input that decides where functions jump, as it is or as a part of a sum: what it reaches, and those with which it is added.
  func jumpRanges(_ ranges: [ClosedRange<Double>]) -> [Int: ClosedRange<Double>] {
    // By value, the inputs that it is a sum of.
    var sources = inputs.indices.map { inputs[$0].kind == .real ? Set([$0]) : [] }
    var result: [Int: ClosedRange<Double>] = [:]
    for node in nodes {
      var own: Set<Int> = []
      switch node.operation {
      case .reshape, .maximum: own = sources[node.operands[0]]
      case .contraction(let contraction) where contraction.isSum: own = node.operands.reduce(into: []) { $0.formUnion(sources[$1]) }
      case .map(.expression(let function)):
        if function.affineForm.map({ $0.scale.magnitude == 1 }) ?? (function.clamp != nil) { own = sources[node.operands[0]] }
        guard function.jumps else { break }
        var joined = sources[node.operands[0]]
        for input in joined { if let known = result[input] { joined.formUnion(inputs.indices.filter { result[$0] == known }) } }
        let reached = joined.compactMap { result[$0] ?? ranges[$0] }.reduce(nil) { (all: ClosedRange<Double>?, one) in
          all.map { min($0.lowerBound, one.lowerBound)...max($0.upperBound, one.upperBound) } ?? one
        }
        for input in joined { result[input] = reached }
      case .contraction, .map, .softmax, .delay: break
      }
      sources.append(own)
    }
    return result
  }
}

extension Network {
  /// By value, whether inputs and operators show that it takes integers alone.
  var integerValues: [Bool] {
    nodes.reduce(into: inputs.map { $0.kind != .real }) { known, node in
      let own: Bool
      switch node.operation {
      case .reshape, .maximum: own = known[node.operands[0]]
      case .map(.expression(let function)): own = function.isIntegral || known[node.operands[0]] && function.keepsIntegers
      case .map(.quantize(let quantum)): own = quantum.scale == 1
      case .contraction(let contraction): own = contraction.keepsIntegers && node.operands.allSatisfy { known[$0] }
      case .softmax, .delay: own = false
      }
      known.append(own)
    }
  }
}

extension Contraction<Double> {
  /// Whether it takes integers to integers, as far as public numbers show.
  var keepsIntegers: Bool {
    terms.allSatisfy { $0.coefficient == $0.coefficient.rounded() }
      && constants.allSatisfy { $0.isPublic && $0.values.allSatisfy { $0 == $0.rounded() } }
  }

  /// Whether it adds elements of operands, and constants to them, and multiplies by powers of two at most.
  var isSum: Bool {
    terms.allSatisfy { term in
      let count = term.factors.count { if case .operand = $0 { true } else { false } }
      return count == 0 || term.factors.count == 1 && term.coefficient.magnitude.significand == 1
    }
  }
}

extension Pointwise {
  /// Whether it may jump, as far as the expression shows.
  fileprivate var jumps: Bool {
    switch self {
    case .x, .constant: false
    case .function(let function, let argument): [.step, .truncate, .round].contains(function) || argument.jumps
    case .power(let argument, _): argument.jumps
    case .sum(let first, let second), .product(let first, let second), .minimum(let first, let second), .maximum(let first, let second):
      first.jumps || second.jumps
    }
  }

  /// Whether all results are integers, as far as the expression shows.
  var isIntegral: Bool {
    switch self {
    case .x, .power: false
    case .constant(let number): number == number.rounded()
    case .function(let function, let argument):
      [.step, .truncate, .round].contains(function) || [.abs, .negate, .relu].contains(function) && argument.isIntegral
    case .sum(let first, let second), .product(let first, let second), .minimum(let first, let second), .maximum(let first, let second):
      first.isIntegral && second.isIntegral
    }
  }
}
