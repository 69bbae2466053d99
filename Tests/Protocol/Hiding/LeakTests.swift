import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// A mask left out, and how that shows.
struct LeftOut: Sendable, CustomTestStringConvertible {
  let name: String
  let stage: Stage
  let count: Int
  let change: SecretChange
  let leak: String

  var testDescription: String { name }
}

@Suite("Proofs hide, and no mask can be left out") struct LeakTests {
  private static let prover = ProgrammedProver.both[0]

  @Test("a prover that draws the same secrets makes the same proof as the product, and it verifies")
  func sameProof() throws {
    let prover = Self.prover
    let seed = [UInt8](repeating: 5, count: SecretStream.seedByteCount)
    let key = ProvingKey(circuit: prover.circuit, weights: prover.weights, proofCount: 1, seed: seed, threads: 1)
    let (proof, _) = try key.prove(
      batch: prover.plan.batch, inputs: prover.statement.inputs, mode: .hiding, seed: seed, threads: 1)
    let model = try #require(key.commitment)
    let secrets = key.core.secrets(.inference, prover.statement, prover.circuit, prover.statement.inputs, seed: seed)
    #expect(prover.prove([model], secrets, coins: nil) == proof.bytes)
    try key.verifyingKey(threads: 1).verify(proof)
    let programmed = prover.prove([model], secrets, coins: Sample.coins)
    try prover.plan.verify(key.core, prover.statement, programmed, coins: Sample.coins)
  }

  @Test("both sets of weights give the same outputs") func sameOutputs() {
    let both = ProgrammedProver.both
    #expect(both[0].statement == both[1].statement)
    #expect(zip(both[0].weights, both[1].weights).allSatisfy { $0 != $1 })
    let classes = ProgrammedProver.classes
    #expect(classes[0].statement == classes[1].statement && classes[0].weights != classes[1].weights)
    #expect(classes[0].logits != classes[1].logits, "classes are the same, what they are made from is not")
  }

  @Test("all that a proof shows is uniform, and the same for other weights, and as simulated")
  func everythingIsHidden() throws {
    for samples in [ProgrammedProver.samples, ProgrammedProver.rangeSamples, ProgrammedProver.classSamples] {
      for sample in samples { #expect(sample.leaks == []) }
      #expect(samples[0].differences(from: samples[1]) == [])
    }
  }

  @Test("masks hide what they are for, also from one who knows all other secrets", arguments: [
    (Stage.messages, 300), (.spare, 60), (.quadraticMask, 60), (.opening, 300), (.salts, 60),
  ])
  func stages(stage: Stage, count: Int) {
    let (sample, other) = Self.samples(stage, count: count) { _, _ in }
    #expect(sample.leaks == [] && other.leaks == [])
    #expect(sample.differences(from: other) == [])
  }

  /// For both sets of weights, the other one with pads that make it send the same messages.
  private static func samples(
    _ stage: Stage, count: Int, _ change: @escaping SecretChange
  ) -> (Sample, Sample) {
    let sending = ProgrammedProver.both[1].sendingAs(prover)
    let isSending = stage == .spare || stage == .quadraticMask
    return (
      prover.sample(stage, count: count, change),
      ProgrammedProver.both[1].sample(stage, count: count) { draw, bytes in
        if isSending { sending(draw, &bytes) }
        change(draw, &bytes)
      }
    )
  }

  /// As many proofs as the tests with a mask left out have.
  @Test("few proofs are enough to see a leak, and show none") func fewProofs() {
    #expect(Self.prover.sample(.everything, count: 40).leaks == [])
    #expect(Self.prover.sample(.messages, count: 40).leaks == [])
  }

  @Test("a mask left out shows, and tells two sets of weights apart", arguments: leftOut)
  func missing(_ mask: LeftOut) {
    let (sample, other) = Self.samples(mask.stage, count: mask.count, mask.change)
    let (leaks, differences) = (sample.leaks, sample.differences(from: other))
    #expect(leaks.contains(mask.leak), "\(mask.name): \(leaks)")
    // A salt that comes twice helps who guesses, but tells nothing by itself.
    #expect(differences.isEmpty == (mask.leak == "repetition"), "\(mask.name): \(differences)")
  }

  /// Each class of pads, the other entries of Y, and the masks, tails and salts of key, witness and level.
  static let leftOut: [LeftOut] = pads + discharge + commitments + opening

  private static func entries(_ indices: [Int]) -> SecretChange {
    without(.pads, indices.map { 16 * $0..<16 * $0 + 16 })
  }

  private static let pads: [LeftOut] = {
    let ledger = prover.padUses.ledger
    let products = Set(ledger.products.map(\.product))
    let sent = (0..<ledger.count).filter { !products.contains($0) }
    let fields = prover.fields.padded
    precondition(fields.count == sent.count, "every message has a pad")
    let classes = Dictionary(grouping: zip(sent, fields), by: \.1.label).mapValues { $0.map(\.0) }
    let factors = ledger.products.flatMap { [$0.first, $0.second] }
    let all = sent.count + 2
    return classes.sorted { $0.key < $1.key }.map { label, indices in
      LeftOut(name: "pads of \(label)", stage: .messages, count: 40, change: entries(indices), leak: label)
    } + [
      LeftOut(
        name: "pads of factors", stage: .messages, count: 40, change: entries(factors), leak: "layer.ends"),
      LeftOut(
        name: "one pad twice", stage: .messages, count: all + 2,
        change: { draw, bytes in if draw == .pads { bytes.replaceSubrange(16..<32, with: bytes[0..<16]) } },
        leak: "relation in messages"),
      LeftOut(
        name: "spare pair", stage: .messages, count: all + 2, change: entries([ledger.count, ledger.count + 1]),
        leak: "relation in messages"),
    ]
  }()

  private static let discharge: [LeftOut] = {
    let (ledger, layout) = prover.padUses
    let (spare, mask) = (ledger.count, layout.quadratic(ledger).mask)
    let coefficients = Array(mask..<layout.entryCount)
    let single = coefficients.map { index in
      LeftOut(
        name: "coefficient \(index - mask) of g", stage: .quadraticMask, count: coefficients.count + 8,
        change: entries([index]), leak: "relation in discharge")
    }
    return (0..<2).map { index in
      LeftOut(
        name: "spare factor \(index)", stage: .spare, count: 40, change: entries([spare + index]), leak: "quadratic.ends")
    } + [
      LeftOut(name: "g", stage: .quadraticMask, count: 40, change: entries(coefficients), leak: "mask.sum")
    ] + single
  }()

  private static let commitments: [LeftOut] = {
    let code = prover.plan.commitments[1].code
    let rowCount = prover.plan.commitments[1].layout.rowCount
    let short = (0..<rowCount).map { row in
      let start = 8 * row * code.tailCount
      return start + 8 * (code.queryCount / 2)..<start + 8 * code.tailCount
    }
    func repeated(_ salts: SecretDraw) -> SecretChange {
      { draw, bytes in
        if draw == salts { for index in bytes.indices.dropFirst(16) { bytes[index] = bytes[index - 16] } }
      }
    }
    let named: [(String, SecretDraw, SecretDraw)] = [
      ("model", .modelTails, .modelSalts), ("witness", .tails, .salts), ("level", .levelTails, .levelSalts),
    ]
    return named.flatMap { name, tails, salts in
      [
        LeftOut(
          name: "tails of \(name)", stage: tails == .levelTails ? .opening : .everything, count: 40,
          change: without(tails), leak: "\(name) leaves"),
        LeftOut(
          name: "salts of \(name)", stage: .salts, count: 40, change: without(salts), leak: "\(name) paths"),
        LeftOut(
          name: "one salt for \(name)", stage: .everything, count: 20, change: repeated(salts), leak: "repetition"),
      ]
    } + [
      LeftOut(
        name: "tails of Y", stage: .everything, count: 240,
        change: without(.tails, [8 * rowCount * code.tailCount..<Int.max]), leak: "relation in messages and Y"),
      LeftOut(
        name: "half of the witness's tails", stage: .everything, count: code.queryCount, change: without(.tails, short),
        leak: "relation in row of witness")
    ]
  }()

  private static let opening: [LeftOut] = {
    guard case .committed(let code, let rowCount, _) = prover.plan.levels[0] else { return [] }
    /// The entry at `index` of each tail but the mask's.
    func entries(_ index: Int) -> [Range<Int>] {
      (0..<2 * rowCount).map { row in
        let start = 8 * (row * code.tailCount + index)
        return start..<start + 8
      }
    }
    func tails(_ name: String, _ ranges: [Range<Int>], _ leak: String) -> LeftOut {
      LeftOut(name: name, stage: .opening, count: 300, change: without(.levelTails, ranges), leak: leak)
    }
    return [
      LeftOut(name: "s", stage: .opening, count: 40, change: without(.levelMasks), leak: "final"),
      tails("tail of s", [16 * rowCount * code.tailCount..<Int.max], "relation in H and h'"),
      tails("u", entries(0), "relation in rounds"), tails("v", entries(1), "fold.round"),
      tails("u and v", entries(0) + entries(1), "level.mask"),
    ]
  }()
}
