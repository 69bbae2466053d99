import Field
import Verifier

/// Writes a proof; everything that is sent is absorbed, except hints. Cannot be copied.
package struct ProverTranscript: ~Copyable {
  package var sponge = Sponge()
  package private(set) var proof: [UInt8] = []
  /// Bytes by label, in the order of first use.
  package private(set) var parts: [(label: String, byteCount: Int)] = []
  /// Nil where nothing is padded.
  package var pads: SentPads?

  package init() {}

  private mutating func count(_ label: String, _ byteCount: Int) {
    if let index = parts.firstIndex(where: { $0.label == label }) {
      parts[index].byteCount += byteCount
    } else {
      parts.append((label, byteCount))
    }
  }

  package mutating func hint(_ bytes: [UInt8], label: String) {
    count(label, bytes.count)
    proof.append(contentsOf: bytes)
  }

  package mutating func sendBytes(_ label: String, _ bytes: [UInt8]) {
    hint(bytes, label: label)
    sponge.observe(label, bytes[...])
  }

  package mutating func send(_ label: String, _ elements: [SecureField]) {
    guard !elements.isEmpty else { return }
    guard let own = pads?.next(elements.count) else { return sendBytes(label, elements.flatMap(\.bytes)) }
    sendBytes(label, zip(elements, own).flatMap { ($0 + $1).bytes })
  }

  /// Sends the first nonce, counted from 0, that solves the puzzle.
  package mutating func grind(bits: Int, threads: Int) {
    guard bits > 0 else { return }
    sendBytes("grind", firstNonce(after: sponge.state, bits: bits, threads: threads).littleEndianBytes)
  }

  /// Sends a round's polynomial h, given h's coefficients other than the linear one; returns challenge and h there.
  package mutating func sendRound(
    _ label: String, claim: SecureField, _ coefficients: [SecureField]
  ) -> (claim: SecureField, challenge: SecureField) {
    send(label, coefficients)
    let challenge = sponge.challenge(label)
    var value = Value(claim)
    value.fold(coefficients.map { Value($0) }, at: challenge)
    return (value.constant, challenge)
  }

  /// Rounds for the sum of all claims; a claim of k variables is about the last k, and joins when no more are left.
  ///
  /// - Parameters:
  ///   - coefficients: Those of the next round's polynomial, for the number of variables left.
  ///   - bind: Binds the first of them to the last entry of the point.
  /// - Returns: the point, and what the claims' functions there sum to.
  package mutating func sendBatch(
    _ label: String, _ claims: [(variableCount: Int, value: SecureField)], roundCount: Int,
    coefficients: (_ remaining: Int) -> [SecureField], bind: (_ remaining: Int, _ point: [SecureField]) -> Void
  ) -> (point: [SecureField], value: SecureField) {
    var (running, point) = (SecureField.zero, [SecureField]())
    for remaining in (0...roundCount).reversed() {
      for claim in claims where claim.variableCount == remaining { running += claim.value }
      guard remaining > 0 else { break }
      let round = sendRound(label, claim: running, coefficients(remaining))
      running = round.claim
      point.append(round.challenge)
      bind(remaining, point)
    }
    return (point, running)
  }
}

extension UInt64 {
  package var littleEndianBytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(8 * $0)) }
  }
}

extension SecureField {
  package var bytes: [UInt8] { c0.value.littleEndianBytes + c1.value.littleEndianBytes }
}
