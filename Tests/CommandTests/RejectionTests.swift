import Glibc
import Prover
import TestSupport
import Testing
import Verifier

@Suite struct RejectionTests {
  private func expectRejection(
    _ result: ToolResult, _ part: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(result.status == 1, sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(result.errorLines.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
    #expect(result.errors.contains(part), "\(result.errors)", sourceLocation: sourceLocation)
  }

  @Test func anotherStatementIsDemanded() throws {
    let network = try TrainedNetwork()
    try network.succeed("run", "@net", "--input", TrainedNetwork.sample(4), "--output", "@other.npy")
    #expect(try network.verify("@a.proof").status == 0)
    expectRejection(try network.verify("@a.proof", context: ""), "context")
    expectRejection(try network.verify("@a.proof", context: "order 2"), "context")
    expectRejection(try network.verify("@a.proof", "--input", TrainedNetwork.sample(4)), "its input is not")
    expectRejection(try network.verify("@a.proof", "--output", "@other.npy"), "its output is not")
    expectRejection(try network.verify("@a.proof", "--input", TrainedNetwork.data), "batch")
  }

  /// What prove takes to an end of the range, verify takes there too; an output beyond its range is none.
  @Test func valuesBeyondTheRangeAreTakenToItsEnd() throws {
    let network = try TrainedNetwork(isProved: false)
    try network.place.write(Array("[[\(Array(repeating: "1e6", count: 64).joined(separator: ","))]]".utf8), to: "far.json")
    let proved = try network.succeed("prove", "@net", "--input", "@far.json", "-o", "@a.proof", "--context", "order 1")
    #expect(proved.errors.contains("64 values beyond the range"))
    #expect(try network.verify("@a.proof").status == 0)
    let verified = try network.verify("@a.proof", "--input", "@far.json")
    #expect(verified.status == 0 && verified.errors.contains("far.json: 64 values beyond the range"), "\(verified.errors)")
    #expect(try network.verify("@a.proof", "--input", "@far.json", "--json").output.contains("\"saturated\": 64"))
    let other = try network.verify("@a.proof", "--input", TrainedNetwork.sample(0))
    #expect(other.status == 1 && !other.errors.contains("beyond the range"))
    try network.place.write(Array("[[\(Array(repeating: "1e30", count: 10).joined(separator: ","))]]".utf8), to: "y.json")
    expectRejection(try network.verify("@a.proof", "--output", "@y.json"), "beyond the range")
  }

  @Test func anotherModelIsDemanded() throws {
    let network = try TrainedNetwork()
    let line = try network.verify("@a.proof").output.split(separator: "\n").first { $0.hasPrefix("model ") }
    let model = try #require(line?.split(separator: " ").last).description
    #expect(try network.verify("@a.proof", "--model", model.uppercased()).status == 0)
    let other = (model.first == "0" ? "1" : "0") + model.dropFirst()
    expectRejection(try network.verify("@a.proof", "--model", other), "not of \(other)")
  }

  @Test func anotherKeyIsUsed() throws {
    let network = try TrainedNetwork()
    let dense = DenseNetwork(sizes: [64, 32, 10])
    try network.place.write(dense.circuit.file, to: "dense.circuit")
    try network.place.write(dense.circuit.weightsFile(dense.weights), to: "dense.weights")
    try network.succeed("setup", "@dense")
    expectRejection(try network.verify("@a.proof", key: "@dense.vk"), "another key")
  }

  @Test func changedProofsAreRejected() throws {
    let network = try TrainedNetwork()
    let proof = try network.place.bytes("a.proof")
    for position in stride(from: 11, to: proof.count - Digest.byteCount, by: proof.count / 25) {
      var changed = proof
      changed[position] ^= 1
      try network.place.write(changed, to: "b.proof")
      expectRejection(try network.verify("@b.proof"), "b.proof")
      try network.place.write(resealed(changed), to: "b.proof")
      expectRejection(try network.verify("@b.proof"), "b.proof")
    }
    for length in [8, 11, 100, proof.count / 2, proof.count - 1] {
      try network.place.write(Array(proof.prefix(length)), to: "b.proof")
      expectRejection(try network.verify("@b.proof"), "b.proof")
    }
  }

  @Test func oneOfSeveralDoesNotHold() throws {
    let network = try TrainedNetwork()
    try network.place.write(Array(try network.place.bytes("a.proof").dropLast()), to: "b.proof")
    let result = try network.verify("@a.proof", "@b.proof", "@a.proof")
    #expect(result.status == 1)
    #expect(result.output.split(separator: "\n").count { $0.hasSuffix(": valid, hiding") } == 2)
    let object = try network.verify("@a.proof", "@b.proof", "--json")
    #expect(object.status == 1 && object.output.hasPrefix("{\"valid\": false"))
    #expect(try network.verify("@a.proof", "@none.proof").status == 2)
    #expect(try network.verify("@none.proof", "@b.proof").status == 1)
  }

  @Test func weightsOutOfRangeAreRejected() throws {
    let network = try TrainedNetwork()
    var key = try network.place.bytes("net.vk")
    key[key.count - 100] ^= 1
    try network.place.write(resealed(key), to: "bad.vk")
    expectRejection(try network.verify("@a.proof", key: "@bad.vk"), "weights are in range")
  }

  /// A key whose seal is right and whose weights are not those of its commitment.
  @Test func forgedProvingKeyIsAnInternalError() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--transparent")
    let key = KeyBytes(try network.place.bytes("net.pk")).changed { $0[$0.count - Digest.byteCount - 1] ^= 1 }
    try network.place.write(key.file, to: "net.pk")
    let result = try network.place.run("measure", "@net", "--input", TrainedNetwork.sample(0), "--repeat", "1", "--transparent")
    #expect(result.status == 3 && result.errorLines.count { $0.hasPrefix("zkml: ") } == 1)
    #expect(result.errors.contains("net.pk: is not the key of "))
  }
}

@Suite struct MemoryTests {
  @Test func successIsRememberedInAPrivateFolder() throws {
    let network = try TrainedNetwork()
    #expect(try network.verify("@a.proof", "-v").errors.contains("checked"))
    #expect(try network.verify("@a.proof", "-v").errors.contains("remembered"))
    #expect(try network.verify("@a.proof", "-v", "--recheck").errors.contains("checked"))
    #expect(network.place.mode(".cache/zkml") == 0o700)
    chmod(network.place.path + "/.cache/zkml", 0o777)
    #expect(try network.verify("@a.proof", "-v").errors.contains("checked"))
  }

  @Test(arguments: ["/dev/null", "/proc/nothing"])
  func unusableMemoryCostsTimeAlone(cache: String) throws {
    let network = try TrainedNetwork()
    let arguments = ["verify", "--key", "@net.vk", "@a.proof", "--context", "order 1", "-v"]
    for _ in 0..<2 {
      let result = try network.place.run(arguments, cache: cache)
      #expect(result.status == 0)
      #expect(result.errors.contains("checked"))
    }
  }
}

/// The content with its digest computed anew.
