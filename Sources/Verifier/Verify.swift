import Circuit
import Field

extension VerifyingKey {
  /// Checks that the statement holds for the committed model.
  ///
  /// - Throws: the first check that fails. `verifyWeightRange()` must have succeeded for this key.
  ///
  /// ## Soundness
  /// The sum of docs/protocol.md §12, at most 2^−100.
  public func verify(_ proof: Proof) throws(VerificationError) {
    guard proof.keyDigest == core.digest, proof.modelDigest == core.modelID else { throw .otherKey }
    guard proof.mode == .plain || core.mode == .hiding else { throw .modeMismatch }
    guard let circuit = circuit.hiding(proof.statement.visibility) else { throw .statementOutOfRange }
    guard proof.mode == .hiding || proof.statement.visibility.allSatisfy({ $0 == .shown }) else { throw .modeMismatch }
    try proof.statement.validate(circuit)
    let plan = Plan(circuit, core, proof.statement, proof.mode)
    try plan.verify(.inference, core, proof.statement, proof.bytes)
  }

  /// Checks once for a key that every weight is in its declared range.
  public func verifyWeightRange() throws(VerificationError) {
    guard core.code != nil else { return }
    try rangePlan.verify(.weightRange, core, Statement(batch: 1, inputs: [], outputs: []), rangeProof)
  }

  /// The soundness sum of an inference proof of this mode for this batch, all inputs shown.
  public func soundness(_ mode: ProofMode, batch: Int) -> Soundness {
    Soundness(Plan(circuit: circuit, batch: batch, modelCode: core.code, isHiding: mode == .hiding))
  }

  /// The soundness sum of a proof that is valid.
  public func soundness(of proof: Proof) -> Soundness {
    Soundness(Plan(circuit.hiding(proof.statement.visibility) ?? circuit, core, proof.statement, proof.mode))
  }

  /// The soundness sum of the weight range proof.
  public var weightRangeSoundness: Soundness { Soundness(rangePlan) }

  private var rangePlan: Plan {
    Plan(circuit: circuit.weightRangeCircuit, batch: 1, modelCode: core.code, isHiding: core.mode == .hiding)
  }
}

extension Plan {
  /// Of a proof of this statement; the circuit is the key's with its inputs hidden as the statement has it.
  package init(_ circuit: ArithmeticCircuit, _ core: KeyCore, _ statement: Statement, _ mode: ProofMode) {
    let codes = (core.code.map { [$0] } ?? []) + statement.commitments.map(\.code)
    self.init(circuit: circuit, batch: statement.batch, codes: codes, isHiding: mode == .hiding)
  }

  /// The steps of docs/protocol.md §5.
  package func verify(
    _ purpose: Purpose, _ core: KeyCore, _ statement: Statement, _ proof: [UInt8]
  ) throws(VerificationError) {
    guard Soundness(self).isSufficient else { throw .insufficientSoundness }
    var transcript = VerifierTranscript(mode, proof: proof)
    let roots = try transcript.receiveRoots(self, purpose, core, statement)
    let opening = try transcript.reduce(self, statement)
    try transcript.open(self, roots: roots, opening)
    try transcript.finish()
  }
}

extension VerifierTranscript {
  /// Steps 0 and 1: the commitments' roots.
  package mutating func receiveRoots(
    _ plan: Plan, _ purpose: Purpose, _ core: KeyCore, _ statement: Statement
  ) throws(VerificationError) -> [Digest] {
    sponge.bind(purpose, plan.mode, keyCore: core.digest, statement, plan.circuit)
    var roots = (plan.hasWeights ? [core.root] : []) + statement.commitments.map(\.root)
    if plan.hasWitness { roots.append(try receiveRoot("witness")) }
    return roots
  }

  /// Steps 2 to 6: everything becomes one claim about rows of the commitments.
  package mutating func reduce(_ plan: Plan, _ statement: Statement) throws(VerificationError) -> OpeningClaim {
    try discharge(plan, try mergeAll(plan, statement))
  }

  /// Steps 2 to 5.
  package mutating func mergeAll(_ plan: Plan, _ statement: Statement) throws(VerificationError) -> OpeningClaim {
    var claims: [Claim] = []
    let virtuals = try reduceLookups(plan, statement, &claims)
    try reduceContractions(plan, statement, virtuals, &claims)
    claims += plan.paddingClaims(&sponge)
    return try mergeClaims(plan, claims)
  }
}

extension Plan {
  /// The mode of the proofs that this is the plan of.
  package var mode: ProofMode { pads == nil ? .plain : .hiding }
}
