/// Row length 2^m and rate 2^−r of a code (§4.3).
package struct CodeParameters: Equatable {
  package var rowBits: Int
  package var rateBits: Int

  package init(rowBits: Int, rateBits: Int) {
    self.rowBits = rowBits
    self.rateBits = rateBits
  }

  package var domainBits: Int { rowBits + rateBits }
  package var queryCount: Int { queryCounts[rateBits - 1] }
}

/// t_1 … t_6 of §4.3.
package let queryCounts = [251, 154, 126, 114, 109, 107]

/// open(t, n, w) of §4.3.
package func openingCost(queries: Int, depth: Int, width: Int) -> Int {
  queries * (width + 32 * max(0, depth - floorLog(queries)))
}

/// What happens to the vector of one level of the recursion (§4.3).
package enum LevelPlan: Equatable {
  case clear
  case committed(CodeParameters)
}

/// The cheapest plan for a vector of n elements of K and its cost (§4.3).
package struct RecursionPlanner {
  private var known: [Int: (cost: Int, plan: LevelPlan)] = [:]

  package init() {}

  package mutating func best(_ n: Int) -> (cost: Int, plan: LevelPlan) {
    if let answer = known[n] { return answer }
    let bits = ceilLog(n)
    var best: (cost: Int, plan: LevelPlan)? = bits > 12 ? nil : (16 * n, .clear)
    if bits - 1 >= 5 {
      for m in 5...bits - 1 {
        for r in 3...5 {
          let code = CodeParameters(rowBits: m, rateBits: r)
          let rows = ceilDivide(n, 1 << m)
          let cost =
            openingCost(queries: code.queryCount, depth: m + r, width: 16 * rows)
            + rows * (1 << (m + r)) / 8 + self.best(1 << m).cost
          if let least = best, least.cost <= cost { continue }
          best = (cost, .committed(code))
        }
      }
    }
    let answer = best ?? (16 * n, .clear)
    known[n] = answer
    return answer
  }
}

/// The model's parameters (§4.3).
package func modelParameters(_ shapes: [ColumnShape]) -> CodeParameters {
  leastCost { code in
    let rows = Layout(shapes, rowBits: code.rowBits).rowCount
    return openingCost(queries: code.queryCount, depth: code.domainBits, width: 8 * rows)
      + rows * (1 << code.domainBits) / 128 + 4 * (1 << code.rowBits)
  }
}

/// The witness's parameters (§4.3); `model` is nil when there are no weights.
package func witnessParameters(_ shapes: [ColumnShape], model: CodeParameters?) -> CodeParameters {
  var planner = RecursionPlanner()
  return leastCost { code in
    let rows = Layout(shapes, rowBits: code.rowBits).rowCount
    let length = (1 << code.rowBits) + (model.map { 1 << $0.rowBits } ?? 0)
    return openingCost(queries: code.queryCount, depth: code.domainBits, width: 8 * rows)
      + rows * (1 << code.domainBits) / 16 + planner.best(length).cost
  }
}

private func leastCost(_ cost: (CodeParameters) -> Int) -> CodeParameters {
  var best = CodeParameters(rowBits: 6, rateBits: 2)
  var least = Int.max
  for m in 6...20 {
    for r in 2...3 {
      let code = CodeParameters(rowBits: m, rateBits: r)
      let value = cost(code)
      if value < least {
        least = value
        best = code
      }
    }
  }
  return best
}
