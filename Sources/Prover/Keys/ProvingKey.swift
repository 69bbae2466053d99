import Circuit
import Execution
import Field
import Verifier

/// What a prover holds: the circuit, the secret weights, and their commitment.
package struct ProvingKey: Sendable {
  /// The circuit with its weights.
  package let executor: CircuitExecutor
  package let core: WeightCommitment
  package let commitment: Commitment?
  /// Of a key that hides: 32 bytes that all secrets of the commitment that follows it are made from, and of the proof
  /// that leads there. So there is one that follows for a number of proofs, however often it is made.
  let nextSeed: Secret<UInt8>
  /// The weights, by column, for the proofs' contractions.
  package let packed: [Int: PackedRows]

  package var circuit: ArithmeticCircuit { executor.circuit }
  /// By weight column, in circuit order.
  package var weights: [[Int64]] { executor.weights }

  /// Commits to the weights, as a first commitment.
  ///
  /// For a valid circuit and weights of its shapes and ranges.
  ///
  /// - Parameters:
  ///   - proofCount: How many proofs the commitment hides the weights in, up to `WeightCommitment.proofCountCap`; 0 for none.
  ///   - seed: 32 bytes that make tails and salts repeatable, for tests; nil draws them from the operating system.
  package init(
    circuit: ArithmeticCircuit, weights: [[Int64]], proofCount: Int = 0, seed: [UInt8]? = nil, threads: Int
  ) {
    self.init(CircuitExecutor(circuit, weights: weights), proofCount, after: nil, seed: seed, threads: threads)
  }

  /// The key that follows this one: a commitment to the same weights that hides them in other proofs.
  ///
  /// - Parameter proofCount: As above.
  package func next(proofCount: Int, threads: Int) -> ProvingKey {
    ProvingKey(executor, proofCount, after: core, seed: core.mode == .hiding ? nextSeed.wrappedValue : nil, threads: threads)
  }

  private init(_ executor: CircuitExecutor, _ proofCount: Int, after previous: WeightCommitment?, seed: [UInt8]?, threads: Int) {
    WorkingMemory.keep()
    let (circuit, weights) = (executor.circuit, executor.weights)
    self.executor = executor
    var nextSeed: [UInt8] = []
    commitment = circuit.modelCode(proofCount: proofCount).map { code in
      let rows = Layout(shapes: circuit.weightShapes, variableCount: code.variableCount).packedRows(of: weights, threads: threads)
      guard code.isTailed else { return Commitment(rows: rows, code: code, threads: threads) }
      var encoded = Statement.encode(weights, circuit.weightColumns)
      defer { encoded.erase() }
      let count = UInt64(proofCount).littleEndianBytes
      let names = previous.map { $0.modelID.bytes + $0.root.bytes } ?? []
      var random: any SecretSource = SecretStream("zkml key", mixing: [circuit.encoded, count, names, encoded], seed: seed)
      defer { nextSeed = random.bytes(SecretStream.seedByteCount) }
      return Commitment(rows: rows, code: code, random: &random, threads: threads)
    }
    self.nextSeed = Secret(wrappedValue: nextSeed)
    core = WeightCommitment(
      circuit: circuit, proofCount: proofCount, root: commitment?.root ?? .zero, modelID: previous?.modelID)
    packed = circuit.packed(weights)
    shield()
  }

  /// For what the process holds as long as the key. The system may lock only so much: first what all later commitments
  /// follow from, then what hides the weights.
  func shield() {
    nextSeed.wrappedValue.shield()
    commitment?.tails.shield()
    for column in weights { column.shield() }
    for rows in packed.values + (commitment.map { [$0.rows] } ?? []) { rows.shield() }
  }

  package func verifyingKey(threads: Int) throws(ProvingError) -> VerifyingKey {
    try proveWeightRange(threads: threads).key
  }

  /// Proves that every weight is in its range and assembles the verifying key.
  ///
  /// For a first commitment.
  ///
  /// - Returns: The key, and the positions at which the proof opens the model commitment.
  package func proveWeightRange(
    seed: [UInt8]? = nil, threads: Int
  ) throws(ProvingError) -> (key: VerifyingKey, modelPositions: [Int]) {
    guard core.code != nil else { return (VerifyingKey(circuit: circuit, core: core, proof: []), []) }
    let proof = try proveWeights(seed: seed, threads: threads)
    return (VerifyingKey(circuit: circuit, core: core, proof: proof.bytes), proof.priorPositions.first ?? [])
  }

  /// Proves that the weights are those of the commitment of `previous`, whose `next` this is.
  ///
  /// - Parameter key: One that has that commitment; what follows it there falls away.
  /// - Returns: The key that ends with this commitment, and the positions at which the proof opens this one and the one
  ///   before.
  package func proveEqualWeights(
    _ previous: ProvingKey, in key: VerifyingKey, threads: Int
  ) throws(ProvingError) -> (key: VerifyingKey, positions: [Int], previousPositions: [Int]) {
    guard let index = key.chain.firstIndex(where: { $0.core == previous.core }), core.modelID == previous.core.modelID
    else { preconditionFailure("the key has the commitment that this one follows") }
    let seed = previous.core.mode == .hiding ? previous.nextSeed.wrappedValue : nil
    let proof = try proveWeights(after: previous, seed: seed, threads: threads)
    let extended = VerifyingKey(circuit: circuit, after: Array(key.chain[...index]), core: core, proof: proof.bytes)
    return (extended, proof.priorPositions[0], proof.priorPositions[1])
  }

  private func proveWeights(
    after previous: ProvingKey? = nil, seed: [UInt8]?, threads: Int
  ) throws(ProvingError) -> ProofBytes {
    let proof = WeightProof(circuit, core, after: previous?.core)
    let executor = CircuitExecutor(proof.plan.circuit, weights: weights + (previous?.weights ?? []))
    var witness = try executor.witness(batch: 1, inputs: [], threads: threads)
    defer { witness.erase(proof.plan.circuit) }
    return try proof.plan.prove(
      proof.purpose, core, [commitment, previous?.commitment].compactMap { $0 }, proof.statement, witness,
      random: core.secrets(proof.purpose, proof.statement, proof.plan.circuit, [], seed: seed), threads: threads)
  }
}
