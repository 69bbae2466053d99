/// q = floor((a + 2^(shift − 1)) / 2^shift), y = function(q).
package struct Requantization: Sendable, Equatable {
  /// 1...32
  package let shift: Int
  package let function: ActivationFunction
  /// −2^k...2^k − 1, which holds every q.
  package let domain: ClosedRange<Int64>

  package init(shift: Int, function: ActivationFunction, domain: ClosedRange<Int64>) {
    self.shift = shift
    self.function = function
    self.domain = domain
  }

  /// - Parameter range: That of the accumulators.
  package init(shift: Int, function: ActivationFunction, accumulators range: ClosedRange<Int64>) {
    self.init(shift: shift, function: function, domain: Self.domain(shift: shift, accumulators: range))
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

  package func apply(to accumulators: [Int64]) -> [Int64] { accumulators.map { function.value(at: quotient($0)) } }

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
