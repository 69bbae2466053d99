import Circuit
import Field

/// The Fiat–Shamir state, the same on both sides. docs/protocol.md §2.
package struct Sponge: ~Copyable {
  package private(set) var state = Digest.zero
  private var buffer: [UInt8] = []
  private let absorb = Hash(.absorb)
  private let squeeze = Hash(.squeeze)
  private let grinding = Hash(.grind)
  private var isDeaf = false

  package init() {}

  /// Draws what follows from `state`, whatever is observed: shows in tests what a proof reveals under given challenges.
  package init(deafAt state: Digest) { (self.state, isDeaf) = (state, true) }

  private mutating func begin(_ label: String) {
    buffer.removeAll(keepingCapacity: true)
    buffer.append(contentsOf: state.bytes)
    buffer.append(UInt8(truncatingIfNeeded: label.utf8.count))
    buffer.append(contentsOf: label.utf8)
  }

  package mutating func observe(_ label: String, _ data: ArraySlice<UInt8>) {
    guard !isDeaf else { return }
    begin(label)
    for shift in 0..<8 { buffer.append(UInt8(truncatingIfNeeded: data.count >> (8 * shift))) }
    buffer.append(contentsOf: data)
    state = absorb.digest(buffer)
  }

  private mutating func words(_ label: String) -> SIMD4<UInt64> {
    begin(label)
    let (next, output) = squeeze.long(buffer)
    state = next
    return output.words
  }

  package mutating func challenge(_ label: String) -> SecureField {
    var first: BaseField?
    while true {
      let words = words(label)
      for index in 0..<4 {
        guard let element = BaseField(canonical: words[index]) else { continue }
        guard let c0 = first else {
          first = element
          continue
        }
        return SecureField(c0: c0, c1: element)
      }
    }
  }

  package mutating func challenges(_ label: String, count: Int) -> [SecureField] {
    var challenges: [SecureField] = []
    for _ in 0..<count { challenges.append(challenge(label)) }
    return challenges
  }

  /// Distinct positions below 2^domainBits, ascending, from `count` independent draws.
  package mutating func positions(_ label: String, count: Int, domainBits: Int) -> [Int] {
    var drawn: Set<Int> = []
    var rest = count
    while rest > 0 {
      let words = words(label)
      for index in 0..<min(4, rest) {
        drawn.insert(Int(truncatingIfNeeded: words[index] & ((1 << UInt64(domainBits)) - 1)))
      }
      rest -= 4
    }
    return drawn.sorted()
  }

  /// True when the eight bytes of `nonce` solve the grinding puzzle for the current state.
  package func isGround(_ nonce: ArraySlice<UInt8>, bits: Int) -> Bool {
    let word = grinding.digest(state.bytes + nonce).words[0]
    return word & ((1 << UInt64(bits)) - 1) == 0
  }
}

/// Reads a proof; everything that is read is absorbed, except hints. Cannot be copied.
package struct VerifierTranscript: ~Copyable {
  package var sponge = Sponge()
  /// Not nil while what is received is padded.
  package var pads: PadLedger?
  private let proof: [UInt8]
  private var cursor = 0

  package init(_ mode: ProofMode = .transparent, proof: [UInt8]) {
    self.proof = proof
    pads = mode == .hiding ? PadLedger() : nil
  }

  package mutating func hint(_ byteCount: Int) throws(VerificationError) -> ArraySlice<UInt8> {
    guard byteCount >= 0, byteCount <= proof.count - cursor else { throw .malformed }
    defer { cursor += byteCount }
    return proof[cursor..<cursor + byteCount]
  }

  package mutating func receiveBytes(
    _ label: String, _ byteCount: Int
  ) throws(VerificationError) -> ArraySlice<UInt8> {
    let bytes = try hint(byteCount)
    sponge.observe(label, bytes)
    return bytes
  }

  package mutating func receiveRoot(_ label: String) throws(VerificationError) -> Digest {
    Digest(bytes: try receiveBytes(label, Digest.byteCount))
  }

  package mutating func grind(bits: Int) throws(VerificationError) {
    guard bits > 0 else { return }
    let nonce = try hint(8)
    guard sponge.isGround(nonce, bits: bits) else { throw .grindingMismatch }
    sponge.observe("grind", nonce)
  }

  package consuming func finish() throws(VerificationError) {
    guard cursor == proof.count else { throw .malformed }
  }
}

/// Canonical elements of F, eight bytes each.
package func baseElements(_ bytes: ArraySlice<UInt8>) throws(VerificationError) -> [BaseField] {
  var elements: [BaseField] = []
  elements.reserveCapacity(bytes.count / BaseField.byteCount)
  for offset in stride(from: 0, to: bytes.count, by: BaseField.byteCount) {
    guard let element = BaseField(canonical: littleEndianWord(bytes, at: offset)) else { throw .malformed }
    elements.append(element)
  }
  return elements
}

/// Canonical elements of K, sixteen bytes each.
package func secureElements(_ bytes: ArraySlice<UInt8>) throws(VerificationError) -> [SecureField] {
  let parts = try baseElements(bytes)
  return stride(from: 0, to: parts.count - 1, by: 2).map { SecureField(c0: parts[$0], c1: parts[$0 + 1]) }
}
