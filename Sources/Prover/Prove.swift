import Circuit
import Execution
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
  ///
  /// - Parameter observe: Called with the name of each step as it begins.
  package func prove(
    batch: Int, inputs: [[Int64]], context: [UInt8] = [], threads: Int, observe: @escaping (String) -> Void = { _ in }
  ) throws(ExecutionError) -> (proof: Proof, details: ProofBytes) {
    var clock = PhaseClock(observe)
    clock.begin("witness")
    let witness = try Witness(executor, batch: batch, inputs: inputs, threads: threads)
    clock.begin("plan")
    let statement = Statement(
      batch: batch, inputs: inputs, outputs: witness.outputs(circuit), context: context)
    let plan = Plan(circuit: circuit, batch: batch, modelCode: core.code)
    clock.end()
    var details = plan.prove(.inference, core, commitment, statement, witness, threads: threads, observe: observe)
    details.phases = clock.phases + details.phases
    return (Proof(core: core, statement: statement, bytes: details.bytes), details)
  }
}

extension Plan {
  /// The steps of docs/protocol.md §5.
  package func prove(
    _ purpose: Purpose, _ core: KeyCore, _ model: Commitment?, _ statement: Statement, _ witness: Witness,
    threads: Int, observe: @escaping (String) -> Void = { _ in }
  ) -> ProofBytes {
    var clock = PhaseClock(observe)
    clock.begin("commit")
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
    clock.begin("lookups")
    var claims: [Claim] = []
    let virtuals = transcript.reduceLookups(self, witness, &claims, threads: threads)
    clock.begin("contractions")
    transcript.reduceContractions(self, statement, witness, virtuals, &claims, threads: threads)
    claims += paddingClaims(&transcript.sponge)
    clock.begin("merge")
    let opening = transcript.mergeClaims(self, claims, commitments, threads: threads)
    clock.begin("open")
    transcript.open(self, commitments, opening, threads: threads)
    clock.end()
    return ProofBytes(bytes: transcript.proof, parts: transcript.parts, phases: clock.phases)
  }
}

/// Wall-clock seconds of steps that follow each other.
struct PhaseClock {
  private let observe: (String) -> Void
  private var current: (name: String, start: ContinuousClock.Instant)?
  private(set) var phases: [(name: String, seconds: Double)] = []

  init(_ observe: @escaping (String) -> Void) { self.observe = observe }

  /// Ends the step before and begins the next.
  mutating func begin(_ name: String) {
    end()
    observe(name)
    current = (name, .now)
  }

  mutating func end() {
    guard let (name, start) = current else { return }
    phases.append((name, (.now - start) / .seconds(1)))
    current = nil
  }
}
