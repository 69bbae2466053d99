import Circuit
import Execution
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// A statement names a commitment; a proof holds for what that commitment holds alone.
@Suite struct CommittedInputForgeryTests {
  private let circuit = SmallNetwork.small.circuit
  private let key = ProvingKey(
    circuit: SmallNetwork.small.circuit, weights: SmallNetwork.small.weights, proofCount: 2, threads: 1)
  private var port: Port { circuit.inputs[0] }
  private var shape: [Int] { circuit.shape(ofColumn: port.column, batch: 3) }

  /// The error for a proof about `integers`, under a commitment of which `change` changes the rows.
  private func error(_ integers: [Int64], changing change: (inout [BaseField]) -> Void) throws -> VerificationError? {
    let honest = CommittedInput(port, of: circuit, batch: 3, integers: integers, proofCount: 1, threads: 1)
    var rows = honest.commitment.rows.elements
    change(&rows)
    var random: any SecretSource = SecretStream(seed: [UInt8](repeating: 1, count: 32))
    let commitment = Commitment(rows: rows, code: honest.stated.code, random: &random, threads: 1)
    let stated = try #require(
      StatedCommitment(circuit.columns[port.column], shape: shape, proofCount: 1, root: commitment.root))
    var witness = try Witness(key.executor, batch: 3, inputs: [integers], threads: 1)
    let shown = try #require(circuit.stating([.committed]))
    witness.countMultiplicities(shown, batch: 3)
    let statement = Statement(
      batch: 3, visibility: [.committed], commitments: [stated], inputs: [], outputs: witness.outputs(circuit))
    let plan = Plan(shown, key.core, statement, .hiding)
    let bytes = try plan.prove(
      .inference, key.core, [key.commitment, commitment].compactMap { $0 }, statement, witness, random: random, threads: 1
    ).bytes
    return rejection(Proof(core: key.core, mode: .hiding, statement: statement, bytes: bytes))
  }

  private func rejection(_ proof: Proof) -> VerificationError? {
    do throws(VerificationError) {
      try VerifyingKey(circuit: circuit, core: key.core, proof: []).verify(proof)
      return nil
    } catch { return error }
  }

  @Test("a commitment to another input, or with anything in its padding, does not open")
  func otherContent() throws {
    let integers = SmallNetwork.small.inputs(3)[0]
    let placement = Layout(shapes: [shape], variableCount: 6).placements[0]
    #expect(placement.hasPadding && placement.bits == [2, 2])
    #expect(try error(integers) { _ in } == nil)
    #expect(try error(integers) { $0[0] += .one } == .openingMismatch)
    #expect(try error(integers) { $0[3] = .one } == .openingMismatch, "beyond an axis")
    #expect(try error(integers) { $0[12] = .one } == .openingMismatch, "beyond the batch")
    #expect(try error(integers) { $0[16] = .one } == nil, "what belongs to no column is free")
  }

  @Test("a proof holds for no other commitment, visibility or mode") func otherStatements() throws {
    let inputs = SmallNetwork.small.inputs(3)
    func commit(_ proofCount: Int) -> CommittedInput {
      CommittedInput(port, of: circuit, batch: 3, integers: inputs[0], proofCount: proofCount, threads: 1)
    }
    let input = commit(1)
    let (proof, _) = try key.prove(
      batch: 3, inputs: inputs, visibility: [.committed], committed: [input], mode: .hiding, threads: 1)
    #expect(self.rejection(proof) == nil)
    func rejection(_ mode: ProofMode = .hiding, _ change: (inout Statement) -> Void) -> VerificationError? {
      var statement = proof.statement
      change(&statement)
      return self.rejection(Proof(core: key.core, mode: mode, statement: statement, bytes: proof.bytes))
    }
    // The nonce of other positions fits one time in 4,096.
    let other = rejection { $0.commitments = [commit(1).stated] }
    #expect(other == .grindingMismatch || other == .merkleMismatch)
    #expect(rejection { $0.commitments = [commit(40).stated] } != nil)
    #expect(
      rejection {
        $0.commitments = [StatedCommitment(
          circuit.columns[port.column], shape: shape, proofCount: 2, root: input.stated.root)].compactMap { $0 }
      } != nil)
    #expect(rejection { $0.commitments = [] } == .statementOutOfRange)
    #expect(rejection { $0.commitments += $0.commitments } == .statementOutOfRange)
    #expect(rejection { $0.visibility = [.hidden] } == .statementOutOfRange)
    #expect(rejection { $0.visibility = []; $0.commitments = [] } == .statementOutOfRange)
    for other in [Visibility.shown, .hidden] { #expect(rejection { $0.visibility.append(other) } == .statementOutOfRange) }
    #expect(rejection { $0.visibility = [.hidden]; $0.commitments = [] } != nil)
    #expect(rejection { $0.visibility = [.shown]; $0.commitments = []; $0.inputs = inputs } != nil)
    #expect(rejection(.transparent) { _ in } == .modeMismatch)
  }

  @Test("changed bytes of the statement in a file are refused") func changedFiles() throws {
    let inputs = SmallNetwork.small.inputs(3)
    let input = CommittedInput(port, of: circuit, batch: 3, integers: inputs[0], proofCount: 1, threads: 1)
    let (proof, _) = try key.prove(
      batch: 3, inputs: inputs, visibility: [.committed], committed: [input], mode: .hiding, threads: 1)
    let verifyingKey = try key.verifyingKey(threads: 1)
    let body = Array(proof.file(circuit).dropLast(Digest.byteCount))
    let root = 11 + 2 * Digest.byteCount + 4 + 1 + 1 + 4
    #expect(body[root..<root + Digest.byteCount].elementsEqual(input.stated.root.bytes))
    for position in 10..<root + Digest.byteCount + 40 {
      var changed = body
      changed[position] ^= 1
      #expect(throws: VerificationError.self, "\(position)") {
        try verifyingKey.verify(Proof(file: changed + Hash(.file).digest(changed).bytes, key: verifyingKey))
      }
    }
  }
}
