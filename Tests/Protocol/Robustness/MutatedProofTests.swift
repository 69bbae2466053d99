import Circuit
import Glibc
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// How far a verifier gets with a proof before it refuses it.
private enum Phase: String, CaseIterable {
  case file, statement, form, lookupSum, lookups, contractions, nonce, trees, opening

  init(_ error: VerificationError) {
    switch error {
    case .unsupportedVersion, .invalidCircuit: self = .file
    case .otherKey, .modeMismatch, .statementOutOfRange, .insufficientSoundness, .tooMuchWork: self = .statement
    case .malformed: self = .form
    case .lookupSumMismatch: self = .lookupSum
    case .layerMismatch, .leafMismatch: self = .lookups
    case .termMismatch, .contractionMismatch: self = .contractions
    case .grindingMismatch: self = .nonce
    case .merkleMismatch: self = .trees
    case .openingMismatch: self = .opening
    }
  }

  /// What is refused here has passed a check of the proof's own.
  var isDeep: Bool { [.lookups, .contractions, .nonce, .trees, .opening].contains(self) }
}

/// Proofs changed by the million: `scripts/fuzz proofs COUNT` sets how many, tests run a few.
@Suite struct MutatedProofTests {
  private static let networks: [SmallNetwork] = [
    .small, .threeOperands, .classes(2), .sample, SmallNetwork(DenseNetwork(sizes: [300, 100, 10]), batches: [1, 2]),
  ]
  /// Of all circuits, modes and ways together.
  private static let count = getenv("ZKML_MUTATIONS").flatMap { Int(String(cString: $0)) } ?? 2_400

  private func proven(_ network: SmallNetwork, _ mode: ProofMode) -> [ProvenNetwork] {
    network.batches.suffix(2).map { ProvenNetwork(network, batch: $0, mode: mode) }
  }

  /// Checks so many changed proofs; prints what became of them when they are many.
  private func check(
    _ mutator: ProofMutator, _ way: String, _ verify: (ProofMutator.Changed) throws(VerificationError) -> Void
  ) throws {
    var mutator = mutator
    let count = Self.count / (2 * 2 * Self.networks.count)
    var (phases, times): ([Phase: Int], [Phase: Duration]) = ([:], [:])
    for round in 0..<count {
      let changed = mutator.next()
      var phase: Phase?
      let time = ContinuousClock().measure {
        do throws(VerificationError) { try verify(changed) } catch { phase = Phase(error) }
      }
      guard let phase else {
        Issue.record("accepted: \(way), \(changed.source.proven), round \(round), \(changed.label)")
        continue
      }
      phases[phase, default: 0] += 1
      times[phase, default: .zero] += time
    }
    let deepCount = phases.reduce(0) { $0 + ($1.key.isDeep ? $1.value : 0) }
    #expect(2 * deepCount > count, "\(way) \(mutator.sources[0].proven) \(phases)")
    guard count >= 1_000 else { return }
    for phase in Phase.allCases {
      guard let number = phases[phase], let time = times[phase] else { continue }
      print(mutator.sources[0].proven.testDescription, way, phase, number, time / number, separator: "\t")
    }
  }

  @Test("rows 1, 2, 5, 16, 17: no changed file of a proof is accepted", arguments: networks, ProofMode.both)
  func files(network: SmallNetwork, mode: ProofMode) throws {
    let proven = proven(network, mode)
    let key = proven[0].verifyingKey
    let mutator = ProofMutator(
      proven.map { .init($0, $0.statement, $0.proof.bytes, $0.manifest) }, seed: 71)
    try check(mutator, "file") { changed throws(VerificationError) in
      let proof = Proof(core: key.core, mode: mode, statement: changed.statement, bytes: changed.bytes)
      try key.verify(try Proof(file: proof.file(key.circuit), key: key))
    }
  }

  /// The challenges do not follow from the messages, so that a change is met by the first check that it matters to.
  @Test("row 5: no changed proof passes under given challenges", arguments: networks, ProofMode.both)
  func givenChallenges(network: SmallNetwork, mode: ProofMode) throws {
    let sources = proven(network, mode).map { proven in
      var prover = MaliciousProver(proven)
      prover.coins = Sample.coins
      let bytes = prover.prove()
      return ProofMutator.Source(
        proven, proven.statement, bytes, ProofManifest(proven.plan, bytes, Sponge(deafAt: Sample.coins)))
    }
    try check(ProofMutator(sources, seed: 72), "given challenges") { changed throws(VerificationError) in
      let proven = changed.source.proven
      try changed.statement.validate(proven.plan.circuit)
      guard changed.statement.batch == proven.plan.batch, changed.statement.context == proven.statement.context else {
        throw .statementOutOfRange
      }
      try proven.plan.verify(proven.core, changed.statement, changed.bytes, coins: Sample.coins)
    }
  }

  @Test("row 16: the reference verifier agrees, whatever message is changed", arguments: networks, ProofMode.both)
  func reference(network: SmallNetwork, mode: ProofMode) throws {
    let proven = proven(network, mode)
    let key = proven[0].verifyingKey
    let reference = try CheckedKey(key.file)
    var mutator = ProofMutator(
      proven.map { .init($0, $0.statement, $0.proof.bytes, $0.manifest) }, seed: 73)
    try reference.verify(proof: proven[0].proof.file(network.circuit))
    var labels: Set<String> = []
    for _ in 0..<Swift.min(Self.count / (20 * Self.networks.count), 250) {
      let changed = mutator.next()
      let proof = Proof(core: key.core, mode: mode, statement: changed.statement, bytes: changed.bytes)
      labels.insert(changed.label)
      #expect(throws: ReferenceRejection.self, "\(changed.label)") {
        try reference.verify(proof: proof.file(network.circuit))
      }
    }
    #expect(labels.count > 8)
  }
}
