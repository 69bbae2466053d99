import ReferenceVerifier
import TestSupport
import Testing

/// Values with pads and their discharge, against a list Y that the test knows (§2, §9a).
@Suite struct ReferenceDischargeTests {
  @Test func valuesFollowTheirDefinition() throws {
    let owing = try OwingProof()
    #expect(owing.transcript.obligations.padCount == 9)
    #expect(owing.transcript.obligations.triples == [PadTriple(0, 1, 3), PadTriple(4, 2, 5), PadTriple(0, 6, 7)])
    #expect(owing.product == owing.secrets[0] * owing.secrets[1] * owing.secrets[2])
    #expect(owing.transcript.obligations.constraints.count == 3)
    for constraint in owing.transcript.obligations.constraints {
      #expect(owing.sum(constraint.weights) == constraint.value)
    }
  }

  /// A constraint is x − y = 0, not y − x = 0, and one between values without pads counts.
  @Test func constraintsHaveASignAndAreAllListed() throws {
    var transcript = Transcript(encoded([Extension(5, 6)]))
    transcript.isPadded = true
    let value = try transcript.receiveValues("x", 1)[0]
    try transcript.require(value, equals: Value(.one), else: .terms)
    try transcript.require(Value(.one), equals: Value(.zero), else: .terms)
    let constraints = transcript.obligations.constraints
    #expect(constraints.map(\.value) == [.one - Extension(5, 6), .zero - .one])
    #expect(constraints.map(\.weights) == [[0: .zero - .one], [:]])
  }

  @Test func valuesWithoutPadsAreCheckedAtOnce() throws {
    var transcript = Transcript(encoded([Extension(5), Extension(6)]))
    let values = try transcript.receiveValues("x", 2)
    let product = try transcript.product(values[0], values[1])
    try transcript.require(product, equals: Value(Extension(30)), else: .terms)
    #expect(throws: ReferenceRejection.terms) { try transcript.require(product, equals: Value(.one), else: .terms) }
    try transcript.requireNonzero(product, else: .fractionalSum)
    #expect(throws: ReferenceRejection.fractionalSum) {
      try transcript.requireNonzero(Value(.zero), else: .fractionalSum)
    }
    #expect(transcript.obligations.padCount == 0)
    try transcript.finish()
  }

  @Test func honestDischargeLeavesATrueClaim() throws {
    #expect(try OwingProof().holds())
    #expect(try OwingProof(products: 0).holds())
  }

  enum Lie: CaseIterable {
    case padProduct, spare, constraint, total, round, end, merged
  }

  /// What breaks one part of the discharge makes its claim false.
  @Test(arguments: Lie.allCases)
  func liesLeaveAFalseClaim(lie: Lie) throws {
    var owing = try OwingProof()
    switch lie {
    case .padProduct: owing.pads[3] += .one
    case .spare: owing.pads[11] += .one
    case .constraint: owing.pads[8] += .one
    case .total: owing.changes["mask.sum"] = .one
    case .round: owing.changes["quadratic.round"] = .one
    case .end: owing.changes["quadratic.ends"] = .one
    case .merged: owing.changes["merged"] = .one
    }
    #expect(try !owing.holds())
  }
}

private func encoded(_ elements: [Extension]) -> [UInt8] {
  elements.flatMap { littleEndian($0.c0) + littleEndian($0.c1) }
}

/// A prover of three secrets, a product of all of them, an inverse and the discharge of what that owes.
private struct OwingProof {
  var secrets: [Extension]
  var pads: [Extension]
  var transcript: Transcript
  /// The first secret, as a value; the merge's last claim is that this is `secrets[0]`.
  var first: Value
  var product = Extension.zero
  /// What is added to the first element of a message.
  var changes: [String: Extension] = [:]

  init(products: Int = 2) throws {
    var random = RepeatableRandom(seed: 11)
    func element() -> Extension { Extension(UInt64.random(in: 0..<Residue.modulus, using: &random), 3) }
    secrets = (0..<3).map { _ in Extension(UInt64.random(in: 1..<Residue.modulus, using: &random)) }
    pads = (0..<(products == 0 ? 7 : 19)).map { _ in element() }
    let inverse = Extension(Residue.invert(secrets[0].c0))
    if products > 0 {
      pads[3] = pads[0] * pads[1]
      pads[5] = pads[4] * pads[2]
      pads[7] = pads[0] * pads[6]
      pads[11] = pads[9] * pads[10]
    } else {
      pads[5] = pads[3] * pads[4]
    }
    let all = secrets[0] * secrets[1] * secrets[2]
    var sent = zip(secrets, pads).map { $0 + $1 }
    if products > 0 { sent += [secrets[0] * secrets[1] + pads[4], inverse + pads[6], all + pads[8]] }
    transcript = Transcript(encoded(sent))
    transcript.isPadded = true
    let values = try transcript.receiveValues("x", 3)
    first = values[0]
    if products > 0 {
      let value = try transcript.product(try transcript.product(values[0], values[1]), values[2])
      product = value.constant + sum(value.pads)
      try transcript.requireNonzero(values[0], else: .fractionalSum)
      try transcript.require(value, equals: try transcript.receiveValues("y", 1)[0], else: .terms)
    }
  }

  func sum(_ weights: [Int: Extension]) -> Extension {
    weights.reduce(.zero) { $0 + pads[$1.key] * $1.value }
  }

  /// Whether the claim that the discharge leaves is true: the merge's sum + ⟨Λ, Y⟩ = e.
  func holds() throws -> Bool {
    var prover = DischargeProver(pads: pads, obligations: transcript.obligations, state: transcript, changes: changes)
    prover.run()
    var verifier = transcript.continued(prover.bytes)
    let discharge = try verifier.discharge(first)
    try verifier.finish()
    #expect(discharge.weights.count == pads.count)
    let sum = zip(discharge.weights, pads).reduce(Extension.zero) { $0 + $1.0 * $1.1 }
    return secrets[0] + (changes["merged"] ?? .zero) + sum == discharge.value
  }
}

/// The prover's side of §9a.3, by polynomial arithmetic on whole tables.
private struct DischargeProver {
  let pads: [Extension]
  var obligations: Obligations
  var state: Transcript
  let changes: [String: Extension]
  var bytes: [UInt8] = []

  init(pads: [Extension], obligations: Obligations, state: Transcript, changes: [String: Extension]) {
    self.pads = pads
    self.obligations = obligations
    self.state = state
    self.changes = changes
  }

  mutating func send(_ label: String, _ elements: [Extension]) {
    var elements = elements
    elements[0] += changes[label] ?? .zero
    bytes += encoded(elements)
    state.observe(label, encoded(elements))
  }

  mutating func run() {
    let mask = obligations.close()
    var rounds = 0
    while 1 << rounds < obligations.triples.count { rounds += 1 }
    func table(_ index: KeyPath<PadTriple, Int>) -> [Extension] {
      let values = obligations.triples.map { pads[$0[keyPath: index]] }
      return values + [Extension](repeating: .zero, count: 1 << rounds - values.count)
    }
    var (left, right, product) = (table(\.left), table(\.right), table(\.product))
    var etas = eqTable(state.challenges("quadratic", rounds)[...])
    let g = (0..<rounds).map { v in (0..<4).map { $0 == 0 ? Extension.zero : pads[mask + 3 * v + $0] } }
    let atOne = g.map { $0.reduce(.zero) { $0 + $1 } }
    var total = pads[mask] * UInt64(1 << rounds)
    for value in atOne { total += value * UInt64(1 << rounds) * Residue.invert(2) }
    send("mask.sum", [total])
    let rho = state.challenge("mask.scale")
    var bound = pads[mask]
    for round in 0..<rounds {
      let half = etas.count / 2
      func line(_ t: [Extension], _ x: Int) -> [Extension] { [t[x], t[x + half] - t[x]] }
      var h = [Extension](repeating: .zero, count: 4)
      for x in 0..<half {
        var difference = multiply(line(left, x), line(right, x))
        for (d, c) in line(product, x).enumerated() { difference[d] = difference[d] - c }
        for (d, c) in multiply(line(etas, x), difference).enumerated() { h[d] += c }
      }
      h[0] += rho * bound * UInt64(half)
      for value in atOne[(round + 1)...] { h[0] += rho * value * UInt64(half) * Residue.invert(2) }
      for d in 1...3 { h[d] += rho * g[round][d] * UInt64(half) }
      send("quadratic.round", [h[0], h[2], h[3]])
      let zeta = state.challenge("quadratic.round")
      func fold(_ t: [Extension]) -> [Extension] { (0..<half).map { t[$0] + zeta * (t[$0 + half] - t[$0]) } }
      (left, right, product, etas) = (fold(left), fold(right), fold(product), fold(etas))
      for d in 1...3 { bound += g[round][d] * (0..<d).reduce(Extension.one) { power, _ in power * zeta } }
    }
    send("quadratic.ends", [left[0], right[0]])
  }

  private func multiply(_ a: [Extension], _ b: [Extension]) -> [Extension] {
    var product = [Extension](repeating: .zero, count: a.count + b.count - 1)
    for (i, x) in a.enumerated() {
      for (j, y) in b.enumerated() { product[i + j] += x * y }
    }
    return product
  }
}
