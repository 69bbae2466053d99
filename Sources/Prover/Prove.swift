import Circuit
import Field
import Verifier

/// A proof's bytes and where they and the time went.
package struct ProofBytes: Sendable {
  package var bytes: [UInt8]
  /// Bytes by message label.
  package var parts: [(label: String, byteCount: Int)]
  /// Seconds by step.
  package var phases: [(name: String, seconds: Double)]
}

extension ProvingKey {
  /// Runs the circuit on integer inputs (by port, batch first) and proves its outputs.
  ///
  /// For inputs of the circuit's sizes and ranges, and a batch of 1 … batchCap.
  package func prove(
    batch: Int, inputs: [[Int64]], context: [UInt8] = [], threads: Int
  ) throws(WitnessError) -> (proof: Proof, details: ProofBytes) {
    var clock = PhaseClock()
    let witness = try Witness(circuit, batch: batch, inputs: inputs, weights: weights, threads: threads)
    clock.lap("witness")
    let statement = Statement(
      batch: batch, inputs: inputs, outputs: witness.outputs(circuit), context: context)
    let plan = Plan(circuit: circuit, batch: batch, modelCode: core.code)
    clock.lap("plan")
    var details = plan.prove(.inference, core, commitment, statement, witness, threads: threads)
    details.phases = clock.phases + details.phases
    return (Proof(core: core, statement: statement, bytes: details.bytes), details)
  }
}

extension Plan {
  /// The steps of docs/protocol.md §5.
  package func prove(
    _ purpose: Purpose, _ core: KeyCore, _ model: Commitment?, _ statement: Statement, _ witness: Witness,
    threads: Int
  ) -> ProofBytes {
    var clock = PhaseClock()
    var transcript = ProverTranscript()
    transcript.sponge.bind(purpose, keyCore: core.digest, statement, circuit)
    var commitments = model.map { [$0] } ?? []
    if hasWitness {
      let plan = commitments.count
      let columns = circuit.columns(of: .advice).map { witness.columns[$0] } + witness.multiplicities
      let rows = self.commitments[plan].layout.rows(of: columns)
      let commitment = Commitment(rows: rows, code: self.commitments[plan].code, threads: threads)
      transcript.sendBytes("witness", commitment.tree.root.bytes)
      commitments.append(commitment)
    }
    clock.lap("commit")
    var claims: [Claim] = []
    let virtuals = transcript.reduceLookups(self, witness, &claims, threads: threads)
    clock.lap("lookups")
    transcript.reduceContractions(self, statement, witness, virtuals, &claims, threads: threads)
    claims += paddingClaims(&transcript.sponge)
    clock.lap("contractions")
    let opening = transcript.mergeClaims(self, claims, commitments, threads: threads)
    clock.lap("merge")
    transcript.open(self, commitments, opening, threads: threads)
    clock.lap("open")
    return ProofBytes(bytes: transcript.proof, parts: transcript.parts, phases: clock.phases)
  }
}

/// Wall-clock seconds between laps.
struct PhaseClock {
  private var last = ContinuousClock.now
  private(set) var phases: [(name: String, seconds: Double)] = []

  mutating func lap(_ name: String) {
    let now = ContinuousClock.now
    phases.append((name, (now - last) / .seconds(1)))
    last = now
  }
}
