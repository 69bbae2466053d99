import Field
import TestSupport
import Testing
import Verifier

@Suite struct TranscriptTests {
  @Test("row 18: a nonce is valid for one state only, and the positions are drawn after it is absorbed")
  func grinding() throws {
    let bits = 8
    var sponge = Sponge()
    sponge.observe("root", [1, 2, 3])
    func nonce(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let solutions = (0..<4_000).filter { sponge.isGround(nonce($0)[...], bits: bits) }
    #expect(solutions.count > 4 && solutions.count < 60)
    #expect((0..<100).allSatisfy { sponge.isGround(nonce($0)[...], bits: 0) })
    sponge.observe("root", [])
    #expect(solutions.count { sponge.isGround(nonce($0)[...], bits: bits) } < solutions.count)

    func positions(after value: Int) throws -> [Int] {
      var transcript = VerifierTranscript(proof: nonce(value))
      transcript.sponge.observe("root", [1, 2, 3])
      try transcript.grind(bits: bits)
      let positions = transcript.sponge.positions("positions", count: 10, domainBits: 20)
      try transcript.finish()
      return positions
    }
    #expect(try positions(after: solutions[0]) != (try positions(after: solutions[1])))
    let wrong = (0..<4_000).first { !solutions.contains($0) } ?? 0
    #expect(throws: VerificationError.grindingMismatch) { try positions(after: wrong) }
  }

  @Test("row 18: without grinding no nonce is read") func noGrinding() throws {
    var transcript = VerifierTranscript(proof: [])
    try transcript.grind(bits: 0)
    try transcript.finish()
  }

  @Test("row 15: positions are sorted, distinct and below the domain") func positions() {
    for (count, bits) in [(1, 0), (154, 3), (126, 8), (154, 20), (3, 25)] {
      var sponge = Sponge()
      let positions = sponge.positions("positions", count: count, domainBits: bits)
      #expect(positions == Set(positions).sorted())
      #expect(positions.allSatisfy { $0 >= 0 && $0 < 1 << bits })
      #expect(positions.count <= count && !positions.isEmpty)
    }
  }

  @Test("row 2: label, length and content of an observation matter, and so does its place") func observations() {
    func challenge(_ observe: (inout Sponge) -> Void) -> SecureField {
      var sponge = Sponge()
      observe(&sponge)
      return sponge.challenge("c")
    }
    let all = [
      challenge { _ in },
      challenge { $0.observe("", []) },
      challenge { $0.observe("a", []) },
      challenge { $0.observe("a", [0]) },
      challenge { $0.observe("a", [0, 0]) },
      challenge { $0.observe("a", [1]) },
      challenge { $0.observe("ab", []) },
      challenge { $0.observe("a", [98]) },
      challenge { $0.observe("b", [0]) },
      challenge { $0.observe("a", [0]); $0.observe("b", [0]) },
      challenge { $0.observe("b", [0]); $0.observe("a", [0]) },
      challenge { $0.observe("a", [0]); $0.observe("a", [0]) },
      challenge { _ = $0.challenge("c") },
      challenge { _ = $0.challenge("d") },
      challenge { _ = $0.positions("c", count: 1, domainBits: 3) },
    ]
    #expect(Set(all).count == all.count - 1, "a challenge and positions of one label advance alike")
    var sponge = Sponge()
    let first = sponge.challenge("c")
    #expect(first != sponge.challenge("c"))
  }

  @Test("row 17: canonical words only; nothing is read twice, left over or missing") func reading() throws {
    let p = BaseField.modulus
    func bytes(_ words: UInt64...) -> [UInt8] {
      words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }
    var transcript = VerifierTranscript(proof: bytes(1, p - 1, 5))
    #expect(try transcript.receive("a", 1).map(\.constant) == [SecureField(c0: .one, c1: -BaseField.one)])
    #expect(try transcript.receive("a", 0).isEmpty)
    #expect(throws: VerificationError.malformed) { try transcript.receive("a", 1) }
    for word in [p, p + 1, .max] {
      for words in [bytes(word, 0), bytes(0, word)] {
        var transcript = VerifierTranscript(proof: words)
        #expect(throws: VerificationError.malformed) { try transcript.receive("a", 1) }
      }
      #expect(throws: VerificationError.malformed) { try baseElements(bytes(word)[...]) }
    }
    transcript = VerifierTranscript(proof: [1, 2, 3])
    #expect(throws: VerificationError.malformed) { try transcript.hint(4) }
    #expect(throws: VerificationError.malformed) { try transcript.hint(-1) }
    #expect(try Array(transcript.hint(2)) == [1, 2])
    var isAccepted = true
    do throws(VerificationError) { try transcript.finish() } catch { isAccepted = false }
    #expect(!isAccepted)
  }

  @Test("row 2: hints are the only bytes that the state does not depend on") func hints() throws {
    func state(_ read: (inout VerifierTranscript) throws -> Void) rethrows -> SecureField {
      var transcript = VerifierTranscript(proof: [UInt8](repeating: 7, count: 64))
      try read(&transcript)
      return transcript.sponge.challenge("c")
    }
    let empty = state { _ in }
    #expect(try state { _ = try $0.hint(32) } == empty)
    #expect(try state { _ = try $0.receive("a", 1) } != empty)
    #expect(try state { _ = try $0.receiveBytes("a", 3) } != empty)
    #expect(try state { _ = try $0.receiveRoot("a") } != empty)
    #expect(try state { _ = try $0.receive("a", 0) } == empty)
  }

  @Test("row 5: a round polynomial is that of the coefficients that are sent, and sums to the claim", arguments: 1...4)
  func rounds(degree: Int) {
    var random = RepeatableRandom(seed: 8)
    let (sent, claim, x) = (random.secureFields(degree), random.secureField(), random.secureField())
    func value(at x: SecureField) -> SecureField {
      var value = Value(claim)
      value.fold(sent.map { Value($0) }, at: x)
      return value.constant
    }
    let linear = sent.reduce(claim - sent[0], -)
    let all = [sent[0], linear] + sent.dropFirst()
    for x in [SecureField.zero, .one, x] { #expect(value(at: x) == all.reversed().reduce(.zero) { $0 * x + $1 }) }
    #expect(value(at: .zero) + value(at: .one) == claim)
  }
}
