import Glibc
import Prover
import Testing
import Verifier

/// What is left of hiding after a transparent proof.
@Suite struct GivenUpHidingTests {
  private func prove(_ network: TrainedNetwork, _ options: String...) throws -> ToolResult {
    try network.place.run(["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof"] + options)
  }

  private func isGivenUp(_ network: TrainedNetwork) throws -> Bool? {
    let key: Key = try network.object("inspect", "@net.pk")
    return key.hiding_forfeited
  }

  private let reason = "a transparent proof or key was made of these weights"

  @Test func transparentProofsOfHidingKeysAreRefused() throws {
    let network = try TrainedNetwork(isProved: false)
    let before = try network.place.bytes("net.spent")
    try network.place.write(Array("\(TrainedNetwork.sample(0)) \(network.place.path)/a.proof\n".utf8), to: "list")
    for result in [try prove(network, "--transparent"), try network.place.run("prove", "@net", "--many", "@list", "--transparent")] {
      #expect(result.status == 2 && result.errors.contains("add --forfeit-hiding"), "\(result.errors)")
    }
    #expect(try prove(network, "--forfeit-hiding").status == 2)
    #expect(try network.place.bytes("net.spent") == before && !network.place.names.contains("a.proof"))
    #expect(try isGivenUp(network) == false)
  }

  /// The mark stays and is told, by every command that sees it, also through a chain.
  @Test func theMarkStays() throws {
    let network = try TrainedNetwork(isProved: false)
    #expect(try !prove(network).errors.contains(reason))
    #expect(try prove(network, "--transparent", "--forfeit-hiding").status == 0)
    let (key, size) = (try KeyBytes(network.place.bytes("net.pk")).key, try network.place.bytes("net.spent").count)
    func expectTold() throws {
      for arguments in [
        ["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof", "--private-input"],
        ["verify", "--key", "@net.vk", "@a.proof"], ["inspect", "@net.vk"], ["inspect", "@a.proof", "--key", "@net.vk"],
        ["verify", "--key", "@net.vk", "@a.proof", "@a.proof"],
      ] {
        let result = try network.place.run(arguments)
        #expect(result.status == 0 && result.errors.contains(reason), "\(arguments): \(result.errors)")
        #expect(!result.output.contains("weights and all values between"), "\(arguments): \(result.output)")
        let object: Key = try network.object(arguments)
        #expect(object.hiding_forfeited == true, "\(arguments)")
      }
      let verified = try network.succeed("verify", "--key", "@net.vk", "@a.proof")
      #expect(verified.output.contains("mode     hiding\n") && !verified.output.contains("hidden   weights"))
      #expect(verified.output.contains("\n         not the weights: \(reason)"), "\(verified.output)")
      let object: Verified = try network.object("verify", "--key", "@net.vk", "@a.proof")
      #expect(object.proofs.map(\.hidden) == [["input"]])
      for name in ["net.pk", "net.spent"] { #expect(try network.succeed("inspect", "@" + name).output.contains("hiding    given up")) }
      #expect(try isGivenUp(network) == true)
    }
    try expectTold()
    let refused = try network.place.run("setup", "@net", "--rerandomize")
    #expect(refused.status == 2 && refused.errors.contains(reason) && refused.errors.contains("--forfeit-hiding"))
    #expect(try KeyBytes(network.place.bytes("net.pk")).key.core == key.core && network.place.bytes("net.spent").count == size)
    try network.succeed("setup", "@net", "--rerandomize", "--forfeit-hiding")
    try expectTold()
    let again = try network.succeed("setup", "@net", "--overwrite")
    #expect(again.errors.contains(reason))
    try expectTold()
  }

  /// Whatever becomes of the keys, and however the weights are compiled anew.
  @Test func newKeysInheritTheMark() throws {
    let network = try TrainedNetwork(isProved: false)
    func setup(_ options: String...) throws -> ToolResult { try network.succeed(["setup", "@net", "--overwrite"] + options) }
    #expect(try setup().errors.contains(reason) == false && isGivenUp(network) == false)
    let earlier = try ["net.pk", "net.vk"].map { ($0, try network.place.bytes($0)) }
    #expect(try setup().errors.contains(reason) == false && isGivenUp(network) == false)
    #expect(try prove(network, "--transparent", "--forfeit-hiding").status == 0)
    unlink(network.place.path + "/net.vk")
    #expect(try setup().errors.contains(reason) && isGivenUp(network) == true)
    unlink(network.place.path + "/net.pk")
    #expect(try setup().errors.contains(reason) && isGivenUp(network) == true)
    for name in ["net.pk", "net.vk"] { unlink(network.place.path + "/" + name) }
    #expect(try network.succeed("setup", "@net").errors.contains(reason) && isGivenUp(network) == true)
    for (name, bytes) in earlier { try network.place.write(bytes, to: name) }
    #expect(try isGivenUp(network) == true && network.place.run("setup", "@net", "--rerandomize").status == 2)
    let compile = ["compile", TrainedNetwork.model, "--calibrate", TrainedNetwork.calibration, "-o", "@net"]
    try network.succeed(compile + ["--bits", "9"])
    #expect(try setup().errors.contains(reason) && isGivenUp(network) == true, "the weights are the same, with other bits")
    try network.succeed(["setup", "@net", "--overwrite", "--transparent", "--forfeit-hiding"])
    unlink(network.place.path + "/net.spent")
    for name in ["net.pk", "net.vk"] {
      var bytes = try network.place.bytes(name)
      bytes[8] = 1
      try network.place.write(bytes, to: name)
    }
    try network.succeed(["setup", "@net", "--overwrite", "--transparent"])
    #expect(try setup().errors.contains(reason) && isGivenUp(network) == true, "the range proof of a transparent key shows them")
  }

  @Test func transparentKeysOfHiddenWeightsAreRefused() throws {
    let network = try TrainedNetwork(isProved: false)
    let before = try ["net.pk", "net.vk", "net.spent"].map { try network.place.bytes($0) }
    let refused = try network.place.run("setup", "@net", "--transparent", "--overwrite")
    #expect(refused.status == 2 && refused.errors.contains("add --forfeit-hiding"), "\(refused.errors)")
    #expect(!refused.errors.contains("under another name"))
    #expect(try ["net.pk", "net.vk", "net.spent"].map { try network.place.bytes($0) } == before)
    try network.succeed("setup", "@net", "--transparent", "--forfeit-hiding", "--overwrite")
    #expect(try LedgerSection.sections(network.place.bytes("net.spent")).allSatisfy(\.isHidingGivenUp))
    #expect(try prove(network, "--transparent").status == 0, "nothing is left to give up")
    try network.succeed("setup", "@net", "--transparent", "--forfeit-hiding", "--overwrite")
  }

  /// A count that was deleted makes nothing known.
  @Test func keysHideWithoutTheirCount() throws {
    let network = try TrainedNetwork(isProved: false)
    let files = try ["net.pk", "net.vk"].map { ($0, try network.place.bytes($0)) }
    unlink(network.place.path + "/net.spent")
    for (kept, bytes) in files {
      for (name, _) in files { unlink(network.place.path + "/" + name) }
      for content in [bytes, bytes.enumerated().map { $0 == 8 ? 99 : $1 }, Array(bytes.prefix(9))] {
        try network.place.write(content, to: kept)
        let refused = try network.place.run("setup", "@net", "--transparent", "--overwrite")
        #expect(refused.status == 2 && refused.errors.contains("\(kept): keys of this name hide weights"), "\(refused.errors)")
        #expect(try network.place.bytes(kept) == content)
      }
    }
    let forfeited = try network.succeed("setup", "@net", "--transparent", "--overwrite", "--forfeit-hiding")
    #expect(forfeited.errors.contains("net.spent: is missing, so no file notes"))
    try network.succeed("setup", "@net", "--transparent", "--overwrite")
  }
}

/// The tool verifies what it made before others can see it.
@Suite struct SelfCheckTests {
  private struct Proved: Decodable { let prove_s: Double, check_s: Double? }

  @Test func proofsAreChecked() throws {
    let network = try TrainedNetwork(isProved: false)
    let arguments = ["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof"]
    let checked: Proved = try network.object(arguments)
    let unchecked: Proved = try network.object(arguments + ["--no-check"])
    #expect(checked.check_s ?? 0 > 0 && unchecked.check_s == nil)
    #expect(try network.place.run(arguments + ["-v"]).errors.contains("  check "))
  }

  /// A key whose seal is right and whose weights are not those of its commitment stands for a machine that errs.
  @Test func aWrongProofIsCountedAndNotShown() throws {
    let network = try TrainedNetwork(isProved: false)
    let place = network.place
    let key = KeyBytes(try place.bytes("net.pk"))
    let start = 11 + 4 + (try key.key).circuit.encoded.count + WeightCommitment.parameterByteCount + 2 * Digest.byteCount
    try place.write(key.changed { $0[start] ^= 1 }.file, to: "net.pk")
    let (names, before) = (place.names, try LedgerSection.sections(place.bytes("net.spent"))[0])
    let arguments = ["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof"]
    let result = try place.run(arguments)
    #expect(result.status == 3 && result.errors.contains("a.proof, just made, does not hold"), "\(result.errors)")
    #expect(place.names == names)
    #expect(try LedgerSection.sections(place.bytes("net.spent"))[0].spentCount > before.spentCount)
    #expect(try place.run(arguments + ["--no-check"]).status == 0)
    #expect(try place.run("verify", "--key", "@net.vk", "@a.proof").status == 1)
    // Of the commitment that would follow nothing is counted: it can still be made right.
    let files = try (place.bytes("net.vk"), place.bytes("net.spent"))
    #expect(try place.run("setup", "@net", "--rerandomize").status == 3)
    #expect(try (place.bytes("net.vk"), place.bytes("net.spent")) == files)
    try place.write(key.file, to: "net.pk")
    try network.succeed("setup", "@net", "--rerandomize")
  }
}

private struct Key: Decodable { let hiding_forfeited: Bool? }

private struct Verified: Decodable {
  struct Proof: Decodable { let hidden: [String] }

  let proofs: [Proof]
}
