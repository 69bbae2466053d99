import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Forged messages rather than forged witnesses.
@Suite struct MessageTests {
  private let proven = ProvenNetwork.small

  @Test("row 10: fractions with denominator zero, or whose cross products agree by being zero, are rejected")
  func zeroDenominators() throws {
    let roots = proven.manifest.fields.filter { $0.label == "roots" }.map(\.offset)
    func forged(_ change: (inout [UInt8]) -> Void) -> VerificationError? {
      var copy = proven.proof.bytes
      change(&copy)
      return proven.error(copy)
    }
    #expect(forged { for root in roots { $0.setElement(.zero, at: root) } } == .lookupSumMismatch)
    #expect(forged { for root in roots[..<2] { $0.setElement(.zero, at: root) } } == .lookupSumMismatch)
    #expect(forged { for root in roots[2...] { $0.setElement(.zero, at: root) } } == .lookupSumMismatch)
    #expect(forged { $0.setElement(.zero, at: roots[1]); $0.setElement(.zero, at: roots[3]) } == .lookupSumMismatch)
    #expect(forged { $0.setElement(.zero, at: roots[0]); $0.setElement(.zero, at: roots[2]) } != nil)
    // Equal fractions, but not those of the trees.
    let scaled = forged { bytes in
      for root in roots[..<2] { bytes.setElement(bytes.element(at: root) * SecureField(c0: .one, c1: .one), at: root) }
    }
    #expect(scaled == .layerMismatch(layer: 0))
    let swapped = forged { bytes in
      for index in 0..<2 {
        let (a, b) = (bytes.element(at: roots[index]), bytes.element(at: roots[index + 2]))
        bytes.setElement(b, at: roots[index])
        bytes.setElement(a, at: roots[index + 2])
      }
    }
    #expect(swapped == .layerMismatch(layer: 0))
  }

  @Test(
    "row 2: a coherent change of a round message fits the recorded challenge, and fails because that one changes",
    arguments: ["contraction.round", "merge.round", "fold.round"])
  func frozenChallenges(label: String) {
    let manifest = proven.manifest
    let bytes = proven.proof.bytes
    let starts = manifest.fields.filter { $0.label == label }.map(\.offset)
    var count = 0
    for challenge in manifest.challenges where challenge.label == label {
      let message = starts.filter { $0 < challenge.offset && challenge.offset - $0 <= 64 }
      let degree = label == "contraction.round" ? proven.plan.instanceShapes.reduce(2) { max($0, $1.degree) } : 2
      let own = Array(message.suffix(degree))
      guard own.count == degree else { continue }
      let rho = SecureField(c0: BaseField(reducing: challenge.words[0]), c1: BaseField(reducing: challenge.words[1]))
      let sent = own.map { bytes.element(at: $0) }
      // c0 + (e − 2·c0 − c2 − …)·ρ + c2·ρ² + … stays the same.
      var changed = sent
      changed[0] += .one
      changed[1] += (rho + rho - .one) * (rho.squared() - rho).inverseOrZero()
      for claim in [SecureField.zero, .one, rho] {
        let values = [sent, changed].map { message in
          RoundPolynomial.evaluate(
            RoundPolynomial.coefficients(message.map { Value($0) }, claim: Value(claim)), at: rho)
        }
        #expect(values[0] == values[1], "a verifier with the recorded challenge would go on as before")
      }
      var copy = bytes
      for (offset, element) in zip(own, changed) { copy.setElement(element, at: offset) }
      #expect(proven.error(copy) != nil)
      count += 1
    }
    #expect(count > 0)
  }

  @Test("rows 15, 19: a committed row of degree 2^m or more fails in the opening", arguments: [0, 1, 7])
  func highDegree(extra: Int) {
    var prover = MaliciousProver(proven)
    prover.changeCommitment = { commitment in
      let code = commitment.code
      var symbols = commitment.symbols
      for position in 0..<1 << code.domainBits {
        for z in code.points(at: [position]) { symbols[position] += z.power(UInt64(1 << code.variableCount + extra)) }
      }
      let tree = MerkleTree(symbols: symbols, salts: [], depth: code.domainBits, threads: 1)
      return Commitment(
        code: code, rows: commitment.rows, tails: [], salts: [], symbols: symbols, tree: tree)
    }
    #expect(proven.error(prover.prove(), prover.statement) == .openingMismatch)
  }

  @Test("row 15: symbols other than those of the committed rows fail in the opening") func wrongSymbols() {
    func error(_ change: @escaping (inout [BaseField], Code) -> Void) -> VerificationError? {
      var prover = MaliciousProver(proven)
      prover.changeCommitment = { commitment in
        var symbols = commitment.symbols
        change(&symbols, commitment.code)
        let tree = MerkleTree(symbols: symbols, salts: [], depth: commitment.code.domainBits, threads: 1)
        return Commitment(
          code: commitment.code, rows: commitment.rows, tails: [], salts: [], symbols: symbols, tree: tree)
      }
      return proven.error(prover.prove(), prover.statement)
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

  @Test("row 4: messages in another order are rejected") func reordered() {
    let manifest = proven.manifest
    for label in ["terms", "operands", "lookup.values", "merge.round", "layer.ends", "final"] {
      let offsets = manifest.fields.filter { $0.label == label }.map(\.offset)
      for index in 0..<min(offsets.count - 1, 12) {
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
    ("merge.round", { $0 == .merkleMismatch || $0 == .openingMismatch || $0 == .malformed }),
    ("final", { $0 == .merkleMismatch || $0 == .openingMismatch || $0 == .malformed }),
    ("leaves", { $0 == .merkleMismatch }), ("paths", { $0 == .merkleMismatch }),
    ("fold.round", { $0 == .openingMismatch }),
  ]

  @Test("rows 2, 5: each kind of message is noticed by the check that it belongs to") func errorsByMessage() {
    let fields = proven.manifest.fields
    for (label, isExpected) in Self.errors {
      for field in fields.filter({ $0.label == label }).prefix(20) {
        let error = proven.error(proven.proof.bytes.incremented(at: field.offset))
        #expect(error.map(isExpected) ?? false, "\(label) at \(field.offset): \(String(describing: error))")
      }
    }
  }
}
