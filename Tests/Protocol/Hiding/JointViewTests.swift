import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// All that is ever shown of one key for two proofs and of one committed input: the weight range proof, two inference
/// proofs about the input, and the proof that the next commitment holds the same weights.
private struct JointView {
  enum Secret: Int, CaseIterable { case weights, input, nextWeights }

  private static let proofCount = 2
  private static let network = SmallNetwork.hidden(isPermuted: false)
  private static let range = ProgrammedProver(network.weightRange, batch: 1, proofCount: proofCount)
  private static let inference = ProgrammedProver(network, proofCount: proofCount, visibility: .committed)
  private static let chain = ProgrammedProver(chain: network, proofCount: proofCount)
  /// Each with the commitments that it opens beside its own witness.
  private static let provers: [(prover: ProgrammedProver, opens: [Secret])] = [
    (range, [.weights]), (inference, [.weights, .input]), (inference, [.weights, .input]),
    (chain, [.nextWeights, .weights]),
  ]

  static func code(_ secret: Secret) -> Code {
    let codes = provers.flatMap { prover, opens in
      zip(prover.plan.commitments, opens).filter { $1 == secret }.map(\.0.code)
    }
    precondition(codes.allSatisfy { $0 == codes[0] }, "every proof opens the same commitment")
    return codes[0]
  }

  /// Opened leaves by commitment, those of one position once.
  private(set) var leaves: [Secret: [[ProofManifest.Field]]] = [:]
  /// By proof, what it sends up to the discharge, and of each leaf of its own commitments the first symbol.
  private(set) var messages: [[ProofManifest.Field]] = []
  private let sample: Sample

  /// - Parameter kept: By commitment, how many entries of each tail are drawn; the others are zero.
  init(count: Int, kept: [Secret: Int] = [:]) {
    let views = (0..<count).map { Self.proofs(UInt64($0), kept: kept) }
    var seen: Set<[UInt64]> = []
    var start = 0
    for (index, (prover, opens)) in Self.provers.enumerated() {
      let proof = views[0][index]
      let fields = prover.fields(of: proof, coins: Self.coins(index)).map {
        ProofManifest.Field(label: $0.label, kind: $0.kind, offset: $0.offset + start)
      }
      messages.append(fields.padded + ["witness", "level"].flatMap { fields.leaves($0).map { $0[0] } })
      for (secret, name) in zip(opens, ["model", "prior"]) {
        let salts = fields.filter { $0.label == "\(name) leaves" && $0.kind == .salt }
        for (leaf, salt) in zip(fields.leaves(name), salts)
        where seen.insert([0, 8].map { proof.word(at: salt.offset - start + $0) }).inserted {
          leaves[secret, default: []].append(leaf)
        }
      }
      start += proof.count
    }
    sample = Sample(stage: .everything, plan: Self.inference.plan, proofs: views.map { $0.flatMap(\.self) }, fields: [])
  }

  private static func coins(_ index: Int) -> Digest { Digest(words: SIMD4(27, 18, 28, UInt64(index))) }

  private static func proofs(_ number: UInt64, kept: [Secret: Int]) -> [[UInt8]] {
    let renewed = Dictionary(uniqueKeysWithValues: SecretDraw.allCases.map { ($0, 0..<Int.max) })
    func secrets(_ first: SecretDraw, stream: Int, _ change: @escaping SecretChange = { _, _ in }) -> StagedSecrets {
      StagedSecrets(from: first, stream: stream, number: number, renewed: renewed, change: change)
    }
    var commitments: [Secret: Commitment] = [:]
    for (prover, opens) in provers {
      for ((own, rows), secret) in zip(zip(prover.plan.commitments, prover.prior), opens) where commitments[secret] == nil {
        let length = own.code.tailCount
        let ends = kept[secret].map { kept in
          (0..<own.layout.rowCount).map { 8 * ($0 * length + kept)..<8 * ($0 + 1) * length }
        }
        var random: any SecretSource = secrets(.modelTails, stream: secret.rawValue, without(.modelTails, ends ?? []))
        commitments[secret] = Commitment(rows: own.layout.rows(of: rows), code: own.code, random: &random, threads: 1)
      }
    }
    return provers.enumerated().map { index, own in
      own.prover.prove(
        own.opens.compactMap { commitments[$0] }, secrets(.pads, stream: 4 + index), coins: coins(index))
    }
  }

  /// One symbol of each leaf.
  func symbols(_ secret: Secret, row: Int = 0) -> [ProofManifest.Field] { leaves[secret, default: []].map { $0[row] } }

  /// How many linear relations hold between these fields in all views.
  func relationCount(_ fields: [ProofManifest.Field]) -> Int { fields.count - sample.rank(fields) }
}

@Suite("All proofs of a key together hide what each of them hides") struct JointViewTests {
  private static let counts: [JointView.Secret: Int] = {
    let view = JointView(count: 1)
    return Dictionary(uniqueKeysWithValues: JointView.Secret.allCases.map { ($0, view.symbols($0).count) })
  }()

  @Test("no commitment is opened at more positions than its tails have entries") func budget() {
    for secret in JointView.Secret.allCases {
      let (code, count) = (JointView.code(secret), Self.counts[secret] ?? 0)
      let proofCount = secret == .weights ? 4 : secret == .input ? 2 : 1
      #expect(count > (proofCount - 1) * code.queryCount && count <= proofCount * code.queryCount)
      #expect(code.tailCount >= proofCount * code.queryCount)
    }
  }

  /// Of what proofs send beside, every twelfth field: all of them are LeakTests' concern, proof by proof.
  @Test("no linear relation holds between all that is opened, even if tails have no entry more, and what is sent beside")
  func everything() {
    func fields(_ view: JointView) -> [ProofManifest.Field] {
      let messages = view.messages.flatMap { fields in stride(from: 0, to: fields.count, by: 12).map { fields[$0] } }
      return JointView.Secret.allCases.flatMap { view.symbols($0) } + messages
    }
    let view = JointView(count: fields(JointView(count: 1)).count + 1, kept: Self.counts)
    #expect(view.relationCount(fields(view)) == 0)
  }

  @Test("with one tail entry less there is a relation, in every row", arguments: JointView.Secret.allCases)
  fileprivate func oneEntryLess(of secret: JointView.Secret) {
    let count = Self.counts[secret] ?? 0
    let view = JointView(count: count + 1, kept: [secret: count - 1])
    #expect(view.relationCount(view.symbols(secret)) == 1)
    #expect(view.relationCount(view.symbols(secret, row: (view.leaves[secret]?[0].count ?? 1) - 1)) == 1)
  }
}
