import Circuit
import Field
import TestSupport
import Verifier

/// Changes proofs at random, by the fields of their messages: the same for the same seed.
struct ProofMutator {
  /// An honest proof and where its messages are.
  struct Source {
    let proven: ProvenNetwork
    let statement: Statement
    let bytes: [UInt8]
    let manifest: ProofManifest
    fileprivate let fields: [(label: String, fields: [ProofManifest.Field])]

    init(_ proven: ProvenNetwork, _ statement: Statement, _ bytes: [UInt8], _ manifest: ProofManifest) {
      (self.proven, self.statement, self.bytes, self.manifest) = (proven, statement, bytes, manifest)
      fields = manifest.labels.sorted().map { label in (label, manifest.fields.filter { $0.label == label }) }
    }
  }

  struct Changed {
    let source: Source
    /// What was changed: the label of a message, or of what else.
    let label: String
    let statement: Statement
    let bytes: [UInt8]

    /// Another statement than the source's, or other bytes.
    var isChanged: Bool { statement != source.statement || bytes != source.bytes }
  }

  /// Of one key.
  let sources: [Source]
  private var random: RepeatableRandom

  init(_ sources: [Source], seed: UInt64) {
    self.sources = sources
    random = RepeatableRandom(seed: seed)
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &random) }

  /// A proof that is not honest; every label of a message is as likely to be changed.
  mutating func next() -> Changed {
    while true {
      let source = sources[below(sources.count)]
      let changed = below(24) == 0 ? changedStatement(source) : changedBytes(source)
      if changed.isChanged, !sources.contains(where: { $0.statement == changed.statement && $0.bytes == changed.bytes }) {
        return changed
      }
    }
  }

  private mutating func changedBytes(_ source: Source) -> Changed {
    var bytes = source.bytes
    let (label, fields) = source.fields[below(source.fields.count)]
    let field = fields[below(fields.count)]
    let range = field.offset..<field.offset + field.kind.byteCount
    func changed() -> Changed { Changed(source: source, label: label, statement: source.statement, bytes: bytes) }
    switch below(16) {
    case 0:
      bytes.removeLast(1 + below(below(2) == 0 ? 64 : bytes.count - 1))
    case 1: bytes.removeSubrange(range)
    case 2: bytes.insert(contentsOf: bytes[range], at: range.lowerBound)
    case 3, 4:
      // The same field of another proof, or all of this label's.
      let other = sources[below(sources.count)]
      guard let donors = other.fields.first(where: { $0.label == label })?.fields else { return changed() }
      let isWhole = below(2) == 0
      for (own, donor) in zip(fields, donors) where isWhole || own.offset == field.offset {
        bytes.replaceSubrange(
          own.offset..<own.offset + own.kind.byteCount, with: other.bytes[donor.offset..<donor.offset + donor.kind.byteCount])
      }
    case 5, 6:
      // Another field of this kind in its place, and the other way round.
      let alike = source.manifest.fields.filter { $0.kind == field.kind }
      let other = alike[below(alike.count)]
      for index in 0..<field.kind.byteCount { bytes.swapAt(field.offset + index, other.offset + index) }
    case 7 where [.secure, .symbol].contains(field.kind):
      // The value plus p where that fits, else p plus something small.
      let word = bytes.word(at: field.offset)
      bytes.setWord(BaseField.modulus + word % 0xFFFF_FFFF, at: field.offset)
    case 8, 9: if [.secure, .symbol].contains(field.kind) { bytes = bytes.incremented(at: field.offset) } else { flip() }
    case _: flip()
    }
    func flip() { bytes[range.lowerBound + below(range.count)] ^= 1 << UInt8(below(8)) }
    return changed()
  }

  private mutating func changedStatement(_ source: Source) -> Changed {
    var statement = source.statement
    func change(_ ports: inout [[Int64]]) {
      let port = below(ports.count)
      guard ports.indices.contains(port), !ports[port].isEmpty else { return }
      ports[port][below(ports[port].count)] += below(2) == 0 ? 1 : -1
    }
    switch below(6) {
    case 0: statement = sources[below(sources.count)].statement
    case 1: change(&statement.inputs)
    case 2, 3: change(&statement.outputs)
    case 4: statement.context.append(UInt8(below(256)))
    case _: statement.batch += below(2) == 0 ? 1 : -1
    }
    return Changed(source: source, label: "statement", statement: statement, bytes: source.bytes)
  }
}
