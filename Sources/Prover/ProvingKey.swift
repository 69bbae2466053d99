import Circuit
import Execution
import Field
import Verifier

/// What a prover holds: the circuit, the secret weights, and their commitment with all symbols and digests.
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
  ///   - seed: 32 bytes that make tails and salts repeatable, for tests; nil draws them from the operating system.
  package init(
    circuit: ArithmeticCircuit, weights: [[Int64]], proofCount: Int = 0, seed: [UInt8]? = nil, threads: Int
  ) {
    executor = CircuitExecutor(circuit, weights: weights)
    let shapes = circuit.columns(of: .weight).map { circuit.shape(ofColumn: $0, batch: 1) }
    commitment = ParameterPlanner.modelCode(shapes: shapes, proofCount: proofCount).map { code in
      let rows = Layout(shapes: shapes, variableCount: code.variableCount).rows(of: weights)
      guard code.isHiding else { return Commitment(rows: rows, code: code, threads: threads) }
      @Secret var encoded = Statement.encode(weights, circuit.weightColumns)
      var random: any SecretSource = SecretStream("zkml key", mixing: [circuit.encoded, encoded], seed: seed)
      return Commitment(rows: rows, code: code, random: &random, threads: threads)
    }
    core = KeyCore(circuit: circuit, proofCount: proofCount, root: commitment?.tree.root ?? .zero)
    packed = circuit.packed(weights)
  }

  package func verifyingKey(threads: Int) throws(ExecutionError) -> VerifyingKey {
    try proveWeightRange(threads: threads).key
  }

  /// Proves that every weight is in its range and assembles the verifying key.
  ///
  /// - Returns: The key, and the positions at which the proof opens the model commitment.
  package func proveWeightRange(
    seed: [UInt8]? = nil, threads: Int
  ) throws(ExecutionError) -> (key: VerifyingKey, modelPositions: [Int]) {
    guard core.code != nil else { return (VerifyingKey(circuit: circuit, core: core, rangeProof: []), []) }
    let range = circuit.weightRangeCircuit
    let plan = Plan(circuit: range, batch: 1, modelCode: core.code, isHiding: core.mode == .hiding)
    var witness = try Witness(
      CircuitExecutor(range, weights: weights), batch: 1, inputs: [], threads: threads)
    defer { witness.erase(range) }
    let statement = Statement(batch: 1, inputs: [], outputs: [])
    let proof = plan.prove(.weightRange, core, commitment.map { [$0] } ?? [], statement, witness,
      random: core.secrets(.weightRange, statement, range, [], seed: seed), threads: threads)
    return (VerifyingKey(circuit: circuit, core: core, rangeProof: proof.bytes), proof.priorPositions.first ?? [])
  }
}
