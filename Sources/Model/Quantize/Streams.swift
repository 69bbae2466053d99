import Glibc

/// Values that share scales: equal operations of equal layers, and all places of a residual stream.
struct Streams {
  /// By value; the same number for values that share scales.
  let groups: [Int]
  /// Groups with a place that sums are added to, or of which a norm is taken.
  private let numbers: Set<Int>
  /// By group with a norm, whether each norm is taken along the last axis.
  let normsAlongLast: [Int: Bool]
  /// By group with a norm, the sum of squares of what elements are times there.
  private let squares: [Int: Double]

  init(_ network: Network) {
    let norms = Array(network.norms.values)
    let centred = Set(norms.compactMap(\.centred))
    let sums = network.runningSums.filter { !centred.contains($0.sum) }
    var groups = network.equalValues(apart: Set(sums.flatMap { [$0.sum, $0.operand] } + norms.map(\.source)))
    for (sum, operand) in sums { groups = groups.map { $0 == groups[sum] ? groups[operand] : $0 } }
    self.groups = groups
    numbers = Set((sums.map(\.operand) + norms.map(\.source)).map { groups[$0] })
    normsAlongLast = norms.reduce(into: [:]) { known, norm in
      known[groups[norm.source]] = (known[groups[norm.source]] ?? true) && norm.axes == [network.shape(of: norm.source).count - 1]
    }
    squares = norms.reduce(into: [:]) { known, norm in
      let shape = network.shape(of: norm.source)
      let own = norm.factors?.reduce(0) { $0 + Double($1 * $1) } ?? norm.axes.reduce(1) { $0 * Double(shape[$1]) }
      known[groups[norm.source]] = max(known[groups[norm.source]] ?? 0, own)
    }
  }

  func contains(_ value: Int) -> Bool { numbers.contains(groups[value]) }

  /// The longest integers of a value: two lookups of quotients hold them, and sums of squares, of products with the mean, and of its
  /// squares are below 2^61 together.
  func mostBits(_ value: Int) -> Int { min(25, 1 + Int((58 - log2(squares[groups[value]] ?? 1)) / 2)) }
}

extension Network {
  /// A number for each value, the same where operations, and those around them, are the same but for constants. Of some
  /// values what is around them does not count.
  fileprivate func equalValues(apart: Set<Int>) -> [Int] {
    var readers = [[Int]](repeating: [], count: inputs.count + nodes.count)
    for (index, node) in nodes.enumerated() {
      for operand in node.operands { readers[operand].append(inputs.count + index) }
    }
    func numbered(_ keys: [String]) -> [Int] {
      var numbers: [String: Int] = [:]
      return keys.map { key in
        numbers[key] = numbers[key] ?? numbers.count
        return numbers[key] ?? 0
      }
    }
    var colors = numbered(inputs.map { "input \($0.name)" } + nodes.map { "\($0.shape) \($0.operation.kind)" })
    for _ in 0..<2 {
      colors = numbered(colors.indices.map { value in
        guard !apart.contains(value) else { return "\(colors[value])" }
        let (operands, others) = (node(of: value)?.operands ?? [], readers[value])
        return "\(colors[value]) \(operands.map { colors[$0] }) \(others.map { colors[$0] }.sorted())"
      })
    }
    return colors
  }

  /// Sums, and which of their operands they are added to.
  fileprivate var runningSums: [(sum: Int, operand: Int)] {
    nodes.enumerated().flatMap { index, node -> [(sum: Int, operand: Int)] in
      guard case .contraction(let contraction) = node.operation, contraction.terms.count > 1 else { return [] }
      return contraction.terms.compactMap { term in addedOperand(of: term, node).map { (inputs.count + index, node.operands[$0]) } }
    }
  }

  /// Which operand a term of a sum is, as it is.
  func addedOperand(of term: Contraction<Double>.Term, _ node: Node<Double>) -> Int? {
    guard term.coefficient == 1, term.factors.count == 1, case .operand(let operand, let reading) = term.factors[0],
      reading == node.shape.indices.map({ Index($0) }), shape(of: node.operands[operand]) == node.shape
    else { return nil }
    return operand
  }
}

extension Operation<Double> {
  /// All but the numbers of constants.
  fileprivate var kind: String {
    switch self {
    case .contraction(let contraction):
      let constants = contraction.constants.map { "\($0.loops) \($0.isPublic)" }
      return "sum \(contraction.loops) \(constants) \(contraction.terms)"
    case .maximum(let maximum): return "maximum \(maximum.loops) \(maximum.reading)"
    case .map(let function): return "map \(function)"
    case .reshape: return "reshape"
    case .delay: return "delay"
    case .softmax(let softmax): return "softmax \(softmax.loops) \(softmax.axis) \(softmax.masks)"
    }
  }
}
