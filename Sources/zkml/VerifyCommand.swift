import ArgumentParser
import Circuit
import Model
import Verifier

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks that proofs hold, for this key and the demanded statement.",
    discussion: """
      Prints the statement: model, batch, input, outputs, context; and what is public, what is hidden. --input, --output and --context demand that it is the
      given one; without --context it must be empty. Real numbers are quantized as the network does it, then compared:
      those of an input beyond the network's range are taken to its end, as prove takes them, and counted. --model demands that the key is the one of this model.
      Several proofs give one line each.

        zkml verify --key net.vk sample.proof
        zkml verify --key net.vk sample.proof --input sample.npy --context "order 4711"
        zkml verify --key net.vk sample.proof --input-commitment 5f0c…
        zkml verify --key net.vk proofs/*.proof --model dedfddcf5ed88b119d73ed175b9c10a8f9b4e43f67fb06d322d42ada3a25afa8

      The first use of a key checks once that its weights are in range, and that all its commitments hold the same; success is remembered in ~/.cache/zkml.

      Exit status: 0 every proof holds, 1 one does not, 2 all that can be used hold, but a file cannot be used.
      """)

  @Option(help: "The verifying key, NET.vk.") var key: String

  @Argument(help: "The proofs.") var proofs: [String]

  @Option(help: "Demand this input; NAME=FILE for one of several. May be repeated.") var input: [String] = []

  @Option(
    help: ArgumentHelp(
      "Demand that the committed input is this one, the digest that commit-input printed; in the order of the inputs.",
      valueName: "hex"))
  var inputCommitment: [String] = []

  @Option(help: "Demand this output; NAME=FILE for one of several. May be repeated.") var output: [String] = []

  @Option(help: "Demand this context.") var context = ""

  @Option(help: ArgumentHelp("Demand this model, by the digest that setup and verify print.", valueName: "hex"))
  var model: String?

  @Flag(help: "Check the weights' ranges again, also when that is remembered.") var recheck = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    for (option, digests) in [("--model", model.map { [$0] } ?? []), ("--input-commitment", inputCommitment)] {
      for digest in digests
      where digest.utf8.count != 2 * Digest.byteCount || !digest.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
        throw ValidationError("\(option) must be \(2 * Digest.byteCount) hexadecimal digits")
      }
    }
  }

  func run() throws {
    try shared.requireNoSeed()
    shared.status("checking that the weights of \(key) are in range")
    let (key, wasRemembered) = try VerifyingKey.trusted(key, recheck: recheck)
    let files = NetworkFiles(self.key, "vk")
    let isGivenUp = files.isHidingGivenUp(key.core)
    files.givenUpNotice(isGivenUp).map(shared.note)
    shared.detail(wasRemembered ? "weights in range: remembered" : "weights in range: checked")
    if let model, model.lowercased() != key.modelID {
      throw Failure.doesNotHold("\(self.key): is the key of model \(key.modelID), not of \(model.lowercased())")
    }
    let weights = try load(self.key) { () throws(VerificationError) in try key.weightBounds().soundness }
    let outcomes = proofs.enumerated().map { index, path in
      shared.status("verifying \(index + 1) of \(proofs.count)")
      return outcome(of: path, key, weights, isGivenUp: isGivenUp == true)
    }
    if proofs.count == 1 {
      for line in outcomes[0].lines { shared.say(line) }
    } else {
      for outcome in outcomes { shared.say(outcome.summary) }
      if shared.quiet || shared.json { for failure in outcomes.compactMap(\.failure) { Output.showError("zkml: " + failure.message) } }
      for mode in Set(outcomes.compactMap { $0.proof?.mode }).sorted(by: { $0.rawValue < $1.rawValue }) {
        shared.say(mode.notice(isGivenUp: isGivenUp == true))
      }
    }
    let failures = outcomes.compactMap(\.failure)
    let members = [
      Member("valid", .bool(failures.isEmpty)), Member("model", .string(key.modelID)),
      Member("hiding", .bool(outcomes.allSatisfy { $0.proof?.mode == .hiding })), Member("hiding_forfeited", JSON(isGivenUp)),
      Member("proofs", .array(outcomes.map(\.json))),
    ]
    if let failure = failures.first(where: { $0.status == .doesNotHold }) ?? failures.first {
      throw Failure(status: failure.status, message: failure.message, isShown: proofs.count > 1, members: members)
    }
    shared.emit(.object(members))
  }

  private func outcome(of path: String, _ key: VerifyingKey, _ weights: [Soundness], isGivenUp: Bool) -> ProofOutcome {
    func outcome(_ proof: Proof?, _ saturatedCount: Int, _ failure: Failure?) -> ProofOutcome {
      ProofOutcome(
        path: path, key: key, weightSoundness: weights, isGivenUp: isGivenUp, proof: proof, saturatedCount: saturatedCount,
        failure: failure)
    }
    do {
      let (proof, saturated) = try checkedProof(path, key)
      return outcome(proof, saturated, nil)
    } catch { return outcome(nil, 0, Failure(error)) }
  }

  private func checkedProof(_ path: String, _ key: VerifyingKey) throws -> (Proof, saturatedCount: Int) {
    let bytes = try readFile(path, limit: proofByteCap)
    guard bytes.starts(with: FileKind.proof.rawValue.utf8) else {
      throw Failure.unusable("\(path): is not a .proof file")
    }
    let proof: Proof
    do throws(VerificationError) {
      proof = try Proof(file: bytes, key: key)
      try key.verify(proof)
    } catch {
      guard error != .unsupportedVersion else { throw otherVersion(path) }
      throw Failure.doesNotHold("\(path): does not hold: it \(error.reason)")
    }
    return (proof, try demand(proof.statement, path, key.circuit))
  }

  /// - Returns: How many values of the demanded input are beyond the network's range.
  private func demand(_ statement: Statement, _ path: String, _ circuit: ArithmeticCircuit) throws -> Int {
    var saturatedCount = 0
    func differs(_ part: String) -> Failure { .doesNotHold("\(path): does not hold for this statement: \(part)") }
    guard statement.context == Array(context.utf8) else {
      throw differs("its context is \(contextText(statement.context)), not \(contextText(Array(context.utf8)))")
    }
    let digests = statement.commitments.map(\.digest.hexadecimal)
    guard inputCommitment.isEmpty || inputCommitment.map({ $0.lowercased() }) == digests else {
      throw differs(digests.isEmpty ? "no input is committed" : "its committed inputs are \(digests.joined(separator: ", "))")
    }
    let shown = statement.ports(circuit, .shown)
    for (name, texts, ports, integers) in [
      ("input", input, shown, statement.inputs), ("output", output, circuit.outputs, statement.outputs),
    ] {
      guard !texts.isEmpty else { continue }
      let source = try DataSource(texts)
      let text = source.description
      guard !ports.isEmpty else {
        throw differs("its \(name) is private" + (digests.isEmpty ? "" : ": demand the committed one by --input-commitment"))
      }
      let demanded = try circuit.quantized(source, ports)
      guard demanded.batch == statement.batch else {
        throw differs("its batch is \(statement.batch), \(text) has \(demanded.batch)")
      }
      demanded.matches.forEach(shared.note)
      if name == "output", let value = demanded.saturated.first {
        throw differs("\(value) of \(text) is beyond the range of the network's output")
      }
      guard demanded.integers == integers else { throw differs("its \(name) is not \(text)") }
      demanded.saturationNotice(text).map(shared.note)
      saturatedCount += demanded.saturated.count
    }
    if !input.isEmpty {
      for (port, visibility) in zip(circuit.inputs, statement.visibility)
      where visibility == .hidden || visibility == .committed && inputCommitment.isEmpty {
        shared.note(
          "\(path): input '\(port.name)' is "
            + (visibility == .committed ? "committed: --input-commitment demands it" : "hidden: nothing is demanded of it"))
      }
    }
    return saturatedCount
  }
}

/// What was found about one proof.
struct ProofOutcome {
  let path: String
  let key: VerifyingKey
  /// Of the key.
  let weightSoundness: [Soundness]
  /// Whether the weights may be known, by the count beside the key.
  let isGivenUp: Bool
  /// When it is valid.
  let proof: Proof?
  /// How many values of the input that was demanded were taken to an end of the network's range.
  let saturatedCount: Int
  let failure: Failure?

  var summary: String { failure?.message ?? "\(path): valid" + (proof.map { ", \($0.mode.name)" } ?? "") }

  /// The statement of a valid proof; nothing otherwise.
  var lines: [String] {
    guard let proof else { return [] }
    let (circuit, statement) = (key.circuit, proof.statement)
    func names(_ visibility: Visibility...) -> String? {
      let names = visibility.flatMap { statement.ports(circuit, $0) }.map { "\($0.name) (\($0.shapeText))" }
      return names.isEmpty ? nil : "input " + names.joined(separator: ", ")
    }
    return [
      "valid: \(path)", "model    \(key.modelID)", "name     \(circuit.name)", "batch    \(statement.batch)",
      "context  \(contextText(statement.context))",
    ] + zip(statement.ports(circuit, .committed), statement.commitments).map {
      "input    \($0.name) (\($0.shapeText)), committed: \($1.digest.hexadecimal)"
    } + proof.mode.lines(shown: names(.shown), hidden: names(.hidden, .committed), isGivenUp: isGivenUp) + [
      "sound    \(soundness(of: proof).line)", "         \(Soundness.workNotice)",
    ] + zip(circuit.outputs, statement.outputs).flatMap { $0.lines($1, circuit) }
  }

  private func soundness(of proof: Proof) -> RestingSoundness {
    RestingSoundness(key.soundness(of: proof), key, weightSoundness, commitment: proof.keyDigest)
  }

  var json: JSON {
    guard let proof else {
      return ["proof": .string(path), "valid": .bool(false), "reason": .string(failure?.message ?? "")]
    }
    let (circuit, statement) = (key.circuit, proof.statement)
    let (shown, committed) = (statement.ports(circuit, .shown), statement.ports(circuit, .committed))
    let hidden = statement.ports(circuit, .hidden) + committed
    let soundness = soundness(of: proof)
    return [
      "proof": .string(path), "valid": .bool(true), "hiding": .bool(proof.mode == .hiding), "batch": .integer(statement.batch),
      "saturated": .integer(saturatedCount), "context": .string(String(decoding: statement.context, as: UTF8.self)),
      "public": .array((shown + circuit.outputs).map { .string($0.name) }),
      "hidden": .array((hidden.map(\.name) + proof.mode.hiddenParts(isGivenUp: isGivenUp)).map { .string($0) }),
      "committed": .array(
        zip(committed, statement.commitments).map { ["input": .string($0.name), "digest": .string($1.digest.hexadecimal)] }),
      "soundness_bits": .number(soundness.own.totalBits), "weights_soundness_bits": JSON(soundness.weightBits),
      "total_soundness_bits": .number(soundness.totalBits), "work_bits": .integer(Code.grindingBits),
      "inputs": shown.json(statement.inputs, circuit, batch: statement.batch),
      "outputs": circuit.outputs.json(statement.outputs, circuit, batch: statement.batch),
    ]
  }
}

extension Statement {
  /// The input ports that are as visible as this.
  func ports(_ circuit: ArithmeticCircuit, _ visibility: Visibility) -> [Port] {
    zip(circuit.inputs, self.visibility).filter { $1 == visibility }.map(\.0)
  }
}
