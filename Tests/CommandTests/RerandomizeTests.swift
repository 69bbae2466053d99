import Glibc
import Prover
import Testing
import Verifier

/// `setup --rerandomize`: the same model under a fresh commitment.
@Suite struct RerandomizeTests {
  private func prove(_ network: TrainedNetwork, _ name: String, sample: Int = 0) throws -> ToolResult {
    try network.place.run(["prove", "@net", "--input", TrainedNetwork.sample(sample), "-o", "@\(name).proof"])
  }

  private func rerandomize(_ network: TrainedNetwork, _ options: String...) throws -> ToolResult {
    try network.place.run(["setup", "@net", "--rerandomize"] + options)
  }

  private func sections(_ network: TrainedNetwork) throws -> [LedgerSection] {
    try LedgerSection.sections(network.place.bytes("net.spent"))
  }

  private func key(_ network: TrainedNetwork) throws -> VerifyingKey {
    try VerifyingKey(file: network.place.bytes("net.vk"))
  }

  @Test func usedUpKeysAreContinued() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "1")
    let place = network.place
    let list = (0..<20).map { "\(TrainedNetwork.sample($0)) \(place.path)/old\($0).proof\n" }.joined()
    try place.write(Array(list.utf8), to: "list")
    let usedUp = try place.run("prove", "@net", "--many", "@list")
    #expect(usedUp.status == 2 && usedUp.errors.contains("zkml setup NET --rerandomize"))
    let old = place.names.filter { $0.hasPrefix("old") }
    #expect(!old.isEmpty)
    let before = try place.bytes("net.vk")
    try place.write(before, to: "before.vk")
    let setup: Setup = try network.object("setup", "@net", "--rerandomize", "--proofs", "3")
    #expect(setup.rerandomized && setup.chain == 2 && setup.proofs == 3 && setup.hiding)
    #expect(setup.model == (try VerifyingKey(file: before).modelID))
    #expect(place.mode("net.pk") == 0o600 && place.mode("net.spent") == 0o600)
    #expect(try prove(network, "new").status == 0)
    for proof in old + ["new.proof"] { #expect(try network.verify("@" + proof, context: "").status == 0, "\(proof)") }
    #expect(try network.verify("@" + old[0], key: "@before.vk", context: "").status == 0)
    let foreign = try network.verify("@new.proof", key: "@before.vk", context: "")
    #expect(foreign.status == 1 && foreign.errors.contains("another key"))
    #expect(try network.verify("@new.proof", "@" + old[0], "--model", setup.model, "--recheck", context: "").status == 0)
    try network.succeed("measure", "@net", "--input", TrainedNetwork.sample(0), "--repeat", "1")
    let again = try rerandomize(network)
    #expect(again.status == 0 && again.output.contains("model \(setup.model), as before"))
    #expect(again.output.contains("the weights in 3 proofs") && again.output.contains("a chain of 3 commitments"))
    #expect(try prove(network, "newer").status == 0)
    #expect(try network.verify("@" + old[0], "@new.proof", "@newer.proof", context: "").status == 0)
  }

  @Test func everyKeyCountsWhatItsProofsOpen() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "2")
    let (old, atSetup) = (try key(network).core, try sections(network))
    #expect(try rerandomize(network).status == 0)
    let (new, handedOver) = (try key(network).core, try sections(network))
    let queryCount = try #require(new.code).queryCount
    #expect(atSetup.map(\.key) == [old.digest] && handedOver.map(\.key) == [old.digest, new.digest])
    #expect((queryCount / 2...queryCount).contains(handedOver[0].spentCount - atSetup[0].spentCount))
    #expect((queryCount / 2...queryCount).contains(handedOver[1].spentCount))
    #expect(try prove(network, "a").status == 0)
    let proved = try sections(network)
    #expect(proved[0].bits == handedOver[0].bits && proved[1].spentCount > handedOver[1].spentCount)
  }

  @Test func theCountIsWrittenFirst() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "1")
    let watch = inotify_init1(Int32(IN_NONBLOCK))
    defer { close(watch) }
    #expect(inotify_add_watch(watch, network.place.path, UInt32(IN_CREATE | IN_MOVED_TO)) >= 0)
    #expect(try rerandomize(network).status == 0)
    var events = [UInt8](repeating: 0, count: 4096)
    let count = read(watch, &events, events.count)
    // Each event: 16 bytes, of which the last four say how long the name is that follows.
    var (names, start) = ([String](), 0)
    while start < count {
      let length = events[start + 12..<start + 16].reversed().reduce(0) { $0 << 8 | Int($1) }
      names.append(String(decoding: events[start + 16..<start + 16 + length].prefix { $0 != 0 }, as: UTF8.self))
      start += 16 + length
    }
    let written = names.filter { $0.hasPrefix(".zkml.") || $0.hasPrefix("net.") }.map { $0.hasPrefix(".") ? "staged" : $0 }
    #expect(written == ["staged", "net.spent", "staged", "staged", "net.vk", "net.pk"])
  }

  /// The tool writes NET.spent, NET.vk, NET.pk in this order; stopped between, what is there can be used.
  @Test(arguments: [["net.pk"], ["net.pk", "net.vk"]]) func interruptedRunsAreRepeated(missing: [String]) throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "3")
    let place = network.place
    let before = try missing.map { try place.bytes($0) }
    #expect(try prove(network, "first").status == 0)
    #expect(try rerandomize(network).status == 0)
    let lost = try place.bytes("net.vk")
    let counted = try sections(network)
    for (name, bytes) in zip(missing, before) { try place.write(bytes, to: name) }
    #expect(try prove(network, "second").status == 0)
    #expect(try network.verify("@first.proof", "@second.proof", context: "").status == 0)
    let proved = try sections(network)
    #expect(proved[0].spentCount > counted[0].spentCount)
    let again = try rerandomize(network, "--proofs", "7")
    #expect(again.status == 0 && again.errors.contains("was begun for 3 proofs, and there is only one"))
    #expect(try place.bytes("net.vk") == lost)
    #expect(try sections(network).map(\.bits) == [proved[0].bits, counted[1].bits])
    #expect(try prove(network, "third").status == 0)
    #expect(try network.verify("@first.proof", "@second.proof", "@third.proof", context: "").status == 0)
  }

  /// However often a key is continued, there is one that follows, and one proof of that.
  @Test(arguments: ["1", "2"]) func oneKeyFollows(threads: String) throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "1")
    let place = network.place
    let names = ["net.pk", "net.vk", "net.spent"]
    let old = try names.map { try place.bytes($0) }
    #expect(try rerandomize(network).status == 0)
    let new = try names.map { try place.bytes($0) }
    let code = try #require(try KeyBytes(old[0]).key.core.code)
    #expect(try sections(network)[0].spentCount <= code.tailCount)
    for lost in [[0], [0, 1], [0, 1, 2]] {
      for index in lost { try place.write(old[index], to: names[index]) }
      #expect(try rerandomize(network, "--threads", threads).status == 0)
      #expect(try names.map { try place.bytes($0) } == new)
    }
    // Of a count that knows another one, nothing more is shown.
    for index in 0..<3 { try place.write(old[index], to: names[index]) }
    let ledger = try #require(try PositionLedger(path: place.path + "/net.spent", core: KeyBytes(old[0]).key.core))
    let other = PositionLedger(path: ledger.path, key: .zero, domainBits: 9, limit: 20, queryCount: 4)
    try ledger.handOver([], to: other, [], Successor(proofCount: 1, proof: []))
    let refused = try rerandomize(network)
    #expect(refused.status == 2 && refused.errors.contains("counts another commitment that follows"))
    #expect(try place.bytes("net.vk") == old[1] && place.bytes("net.pk") == old[0])
  }

  @Test func otherFilesAreRefused() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "1")
    let place = network.place
    let names = ["net.pk", "net.vk", "net.spent"]
    let first = try names.map { try place.bytes($0) }
    try network.succeed("setup", "@net", "--proofs", "1", "--overwrite")
    let second = try names.map { try place.bytes($0) }
    func expectRefusal(_ files: [[UInt8]?], _ reason: String) throws {
      for (name, bytes) in zip(names, files) {
        if let bytes { try place.write(bytes, to: name) } else { unlink(place.path + "/" + name) }
      }
      let result = try rerandomize(network)
      #expect(result.status == 2 && result.errors.contains(reason), "\(result.errors)")
      for (name, bytes) in zip(names, files) {
        if let bytes { #expect(try place.bytes(name) == bytes) } else { #expect(!place.names.contains(name)) }
      }
    }
    try expectRefusal([second[0], first[1], second[2]], "net.vk: does not know the commitment of")
    try expectRefusal([second[0], second[1], first[2]], "net.spent: belongs to another commitment")
    try expectRefusal([second[0], second[1], nil], "net.spent: is missing")
    try expectRefusal([second[0], nil, second[2]], "net.vk")
    try expectRefusal([nil, second[1], second[2]], "net.pk")
    #expect(try rerandomize(network, "--transparent").status != 0)
    try network.succeed("setup", "@net", "--transparent", "--overwrite", "--forfeit-hiding")
    let refused = try rerandomize(network)
    #expect(refused.status == 2 && refused.errors.contains("this key hides nothing"))
  }

  @Test func chainsAreShown() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "1")
    #expect(try rerandomize(network, "--proofs", "20").status == 0)
    let key = try key(network)
    let shown = try network.succeed("inspect", "@net.vk").output
    for (index, link) in key.chain.enumerated() {
      #expect(shown.contains("commitment \(index + 1) of 2: root \(link.core.root.hexadecimal)"))
    }
    #expect(shown.contains("weight range proof: ") && shown.contains("equal weights proof: "))
    let object: InspectedKey = try network.object("inspect", "@net.vk")
    #expect(object.chain.map(\.proofs) == [1, 20] && object.chain.map(\.proof_bytes) == key.chain.map(\.proof.count))
    let ledger: InspectedLedger = try network.object("inspect", "@net.spent")
    #expect(ledger.keys.map(\.key) == key.chain.map(\.core.digest.hexadecimal))
    #expect(ledger.keys.map(\.spent_positions) == (try sections(network)).map(\.spentCount))
    let budget: KeyBudget = try network.object("inspect", "@net.pk")
    let left = try #require(budget.proofs_left)
    #expect(left >= 20)
    #expect(try network.succeed("inspect", "@net.pk").output.contains("left      at least \(left) proofs"))
  }
}

private struct Setup: Decodable {
  let model: String
  let rerandomized, hiding: Bool
  let chain, proofs: Int
}

private struct InspectedKey: Decodable {
  struct Link: Decodable { let proofs, proof_bytes: Int }
  let chain: [Link]
}

private struct InspectedLedger: Decodable {
  struct Section: Decodable {
    let key: String
    let spent_positions: Int
  }
  let keys: [Section]
}
