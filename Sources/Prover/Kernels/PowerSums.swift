import Circuit
import Execution
import Field
import Verifier

extension SecureTable {
  /// Adds Σ_q coefficients[q]·z_q^y to entry y of a vector and its tail, z_q the point of a position of the vector's code.
  ///
  /// The transpose of encoding, for symbols that are zero but at the positions.
  ///
  /// - Precondition: vector and tail are whole vectors of lanes; the positions are ascending and distinct.
  package mutating func addPowers(
    of code: Code, at positions: [Int], coefficients: [SecureField], to block: OpeningBlock, threads: Int
  ) {
    let (entryGroups, tailGroups) = (1 << code.variableCount / 8, code.tailCount / 8)
    precondition(code.variableCount >= 3 && code.tailCount & 7 == 0, "whole vectors of lanes")
    let points = OpenedPoints(code, positions, coefficients)
    let logCoset = max(code.variableCount, bitCountOfAxis(code.tailCount))
    let cosets = points.cosets(logCoset)
    let size = 1 << logCoset / 8
    let sums: [SecureLanes] = Parallel.build(cosets.count * size, size: size, threads: threads) { start, part in
      guard let base = part.baseAddress else { return }
      points.initializeSums(base, cosets[start / size], logCount: logCoset)
    }
    let shifts = cosets.map { BaseLanes(repeating: points.power($0.lowerBound, logExponent: logCoset)) }
    func add(_ groups: Range<Int>, at first: Int) {
      Parallel.chunks(&lanes, in: first..<first + groups.count, size: Self.chunk, threads: threads) { start, span in
        for index in span.indices {
          let group = groups.lowerBound + start - first + index
          for coset in cosets.indices {
            span[index] +=
              group < size ? sums[coset * size + group] : sums[(coset - 1) * size + group] * shifts[coset]
          }
        }
      }
    }
    add(0..<entryGroups, at: block.entries * entryGroups)
    if let tail = block.tail { add(entryGroups..<entryGroups + tailGroups, at: tail * tailGroups) }
  }
}

/// Points of a code's domain with coefficients, in order of their positions.
private struct OpenedPoints {
  private let positions: [Int]
  private let coefficients: [SecureField]
  /// By exponent 2^j, then by point.
  private let powers: [[BaseField]]

  init(_ code: Code, _ positions: [Int], _ coefficients: [SecureField]) {
    precondition(positions.count == coefficients.count, "a coefficient for each position")
    (self.positions, self.coefficients) = (positions, coefficients)
    var powers = [code.points(at: positions)]
    for _ in 0..<code.domainBits { powers.append(powers[powers.count - 1].map { $0.squared() }) }
    self.powers = powers
  }

  func power(_ point: Int, logExponent: Int) -> BaseField { powers[logExponent][point] }

  /// The points of each set of 2^`logCount` consecutive positions that has any: z^(2^logCount) is the same for all.
  func cosets(_ logCount: Int) -> [Range<Int>] {
    var cosets: [Range<Int>] = []
    var start = 0
    while start < positions.count {
      let end = positions[start...].firstIndex { $0 >> logCount != positions[start] >> logCount } ?? positions.count
      cosets.append(start..<end)
      start = end
    }
    return cosets
  }

  /// Σ coefficient·z^y over points of one coset, for y below 2^`logCount`.
  ///
  /// With h = 2^(logCount − 1), z^h is c for points in the lower half of the coset and −c in the upper one.
  func initializeSums(_ base: UnsafeMutablePointer<SecureLanes>, _ points: Range<Int>, logCount: Int) {
    guard logCount > 3 else {
      base.initialize(to: points.reduce(.zero) { $0 + lowPowers($1) })
      return
    }
    let half = 1 << logCount / 16
    let factor = BaseLanes(repeating: powers[logCount - 1][points.lowerBound])
    let middle = points.first { positions[$0] >> (logCount - 1) & 1 == 1 } ?? points.upperBound
    let parts = [points.lowerBound..<middle, middle..<points.upperBound].filter { !$0.isEmpty }
    for (index, part) in parts.enumerated() {
      initializeSums(base + index * half, part, logCount: logCount - 1)
    }
    guard parts.count == 2 else {
      for index in 0..<half { (base + half + index).initialize(to: base[index] * factor) }
      return
    }
    for index in 0..<half {
      let (lower, upper) = (base[index], base[half + index])
      base[index] = lower + upper
      base[half + index] = (lower - upper) * factor
    }
  }

  /// coefficient·z^y for y below 8.
  private func lowPowers(_ point: Int) -> SecureLanes {
    var (lanes, power) = (SIMD8<UInt64>(), BaseField.one)
    for lane in 0..<8 {
      lanes[lane] = power.value
      power *= powers[0][point]
    }
    return SecureLanes(repeating: coefficients[point]) * BaseLanes(reducing: lanes)
  }
}
