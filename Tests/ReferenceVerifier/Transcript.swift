/// The verifier's transcript (§2): a state of 32 bytes and a cursor in the proof bytes.
package struct Transcript {
  package private(set) var state = [UInt8](repeating: 0, count: 32)
  private let proof: [UInt8]
  private var cursor = 0
  /// Without a proof: everything that is received is zero.
  private var isRehearsal = false
  /// Whether the values have pads: in steps 2 to 5 of a hiding proof.
  package var isPadded = false
  package var obligations = Obligations()
  /// The label and the place in the proof of everything received so far.
  private(set) var messages: [ReceivedMessage] = []
  /// The state after each step of §5, and after each level of step 7.
  private(set) var checkpoints: [Checkpoint] = []

  package init(_ proof: [UInt8]) { self.proof = proof }

  /// The same state, reading on in other proof bytes.
  package func continued(_ proof: [UInt8]) -> Transcript {
    var transcript = Transcript(proof)
    transcript.state = state
    transcript.isPadded = isPadded
    transcript.obligations = obligations
    return transcript
  }

  /// Counts what a hiding proof sends: nothing is read, every element and byte is zero.
  static var rehearsal: Transcript {
    var transcript = Transcript([])
    transcript.isRehearsal = true
    transcript.isPadded = true
    return transcript
  }

  package mutating func observe(_ label: String, _ data: [UInt8]) {
    state = hash("absorb", state + lengthPrefixed(label) + littleEndian(UInt64(data.count)) + data)
  }

  package mutating func squeeze(_ label: String) -> [UInt64] {
    let output = hash("squeeze", state + lengthPrefixed(label), byteCount: 64)
    state = Array(output[0..<32])
    return (0..<4).map { word(output[32 + 8 * $0..<40 + 8 * $0]) }
  }

  package mutating func challenge(_ label: String) -> Extension {
    var words: [UInt64] = []
    while words.count < 2 {
      words += squeeze(label).filter { $0 < Residue.modulus }
    }
    return Extension(words[0], words[1])
  }

  package mutating func challenges(_ label: String, _ count: Int) -> [Extension] {
    (0..<count).map { _ in challenge(label) }
  }

  package mutating func hint(_ count: Int) throws(ReferenceRejection) -> [UInt8] {
    if isRehearsal { return [UInt8](repeating: 0, count: count) }
    guard count >= 0, count <= proof.count - cursor else { throw .truncatedProof }
    defer { cursor += count }
    return Array(proof[cursor..<cursor + count])
  }

  package mutating func receiveBytes(_ label: String, _ count: Int) throws(ReferenceRejection) -> [UInt8] {
    let bytes = try hint(count)
    messages.append(ReceivedMessage(label: label, bytes: cursor - bytes.count..<cursor))
    observe(label, bytes)
    return bytes
  }

  package mutating func receive(_ label: String, _ count: Int) throws(ReferenceRejection) -> [Extension] {
    guard count > 0 else { return [] }
    guard isRehearsal || count <= proof.count / 16 else { throw .truncatedProof }
    let bytes = try receiveBytes(label, 16 * count)
    return try elements(bytes)
  }

  package mutating func positions(_ label: String, count: Int, bits: Int) -> [Int] {
    var words: [UInt64] = []
    while words.count < count { words += squeeze(label) }
    let mask = UInt64(1) << UInt64(bits) - 1
    return Set(words[..<count].map { Int($0 & mask) }).sorted()
  }

  package mutating func grind(_ label: String, bits: Int) throws(ReferenceRejection) {
    guard bits > 0 else { return }
    let nonce = try hint(8)
    messages.append(ReceivedMessage(label: label, bytes: cursor - 8..<cursor))
    let digest = hash("grind", state + nonce)
    let mask = UInt64(1) << UInt64(bits) - 1
    guard word(digest[0..<8]) & mask == 0 else { throw .grinding }
    observe(label, nonce)
  }

  /// Whether the proof has at least a·b bytes in all.
  func holds(_ a: Int, _ b: Int) -> Bool { b <= proof.count / a }

  package func finish() throws(ReferenceRejection) {
    guard cursor == proof.count else { throw .trailingBytes }
  }

  mutating func mark(_ step: String) { checkpoints.append(Checkpoint(step: step, state: state)) }

  private func lengthPrefixed(_ label: String) -> [UInt8] {
    [UInt8(label.utf8.count)] + Array(label.utf8)
  }
}

/// S after a step of §5: "0", "1", …; "7.0", "7.1", … after the levels of §9.
package struct Checkpoint: Equatable {
  package var step: String
  package var state: [UInt8]

  package init(step: String, state: [UInt8]) {
    self.step = step
    self.state = state
  }
}

/// What one receive of §2 read.
package struct ReceivedMessage {
  package var label: String
  /// Counted from the start of the proof.
  package var bytes: Range<Int>
}

/// The elements of F in `bytes`, 8 bytes each; refuses residues that are not smaller than p (§1).
func residues(_ bytes: [UInt8]) throws(ReferenceRejection) -> [UInt64] {
  var result: [UInt64] = []
  result.reserveCapacity(bytes.count / 8)
  for start in stride(from: 0, to: bytes.count - bytes.count % 8, by: 8) {
    let value = word(bytes[start..<start + 8])
    guard value < Residue.modulus else { throw .nonCanonical }
    result.append(value)
  }
  return result
}

/// The elements of K in `bytes`, 16 bytes each (§1).
func elements(_ bytes: [UInt8]) throws(ReferenceRejection) -> [Extension] {
  let parts = try residues(bytes)
  return stride(from: 0, to: parts.count - parts.count % 2, by: 2).map { Extension(parts[$0], parts[$0 + 1]) }
}
