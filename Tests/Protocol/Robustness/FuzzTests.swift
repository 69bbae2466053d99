import Circuit
import Glibc
import Prover
import TestSupport
import Testing
import Verifier

/// Files changed at random, their digests made right again: nothing traps, and nobody takes one for what it is not.
@Suite("row 16: changed files, resealed") struct FuzzTests {
  private static let networks: [ProofMode: ProvenNetwork] = [
    .transparent: ProvenNetwork(.small, batch: 2), .hiding: ProvenNetwork(.hidden(isPermuted: false), batch: 2, mode: .hiding),
  ]

  private static func network(_ mode: ProofMode) -> ProvenNetwork {
    guard let network = networks[mode] else { preconditionFailure("both modes") }
    return network
  }

  /// What pieces are taken from.
  private static let donors = networks.values.flatMap {
    [$0.verifyingKey.file, $0.proof.file($0.circuit), (try? $0.key.file()) ?? [], $0.circuit.file]
  }

  /// Counts what `use` does with changed files: what it throws, or that it accepts.
  private func outcomes(
    _ seed: UInt64, _ count: Int, _ file: [UInt8], lengths: [Int], _ use: ([UInt8]) throws -> Void
  ) -> [String: Int] {
    var mutator = FileMutator(seed: seed, donors: Self.donors)
    var outcomes: [String: Int] = [:]
    for _ in 0..<count {
      let changed = mutator.changed(file, lengths: lengths)
      var outcome = "accepted"
      do { try use(changed) } catch { outcome = String("\(error)".prefix { $0 != "(" }) }
      outcomes[outcome, default: 0] += 1
    }
    return outcomes
  }

  @Test("no verifying key is accepted", arguments: [(ProofMode.transparent, 5_000), (.hiding, 4_000)])
  func verifyingKeys(mode: ProofMode, count: Int) throws {
    let proven = Self.network(mode)
    let file = proven.verifyingKey.file
    let end = 11 + 4 + proven.circuit.encoded.count
    let outcomes = outcomes(51, count, file, lengths: [11, end + 39]) { changed in
      let key = try VerifyingKey(file: changed)
      try key.verifyWeights()
    }
    #expect(outcomes["accepted"] == nil && outcomes.count >= 4, "\(outcomes)")
  }

  private static let committed: CommittedInput = {
    let proven = network(.hiding)
    return CommittedInput(
      proven.circuit.inputs[0], of: proven.circuit, batch: 2, integers: proven.statement.inputs[0], proofCount: 2, threads: 1)
  }()

  @Test("no proof is accepted", arguments: [
    (ProofMode.transparent, Visibility.shown, 4_000), (.hiding, .shown, 3_000), (.hiding, .hidden, 2_000),
    (.hiding, .committed, 3_000),
  ])
  func proofs(mode: ProofMode, visibility: Visibility, count: Int) throws {
    let proven = Self.network(mode)
    let proof = try proven.key.prove(
      batch: 2, inputs: proven.statement.inputs, visibility: [visibility],
      committed: visibility == .committed ? [Self.committed] : [], context: [2, 7], mode: mode, threads: 1).proof
    try proven.verifyingKey.verify(proof)
    let context = 81 + 36 * proof.statement.commitments.count
    let lengths = [75, 81, context, context + 4 + 2]
    let outcomes = outcomes(52, count, proof.file(proven.circuit), lengths: lengths) { changed in
      try proven.verifyingKey.verify(try Proof(file: changed, key: proven.verifyingKey))
    }
    #expect(outcomes["accepted"] == nil && outcomes.count >= 5, "\(outcomes)")
  }

  /// A forged proving key may be used: its proofs are refused, or say what is true.
  @Test("no proving key makes a false statement hold", arguments: [(ProofMode.transparent, 1_500), (.hiding, 1_500)])
  func provingKeys(mode: ProofMode, count: Int) throws {
    let proven = Self.network(mode)
    var (usedCount, provedCount) = (0, 0)
    let end = 11 + 4 + proven.circuit.encoded.count
    let file = try proven.key.file()
    let headCount = Int(littleEndianWord(file.suffix(8), at: 0))
    let head = Array(file.prefix(headCount))
    func use(_ head: [UInt8]) throws {
      let changed = head + file[headCount...].dropLast(8) + UInt64(head.count).littleEndianBytes
      let key = try ProvingKey(file: StoredBytes(changed))
      usedCount += 1
      guard key.circuit == proven.circuit, key.core.mode == mode, usedCount % 2 == 0 else { return }
      let proof = try key.prove(batch: 2, inputs: proven.statement.inputs, mode: mode, threads: 1).proof
      provedCount += 1
      let isValid = (try? proven.verifyingKey.verify(proof)) != nil
      #expect(!isValid || proof.statement.outputs == proven.statement.outputs)
    }
    let outcomes = outcomes(53, count, head, lengths: [11, end], use)
    // Model, root, weights and tails.
    var random = RepeatableRandom(seed: 57)
    for _ in 0..<100 {
      var content = Array(head.dropLast(Digest.byteCount))
      content[Int.random(in: end + WeightCommitment.parameterByteCount..<content.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      _ = try? use(content + Hash(.file).digest(content).bytes)
    }
    #expect(outcomes.count >= 4 && usedCount > 100 && provedCount > 20, "\(outcomes) \(usedCount) \(provedCount)")
  }

  @Test("changed leaves and digests are not shown", arguments: ProofMode.both) func leaves(mode: ProofMode) throws {
    let proven = Self.network(mode)
    let file = try proven.key.file()
    let headCount = Int(littleEndianWord(file.suffix(8), at: 0))
    var random = RepeatableRandom(seed: 56)
    var proofs: [[UInt8]] = []
    for _ in 0..<200 {
      var changed = file
      let count = (file.count - 8 - headCount) / 200
      let first = Int.random(in: headCount..<file.count - 8 - count, using: &random)
      for index in first...first + count { changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
      let key = try ProvingKey(file: StoredBytes(changed))
      #expect(throws: ProvingError.self) { try key.checkLeaves() }
      let proof = try? key.prove(
        batch: 2, inputs: proven.statement.inputs, mode: mode, seed: [UInt8](repeating: 7, count: 32), threads: 1).proof
      if let proof { proofs.append(proof.file(proven.circuit)) }
    }
    #expect((8..<180).contains(proofs.count) && Set(proofs).count == 1, "\(proofs.count)")
  }

  @Test("weights and circuits are read as they are written, or not at all") func weightsAndCircuits() throws {
    let proven = Self.network(.hiding)
    let file = proven.circuit.weightsFile(proven.key.weights)
    let weights = outcomes(54, 3_000, file, lengths: []) { changed in
      let weights = try proven.circuit.weights(file: changed)
      #expect(proven.circuit.weightsFile(weights) == changed && weights != proven.key.weights)
    }
    #expect(weights["accepted", default: 0] > 20 && weights.count >= 4, "\(weights)")
    let circuits = outcomes(55, 3_000, proven.circuit.file, lengths: [18]) { changed in
      let circuit = try ArithmeticCircuit(file: changed)
      #expect(circuit.file == changed && circuit != proven.circuit)
    }
    #expect(circuits["accepted", default: 0] > 20 && circuits.count >= 3, "\(circuits)")
  }

  @Test("a committed input is read as it is written, or not at all") func committedInputs() {
    let input = Self.committed
    let proofCount = 11 + 2 + input.column.name.utf8.count
    let outcomes = outcomes(57, 2_000, input.file, lengths: [proofCount, proofCount + 29, proofCount + 33]) { changed in
      var reader = ByteReader(changed.dropFirst(11))
      // A commitment that hides in many proofs takes long.
      guard try reader.string().utf8.count + reader.u32() < 40 else { return }
      let input = try CommittedInput(file: changed, threads: 1)
      #expect(input.file == changed)
    }
    #expect(outcomes["accepted", default: 0] > 20 && outcomes.count >= 3, "\(outcomes)")
  }

  @Test("a count of spent positions of another key, size or kind is refused") func spentPositions() throws {
    let proven = Self.network(.hiding)
    var template = Array("/tmp/zkml-fuzz.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let path = folder + "/net.spent"
    defer {
      unlink(path)
      rmdir(folder)
    }
    let ledger = try #require(PositionLedger(path: path, core: proven.core))
    let file = ledger.newFile(spent: [1, 2, 3]).bytes
    let most = ledger.limit / ledger.queryCount
    let outcomes = outcomes(56, 1_000, file, lengths: []) { changed in
      let stream = try #require(fopen(path, "w"))
      fwrite(changed, 1, changed.count, stream)
      fclose(stream)
      let remaining = try ledger.remainingProofCount()
      #expect((0...most).contains(remaining))
      let owner = 11..<11 + 2 * Digest.byteCount + 1
      #expect(changed.count == file.count && changed[owner] == file[owner])
    }
    #expect(Set(outcomes.keys).subtracting(["otherVersion"]) == ["accepted", "damaged", "otherKey"], "\(outcomes)")
  }
}
