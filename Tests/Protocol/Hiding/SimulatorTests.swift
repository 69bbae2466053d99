import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

@Suite("What a proof shows can be made without its secrets") struct SimulatorTests {
  private static let prover = ProgrammedProver.both[0]

  static func simulator(
    _ stated: ([Digest]) -> Statement, _ random: inout SecretStream, of prover: ProgrammedProver = prover
  ) -> Simulator {
    Simulator(prover.plan, stated, proofCount: 1, coins: Sample.coins, random: &random)
  }

  private static func stream(_ byte: UInt8) -> SecretStream {
    SecretStream(seed: [UInt8](repeating: byte, count: SecretStream.seedByteCount))
  }

  @Test("simulated proofs of right and of wrong outputs pass all checks under the challenges they are made for")
  func accepted() throws {
    var random = Self.stream(1)
    let plan = Self.prover.plan
    for change in [Int64(0), 1, -3] {
      var statement = Self.prover.statement
      statement.outputs[0][1] += change
      try statement.validate(plan.circuit)
      let simulator = Self.simulator({ [statement] _ in statement }, &random)
      let proof = try simulator.prove(&random)
      try plan.verify(simulator.core, statement, proof, coins: Sample.coins)
      #expect(throws: VerificationError.self, "under the challenges of Fiat and Shamir") {
        try plan.verify(.inference, simulator.core, statement, proof)
      }
    }
  }

  @Test("simulated proofs of circuits with every part pass all checks", arguments: [SmallNetwork.sample, .twoDigits, .cells, .scannedClasses])
  func everyPart(network: SmallNetwork) throws {
    var random = Self.stream(5)
    let prover = ProgrammedProver(network)
    let simulator = Self.simulator(prover.stated, &random, of: prover)
    let proof = try simulator.prove(&random)
    try prover.plan.verify(simulator.core, prover.statement, proof, coins: Sample.coins)
  }

  @Test("the checks under given challenges are checks: they refuse a proof with any message changed")
  func changed() throws {
    var random = Self.stream(2)
    let (plan, statement) = (Self.prover.plan, Self.prover.statement)
    let simulator = Self.simulator({ _ in statement }, &random)
    let proof = try simulator.prove(&random)
    let manifest = ProofManifest(plan, proof, Sponge(deafAt: Sample.coins))
    #expect(manifest.byteCount == proof.count)
    for label in manifest.labels {
      let fields = manifest.fields.filter { $0.label == label }
      for field in Set([0, fields.count / 2, fields.count - 1]).map({ fields[$0] }) {
        var copy = proof
        copy[field.offset] ^= 1
        #expect(throws: VerificationError.self, "\(label)") {
          try plan.verify(simulator.core, statement, copy, coins: Sample.coins)
        }
      }
    }
  }

  /// What is proved, by provers for two sets of weights.
  enum Subject: CaseIterable {
    case inference, weightRange, equalWeights, committedInput, classes

    var prover: ProgrammedProver {
      switch self {
      case .inference: ProgrammedProver.both[0]
      case .weightRange: ProgrammedProver.ranges[0]
      case .equalWeights: ProgrammedProver.chains[0]
      case .committedInput: ProgrammedProver.committed[0]
      case .classes: ProgrammedProver.classes[0]
      }
    }

    var samples: [Sample] {
      switch self {
      case .inference: ProgrammedProver.samples
      case .weightRange: ProgrammedProver.rangeSamples
      case .equalWeights: ProgrammedProver.chainSamples
      case .committedInput: ProgrammedProver.committedSamples
      case .classes: ProgrammedProver.classSamples
      }
    }
  }

  @Test("simulated proofs look like real ones, message by message, for either set of weights", arguments: Subject.allCases)
  func sameDistribution(of subject: Subject) throws {
    var random = Self.stream(subject == .weightRange ? 4 : 3)
    let (prover, real) = (subject.prover, subject.samples)
    let proofs = try (0..<real[0].proofs.count).map { _ in
      let simulator = Self.simulator(prover.stated, &random, of: prover)
      let proof = try simulator.prove(&random)
      try prover.plan.verify(simulator.core, simulator.statement, proof, coins: Sample.coins)
      return proof
    }
    let simulated = Sample(stage: .everything, plan: prover.plan, proofs: proofs, fields: real[0].fields)
    #expect(simulated.leaks == [])
    for sample in real { #expect(sample.leaks == [] && sample.differences(from: simulated) == []) }
  }
}
