import Field

/// The polynomial of a sumcheck round of degree D, without its linear coefficient: c0, c2, …, cD.
package enum RoundPolynomial {
  /// Recovers the linear coefficient from h(0) + h(1) = claim: all coefficients, lowest first.
  package static func coefficients(_ sent: [Value], claim: Value) -> [Value] {
    guard let constant = sent.first else { return [claim] }
    let linear = sent.reduce(claim - constant) { $0 - $1 }
    return [constant, linear] + sent.dropFirst()
  }

  package static func evaluate(_ coefficients: [Value], at x: SecureField) -> Value {
    coefficients.reversed().reduce(.zero) { $0 * x + $1 }
  }
}

extension VerifierTranscript {
  /// One round: reduces "h(0) + h(1) = claim" to h at a fresh challenge.
  ///
  /// ## Soundness
  /// Error at most degree/|K|. docs/protocol.md §12.
  package mutating func reduceRound(
    _ label: String, claim: Value, degree: Int
  ) throws(VerificationError) -> (claim: Value, challenge: SecureField) {
    let coefficients = RoundPolynomial.coefficients(try receive(label, degree), claim: claim)
    let challenge = sponge.challenge(label)
    return (RoundPolynomial.evaluate(coefficients, at: challenge), challenge)
  }
}
