import Circuit
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// Statements that show classes: SmallNetwork.classes, whose column 3 is the layer's output.
@Suite struct ClassTests {
  private let logits = 3

  private func combinations(_ count: Int) -> [[Int64]] {
    (0..<1 << 5).map { mask in (0..<5 as Range<Int64>).filter { mask >> Int($0) & 1 == 1 } }.filter { $0.count == count }
  }

  private func selection(_ classes: [Int64]) -> [Int64] {
    classes.flatMap { index in (0..<5 as Range<Int64>).map { $0 == index ? 1 : 0 } }
  }

  private func referenceError(_ proven: ProvenNetwork, _ statement: Statement, _ bytes: [UInt8]) throws -> ReferenceRejection? {
    let proof = Proof(core: proven.core, mode: proven.mode, statement: statement, bytes: bytes)
    let key = proven.verifyingKey.file
    do throws(ReferenceRejection) {
      try referenceVerify(verifyingKey: key, proof: proof.file(proven.circuit))
      return nil
    } catch { return error }
  }

  @Test("the classes shown are those of the largest outputs", arguments: [1, 2, 3], ProofMode.both)
  func honest(count: Int, mode: ProofMode) throws {
    let proven = ProvenNetwork(.classes(count), batch: 3, mode: mode)
    let outputs = proven.witness.columns[logits]
    let expected = (0..<3).flatMap { sample in
      let row = outputs[5 * sample..<5 * sample + 5]
      return row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count).map { Int64($0 - 5 * sample) }.sorted()
    }
    #expect(proven.statement.outputs == [expected])
    #expect(proven.error(proven.proof.bytes) == nil)
    #expect(try referenceError(proven, proven.statement, proven.proof.bytes) == nil)
    let decoded = try Proof(file: proven.proof.file(proven.circuit), key: proven.verifyingKey)
    #expect(decoded.statement == proven.statement)
  }

  @Test("row 3: any other classes are rejected, whether the statement alone says so or the prover computes with them",
    arguments: [1, 2, 3], ProofMode.both)
  func otherClasses(count: Int, mode: ProofMode) throws {
    let proven = ProvenNetwork(.classes(count), batch: 1, mode: mode)
    for classes in combinations(count) where classes != proven.statement.outputs[0] {
      var statement = proven.statement
      statement.outputs = [classes]
      #expect(proven.error(proven.proof.bytes, statement) != nil)
      #expect(try referenceError(proven, statement, proven.proof.bytes) != nil)
      var prover = MaliciousProver(proven)
      prover.witness.columns[proven.circuit.outputs[0].column] = selection(classes)
      prover.recompute()
      #expect(prover.statement == statement)
      let bytes = prover.prove()
      #expect(proven.error(bytes, statement) == mode.found(.lookupSumMismatch))
      #expect(try referenceError(proven, statement, bytes) == (mode == .plain ? .fractionalSum : .opening))
    }
  }

  @Test("of equal outputs any is a largest one, and the prover shows the first",
    arguments: ProofMode.both)
  func ties(mode: ProofMode) throws {
    var network = SmallNetwork.classes(2)
    let weights = [network.weights[0].map { _ in Int64(1) }, [0, 3, 3, 3, -1]]
    network = SmallNetwork(circuit: network.circuit, weights: weights, batches: [1], inputs: network.inputs)
    let proven = ProvenNetwork(network, batch: 1, mode: mode)
    #expect(proven.statement.outputs == [[1, 2]])
    for classes in combinations(2) {
      var prover = MaliciousProver(proven)
      prover.witness.columns[proven.circuit.outputs[0].column] = selection(classes)
      prover.recompute()
      let isLargest = classes.allSatisfy { (1...3).contains($0) }
      #expect(proven.error(of: prover) == (isLargest ? nil : mode.found(.lookupSumMismatch)))
    }
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
    let large = ProvenNetwork(.classes(2), batch: 3)
    // Ascending within each sample, not over all of them.
    #expect(large.statement.outputs[0].count == 6)
    var statement = large.statement
    statement.outputs[0].swapAt(2, 3)
    #expect(large.error(large.proof.bytes, statement) == .statementOutOfRange)
  }
}
