import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Every message label of the protocol; the tests below change every field of each.
private let labels = [
  "witness", "roots", "layer.round", "layer.ends", "lookup.values", "terms", "contraction.round", "operands",
  "merge.round", "final", "level", "grind", "leaves", "paths", "fold.round",
]
private let hidingLabels = ["inverse", "product", "mask.sum", "quadratic.round", "quadratic.ends", "level.mask", "mask.value"]

private func labels(_ mode: ProofMode) -> [(label: String, mode: ProofMode)] {
  let own: [String]
  switch mode {
  case .transparent: own = []
  case .hiding: own = hidingLabels
  }
  return (labels + own).map { ($0, mode) }
}

private let allLabels = ProofMode.both.flatMap { labels($0) }

@Suite struct MutationTests {
  /// About so many fields of a label are changed in the larger proofs.
  private let sampleCount = 150

  @Test("row 4: the schedule accounts for every byte of every proof, and every label has mutations")
  func manifestIsComplete() throws {
    var seen: Set<String> = []
    for (network, mode) in (SmallNetwork.all + [.small]).flatMap({ network in ProofMode.both.map { (network, $0) } }) {
      let proven = ProvenNetwork(network, batch: network.batches.last.map { min($0, 5) } ?? 1, mode: mode)
      let manifest = proven.manifest
      #expect(manifest.byteCount == proven.proof.bytes.count, "\(network)")
      for (label, byteCount) in proven.details.parts {
        let bytes = manifest.fields.filter { $0.label == label }.reduce(0) { $0 + $1.kind.byteCount }
        #expect(bytes == byteCount, "\(network) \(label)")
      }
      seen.formUnion(manifest.labels)
    }
    for proven in ProofMode.both.flatMap(ProvenNetwork.proven) {
      #expect(proven.manifest.byteCount == proven.proof.bytes.count)
      seen.formUnion(proven.manifest.labels)
    }
    #expect(seen == Set(labels + hidingLabels))
  }

  /// The proof with one field changed, for some of a label's fields.
  private func changes(
    of bytes: [UInt8], _ manifest: ProofManifest, _ label: String, sampleCount: Int
  ) -> [(offset: Int, bytes: [UInt8])] {
    let fields = manifest.fields.filter { $0.label == label }
    let step = max(1, fields.count / sampleCount)
    return stride(from: 0, to: fields.count, by: step).flatMap { index in
      let offset = fields[index].offset
      switch fields[index].kind {
      case .secure: return [(offset, bytes.incremented(at: offset)), (offset, bytes.incremented(at: offset + 8))]
      case .symbol: return [(offset, bytes.incremented(at: offset))]
      case .digest, .salt, .nonce:
        var copy = bytes
        copy[offset + index / step % fields[index].kind.byteCount] ^= 1 << UInt8(index / step / 32 % 8)
        return [(offset, copy)]
      }
    }
  }

  @Test("rows 2, 5: a proof with any element, symbol, leaf or digest changed is rejected", arguments: allLabels)
  func changedFieldsAreRejected(label: String, mode: ProofMode) {
    var count = 0
    for proven in ProvenNetwork.proven(mode) {
      let isSampled = proven.circuit.name != "small" || mode == .hiding
      let changes = changes(
        of: proven.proof.bytes, proven.manifest, label, sampleCount: isSampled ? sampleCount : .max)
      for (offset, bytes) in changes { #expect(proven.error(bytes) != nil, "\(label) at \(offset)") }
      count += changes.count
    }
    #expect(count > 0)
  }

  @Test("row 5: each field is in a check: its change is rejected, also where no challenge depends on it",
    arguments: allLabels)
  func fieldsAreChecked(label: String, mode: ProofMode) throws {
    var count = 0
    for proven in ProvenNetwork.proven(mode) where ["small", "dense", "three operands", "every part"].contains(proven.circuit.name) {
      var prover = MaliciousProver(proven)
      prover.coins = Sample.coins
      let (plan, proof) = (proven.plan, prover.prove())
      try plan.verify(proven.core, proven.statement, proof, coins: Sample.coins)
      let manifest = ProofManifest(plan, proof, Sponge(deafAt: Sample.coins))
      for (offset, bytes) in changes(of: proof, manifest, label, sampleCount: 20) {
        #expect(throws: VerificationError.self, "\(label) at \(offset)") {
          try plan.verify(proven.core, proven.statement, bytes, coins: Sample.coins)
        }
        count += 1
      }
    }
    #expect(count > 0)
  }

  @Test("row 17: words of p and more are malformed in every kind of message", arguments: allLabels)
  func nonCanonicalWordsAreMalformed(label: String, mode: ProofMode) {
    for proven in ProvenNetwork.proven(mode) {
      let bytes = proven.proof.bytes
      let fields = proven.manifest.fields.filter { $0.label == label && [.secure, .symbol].contains($0.kind) }
      for field in [fields.first, fields.last].compactMap(\.self) {
        for offset in field.kind == .secure ? [field.offset, field.offset + 8] : [field.offset] {
          var copy = bytes
          copy.setWord(BaseField.modulus + bytes.word(at: offset) % 0xFFFF_FFFF, at: offset)
          // A leaf is hashed before it is read as integers.
          let expected: [VerificationError] = label == "leaves" ? [.merkleMismatch, .malformed] : [.malformed]
          #expect(proven.error(copy).map(expected.contains) ?? false, "\(label) at \(offset)")
        }
      }
    }
  }

  @Test("row 16: 2,000 random changes of bytes are rejected", arguments: ProofMode.both)
  func randomChangesAreRejected(mode: ProofMode) {
    var random = RepeatableRandom(seed: 99)
    let proven = ProvenNetwork.small(mode)
    for _ in 0..<2_000 {
      var copy = proven.proof.bytes
      for _ in 0...Int.random(in: 0...2, using: &random) {
        let index = Int.random(in: copy.indices, using: &random)
        copy[index] ^= UInt8.random(in: 1...255, using: &random)
      }
      #expect(copy == proven.proof.bytes || proven.error(copy) != nil)
    }
  }

  @Test("rows 2, 27: 300 random changes of a weight range proof are rejected", arguments: ProofMode.both)
  func rangeProofs(mode: ProofMode) {
    var random = RepeatableRandom(seed: 31)
    let key = ProvenNetwork.small(mode).verifyingKey
    for round in 0..<300 {
      var copy = key.chain[0].proof
      let end = round % 2 == 0 ? copy.count : 1_500
      copy[Int.random(in: 0..<end, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      #expect(throws: VerificationError.self) {
        try VerifyingKey(circuit: key.circuit, core: key.core, proof: copy).verifyWeights()
      }
    }
    for length in stride(from: 0, to: key.chain[0].proof.count, by: 331) {
      #expect(throws: VerificationError.malformed) {
        try VerifyingKey(circuit: key.circuit, core: key.core, proof: Array(key.chain[0].proof.prefix(length)))
          .verifyWeights()
      }
    }
  }

  @Test("rows 4, 16: truncated and lengthened proofs are malformed, whatever is missing or added",
    arguments: ProofMode.both)
  func truncationIsMalformed(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    let bytes = proven.proof.bytes
    let boundaries = proven.manifest.fields.map(\.offset)
    for length in Set(boundaries + boundaries.map { $0 + 5 } + [bytes.count - 1]) where length < bytes.count {
      #expect(proven.error(Array(bytes.prefix(length))) == .malformed, "\(length)")
    }
    for extra in [1, 8, 16, 32, 1000] {
      #expect(proven.error(bytes + [UInt8](repeating: 0, count: extra)) == .malformed)
      #expect(proven.error([UInt8](repeating: 0, count: extra) + bytes) != nil)
    }
  }

  @Test("row 16: noise of any length is rejected", arguments: ProofMode.both)
  func noiseIsRejected(mode: ProofMode) {
    var random = RepeatableRandom(seed: 5)
    let proven = ProvenNetwork.small(mode)
    for length in stride(from: 0, to: 4_000, by: 37) {
      let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(proven.error(noise) != nil)
      #expect(proven.error([UInt8](repeating: 0, count: length)) != nil)
    }
  }
}
