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
    try proof.statement.validate(circuit)
    let plan = Plan(circuit: circuit, batch: proof.statement.batch, modelCode: core.code)
    try plan.verify(.inference, core, proof.statement, proof.bytes)
  }

  /// Checks once for a key that every weight is in its declared range.
  public func verifyWeightRange() throws(VerificationError) {
    guard core.code != nil else { return }
    let plan = Plan(circuit: circuit.weightRangeCircuit, batch: 1, modelCode: core.code)
    try plan.verify(.weightRange, core, Statement(batch: 1, inputs: [], outputs: []), rangeProof)
  }

  /// The soundness sum of an inference proof of this batch.
  public func soundness(batch: Int) -> Soundness {
    Soundness(Plan(circuit: circuit, batch: batch, modelCode: core.code))
  }

  /// The soundness sum of the weight range proof.
  public var weightRangeSoundness: Soundness {
    Soundness(Plan(circuit: circuit.weightRangeCircuit, batch: 1, modelCode: core.code))
  }
}

extension Plan {
  /// The steps of docs/protocol.md §5.
  package func verify(
    _ purpose: Purpose, _ core: KeyCore, _ statement: Statement, _ proof: [UInt8]
  ) throws(VerificationError) {
    guard Soundness(self).isSufficient else { throw .insufficientSoundness }
    var transcript = VerifierTranscript(proof: proof)
    transcript.sponge.bind(purpose, keyCore: core.digest, statement, circuit)
    var roots = hasWeights ? [core.root] : []
    if hasWitness { roots.append(try transcript.receiveRoot("witness")) }
    var claims: [Claim] = []
    let virtuals = try transcript.reduceLookups(self, statement, &claims)
    try transcript.reduceContractions(self, statement, virtuals, &claims)
    claims += paddingClaims(&transcript.sponge)
    let opening = try transcript.mergeClaims(self, claims)
    try transcript.open(self, roots: roots, opening)
    try transcript.finish()
  }
}
