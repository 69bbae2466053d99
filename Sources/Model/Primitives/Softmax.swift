import Circuit
import Glibc

/// softmax(x)_j = m_j · exp(x_j) / Σ_k m_k · exp(x_k) along one axis of the first operand. m_j is the product of masks, numbers
/// of 0 and 1; without masks, and for a row in which all are 0, it is 1. x_j is 0 where a mask leaves out key j.
package struct Softmax<Number: GraphNumber>: Primitive, Sendable, Equatable {
  /// The shape of the result and of the first operand, then the size of the axis once more.
  package let loops: [Int]
  package let axis: Int
  /// Of a network of integers.
  package let exponential: Exponential?
  /// Of the masks that are constants; over loops.
  package let constants: [Contraction<Number>.Constant]
  /// Each an operand, broadcast, or a constant.
  package let masks: [Factor]

  package init(
    shape: [Int], axis: Int, constants: [Contraction<Number>.Constant] = [], masks: [Factor] = [], exponential: Exponential? = nil
  ) {
    loops = shape + [shape[axis]]
    self.axis = axis
    self.exponential = exponential
    self.constants = constants
    self.masks = masks
  }

  var readings: [(operand: Int, reading: Reading)] {
    // The second reading makes the rows axes of their own.
    [loops.indices.dropLast().map { Index($0) }, loops.indices.dropLast().map { Index($0 == axis ? loops.count - 1 : $0) }].map { (0, $0) }
      + masks.compactMap { if case .operand(let operand, let reading) = $0 { (operand, reading) } else { nil } }
  }

  /// Whether the one mask leaves out keys: it is the same for all queries, which are along the last other axis.
  package var masksKeys: Bool {
    let loops = Array(loops.dropLast())
    guard masks.count == 1, let queries = loops.indices.last(where: { $0 != axis && loops[$0] > 1 }) else { return masks.count == 1 }
    return !Contraction<Number>(loops: loops, constants: constants, terms: []).loops(of: masks[0]).contains(queries)
  }

  func stepCount(rank: Int) -> Int { 2 + masks.count }
  var parameterCount: Int { constants.reduce(0) { $0 + $1.values.count } }
  func isNeverNegative(of operands: [Bool]) -> Bool { true }

  func run(_ sources: [[Int]], _ shape: [Int]) -> ([[Number]]) -> [Number] {
    let product = Contraction(loops: shape, constants: constants, terms: [.init(.one, masks)])
    let weights = masks.isEmpty ? nil : product.run(sources, shape)
    let (size, step, masksKeys) = (shape[axis], rowStrides(shape)[axis], masksKeys)
    return { operands in
      let weights = weights?(operands)
      let isLeftOut = masksKeys ? weights?.map { $0 == .zero } : nil
      let scores = isLeftOut.map { zip(operands[0], $0).map { $1 ? .zero : $0 } } ?? operands[0]
      var result = scores
      for start in scores.indices where start / step % size == 0 {
        let row = (0..<size).map { start + $0 * step }
        let shares = Number.shares(of: row.map { scores[$0] }, weights: weights.map { weights in row.map { weights[$0] } }, exponential)
        for (place, share) in zip(row, shares) { result[place] = share }
      }
      return result
    }
  }
}

extension Double {
  package static func shares(of scores: [Double], weights: [Double]?, _ exponential: Exponential?) -> [Double] {
    let allowed = weights.flatMap { weights in weights.contains { $0 > 0 } ? weights : nil } ?? scores.map { _ in 1 }
    let largest = zip(scores, allowed).reduce(-infinity) { $1.1 > 0 ? Swift.max($0, $1.0) : $0 }
    let exponentials = zip(scores, allowed).map { $1 > 0 ? $1 * exp($0 - largest) : 0 }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}

/// round(2^16 · exp(−k · step)) for an exponent k, and 2^16 + 1 for one below 0.
///
/// A share is that of the exponent L + round(−score / 2^shift), with the least integer L for which the shares of a row are at most
/// 2^16 together. docs/arithmetic.md §4.
package struct Exponential: Sendable, Equatable {
  /// What masked scores are: there are none, they are any, or 0.
  package enum Masking: Sendable { case unmasked, any, zero }

  package static let one: Int64 = 1 << 16
  private static let (mostBits, mostShift) = (22, 40)
  /// Of scores.
  package let shift: Int
  /// What the exponent 1 is worth.
  package let step: Double
  /// From the exponent 0 on; the last one is 0, and holds for all larger exponents.
  package let values: [Int64]
  /// Holds round(−score / 2^shift) for every score: rounded out, but not so far that the table has to be longer.
  package private(set) var exponents: ClosedRange<Int64>
  private let masking: Masking
  /// By how much L can be above what makes the smallest exponent 0.
  package let slack: Int64

  /// Whether shifted scores have steps that a table can have; `init` demands it.
  static func isTabulated(unit: Double) -> Bool { unit.isNormal && log2(unit) + Double(mostShift) >= 6 - Double(mostBits) }

  /// - Parameters:
  ///   - unit: What the integer 1 of a score is worth.
  ///   - scores: Holds every score.
  ///   - count: How many scores a row has.
  ///   - usualBits: Steps are at most 1/256, and up to twice that where a table would have more than 2^usualBits rows.
  ///   - other: The step of equal layers, if it is known.
  package init(unit: Double, scores: ClosedRange<Int64>, count: Int, masking: Masking, usualBits: Int = 22, other: Double = 0) {
    let shift = Int(min(max((0x1p-30 - 8 - log2(unit)).rounded(.down), 0), Double(Self.mostShift)))
    var finest = Exponential(unit: unit, scores: scores, count: count, masking: masking, shift: shift)
    // A little less than the other one, that is the same but for rounding.
    while finest.step < 0.75 * other || finest.tableBits > (finest.step <= 0x1p-8 ? usualBits : Self.mostBits) {
      guard finest.shift < Self.mostShift else { break }
      finest = Exponential(unit: unit, scores: scores, count: count, masking: masking, shift: finest.shift + 1)
    }
    self = finest
  }

  private init(unit: Double, scores: ClosedRange<Int64>, count: Int, masking: Masking, shift: Int) {
    self.shift = shift
    self.masking = masking
    step = unit * Double(sign: .plus, exponent: shift, significand: 1)
    var values: [Int64] = []
    repeat { values.append(Int64((Double(Self.one) * exp(-Double(values.count) * step)).rounded())) } while values.last != 0
    self.values = values
    let half = shift == 0 ? 0 : Int64(1) << Int64(shift - 1)
    func around0(_ scores: ClosedRange<Int64>) -> ClosedRange<Int64> {
      let end = max((half - scores.lowerBound) >> Int64(shift), -((half - scores.upperBound) >> Int64(shift)))
      return -end...end
    }
    exponents = around0(scores)
    // Where all scores of a row are equal.
    slack = Int64(values.firstIndex { Int64(count) * $0 <= Self.one } ?? values.count - 1)
    let bits = tableBits
    exponents = around0(scores.roundedOut)
    guard tableBits > bits else { return }
    exponents = 0...0
    let end = ((1 << Int64(bits)) - 2 - largest) / (masking == .any ? 4 : 2)
    exponents = -end...end
  }

  /// What the share 1 is worth: a row's shares add up to 1 in the middle, since one exponent less makes them more than `one`.
  var shareScale: Double { (1 + min(step, 0x1p-7) / 2) / Double(Self.one) }

  /// The bits of ranges that hold the sum of a row of `count` shares, up to `one`, and that for an exponent less, from there on: one
  /// step changes a share by its part of a step and by a rounding.
  func sumBits(count: Int) -> Int {
    let ratio = zip(values, values.dropFirst()).first { $1 > 0 }.map { Double($0) / Double($1) } ?? Double(2 * Self.one)
    let (step, rounding) = (Double(Self.one) * (ratio - 1) * (1 + 0x1p-6), Double(count) * (ratio + 1) * 0.51)
    return min(bitCountOfAxis(Int(step + rounding) + 4), bitCountOfAxis(count * Int(Self.one + 1)))
  }

  /// What is added to the exponents of masked scores: their shares are 0 then, as L is at least −exponents.upperBound.
  package var maskOffset: Int64 {
    switch masking {
    case .unmasked: 0
    case .any: exponents.upperBound - exponents.lowerBound + Int64(values.count)
    case .zero: exponents.upperBound + Int64(values.count) - 1
    }
  }
  /// The largest exponent of a share. That of the score 0 is 0.
  package var largest: Int64 {
    slack - exponents.lowerBound + (masking == .zero ? maskOffset : exponents.upperBound + maskOffset)
  }

  /// Of the table, which starts at −1.
  var tableBits: Int { bitCountOfAxis(Int(min(largest, 1 << 40)) + 2) }

  func value(at exponent: Int64) -> Int64 {
    exponent < 0 ? Self.one + 1 : values[Int(min(exponent, Int64(values.count - 1)))]
  }

  func exponent(ofScore score: Int64) -> Int64 { ((shift == 0 ? 0 : 1 << Int64(shift - 1)) - score) >> Int64(shift) }
}

extension Int64 {
  package static func shares(of scores: [Int64], weights: [Int64]?, _ exponential: Exponential?) -> [Int64] {
    guard let exponential else { return scores }
    let isMasked = weights?.contains { $0 != 0 } ?? false
    let exponents = scores.indices.map { place in
      exponential.exponent(ofScore: scores[place]) + (isMasked && weights?[place] == 0 ? exponential.maskOffset : 0)
    }
    var low = -(exponents.min() ?? 0)
    var high = low + exponential.slack
    while low < high {
      let middle = low + (high - low) / 2
      let sum = exponents.reduce(0) { $0 + exponential.value(at: $1 + middle) }
      if sum <= Exponential.one { high = middle } else { low = middle + 1 }
    }
    return exponents.map { exponential.value(at: $0 + low) }
  }
}

extension Softmax<Int64>: IntegerPrimitive {
  func range(for operands: [OperandRange], rank: Int) -> ClosedRange<Int64>? { 0...Exponential.one + 1 }

  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View {
    try lowering.softmax(self, node, index)
  }
}
