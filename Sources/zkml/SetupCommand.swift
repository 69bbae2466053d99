import ArgumentParser
import Prover
import Verifier

struct SetupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Commits to the weights and writes the proving key (private) and the verifying key (public).",
    discussion: """
      Reads NET.circuit and NET.weights, writes NET.pk and NET.vk. There is nothing secret in setup but the weights: the
      verifying key can be checked by anyone and needs no trust in who made it.

      The key hides the weights in at least as many proofs as --proofs says; more proofs make key and proofs larger. What
      that costs is printed first. Without it, the number is one that costs large networks little, at least 16. NET.spent,
      beside the proving key, counts what proofs show of the commitment.

        zkml setup net
        zkml setup net --proofs 1000
        zkml setup net --transparent
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: "How many proofs the key hides the weights in, 1 to \(KeyCore.proofCountCap).") var proofs: Int?

  @Flag(help: "Make a key that hides nothing, for prove --transparent.") var transparent = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard let proofs else { return }
    if transparent { throw ValidationError("give --proofs or --transparent") }
    if !(1...KeyCore.proofCountCap).contains(proofs) {
      throw ValidationError("--proofs must be 1 to \(KeyCore.proofCountCap)")
    }
  }

  func run() throws {
    try shared.requireNoSeed()
    let files = NetworkFiles(path: network)
    let start = ContinuousClock.now
    let lowered = try files.lowered()
    let circuit = lowered.circuit
    let proofCount = transparent ? 0 : proofs ?? circuit.defaultProofCount
    let cost = KeyCost(circuit, proofCount: proofCount, threads: shared.threadCount)
    shared.say(cost.line)
    shared.status("committing to the weights")
    let key = ProvingKey(
      circuit: circuit, weights: lowered.weights, proofCount: proofCount, threads: shared.threadCount)
    shared.status("proving that the weights are in range")
    let (verifyingKey, positions) = try key.proveWeightRange(threads: shared.threadCount)
    shared.status("writing the keys")
    @Secret var secret = key.file
    let open = verifyingKey.file
    let ledger = files.ledger(of: key.core)?.newFile(spent: positions)
    try write(
      (ledger.map { [$0] } ?? []) + [
        OutputFile(path: files.provingKeyPath, bytes: secret, isSecret: true),
        OutputFile(path: files.verifyingKeyPath, bytes: open),
      ])
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    shared.say("model \(verifyingKey.modelID)")
    shared.say("wrote \(files.provingKeyPath) (private, \(grouped(secret.count)) bytes)")
    shared.say("wrote \(files.verifyingKeyPath) (public, \(grouped(open.count)) bytes)")
    if let ledger { shared.say("wrote \(ledger.path) (private, \(grouped(ledger.bytes.count)) bytes)") }
    shared.detail("setup took \(duration(seconds))")
    shared.emit([
      "model": .string(verifyingKey.modelID), "setup_s": .number(seconds),
      "proving_key_bytes": .integer(secret.count), "verifying_key_bytes": .integer(open.count),
      "hiding": .bool(proofCount > 0), "proofs": .integer(proofCount), "cost": cost.json,
      "files": .array(
        ([files.provingKeyPath, files.verifyingKeyPath] + (ledger.map { [$0.path] } ?? [])).map { .string($0) }),
    ])
  }
}
