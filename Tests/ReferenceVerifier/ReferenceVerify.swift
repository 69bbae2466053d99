/// Checks that the key's circuit is valid (§3.3), its parameters are those of §4.3 and its proofs about weights hold (§10).
///
/// - Returns: W of §5 over its proofs about weights.
@discardableResult
package func referenceCheckKey(verifyingKey: [UInt8]) throws(ReferenceRejection) -> Int {
  try checkedKey(verifyingKey).work
}

/// Checks the proof of docs/protocol.md in the bytes of a .proof file against those of a .vk file (§11).
///
/// All arithmetic is GMP's. The key is checked first, as by ``referenceCheckKey(verifyingKey:)``.
/// - Returns: The sum of §12 for this proof.
@discardableResult
package func referenceVerify(
  verifyingKey: [UInt8], proof: [UInt8]
) throws(ReferenceRejection) -> SoundnessLedger {
  try CheckedKey(verifyingKey).verify(proof: proof)
}

private typealias CheckedParts = (
  VerifyingKey, CircuitDescription, [PriorCommitment], checkpoints: [Checkpoint], work: Int
)

/// A key that holds, for any number of proofs.
package struct CheckedKey {
  private let parts: CheckedParts

  package init(_ file: [UInt8]) throws(ReferenceRejection) { parts = try checkedKey(file) }

  /// As ``referenceVerify(verifyingKey:proof:)``.
  @discardableResult
  package func verify(proof: [UInt8]) throws(ReferenceRejection) -> SoundnessLedger { try outcome(parts, proof).soundness }
}

/// W of §5 for a proof that holds.
package func referenceWork(verifyingKey: [UInt8], proof: [UInt8]) throws(ReferenceRejection) -> Int {
  try outcome(try checkedKey(verifyingKey), proof).work
}

/// The messages of a proof that holds, in order, with their places in the .proof file.
package func referenceMessages(
  verifyingKey: [UInt8], proof: [UInt8]
) throws(ReferenceRejection) -> [ReceivedMessage] {
  let (_, transcript, start, _) = try outcome(try checkedKey(verifyingKey), proof)
  return transcript.messages.map { message in
    ReceivedMessage(label: message.label, bytes: message.bytes.lowerBound + start..<message.bytes.upperBound + start)
  }
}

/// The transcript's states in a proof that holds.
package func referenceCheckpoints(verifyingKey: [UInt8], proof: [UInt8]) throws(ReferenceRejection) -> [Checkpoint] {
  try outcome(try checkedKey(verifyingKey), proof).transcript.checkpoints
}

/// The transcript's states in the proof about the weights in the last commitment of a key.
package func referenceCheckpoints(verifyingKey: [UInt8]) throws(ReferenceRejection) -> [Checkpoint] {
  try checkedKey(verifyingKey).checkpoints
}

private func outcome(
  _ checked: CheckedParts, _ proof: [UInt8]
) throws(ReferenceRejection) -> (soundness: SoundnessLedger, transcript: Transcript, start: Int, work: Int) {
  let (key, circuit, models, _, _) = checked
  let file = try ProofFile(proof)
  guard let used = key.commitments.firstIndex(where: { key.keyCore($0) == file.keyCore }), file.modelID == key.modelID
  else { throw .otherKey }
  guard !file.isHiding || key.hides else { throw .notHidingKey }
  guard (1...circuit.batchCap).contains(file.statement.batch) else { throw .malformedStatement }
  let shown = try circuit.stated(file.statement.visibility, isHiding: file.isHiding)
  let prior = (circuit.hasWeights ? [models[used]] : []) + (try circuit.committedInputs(file.statement))
  var work = 0
  let (soundness, transcript) = try ProofCheck.run(
    shown, purpose: .inference, isHiding: file.isHiding, keyCore: file.keyCore, prior: prior,
    statement: file.statement, proof: file.proof, work: &work)
  return (soundness, transcript, proof.count - 32 - file.proof.count, work)
}

/// The key, its circuit and its commitments to the circuit's weights.
private func checkedKey(
  _ file: [UInt8]
) throws(ReferenceRejection) -> CheckedParts {
  let key = try VerifyingKey(file)
  let circuit = try CircuitDescription(encoding: key.encodedCircuit)
  try circuit.checkValidity()
  for commitment in key.commitments {
    guard key.hides == (commitment.hidingProofs > 0) else { throw .malformedFile }
    guard commitment.hidingProofs <= 1 << 16 else { throw .wrongParameters }
  }
  guard key.commitments.count == 1 || key.hides && circuit.hasWeights else { throw .malformedFile }
  guard circuit.hasWeights else {
    let only = key.commitments[0]
    guard only.code == [0, 0, 0], only.root == [UInt8](repeating: 0, count: 32) else { throw .wrongParameters }
    guard only.proof.isEmpty else { throw .malformedFile }
    return (key, circuit, [], [], 0)
  }
  let weights = circuit.columnIndices(.weight)
  let shapes = weights.map { index in ColumnShape(sizes: circuit.columns[index].axes.map { circuit.axes[$0] }) }
  var models: [PriorCommitment] = []
  for commitment in key.commitments {
    let code = try modelParameters(shapes, proofs: commitment.hidingProofs)
    guard commitment.code == code.encoded else { throw .wrongParameters }
    models.append(PriorCommitment(columns: weights, code: code, root: commitment.root))
  }
  var checkpoints: [Checkpoint] = []
  var work = 0
  for (index, commitment) in key.commitments.enumerated() {
    checkpoints = try checkWeights(key, circuit, models, index, commitment.proof, &work).checkpoints
  }
  return (key, circuit, models, checkpoints, work)
}

/// The proof about the weights in one commitment (§10).
private func checkWeights(
  _ key: VerifyingKey, _ circuit: CircuitDescription, _ models: [PriorCommitment], _ index: Int, _ proof: [UInt8],
  _ work: inout Int
) throws(ReferenceRejection) -> Transcript {
  var model = models[index]
  model.columns = Array(0..<model.columns.count)
  let statement = Statement(batch: 1, visibility: [], encodedInputs: [], encodedOutputs: [], context: [])
  let keyCore = key.keyCore(key.commitments[index])
  guard index > 0 else {
    return try ProofCheck.run(
      try circuit.weightRangeCircuit(), purpose: .weightRange, isHiding: key.hides, keyCore: keyCore, prior: [model],
      statement: statement, proof: proof, work: &work
    ).transcript
  }
  var previous = models[index - 1]
  previous.columns = model.columns.map { $0 + model.columns.count }
  previous.digest = key.keyCore(key.commitments[index - 1])
  return try ProofCheck.run(
    circuit.equalWeightsCircuit, purpose: .equalWeights, isHiding: true, keyCore: keyCore, prior: [model, previous],
    statement: statement, proof: proof, work: &work
  ).transcript
}
