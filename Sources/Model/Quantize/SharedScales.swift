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

  private let streams: Streams
  /// By group, on calibration data.
  private var (largest, least): ([Int: Double], [Int: Double]) = ([:], [:])
  private var scales: [Key: Double] = [:]
  private var wishes: [Key: Double] = [:]
  /// Of groups whose scale times another one's is to be a power of two times a number: by group, that one, the number and the least
  /// power's exponent.
  private var products: [Int: (partner: Int, unit: Double, least: Double)] = [:]
  /// By group of a factor, the largest product on calibration data.
  private var largestProducts: [Int: Double] = [:]
  private var groups: [Int] { streams.groups }

  init(_ calibration: Calibration) {
    streams = calibration.streams
    for (value, range) in calibration.ranges.enumerated() {
      largest[groups[value]] = max(largest[groups[value]] ?? 0, -range.lowerBound, range.upperBound)
      least[groups[value]] = min(least[groups[value]] ?? .infinity, range.lowerBound)
    }
  }

  /// Of all values of the group.
  func largest(_ value: Int) -> Double { largest[groups[value]] ?? 0 }
  func least(_ value: Int) -> Double { least[groups[value]] ?? 0 }
  /// The longest integers of a value of a stream; nil for another one.
  func streamBits(_ value: Int) -> Int? { streams.contains(value) ? streams.mostBits(value) : nil }

  func scale(_ value: Int, _ role: Role = .value) -> Double? { scales[Key(group: groups[value], role: role)] }

  /// What a value would have; the largest of a group counts.
  mutating func ask(_ scale: Double, for value: Int, _ role: Role = .value) {
    guard scale.isNormal, scale > 0 else { return }
    wishes[Key(group: groups[value], role: role), default: 0] = max(wishes[Key(group: groups[value], role: role)] ?? 0, scale)
  }

  /// Asks for scales of two values whose product is a power of two times `unit`: that of the second one follows. Scores that are
  /// such products are rounded to steps of exponents by 16 bits at most, as a longer remainder takes two limbs, unless the step is
  /// coarser than usual: of scores that are not bounded yet, it would make the scores coarser, and these the step.
  mutating func ask(_ unit: Double, forProduct product: Int, of first: Int, _ second: Int) {
    guard unit.isNormal, unit > 0 else { return }
    for group in [groups[first], groups[second]] { largestProducts[group] = max(largestProducts[group] ?? 1, largest(product)) }
    let least = scale(product, .exponent).map { log2(min($0, 0x1p-7)) - 16 } ?? -.infinity
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
