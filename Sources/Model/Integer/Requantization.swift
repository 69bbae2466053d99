/// q = floor((a + 2^(shift − 1)) / 2^shift), y = q clamped to `clamp`.
///
/// A clamp to 0... is a Relu as well.
package struct Requantization: Sendable, Equatable {
  /// 1...62
  package let shift: Int
  package let clamp: ClosedRange<Int64>
  /// −2^k...2^k − 1, which holds every q: the inputs of the activation table.
  package let domain: ClosedRange<Int64>

  /// The quotient of an accumulator below 2^62 in absolute value.
  package func quotient(_ accumulator: Int64) -> Int64 { (accumulator + 1 << (shift - 1)) >> shift }

  /// What rounding leaves: a − 2^shift·q, in −2^(shift − 1)...2^(shift − 1) − 1.
  package func remainder(_ accumulator: Int64) -> Int64 { accumulator - quotient(accumulator) << shift }

  package func activation(_ quotient: Int64) -> Int64 { min(max(quotient, clamp.lowerBound), clamp.upperBound) }

  /// Holds every activation.
  package var results: ClosedRange<Int64> { activation(domain.lowerBound)...activation(domain.upperBound) }

  package func apply(to accumulators: [Int64]) -> [Int64] { accumulators.map { activation(quotient($0)) } }
}

extension Requantization {
  /// The requantization of accumulators in `range`, or nil when its table would have more than 2^16 entries.
  package init?(shift: Int, clamp: ClosedRange<Int64>, accumulators range: ClosedRange<Int64>) {
    func quotient(_ accumulator: Int64) -> Int64 { (accumulator + 1 << (shift - 1)) >> shift }
    let ends = [quotient(range.lowerBound), quotient(range.upperBound)]
    guard
      let bits = (0..<maximumTableBits).first(where: { bits in ends.allSatisfy { -1 << bits <= $0 && $0 < 1 << bits } })
    else { return nil }
    self.init(shift: shift, clamp: clamp, domain: -1 << bits...(1 << bits) - 1)
  }
}

/// The logarithm of the largest activation table.
let maximumTableBits = 16
