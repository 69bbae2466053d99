import Circuit

/// Why a proof or a key is not accepted.
public enum VerificationError: Error, Equatable, Sendable {
  /// The bytes end early, go on too long, or hold a value that is not canonical.
  case malformed
  /// The format version or the mode is not known here.
  case unsupportedVersion
  /// A rule of docs/protocol.md §3.3 does not hold for the part with this index.
  case invalidCircuit(rule: Int, index: Int)
  /// The proof was made for another key or model.
  case otherKey
  /// A hiding proof for a key that hides nothing.
  case modeMismatch
  /// The batch, an integer or the context of the statement is outside its bounds.
  case statementOutOfRange
  /// The sum of docs/protocol.md §12 is above 2^−100.
  case insufficientSoundness
  /// The bound of docs/protocol.md §5 on a verifier's work is above its cap.
  case tooMuchWork
  /// The fractions of lookups and tables do not sum to the same.
  case lookupSumMismatch
  case layerMismatch(layer: Int)
  case leafMismatch
  /// The terms of a virtual column do not sum to its claimed value.
  case termMismatch(claim: Int)
  case contractionMismatch
  case grindingMismatch
  case merkleMismatch
  case openingMismatch
}
