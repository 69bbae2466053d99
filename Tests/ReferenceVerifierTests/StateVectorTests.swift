import Circuit
import FoundationEssentials
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// Tests/Vectors: a key, a transparent and a hiding proof, and the transcript's state after each of their steps.
///
/// docs/protocol.md §13. `scripts/tools/pin` writes them anew, by running this test with ZKML_PIN set.
@Suite struct StateVectorTests {
  private static let folder = String(#filePath.dropLast("ReferenceVerifierTests/StateVectorTests.swift".count)) + "Vectors/"

  @Test func bothVerifiersPassThroughThePinnedStates() throws {
    let isPinning = ProcessInfo.processInfo.environment["ZKML_PIN"] != nil
    if isPinning { try Self.writeProofs() }
    let file = try Self.read("key.vk")
    let key = try VerifyingKey(file: file)
    let weights = WeightProof(key.circuit, key.core, after: nil)
    var text = try Self.compare(
      "range", try referenceCheckpoints(verifyingKey: file),
      try Self.checkpoints(.weightRange, weights.plan, key.core, weights.statement, key.chain[0].proof))
    for mode in ["transparent", "hiding"] {
      let bytes = try Self.read("\(mode).proof")
      let proof = try Proof(file: bytes, key: key)
      let circuit = try #require(key.circuit.stating(proof.statement.visibility))
      let plan = Plan(circuit, key.core, proof.statement, proof.mode)
      text += try Self.compare(
        mode, try referenceCheckpoints(verifyingKey: file, proof: bytes),
        try Self.checkpoints(.inference, plan, key.core, proof.statement, proof.bytes))
    }
    if isPinning { try Data(text.utf8).write(to: URL(fileURLWithPath: Self.folder + "states.txt")) }
    #expect(try String(contentsOf: URL(fileURLWithPath: Self.folder + "states.txt"), encoding: .utf8) == text)
  }

  /// A line for each state of the reference verifier; those of the other one are all but the levels'.
  private static func compare(_ name: String, _ reference: [Checkpoint], _ verifier: [Checkpoint]) throws -> String {
    #expect(reference.filter { !$0.step.hasPrefix("7.") } == verifier)
    #expect(reference.contains { $0.step == "7.0" })
    return reference.map { "\(name) \($0.step) \(Digest(bytes: $0.state[...]).hexadecimal)\n" }.joined()
  }

  /// The verifier's states after the steps of docs/protocol.md §5.
  private static func checkpoints(
    _ purpose: Purpose, _ plan: Plan, _ core: WeightCommitment, _ statement: Statement, _ proof: [UInt8]
  ) throws -> [Checkpoint] {
    var checkpoints: [Checkpoint] = []
    var first = Sponge()
    first.absorb(purpose, plan.mode, keyCore: core.digest, statement, plan.circuit)
    checkpoints.append(Checkpoint(step: "0", state: first.state.bytes))
    var transcript = VerifierTranscript(plan.mode, proof: proof)
    func mark(_ step: String, _ transcript: borrowing VerifierTranscript) {
      checkpoints.append(Checkpoint(step: step, state: transcript.sponge.state.bytes))
    }
    let roots = try transcript.receiveRoots(plan, purpose, core, statement)
    mark("1", transcript)
    var claims: [Claim] = []
    let virtuals = try transcript.reduceLookups(plan, statement, &claims)
    mark("2", transcript)
    try transcript.reduceContractions(plan, statement, virtuals, &claims)
    mark("3", transcript)
    claims += plan.paddingClaims(&transcript.sponge)
    mark("4", transcript)
    let merged = try transcript.mergeClaims(plan, claims)
    mark("5", transcript)
    let claim = try transcript.discharge(plan, merged)
    mark("6", transcript)
    try transcript.open(plan, roots: roots, claim)
    mark("8", transcript)
    try transcript.finish()
    return checkpoints
  }

  private static func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + name)))
  }

  /// A batch of 3; the hiding proof hides the inputs.
  private static func writeProofs() throws {
    let network = SmallNetwork.sample
    let seed = [UInt8](repeating: 7, count: 32)
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 1, seed: seed, threads: 2)
    let inputs = network.inputs(3)
    try Data(try key.verifyingKey(threads: 2).file).write(to: URL(fileURLWithPath: folder + "key.vk"))
    for mode in [ProofMode.transparent, .hiding] {
      let (proof, _) = try key.prove(
        batch: 3, inputs: inputs, visibility: inputs.map { _ in mode == .transparent ? .shown : .hidden }, context: Array("vector".utf8),
        mode: mode, seed: seed, threads: 2)
      try Data(proof.file(network.circuit)).write(to: URL(fileURLWithPath: "\(folder)\(mode).proof"))
    }
  }
}
