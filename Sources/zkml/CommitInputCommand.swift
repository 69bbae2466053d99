import ArgumentParser
import Circuit
import Model
import Prover
import Verifier

struct CommitInputCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commit-input",
    abstract: "Commits to an input, for proofs that refer to it without showing it.",
    discussion: """
      Reads NET.circuit and quantizes the input by it. FILE, private, holds the input and what hides it; FILE.spent, beside
      it, counts what proofs show of the commitment. The digest that is printed is public: proofs with the same digest are
      about the same input. Every network whose input has this shape, scale and range can use FILE.

        zkml commit-input net --input sample.npy -o sample.input
        zkml prove net --committed-input sample.input -o sample.proof
        zkml verify --key net.vk sample.proof --input-commitment DIGEST
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: inputHelp)
  var input: [String]

  @Option(help: ArgumentHelp("Which input, of a network with several.", valueName: "name")) var port: String?

  @Option(
    name: .customLong("proofs"),
    help: "How many proofs the commitment hides the input in, 1 to \(WeightCommitment.proofCountCap).")
  var proofCount = 16

  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @Flag(help: "Replace the commitment that is there; FILE.spent goes on counting for it too.") var overwrite = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if !(1...WeightCommitment.proofCountCap).contains(proofCount) {
      throw ValidationError("--proofs must be 1 to \(WeightCommitment.proofCountCap)")
    }
  }

  func run() throws {
    try shared.requireNoSeed()
    let files = NetworkFiles(path: network)
    let input = try DataSource(input)
    let isReplaced = try requireNewOutput()
    let sources = SourceFiles([files.circuitPath] + input.paths)
    for (path, kind) in [(output, FileKind.committedInput), (ledgerPath, .spentPositions)] {
      try requireWritable(path, for: kind.rawValue.utf8)
      try sources.requireOther(path)
    }
    try PositionLedger.requireExtendable(ledgerPath)
    guard NetworkFiles(ledgerPath, "spent").knownSections.allSatisfy({ $0.key == $0.model }) else {
      throw Failure.unusable("\(ledgerPath): counts for the keys of a network: choose another name")
    }
    shared.noteFiles(secret: [ledgerPath], written: [output])
    let circuit = try files.circuit()
    let port = try circuit.input(named: port, option: "--port")
    try circuit.requireHidable([port])
    let arrays = try circuit.quantized(input, [port])
    arrays.notices(input.description).forEach(shared.note)
    let committed = CommittedInput(
      port, of: circuit, batch: arrays.batch, integers: circuit.entries(of: port, arrays.integers[0]), proofCount: proofCount, threads: shared.threadCount)
    let ledger = committed.ledger(of: output)
    let digest = committed.stated.digest.hexadecimal
    if isReplaced { shared.note(loss) }
    try alone(besides: output) {
      _ = try requireNewOutput()
      try ledger.reporting { ledger throws(LedgerError) in try ledger.begin(spent: []) }
      try write([OutputFile(path: output, bytes: committed.file, isSecret: true)], replacing: overwrite)
    }
    shared.say("input '\(port.name)', a batch of \(arrays.batch), to be hidden in \(proofs(proofCount))")
    shared.say("wrote \(output), \(ledger.path) (private)")
    shared.say("digest \(digest)")
    shared.emit([
      "digest": .string(digest), "input": .string(port.name), "batch": .integer(arrays.batch), "proofs": .integer(proofCount),
      "saturated": .integer(arrays.saturated.count), "files": .array([.string(output), .string(ledger.path)]),
    ])
  }
}

extension CommitInputCommand {
  private var ledgerPath: String { output + ".spent" }

  /// Refuses to replace a commitment, unless that is wanted. A count alone is none: a section is added to it.
  ///
  /// - Returns: Whether one is replaced.
  private func requireNewOutput() throws -> Bool {
    try !requireNew([output], overwrite: overwrite, instead: "prove with it, choose another name").isEmpty
  }

  /// What is lost with the commitment that is there.
  private var loss: String {
    let old = try? CommittedInput(path: output, threads: shared.threadCount)
    return "--overwrite: replaces \(output)\(old.map { ", digest \($0.stated.digest.hexadecimal)" } ?? ""); without a copy of it "
      + "no proof refers to that commitment again; \(ledgerPath) goes on counting what proofs showed of it"
  }
}

extension CommittedInput {
  /// Reads a file that commit-input wrote.
  init(path: String, threads: Int) throws {
    var bytes = try readFile(path, limit: 1 << 31)
    defer { bytes.erase() }
    self = try load(path) { () throws(VerificationError) in try CommittedInput(file: bytes, threads: threads) }
  }

  /// The ledger beside the file.
  func ledger(of path: String) -> PositionLedger {
    PositionLedger(path: path + ".spent", key: stated.digest, code: stated.code)
  }
}

extension ArithmeticCircuit {
  /// The input port of this name, or the only one.
  func input(named name: String?, option: String) throws -> Port {
    let names = inputs.map(\.name).joined(separator: ", ")
    guard let name else {
      guard inputs.count == 1 else { throw Failure.unusable("\(option): say which of the inputs \(names)") }
      return inputs[0]
    }
    guard let port = inputs.first(where: { $0.name == name }) else {
      throw Failure.unusable("\(option): the network has no input '\(name)', but \(names)")
    }
    return port
  }

  /// Refuses inputs that a proof cannot keep in their range without showing them.
  func requireHidable(_ ports: [Port]) throws {
    for port in ports {
      let visibility = inputs.map { $0 == port ? Visibility.hidden : .shown }
      guard stating(visibility) == nil else { continue }
      throw Failure.unusable("input '\(port.name)' cannot be hidden: it has more than 2^16 values")
    }
  }
}
