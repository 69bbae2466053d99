import ArgumentParser
import Circuit
import Model
import Prover
import Verifier

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what a .circuit, .weights, .pk, .vk, .spent or .proof file holds.",
    discussion: """
      For circuits and keys also each term of the soundness sum in bits, and the total; for a verifying key, all commitments
      of its chain; for a proving key, which is read in whole and checked, how many proofs it has left. With --key the statement of a proof is shown, without checking that it holds.

        zkml inspect net.vk
        zkml inspect sample.proof --key net.vk
      """)

  @Argument(help: "The file.") var file: String

  @Option(help: "The verifying key of a proof.") var key: String?

  @Option(help: "The batch that the soundness sum is for.") var batch = 1

  @OptionGroup var shared: SharedOptions

  func run() throws {
    try shared.requireNoSeed()
    let stored = try StoredBytes(path: file)
    let description = try content(of: stored)
    if description.kind.hasSuffix("(private)") { shared.noteFiles(secret: [file]) }
    shared.say("\(file): \(description.kind), \(grouped(stored.count)) bytes")
    for line in description.lines { shared.say(line) }
    if let mode = description.mode { shared.say(mode.notice(isGivenUp: description.isGivenUp)) }
    let members: [Member] = [
      Member("file", .string(file)), Member("kind", .string(description.kind)), Member("bytes", .integer(stored.count)),
      Member("hiding", description.mode.map { .bool($0 == .hiding) } ?? .null),
    ]
    let object = JSON.object(members + description.members)
    shared.emit(object)
  }

  private func content(of stored: StoredBytes) throws -> FileDescription {
    let start = try stored.read(at: 0, count: min(8, stored.count))
    let kind = FileKind(rawValue: String(decoding: start, as: UTF8.self))
    let bytes = kind == .provingKey ? start : try readFile(file, limit: 1 << 34)
    if bytes.starts(with: ArithmeticCircuit.magic) {
      let circuit = try load(file) { () throws(VerificationError) in try ArithmeticCircuit(file: bytes) }
      let code = circuit.modelCode(proofCount: circuit.defaultProofCount)
      let plan = try plan(circuit, code, .hiding)
      return FileDescription(kind: "circuit (public)", circuit) + FileDescription(Soundness(plan), .hiding, batch: batch)
        + FileDescription(work: plan.work)
    }
    switch kind {
    case .verifyingKey:
      let key = try load(file) { () throws(VerificationError) in try VerifyingKey(file: bytes) }
      let plan = try plan(key.circuit, key.core.code, key.core.mode)
      let weights = try load(file) { () throws(VerificationError) in try key.weightBounds() }
      let own = Soundness(plan)
      return FileDescription(kind: "verifying key (public)", key.circuit) + FileDescription(key.core) + forfeit(file, key.core)
        + FileDescription(chainOf: key, weights.soundness) + FileDescription(own, key.core.mode, batch: batch)
        + FileDescription(RestingSoundness(own, key, weights.soundness, commitment: key.core.digest))
        + FileDescription(work: plan.work, weights: weights.work)
    case .provingKey:
      let key = try load(file) { () throws(VerificationError) in try ProvingKey(file: stored) }
      try key.checkLeaves()
      let left = NetworkFiles(file, "pk").ledger(of: key.core).map { FileDescription($0) } ?? FileDescription(kind: "")
      let plan = try plan(key.circuit, key.core.code, key.core.mode)
      return FileDescription(kind: "proving key (private)", key.circuit) + FileDescription(key.core) + left
        + FileDescription(Soundness(plan), key.core.mode, batch: batch) + FileDescription(work: plan.work)
    case .weights:
      return try load(file) { () throws(VerificationError) in try FileDescription(weights: bytes) }
    case .spentPositions:
      return try load(file) { () throws(VerificationError) in try FileDescription(ledger: bytes) }
    case .committedInput:
      return FileDescription(try CommittedInput(path: file, threads: shared.threadCount), path: file)
    case .proof:
      let description = try load(file) { () throws(VerificationError) in try FileDescription(proof: bytes) }
      guard let path = self.key else { return description }
      let (key, _) = try VerifyingKey.trusted(path)
      let proof = try load(file) { () throws(VerificationError) in try Proof(file: bytes, key: key) }
      let core = key.core(proof.keyDigest) ?? key.core
      let own = key.soundness(of: proof)
      return description + FileDescription(kind: "", key.circuit) + FileDescription(core) + forfeit(path, core)
        + FileDescription(own, proof.mode, batch: proof.statement.batch)
        + FileDescription(RestingSoundness(own, key, try key.weightBounds().soundness, commitment: proof.keyDigest))
        + FileDescription(statement: proof.statement, key.circuit)
    case nil:
      throw Failure.unusable("\(file): is not a file of this tool")
    }
  }

  /// Whether the weights may be known, by the count beside a verifying key.
  private func forfeit(_ path: String, _ core: WeightCommitment) -> FileDescription {
    let files = NetworkFiles(path, "vk")
    let isGivenUp = files.isHidingGivenUp(core)
    files.givenUpNotice(isGivenUp).map(shared.note)
    return FileDescription(hidingGivenUp: isGivenUp)
  }

  private func plan(_ circuit: ArithmeticCircuit, _ code: Code?, _ mode: ProofMode) throws -> Plan {
    guard (1...circuit.batchCap).contains(batch) else {
      throw Failure.unusable("\(file): takes batches of 1 to \(circuit.batchCap), not \(batch)")
    }
    return Plan(circuit: circuit.withClassRelations, batch: batch, modelCode: code, isHiding: mode == .hiding)
  }
}
