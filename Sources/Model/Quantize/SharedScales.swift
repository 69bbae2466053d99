import Glibc

/// Scales of values that keep what they are rounded to, the same for all values of a group: equal layers, and all
/// places of a residual stream.
///
/// A scale leaves room for every input: how far a value can go is known only when its integers are, so a network is
/// quantized until the scales settle.
struct SharedScales {
  enum Role: Hashable {
    /// The value itself, what its function is applied to, or the step of exponents of scores.
    case value, argument, exponent
  }

  private struct Key: Hashable {
    let group: Int
    let role: Role
  }

  /// By value.
  private let groups: [Int]
  /// By group, on calibration data.
  private var (largest, least): ([Int: Double], [Int: Double]) = ([:], [:])
  private var scales: [Key: Double] = [:]
  private var wishes: [Key: Double] = [:]
  /// Of groups whose scale times another one's is to be a power of two times a number: by group, that one, the number and the least
  /// power's exponent.
  private var products: [Int: (partner: Int, unit: Double, least: Double)] = [:]
  /// By group of a factor, the largest product on calibration data.
  private var largestProducts: [Int: Double] = [:]
  /// Groups with a place that sums are added to.
  private let streams: Set<Int>

  init(_ network: Network, _ calibration: Calibration) {
    let sums = network.runningSums
    let norms = network.norms.values.map(\.source)
    var groups = network.equalValues(apart: Set(sums.flatMap { [$0.sum, $0.operand] } + norms))
    for (sum, operand) in sums { groups = groups.map { $0 == groups[sum] ? groups[operand] : $0 } }
    self.groups = groups
    streams = Set((sums.map(\.operand) + norms).map { groups[$0] })
    for (value, range) in calibration.ranges.enumerated() {
      largest[groups[value]] = max(largest[groups[value]] ?? 0, -range.lowerBound, range.upperBound)
      least[groups[value]] = min(least[groups[value]] ?? .infinity, range.lowerBound)
    }
  }

  /// Of all values of the group.
  func largest(_ value: Int) -> Double { largest[groups[value]] ?? 0 }
  func least(_ value: Int) -> Double { least[groups[value]] ?? 0 }
  func isStream(_ value: Int) -> Bool { streams.contains(groups[value]) }

  func scale(_ value: Int, _ role: Role = .value) -> Double? { scales[Key(group: groups[value], role: role)] }

  /// What a value would have; the largest of a group counts.
  mutating func ask(_ scale: Double, for value: Int, _ role: Role = .value) {
    guard scale.isNormal, scale > 0 else { return }
    wishes[Key(group: groups[value], role: role), default: 0] = max(wishes[Key(group: groups[value], role: role)] ?? 0, scale)
  }

  /// Asks for scales of two values whose product is a power of two times `unit`: that of the second one follows. Scores that are
  /// such products are rounded to steps of exponents by 16 bits at most: a longer remainder takes two limbs.
  mutating func ask(_ unit: Double, forProduct product: Int, of first: Int, _ second: Int) {
    guard unit.isNormal, unit > 0 else { return }
    for group in [groups[first], groups[second]] { largestProducts[group] = max(largestProducts[group] ?? 1, largest(product)) }
    let least = scale(product, .exponent).map { log2($0) - 16 } ?? -.infinity
    products[groups[second]] = (groups[first], unit, max(products[groups[second]]?.least ?? least, least))
  }

  /// Of sums of products that the value is a factor of.
  func largestProduct(of value: Int) -> Double? { largestProducts[groups[value]] }

  /// Takes what was asked for; false where that was the case already, as far as rounding shows.
  mutating func settle() -> Bool {
    var settled = wishes.mapValues { $0.roundedUp(significantBits: scaleBits) }
    for (group, product) in products.sorted(by: { $0.key < $1.key }) {
      let (own, other) = (Key(group: group, role: .value), Key(group: product.partner, role: .value))
      guard let wish = settled[own], let partner = settled[other] else { continue }
      let isOne = group == product.partner
      let power = exp2(max(log2(wish * (isOne ? wish : partner) / product.unit), product.least).rounded(.up))
      settled[own] = isOne ? (product.unit * power).squareRoot() : product.unit * power / partner
    }
    let isChanged = settled.contains { key, scale in abs(scale - (scales[key] ?? 0)) > (scales[key] ?? 0) / 100 }
    if isChanged { scales.merge(settled) { $1 } }
    (wishes, products) = ([:], [:])
    return isChanged
  }
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
      let whole = node.shape.indices.map { Index($0) }
      return contraction.terms.compactMap { term in
        guard term.coefficient == 1, term.factors.count == 1, case .operand(let operand, let reading) = term.factors[0],
          reading == whole, shape(of: node.operands[operand]) == node.shape
        else { return nil }
        return (inputs.count + index, node.operands[operand])
      }
    }
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
    case .softmax(let softmax): return "softmax \(softmax.loops) \(softmax.axis) \(softmax.masks)"
    }
  }
}
