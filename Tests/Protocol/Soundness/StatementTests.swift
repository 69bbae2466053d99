import Circuit
import Execution
import Field
import Prover
import TestSupport
import Testing
import Verifier

@Suite struct StatementTests {
  /// The statement with one thing changed, in every place.
  private func changed(_ honest: Statement) -> [Statement] {
    var changed: [Statement] = []
    for index in honest.inputs[0].indices {
      var copy = honest
      copy.inputs[0][index] = (copy.inputs[0][index] + 1) % 16
      changed.append(copy)
    }
    for index in honest.outputs[0].indices {
      for delta: Int64 in [-1, 1] {
        var copy = honest
        copy.outputs[0][index] += delta
        changed.append(copy)
      }
    }
    for context in [[], [3], [3, 1, 5], [3, 1, 4, 0], [0, 3, 1, 4]] as [[UInt8]] {
      var copy = honest
      copy.context = context
      changed.append(copy)
    }
    return changed
  }

  @Test("rows 1, 3, 14: any other input, output or context is rejected", arguments: ProofMode.both)
  func otherStatementsAreRejected(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    #expect(proven.error(proven.proof.bytes) == nil)
    for statement in changed(proven.statement) { #expect(proven.error(proven.proof.bytes, statement) != nil) }
  }

  @Test("row 1: any other batch is rejected", arguments: ProofMode.both)
  func otherBatchesAreRejected(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    for batch in [1, 2, 4] {
      func resized(_ integers: [Int64]) -> [Int64] {
        let size = integers.count / 3
        return (0..<batch * size).map { integers[$0 % integers.count] }
      }
      var statement = proven.statement
      statement.batch = batch
      #expect(proven.error(proven.proof.bytes, statement) == .statementOutOfRange)
      statement.inputs = statement.inputs.map(resized)
      statement.outputs = statement.outputs.map(resized)
      #expect(proven.error(proven.proof.bytes, statement) != nil)
    }
    for batch in [0, -1, 65, Int.max] {
      var statement = proven.statement
      statement.batch = batch
      #expect(proven.error(proven.proof.bytes, statement) == .statementOutOfRange)
    }
  }

  @Test("rows 1, 16: a statement has an entry for each port, a commitment for each committed input, a short context",
    arguments: ProofMode.both)
  func countsOfEntries(mode: ProofMode) throws {
    let proven = ProvenNetwork.small(mode)
    func error(_ change: (inout Statement) -> Void) -> VerificationError? {
      var statement = proven.statement
      change(&statement)
      return proven.error(proven.proof.bytes, statement)
    }
    #expect(proven.error(proven.proof.bytes + [0]) == .malformed)
    let commitment = try #require(StatedCommitment(proven.circuit.columns[0], shape: [3, 3], proofCount: 1, root: .zero))
    for more in [proven.statement.inputs[0], proven.statement.outputs[0]] {
      #expect(error { $0.inputs.append(more) } == .statementOutOfRange)
    }
    #expect(error { $0.inputs = [] } == .statementOutOfRange)
    #expect(error { $0.outputs.append($0.outputs[0]) } == .statementOutOfRange)
    #expect(error { $0.outputs = [] } == .statementOutOfRange)
    #expect(error { $0.commitments = [commitment] } == .statementOutOfRange)
    #expect(error { $0.context = .init(repeating: 0, count: 65_536) } == .statementOutOfRange)
    let accepted = error { $0.context = .init(repeating: 0, count: 65_535) }
    #expect(accepted != nil && accepted != .statementOutOfRange)
  }

  @Test("rows 1, 2: every challenge depends on every part of the statement and key", arguments: ProofMode.both)
  func challengesDependOnStatement(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    func challenges(_ core: WeightCommitment, _ purpose: Purpose, _ statement: Statement) -> [[UInt64]] {
      ProofManifest(proven.plan, core, purpose, statement, proven.proof.bytes).challenges.map(\.words)
    }
    let honest = challenges(proven.core, .inference, proven.statement)
    func expectAllDiffer(_ other: [[UInt64]]) {
      // Positions of few bits can coincide only as whole sets, with negligible probability.
      #expect(zip(honest, other).allSatisfy { $0 != $1 })
    }
    for statement in changed(proven.statement) { expectAllDiffer(challenges(proven.core, .inference, statement)) }
    expectAllDiffer(challenges(proven.core, .weightRange, proven.statement))
    expectAllDiffer(challenges(proven.core, .equalWeights, proven.statement))
    var batch = proven.statement
    batch.batch = 4
    expectAllDiffer(challenges(proven.core, .inference, batch))
    var circuit = proven.circuit
    circuit.name += "x"
    let code = Code(variableCount: 7, rateBits: 2)
    let (own, count) = (proven.core, mode.proofCount)
    for other in [
      WeightCommitment(circuit: circuit, proofCount: count, code: own.code, root: own.root),
      WeightCommitment(circuit: proven.circuit, proofCount: count, code: code, root: own.root),
      WeightCommitment(circuit: proven.circuit, proofCount: count + 1, code: own.code, root: own.root),
      WeightCommitment(circuit: proven.circuit, proofCount: count, code: own.code, root: .zero),
    ] { expectAllDiffer(challenges(other, .inference, proven.statement)) }
  }

  @Test("rows 1, 14: the first challenge depends on everything that a proof is bound to") func binding() {
    let proven = ProvenNetwork.small(.hiding)
    func challenge(
      _ purpose: Purpose = .inference, _ mode: ProofMode = .hiding, key: Digest = .zero,
      _ change: (inout Statement) -> Void = { _ in }
    ) -> SecureField {
      var sponge = Sponge()
      var statement = proven.statement
      change(&statement)
      sponge.absorb(purpose, mode, keyCore: key, statement, proven.circuit)
      return sponge.challenge("first")
    }
    let challenges = [
      challenge(), challenge(.weightRange), challenge(.inference, .transparent), challenge(key: proven.core.digest),
      challenge { $0.batch += 1 }, challenge { $0.batch += 1 << 24 }, challenge { $0.visibility = [.hidden] },
      challenge { $0.inputs[0][0] ^= 1 }, challenge { $0.outputs[0][0] += 1 }, challenge { $0.context[2] += 1 },
      challenge { $0.context = [] },
    ]
    #expect(Set(challenges).count == challenges.count)
  }

  @Test("row 2: every challenge after a byte depends on it, unless it belongs to a Merkle path",
    arguments: ProofMode.both)
  func challengesDependOnProof(mode: ProofMode) {
    for proven in ProvenNetwork.proven(mode) {
      let manifest = proven.manifest
      let fields = Dictionary(grouping: manifest.fields.filter { $0.label != "paths" }, by: \.label).values
      for field in fields.flatMap({ [$0[0], $0[$0.count / 2], $0[$0.count - 1]] }) {
        let bytes = proven.proof.bytes.incremented(at: field.offset)
        let boundary = manifest.challenges.firstIndex { $0.offset > field.offset } ?? manifest.challenges.count
        let next = manifest.challenges[boundary...].prefix(3)
        let changed = ProofManifest(proven.plan, proven.core, .inference, proven.statement, bytes).challenges
        #expect(zip(changed.prefix(boundary), manifest.challenges).allSatisfy { $0.words == $1.words })
        #expect(zip(changed.dropFirst(boundary), next).allSatisfy { $0.words != $1.words }, "\(field)")
      }
    }
  }

  @Test("rows 12, 28: a proof of one model is rejected for another of the same shape", arguments: ProofMode.both)
  func otherModelsAreRejected(mode: ProofMode) throws {
    let proven = ProvenNetwork.small(mode)
    let weights = proven.key.weights.map { column in column.map { $0 == 0 ? 1 : 0 } as [Int64] }
    let other = ProvingKey(circuit: proven.circuit, weights: weights, proofCount: mode.proofCount, threads: 1)
    let verifyingKey = try other.verifyingKey(threads: 1)
    #expect(other.core.modelID != proven.core.modelID)
    #expect(throws: VerificationError.otherKey) { try verifyingKey.verify(proven.proof) }
    let renamed = Proof(core: other.core, mode: mode, statement: proven.statement, bytes: proven.proof.bytes)
    #expect(throws: VerificationError.self) { try verifyingKey.verify(renamed) }
    // The other model's prover under this key's name: its commitment does not open.
    let witness = try Witness(
      CircuitExecutor(proven.circuit, weights: weights), batch: 3, inputs: proven.statement.inputs, threads: 1)
    var statement = proven.statement
    statement.outputs = witness.outputs(proven.circuit)
    for (commitment, expected) in [
      (other.commitment, VerificationError.merkleMismatch), (proven.key.commitment, .openingMismatch),
    ] {
      let bytes = try proven.plan.prove(
        .inference, proven.core, [commitment].compactMap { $0 }, statement, witness, random: proven.secrets, threads: 1
      ).bytes
      #expect(proven.error(bytes, statement) == expected)
    }
  }

  @Test("rows 1, 13: a change of circuit, table or parameters is another key, and its proofs are rejected",
    arguments: ProofMode.both)
  func otherCircuitsAreRejected(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    func rejects(_ change: (inout ArithmeticCircuit) -> Void) {
      var circuit = proven.circuit
      change(&circuit)
      let core = WeightCommitment(
        circuit: circuit, proofCount: mode.proofCount, code: proven.core.code, root: proven.core.root)
      #expect(core.digest != proven.core.digest && core.modelID != proven.core.modelID)
      let key = VerifyingKey(circuit: circuit, core: core, proof: proven.verifyingKey.chain[0].proof)
      #expect(throws: VerificationError.otherKey) { try key.verify(proven.proof) }
      #expect(throws: VerificationError.self) {
        try key.verify(Proof(core: core, mode: mode, statement: proven.statement, bytes: proven.proof.bytes))
      }
      #expect(throws: VerificationError.self) { try key.verifyWeights() }
    }
    rejects { $0.name = "other" }
    rejects { $0.batchCap -= 1 }
    rejects { $0.columns[0].scale = 0.25 }
    rejects { $0.columns[0].upper += 1 }
    for table in proven.circuit.tables.indices {
      rejects { circuit in
        let content = circuit.tables[table].content
        if let (lower, values) = content.function {
          let values = Array(values.dropLast()) + [(values.last ?? 0) + 1]
          circuit.tables[table].content = .function(lower: lower, values: values)
        } else {
          circuit.tables[table].content = .range(lower: circuit.tables[table].lower - 1, bits: circuit.tables[table].bitCount)
        }
      }
    }
  }

  @Test("rows 1, 14: a range proof is no inference proof, nor is one key's range proof another's",
    arguments: ProofMode.both)
  func purposesAreSeparate(mode: ProofMode) throws {
    let proven = ProvenNetwork.small(mode)
    let key = proven.verifyingKey
    #expect(throws: VerificationError.self) { try VerifyingKey(circuit: key.circuit, core: key.core, proof: proven.proof.bytes).verifyWeights() }
    #expect(proven.error(key.chain[0].proof) != nil)
    let plan = Plan(circuit: key.circuit.weightRangeCircuit, batch: 1, modelCode: key.core.code, isHiding: mode == .hiding)
    let statement = Statement(batch: 1, inputs: [], outputs: [])
    #expect(throws: VerificationError.self) { try plan.verify(.inference, key.core, statement, key.chain[0].proof) }
    let other = ProvenNetwork(SmallNetwork(DenseNetwork(sizes: [4, 3]), batches: [1]), batch: 1, mode: mode)
    #expect(throws: VerificationError.self) {
      try VerifyingKey(circuit: key.circuit, core: key.core, proof: other.verifyingKey.chain[0].proof)
        .verifyWeights()
    }
  }
}
