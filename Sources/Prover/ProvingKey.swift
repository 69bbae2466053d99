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

  package var circuit: ArithmeticCircuit { executor.circuit }
  /// By weight column, in circuit order.
  package var weights: [[Int64]] { executor.weights }

  init(circuit: ArithmeticCircuit, core: KeyCore, weights: [[Int64]], commitment: Commitment?) {
    executor = CircuitExecutor(circuit, weights: weights)
    self.core = core
    self.commitment = commitment
  }

  /// Commits to the weights.
  ///
  /// For a valid circuit and weights of its shapes and ranges.
  package init(circuit: ArithmeticCircuit, weights: [[Int64]], threads: Int) {
    executor = CircuitExecutor(circuit, weights: weights)
    let shapes = circuit.columns(of: .weight).map { circuit.shape(ofColumn: $0, batch: 1) }
    let code = ParameterPlanner.modelCode(shapes: shapes)
    commitment = code.map { code in
      let layout = Layout(shapes: shapes, variableCount: code.variableCount)
      return Commitment(rows: layout.rows(of: weights), code: code, threads: threads)
    }
    core = KeyCore(circuit: circuit, code: code, root: commitment?.tree.root ?? .zero)
  }

  /// Proves that every weight is in its range and assembles the verifying key.
  package func verifyingKey(threads: Int) throws(ExecutionError) -> VerifyingKey {
    guard core.code != nil else { return VerifyingKey(circuit: circuit, core: core, rangeProof: []) }
    let range = circuit.weightRangeCircuit
    let plan = Plan(circuit: range, batch: 1, modelCode: core.code)
    let witness = try Witness(
      CircuitExecutor(range, weights: weights), batch: 1, inputs: [], threads: threads)
    let statement = Statement(batch: 1, inputs: [], outputs: [])
    let proof = plan.prove(.weightRange, core, commitment, statement, witness, threads: threads)
    return VerifyingKey(circuit: circuit, core: core, rangeProof: proof.bytes)
  }
}
