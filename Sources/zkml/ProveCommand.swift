import ArgumentParser
import Circuit
import Execution
import Glibc
import Model
import Prover
import Verifier

struct ProveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Runs the network on an input and proves the output.",
    discussion: """
      Reads NET.pk. The proof hides the weights and shows input and output; with --private-input only the output. A key hides them in a limited number of proofs:
      NET.spent counts what they show, before they are written. Keep it with the key, and never use a copy of both: each copy
      would count for itself. With --transparent the proof is smaller and hides nothing; with a key that hides weights it
      also needs --forfeit-hiding, since it can show all of them, which NET.spent notes for good. Each proof is verified
      before it is written. --committed-input proves for an
      input that commit-input committed to: the proof shows the digest, and FILE.spent counts.

        zkml prove net --input test.npz:input[3] -o sample.proof
        zkml prove encoder --input ids=ids.npy --input mask=mask.npy -o sample.proof
        zkml prove net --input sample.json --context "order 4711" -o sample.proof
        zkml prove net --committed-input sample.input -o sample.proof
        zkml prove net --many list.txt

      Each line of the list for --many: an input, a tab or spaces, the proof to write. Proofs are written as they are
      made; an error ends the run and names its line.
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: inputHelp)
  var input: [String] = []

  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("The proof to write.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Prove every line of this file with the key loaded once.", valueName: "list"))
  var many: String?

  @Option(help: "Text that the proof is bound to; a verifier demands the same.") var context = ""

  @Flag(help: "Hide the input too; the proof says that there is one.") var privateInput = false

  @Option(
    help: ArgumentHelp("A file of commit-input; NAME=FILE for one of several inputs. May be repeated.", valueName: "file"))
  var committedInput: [String] = []

  @Flag(help: "Prove without hiding anything.") var transparent = false

  @Flag(help: "With --transparent: show weights that the key hides, for good.") var forfeitHiding = false

  @Flag(name: .customLong("no-check"), help: "Write proofs without verifying them first.") var isUnchecked = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    let isOne = (!input.isEmpty || !committedInput.isEmpty) && output != nil
    guard isOne != (many != nil), isOne || input.isEmpty && committedInput.isEmpty && output == nil else {
      throw ValidationError("give --input or --committed-input and -o, or --many")
    }
    if forfeitHiding, !transparent { throw ValidationError("--forfeit-hiding is for --transparent") }
    if context.utf8.count > Statement.contextByteCap {
      throw ValidationError("--context is longer than \(Statement.contextByteCap) bytes")
    }
  }

  func run() throws {
    try shared.requireNoSeed(transparent: transparent)
    if privateInput || !committedInput.isEmpty, transparent {
      let option = privateInput ? "--private-input" : "--committed-input"
      throw Failure.unusable("\(option) is refused with --transparent: a transparent proof hides nothing")
    }
    let start = ContinuousClock.now
    let files = NetworkFiles(path: network)
    let (key, keyByteCount) = try files.provingKey()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    shared.detail("read \(grouped(keyByteCount)) bytes of key in \(duration(seconds))")
    try key.core.require(mode, files.provingKeyPath)
    try files.requireKnown(key.core)
    files.staleKeyNotice().map(shared.note)
    let committed = try CommittedInputs(committedInput, key.circuit, threads: shared.threadCount)
    let others = key.circuit.inputs.indices.filter { committed.files[$0] == nil }
    if privateInput { try key.circuit.requireHidable(others.map { key.circuit.inputs[$0] }) }
    if many == nil, input.isEmpty != others.isEmpty {
      throw Failure.unusable(input.isEmpty ? "--input: is needed for the other inputs" : "--input: every input is a committed one")
    }
    let ledger = files.ledger(of: key.core)
    let inputs = committed.files.compactMap { $0?.path } + committed.ledgers.map(\.path)
    let jobs = try jobs()
    let sources = SourceFiles(
      [files.circuitPath, files.weightsPath, files.provingKeyPath, files.verifyingKeyPath, files.ledgerPath] + inputs
        + (many.map { [$0] } ?? []) + jobs.flatMap { $0.input?.paths ?? [] })
    for job in jobs {
      try naming(job) {
        try requireWritable(job.output, for: FileKind.proof.rawValue.utf8)
        try sources.requireOther(job.output)
      }
    }
    shared.noteFiles(
      secret: [files.provingKeyPath] + (ledger.map { [$0.path] } ?? []) + inputs, written: jobs.map(\.output) + [files.ledgerPath])
    if transparent, ledger != nil {
      guard forfeitHiding else {
        throw Failure.unusable(
          "--transparent: one such proof can show all weights, which \(files.provingKeyPath) hides: "
            + "prove without --transparent, or add --forfeit-hiding to give that up for good; a transparent key of the same "
            + "weights shows them too")
      }
    } else {
      files.givenUpNotice(files.isHidingGivenUp(key.core)).map(shared.note)
    }
    let reports = try jobs.map { job in try naming(job) { try prove(key, ledger, job, committed, of: jobs.count) } }
    shared.emit(many == nil ? reports[0] : ["proofs": .array(reports)])
  }

  /// Runs `body`, whose errors name the line of the list.
  private func naming<Value>(_ job: ProofJob, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch {
      guard many != nil else { throw error }
      let failure = Failure(error)
      throw Failure(status: failure.status, message: "\(job.place): \(failure.message)")
    }
  }

  private func jobs() throws -> [ProofJob] {
    guard let many else { return [ProofJob(number: 1, place: "", input: input.isEmpty ? nil : try DataSource(input), output: output ?? "")] }
    guard let text = String(validating: try readFile(many, limit: 1 << 26), as: UTF8.self) else {
      throw Failure.unusable("\(many): is not UTF-8 text")
    }
    var jobs: [ProofJob] = []
    var outputs: Set<FileIdentity> = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard line.contains(where: { !$0.isWhitespace }) else { continue }
      let place = "\(many):\(index + 1)"
      let words = line.contains("\t") ? line.split(separator: "\t") : line.split(separator: " ")
      guard words.count == 2 else { throw Failure.unusable("\(place): is not an input and a proof: \(line)") }
      guard FileIdentity(String(words[1])).map({ outputs.insert($0).inserted }) ?? true else {
        throw Failure.unusable("\(place): \(words[1]) is written by a line before")
      }
      jobs.append(ProofJob(number: jobs.count + 1, place: place, input: try DataSource(String(words[0])), output: String(words[1])))
    }
    guard !jobs.isEmpty else { throw Failure.unusable("\(many): has no lines") }
    return jobs
  }

  private var mode: ProofMode { transparent ? .transparent : .hiding }

  private func prove(
    _ key: ProvingKey, _ ledger: PositionLedger?, _ job: ProofJob, _ committed: CommittedInputs, of count: Int
  ) throws -> JSON {
    let (circuit, input, output) = (key.circuit, job.input, job.output)
    let source = input?.description ?? ""
    try requireWritable(output, for: FileKind.proof.rawValue.utf8)
    let ledgers = (ledger.map { [$0] } ?? []) + committed.ledgers
    for ledger in ledgers { try ledger.requireProof() }
    let arrays = try committed.completed(input, circuit)
    let batch = arrays.batch
    arrays.notices(source).forEach(shared.note)
    let visibility = committed.visibility(others: privateInput ? .hidden : .shown)
    let start = ContinuousClock.now
    let (proof, details) = try key.proof(
      batch: batch, inputs: arrays.integers, visibility: visibility, committed: committed.inputs, context: Array(context.utf8),
      mode: mode, source: source, threads: shared.threadCount
    ) { phase in
      status(job, of: count, phase)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let bytes = proof.file(circuit)
    for (ledger, positions) in zip(ledgers, details.priorPositions) {
      try ledger.reporting { ledger throws(LedgerError) in
        try ledger.spend(positions, givesUpHiding: transparent)
      }
    }
    if transparent, ledger != nil, job.number == 1 {
      shared.note("--forfeit-hiding: the weights are not hidden any more, by no proof of this model")
    }
    let counted = ContinuousClock.now
    if !isUnchecked {
      status(job, of: count, "checking")
      do throws(VerificationError) { try key.check(proofFile: bytes) } catch { throw Failure.faulty(output, error) }
    }
    let checkSeconds = isUnchecked ? nil : (ContinuousClock.now - counted) / .seconds(1)
    try write([OutputFile(path: output, bytes: bytes)])
    let outputs = proof.statement.outputs
    for (port, integers) in zip(circuit.outputs, outputs) { port.lines(integers, circuit).forEach(shared.say) }
    shared.say("wrote \(output) (\(grouped(bytes.count)) bytes, proved in \(duration(seconds)))")
    for (name, seconds) in details.phases + (checkSeconds.map { [("check", $0)] } ?? []) { shared.detail("  \(padded(name, to: 14)) \(duration(seconds))") }
    return [
      "proof": .string(output), "model": .string(key.core.modelID.hexadecimal), "hiding": .bool(mode == .hiding),
      "hiding_forfeited": JSON(NetworkFiles(path: network).isHidingGivenUp(key.core)),
      "private_input": .bool(privateInput), "committed_inputs": .array(proof.statement.commitments.map { .string($0.digest.hexadecimal) }),
      "batch": .integer(batch), "context": .string(context), "saturated": .integer(arrays.saturated.count),
      "prove_s": .number(seconds), "check_s": JSON(checkSeconds), "proof_bytes": .integer(bytes.count),
      "peak_rss_bytes": JSON(Machine.peakMemoryByteCount),
      "outputs": circuit.outputs.json(outputs, circuit, batch: batch),
    ]
  }
}

extension ProveCommand {
  private func status(_ job: ProofJob, of count: Int, _ phase: String) {
    shared.status("proving" + (count > 1 ? " \(job.number) of \(count)" : "") + ": \(phase)")
  }
}

/// One proof to make.
private struct ProofJob {
  /// From 1.
  let number: Int
  /// The line that asks for it.
  let place: String
  /// Nil where every input is a committed one.
  let input: DataSource?
  let output: String
}

extension ProvingKey {
  func proof(
    batch: Int, inputs: [[Int64]], visibility: [Visibility]? = nil, committed: [CommittedInput] = [], context: [UInt8] = [],
    mode: ProofMode, source: String, threads: Int,
    observe: @escaping (String) -> Void = { _ in }
  ) throws -> (proof: Proof, details: ProofBytes) {
    do throws(ProvingError) {
      return try prove(
        batch: batch, inputs: inputs, visibility: visibility, committed: committed, context: context, mode: mode,
        threads: threads, observe: observe)
    } catch .execution(let error) {
      throw Failure.unusable("\(source): \(error.reason(circuit))")
    }
  }
}
