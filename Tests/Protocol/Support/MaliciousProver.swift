import Circuit
import Field
import Prover
import TestSupport
import Verifier

/// The steps of an honest prover, with every input of every step open to change.
struct MaliciousProver {
  /// What the verifier will compute.
  let plan: Plan
  let core: KeyCore
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

  /// Recomputes multiplicities, virtual columns and the statement's outputs from the other columns.
  mutating func recompute() {
    for contraction in plan.circuit.contractions {
      witness.columns[contraction.output] = contraction.evaluate(
        plan.circuit, batch: plan.batch, witness.columns)
    }
    witness.countMultiplicities(plan.circuit, batch: plan.batch)
    statement.outputs = witness.outputs(plan.circuit)
  }

  func commit() -> [Commitment] {
    guard plan.hasWitness else { return model.map { [$0] } ?? [] }
    let index = plan.hasWeights ? 1 : 0
    let columns = plan.circuit.columns(of: .advice).map { witness.columns[$0] } + witness.multiplicities
    var rows = plan.commitments[index].layout.rows(of: columns)
    changeRows(&rows)
    let commitment = Commitment(rows: rows, code: plan.commitments[index].code, threads: 1)
    return (model.map { [$0] } ?? []) + [changeCommitment(commitment)]
  }

  /// The transcript up to the merge, and the claims that it has to prove.
  func reduce(
    _ transcript: inout ProverTranscript, _ commitments: [Commitment], withPadding: Bool = true
  ) -> [Claim] {
    transcript.sponge.bind(.inference, .plain, keyCore: core.digest, statement, plan.circuit)
    if plan.hasWitness { transcript.sendBytes("witness", commitments[commitments.count - 1].tree.root.bytes) }
    var claims: [Claim] = []
    let proven = provenPlan ?? plan
    let virtuals = transcript.reduceLookups(proven, witness, &claims, threads: 1)
    transcript.reduceContractions(
      proven, statement, contractionWitness ?? witness, virtuals, &claims, threads: 1)
    if withPadding { claims += plan.paddingClaims(&transcript.sponge) }
    return claims
  }

  func prove(withPadding: Bool = true) -> [UInt8] {
    var transcript = ProverTranscript()
    let commitments = commit()
    let claims = reduce(&transcript, commitments, withPadding: withPadding)
    let opening = transcript.mergeClaims(plan, claims, commitments, threads: 1)
    transcript.open(plan, commitments, opening, threads: 1)
    return transcript.proof
  }
}

extension MaliciousProver {
  init(_ proven: ProvenNetwork, core: KeyCore? = nil) {
    plan = proven.plan
    self.core = core ?? proven.core
    model = proven.key.commitment
    statement = proven.statement
    witness = proven.witness
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
