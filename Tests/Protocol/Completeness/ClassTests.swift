import Circuit
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// Statements that show classes, of circuits that leave the class column unread.
@Suite struct ClassTests {
  /// The column of the outputs of SmallNetwork.classes.
  private let logits = 3

  private func combinations(_ count: Int, of size: Int = 5) -> [[Int64]] {
    (0..<1 << size).map { mask in (0..<Int64(size)).filter { mask >> Int($0) & 1 == 1 } }.filter { $0.count == count }
  }

  private func referenceError(_ proven: ProvenNetwork, _ statement: Statement, _ bytes: [UInt8]) throws -> ReferenceRejection? {
    let proof = Proof(core: proven.core, mode: proven.mode, statement: statement, bytes: bytes)
    let key = proven.verifyingKey.file
    do throws(ReferenceRejection) {
      try referenceVerify(verifyingKey: key, proof: proof.file(proven.circuit))
      return nil
    } catch { return error }
  }

  /// That both verifiers accept the classes shown, and of all others none that the best cheating prover shows.
  private func expectOnly(_ proven: ProvenNetwork, among candidates: [[Int64]]) throws {
    #expect(proven.error(proven.proof.bytes) == nil)
    #expect(try referenceError(proven, proven.statement, proven.proof.bytes) == nil)
    #expect(candidates.contains(proven.statement.outputs[0]))
    for classes in candidates {
      var prover = MaliciousProver(proven)
      prover.show(classes)
      let isRight = classes == proven.statement.outputs[0]
      let (bytes, statement) = (prover.prove(), prover.statement)
      #expect(statement.outputs == [classes])
      #expect(proven.error(bytes, statement) == (isRight ? nil : proven.mode.found(.lookupSumMismatch)), "\(classes)")
      let rejection = proven.mode == .transparent ? ReferenceRejection.fractionalSum : .opening
      #expect(try referenceError(proven, statement, bytes) == (isRight ? nil : rejection), "\(classes)")
      guard !isRight else { continue }
      var other = proven.statement
      other.outputs = [classes]
      #expect(proven.error(proven.proof.bytes, other) != nil)
    }
  }

  @Test("the classes shown are those of each row's largest outputs", arguments: [
    SmallNetwork.classes(1), .classes(2), .classes(3), .classes(5), .classes(1, rows: [3]), .classes(2, rows: [2, 3]),
  ], ProofMode.both)
  func honest(network: SmallNetwork, mode: ProofMode) throws {
    let proven = ProvenNetwork(network, batch: 3, mode: mode)
    let outputs = proven.witness.columns[logits]
    let count = proven.circuit.classCount(proven.circuit.outputs[0])
    let expected = stride(from: 0, to: outputs.count, by: 5).flatMap { start in
      let row = outputs[start..<start + 5]
      return row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count).map { Int64($0 - start) }.sorted()
    }
    #expect(proven.statement.outputs == [expected])
    #expect(proven.error(proven.proof.bytes) == nil)
    #expect(try referenceError(proven, proven.statement, proven.proof.bytes) == nil)
    let decoded = try Proof(file: proven.proof.file(proven.circuit), key: proven.verifyingKey)
    #expect(decoded.statement == proven.statement)
  }

  @Test("row 3: of a class column that the circuit leaves unread no other classes are accepted",
    arguments: [1, 2, 3], ProofMode.both)
  func otherClasses(count: Int, mode: ProofMode) throws {
    try expectOnly(ProvenNetwork(.classes(count), batch: 1, mode: mode), among: combinations(count))
  }

  @Test("row 3: nor for one row of three", arguments: ProofMode.both)
  func otherClassesOfARow(mode: ProofMode) throws {
    let proven = ProvenNetwork(.classes(1, rows: [3]), batch: 1, mode: mode)
    let shown = proven.statement.outputs[0]
    let candidates = (0..<3).flatMap { row in
      (0..<5 as Range<Int64>).map { index in
        var classes = shown
        classes[row] = index
        return classes
      }
    }
    try expectOnly(proven, among: candidates)
  }

  @Test("row 3: of equal outputs the first ones are the classes, also where the tie is at the border", arguments: [
    (1, [3, 3, 3, 3, 3], [0]), (1, [0, 3, 3, 3, -1], [1]), (2, [0, 3, 3, 3, -1], [1, 2]), (2, [9, 3, -1, 3, 3], [0, 1]),
    (3, [-2, -2, 4, -2, -2], [0, 1, 2]), (4, [1, 1, 1, 1, 1], [0, 1, 2, 3]),
  ], ProofMode.both)
  func ties(tie: (count: Int, outputs: [Int64], classes: [Int64]), mode: ProofMode) throws {
    var network = SmallNetwork.classes(tie.count)
    let weights = [network.weights[0].map { _ in Int64(1) }, tie.outputs]
    network = SmallNetwork(circuit: network.circuit, weights: weights, batches: [1], inputs: network.inputs)
    let proven = ProvenNetwork(network, batch: 1, mode: mode)
    #expect(proven.statement.outputs == [tie.classes])
    try expectOnly(proven, among: combinations(tie.count))
  }

  @Test("row 3: outputs of the widest declared range, 2^59, are compared", arguments: [1, 2], ProofMode.both)
  func widest(count: Int, mode: ProofMode) throws {
    let small = SmallNetwork.classes(count)
    var circuit = small.circuit
    (circuit.columns[logits].lower, circuit.columns[logits].upper) = (-1 << 58, 1 << 58)
    try circuit.validate()
    let proven = ProvenNetwork(
      SmallNetwork(circuit: circuit, weights: small.weights, batches: [1], inputs: small.inputs), batch: 1, mode: mode)
    #expect(proven.statement.outputs == ProvenNetwork(small, batch: 1, mode: mode).statement.outputs)
    try expectOnly(proven, among: combinations(count))
  }

  @Test("row 3: repeated, unsorted, missing and impossible classes are no statement")
  func malformedClasses() throws {
    let proven = ProvenNetwork(.classes(2), batch: 1)
    for classes in [[1, 1], [3, 1], [4, 0], [0, 5], [-1, 2], [0], [], [0, 1, 2], [0, 1 << 40], [.min, .max]] as [[Int64]] {
      var statement = proven.statement
      statement.outputs = [classes]
      #expect(proven.error(proven.proof.bytes, statement) == .statementOutOfRange)
      let file = Proof(core: proven.core, statement: statement, bytes: proven.proof.bytes).file(proven.circuit)
      if classes.count == 2, classes.allSatisfy({ 0 <= $0 && $0 < 5 }) {
        #expect(throws: VerificationError.statementOutOfRange) { try Proof(file: file, key: proven.verifyingKey) }
      }
      #expect(throws: VerificationError.self) { try Proof(file: file, key: proven.verifyingKey) }
      #expect(try referenceError(proven, statement, proven.proof.bytes) == .malformedStatement)
    }
    // Ascending within each row, not over all of them.
    for (network, batch) in [(SmallNetwork.classes(2), 3), (.classes(2, rows: [3]), 1)] {
      let large = ProvenNetwork(network, batch: batch)
      #expect(large.statement.outputs[0].count == 6)
      for first in [0, 2, 4] {
        var statement = large.statement
        statement.outputs[0].swapAt(first, first + 1)
        #expect(large.error(large.proof.bytes, statement) == .statementOutOfRange)
        #expect(try referenceError(large, statement, large.proof.bytes) == .malformedStatement)
      }
    }
  }
}
