/// Why a key or a proof does not hold; the sections are those of docs/protocol.md.
package enum ReferenceRejection: Error, Equatable {
  /// A length, magic number, version or digest of a file is wrong (§11).
  case malformedFile
  /// The encoding of the circuit is not one (§3.1).
  case malformedCircuit
  /// A numbered rule of §3.3 does not hold.
  case invalidCircuit(rule: Int)
  /// The parameters in the key are not those of §4.3.
  case wrongParameters
  /// The proof names another key or model (§11).
  case otherKey
  /// A hiding proof for a key that hides nothing (§10).
  case notHidingKey
  /// Batch, visibility, context, inputs or outputs are not in their ranges (§5).
  case malformedStatement
  /// The proof bytes end too early (§2).
  case truncatedProof
  /// The proof bytes go on after the end (§2).
  case trailingBytes
  /// A field element is not smaller than p (§1).
  case nonCanonical
  /// The leading bits of the grinding digest are not zero (§2).
  case grinding
  /// The fractions at the roots of the two trees differ (§6 step 2); from here to `operands` in transparent proofs only.
  case fractionalSum
  /// The ends of a layer do not give its running value (§6 step 3).
  case layer
  /// The values of the columns do not give the leaves (§6 step 5).
  case leaves
  /// The terms of a contraction do not give its output (§7 step 2).
  case terms
  /// The operands do not give the final value of the contraction sumcheck (§7 step 4).
  case operands
  /// The openings do not lead to the committed root (§4.2).
  case merkle
  /// The vector in clear does not give the final value (§9).
  case opening
  /// The sum of §12 exceeds 2^−100.
  case soundness
  /// *work* of §5.3 exceeds 2^30, for a proof or for all of a key.
  case work
}
