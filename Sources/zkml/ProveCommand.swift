import ArgumentParser
import Circuit
import Glibc
import Model
import Prover
import Verifier

struct ProveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Runs the network on an input and proves the output.",
    discussion: """
      Reads NET.pk. The only mode is the plain one: the statement shows input and output, and nothing is provably
      hidden, not even the weights. --transparent says that this is wanted.

        zkml prove net --input test.npz:input[3] -o sample.proof
        zkml prove net --input sample.json --context "order 4711" -o sample.proof
        zkml prove net --many list.txt

      Each line of the list for --many: an input, white space, the proof to write.
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: "The input, a batch: .npz, .npy or JSON; `file.npz:key[index]` names one array, one element.")
  var input: String?

  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("The proof to write.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Prove every line of this file with the key loaded once.", valueName: "list"))
  var many: String?

  @Option(help: "Text that the proof is bound to; a verifier demands the same.") var context = ""

  @Flag(help: "Hide the input from the verifier; refused until the hiding mode exists.") var privateInput = false

  @Flag(help: "Prove without hiding anything; the only mode so far.") var transparent = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard (many == nil) == (input != nil && output != nil), (input == nil) == (output == nil) else {
      throw ValidationError("give --input and -o, or --many")
    }
    if context.utf8.count > Statement.contextByteCap {
      throw ValidationError("--context is longer than \(Statement.contextByteCap) bytes")
    }
  }

  func run() throws {
    try shared.requireNoSeed(transparent: transparent)
    if privateInput {
      throw Failure.unusable(
        "--private-input is refused: the plain mode publishes the input, and there is no hiding mode yet")
    }
    let start = ContinuousClock.now
    let (key, keyByteCount) = try NetworkFiles(path: network).provingKey()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    shared.detail("read \(grouped(keyByteCount)) bytes of key in \(duration(seconds))")
    var reports: [JSON] = []
    for (input, output) in try jobs() { reports.append(try prove(key, input, output)) }
    if !transparent { shared.note(plainModeNotice) }
    shared.emit(many == nil ? reports[0] : ["proofs": .array(reports)])
  }

  private func jobs() throws -> [(input: String, output: String)] {
    guard let many else { return [(input ?? "", output ?? "")] }
    let lines = String(decoding: try readFile(many, limit: 1 << 26), as: UTF8.self).split(separator: "\n")
    let jobs = try lines.map { line in
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count == 2 else { throw Failure.unusable("\(many): a line is not an input and a proof: \(line)") }
      return (input: String(words[0]), output: String(words[1]))
    }
    guard !jobs.isEmpty else { throw Failure.unusable("\(many): has no lines") }
    return jobs
  }

  private func prove(_ key: ProvingKey, _ input: String, _ output: String) throws -> JSON {
    let circuit = key.circuit
    let (batch, inputs) = try circuit.quantized(input, circuit.inputs)
    let start = ContinuousClock.now
    let (proof, details) = try key.proof(
      batch: batch, inputs: inputs, context: Array(context.utf8), source: input, threads: shared.threadCount)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let bytes = proof.file(circuit)
    try write([OutputFile(path: output, bytes: bytes)])
    let outputs = proof.statement.outputs
    for (port, integers) in zip(circuit.outputs, outputs) { port.lines(integers, circuit).forEach(shared.say) }
    shared.say("wrote \(output) (\(grouped(bytes.count)) bytes, proved in \(duration(seconds)))")
    for (name, seconds) in details.phases { shared.detail("  \(padded(name, to: 14)) \(duration(seconds))") }
    return [
      "proof": .string(output), "model": .string(key.core.modelID.hexadecimal), "hiding": .bool(false),
      "batch": .integer(batch), "context": .string(context), "prove_s": .number(seconds),
      "proof_bytes": .integer(bytes.count), "outputs": circuit.outputs.json(outputs, circuit, batch: batch),
    ]
  }
}

extension ProvingKey {
  func proof(
    batch: Int, inputs: [[Int64]], context: [UInt8] = [], source: String, threads: Int
  ) throws -> (proof: Proof, details: ProofBytes) {
    do throws(WitnessError) {
      return try prove(batch: batch, inputs: inputs, context: context, threads: threads)
    } catch {
      throw Failure.unusable("\(source): \(error.reason(circuit))")
    }
  }
}
