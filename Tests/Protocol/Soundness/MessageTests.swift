import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Forged messages rather than forged witnesses.
@Suite struct MessageTests {

  /// The error of a proof with other roots of the trees: the old bytes, or in the hiding mode the rest proved anew.
  private func error(
    _ proven: ProvenNetwork, changingRoots change: ([SecureField]) -> [SecureField]
  ) -> VerificationError? {
    let offsets = proven.manifest.fields.filter { $0.label == "roots" }.map(\.offset)
    let sent = offsets.map { proven.proof.bytes.element(at: $0) }
    switch proven.mode {
    case .transparent:
      var copy = proven.proof.bytes
      for (offset, root) in zip(offsets, change(sent)) { copy.setElement(root, at: offset) }
      return proven.error(copy)
    case .hiding:
      var prover = MaliciousProver(proven)
      let pads = prover.commit().masks?.sentPads.elements ?? []
      let roots = zip(sent, pads).map { $0 - $1 }
      for (index, root) in change(roots).enumerated() { prover.additions[index] = root - roots[index] }
      return proven.error(of: prover)
    }
  }

  @Test("row 10: fractions with denominator zero, or whose cross products agree by being zero, are rejected",
    arguments: ProofMode.both)
  func zeroDenominators(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    func forged(_ change: ([SecureField]) -> [SecureField]) -> VerificationError? {
      error(proven, changingRoots: change)
    }
    #expect(forged { $0 } == nil)
    #expect(forged { _ in [.zero, .zero, .zero, .zero] } == mode.found(.lookupSumMismatch))
    #expect(forged { [.zero, .zero, $0[2], $0[3]] } == mode.found(.lookupSumMismatch))
    #expect(forged { [$0[0], $0[1], .zero, .zero] } == mode.found(.lookupSumMismatch))
    #expect(forged { [$0[0], .zero, $0[2], .zero] } == mode.found(.lookupSumMismatch))
    #expect(forged { [.zero, $0[1], .zero, $0[3]] } == mode.found(.layerMismatch(layer: 0)))
    // Equal fractions, but not those of the trees.
    let factor = SecureField(c0: .one, c1: .one)
    #expect(forged { [$0[0] * factor, $0[1] * factor, $0[2], $0[3]] } == mode.found(.layerMismatch(layer: 0)))
    #expect(forged { [$0[2], $0[3], $0[0], $0[1]] } == mode.found(.layerMismatch(layer: 0)))
  }

  @Test(
    "row 2: a coherent change of a round message fits the recorded challenge, and fails because that one changes",
    arguments: ["contraction.round", "merge.round", "fold.round", "quadratic.round"], ProofMode.both)
  func frozenChallenges(label: String, mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    let manifest = proven.manifest
    let bytes = proven.proof.bytes
    let starts = manifest.fields.filter { $0.label == label }.map(\.offset)
    let degrees = ["contraction.round": proven.plan.reductions.instances.contractionDegree, "quadratic.round": 3]
    var count = 0
    for challenge in manifest.challenges where challenge.label == label {
      let message = starts.filter { $0 < challenge.offset && challenge.offset - $0 <= 64 }
      let degree = degrees[label] ?? 2
      let own = Array(message.suffix(degree))
      guard own.count == degree else { continue }
      let rho = SecureField(c0: BaseField(reducing: challenge.words[0]), c1: BaseField(reducing: challenge.words[1]))
      let sent = own.map { bytes.element(at: $0) }
      // c0 + (e − 2·c0 − c2 − …)·ρ + c2·ρ² + … stays the same.
      var changed = sent
      changed[0] += .one
      changed[1] += (rho + rho - .one) * (rho.squared() - rho).inverseOrZero()
      for claim in [SecureField.zero, .one, rho] {
        let values = [sent, changed].map { message -> Value in
          var value = Value(claim)
          value.fold(message.map { Value($0) }, at: rho)
          return value
        }
        #expect(values[0] == values[1], "a verifier with the recorded challenge would go on as before")
      }
      var copy = bytes
      for (offset, element) in zip(own, changed) { copy.setElement(element, at: offset) }
      #expect(proven.error(copy) != nil)
      count += 1
    }
    #expect(count > 0 || (label == "quadratic.round" && mode == .transparent))
  }

  @Test("rows 15, 19: a committed row of too high a degree fails in the opening",
    arguments: [0, 1, 7], ProofMode.both)
  func highDegree(extra: Int, mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    var prover = MaliciousProver(proven)
    prover.changeCommitment = { commitment in
      let code = commitment.code
      var symbols = commitment.symbols
      for position in 0..<1 << code.domainBits {
        for z in code.points(at: [position]) { symbols[position] += z.power(UInt64(code.vectorCount + extra)) }
      }
      return commitment.with(symbols: symbols)
    }
    #expect(proven.error(of: prover) == .openingMismatch)
  }

  @Test("row 15: symbols other than those of the committed rows fail in the opening", arguments: ProofMode.both)
  func wrongSymbols(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    func error(_ change: @escaping (inout [BaseField], Code) -> Void) -> VerificationError? {
      var prover = MaliciousProver(proven)
      prover.changeCommitment = { commitment in
        var symbols = commitment.symbols
        change(&symbols, commitment.code)
        return commitment.with(symbols: symbols)
      }
      return proven.error(of: prover)
    }
    #expect(error { _, _ in } == nil)
    // Half of the positions, or the natural order instead of the permuted one.
    #expect(error { symbols, code in for i in 0..<1 << (code.domainBits - 1) { symbols[i] += .one } } == .openingMismatch)
    #expect(
      error { symbols, code in
        let (original, bits) = (symbols, code.domainBits)
        for i in 0..<1 << bits {
          let reversed = (0..<bits).reduce(0) { $0 | (i >> $1 & 1) << (bits - 1 - $1) }
          symbols[i] = original[reversed]
        }
      } == .openingMismatch)
  }

  @Test("row 4: messages in another order are rejected", arguments: ProofMode.both)
  func reordered(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    let manifest = proven.manifest
    let labels = ["terms", "operands", "lookup.values", "merge.round", "layer.ends", "final"]
    for label in labels + ["inverse", "quadratic.round", "quadratic.ends"] {
      let offsets = manifest.fields.filter { $0.label == label }.map(\.offset)
      for index in offsets.indices.dropLast().prefix(12) {
        var copy = proven.proof.bytes
        let (a, b) = (copy.element(at: offsets[index]), copy.element(at: offsets[index + 1]))
        guard a != b else { continue }
        copy.setElement(b, at: offsets[index])
        copy.setElement(a, at: offsets[index + 1])
        #expect(proven.error(copy) != nil, "\(label) \(index)")
      }
    }
  }

  /// The check that notices a changed message of each kind.
  private static let errors: [(String, @Sendable (VerificationError) -> Bool)] = [
    ("witness", { if case .layerMismatch = $0 { true } else { false } }), ("roots", { $0 == .lookupSumMismatch }),
    ("layer.round", { if case .layerMismatch = $0 { true } else { false } }),
    ("layer.ends", { if case .layerMismatch = $0 { true } else { false } }),
    ("lookup.values", { $0 == .leafMismatch }),
    ("terms", { if case .termMismatch = $0 { true } else { false } }),
    ("contraction.round", { $0 == .contractionMismatch }), ("operands", { $0 == .contractionMismatch }),
    ("merge.round", { $0 == .grindingMismatch }), ("final", { $0 == .grindingMismatch }),
    ("grind", { $0 == .grindingMismatch }), ("leaves", { $0 == .merkleMismatch }), ("paths", { $0 == .merkleMismatch }),
    ("fold.round", { $0 == .openingMismatch }),
  ]

  @Test("rows 2, 5: each kind of message is noticed by the check that it belongs to") func errorsByMessage() {
    let proven = ProvenNetwork.small(.transparent)
    let fields = proven.manifest.fields
    for (label, isExpected) in Self.errors {
      for field in fields.filter({ $0.label == label }).prefix(20) {
        let error = proven.error(proven.proof.bytes.incremented(at: field.offset))
        #expect(error.map(isExpected) ?? false, "\(label) at \(field.offset): \(String(describing: error))")
      }
    }
  }

  @Test("row 18: every level has a nonce, the first that solves the puzzle, and no other is accepted", arguments: ProofMode.both)
  func nonces(mode: ProofMode) {
    for proven in ProvenNetwork.proven(mode) {
      let offsets = proven.manifest.fields.filter { $0.label == "grind" }.map(\.offset)
      #expect(offsets.count == proven.plan.levels.count)
      for offset in offsets {
        func error(_ nonce: UInt64) -> VerificationError? {
          var copy = proven.proof.bytes
          copy.setWord(nonce, at: offset)
          return proven.error(copy)
        }
        let sent = proven.proof.bytes.word(at: offset)
        for nonce in Set([0, sent / 2, sent &- 1]) where nonce < sent { #expect(error(nonce) == .grindingMismatch) }
        #expect(error(.max) == .grindingMismatch)
      }
    }
  }
}
