/// A Reed–Solomon code of rate 2^−rateBits for rows of 2^variableCount entries. docs/protocol.md §4.2.
package struct Code: Hashable, Sendable {
  package let variableCount: Int
  package let rateBits: Int

  package init(variableCount: Int, rateBits: Int) {
    self.variableCount = variableCount
    self.rateBits = rateBits
  }

  package var domainBits: Int { variableCount + rateBits }
  package var queryCount: Int { Self.queryCounts[rateBits - 1] }

  /// For rates 1/2 … 1/64 the smallest t with ((1 + rate)/2)^t ≤ 2^−104.
  package static let queryCounts = [251, 154, 126, 114, 109, 107]
  package static let grindingBits = 0

  /// The bytes that opening rows of `symbolByteCount` in all adds to a proof, about.
  fileprivate func openingCost(symbolByteCount: Int) -> Int {
    let shared = Int.bitWidth - 1 - queryCount.leadingZeroBitCount
    return queryCount * (symbolByteCount + 32 * max(0, domainBits - shared))
  }
}

/// One step of the opening's recursion on a vector of `elementCount` elements of K.
package enum Level: Hashable, Sendable {
  case clear(elementCount: Int)
  case committed(Code, rowCount: Int, elementCount: Int)
}

extension Level {
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

  package init() {}

  package mutating func recursion(elementCount: Int) -> (cost: Int, levels: [Level]) {
    if let known = plans[elementCount] { return known }
    let bits = bitCountOfAxis(elementCount)
    let clear = Level.clear(elementCount: elementCount)
    var best = (cost: bits > 12 ? Int.max : 16 * elementCount, levels: [clear])
    for variableCount in stride(from: 5, to: bits, by: 1) {
      let tail = recursion(elementCount: 1 << variableCount)
      for rateBits in 3...5 {
        let code = Code(variableCount: variableCount, rateBits: rateBits)
        let rowCount = (elementCount + (1 << variableCount) - 1) >> variableCount
        let cost = code.openingCost(symbolByteCount: 16 * rowCount) + (rowCount << code.domainBits) / 8
          + tail.cost
        if cost < best.cost {
          let level = Level.committed(code, rowCount: rowCount, elementCount: elementCount)
          best = (cost, [level] + tail.levels)
        }
      }
    }
    plans[elementCount] = best
    return best
  }

  package static func modelCode(shapes: [[Int]]) -> Code? {
    best(shapes) { code, rowCount in (rowCount << code.domainBits) / 128 + 4 << code.variableCount }
  }

  package mutating func witnessCode(shapes: [[Int]], model: Code?) -> Code? {
    var planner = self
    defer { self = planner }
    let modelCount = model.map { 1 << $0.variableCount } ?? 0
    return Self.best(shapes) { code, rowCount in
      (rowCount << code.domainBits) / 16
        + planner.recursion(elementCount: modelCount + 1 << code.variableCount).cost
    }
  }

  private static func best(_ shapes: [[Int]], cost: (Code, Int) -> Int) -> Code? {
    var best: (cost: Int, code: Code)?
    for variableCount in 6...20 where !shapes.isEmpty {
      let rowCount = Layout(shapes: shapes, variableCount: variableCount).rowCount
      for rateBits in 2...3 {
        let code = Code(variableCount: variableCount, rateBits: rateBits)
        let cost = code.openingCost(symbolByteCount: 8 * rowCount) + cost(code, rowCount)
        if best.map({ cost < $0.cost }) ?? true { best = (cost, code) }
      }
    }
    return best?.code
  }
}
