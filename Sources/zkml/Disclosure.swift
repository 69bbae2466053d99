import Circuit
import Prover
import Verifier

extension ProofMode {
  /// As `prove` and `setup` name it.
  var name: String {
    switch self {
    case .transparent: "transparent"
    case .hiding: "hiding"
    }
  }

  /// What is public beside a statement, in any mode.
  static let publicParts = ["architecture", "shifts", "tables", "scales", "time", "proof length"]

  /// - Parameter isGivenUp: Whether the weights may be known from elsewhere, and values between with them.
  func hiddenParts(isGivenUp: Bool) -> [String] {
    switch self {
    case .transparent: []
    case .hiding: isGivenUp ? [] : ["weights", "all values between input and output"]
    }
  }

  /// What others learn, in a line.
  func notice(isGivenUp: Bool) -> String {
    switch self {
    case .transparent: "transparent: input and output are public, and nothing is provably hidden, not even the weights"
    case .hiding where isGivenUp: "hiding, but not the weights: \(LedgerSection.givenUp); an input that is not shown stays secret"
    case .hiding:
      "hiding: the weights and all values between input and output stay secret; public are inputs that are shown, output, "
        + Self.publicParts.joined(separator: ", ")
    }
  }

  /// The lines of `verify` about a statement with these inputs.
  func lines(shown: String?, hidden: String?, isGivenUp: Bool) -> [String] {
    let parts = (hidden.map { [$0] } ?? []) + hiddenParts(isGivenUp: isGivenUp)
    let hidden = parts.isEmpty ? "nothing provably, not even the weights" : parts.joined(separator: ", ")
    return [
      "mode     \(name)", "public   \(shown.map { $0 + ", " } ?? "")all outputs", "         \(Self.publicParts.joined(separator: ", "))",
      "hidden   \(hidden)",
    ] + (self == .hiding && isGivenUp ? ["         not the weights: \(LedgerSection.givenUp)"] : [])
  }
}

extension WeightCommitment {
  /// What its proofs hide.
  var disclosure: String { proofCount > 0 ? "hides the weights in \(proofs(proofCount))" : "hides nothing" }

  /// Refuses a key that cannot hide.
  func require(_ mode: ProofMode, _ path: String) throws {
    guard mode == .hiding, self.mode == .transparent else { return }
    throw Failure.unusable("\(path): this key hides nothing: make one with zkml setup, or add --transparent")
  }
}
