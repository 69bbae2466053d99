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

        zkml setup net
      """)

  @Argument(help: "Path without extension.") var network: String

  @OptionGroup var shared: SharedOptions

  func run() throws {
    try shared.requireNoSeed()
    let files = NetworkFiles(path: network)
    let start = ContinuousClock.now
    let lowered = try files.lowered()
    shared.status("committing to the weights")
    let key = ProvingKey(circuit: lowered.circuit, weights: lowered.weights, threads: shared.threadCount)
    shared.status("proving that the weights are in range")
    let verifyingKey = try key.verifyingKey(threads: shared.threadCount)
    shared.status("writing the keys")
    let (secret, open) = (key.file, verifyingKey.file)
    try write([
      OutputFile(path: files.provingKeyPath, bytes: secret, isSecret: true),
      OutputFile(path: files.verifyingKeyPath, bytes: open),
    ])
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    shared.say("model \(verifyingKey.modelID)")
    shared.say("wrote \(files.provingKeyPath) (private, \(grouped(secret.count)) bytes)")
    shared.say("wrote \(files.verifyingKeyPath) (public, \(grouped(open.count)) bytes)")
    shared.detail("setup took \(duration(seconds))")
    shared.emit([
      "model": .string(verifyingKey.modelID), "setup_s": .number(seconds),
      "proving_key_bytes": .integer(secret.count), "verifying_key_bytes": .integer(open.count),
      "files": .array([.string(files.provingKeyPath), .string(files.verifyingKeyPath)]),
    ])
  }
}
