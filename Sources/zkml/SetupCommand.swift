import ArgumentParser
import Circuit
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

      When a key is used up, --rerandomize replaces it: it reads NET.pk and NET.vk, commits to the same weights afresh and
      adds to NET.vk a proof that they are the same. The model id stays, and the new NET.vk verifies old proofs and new ones.
      --proofs is that of the key before, if nothing else is said. A run that was stopped is finished by running it again:
      it makes the same key once more.

      A key that the disk has no room for is refused before any work; on a terminal, one of more than 2 GB is asked about.
      A key that is there is replaced with --overwrite alone, which makes a new model. NET.spent is never replaced: it goes on
      counting for the old key too. A first setup that was stopped before there was a key is run again.

      A transparent key shows its weights. So does one of the same weights under another name. Where a key of this name hides
      weights, --transparent needs --forfeit-hiding.

        zkml setup net
        zkml setup net --proofs 1000
        zkml setup net --rerandomize
        zkml setup net --transparent
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: "How many proofs the key hides the weights in, 1 to \(WeightCommitment.proofCountCap).") var proofs: Int?

  @Flag(help: "Make a key that hides nothing, for prove --transparent.") var transparent = false

  @Flag(help: "Go on with the same model and a fresh commitment, when its key is used up.") var rerandomize = false

  @Flag(help: "Replace the key that is there.") var overwrite = false

  @Flag(help: "Do not ask before a key of more than 2 GB is made.") var yes = false

  @Flag(help: "Go on although weights that a key hides, or hid, are shown.") var forfeitHiding = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if overwrite, rerandomize { throw ValidationError("give --rerandomize or --overwrite") }
    if transparent, rerandomize { throw ValidationError("give --rerandomize or --transparent") }
    guard let proofs else { return }
    if transparent { throw ValidationError("give --proofs or --transparent") }
    if !(1...WeightCommitment.proofCountCap).contains(proofs) {
      throw ValidationError("--proofs must be 1 to \(WeightCommitment.proofCountCap)")
    }
  }

  func run() throws {
    try shared.requireNoSeed(transparent: transparent)
    let files = NetworkFiles(path: network)
    shared.noteFiles(
      secret: [rerandomize ? files.provingKeyPath : files.weightsPath, files.ledgerPath], written: [files.provingKeyPath])
    let start = ContinuousClock.now
    let made = rerandomize ? try rerandomized(files) : try first(files)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let (key, secretCount, openCount) = (made.verifyingKey, made.secret.bytes.count, made.open.bytes.count)
    shared.say("model \(key.modelID)" + (rerandomize ? ", as before" : ""))
    shared.say("wrote \(made.secret.path) (private, \(grouped(secretCount)) bytes)")
    let chain = rerandomize ? ", a chain of \(key.chain.count) commitments" : ""
    shared.say("wrote \(made.open.path) (public, \(grouped(openCount)) bytes\(chain))")
    if let ledger = made.ledger { shared.say("wrote \(ledger.path) (private)") }
    shared.detail("setup took \(duration(seconds))")
    let paths = [made.secret.path, made.open.path] + (made.ledger.map { [$0.path] } ?? [])
    shared.emit([
      "model": .string(key.modelID), "setup_s": .number(seconds),
      "proving_key_bytes": .integer(secretCount), "verifying_key_bytes": .integer(openCount),
      "hiding": .bool(key.core.mode == .hiding), "proofs": .integer(key.core.proofCount),
      "rerandomized": .bool(rerandomize), "chain": .integer(key.chain.count), "cost": made.cost.json,
      "files": .array(paths.map { .string($0) }),
    ])
  }

  /// Says what a key costs; refuses one that the disk has no room for, and asks about a large one.
  private func cost(_ circuit: ArithmeticCircuit, _ proofCount: Int, _ files: NetworkFiles) throws -> KeyCost {
    let cost = KeyCost(circuit, proofCount: proofCount, threads: shared.threadCount)
    shared.say(cost.line)
    try requireRoom(files.provingKeyPath, byteCount: cost.keyByteCount)
    if cost.keyByteCount > 2_000_000_000, !yes, !Output.confirm("a key of \(grouped(cost.keyByteCount)) bytes: go on? [y/N] ") {
      throw Failure.unusable("\(files.provingKeyPath): was not wanted; --yes makes it without asking")
    }
    shared.status("committing to the weights")
    return cost
  }

  private func first(_ files: NetworkFiles) throws -> MadeKeys {
    let loss = try files.requireNoKey(overwrite: overwrite)
    let lowered = try files.lowered()
    let circuit = lowered.circuit
    let sources = SourceFiles([files.circuitPath, files.weightsPath])
    for (path, kind) in files.keyKinds {
      try requireWritable(path, for: kind.rawValue.utf8)
      try sources.requireOther(path)
    }
    try PositionLedger.requireExtendable(files.ledgerPath)
    let isShown = files.hasTransparentKey
    if !lowered.weights.isEmpty { try noteEarlierKeys(files, isShown: isShown) }
    loss.map(shared.note)
    let cost = try cost(circuit, transparent ? 0 : proofs ?? circuit.defaultProofCount, files)
    let key = ProvingKey(
      circuit: circuit, weights: lowered.weights, proofCount: cost.proofCount, threads: shared.threadCount)
    shared.status("proving that the weights are in range")
    let (verifyingKey, positions) = try key.proveWeightRange(threads: shared.threadCount)
    shared.status("writing the keys")
    let made = try MadeKeys(cost, key, verifyingKey, files)
    try alone(besides: files.provingKeyPath) {
      // What another run has made meanwhile counts as well.
      _ = try files.requireNoKey(overwrite: overwrite)
      if transparent, !lowered.weights.isEmpty { try noteEarlierKeys(files, isShown: isShown) }
      let isShown = isShown || files.hasTransparentKey
      try made.ledger?.reporting { ledger throws(LedgerError) in try ledger.begin(spent: positions, isHidingGivenUp: isShown) }
      try write([made.secret, made.open], replacing: overwrite)
    }
    return made
  }

  /// What the weights' hiding by earlier keys of this name has to do with a new key.
  ///
  /// - Parameter isShown: True when one of them is transparent.
  private func noteEarlierKeys(_ files: NetworkFiles, isShown: Bool) throws {
    let path = files.ledgerPath
    guard transparent else {
      guard isShown || files.knownSections.contains(where: \.isHidingGivenUp) else { return }
      return shared.note(
        "\(path): says of the new key too: \(LedgerSection.givenUp); a network that was trained anew needs another name")
    }
    guard let hiding = files.hidingFile() else { return }
    guard forfeitHiding else {
      throw Failure.unusable(
        "\(hiding): keys of this name hide weights, and a transparent key of the same weights shows them, whatever its name: "
          + "set up without --transparent, or add --forfeit-hiding to give the hiding up for good")
    }
    guard fileExists(path) else {
      return shared.note("\(path): is missing, so no file notes that a transparent key shows these weights")
    }
    do throws(LedgerError) { try PositionLedger.giveUpHiding(path) } catch { throw Failure(error, path) }
  }

  private func rerandomized(_ files: NetworkFiles) throws -> MadeKeys {
    let (previous, _) = try files.provingKey()
    try previous.core.require(.hiding, files.provingKeyPath)
    guard let ledger = files.ledger(of: previous.core) else {
      throw Failure.unusable("\(files.provingKeyPath): the network has no weights that a new commitment could hide")
    }
    let section = try ledger.reporting { ledger throws(LedgerError) in
      try ledger.requireOneName()
      return try ledger.section()
    }
    guard !section.isHidingGivenUp || forfeitHiding else {
      throw Failure.unusable(
        "\(ledger.path): \(LedgerSection.givenUp), and no new commitment hides them again: "
          + "--forfeit-hiding makes one all the same")
    }
    let (known, _) = try VerifyingKey.trusted(files.verifyingKeyPath)
    guard let index = known.chain.firstIndex(where: { $0.core == previous.core }) else {
      throw Failure.unusable(
        "\(files.verifyingKeyPath): does not know the commitment of \(files.provingKeyPath): "
          + "put the verifying key back that was written with it, or a later one of its chain")
    }
    guard index + 2 <= VerifyingKey.chainCap else {
      throw Failure.unusable("\(files.verifyingKeyPath): has as many commitments as a verifying key can have")
    }
    for (path, kind) in files.keyKinds { try requireWritable(path, for: kind.rawValue.utf8) }
    let begun = section.successor?.proofCount
    if let begun, let proofs, proofs != begun {
      shared.note("--proofs: what follows this key was begun for \(grouped(begun)) proofs, and there is only one")
    }
    let cost = try cost(previous.circuit, begun ?? proofs ?? previous.core.proofCount, files)
    let key = previous.next(proofCount: cost.proofCount, threads: shared.threadCount)
    shared.status("proving that both commitments hold the same weights")
    let (verifyingKey, positions, previousPositions) = try key.proveEqualWeights(
      previous, in: known, threads: shared.threadCount)
    shared.status("writing the keys")
    let made = try MadeKeys(cost, key, verifyingKey, files)
    guard let next = made.ledger, let proof = verifyingKey.chain.last?.proof else { return made }
    let successor = Successor(proofCount: cost.proofCount, proof: proof)
    try alone(besides: files.provingKeyPath) {
      try files.requireKnown(previous.core)
      try ledger.reporting { ledger throws(LedgerError) in
        try ledger.handOver(previousPositions, to: next, positions, successor)
      }
      try write([made.open, made.secret])
    }
    return made
  }
}

/// What setup makes, with the files that it is in.
private struct MadeKeys {
  let cost: KeyCost
  let verifyingKey: VerifyingKey
  let secret: OutputFile
  let open: OutputFile
  let ledger: PositionLedger?

  /// - Throws: also when the proof about the weights does not hold.
  init(_ cost: KeyCost, _ key: ProvingKey, _ verifyingKey: VerifyingKey, _ files: NetworkFiles) throws {
    do throws(VerificationError) { try verifyingKey.verifyWeights() } catch {
      throw Failure.faulty("the proof about the weights", error)
    }
    self.cost = cost
    self.verifyingKey = verifyingKey
    secret = OutputFile(path: files.provingKeyPath, bytes: try key.file(), isSecret: true)
    open = OutputFile(path: files.verifyingKeyPath, bytes: verifyingKey.file)
    ledger = files.ledger(of: key.core)
  }
}
