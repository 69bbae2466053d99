import Circuit
import Field
import Prover
import TestSupport
import Verifier

/// A flaw of a verifier of hiding proofs. None of them is in the product.
enum HidingFlaw: Hashable {
  /// All of the checks, written once more.
  case none
  /// A linear constraint on Y is left out, those of docs/protocol.md §9a.3 being the last three.
  case missingConstraint(Int)
  /// The linear constraints are added up without δ.
  case equalPowers
  /// The quadratic constraints are added up without η.
  case noPoint
  /// An element is taken less the pad of another one.
  case sharedPad(Int, insteadOf: Int)
  /// Two K-rows of Y are taken for each other.
  case swappedRows(Int, Int)
}

extension HidingFlaw {
  fileprivate func pad(_ pad: Int) -> Int {
    if case .sharedPad(let shared, insteadOf: pad) = self { shared } else { pad }
  }

  fileprivate func row(_ row: Int) -> Int {
    guard case .swappedRows(let first, let second) = self else { return row }
    return row == first ? second : row == second ? first : row
  }
}

extension VerifierTranscript {
  /// `reduce` written once more, with a flaw; and the constraints, in the order of docs/protocol.md.
  mutating func reduce(
    _ plan: Plan, _ statement: Statement, _ flaw: HidingFlaw
  ) throws(VerificationError) -> (claim: OpeningClaim, constraints: [Value]) {
    var claim = try mergeAll(plan, statement)
    guard let layout = plan.pads, let ledger = pads else { return (claim, []) }
    pads = nil
    var constraints = ledger.constraints
    constraints += try dischargeProducts(layout, ledger, flaw)
    var kept = constraints
    if case .missingConstraint(let index) = flaw { kept.remove(at: index) }
    let xi = sponge.challenge("constraints")
    var total = claim.value * -SecureField.one
    for (power, constraint) in zip(powers(of: xi, count: kept.count + 1).dropFirst(), kept) {
      total += constraint * (flaw == .equalPowers ? .one : power)
    }
    let length = 1 << plan.padVariableCount
    claim.value = Value(-total.constant)
    claim.padWeights = [SecureField](repeating: .zero, count: layout.rowCount * length)
    for term in total.pads {
      let pad = flaw.pad(term.pad)
      claim.padWeights[flaw.row(pad / length) * length + pad % length] += term.coefficient
    }
    return (claim, constraints)
  }

  /// The sumcheck over the quadratic constraints; returns what is left, three linear ones.
  private mutating func dischargeProducts(
    _ layout: PadPlan, _ ledger: PadLedger, _ flaw: HidingFlaw
  ) throws(VerificationError) -> [Value] {
    let (products, mask) = layout.quadratic(ledger)
    let eta = flaw == .noPoint ? nil : sponge.challenges("quadratic", count: layout.variableCount)
    let sum = try receive("mask.sum", 1)[0]
    let sigma = sponge.challenge("mask.scale")
    var running = sum * sigma
    var point: [SecureField] = []
    for _ in 0..<layout.variableCount {
      point.append(try reduceRound("quadratic.round", &running, degree: 3))
    }
    let ends = try receive("quadratic.ends", 2)
    let equality = eta.map { Multilinear.equality($0[...], point[...]) } ?? .one
    let table = Multilinear.equalityTable(point)
    func entry(_ pad: Int, _ factor: SecureField) -> Value { Value(sent: .zero, pad: pad) * -factor }
    func combine(_ pad: (PadProduct) -> Int, _ factor: SecureField) -> Value {
      zip(products, table).reduce(.zero) { $0 + entry(pad($1.0), $1.1 * factor) }
    }
    var g = entry(mask, .one)
    for (variable, x) in point.enumerated() {
      for degree in 1...3 { g += entry(mask + 3 * variable + degree, x.power(UInt64(degree))) }
    }
    return [
      combine(\.first, .one) - ends[0], combine(\.second, .one) - ends[1],
      combine(\.product, equality) - g * sigma + running - ends[0] * (ends[1].constant * equality),
    ]
  }
}

extension Plan {
  /// `verify` with a flaw; challenges come from the messages, or from `coins` alone.
  func verify(
    _ flaw: HidingFlaw, _ core: WeightCommitment, _ statement: Statement, _ proof: [UInt8], coins: Digest?
  ) throws(VerificationError) {
    var transcript = VerifierTranscript(mode, proof: proof)
    let roots = try transcript.receiveRoots(self, core, statement, coins: coins)
    let opening = try transcript.reduce(self, statement, flaw).claim
    try transcript.open(self, roots: roots, opening)
    try transcript.finish()
  }
}

extension ProverTranscript {
  /// `dischargeProducts` for a verifier without η, over whole tables.
  mutating func dischargeWithoutPoint(_ layout: PadPlan, _ masks: ProofMasks) {
    pads = nil
    let (products, first) = layout.quadratic(masks.ledger)
    let count = layout.variableCount
    let padding = repeatElement(SecureField.zero, count: 1 << count - products.count)
    var tables = [\PadProduct.first, \.second, \.product].map { path in
      products.map { masks.pads[$0[keyPath: path]] } + padding
    }
    let g = (0..<count).map { variable in (1...3).map { masks.pads[first + 3 * variable + $0] } }
    var bound = masks.pads[first]
    /// g over the cube of the variables from `variable` on.
    func sum(from variable: Int) -> SecureField {
      let ones = g[variable...].joined().reduce(SecureField.zero, +)
      return bound * BaseField(Int64(1 << (count - variable)))
        + ones * BaseField(Int64(1 << (count - variable))) * BaseField(2 as Int64).inverseOrZero()
    }
    send("mask.sum", [sum(from: 0)])
    let sigma = sponge.challenge("mask.scale")
    var claim = sigma * sum(from: 0)
    for variable in 0..<count {
      let half = tables[0].count / 2
      var round = [sigma * sum(from: variable + 1)] + g[variable].map { sigma * $0 * BaseField(Int64(half)) }
      for index in 0..<half {
        let lines = tables.map { ($0[index], $0[index + half] - $0[index]) }
        let ((a, da), (b, db), (c, dc)) = (lines[0], lines[1], lines[2])
        for (power, coefficient) in [a * b - c, a * db + da * b - dc, da * db].enumerated() {
          round[power] += coefficient
        }
      }
      let sent = sendRound("quadratic.round", claim: claim, [round[0], round[2], round[3]])
      claim = sent.claim
      for (degree, coefficient) in g[variable].enumerated() {
        bound += coefficient * sent.challenge.power(UInt64(degree + 1))
      }
      for index in tables.indices {
        let table = tables[index]
        tables[index] = (0..<half).map { table[$0] + sent.challenge * (table[$0 + half] - table[$0]) }
      }
    }
    send("quadratic.ends", [tables[0][0], tables[1][0]])
  }
}
