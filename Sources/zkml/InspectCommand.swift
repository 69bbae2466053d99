import ArgumentParser
import Circuit
import Model
import Prover
import Verifier

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what a .circuit, .weights, .pk, .vk or .proof file holds.",
    discussion: """
      For circuits and keys also each term of the soundness sum in bits, and the total. With --key the statement of a
      proof is shown, without checking that it holds.

        zkml inspect net.vk
        zkml inspect sample.proof --key net.vk
      """)

  @Argument(help: "The file.") var file: String

  @Option(help: "The verifying key of a proof.") var key: String?

  @Option(help: "The batch that the soundness sum is for.") var batch = 1

  @OptionGroup var shared: SharedOptions

  func run() throws {
    try shared.requireNoSeed()
    let bytes = try readFile(file, limit: 1 << 34)
    let description = try content(of: bytes)
    shared.say("\(file): \(description.kind), \(grouped(bytes.count)) bytes")
    for line in description.lines { shared.say(line) }
    shared.say(plainModeNotice)
    let members: [Member] = [
      Member("file", .string(file)), Member("kind", .string(description.kind)), Member("bytes", .integer(bytes.count)),
      Member("hiding", .bool(false)),
    ]
    let object = JSON.object(members + description.members)
    shared.emit(object)
  }

  private func content(of bytes: [UInt8]) throws -> FileDescription {
    if bytes.starts(with: ArithmeticCircuit.magic) {
      let circuit = try load(file) { () throws(VerificationError) in try ArithmeticCircuit(file: bytes) }
      return try describe("circuit (public)", circuit)
    }
    switch FileKind(rawValue: String(decoding: bytes.prefix(8), as: UTF8.self)) {
    case .verifyingKey:
      let key = try load(file) { () throws(VerificationError) in try VerifyingKey(file: bytes) }
      return try describe("verifying key (public)", key.circuit, key.core, rangeProof: key.rangeProof)
    case .provingKey:
      let key = try load(file) { () throws(VerificationError) in try ProvingKey(file: bytes) }
      return try describe("proving key (private)", key.circuit, key.core)
    case .weights:
      return try load(file) { () throws(VerificationError) in try FileDescription(weights: bytes) }
    case .spentPositions:
      return try load(file) { () throws(VerificationError) in try FileDescription(ledger: bytes) }
    case .proof:
      let description = try load(file) { () throws(VerificationError) in try FileDescription(proof: bytes) }
      guard let key else { return description }
      let (trusted, _) = try VerifyingKey.trusted(key)
      let proof = try load(file) { () throws(VerificationError) in try Proof(file: bytes, key: trusted) }
      return description + (try describe("", trusted.circuit, trusted.core, batch: proof.statement.batch))
        + FileDescription(statement: proof.statement, trusted.circuit)
    case nil:
      throw Failure.unusable("\(file): is not a file of this tool")
    }
  }

  private func describe(
    _ kind: String, _ circuit: ArithmeticCircuit, _ core: KeyCore? = nil, rangeProof: [UInt8]? = nil,
    batch: Int? = nil
  ) throws -> FileDescription {
    let batch = batch ?? self.batch
    guard (1...circuit.batchCap).contains(batch) else {
      throw Failure.unusable("\(file): takes batches of 1 to \(circuit.batchCap), not \(batch)")
    }
    var description = FileDescription(kind: kind, circuit)
    if let core { description += FileDescription(core) }
    if let rangeProof { description += FileDescription(rangeProof: rangeProof, circuit, core) }
    return description + FileDescription(soundnessOf: circuit, batch: batch)
  }
}
