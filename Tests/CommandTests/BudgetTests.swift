import Glibc
import Prover
import Testing
import Verifier

/// A hiding key's positions, counted by the tool.
@Suite struct BudgetTests {
  private static let givingUp = ["--transparent", "--forfeit-hiding"]

  private func proofsLeft(_ network: TrainedNetwork) throws -> Int? {
    let key: KeyBudget = try network.object("inspect", "@net.pk")
    return key.proofs_left
  }

  private func prove(_ network: TrainedNetwork, _ sample: Int, _ options: String...) throws -> ToolResult {
    try network.place.run(
      ["prove", "@net", "--input", TrainedNetwork.sample(sample), "-o", "@\(sample).proof"] + options)
  }

  private func spentPositions(_ network: TrainedNetwork) throws -> Set<Int> {
    let file = try network.place.bytes("net.spent")
    return Set(PositionLedgerTests.spentPositions(file, Int(file[11 + PositionLedgerTests.names])))
  }

  @Test(arguments: [[], Self.givingUp]) func keysAreUsedUp(options: [String]) throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "1")
    let left = try #require(try proofsLeft(network))
    #expect(left >= 1)
    let list = (0..<left + 20).map { "\(TrainedNetwork.sample($0)) \(network.place.path)/\($0).proof\n" }.joined()
    try network.place.write(Array(list.utf8), to: "list")
    let proved = try network.place.run(["prove", "@net", "--many", "@list"] + options)
    #expect(proved.status == 2 && proved.errors.contains("make a new one with zkml setup"))
    let proofs = network.place.names.filter { $0.hasSuffix(".proof") }
    #expect(proofs.count >= left)
    for proof in proofs { #expect(try network.verify("@" + proof, context: "").status == 0) }
    #expect(try proofsLeft(network) == 0)
    let ledger = try network.place.bytes("net.spent")
    #expect(try prove(network, 99).status == 2)
    try network.succeed("measure", "@net", "--input", TrainedNetwork.sample(0), "--repeat", "1")
    #expect(try network.place.bytes("net.spent") == ledger)
    #expect(network.place.names.filter { $0.hasSuffix(".proof") } == proofs)
  }

  @Test(arguments: ["", "@", "@" + String(repeating: "n", count: 256), "@none/a.proof"])
  func nothingIsSpentForAProofThatCannotBeWritten(output: String) throws {
    let network = try TrainedNetwork(isProved: false)
    let ledger = try network.place.bytes("net.spent")
    for options in [[], Self.givingUp] {
      let result = try network.place.run(
        ["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", output == "@" ? network.place.path + "/" : output] + options)
      #expect(result.status == 2 || result.status == 3)
      #expect(try network.place.bytes("net.spent") == ledger, "\(output) \(options)")
    }
  }

  @Test func everyProofSpendsWhatItOpens() throws {
    let network = try TrainedNetwork(isProved: false)
    let key = try KeyBytes(network.place.bytes("net.pk")).key
    let ledger = try #require(PositionLedger(path: network.place.path + "/net.spent", core: key.core))
    let atSetup = try spentPositions(network)
    #expect(atSetup.count > ledger.queryCount / 2 && atSetup.count <= ledger.queryCount)
    #expect(try prove(network, 0).status == 0)
    let hidden = try spentPositions(network)
    #expect(hidden.isStrictSuperset(of: atSetup))
    let shown = try prove(network, 1, "--transparent", "--forfeit-hiding")
    #expect(shown.status == 0 && shown.errors.contains("the weights are not hidden any more"))
    let positions = try modelPositions(network, key, "1.proof")
    #expect(try spentPositions(network) == hidden.union(positions) && !positions.isEmpty)
  }

  /// Where a transparent proof opens the model commitment, found by making it again.
  private func modelPositions(_ network: TrainedNetwork, _ key: ProvingKey, _ proof: String) throws -> Set<Int> {
    let file = try network.place.bytes(proof)
    let statement = try Proof(file: file, key: VerifyingKey(file: network.place.bytes("net.vk"))).statement
    let again = try key.prove(batch: statement.batch, inputs: statement.inputs, mode: .transparent, threads: 1)
    #expect(again.proof.file(key.circuit) == file)
    return Set(again.details.priorPositions[0])
  }

  /// Two processes that write proofs, killed at random points.
  @Test func killedProversLeaveNothingUnaccounted() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "100")
    let key = try KeyBytes(network.place.bytes("net.pk")).key
    let place = network.place
    var proofs: Set<String> { Set(place.names.filter { $0.hasSuffix(".proof") }) }
    func start(_ number: Int) throws -> ChildProcess {
      let lines = (0..<8).map { "\(TrainedNetwork.sample(8 * number + $0)) \(place.path)/\(number).\($0).proof\n" }
      try place.write(Array(lines.joined().utf8), to: "\(number).list")
      let logs = ["\(place.path)/\(number).output", "\(place.path)/\(number).errors"]
      return try place.start(["prove", "@net", "--many", "@\(number).list"] + Self.givingUp, logs: logs)
    }
    var processes = [try start(0), try start(1)]
    for number in 2..<14 {
      let proof = "\(number - 2).\(Int.random(in: 0..<6)).proof"
      while !proofs.contains(proof) { usleep(500) }
      usleep(.random(in: 0..<10000))
      processes[number % 2].kill()
      processes[number % 2] = try start(number)
    }
    for process in processes { process.kill() }
    let spent = try spentPositions(network)
    #expect(proofs.count >= 12)
    for proof in proofs { #expect(try modelPositions(network, key, proof).isSubset(of: spent), "\(proof)") }
  }

  @Test func nothingIsProvedWithoutTheLedgerOfTheKey() throws {
    let network = try TrainedNetwork(isProved: false)
    let place = network.place
    let ledger = try place.bytes("net.spent")
    try network.succeed("setup", "@net", "--overwrite")
    let other = try place.bytes("net.spent")
    func expectRefusal(_ content: [UInt8]?, _ reason: String) throws {
      if let content { try place.write(content, to: "net.spent") } else { unlink(place.path + "/net.spent") }
      let names = place.names
      for options in [[], Self.givingUp] {
        let arguments = ["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof"]
        let result = try place.run(arguments + options)
        #expect(result.status == 2 && result.errors.contains("net.spent: " + reason), "\(result.errors)")
      }
      #expect(place.names == names)
      if let content { #expect(try place.bytes("net.spent") == content) }
      #expect(try proofsLeft(network) == nil)
    }
    try expectRefusal(ledger, "belongs to another commitment")
    try expectRefusal(Array(other.dropLast()), "is damaged")
    try expectRefusal(nil, "is missing")
    try place.write(other, to: "net.spent")
    #expect(try prove(network, 0).status == 0)
  }

  @Test func keysThatHideNothingProveTransparentlyAlone() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--transparent")
    #expect(!network.place.names.contains("net.spent"))
    for command in [["prove", "@net", "-o", "@a.proof"], ["measure", "@net", "--repeat", "1"]] {
      let result = try network.place.run(command + ["--input", TrainedNetwork.sample(0)])
      #expect(result.status == 2 && result.errors.contains("this key hides nothing: make one with zkml setup"))
    }
    #expect(try prove(network, 0, "--transparent").status == 0)
    let verified = try network.verify("@0.proof", context: "")
    #expect(verified.output.contains("mode     transparent\n") && verified.output.contains("hidden   nothing provably"))
    #expect(try network.succeed("inspect", "@net.vk").output.contains("hides nothing"))
  }
}

struct KeyBudget: Decodable { let proofs_left: Int? }
