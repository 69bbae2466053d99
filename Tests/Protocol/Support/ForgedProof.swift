import Circuit
import Field
import Prover
import Verifier

/// A lying prover's messages under challenges that do not depend on them, so that they can be changed one by one.
struct ForgedProof {
  let prover: MaliciousProver
  private(set) var committed: Committed
  /// Up to the opening.
  private(set) var messages: [UInt8]
  private let fields: [ProofManifest.Field]

  private var plan: Plan { prover.plan }
  private var pads: [SecureField] { committed.masks?.pads ?? [] }

  init(_ prover: MaliciousProver) {
    self.prover = prover
    committed = prover.commit()
    var transcript = ProverTranscript()
    prover.sendMessages(&transcript, committed)
    messages = transcript.proof
    fields = ProofManifest(prover.plan, messages, Sponge(deafAt: Sample.coins)).fields
  }

  private func offset(_ label: String, _ index: Int) -> Int {
    fields.filter { $0.label == label }[index].offset
  }

  func sent(_ label: String, _ index: Int = 0) -> SecureField { messages.element(at: offset(label, index)) }

  /// Adds to an element of a message.
  mutating func add(_ delta: SecureField, to label: String, _ index: Int = 0) {
    messages.setElement(sent(label, index) + delta, at: offset(label, index))
  }

  /// Sends the same with other pads and masks in the witness.
  mutating func recommit(changingPads change: @escaping (inout [SecureField]) -> Void) {
    var other = prover
    other.changePads = { [own = prover.changePads] in own(&$0); change(&$0) }
    committed = other.commit()
    messages.replaceSubrange(0..<Digest.byteCount, with: committed.commitments.last?.root.bytes ?? [])
  }

  private func reduced<Result>(
    _ reduce: (inout VerifierTranscript) throws(VerificationError) -> Result
  ) -> Result {
    var transcript = VerifierTranscript(.hiding, proof: messages)
    do throws(VerificationError) {
      _ = try transcript.receiveRoots(plan, prover.core, prover.statement, coins: Sample.coins)
      return try reduce(&transcript)
    } catch { preconditionFailure("a verifier reads what was sent: \(error)") }
  }

  /// The claim that is left for the opening: with `none` that of the product's verifier.
  func claim(_ flaw: HidingFlaw) -> OpeningClaim {
    reduced { transcript throws(VerificationError) in
      flaw == .none
        ? try transcript.reduce(plan, prover.statement) : try transcript.reduce(plan, prover.statement, flaw).claim
    }
  }

  private var constraints: [Value] {
    reduced { transcript throws(VerificationError) in
      try transcript.reduce(plan, prover.statement, .none).constraints
    }
  }

  /// What each linear constraint says of Y instead of zero.
  var residuals: [SecureField] {
    constraints.map { constraint in
      constraint.pads.reduce(constraint.constant) { $0 + $1.coefficient * pads[$1.pad] }
    }
  }

  /// How many linear constraints there are.
  var constraintCount: Int { constraints.count }

  /// The linear constraints that do not hold, by number.
  var violated: [Int] { residuals.enumerated().filter { $0.element != .zero }.map(\.offset) }

  /// What makes a constraint hold by `change`, which it depends on linearly.
  private func step(_ constraint: Int, _ change: (inout ForgedProof) -> Void) -> SecureField {
    var changed = self
    change(&changed)
    let (before, after) = (residuals[constraint], changed.residuals[constraint])
    return -before * (after - before).inverseOrZero()
  }

  /// Makes a constraint hold by an element of a message.
  mutating func satisfy(_ constraint: Int, by label: String, _ index: Int = 0) {
    add(step(constraint) { $0.add(.one, to: label, index) }, to: label, index)
  }

  /// Makes a constraint hold by an element of Y, after all messages.
  mutating func satisfy(_ constraint: Int, byPad pad: Int) {
    let delta = step(constraint) { $0.recommit { $0[pad] += .one } }
    recommit { $0[pad] += delta }
  }

  /// By how much the claim that is left for the opening is wrong.
  var excess: SecureField {
    let claim = claim(.none)
    var truth = zip(claim.padWeights, pads).reduce(SecureField.zero) { $0 + $1.0 * $1.1 }
    for (index, part) in claim.parts.enumerated() {
      let rows = Multilinear.equalityTable(part.row).prefix(plan.commitments[index].layout.rowCount)
      for (row, weight) in rows.enumerated() {
        let value = Multilinear.evaluate(Array(committed.commitments[index].row(row)), at: part.inRow)
        truth += part.coefficient * weight * value
      }
    }
    return claim.value.constant - truth
  }

  /// The whole proof, opened for a verifier with this flaw.
  func proof(_ flaw: HidingFlaw = .none) -> [UInt8] {
    var unchanged = ProverTranscript()
    var transcript = ProverTranscript()
    prover.sendMessages(&unchanged, committed)
    swap(&unchanged.sponge, &transcript.sponge)
    transcript.hint(messages, label: "messages")
    _ = transcript.sponge.challenge("constraints")
    transcript.openAll(plan, committed.commitments, claim(flaw), random: committed.masks?.random)
    return transcript.proof
  }

  func error(_ flaw: HidingFlaw = .none) -> VerificationError? { error(flaw, proof(flaw)) }

  /// Nil when a verifier with this flaw accepts other bytes; with `none` the product's.
  func error(_ flaw: HidingFlaw = .none, _ proof: [UInt8]) -> VerificationError? {
    do throws(VerificationError) {
      if flaw == .none {
        try plan.verify(prover.core, prover.statement, proof, coins: Sample.coins)
      } else {
        try plan.verify(flaw, prover.core, prover.statement, proof, coins: Sample.coins)
      }
      return nil
    } catch { return error }
  }

  /// What a verifier says of the same prover when challenges depend on its messages.
  var honestChallengesError: VerificationError? {
    var prover = prover
    prover.coins = nil
    do throws(VerificationError) {
      try plan.verify(.inference, prover.core, prover.statement, prover.prove())
      return nil
    } catch { return error }
  }
}

extension MaliciousProver {
  /// Steps 1 to 6 of a hiding proof, under the challenges of the sample.
  fileprivate func sendMessages(_ transcript: inout ProverTranscript, _ committed: Committed) {
    var prover = self
    prover.coins = Sample.coins
    let claims = prover.reduce(&transcript, committed)
    _ = transcript.mergeClaims(plan, claims, committed.commitments, threads: 1)
    if let layout = plan.pads, let masks = committed.masks { transcript.dischargeProducts(layout, masks) }
  }
}

extension MaliciousProver {
  /// The quadratic constraints on Y, the spare one last.
  var products: [PadProduct] {
    guard let masks = commit().masks, let layout = plan.pads else { return [] }
    return layout.quadratic(masks.ledger).products
  }
}
