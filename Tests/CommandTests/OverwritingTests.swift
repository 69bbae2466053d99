import Glibc
import Prover
import Testing
import Verifier

/// Nothing that cannot be made again is replaced unless that is wanted, and no file by one of another kind.
@Suite struct OverwritingTests {
  private let network: TrainedNetwork
  private var place: Workplace { network.place }
  private let sample = TrainedNetwork.sample(0)
  private let compile = ["compile", TrainedNetwork.model, "--calibrate", TrainedNetwork.calibration]

  init() throws { network = try TrainedNetwork() }

  private func contents() throws -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: try place.names.map { ($0, try place.bytes($0)) })
  }

  private func expectRefusal(_ arguments: [String], _ part: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let before = try contents()
    let result = try place.run(arguments)
    #expect(result.status == 2 && result.errorLines.count == 1, "\(arguments) \(result.errors)", sourceLocation: sourceLocation)
    #expect(result.errors.contains(part), "\(result.errors)", sourceLocation: sourceLocation)
    #expect(try contents() == before, "\(arguments)", sourceLocation: sourceLocation)
  }

  @Test func keysAreReplacedOnlyWhenThatIsWanted() throws {
    for kept in ["net.pk", "net.vk"] {
      let all = try contents()
      for name in ["net.pk", "net.vk", "net.spent"] where name != kept { unlink(place.path + "/" + name) }
      for options in [[], ["--transparent"], ["--proofs", "3"]] {
        try expectRefusal(["setup", "@net"] + options, "\(kept): exists: go on with its model by --rerandomize")
      }
      for (name, bytes) in all { try place.write(bytes, to: name) }
    }
    let (old, ledger) = (try VerifyingKey(file: place.bytes("net.vk")), try place.bytes("net.spent"))
    let replaced = try network.succeed("setup", "@net", "--overwrite")
    #expect(replaced.errors.contains("net.vk of model \(old.modelID)"))
    #expect(replaced.errors.contains("net.spent goes on counting what they showed"))
    #expect(try VerifyingKey(file: place.bytes("net.vk")).modelID != old.modelID && place.bytes("net.spent") != ledger)
    #expect(try network.verify("@a.proof").status == 1)
    try network.succeed("prove", "@net", "--input", sample, "-o", "@b.proof")
  }

  /// As a setup leaves it that was stopped before there was a key.
  @Test func aCountAloneIsAddedTo() throws {
    let before = try LedgerSection.sections(place.bytes("net.spent"))
    for name in ["net.pk", "net.vk"] { unlink(place.path + "/" + name) }
    try expectRefusal(["setup", "@net", "--transparent"], "net.spent: keys of this name hide weights")
    try network.succeed("setup", "@net")
    let after = try LedgerSection.sections(place.bytes("net.spent"))
    #expect(after.count == before.count + 1 && after[0].key == before[0].key && after[0].bits == before[0].bits)
    try network.succeed("prove", "@net", "--input", sample, "-o", "@b.proof")
  }

  /// As a setup leaves them that was stopped between the two.
  @Test func keysThatDoNotBelongTogetherProveNothing() throws {
    let old = try place.bytes("net.vk")
    try network.succeed("setup", "@net", "--overwrite")
    let new = try place.bytes("net.vk")
    let prove = ["prove", "@net", "--input", sample, "-o", "@b.proof"]
    try place.write(old, to: "net.vk")
    try expectRefusal(prove, "net.vk: is not the verifying key of")
    try expectRefusal(prove + ["--transparent", "--forfeit-hiding"], "net.vk: is not the verifying key of")
    unlink(place.path + "/net.vk")
    try network.succeed(prove)
    try place.write(new, to: "net.vk")
    try network.succeed(prove)
  }

  @Test func aLinkedCountIsRefusedBeforeWork() throws {
    #expect(link(place.path + "/net.spent", place.path + "/other.spent") == 0)
    for command in [["prove", "@net", "--input", sample, "-o", "@b.proof"], ["setup", "@net", "--rerandomize"]] {
      try expectRefusal(command, "net.spent: has other names, hard links")
    }
  }

  @Test func aKeyIsNotReplacedByWhatFails() throws {
    var weights = try place.bytes("net.weights")
    weights[weights.count / 2] ^= 1
    try place.write(weights, to: "net.weights")
    try expectRefusal(["setup", "@net", "--overwrite"], "net.weights")
  }

  @Test func otherKindsAreNeverReplaced() throws {
    try network.succeed("run", "@net", "--input", sample, "--output", "@y.npy")
    try network.succeed("run", "@net", "--input", sample, "--output", "@y.npy")
    try network.succeed("prove", "@net", "--input", sample, "-o", "@a.proof")
    try network.succeed(compile + ["-o", "@net"])
    try place.write(Array("notes".utf8), to: "notes")
    try place.write(Array("[\(Array(repeating: "0", count: 64).joined(separator: ","))]".utf8), to: "x.json")
    let lost = "exists and is a file of another kind, which would be lost"
    for name in ["net.pk", "net.vk", "net.spent", "net.circuit", "net.weights", "y.npy", "x.json", "notes"] {
      try expectRefusal(["prove", "@net", "--input", "@y.npy", "-o", "@" + name], "\(name): \(lost)")
      let commit = ["commit-input", "@net", "--input", sample, "-o", "@" + name]
      try expectRefusal(commit + ["--overwrite"], "\(name): \(lost)")
      if name != "net.spent" { try expectRefusal(commit, "\(name): exists: prove with it, choose another name") }
      if name != "y.npy" { try expectRefusal(["run", "@net", "--input", sample, "--output", "@" + name], "\(name): \(lost)") }
    }
    try expectRefusal(["run", "@net", "--input", "@y.npy", "--output", "@y.npy"], "y.npy: is also read, as")
    for name in ["circuit", "weights"] {
      try place.write(Array("mine".utf8), to: "other." + name)
      try expectRefusal(compile + ["-o", "@other"], "other.\(name): \(lost)")
      unlink(place.path + "/other." + name)
    }
    for name in ["pk", "vk", "spent"] {
      let kept = try place.bytes("net." + name)
      try place.write(try place.bytes("a.proof"), to: "net." + name)
      try expectRefusal(["setup", "@net", "--overwrite"], "net.\(name): \(lost)")
      try place.write(kept, to: "net." + name)
    }
    try place.write([], to: "empty")
    try network.succeed("prove", "@net", "--input", sample, "-o", "@empty")
  }

  /// Under whatever name.
  @Test func filesThatAreReadAreNotWritten() throws {
    let array = encodedSample()
    try place.write(array, to: "d.npy")
    #expect(link(place.path + "/d.npy", place.path + "/e.npy") == 0 && symlink(".", place.path + "/same") == 0)
    let names = place.names
    for output in ["d.npy", "./d.npy", "same/d.npy", "e.npy"] {
      let result = try place.run("run", "@net", "--input", "@d.npy", "--output", "@" + output)
      #expect(result.status == 2 && result.errors.contains("\(output): is also read, as "), "\(output): \(result)")
    }
    for command in [
      ["commit-input", "@net", "--input", "@n", "-o", "@./n"], ["commit-input", "@net", "--input", "@n.spent", "-o", "@n"],
      ["prove", "@net", "--input", "@n", "-o", "@same/n"], ["compile", "@n.weights", "--calibrate", "@x", "-o", "@./n"],
      ["compile", "@m", "--calibrate", "@n.circuit", "-o", "@./n"],
    ] {
      let result = try place.run(command)
      #expect(result.status == 2 && result.errors.contains(": is also read, as "), "\(command): \(result)")
    }
    for (lines, part) in [
      (["@d.npy @1.proof", "@e.npy @same/1.proof"], "list:2: "), (["@d.npy @1.proof", "@./1.proof @2.proof"], "list:1: "),
      (["@d.npy @1.proof", "@d.npy @same/net.pk"], "list:2: "),
    ] {
      try place.write(Array(lines.joined(separator: "\n").replacing("@", with: place.path + "/").utf8), to: "list")
      let result = try place.run("prove", "@net", "--many", "@list")
      #expect(result.status == 2 && result.errors.contains(part) && !place.names.contains("1.proof"), "\(lines): \(result)")
    }
    unlink(place.path + "/list")
    #expect(try place.names == names && place.bytes("d.npy") == array)
  }

  /// A sample of the digits network as .npy.
  private func encodedSample() -> [UInt8] {
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 64), }"
    header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8) + [UInt8](repeating: 0, count: 256)
  }

  @Test func committedInputsAreReplacedOnlyWhenThatIsWanted() throws {
    let commit = ["commit-input", "@net", "--input", sample, "-o", "@x.input"]
    let digest = try #require(try network.succeed(commit).output.split(whereSeparator: \.isWhitespace).last)
    try expectRefusal(commit, "x.input: exists")
    let ledger = try place.bytes("x.input.spent")
    let replaced = try network.succeed(commit + ["--overwrite"])
    let isNamed = replaced.errors.contains("replaces \(place.path)/x.input, digest \(digest); without a copy")
    #expect(try isNamed && place.bytes("x.input.spent") != ledger, "\(replaced.errors)")
    try expectRefusal(
      ["commit-input", "@net", "--input", sample, "-o", "@net"], "net.spent: counts for the keys of a network")
    try network.succeed("prove", "@net", "--committed-input", "@x.input", "-o", "@b.proof")
  }

  /// As a commit-input leaves it that was stopped before there was a commitment.
  @Test func aCountOfNoCommitmentIsAddedTo() throws {
    let commit = ["commit-input", "@net", "--input", sample, "-o", "@x.input"]
    try network.succeed(commit)
    let before = try LedgerSection.sections(place.bytes("x.input.spent"))
    unlink(place.path + "/x.input")
    #expect(try network.succeed(commit).errors.isEmpty, "nothing is lost")
    let after = try LedgerSection.sections(place.bytes("x.input.spent"))
    #expect(after.count == before.count + 1 && after[0].key == before[0].key && after[0].bits == before[0].bits)
    try network.succeed("prove", "@net", "--committed-input", "@x.input", "-o", "@b.proof")
  }

  /// Also where weights alone are others.
  @Test func oldKeysBesideANewNetworkAreNamed() throws {
    func notices() throws -> [Bool] {
      let input = ["--input", sample]
      return try [["run", "@net"] + input, ["prove", "@net", "-o", "@a.proof"] + input, ["measure", "@net", "--repeat", "1"] + input].map {
        try network.succeed($0).errors.contains("net.pk: is not the key of ")
      }
    }
    #expect(try notices() == [false, false, false])
    #expect(try network.succeed(compile + ["-o", "@net"]).errors.isEmpty)
    let circuit = try place.bytes("net.circuit")
    var weights = try place.bytes("net.weights")
    let changed = try network.succeed(compile + ["-o", "@net", "--bits", "9"])
    #expect(changed.errors.contains("net.pk: is not the key of ") && changed.errors.contains("setup"))
    let run = try network.succeed("run", "@net", "--input", sample)
    #expect(run.errors.contains("zkml setup \(place.path)/net --overwrite makes a key of the new one"))
    #expect(try network.succeed("prove", "@net", "--input", sample, "-o", "@a.proof").errors.contains("net.pk: is not the key of "))
    try place.write(circuit, to: "net.circuit")
    // The lowest bit of the first weight, after the header and the digest of the circuit.
    weights[11 + Digest.byteCount] ^= 1
    try place.write(resealed(weights), to: "net.weights")
    #expect(try notices() == [true, true, true])
    unlink(place.path + "/net.pk")
    #expect(try network.succeed("run", "@net", "--input", sample).errors.isEmpty)
    try network.succeed(compile + ["-o", "@net", "--bits", "9"])
    #expect(try network.succeed("run", "@net", "--input", sample).errors.contains("net.vk: is not the key of "))
  }
}
