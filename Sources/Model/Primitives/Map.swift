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

  package func value(at x: Int64) -> Int64 {
    switch self {
    case .requantize(let requantization): requantization.function.value(at: requantization.quotient(x))
    case .table(let function): function.value(at: x)
    }
  }
}

extension Map<Int64>: IntegerPrimitive {
  var keepsPlaces: Bool { true }

  func range(for operands: [OperandRange], rank: Int) -> ClosedRange<Int64>? {
    switch function {
    case .requantize(let requantization): requantization.function.results
    case .table(let function): function.results
    }
  }

  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View {
    let operand = lowering.views[node.operands[0]]
    switch function {
    case .requantize(let requantization):
      return operand.with(column: try lowering.requantize(operand.column, requantization, node))
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
    _ accumulators: Int, _ requantization: Requantization, _ node: Node<Int64>
  ) throws(ModelError) -> Int {
    let limbs = rounding.limbs(ofShift: requantization.shift)
    let window = rounding.window(of: requantization)
    guard RoundingPlan.covers(requantization.domain, window) else {
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
  /// −2^k...2^k − 1, which holds every q.
  package let domain: ClosedRange<Int64>

  /// - Parameter range: That of the accumulators.
  package init(shift: Int, function: ActivationFunction, accumulators range: ClosedRange<Int64>) {
    self.shift = shift
    self.function = function
    domain = Self.domain(shift: shift, accumulators: range)
  }

  /// The smallest −2^k...2^k − 1 that holds the quotients of accumulators in a range.
  package static func domain(shift: Int, accumulators range: ClosedRange<Int64>) -> ClosedRange<Int64> {
    let half = Int64(1) << Int64(shift - 1)
    let ends = [(range.lowerBound + half) >> Int64(shift), (range.upperBound + half) >> Int64(shift)]
    let bits = ends.map { Int64.bitWidth - ($0 < 0 ? ~$0 : $0).leadingZeroBitCount }.max() ?? 0
    return -(1 << Int64(bits))...(1 << Int64(bits)) - 1
  }

  /// The quotient of an accumulator below 2^62 in absolute value.
  package func quotient(_ accumulator: Int64) -> Int64 { (accumulator + 1 << Int64(shift - 1)) >> Int64(shift) }

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

  /// Holds every result.
  package var results: ClosedRange<Int64> {
    switch self {
    case .clamp(let range): range
    case .values(_, let values): (values.min() ?? 0)...(values.max() ?? 0)
    }
  }
}

/// The most rows of a table.
let maximumTableSize = 1 << 16
