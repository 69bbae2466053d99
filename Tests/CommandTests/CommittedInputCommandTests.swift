import Glibc
import Testing
import Verifier

/// commit-input, and what prove and verify make of it.
@Suite struct CommittedInputCommandTests {
  private struct Committed: Decodable { let digest: String }
  private struct Verified: Decodable {
    struct Input: Decodable { let digest: String }
    struct Proof: Decodable { let hidden: [String]; let committed: [Input] }
    let proofs: [Proof]
  }

  private func commit(_ network: TrainedNetwork, _ sample: Int, _ name: String, _ options: String...) throws -> String {
    let arguments = ["commit-input", "@net", "--input", TrainedNetwork.sample(sample), "-o", "@" + name]
    let committed: Committed = try network.object(arguments + options)
    return committed.digest
  }

  @Test func oneInputProvedByTwoModels() throws {
    let network = try TrainedNetwork(isProved: false)
    try network.succeed(
      "compile", TrainedNetwork.model, "--calibrate", TrainedNetwork.calibration, "--classes", "1", "-o", "@classes")
    try network.succeed("setup", "@classes")
    let digest = try commit(network, 3, "x.input")
    let other = try commit(network, 3, "y.input")
    #expect(digest != other, "equal inputs cannot be told by their digests")
    #expect(network.place.mode("x.input") == 0o600 && network.place.mode("x.input.spent") == 0o600)
    for name in ["net", "classes"] {
      try network.succeed("prove", "@" + name, "--committed-input", "@x.input", "-o", "@a.proof")
      func verify(_ options: String...) throws -> ToolResult {
        try network.place.run(["verify", "--key", "@\(name).vk", "@a.proof"] + options)
      }
      let shown = try verify()
      #expect(shown.status == 0 && shown.output.contains("committed: " + digest))
      #expect(try verify("--input-commitment", digest.uppercased()).status == 0)
      #expect(try verify("--input-commitment", other).status == 1)
      #expect(try verify("--input-commitment", digest, "--input-commitment", digest).status == 1)
      #expect(try verify("--input-commitment", "12").status == 2)
      #expect(try verify("--input", TrainedNetwork.sample(3)).status == 1)
      let object: Verified = try network.object("verify", "--key", "@\(name).vk", "@a.proof")
      #expect(object.proofs[0].committed.map(\.digest) == [digest] && object.proofs[0].hidden.contains("input"))
    }
    try network.succeed("inspect", "@x.input")
    try network.succeed("prove", "@net", "--input", TrainedNetwork.sample(3), "-o", "@b.proof")
    let result = try network.verify("@b.proof", "--input-commitment", digest, context: "")
    #expect(result.status == 1 && result.errors.contains("no input is committed"))
  }

  @Test func commitmentsAreUsedUp() throws {
    let network = try TrainedNetwork(isProved: false)
    _ = try commit(network, 0, "x.input", "--proofs", "1")
    func prove() throws -> ToolResult {
      try network.place.run(["prove", "@net", "--committed-input", "@x.input", "-o", "@a.proof"])
    }
    var count = 0
    while try prove().status == 0, count < 100 { count += 1 }
    #expect((1..<100).contains(count))
    let (refused, ledger) = (try prove(), try network.place.bytes("x.input.spent"))
    #expect(refused.status == 2 && refused.errors.contains("x.input.spent: all proofs"), "\(refused.errors)")
    unlink(network.place.path + "/x.input.spent")
    #expect(try prove().errors.contains("x.input.spent: is missing"))
    try network.place.write(try network.place.bytes("net.spent"), to: "x.input.spent")
    #expect(try prove().errors.contains("belongs to another"))
    try network.place.write(ledger, to: "x.input.spent")
    #expect(try prove().status == 2)
  }

  @Test func misuseIsRefused() throws {
    let network = try TrainedNetwork(isProved: false)
    _ = try commit(network, 0, "x.input")
    try network.succeed(
      "compile", TrainedNetwork.model, "--calibrate", TrainedNetwork.calibration, "--input-scale", "1/100", "-o", "@other")
    try network.succeed("setup", "@other")
    func prove(_ arguments: String..., net: String = "@net") throws -> ToolResult {
      try network.place.run(["prove", net, "-o", "@a.proof"] + arguments)
    }
    let sample = TrainedNetwork.sample(0)
    for (result, reason) in [
      (try prove("--committed-input", "@x.input", "--transparent"), "hides nothing"),
      (try prove("--committed-input", "@x.input", "--input", sample), "every input is a committed one"),
      (try prove("--committed-input", "@x.input", "--committed-input", "@x.input"), "second one"),
      (try prove("--committed-input", "@net.pk"), "is damaged"),
      (try prove("--committed-input", "@none"), "@none".dropFirst().description),
      (try prove("--committed-input", "@x.input", net: "@other"), "another shape, range or scale"),
      (try prove(), "give --input"),
      (try prove("--committed-input", "@x.input", "--many", "@list"), "give --input"),
      (try network.place.run("commit-input", "@net", "--input", sample, "-o", "@z", "--port", "who"), "no input 'who'"),
      (try network.place.run("commit-input", "@net", "--input", sample, "-o", "@z", "--proofs", "0"), "--proofs must be"),
      (try network.place.run("commit-input", "@net", "--input", sample, "-o", "@no/z"), "no/z"),
    ] {
      #expect(result.status == 2 && result.errors.contains(reason), "\(reason): \(result.errors)")
    }
    #expect(!network.place.names.contains("a.proof") && !network.place.names.contains("z"))
  }
}
