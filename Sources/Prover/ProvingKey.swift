import Circuit
import Field
import Verifier

/// What a prover holds: the circuit, the secret weights, and their commitment with all symbols and digests.
package struct ProvingKey: Sendable {
  package let circuit: ArithmeticCircuit
  package let core: KeyCore
  /// By weight column, in circuit order.
  package let weights: [[Int64]]
  package let commitment: Commitment?

  init(circuit: ArithmeticCircuit, core: KeyCore, weights: [[Int64]], commitment: Commitment?) {
    self.circuit = circuit
    self.core = core
    self.weights = weights
    self.commitment = commitment
  }

  /// Commits to the weights.
  ///
  /// For a valid circuit and weights of its shapes and ranges.
  package init(circuit: ArithmeticCircuit, weights: [[Int64]], threads: Int) {
    self.circuit = circuit
    self.weights = weights
    let shapes = circuit.columns(of: .weight).map { circuit.shape(ofColumn: $0, batch: 1) }
    let code = ParameterPlanner.modelCode(shapes: shapes)
    commitment = code.map { code in
      let layout = Layout(shapes: shapes, variableCount: code.variableCount)
      return Commitment(rows: layout.rows(of: weights), code: code, threads: threads)
    }
    core = KeyCore(circuit: circuit, code: code, root: commitment?.tree.root ?? .zero)
  }

  /// Proves that every weight is in its range and assembles the verifying key.
  package func verifyingKey(threads: Int) throws(WitnessError) -> VerifyingKey {
    guard core.code != nil else { return VerifyingKey(circuit: circuit, core: core, rangeProof: []) }
    let range = circuit.weightRangeCircuit
    let plan = Plan(circuit: range, batch: 1, modelCode: core.code)
    let witness = try Witness(range, batch: 1, inputs: [], weights: weights, threads: threads)
    let statement = Statement(batch: 1, inputs: [], outputs: [])
    let proof = plan.prove(.weightRange, core, commitment, statement, witness, threads: threads)
    return VerifyingKey(circuit: circuit, core: core, rangeProof: proof.bytes)
  }
}
