import Circuit

/// The same function of every element of one operand.
struct Map<Number: GraphNumber>: Primitive {
  let function: Number.Function

  @specialized(where Number == Double)
  @specialized(where Number == Int64)
  func run(_ sources: [[Int]], _ shape: [Int]) -> ([[Number]]) -> [Number] { { $0[0].map(function.value) } }
  func isNeverNegative(of operands: [Bool]) -> Bool { function.isNeverNegative }
}

/// A function in a float network.
package enum RealFunction: NumberFunction {
  case expression(Pointwise)
  /// scale · clamp(round half to even(x / scale), range): a QuantizeLinear and the DequantizeLinear of its result. The
  /// zero point is taken off the range.
  case quantize(Quantum)

  package func value(at x: Double) -> Double {
    switch self {
    case .expression(let function): return function.value(at: x)
    case .quantize(let quantum):
      let steps = (x / quantum.scale).rounded(.toNearestOrEven)
      return quantum.scale * min(max(steps, Double(quantum.range.lowerBound)), Double(quantum.range.upperBound))
    }
  }

  var isFinite: Bool {
    switch self {
    case .expression(let function): function.isFinite
    case .quantize(let quantum): quantum.scale.isFinite
    }
  }

  package var isNeverNegative: Bool {
    if case .expression(let function) = self { function.isNeverNegative } else { false }
  }
}

/// A function in an integer network.
package enum IntegerFunction: NumberFunction {
  /// Activations from accumulators.
  case requantize(Requantization)
  /// Activations from activations.
  case table(ActivationFunction)
  /// Activations from accumulators; an inverse root makes accumulators again.
  case windowed(WindowedFunction)

  package func value(at x: Int64) -> Int64 {
    switch self {
    case .requantize(let requantization): requantization.value(at: x)
    case .table(let function): function.value(at: x)
    case .windowed(let function): function.value(at: x)
    }
  }
}

extension Map<Int64>: IntegerPrimitive {
  var keepsPlaces: Bool { true }

  func range(for operands: [OperandRange], rank: Int) -> ClosedRange<Int64>? {
    switch function {
    case .requantize(let requantization): requantization.function.results
    case .table(let function): function.results
    case .windowed(let function): function.results
    }
  }

  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View {
    let operand = lowering.views[node.operands[0]]
    switch function {
    case .requantize(let requantization):
      return operand.with(column: try lowering.requantize(operand.column, requantization, node, index))
    case .windowed(let function): return operand.with(column: try lowering.windowed(function, of: operand.column, node))
    case .table(let function):
      let domain = lowering.network.quantum(of: node.operands[0]).range
      return operand.with(
        column: lowering.builder.appendFunction(
          "\(node.name).activation", of: AffineForm(bare: operand.column),
          lowering.rounding.table(of: function, domain: domain, &lowering.builder), scale: node.scale))
    }
  }
}

extension Lowering {
  fileprivate mutating func requantize(
    _ accumulators: Int, _ requantization: Requantization, _ node: Node<Int64>, _ index: Int
  ) throws(ModelError) -> Int {
    if let known = functionsOfStates[index] { return known }
    if requantization.lowBits > 0 { return appendState(accumulators, requantization, node, index) }
    if let bits = requantization.keptBits { return builder.appendKept(accumulators, node, shift: requantization.shift, bits: bits, rounding) }
    let limbs = rounding.limbs(ofShift: requantization.shift)
    let isLong = rounding.hasLongTable(index)
    let window = isLong ? nil : rounding.window(of: requantization)
    guard isLong || RoundingPlan.covers(requantization, window) else {
      throw .unusableLayer(
        node.name,
        reason: "inputs in range could take it to \(requantization.domain) steps, too far beyond the calibrated ones")
    }
    guard let window else {
      let table = rounding.table(of: requantization.function, domain: requantization.domain, &builder)
      let form = builder.rounded(accumulators, node.name, limbs: limbs).form
      return builder.appendFunction("\(node.name).activation", of: form, table, scale: node.scale)
    }
    let table = rounding.windowTable(of: requantization.function, window, &builder)
    return try builder.appendSaturation(
      accumulators, node.name, limbs: limbs, domain: requantization.domain, window: window, table: table,
      scale: node.scale)
  }
}

/// q = floor((a + 2^(shift − 1)) / 2^shift), y = function(q).
package struct Requantization: Sendable, Equatable {
  /// 1...32
  package let shift: Int
  package let function: ActivationFunction
  /// Of a clamp, bits that it leaves as they are: y = 2^lowBits·h' + q − 2^lowBits·h, h being q rounded to steps of 2^lowBits, and h' the
  /// nearest of those that stay in the clamp's range.
  package var lowBits = 0
  /// Whether it makes a value of a scan that gates multiply.
  var isOfScan = false
  /// −2^k...2^k − 1, which holds every q.
  package let domain: ClosedRange<Int64>
  /// Whether no q is beyond the clamp.
  package let keeps: Bool

  /// - Parameter range: That of the accumulators.
  package init(shift: Int, function: ActivationFunction, accumulators range: ClosedRange<Int64>) {
    self.shift = shift
    self.function = function
    domain = Self.domain(shift: shift, accumulators: range)
    keeps =
      if case .clamp(let clamp) = function {
        [range.lowerBound, range.upperBound].allSatisfy { clamp.contains(Self.quotient($0, shift)) }
      } else { false }
  }

  /// Of values in a range, doubled: these very values.
  init(copying range: ClosedRange<Int64>) {
    let doubled = 2 * range.lowerBound...2 * range.upperBound
    let isShort = range.count <= maximumTableSize
    self.init(shift: 1, function: .clamp(isShort ? range : Self.domain(shift: 1, accumulators: doubled)), accumulators: doubled)
  }

  /// The smallest −2^k...2^k − 1 that holds the quotients of accumulators in a range.
  package static func domain(shift: Int, accumulators range: ClosedRange<Int64>) -> ClosedRange<Int64> {
    let ends = [range.lowerBound, range.upperBound].map { quotient($0, shift) }
    let bits = bits(of: min(ends[0], ends[1])...max(ends[0], ends[1])) - 1
    return -(1 << Int64(bits))...(1 << Int64(bits)) - 1
  }

  /// The smallest k for which −2^(k−1)...2^(k−1) − 1 holds a range.
  static func bits(of range: ClosedRange<Int64>) -> Int {
    [range.lowerBound, range.upperBound].map { Int64.bitWidth - ($0 < 0 ? ~$0 : $0).leadingZeroBitCount + 1 }.max() ?? 1
  }

  /// The quotient of an accumulator below 2^62 in absolute value.
  package func quotient(_ accumulator: Int64) -> Int64 { Self.quotient(accumulator, shift) }

  package func value(at accumulator: Int64) -> Int64 {
    let q = quotient(accumulator)
    guard lowBits > 0 else { return function.value(at: q) }
    let high = Self.quotient(q, lowBits)
    return q + (clampedHigh.value(at: high) - high) << Int64(lowBits)
  }

  /// What becomes of the bits above the low ones.
  var clampedHigh: ActivationFunction {
    guard lowBits > 0 else { return function }
    let (range, half) = (function.results, Int64(1) << Int64(lowBits - 1))
    return .clamp(-((-range.lowerBound - half) >> Int64(lowBits))...(range.upperBound - half + 1) >> Int64(lowBits))
  }

  private static func quotient(_ accumulator: Int64, _ shift: Int) -> Int64 { (accumulator + 1 << Int64(shift - 1)) >> Int64(shift) }

  /// Of the clamp, where it is a signed range and no q is beyond it: q is looked up as it is then. One of fewer than 16 bits is so in
  /// scans alone; elsewhere circuits of the same network would often differ, by what its weights are.
  var keptBits: Int? {
    guard keeps, case .clamp(let clamp) = function, clamp.lowerBound == -clamp.upperBound - 1, clamp.upperBound & (clamp.upperBound + 1) == 0,
      isOfScan || clamp.count >= maximumTableSize
    else { return nil }
    return Self.bits(of: clamp)
  }

  /// True when the table of the function does not cover every q: q is then clamped to its domain first.
  package var saturates: Bool { domain.count > maximumTableSize }
}

/// A function of integers in few rows.
package enum ActivationFunction: Sendable, Hashable {
  /// The nearest integer in a range. A clamp to 0... is a Relu as well.
  case clamp(ClosedRange<Int64>)
  /// values[q − lower]; beyond the ends, the value at the end.
  case values(lower: Int64, [Int64])

  package func value(at q: Int64) -> Int64 {
    switch self {
    case .clamp(let range): min(max(q, range.lowerBound), range.upperBound)
    case .values(let lower, let values): values[Int(min(max(q - lower, 0), Int64(values.count - 1)))]
    }
  }

  /// Whether a table holds it: without what repeats at its ends, it has few enough values.
  var isEncodable: Bool {
    guard case .values(_, let values) = self, let first = values.first, let last = values.last else { return true }
    let (start, end) = (values.firstIndex { $0 != first } ?? 0, values.lastIndex { $0 != last } ?? 0)
    return end - start + 3 <= maximumTableSize
  }

  /// Holds every result.
  package var results: ClosedRange<Int64> {
    switch self {
    case .clamp(let range): range
    case .values(_, let values): (values.min() ?? 0)...(values.max() ?? 0)
    }
  }
}

/// The most rows of a table, but for clamps.
let maximumTableSize = 1 << 16
/// The most rows of a clamp to more than 16 bits: few numbers say all of it.
let maximumClampSize = 1 << 22
