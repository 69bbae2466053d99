import Circuit
import Field

extension VerifyingKey {
  /// Checks that the statement holds for the committed model.
  ///
  /// - Throws: the first check that fails. `verifyWeights()` must have succeeded for this key.
  ///
  /// ## Soundness
  /// The sum of docs/protocol.md §12, at most 2^−100.
  public func verify(_ proof: Proof) throws(VerificationError) {
    // The digest of a commitment is also that of its model.
    guard let core = core(proof.keyDigest) else { throw .otherKey }
    guard proof.mode == .transparent || core.mode == .hiding else { throw .modeMismatch }
    guard let circuit = circuit.stating(proof.statement.visibility) else { throw .statementOutOfRange }
    guard proof.mode == .hiding || proof.statement.visibility.allSatisfy({ $0 == .shown }) else { throw .modeMismatch }
    try proof.statement.validate(circuit)
    let plan = Plan(circuit, core, proof.statement, proof.mode)
    guard plan.work <= Plan.workCap else { throw .tooMuchWork }
    try plan.verify(.inference, core, proof.statement, proof.bytes)
  }

  /// Checks once for a key that every weight is in its declared range, and that all its commitments hold the same.
  public func verifyWeights() throws(VerificationError) {
    try forEachWeightProof { link, proof throws(VerificationError) in
      try proof.plan.verify(proof.purpose, link.core, proof.statement, link.proof)
    }
  }

  /// The soundness sum of an inference proof of this mode for this batch, all inputs shown.
  public func soundness(_ mode: ProofMode, batch: Int) -> Soundness {
    Soundness(Plan(circuit: circuit.withClassRelations, batch: batch, codes: core.codes, isHiding: mode == .hiding))
  }

  /// The soundness sum of a proof that is valid.
  public func soundness(of proof: Proof) -> Soundness {
    let circuit = circuit.stating(proof.statement.visibility) ?? circuit
    return Soundness(Plan(circuit, core(proof.keyDigest) ?? core, proof.statement, proof.mode))
  }

  /// The soundness sums of the proofs about the weights, by commitment, and the bound on the work for all of them.
  ///
  /// A proof made with one of the commitments rests on those up to it. None without weights.
  ///
  /// - Throws: `.tooMuchWork`.
  public func weightBounds() throws(VerificationError) -> (soundness: [Soundness], work: Int) {
    var sums: [Soundness] = []
    let work = try forEachWeightProof { sums.append(Soundness($1.plan)) }
    return (sums, work)
  }

  /// One after the other, as each has a plan of its own, unless their work is more than `workCap`; returns the work.
  @discardableResult
  package func forEachWeightProof(
    workCap: Int = Plan.workCap, _ body: (ProvedCommitment, WeightProof) throws(VerificationError) -> Void
  ) throws(VerificationError) -> Int {
    guard core.code != nil else { return 0 }
    var work = 0
    for isLast in chain.count > 1 ? [false, true] : [true] {
      var (circuit, previous) = (self.circuit.weightRangeCircuit, WeightCommitment?.none)
      work = 0
      for link in chain {
        let proof = WeightProof(derived: circuit, link.core, after: previous)
        work += proof.plan.work
        guard work <= workCap else { throw .tooMuchWork }
        if isLast { try body(link, proof) }
        if previous == nil, chain.count > 1 { circuit = self.circuit.equalWeightsCircuit }
        previous = link.core
      }
    }
    return work
  }
}

/// What the proof about a commitment to weights says. docs/protocol.md §10.
package struct WeightProof {
  package let purpose: Purpose
  package let statement: Statement
  package let plan: Plan

  /// That the weights are those of the commitment before; that they are in range, without one.
  package init(_ circuit: ArithmeticCircuit, _ core: WeightCommitment, after previous: WeightCommitment?) {
    self.init(
      derived: previous == nil ? circuit.weightRangeCircuit : circuit.equalWeightsCircuit, core, after: previous)
  }

  /// - Parameter circuit: That of the proof.
  fileprivate init(derived circuit: ArithmeticCircuit, _ core: WeightCommitment, after previous: WeightCommitment?) {
    purpose = previous == nil ? .weightRange : .equalWeights
    let commitments = previous.flatMap { previous in
      previous.code.map {
        StatedCommitment(digest: previous.digest, proofCount: previous.proofCount, code: $0, root: previous.root)
      }
    }
    statement = Statement(
      batch: 1, commitments: commitments.map { [$0] } ?? [], inputs: [], outputs: circuit.outputs.map { _ in [] })
    plan = Plan(circuit, core, statement, core.mode)
  }
}

extension Plan {
  /// Of a proof of this statement; the circuit is that of the statement.
  package init(_ circuit: ArithmeticCircuit, _ core: WeightCommitment, _ statement: Statement, _ mode: ProofMode) {
    let codes = core.codes + statement.commitments.map { $0.code }
    self.init(circuit: circuit, batch: statement.batch, codes: codes, isHiding: mode == .hiding)
  }

  /// The steps of docs/protocol.md §5.
  package func verify(
    _ purpose: Purpose, _ core: WeightCommitment, _ statement: Statement, _ proof: [UInt8]
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
    _ plan: Plan, _ purpose: Purpose, _ core: WeightCommitment, _ statement: Statement
  ) throws(VerificationError) -> [Digest] {
    sponge.absorb(purpose, plan.mode, keyCore: core.digest, statement, plan.circuit)
    var roots = (plan.columns.hasWeights ? [core.root] : []) + statement.commitments.map { $0.root }
    if plan.openings.hasWitness { roots.append(try receiveRoot("witness")) }
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
  package var mode: ProofMode { pads == nil ? .transparent : .hiding }
}
