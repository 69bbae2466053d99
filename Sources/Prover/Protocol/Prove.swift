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
  /// The distinct positions at which each prior commitment was opened, ascending; the model's first.
  package var priorPositions: [[Int]]
}

extension ProvingKey {
  /// Runs the circuit on integer inputs (by port, batch first) and proves its outputs.
  ///
  /// For inputs of the circuit's sizes and ranges, and a batch of 1 … batchCap.
  ///
  /// - Parameters:
  ///   - visibility: By input port; nil shows all. In the hiding mode others than shown, for at most 2^16 values.
  ///   - committed: By input port that is committed, the commitment that holds this input.
  ///   - mode: Hiding for a key that hides.
  ///   - seed: 32 bytes that make the masks repeatable, for tests; nil draws them from the operating system.
  ///   - observe: Called with the name of each step as it begins.
  package func prove(
    batch: Int, inputs: [[Int64]], visibility: [Visibility]? = nil, committed: [CommittedInput] = [],
    context: [UInt8] = [], mode: ProofMode = .transparent, seed: [UInt8]? = nil, threads: Int, observe: @escaping (String) -> Void = { _ in }
  ) throws(ProvingError) -> (proof: Proof, details: ProofBytes) {
    precondition(mode == .transparent || core.mode == .hiding, "the key hides")
    let visibility = visibility ?? inputs.map { _ in .shown }
    let isShown = visibility.allSatisfy { $0 == .shown }
    precondition(mode == .hiding || isShown, "inputs are hidden by hiding proofs")
    guard let shown = circuit.stating(visibility) else { preconditionFailure("every input can be as visible as it is asked to be") }
    var clock = PhaseClock(observe)
    clock.begin("witness")
    var statement = Statement(
      batch: batch, visibility: visibility, commitments: committed.map(\.stated),
      inputs: zip(inputs, visibility).filter { $1 == .shown }.map(\.0), outputs: [], context: context)
    // What no value changes is planned aside.
    let ((plan, ledger), outcome) = Parallel.both(threads: threads) { [statement] in
      let plan = Plan(shown, core, statement, mode)
      return (plan, plan.pads.map { _ in plan.padLedger() })
    } _: { threads in
      Result { () throws(ProvingError) in try executor.witness(batch: batch, inputs: inputs, threads: threads) }
    }
    var witness = try outcome.get()
    defer { witness.erase(shown) }
    witness.packed = packed
    if !isShown {
      // What the statement's circuit has besides: the sums of the rows of hidden index ports.
      for column in shown.columns[witness.columns.count...].indices {
        witness.columns.append(Array(repeating: 1, count: shown.shape(ofColumn: column, batch: batch).reduce(1, *)))
      }
      witness.countMultiplicities(shown, batch: batch, threads: threads)
    }
    statement.outputs = witness.outputs(circuit)
    clock.end()
    var details = try plan.prove(
      .inference, core, (commitment.map { [$0] } ?? []) + committed.map(\.commitment), statement, witness, ledger,
      random: core.secrets(.inference, statement, circuit, inputs, seed: seed), threads: threads, observe: observe)
    details.phases = clock.phases + details.phases
    return (Proof(core: core, mode: mode, statement: statement, bytes: details.bytes), details)
  }
}

extension ProvingKey {
  /// Verifies the file of a proof that this key made, as anybody does, but for the key's own proofs.
  package func check(proofFile: [UInt8]) throws(VerificationError) {
    let key = VerifyingKey(circuit: circuit, core: core, proof: [])
    try key.verify(try Proof(file: proofFile, key: key))
  }
}

extension CircuitExecutor {
  func witness(batch: Int, inputs: [[Int64]], threads: Int) throws(ProvingError) -> Witness {
    do throws(ExecutionError) {
      return try Witness(self, batch: batch, inputs: inputs, threads: threads)
    } catch { throw .execution(error) }
  }
}

extension Plan {
  /// The steps of docs/protocol.md §5.
  ///
  /// - Parameters:
  ///   - ledger: `padLedger()`, where it is known.
  ///   - random: What the hiding mode draws from; the transparent one leaves it alone.
  /// - Throws: `.key`, `.tooMuchWork`.
  package func prove(
    _ purpose: Purpose, _ core: WeightCommitment, _ prior: [Commitment], _ statement: Statement, _ witness: Witness,
    _ ledger: PadLedger? = nil, random: any SecretSource, threads: Int, observe: @escaping (String) -> Void = { _ in }
  ) throws(ProvingError) -> ProofBytes {
    guard work <= Self.workCap else { throw .tooMuchWork }
    var clock = PhaseClock(observe)
    clock.begin("commit")
    var transcript = ProverTranscript()
    transcript.sponge.absorb(purpose, mode, keyCore: core.digest, statement, circuit)
    var masks = pads.map { ProofMasks(self, $0, ledger ?? padLedger(), random: random) }
    var committed = prior
    if openings.hasWitness {
      let plan = commitments[committed.count]
      let columns = self.columns.witness.map { witness.columns[$0] } + witness.multiplicities
      let rows = plan.layout.packedRows(of: columns, threads: threads)
      let commitment =
        masks?.commit(rows, plan.code, threads: threads) ?? Commitment(rows: rows, code: plan.code, threads: threads)
      transcript.sendBytes("witness", commitment.root.bytes)
      committed.append(commitment)
    }
    transcript.pads = masks?.sentPads
    clock.begin("lookups")
    var claims: [Claim] = []
    let virtuals = transcript.reduceLookups(self, witness, &claims, threads: threads)
    clock.begin("contractions")
    transcript.reduceContractions(self, statement, witness, virtuals, &claims, threads: threads)
    claims += paddingClaims(&transcript.sponge)
    clock.begin("merge")
    let opening = transcript.mergeClaims(self, claims, committed, threads: threads)
    if let masks, let pads {
      clock.begin("discharge")
      transcript.dischargeProducts(pads, masks)
      _ = transcript.sponge.challenge("constraints")
    }
    clock.begin("open")
    let positions = try transcript.open(
      self, committed, opening, discharge: mode == .transparent ? nil : { discharged(purpose, core, statement, $0) },
      random: masks?.random, threads: threads)
    clock.end()
    return ProofBytes(
      bytes: transcript.proof, parts: transcript.parts, phases: clock.phases,
      priorPositions: Array(positions.prefix(prior.count)))
  }

  /// The claim that a verifier has after the discharge, with the weights of Y, from what was sent so far.
  package func discharged(
    _ purpose: Purpose, _ core: WeightCommitment, _ statement: Statement, _ sent: [UInt8]
  ) -> OpeningClaim {
    var transcript = VerifierTranscript(mode, proof: sent)
    do throws(VerificationError) {
      _ = try transcript.receiveRoots(self, purpose, core, statement)
      return try transcript.reduce(self, statement)
    } catch { preconditionFailure("a verifier reads what was sent: \(error)") }
  }
}

extension WeightCommitment {
  /// The secrets of one proof; see `SecretStream` for the seed.
  package func secrets(
    _ purpose: Purpose, _ statement: Statement, _ circuit: ArithmeticCircuit, _ inputs: [[Int64]], seed: [UInt8]?
  ) -> any SecretSource {
    var encoded = Statement.encode(inputs, circuit.inputs.map(circuit.shownColumn))
    defer { encoded.erase() }
    let (batch, visibility) = (UInt64(statement.batch).littleEndianBytes, statement.visibility.map(\.rawValue))
    let commitments = statement.commitments.flatMap(\.digest.bytes)
    let parts = [[purpose.rawValue], digest.bytes, batch, visibility, commitments, encoded, statement.context]
    return SecretStream("zkml proof", mixing: parts, seed: seed)
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
