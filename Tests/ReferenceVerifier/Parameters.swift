/// Row length 2^m, rate 2^−r and tail τ of a code (§4.2, §4.3).
package struct CodeParameters: Equatable {
  package let rowBits: Int
  package let rateBits: Int
  /// τ; the code is hiding if it is not 0.
  package let tail: Int
  /// t(m, r, τ).
  package let queryCount: Int

  package init(rowBits: Int, rateBits: Int, tail: Int = 0) {
    self.rowBits = rowBits
    self.rateBits = rateBits
    self.tail = tail
    queryCount = tail == 0 ? queryCounts[rateBits - 1] : hidingQueryCount(rowBits, rateBits, tail)
  }

  package var domainBits: Int { rowBits + rateBits }
  /// The bytes of a leaf's salt (§4.2).
  var saltByteCount: Int { tail == 0 ? 0 : 16 }
  /// 2^m + τ.
  package var entryCount: Int { 1 << rowBits + tail }
  /// 2^(m+r) + 2^m + τ.
  var missNumerator: Int { 1 << domainBits + entryCount }
  /// The code's part of a key's parameters (§10).
  package var encoded: [UInt8] { [UInt8(rowBits), UInt8(rateBits), UInt8(ceilLog(tail))] }
}

/// g of §4.3.
package let grindingBits = 12

/// t(m, r, 0) for r = 1 … 6 (§4.3).
package let queryCounts = [222, 136, 111, 101, 97, 95]

/// t(m, r, τ) of §4.3, for 2^m + τ ≤ 2^(m+r−1).
package func hidingQueryCount(_ m: Int, _ r: Int, _ tail: Int) -> Int {
  let numerator = Integer(1 << (m + r) + 1 << m + tail)
  var tooFew = 0
  var enough = queryCounts[0]
  while enough - tooFew > 1 {
    let t = (enough + tooFew) / 2
    if numerator.power(t) * Integer.powerOfTwo(92) <= Integer.powerOfTwo((m + r + 1) * t) {
      enough = t
    } else {
      tooFew = t
    }
  }
  return enough
}

/// The code (m, r, τ) with the tail for `proofs` proofs and `masks` entries more (§4.3); nil if (m, r) is not a candidate.
package func hidingCode(_ m: Int, _ r: Int, proofs: Int, masks: Int = 0) -> CodeParameters? {
  var tail = 1
  while 1 << m + tail <= 1 << (m + r - 1) {
    if tail >= proofs * hidingQueryCount(m, r, tail) + masks {
      return CodeParameters(rowBits: m, rateBits: r, tail: tail)
    }
    tail *= 2
  }
  return nil
}

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

/// The code of a hiding proof's first level for a vector of n elements and firstCost(n) (§4.3).
package func maskedLevel(_ n: Int) -> (code: CodeParameters, cost: Int)? {
  var planner = RecursionPlanner()
  var best: (code: CodeParameters, cost: Int)?
  for m in 5...max(5, ceilLog(n)) {
    for r in 3...5 {
      let rowCount = ceilDivide(n, 1 << m)
      guard let code = hidingCode(m, r, proofs: 1, masks: 2), code.tail <= 1 << m else { continue }
      let rows = rowCount + 1
      let cost =
        openingCost(queries: code.queryCount, depth: m + r, width: 16 * rows + 16)
        + rows * (1 << (m + r)) / 8 + planner.best(code.entryCount).cost
      if let least = best, least.cost <= cost { continue }
      best = (code, cost)
    }
  }
  return best
}

/// The parameters of the model in a key for J = `proofs` hiding proofs (§4.3).
package func modelParameters(_ shapes: [ColumnShape], proofs: Int = 0) throws(ReferenceRejection) -> CodeParameters {
  try leastCost(rateBits: proofs == 0 ? 2...3 : 2...8) { m, r in
    let rows = Layout(shapes, rowBits: m).rowCount
    if proofs == 0 {
      let code = CodeParameters(rowBits: m, rateBits: r)
      let opening = openingCost(queries: code.queryCount, depth: m + r, width: 8 * rows)
      return (code, opening + rows * (1 << (m + r)) / 128 + 4 * (1 << m))
    }
    guard let code = hidingCode(m, r, proofs: proofs + 2) else { return nil }
    let opening = openingCost(queries: code.queryCount, depth: m + r, width: 8 * rows + 16)
    return (code, opening + rows * (1 << (m + r)) / 128 + 8 * code.entryCount)
  }
}

/// The parameters of a transparent proof's witness (§4.3); `prior` are those of the commitments before it.
package func witnessParameters(
  _ shapes: [ColumnShape], prior: [CodeParameters]
) throws(ReferenceRejection) -> CodeParameters {
  var planner = RecursionPlanner()
  return try leastCost(rateBits: 2...3) { m, r in
    let code = CodeParameters(rowBits: m, rateBits: r)
    let rows = Layout(shapes, rowBits: m).rowCount
    let n = code.entryCount + prior.reduce(0) { $0 + $1.entryCount }
    let opening = openingCost(queries: code.queryCount, depth: m + r, width: 8 * rows)
    return (code, opening + rows * (1 << (m + r)) / 16 + planner.best(n).cost)
  }
}

/// The parameters of a hiding proof's witness (§4.3) and n_Y; `entryCount` gives E for a witness of m + κ variables.
package func hidingWitnessParameters(
  _ shapes: [ColumnShape], prior: [CodeParameters], entryCount: (_ variableCount: Int) -> Int
) throws(ReferenceRejection) -> (code: CodeParameters, padRowCount: Int) {
  func padRows(_ m: Int, _ layout: Layout) -> Int { ceilDivide(entryCount(m + layout.foldBits), 1 << m) }
  let best = try leastCost(rateBits: 2...3) { m, r in
    guard let code = hidingCode(m, r, proofs: 1) else { return nil }
    let layout = Layout(shapes, rowBits: m)
    let pads = padRows(m, layout)
    let rows = layout.rowCount + 2 * pads
    let n = (1 + pads) * code.entryCount + prior.reduce(0) { $0 + $1.entryCount }
    let opening = openingCost(queries: code.queryCount, depth: m + r, width: 8 * rows + 16)
    guard let recursion = maskedLevel(n)?.cost else { return nil }
    return (code, opening + rows * (1 << (m + r)) / 16 + recursion)
  }
  return (best, padRows(best.rowBits, Layout(shapes, rowBits: best.rowBits)))
}

/// The first of the cheapest candidates, m from 6 to 20 in the outer loop.
private func leastCost(
  rateBits: ClosedRange<Int>, _ candidate: (_ m: Int, _ r: Int) -> (code: CodeParameters, cost: Int)?
) throws(ReferenceRejection) -> CodeParameters {
  var best: (code: CodeParameters, cost: Int)?
  for m in 6...20 {
    for r in rateBits {
      guard let next = candidate(m, r) else { continue }
      if let least = best, least.cost <= next.cost { continue }
      best = next
    }
  }
  guard let best else { throw .wrongParameters }
  return best.code
}
