import ReferenceVerifier
import Testing

@Suite struct ReferenceTranscriptTests {
  @Test func isDeterministicAndBindsEveryPart() {
    func challenge(_ label: String, _ data: [UInt8], _ drawn: String) -> Extension {
      var transcript = Transcript([])
      transcript.observe(label, data)
      return transcript.challenge(drawn)
    }
    let value = challenge("a", [1, 2], "c")
    #expect(challenge("a", [1, 2], "c") == value)
    #expect(challenge("b", [1, 2], "c") != value)
    #expect(challenge("a", [1, 3], "c") != value)
    #expect(challenge("a", [1], "c") != value)
    #expect(challenge("a", [1, 2], "d") != value)
  }

  /// §2 step by step: S ← H_absorb(S ‖ 1 ‖ "a" ‖ u64 2 ‖ data), o = H_squeeze(S ‖ 1 ‖ "c").
  @Test func followsTheDefinition() {
    var transcript = Transcript([])
    transcript.observe("a", [1, 2])
    let state = hash("absorb", [UInt8](repeating: 0, count: 32) + [1, 97] + [2, 0, 0, 0, 0, 0, 0, 0] + [1, 2])
    #expect(transcript.state == state)
    let output = hash("squeeze", state + [1, 99], byteCount: 64)
    let words = transcript.squeeze("c")
    #expect(words.flatMap { littleEndian($0) } == Array(output[32...]))
    #expect(transcript.state == Array(output[..<32]))
  }

  @Test func personalizationSeparatesHashes() {
    #expect(hash("leaf", [1]) != hash("node", [1]))
    #expect(hash("leaf", []).count == 32)
  }

  @Test func readsToTheEndAndNotBeyond() throws {
    var transcript = Transcript([UInt8](repeating: 1, count: 20))
    _ = try transcript.receive("x", 1)
    #expect(throws: ReferenceRejection.truncatedProof) { try transcript.receive("x", 1) }
    #expect(throws: ReferenceRejection.trailingBytes) { try transcript.finish() }
    _ = try transcript.hint(4)
    try transcript.finish()
  }

  @Test func receivingNothingChangesNothing() throws {
    var transcript = Transcript([])
    let before = transcript.state
    _ = try transcript.receive("x", 0)
    #expect(transcript.state == before)
  }

  @Test func refusesElementsAboveTheModulus() {
    var transcript = Transcript([1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 8))
    #expect(throws: ReferenceRejection.nonCanonical) { try transcript.receive("x", 1) }
  }

  @Test func positionsAreSortedAndDistinct() {
    var transcript = Transcript([])
    let positions = transcript.positions("positions", count: 154, bits: 6)
    #expect(positions == Array(Set(positions)).sorted())
    #expect(positions.allSatisfy { (0..<64).contains($0) })
    var again = Transcript([])
    var words: [UInt64] = []
    while words.count < 154 { words += again.squeeze("positions") }
    #expect(Set(positions) == Set(words[..<154].map { Int($0 % 64) }))
    #expect(transcript.state == again.state)
  }

  @Test func grindingIsChecked() throws {
    let state = [UInt8](repeating: 0, count: 32)
    let nonce = try #require((UInt64(0)..<10000).first { hash("grind", state + littleEndian($0))[0] & 15 == 0 })
    var transcript = Transcript(littleEndian(nonce))
    try transcript.grind("grind", bits: 4)
    try transcript.finish()
    let wrong = try #require((UInt64(0)..<10000).first { hash("grind", state + littleEndian($0))[0] & 15 != 0 })
    var refused = Transcript(littleEndian(wrong))
    #expect(throws: ReferenceRejection.grinding) { try refused.grind("grind", bits: 4) }
  }

  /// Opens 1, 4, 5 of eight leaves: siblings of 1, then of the parents 0 and 2.
  @Test func treeOpening() throws {
    let leaves = (0..<8).map { [UInt8](repeating: UInt8($0), count: 8) }
    var levels = [leaves.map { hash("leaf", $0) }]
    while let last = levels.last, last.count > 1 {
      levels.append(stride(from: 0, to: last.count, by: 2).map { hash("node", last[$0] + last[$0 + 1]) })
    }
    let proof = [1, 4, 5].flatMap { leaves[$0] } + levels[0][0] + levels[1][1] + levels[1][3]
    var transcript = Transcript(proof)
    let opened = try transcript.open([1, 4, 5], depth: 3, leafByteCount: 8, root: levels[3][0])
    #expect(opened == [1, 4, 5].map { leaves[$0] })
    try transcript.finish()
    var changed = Transcript(proof.dropLast() + [proof[proof.count - 1] ^ 1])
    #expect(throws: ReferenceRejection.merkle) {
      try changed.open([1, 4, 5], depth: 3, leafByteCount: 8, root: levels[3][0])
    }
  }

  @Test func codePoints() {
    let code = CodeParameters(rowBits: 2, rateBits: 1)
    #expect((0..<8).map { codePoint($0, code) } == [0, 4, 2, 6, 1, 5, 3, 7].map { Residue.power(Residue.root(3), $0) })
  }
}
