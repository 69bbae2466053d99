import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Every message label of the protocol; the tests below change every field of each.
private let labels = [
  "witness", "roots", "layer.round", "layer.ends", "lookup.values", "terms", "contraction.round", "operands",
  "merge.round", "final", "level", "leaves", "paths", "fold.round",
]

@Suite struct MutationTests {
  /// At most so many fields of a label are changed in the larger proof.
  private let sampleCount = 150

  @Test("row 4: the schedule accounts for every byte of every proof, and every label has mutations")
  func manifestIsComplete() throws {
    var seen: Set<String> = []
    for (network, mode) in (SmallNetwork.all + [.small]).flatMap({ [($0, ProofMode.plain), ($0, .hiding)] }) {
      let proven = ProvenNetwork(network, batch: network.batches.last.map { min($0, 5) } ?? 1, mode: mode)
      let manifest = proven.manifest
      #expect(manifest.byteCount == proven.proof.bytes.count, "\(network)")
      for (label, byteCount) in proven.details.parts {
        let bytes = manifest.fields.filter { $0.label == label }.reduce(0) { $0 + $1.kind.byteCount }
        #expect(bytes == byteCount, "\(network) \(label)")
      }
      seen.formUnion(manifest.labels)
    }
    for proven in ProvenNetwork.proven {
      #expect(proven.manifest.byteCount == proven.proof.bytes.count)
      seen.formUnion(proven.manifest.labels)
    }
    let hiding = ["inverse", "product", "mask.sum", "quadratic.round", "quadratic.ends", "mask.value"]
    #expect(seen == Set(labels + hiding))
  }

  @Test("rows 2, 5: a proof with any element, symbol, leaf or digest changed is rejected", arguments: labels)
  func changedFieldsAreRejected(label: String) {
    var count = 0
    for proven in ProvenNetwork.proven {
      let bytes = proven.proof.bytes
      var fields = proven.manifest.fields.filter { $0.label == label }
      if proven.circuit.name != "small", fields.count > sampleCount {
        let step = fields.count / sampleCount
        fields = stride(from: 0, to: fields.count, by: step).map { fields[$0] }
      }
      for (index, field) in fields.enumerated() {
        var changed: [[UInt8]] = []
        switch field.kind {
        case .secure: changed = [bytes.incremented(at: field.offset), bytes.incremented(at: field.offset + 8)]
        case .symbol: changed = [bytes.incremented(at: field.offset)]
        case .digest, .salt:
          var copy = bytes
          copy[field.offset + index % field.kind.byteCount] ^= 1 << UInt8(index / 32 % 8)
          changed = [copy]
        }
        for copy in changed { #expect(proven.error(copy) != nil, "\(label) at \(field.offset)") }
        count += changed.count
      }
    }
    #expect(count > 0)
  }

  @Test("row 17: words of p and more are malformed in every kind of message", arguments: labels)
  func nonCanonicalWordsAreMalformed(label: String) {
    for proven in ProvenNetwork.proven {
      let bytes = proven.proof.bytes
      let fields = proven.manifest.fields.filter { $0.label == label && $0.kind != .digest }
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

  @Test("row 16: 2,000 random changes of bytes are rejected")
  func randomChangesAreRejected() {
    var random = RepeatableRandom(seed: 99)
    let proven = ProvenNetwork.small
    for _ in 0..<2_000 {
      var copy = proven.proof.bytes
      for _ in 0...Int.random(in: 0...2, using: &random) {
        let index = Int.random(in: copy.indices, using: &random)
        copy[index] ^= UInt8.random(in: 1...255, using: &random)
      }
      #expect(copy == proven.proof.bytes || proven.error(copy) != nil)
    }
  }

  @Test("rows 2, 27: 300 random changes of a weight range proof are rejected") func rangeProofs() {
    var random = RepeatableRandom(seed: 31)
    let key = ProvenNetwork.small.verifyingKey
    for round in 0..<300 {
      var copy = key.rangeProof
      let end = round % 2 == 0 ? copy.count : 1_500
      copy[Int.random(in: 0..<end, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      #expect(throws: VerificationError.self) {
        try VerifyingKey(circuit: key.circuit, core: key.core, rangeProof: copy).verifyWeightRange()
      }
    }
    for length in stride(from: 0, to: key.rangeProof.count, by: 331) {
      #expect(throws: VerificationError.malformed) {
        try VerifyingKey(circuit: key.circuit, core: key.core, rangeProof: Array(key.rangeProof.prefix(length)))
          .verifyWeightRange()
      }
    }
  }

  @Test("rows 4, 16: truncated and lengthened proofs are malformed, whatever is missing or added")
  func truncationIsMalformed() {
    let proven = ProvenNetwork.small
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

  @Test("row 16: noise of any length is rejected")
  func noiseIsRejected() {
    var random = RepeatableRandom(seed: 5)
    let proven = ProvenNetwork.small
    for length in stride(from: 0, to: 4_000, by: 37) {
      let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(proven.error(noise) != nil)
      #expect(proven.error([UInt8](repeating: 0, count: length)) != nil)
    }
  }
}
