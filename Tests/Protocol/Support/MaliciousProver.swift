import Circuit
import Field
import Prover
import TestSupport
import Verifier

/// The steps of an honest prover, with every input of every step open to change.
struct MaliciousProver {
  /// What the verifier will compute.
  let plan: Plan
  let core: WeightCommitment
  var model: Commitment?
  var statement: Statement
  /// What lookups and contractions claim.
  var witness: Witness
  /// What contractions claim, when it differs.
  var contractionWitness: Witness?
  /// The plan whose lookups and contractions are proved, when it is another circuit's.
  var provenPlan: Plan?
  /// Applied to the rows before they are committed.
  var changeRows: (inout [BaseField]) -> Void = { _ in }
  /// Applied to the commitment, symbols and tree included.
  var changeCommitment: (Commitment) -> Commitment = { $0 }

  /// What the masks are drawn from.
  var secrets: any SecretSource
  /// Applied to Y before it is committed and used.
  var changePads: (inout [SecureField]) -> Void = { _ in }
  /// Added to what a hiding proof sends in steps 2 to 5, by element.
  var additions: [Int: SecureField] = [:]

  /// What challenges are drawn from instead of the messages.
  var coins: Digest?

  /// Recomputes multiplicities, virtual columns and the statement's outputs from the other columns.
  mutating func recompute() {
    for contraction in plan.circuit.contractions {
      witness.columns[contraction.output] = contraction.evaluate(
        plan.circuit, batch: plan.batch, witness.columns)
    }
    witness.countMultiplicities(plan.circuit, batch: plan.batch)
    statement.outputs = witness.outputs(plan.circuit)
  }

  /// Shows other classes, as well as it can be done: all that follows from them is computed as an honest prover does.
  mutating func show(_ classes: [Int64]) {
    let circuit = plan.circuit
    guard let port = circuit.outputs.first(where: { $0.below != nil }), let below = port.below else { return }
    let size = circuit.shape(ofColumn: port.column, batch: plan.batch).last ?? 1
    witness.columns[port.column] = classes.flatMap { index in (0..<Int64(size)).map { $0 == index ? 1 : 0 } }
    witness.columns[below] = classes.flatMap { index in (0..<Int64(size)).map { $0 < index ? 1 : 0 } }
    for contraction in circuit.contractions where contraction.output > below {
      witness.columns[contraction.output] = contraction.evaluate(circuit, batch: plan.batch, witness.columns)
    }
    for form in circuit.lookups.map({ $0.forms[0] }) where form.shift > 0 && form.parts[0].column > below {
      let half = Int64(1) << Int64(form.shift - 1)
      var rests = witness.columns[form.parts[0].column].map { ($0 + form.constant + half) & (2 * half - 1) - half }
      for (position, limb) in form.parts.enumerated().dropFirst() {
        let (column, isLast) = (circuit.columns[limb.column], position == form.parts.count - 1)
        let bits = Int64(bitCountOfAxis(Int(column.upper - column.lower) + 1))
        witness.columns[limb.column] = rests.map { isLast ? $0 : $0 & (1 << bits - 1) }
        rests = rests.map { $0 >> bits }
      }
    }
    witness.countMultiplicities(circuit, batch: plan.batch)
    statement.outputs = witness.outputs(circuit)
  }

  func commit() -> Committed {
    let committed = model.map { [$0] } ?? []
    guard plan.openings.hasWitness else { return Committed(commitments: committed, masks: nil) }
    let own = plan.commitments[committed.count]
    let columns = plan.circuit.columns(of: .advice).map { witness.columns[$0] } + witness.multiplicities
    var rows = own.layout.rows(of: columns)
    changeRows(&rows)
    var masks = plan.pads.map { ProofMasks(plan, $0, plan.padLedger(), random: secrets) }
    if var changed = masks?.pads {
      changePads(&changed)
      masks?.pads = changed
    }
    let commitment =
      masks?.commit(PackedRows(rows, width: 1 << own.code.variableCount), own.code, threads: 1) ?? Commitment(rows: rows, code: own.code, threads: 1)
    return Committed(commitments: committed + [changeCommitment(commitment)], masks: masks)
  }

  /// The transcript up to the merge, and the claims that it has to prove.
  func reduce(_ transcript: inout ProverTranscript, _ committed: Committed, _ flaw: Flaw = .none) -> [Claim] {
    transcript.sponge = plan.sponge(coins, core, statement)
    if plan.openings.hasWitness { transcript.sendBytes("witness", committed.commitments.last?.root.bytes ?? []) }
    transcript.pads = committed.masks.map { masks in
      SentPads(masks.sentPads.elements.enumerated().map { $0.element + additions[$0.offset, default: .zero] })
    }
    var claims: [Claim] = []
    let proven = provenPlan ?? plan
    let virtuals = flaw.changed(transcript.reduceLookups(proven, witness, &claims, threads: 1), proven.circuit)
    transcript.reduceContractions(
      proven, statement, contractionWitness ?? witness, virtuals, &claims, threads: 1)
    if flaw != .noPaddingClaims { claims += plan.paddingClaims(&transcript.sponge) }
    return claims
  }

  /// From the end of the merge on, for a verifier with this flaw.
  func finish(
    _ transcript: inout ProverTranscript, _ committed: Committed, _ opening: OpeningClaim, _ flaw: Flaw = .none
  ) {
    var opening = opening
    if let layout = plan.pads, let masks = committed.masks {
      transcript.dischargeProducts(layout, masks)
      opening = plan.discharged(flaw, core, statement, transcript.proof, coins: coins)
      _ = transcript.sponge.challenge("constraints")
    }
    transcript.openAll(plan, committed.commitments, opening, random: committed.masks?.random)
  }

  func prove(_ flaw: Flaw = .none) -> [UInt8] {
    var transcript = ProverTranscript()
    let committed = commit()
    let claims = reduce(&transcript, committed, flaw)
    let opening = transcript.mergeClaims(plan, claims, committed.commitments, threads: 1)
    finish(&transcript, committed, opening, flaw)
    return transcript.proof
  }
}

/// What was committed to, and what it hides with.
struct Committed {
  let commitments: [Commitment]
  let masks: ProofMasks?
}

extension MaliciousProver {
  init(_ proven: ProvenNetwork, core: WeightCommitment? = nil) {
    plan = proven.plan
    self.core = core ?? proven.core
    model = proven.key.commitment
    statement = proven.statement
    witness = proven.witness
    secrets = proven.secrets
  }
}

extension ProvenNetwork {
  /// Nil when the prover's proof is accepted.
  func error(of prover: MaliciousProver) -> VerificationError? { error(prover.prove(), prover.statement) }

  /// The error of a proof for a changed witness and all that follows from it.
  func error(changing change: (inout Witness) -> Void) -> VerificationError? {
    var prover = MaliciousProver(self)
    change(&prover.witness)
    prover.recompute()
    return error(of: prover)
  }
}

extension Placement {
  /// Every index below the true sizes, row-major.
  var trueIndices: [[Int]] {
    shape.reduce([[]]) { indices, size in indices.flatMap { index in (0..<size).map { index + [$0] } } }
  }

  /// Where an entry stands: its row, and its offset in the row; also for an index in the padding.
  func position(_ index: [Int]) -> (row: Int, offset: Int) {
    var (row, inRow) = (0, 0)
    for axis in shape.indices {
      if axis < splitAxis {
        row = row * shape[axis] + index[axis]
      } else if axis == splitAxis {
        row = row * leadingExtent + index[axis] >> splitBits
        inRow = index[axis] & (1 << splitBits - 1)
      } else {
        inRow = inRow << bits[axis] + index[axis]
      }
    }
    return (firstRow + row, offset + inRow)
  }
}
