import Circuit
import Execution
import Field
import Verifier

/// What a prover holds: the circuit, the secret weights, and their commitment.
package struct ProvingKey: Sendable {
  /// The circuit with its weights.
  package let executor: CircuitExecutor
  package let core: KeyCore
  package let commitment: Commitment?
  /// The weights, by column, for the proofs' contractions.
  package let packed: [Int: PackedRows]

  package var circuit: ArithmeticCircuit { executor.circuit }
  /// By weight column, in circuit order.
  package var weights: [[Int64]] { executor.weights }

  /// Commits to the weights.
  ///
  /// For a valid circuit and weights of its shapes and ranges.
  ///
  /// - Parameters:
  ///   - proofCount: How many proofs the commitment hides the weights in, up to `KeyCore.proofCountCap`; 0 for none.
  ///   - modelID: That of the commitment to the same weights that this one follows; nil for a first one.
  ///   - seed: 32 bytes that make tails and salts repeatable, for tests; nil draws them from the operating system.
  package init(
    circuit: ArithmeticCircuit, weights: [[Int64]], proofCount: Int = 0, modelID: Digest? = nil, seed: [UInt8]? = nil,
    threads: Int
  ) {
    WorkingMemory.keep()
    executor = CircuitExecutor(circuit, weights: weights)
    commitment = circuit.modelCode(proofCount: proofCount).map { code in
      let rows = Layout(shapes: circuit.weightShapes, variableCount: code.variableCount).packedRows(of: weights, threads: threads)
      guard code.isHiding else { return Commitment(rows: rows, code: code, threads: threads) }
      var encoded = Statement.encode(weights, circuit.weightColumns)
      defer { encoded.erase() }
      var random: any SecretSource = SecretStream("zkml key", mixing: [circuit.encoded, encoded], seed: seed)
      return Commitment(rows: rows, code: code, random: &random, threads: threads)
    }
    core = KeyCore(circuit: circuit, proofCount: proofCount, root: commitment?.root ?? .zero, modelID: modelID)
    packed = circuit.packed(weights)
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

  /// Proves that the weights are those of the commitment of `previous`, which this one follows.
  ///
  /// - Parameter key: One that has that commitment; what follows it there falls away.
  /// - Returns: The key that ends with this commitment, and the positions at which the proof opens this one and the one
  ///   before.
  package func proveEqualWeights(
    _ previous: ProvingKey, in key: VerifyingKey, seed: [UInt8]? = nil, threads: Int
  ) throws(ProvingError) -> (key: VerifyingKey, positions: [Int], previousPositions: [Int]) {
    guard let index = key.chain.firstIndex(where: { $0.core == previous.core }), core.modelID == previous.core.modelID
    else { preconditionFailure("the key has the commitment that this one follows") }
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
