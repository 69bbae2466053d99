import Field

extension Value {
  /// Goes over from h(0) + h(1) to h(x), of the coefficients c0, c2, …, cD of h: (h(0) + h(1))·x + c0·(1 − 2x) + Σ c_d·(x^d − x).
  package mutating func fold(_ sent: [Value], at x: SecureField) {
    multiply(by: x)
    var power = SecureField.one
    for (index, coefficient) in sent.enumerated() {
      add(coefficient, times: index == 0 ? .one - x - x : power - x)
      power = index == 0 ? x.squared() : power * x
    }
  }
}

extension VerifierTranscript {
  /// One round: reduces "h(0) + h(1) = claim" to h at a fresh challenge, which is returned.
  ///
  /// ## Soundness
  /// Error at most degree/|K|. docs/protocol.md §12.
  package mutating func reduceRound(
    _ label: String, _ claim: inout Value, degree: Int
  ) throws(VerificationError) -> SecureField {
    let sent = try receive(label, degree)
    let challenge = sponge.challenge(label)
    claim.fold(sent, at: challenge)
    return challenge
  }

  /// Rounds for the sum of all claims, times their gammas; a claim of k variables is about the last k, and joins when no
  /// more are left.
  ///
  /// - Returns: the point, and what the claims' functions there must sum to.
  /// - Throws: `.malformed`.
  ///
  /// ## Soundness
  /// Error at most roundCount·degree/|K|. docs/protocol.md §7, §8.
  package mutating func reduceBatch(
    _ label: String, _ claims: [(variableCount: Int, value: Value)], _ gammas: [SecureField], roundCount: Int, degree: Int
  ) throws(VerificationError) -> (point: [SecureField], value: Value) {
    var (running, point) = (Value.zero, [SecureField]())
    for remaining in (0...roundCount).reversed() {
      for (claim, gamma) in zip(claims, gammas) where claim.variableCount == remaining { running.add(claim.value, times: gamma) }
      if remaining > 0 { point.append(try reduceRound(label, &running, degree: degree)) }
    }
    return (point, running)
  }
}
