import Circuit
import Field
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// The file's content under a right digest, so that what is behind the digest is reached.
private func sealed(_ content: [UInt8]) -> [UInt8] {
  content + Hash(.file).digest(content).bytes
}

/// The last digest taken off.
private func content(_ file: [UInt8]) -> [UInt8] { Array(file.dropLast(Digest.byteCount)) }

/// Random changes of a few bytes.
private func changed(_ bytes: [UInt8], _ random: inout RepeatableRandom, before end: Int) -> [UInt8] {
  var copy = bytes
  for _ in 0...Int.random(in: 0...3, using: &random) {
    let index = Int.random(in: 0..<min(end, copy.count), using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: copy[index] = [0, 1, 0x7F, 0x80, 0xFF][Int.random(in: 0..<5, using: &random)]
    case 1: copy.remove(at: index)
    case 2: for i in index..<min(index + 4, copy.count) { copy[i] = 0xFF }
    case _: copy[index] ^= UInt8.random(in: 1...255, using: &random)
    }
  }
  return copy
}

/// The files of one proof.
private struct Files {
  let proven: ProvenNetwork
  let keyFile: [UInt8]
  let proofFile: [UInt8]

  init(_ mode: ProofMode) {
    proven = .small(mode)
    keyFile = proven.verifyingKey.file
    proofFile = proven.proof.file(proven.circuit)
  }

  func keyError(_ file: [UInt8]) -> VerificationError? {
    do throws(VerificationError) {
      let key = try VerifyingKey(file: file)
      try key.verifyWeights()
      let proof = Proof(core: key.core, mode: proven.mode, statement: proven.statement, bytes: proven.proof.bytes)
      try key.verify(proof)
      return nil
    } catch { return error }
  }

  func proofError(_ file: [UInt8]) -> VerificationError? {
    do throws(VerificationError) {
      try proven.verifyingKey.verify(try Proof(file: file, key: proven.verifyingKey))
      return nil
    } catch { return error }
  }
}

/// .vk and .proof files of any bytes throw or are used; nothing traps.
@Suite struct FileTests {
  @Test("files are read back as they were written", arguments: ProofMode.both)
  func roundTrips(mode: ProofMode) throws {
    let files = Files(mode)
    #expect(files.keyError(files.keyFile) == nil)
    #expect(files.proofError(files.proofFile) == nil)
    #expect(try VerifyingKey(file: files.keyFile).file == files.keyFile)
    #expect(try Proof(file: files.proofFile, key: files.proven.verifyingKey).file(files.proven.circuit) == files.proofFile)
  }

  @Test("row 16: every sampled truncation is malformed, resealed or not", arguments: ProofMode.both)
  func truncations(mode: ProofMode) {
    let files = Files(mode)
    for length in Array(0..<200) + stride(from: 200, to: files.keyFile.count - Digest.byteCount, by: 97) {
      #expect(files.keyError(Array(files.keyFile.prefix(length))) == .malformed)
      #expect(files.keyError(sealed(Array(content(files.keyFile).prefix(length)))) == .malformed)
    }
    for length in Array(0..<300) + stride(from: 300, to: files.proofFile.count - Digest.byteCount, by: 97) {
      #expect(files.proofError(Array(files.proofFile.prefix(length))) == .malformed)
      #expect(files.proofError(sealed(Array(content(files.proofFile).prefix(length)))) == .malformed)
    }
    #expect(files.keyError(files.keyFile + [0]) == .malformed)
    #expect(files.keyError(sealed(content(files.keyFile) + [0])) == .malformed)
    #expect(files.proofError(files.proofFile + [0]) == .malformed)
    #expect(files.proofError(sealed(content(files.proofFile) + [0])) == .malformed)
  }

  @Test("row 16: flipped bytes are rejected by the file's digest, whatever they mean", arguments: ProofMode.both)
  func flippedBytes(mode: ProofMode) {
    let files = Files(mode)
    for index in stride(from: 0, to: files.keyFile.count, by: 11) {
      var copy = files.keyFile
      copy[index] ^= 1 << UInt8(index % 8)
      #expect(files.keyError(copy) == (index == 8 || index == 9 || index == 10 ? .unsupportedVersion : .malformed))
    }
    for index in stride(from: 0, to: files.proofFile.count, by: 11) {
      var copy = files.proofFile
      copy[index] ^= 1 << UInt8(index % 8)
      #expect(files.proofError(copy) == (index == 8 || index == 9 || index == 10 ? .unsupportedVersion : .malformed))
    }
  }

  @Test("row 16: resealed keys with random changes of circuit, parameters and root are rejected without a trap",
    arguments: ProofMode.both)
  func resealedKeys(mode: ProofMode) {
    let files = Files(mode)
    var random = RepeatableRandom(seed: 21)
    let head = 11 + 4 + files.proven.circuit.encoded.count + 1 + 2 + 32 + 4 + 64
    var kinds: Set<String> = []
    for _ in 0..<3_000 {
      let changed = changed(content(files.keyFile), &random, before: head)
      guard changed != content(files.keyFile) else { continue }
      let error = files.keyError(sealed(changed))
      #expect(error != nil)
      kinds.insert(error.map { "\($0)".prefix(14).description } ?? "accepted")
    }
    #expect(kinds.count >= 4, "\(kinds)")
  }

  @Test("row 16: resealed proofs with random changes of statement and proof are rejected without a trap",
    arguments: ProofMode.both)
  func resealedProofs(mode: ProofMode) {
    let files = Files(mode)
    var random = RepeatableRandom(seed: 22)
    var kinds: Set<String> = []
    for round in 0..<2_000 {
      let changed = changed(content(files.proofFile), &random, before: round % 2 == 0 ? 200 : files.proofFile.count)
      guard changed != content(files.proofFile) else { continue }
      let error = files.proofError(sealed(changed))
      #expect(error != nil)
      kinds.insert(error.map { "\($0)".prefix(14).description } ?? "accepted")
    }
    #expect(kinds.count >= 3, "\(kinds)")
  }

  @Test("rows 1, 17: every field of a proof's head is checked", arguments: ProofMode.both)
  func proofHead(mode: ProofMode) {
    let files = Files(mode)
    func error(_ change: (inout [UInt8]) -> Void) -> VerificationError? {
      var copy = content(files.proofFile)
      change(&copy)
      return files.proofError(sealed(copy))
    }
    #expect(error { _ in } == nil)
    #expect(error { $0[0] ^= 1 } == .malformed)
    for version: UInt8 in [0, 1, 2, 3, 5] { #expect(error { $0[8] = version } == .unsupportedVersion) }
    #expect(error { $0[10] ^= 1 } == (mode == .transparent ? .modeMismatch : .lookupSumMismatch))
    #expect(error { $0[10] = 2 } == .unsupportedVersion)
    #expect(error { $0[11] ^= 1 } == .otherKey)
    #expect(error { $0[43] ^= 1 } == .otherKey)
    #expect(error { $0[75] = 0 } == .statementOutOfRange)
    #expect(error { $0[75] = 65 } == .statementOutOfRange)
    #expect(error { $0[78] = 0xFF } == .statementOutOfRange)
    #expect(error { $0[75] = 2 } == .malformed)
    #expect(error { $0[79] = 0 } == .malformed)
    #expect(error { $0[80] = 1 } == .malformed)
    #expect(error { $0[80] = 2 } == .malformed)
    for digest in [11, 43] {
      var copy = content(files.proofFile)
      copy[digest] ^= 1
      #expect(throws: VerificationError.otherKey) { try Proof(file: sealed(copy), key: files.proven.verifyingKey) }
    }
    // One input byte above its range: 16 is beyond 0 … 15.
    let inputs = 81 + 4 + files.proven.statement.context.count + 4
    #expect(error { $0[inputs] = 15 } != nil)
    #expect(error { $0[inputs] = 16 } == .malformed)
  }

  @Test("row 17: a statement has one visibility for each input, and hides none of more than 2^16 values")
  func visibilities() throws {
    var b = CircuitBuilder("wide", axes: [3])
    b.output(b.apply(to: b.input([1], 0...1 << 16 - 1)) { $0 & 7 })
    var wide = b.circuit
    wide.columns[0].upper += 1
    for (circuit, visibility, error) in [
      (b.circuit, [.shown], nil), (b.circuit, [.hidden], nil), (b.circuit, [], .malformed),
      (b.circuit, [.shown, .shown], .malformed), (wide, [.hidden], .malformed),
    ] as [(ArithmeticCircuit, [Visibility], VerificationError?)] {
      let isHidden = visibility == [.hidden]
      let key = VerifyingKey(circuit: circuit, core: WeightCommitment(circuit: circuit, proofCount: 0, root: .zero), proof: [])
      let statement = Statement(
        batch: 1, visibility: visibility, inputs: isHidden ? [] : [[0, 1, 2]], outputs: [[0, 1, 2]])
      let file = Proof(core: key.core, mode: .hiding, statement: statement, bytes: []).file(circuit)
      var thrown: VerificationError?
      do throws(VerificationError) { _ = try Proof(file: file, key: key) } catch { thrown = error }
      #expect(thrown == error, "\(visibility)")
    }
  }

  @Test("row 16: no memory is asked for integers that are not there") func missingIntegers() throws {
    var b = CircuitBuilder("long", axes: [1 << 16], batchCap: 1 << 16)
    b.output(b.apply(to: b.input([1], 0...1)) { $0 })
    let core = WeightCommitment(circuit: b.circuit, proofCount: 0, root: .zero)
    let key = VerifyingKey(circuit: b.circuit, core: core, proof: [])
    // 2^32 integers, 32 GiB.
    let statement = Statement(batch: 1 << 16, inputs: [[]], outputs: [[]])
    let file = Proof(core: core, statement: statement, bytes: []).file(b.circuit)
    #expect(throws: VerificationError.malformed) { try Proof(file: file, key: key) }
  }

  @Test("rows 13, 28: the key's own digests are recomputed; root, parameters and range proof are bound",
    arguments: ProofMode.both)
  func keyParts(mode: ProofMode) {
    let files = Files(mode)
    let end = 11 + 4 + files.proven.circuit.encoded.count + 1
    func error(_ change: (inout [UInt8]) -> Void) -> VerificationError? {
      var copy = content(files.keyFile)
      change(&copy)
      return files.keyError(sealed(copy))
    }
    for byte in 0..<7 {
      // Another number of proofs can have the same code.
      let changed = error { $0[end + byte] ^= 1 }
      #expect(mode == .hiding && byte == 0 ? changed != nil : changed == .malformed)
      #expect(error { $0[end + byte] = 255 } == .malformed)
    }
    #expect(error { $0[10] ^= 1 } == .malformed)
    #expect(error { $0[10] = 2 } == .unsupportedVersion)
    for byte in 0..<32 { #expect(error { $0[end + 7 + byte] ^= 1 } != nil) }
    for count: UInt8 in [0, 2, 255] { #expect(error { $0[end - 1] = count } == .malformed) }
    #expect(error { $0 = $0.prefix(end - 1) + [0] } == .malformed)
    let rangeLength = files.proven.verifyingKey.chain[0].proof.count
    #expect(error { $0.removeLast(rangeLength); for i in 0..<4 { $0[end + 39 + i] = 0 } } == .malformed)
  }

  @Test("rows 13, 28: what a key without weights may not have, and one with weights may not lack") func emptyParts() throws {
    func isRead(_ key: VerifyingKey) -> Bool {
      let isReadByReference = (try? referenceCheckKey(verifyingKey: key.file)) != nil
      do throws(VerificationError) {
        let read = try VerifyingKey(file: key.file)
        #expect(read.file == key.file)
        return true
      } catch {
        #expect(error == .malformed && !isReadByReference)
        return false
      }
    }
    let (circuit, one) = (SmallNetwork.weightless.circuit, Digest(bytes: [1]))
    for proofCount in [0, 1, WeightCommitment.proofCountCap] {
      let core = WeightCommitment(circuit: circuit, proofCount: proofCount, root: .zero)
      #expect(isRead(VerifyingKey(circuit: circuit, core: core, proof: [])))
      #expect(!isRead(VerifyingKey(circuit: circuit, core: core, proof: [0])))
      let rooted = WeightCommitment(circuit: circuit, proofCount: proofCount, root: one)
      #expect(!isRead(VerifyingKey(circuit: circuit, core: rooted, proof: [])))
    }
    let proven = ProvenNetwork.small(.hiding)
    #expect(isRead(proven.verifyingKey))
    #expect(!isRead(VerifyingKey(circuit: proven.circuit, core: proven.core, proof: [])))
  }

  @Test("row 28: no commitment hides more than 2^16 proofs, of weights, of none and of an input") func proofCounts() throws {
    for network in [SmallNetwork.small, .weightless] {
      for proofCount in [WeightCommitment.proofCountCap, WeightCommitment.proofCountCap + 1, 1 << 32 - 1] {
        let core = WeightCommitment(circuit: network.circuit, proofCount: proofCount, root: .zero)
        let file = VerifyingKey(circuit: network.circuit, core: core, proof: core.code.map { _ in [0] } ?? []).file
        let isAllowed = proofCount == WeightCommitment.proofCountCap
        #expect(isAllowed == ((try? VerifyingKey(file: file)) != nil))
        if !isAllowed { #expect(throws: ReferenceRejection.wrongParameters) { try referenceCheckKey(verifyingKey: file) } }
      }
    }
    let column = SmallNetwork.small.circuit.columns[0]
    for (proofCount, isAllowed) in [(0, false), (1, true), (WeightCommitment.proofCountCap, true), (WeightCommitment.proofCountCap + 1, false)] {
      let stated = StatedCommitment(column, shape: [1, 3], proofCount: proofCount, root: .zero)
      #expect((stated != nil) == isAllowed)
    }
  }

  @Test("rows 6, 13: a key whose circuit breaks a rule is refused with rule and index", arguments: ProofMode.both)
  func invalidCircuits(mode: ProofMode) {
    let files = Files(mode)
    func error(_ change: (inout ArithmeticCircuit) -> Void) -> VerificationError? {
      var circuit = files.proven.circuit
      change(&circuit)
      let core = WeightCommitment(
        circuit: circuit, proofCount: mode.proofCount, code: files.proven.core.code, root: files.proven.core.root)
      let rangeProof = files.proven.verifyingKey.chain[0].proof
      return files.keyError(VerifyingKey(circuit: circuit, core: core, proof: rangeProof).file)
    }
    #expect(error { $0.batchCap = 0 } == .invalidCircuit(rule: 1, index: 0))
    #expect(error { $0.columns[3].upper -= 1 } == .invalidCircuit(rule: 8, index: 0))
    #expect(error { $0.lookups.remove(at: 0) } == .invalidCircuit(rule: 7, index: 1))
    #expect(error { $0.columns[2].scale = -1 } == .invalidCircuit(rule: 8, index: 2))
  }

  @Test("row 16: a column that spans 2^63 integers is read and written") func widestRange() throws {
    let bound = Int64(1) << 62
    var circuit = ArithmeticCircuit(name: "wide", batchCap: 2, axes: [0, 2])
    circuit.columns = [
      Column(name: "x", kind: .public, axes: [0, 1], lower: -bound, upper: bound),
      Column(name: "w", kind: .weight, axes: [1], lower: -8, upper: 7),
      Column(name: "y", kind: .virtual, axes: [0, 1], lower: -bound, upper: bound),
    ]
    circuit.contractions = [
      Contraction(output: 2, terms: [Term(operands: [Operand(column: 0, bindings: [Binding(0), Binding(1)])])])
    ]
    circuit.inputs = [Port(column: 0, name: "x", dimensions: [2])]
    circuit.outputs = [Port(column: 2, name: "y", dimensions: [2])]
    try circuit.validate()
    let key = ProvingKey(circuit: circuit, weights: [[1, 2]], threads: 1)
    let verifyingKey = try VerifyingKey(file: try key.verifyingKey(threads: 1).file)
    let proof = try key.prove(batch: 1, inputs: [[-bound, bound]], threads: 1).proof
    let decoded = try Proof(file: proof.file(circuit), key: verifyingKey)
    #expect(decoded.statement.inputs == [[-bound, bound]])
    try verifyingKey.verify(decoded)
    for extreme in [Int64.min, Int64.max, bound + 1, -bound - 1] {
      var statement = proof.statement
      statement.outputs = [[extreme, bound]]
      #expect(throws: VerificationError.statementOutOfRange) {
        try verifyingKey.verify(Proof(core: key.core, statement: statement, bytes: proof.bytes))
      }
    }
    // 2^63 + 1 as an offset is above the range.
    var file = Array(proof.file(circuit).dropLast(32))
    let offset = 81 + 4 + 4
    for index in 0..<8 { file[offset + index] = index == 7 ? 0x80 : index == 0 ? 1 : 0 }
    #expect(throws: VerificationError.malformed) { try Proof(file: sealed(file), key: verifyingKey) }
  }
}
