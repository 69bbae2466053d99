/// A Reed–Solomon code of rate 2^−rateBits for rows of 2^variableCount entries and a tail. docs/protocol.md §4.2.
package struct Code: Hashable, Sendable {
  package let variableCount: Int
  package let rateBits: Int
  /// Random coefficients after the entries of a row: 0, or a power of two in a tailed code.
  package let tailCount: Int
  /// The smallest t with ((|D| + 2^variableCount + tailCount)/(2·|D|))^t ≤ 2^−queryBits.
  package let queryCount: Int

  package init(variableCount: Int, rateBits: Int, tailCount: Int = 0) {
    self.variableCount = variableCount
    self.rateBits = rateBits
    self.tailCount = tailCount
    queryCount =
      tailCount == 0
      ? Self.queryCounts[rateBits - 1]
      : Agreement(variableCount: variableCount, rateBits: rateBits, tailCount: tailCount).queryCount
  }

  package var domainBits: Int { variableCount + rateBits }
  package var isTailed: Bool { tailCount > 0 }
  package var saltByteCount: Int { isTailed ? Self.tailedSaltByteCount : 0 }

  /// Positions are drawn after a nonce is found, which takes 2^grindingBits attempts. docs/protocol.md §12.
  package static let grindingBits = 12
  /// With the nonce's bits 104.
  package static let queryBits = 104 - grindingBits
  /// For rates 1/2 … 1/64 the smallest t with ((1 + rate)/2)^t ≤ 2^−queryBits.
  package static let queryCounts = [222, 136, 111, 101, 97, 95]
  package static let tailedSaltByteCount = 16

  /// The tailed code with the smallest tail for `proofCount` proofs and `maskCount` entries more; nil when there is none
  /// of rate 1/2 at most.
  package static func tailed(variableCount: Int, rateBits: Int, proofCount: Int, maskCount: Int = 0) -> Code? {
    let most = 1 << (variableCount + rateBits - 1) - 1 << variableCount
    // No code has fewer queries than bits that they give.
    var tailCount = 1 << bitCountOfAxis(proofCount * queryBits + maskCount)
    while tailCount <= most {
      let code = Code(variableCount: variableCount, rateBits: rateBits, tailCount: tailCount)
      if tailCount >= proofCount * code.queryCount + maskCount { return code }
      tailCount *= 2
    }
    return nil
  }

  /// The bytes that opening leaves of `leafByteCount` adds to a proof, about.
  fileprivate func openingCost(leafByteCount: Int) -> Int {
    let shared = Int.bitWidth - 1 - queryCount.leadingZeroBitCount
    return queryCount * (leafByteCount + 32 * max(0, domainBits - shared))
  }
}

/// Powers of (|D| + 2^variableCount + tailCount)/(2·|D|), the largest share of a word on which it can agree with another
/// codeword, rounded up. docs/protocol.md §12.
struct Agreement {
  private let factor: UInt128
  private let factorBits: Int
  /// At least 2^64, below 2^65, so that no product with a factor overflows.
  private var mantissa: UInt128 = 1 << 64
  private var exponent = 64

  init(variableCount: Int, rateBits: Int, tailCount: Int) {
    factorBits = variableCount + rateBits + 1
    factor = UInt128(1 << (factorBits - 1) + 1 << variableCount + tailCount)
  }

  mutating func multiply() {
    mantissa *= factor
    exponent += factorBits
    let excess = UInt128(128 - mantissa.leadingZeroBitCount - 65)
    mantissa = mantissa >> excess + (mantissa & (1 << excess - 1) == 0 ? 0 : 1)
    exponent -= Int(excess)
  }

  /// In units of 2^−unitBits, rounded up.
  func units(_ unitBits: Int) -> UInt128 {
    let excess = exponent - unitBits
    return excess > 0 ? mantissa >> UInt128(min(excess, 127)) + 1 : mantissa << UInt128(-excess)
  }

  /// 1,024 where no count of queries that a code may have is enough.
  var queryCount: Int {
    var power = self
    var count = 0
    while count < 1 << 10, power.units(Code.queryBits) > 1 {
      power.multiply()
      count += 1
    }
    return count
  }
}

/// One step of the opening's recursion on a vector of `elementCount` elements of K.
package enum Level: Hashable, Sendable {
  case clear(elementCount: Int)
  case committed(Code, rowCount: Int, elementCount: Int)
}

extension Level {
  /// Entries of a row's tail that mask the rounds of a masked level.
  package static let maskCount = 2

  /// True where the level masks what the next one is about.
  package var isMasked: Bool {
    switch self {
    case .clear: false
    case .committed(let code, _, _): code.isTailed
    }
  }

  /// How many variables the level's rounds bind.
  package var roundCount: Int {
    switch self {
    case .clear(let elementCount): bitCountOfAxis(elementCount)
    case .committed(_, let rowCount, _): bitCountOfAxis(rowCount)
    }
  }
}

/// Chooses codes, by integers alone. docs/protocol.md §4.3.
package struct ParameterPlanner {
  private var plans: [Int: (cost: Int, levels: [Level])] = [:]
  /// By variables: the codes of a masked level.
  private var maskedCodes: [Int: [Code]] = [:]

  package init() {}

  private mutating func codes(_ variableCount: Int, isMasked: Bool) -> [Code] {
    guard isMasked else { return (3...5).map { Code(variableCount: variableCount, rateBits: $0) } }
    if let known = maskedCodes[variableCount] { return known }
    let codes = (3...5).compactMap {
      Code.tailed(variableCount: variableCount, rateBits: $0, proofCount: 1, maskCount: Level.maskCount)
    }.filter { $0.tailCount <= 1 << variableCount }
    maskedCodes[variableCount] = codes
    return codes
  }

  package mutating func recursion(elementCount: Int, isMasked: Bool) -> (cost: Int, levels: [Level]) {
    if !isMasked, let known = plans[elementCount] { return known }
    let bits = bitCountOfAxis(elementCount)
    var best = (cost: 16 * elementCount, first: [Level.clear(elementCount: elementCount)], rest: [Level]())
    if bits > 12 { best.cost = .max }
    if isMasked { best = (1 << 60, [], []) }
    for variableCount in stride(from: 5, to: isMasked ? max(6, bits + 1) : bits, by: 1) {
      let rowCount = (elementCount + (1 << variableCount) - 1) >> variableCount
      let committedCount = rowCount + (isMasked ? 1 : 0)
      for code in codes(variableCount, isMasked: isMasked) {
        let rest = recursion(elementCount: code.vectorCount, isMasked: false)
        let opening = code.openingCost(leafByteCount: 16 * committedCount + code.saltByteCount)
        let cost = opening + (committedCount << code.domainBits) / 8 + rest.cost
        if cost < best.cost {
          best = (cost, [.committed(code, rowCount: rowCount, elementCount: elementCount)], rest.levels)
        }
      }
    }
    let plan = (cost: best.cost, levels: best.first + best.rest)
    if !isMasked { plans[elementCount] = plan }
    return plan
  }

  /// The code of a model commitment that hides the weights in `proofCount` proofs; nil without weights.
  package static func modelCode(_ rowCounts: RowCounts, proofCount: Int = 0) -> Code? {
    guard !rowCounts.isEmpty else { return nil }
    let isHiding = proofCount > 0
    return best(rateBits: isHiding ? 2...8 : 2...3, proofCount: isHiding ? proofCount + 2 : 0) { code in
      let rowCount = rowCounts[code.variableCount]
      return code.openingCost(leafByteCount: 8 * rowCount + code.saltByteCount)
        + (rowCount << code.domainBits) / 128 + (isHiding ? 8 : 4) * code.vectorCount
    }
  }

  /// The code of a witness commitment.
  ///
  /// - Parameters:
  ///   - padRowCount: n_Y for rows of so many variables; nil in the transparent mode.
  ///   - elementCount: ℓ of §9 for a code.
  package mutating func witnessCode(
    _ rowCounts: RowCounts, padRowCount: ((Int) -> Int)?, elementCount: (Code) -> Int
  ) -> Code? {
    guard !rowCounts.isEmpty || padRowCount != nil else { return nil }
    var planner = self
    defer { self = planner }
    return Self.best(rateBits: 2...3, proofCount: padRowCount == nil ? 0 : 1) { code in
      let rowCount = rowCounts[code.variableCount] + 2 * (padRowCount?(code.variableCount) ?? 0)
      return code.openingCost(leafByteCount: 8 * rowCount + code.saltByteCount) + (rowCount << code.domainBits) / 16
        + planner.recursion(elementCount: elementCount(code), isMasked: padRowCount != nil).cost
    }
  }

  /// The first of the cheapest codes that hide rows in so many proofs; 0 for codes without tails.
  private static func best(rateBits: ClosedRange<Int>, proofCount: Int, _ cost: (Code) -> Int) -> Code? {
    var best: (code: Code, cost: Int)?
    for variableCount in RowCounts.variableCounts {
      for rateBits in rateBits {
        let code =
          proofCount == 0
          ? Code(variableCount: variableCount, rateBits: rateBits)
          : Code.tailed(variableCount: variableCount, rateBits: rateBits, proofCount: proofCount)
        guard let code else { continue }
        let cost = cost(code)
        if best.map({ cost < $0.cost }) ?? true { best = (code, cost) }
      }
    }
    return best?.code
  }
}

extension ArithmeticCircuit {
  /// By weight column, in circuit order.
  package var weightShapes: [[Int]] { columns(of: .weight).map { shape(ofColumn: $0, batch: 1) } }

  /// The code of a model commitment that hides the weights in `proofCount` proofs; nil without weights.
  package func modelCode(proofCount: Int) -> Code? {
    ParameterPlanner.modelCode(RowCounts(shapes: weightShapes), proofCount: proofCount)
  }
}
