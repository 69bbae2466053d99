import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Forgeries that only the checks of the hiding mode notice: with each check left out, a forged proof is accepted.
///
/// Challenges are programmed, so that a rejection is that of the checks and not of other challenges.
@Suite struct HidingForgeryTests {
  private let proven = ProvenNetwork.small(.hiding)

  /// Columns of `SmallNetwork.small`: x, w1, b1, a, limb 0, limb 1, y, w2, output.
  private let accumulator = 3
  private let activation = 6
  private let output = 8

  // The order of the constraints.
  private let crossProducts = 0
  private func inverse(_ tree: Int) -> Int { 1 + tree }
  private func layer(_ layer: Int) -> Int { 3 + layer }
  /// The tables' numerators are a claim.
  private func leaves(_ tree: Int, _ part: Int) -> Int { layer(layerCount) + tree + part }
  private func terms(_ claim: Int) -> Int { layer(layerCount) + 3 + claim }
  private var contraction: Int { terms(2) }

  private var depths: [Int] { [proven.plan.columns.lookupBlocks.depth, proven.plan.columns.tableBlocks.depth] }
  private var layerCount: Int { depths.max() ?? 0 }

  /// Where the first half of a tree's numerator (0) or denominator (1) is among the ends of all layers.
  private func end(_ layer: Int, _ tree: Int, _ part: Int) -> Int {
    let before = (0..<layer).reduce(0) { sum, layer in sum + 4 * depths.count { $0 > layer } }
    return before + 4 * depths[..<tree].count { $0 > layer } + 2 * part
  }

  /// Nothing is wrong but one constraint.
  private func expectOnly(
    _ constraint: Int, _ forged: ForgedProof, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(forged.violated == [constraint], sourceLocation: sourceLocation)
    #expect(forged.error(.missingConstraint(constraint)) == nil, sourceLocation: sourceLocation)
    #expect(forged.error() == .openingMismatch, sourceLocation: sourceLocation)
  }

  /// Nothing is wrong but the values of columns.
  private func expectFalseValues(_ forged: ForgedProof, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(forged.violated == [], sourceLocation: sourceLocation)
    #expect(forged.excess != .zero, sourceLocation: sourceLocation)
    #expect(forged.error() == .openingMismatch, sourceLocation: sourceLocation)
  }

  @Test("an honest proof violates nothing, and is accepted") func honest() throws {
    let honest = ForgedProof(MaliciousProver(proven))
    #expect(honest.constraintCount == contraction + 4)
    #expect(honest.violated == [])
    #expect(honest.excess == .zero)
    #expect(honest.error() == nil)
    #expect(honest.honestChallengesError == nil)
    try proven.plan.verify(HidingFlaw.none, proven.core, proven.statement, honest.proof(), coins: Sample.coins)
  }

  /// A prover whose activation is not a row of its table, and whose output follows.
  private var liar: MaliciousProver {
    var prover = MaliciousProver(proven)
    prover.witness.columns[activation][0] += 1
    prover.recompute()
    return prover
  }

  @Test("row 9: a false lookup needs a constraint left out: of the sums, of any layer, or of the leaves",
    arguments: [0, 1], [0, 1])
  func lookups(tree: Int, part: Int) {
    var forged = ForgedProof(liar)
    #expect(forged.honestChallengesError == .openingMismatch)
    expectOnly(crossProducts, forged)
    forged.satisfy(crossProducts, by: "roots", 2 * tree + part)
    if part == 1 { forged.satisfy(inverse(tree), by: "inverse", tree) }
    for layer in 0..<depths[tree] {
      expectOnly(self.layer(layer), forged)
      forged.satisfy(self.layer(layer), by: "layer.ends", end(layer, tree, part))
    }
    guard (tree, part) == (1, 0) else { return expectOnly(leaves(tree, part), forged) }
    expectFalseValues(forged)
  }

  @Test("row 10: a denominator's inverse is checked", arguments: [0, 1]) func inverses(tree: Int) {
    var forged = ForgedProof(MaliciousProver(proven))
    forged.add(.one, to: "inverse", tree)
    expectOnly(inverse(tree), forged)
  }

  @Test("row 10: constraints that are added up without δ cancel") func equalPowers() {
    var forged = ForgedProof(MaliciousProver(proven))
    for tree in 0..<2 { forged.add(.one, to: "inverse", tree) }
    #expect(forged.error(.equalPowers) == .openingMismatch)
    let factor = forged.residuals[inverse(0)] * forged.residuals[inverse(1)].inverseOrZero()
    forged.add(-factor - .one, to: "inverse", 1)
    #expect(forged.violated == [inverse(0), inverse(1)])
    #expect(forged.error(.equalPowers) == nil)
    #expect(forged.error() == .openingMismatch)
  }

  @Test("row 3: a false output needs a constraint on terms or operands left out") func outputs() {
    var prover = MaliciousProver(proven)
    prover.statement.outputs[0][0] += 1
    var forged = ForgedProof(prover)
    #expect(forged.honestChallengesError == .openingMismatch)
    expectOnly(terms(1), forged)
    forged.satisfy(terms(1), by: "terms", 2)
    expectOnly(contraction, forged)
    forged.satisfy(contraction, by: "operands", 0)
    expectFalseValues(forged)
  }

  @Test("row 6: so does a false sum before a rounding") func accumulators() {
    var prover = MaliciousProver(proven)
    let index = proven.witness.columns[activation].firstIndex { $0 > 0 } ?? 0
    prover.witness.columns[accumulator][index] += 32
    prover.witness.columns[activation][index] += 1
    prover.witness.columns[output] = proven.circuit.contractions[1].evaluate(
      proven.circuit, batch: 3, prover.witness.columns)
    prover.witness.countMultiplicities(proven.circuit, batch: 3)
    prover.statement.outputs = prover.witness.outputs(proven.circuit)
    #expect(prover.statement != proven.statement)
    expectOnly(terms(0), ForgedProof(prover))
  }

  @Test("row 3: so does a false product of three, whose first two are received again") func productsOfThree() {
    let proven = ProvenNetwork.proven(.hiding)[2]
    var prover = MaliciousProver(proven)
    prover.statement.outputs[0][0] += 1
    var forged = ForgedProof(prover)
    let output = forged.violated[0]
    expectOnly(output, forged)
    forged.satisfy(output, by: "terms", 1)
    let contraction = forged.constraintCount - 4
    expectOnly(contraction, forged)
    forged.satisfy(contraction, by: "product")
    expectOnly(contraction - 1, forged)
  }
}

extension HidingForgeryTests {
  /// A proof whose entry of Y for Q·w, Q being the lookups' denominator, is too large by one.
  private var falseProduct: ForgedProof {
    var prover = MaliciousProver(proven)
    let entry = prover.products[2].product
    prover.changePads = { $0[entry] += .one }
    return ForgedProof(prover)
  }

  private var firstFactors: Int { contraction + 1 }
  private var secondFactors: Int { contraction + 2 }
  private var products: Int { contraction + 3 }

  @Test("row 10: with a false product of pads 0 is the inverse of anything, and only the last three constraints notice")
  func falseInverse() {
    var forged = falseProduct
    let pad = forged.committed.masks?.sentPads.elements[4] ?? .zero
    #expect(forged.sent("inverse") - pad != .zero)
    #expect(forged.violated == [inverse(0), products])
    forged.satisfy(inverse(0), by: "inverse", 0)
    #expect(forged.sent("inverse") == pad)
    expectOnly(products, forged)
    var other = forged
    other.satisfy(products, by: "quadratic.ends", 0)
    expectOnly(firstFactors, other)
    other = forged
    other.satisfy(products, by: "quadratic.ends", 1)
    expectOnly(secondFactors, other)
  }

  @Test("row 10: entries of Y that the plan does not have, or has more of, are refused before the discharge")
  func otherEntries() {
    let (plan, zeros) = (proven.plan, [UInt8](repeating: 0, count: 32 * (proven.plan.pads?.entryCount ?? 0)))
    /// Of the discharge after so many elements more than a proof has; nil has none at all.
    func error(after moreCount: Int?) -> VerificationError? {
      var transcript = VerifierTranscript(.hiding, proof: zeros)
      do throws(VerificationError) {
        var claim = OpeningClaim(parts: [], value: .zero)
        if let moreCount {
          claim = try transcript.mergeAll(plan, proven.statement)
          _ = try transcript.receive("more", moreCount)
        }
        _ = try transcript.discharge(plan, claim)
        return nil
      } catch { return error }
    }
    #expect(error(after: 0) == nil)
    for count in [1, 2, nil] { #expect(error(after: count) == .malformed) }
  }

  @Test("row 2: a sum of the mask that is sent after its scale is drawn hides a false product") func lateMaskSum() {
    var forged = falseProduct
    #expect(forged.honestChallengesError == .openingMismatch)
    forged.satisfy(inverse(0), by: "inverse", 0)
    forged.satisfy(products, by: "mask.sum")
    #expect(forged.violated == [])
    #expect(forged.error() == nil)
  }

  @Test("row 2: so does a mask that is chosen after its scale is drawn") func lateMask() {
    var forged = falseProduct
    forged.satisfy(inverse(0), by: "inverse", 0)
    let layout = proven.plan.pads
    let entry = layout.map { $0.entryCount - 1 - 3 * $0.variableCount } ?? 0
    forged.satisfy(products, byPad: entry)
    #expect(forged.violated == [])
    #expect(forged.error() == nil)
  }

  @Test("row 2: a false claim is accepted with a mask's value that is sent after χ, or a mask that is chosen after it")
  func lateOpeningMask() throws {
    let plan = proven.plan
    guard case .committed(let code, _, _) = plan.levels[0] else { return }
    func forge(_ shift: SecureField) -> (forged: ForgedProof, proof: [UInt8], value: Int, factor: SecureField) {
      var prover = liar
      prover.secrets = StagedSecrets(from: .pads, number: 0, renewed: [:]) { draw, bytes in
        guard draw == .levelMasks else { return }
        for (offset, part) in [(0, shift.c0), (8 << code.variableCount, shift.c1)] {
          bytes.setWord((BaseField(reducing: bytes.word(at: offset)) + part).value, at: offset)
        }
      }
      let forged = ForgedProof(prover)
      let proof = forged.proof()
      let manifest = ProofManifest(plan, proof, Sponge(deafAt: Sample.coins))
      let fold = manifest.challenges.firstIndex { $0.label == "mask.fold" } ?? 0
      let rounds = manifest.challenges[..<fold].filter { $0.label == "fold.round" }
      let value = manifest.fields.first { $0.label == "mask.value" }?.offset ?? 0
      return (forged, proof, value, rounds.reduce(manifest.challenges[fold].element) { $0 * $1.element })
    }
    let (forged, proof, offset, factor) = forge(.zero)
    #expect(forged.error(.none, proof) == .openingMismatch)
    #expect(forged.honestChallengesError == .openingMismatch)
    let value = proof.element(at: offset)
    let error = forged.excess * factor
    #expect(error != .zero)
    var late = proof
    late.setElement(value - error, at: offset)
    #expect(forged.error(.none, late) == nil)

    let weight = forge(.one).proof.element(at: offset) - value
    late = forge(error * weight.inverseOrZero()).proof
    #expect(forged.error(.none, late) == .openingMismatch)
    late.setElement(value, at: offset)
    #expect(forged.error(.none, late) == nil)
  }
}

extension HidingForgeryTests {
  @Test("row 2: a false claim is accepted with a sum of the rounds' masks that is sent after ξ") func lateLevelMask() {
    let forged = ForgedProof(liar)
    var proof = forged.proof()
    let manifest = ProofManifest(proven.plan, proof, Sponge(deafAt: Sample.coins))
    let offset = manifest.fields.first { $0.label == "level.mask" }?.offset ?? 0
    let combine = manifest.challenges.first { $0.label == "combine" }?.element ?? .zero
    let positions = manifest.challenges.filter { $0.label == "positions" }.prefix(2).map(\.words.count)
    let symbolCount = positions[0] + positions[1] * (1 + proven.plan.commitments[1].padRowCount)
    let power = combine.power(UInt64(symbolCount + 1))
    #expect(forged.error(.none, proof) == .openingMismatch)
    proof.setElement(proof.element(at: offset) - forged.excess * power.inverseOrZero(), at: offset)
    #expect(forged.error(.none, proof) == nil)
  }

  /// A prover of Σ v·w + Σ w·x, all of it known before the first challenge: the value of the first sum is too large by
  /// one, half of that in the first round and a quarter in the second, and in the product of the operands.
  private func constantLiar(isBalanced: Bool) -> MaliciousProver {
    var b = CircuitBuilder("product of weights", axes: [4])
    let (x, v, w) = (b.input([1], 0...3), b.weight([1]), b.weight([1]))
    b.output(b.contraction([], [b.term(1, v, w), b.term(1, w, x)]))
    var prover = MaliciousProver(ProvenNetwork(SmallNetwork(b, batches: [1]), batch: 1, mode: .hiding))
    let half = SecureField(BaseField(2 as Int64).inverseOrZero())
    let (product, spare) = (prover.products[0], prover.products[1])
    prover.statement.outputs[0][0] += 1
    prover.additions = [0: .one, 2: half, 4: half * half]
    prover.changePads = { pads in
      pads[product.product] += half * half
      if isBalanced { pads[spare.product] -= half * half }
    }
    return prover
  }

  /// The proof for a verifier without η.
  private func error(withoutPoint prover: MaliciousProver) -> VerificationError? {
    let plan = prover.plan
    var transcript = ProverTranscript()
    let committed = prover.commit()
    let claims = prover.reduce(&transcript, committed)
    _ = transcript.mergeClaims(plan, claims, committed.commitments, threads: 1)
    guard let layout = plan.pads, let masks = committed.masks else { return nil }
    transcript.dischargeWithoutPoint(layout, masks)
    var verifier = VerifierTranscript(.hiding, proof: transcript.proof)
    do throws(VerificationError) {
      _ = try verifier.receiveRoots(plan, prover.core, prover.statement, coins: nil)
      let claim = try verifier.reduce(plan, prover.statement, .noPoint).claim
      _ = transcript.sponge.challenge("constraints")
      transcript.openAll(plan, committed.commitments, claim, random: masks.random)
      try plan.verify(.noPoint, prover.core, prover.statement, transcript.proof, coins: nil)
      return nil
    } catch { return error }
  }

  @Test("row 3: without η two false products of pads cancel, and a false output is accepted") func noPoint() throws {
    #expect(error(withoutPoint: MaliciousProver(proven)) == nil)
    #expect(error(withoutPoint: constantLiar(isBalanced: false)) == .openingMismatch)
    let liar = constantLiar(isBalanced: true)
    #expect(error(withoutPoint: liar) == nil)
    let forged = ForgedProof(liar)
    #expect(forged.honestChallengesError == .openingMismatch)
    expectOnly(forged.constraintCount - 1, forged)
  }
}

extension ProofManifest.Challenge {
  fileprivate var element: SecureField {
    SecureField(c0: BaseField(reducing: words[0]), c1: BaseField(reducing: words[1]))
  }
}
