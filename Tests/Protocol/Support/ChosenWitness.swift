import Circuit
import Execution
import Field
import Prover
import TestSupport
import Verifier

/// A prover that chooses some columns as it likes, in F; all others, the multiplicities and the outputs follow from them.
struct ChosenWitness {
  let network: SmallNetwork
  let batch: Int
  let mode: ProofMode
  let visibility: [Visibility]
  /// The honest columns, of the statement's circuit.
  let columns: [[Int64]]
  private let witness: Witness
  private let inputs: [[Int64]]

  init(_ network: SmallNetwork, batch: Int, mode: ProofMode, visibility: [Visibility]? = nil) {
    self.network = network
    self.batch = batch
    self.mode = mode
    self.visibility = visibility ?? network.circuit.inputs.map { _ in .shown }
    inputs = network.inputs(batch)
    do {
      witness = try Witness(CircuitExecutor(network.circuit, weights: network.weights), batch: batch, inputs: inputs, threads: 1)
    } catch { preconditionFailure("the circuit runs on its inputs: \(error)") }
    columns = Self.complete(network.circuit, self.visibility, network.weights, batch, inputs, witness.columns, [:])
  }

  /// Appends what a statement appends for inputs.
  private static func complete(
    _ circuit: ArithmeticCircuit, _ visibility: [Visibility], _ weights: [[Int64]], _ batch: Int, _ inputs: [[Int64]], _ honest: [[Int64]],
    _ chosen: [Int: [Int64]]
  ) -> [[Int64]] {
    let stated = circuit.stating(visibility) ?? circuit
    let given = circuit.inputs.map(\.column).reduce(into: chosen) { $0[$1] = $0[$1] ?? honest[$1] }
    let fixed = circuit.columns(of: .weight).reduce(into: given) { $0[$1] = honest[$1] }
    return naiveColumns(stated, weights: weights, batch: batch, inputs: [], chosen: fixed)
  }

  /// Nil when the proof holds for this circuit, valid or not, that has the columns of the network's.
  func error(in changed: ArithmeticCircuit? = nil, _ chosen: [Int: [Int64]] = [:]) -> VerificationError? {
    let circuit = changed ?? network.circuit
    guard let stated = circuit.stating(visibility) else { return .statementOutOfRange }
    let seed = [UInt8](repeating: 7, count: SecretStream.seedByteCount)
    let key = ProvingKey(circuit: circuit, weights: network.weights, proofCount: mode.proofCount, seed: seed, threads: 1)
    var witness = witness
    witness.columns = Self.complete(circuit, visibility, network.weights, batch, inputs, columns, chosen)
    witness.countInField(stated, batch: batch)
    let shown = zip(circuit.inputs, zip(inputs, visibility)).compactMap { port, input in
      input.1 == .shown ? chosen[port.column].map { circuit.shown(port, $0) } ?? input.0 : nil
    }
    let statement = Statement(batch: batch, visibility: visibility, inputs: shown, outputs: witness.outputs(circuit))
    let plan = Plan(stated, key.core, statement, mode)
    do {
      let random: any SecretSource = SecretStream(seed: seed)
      let bytes = try plan.prove(.inference, key.core, [key.commitment].compactMap { $0 }, statement, witness, random: random, threads: 1).bytes
      try plan.verify(.inference, key.core, statement, bytes)
      return nil
    } catch let error as VerificationError { return error } catch { preconditionFailure("a proof is made: \(error)") }
  }

  /// The honest column with a change.
  func changed(_ column: Int, _ change: (inout [Int64]) -> Void) -> [Int64] {
    var integers = columns[column]
    change(&integers)
    return integers
  }

  /// An entry of the honest column plus an element of F.
  func adding(_ delta: BaseField, to column: Int, at index: Int) -> [Int64] {
    changed(column) { $0[index] = (BaseField($0[index]) + delta).centred }
  }
}

extension ArithmeticCircuit {
  /// Without one lookup, which rule 7 or 10 demands. Proofs know nothing of thresholds.
  func without(_ lookup: Lookup?) -> ArithmeticCircuit {
    var circuit = self
    circuit.thresholds = []
    circuit.lookups.removeAll { $0 == lookup }
    precondition(circuit.lookups.count == lookups.count - 1)
    return circuit
  }

  /// The lookup of a column's bare form in a range table.
  func rangeLookup(_ column: Int) -> Lookup? { lookups.first { $0.forms == [AffineForm(bare: column)] } }
}

extension Witness {
  /// The multiplicities of the rows that the forms are in F.
  mutating func countInField(_ circuit: ArithmeticCircuit, batch: Int) {
    multiplicities = circuit.tables.map { [Int64](repeating: 0, count: 1 << $0.bitCount) }
    for lookup in circuit.lookups {
      let (table, form) = (circuit.tables[lookup.table], lookup.forms[0])
      let count = columns[form.parts[0].column].count
      for index in 0..<count {
        let sum = form.parts.reduce(BaseField(form.constant)) { $0 + BaseField($1.coefficient) * BaseField(columns[$1.column][index]) }
        let row = (sum * form.inverseDivisor).centred
        if table.domain.lower <= row, row <= table.domain.upper { multiplicities[lookup.table][Int(row - table.lower)] += 1 }
      }
      if circuit.hasUnitNumerators(lookup) {
        multiplicities[lookup.table][Int(-table.lower)] += Int64(circuit.block(of: lookup, batch: batch).leafCount - count)
      }
    }
  }
}
