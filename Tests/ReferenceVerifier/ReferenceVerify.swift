/// Checks that the key's circuit is valid (§3.3), its parameters are those of §4.3 and its range proof holds (§10).
package func referenceCheckRangeProof(verifyingKey: [UInt8]) throws(ReferenceRejection) {
  _ = try checkedKey(verifyingKey)
}

/// Checks the proof of docs/protocol.md in the bytes of a .proof file against those of a .vk file (§11).
///
/// All arithmetic is GMP's. The key is checked first, as by ``referenceCheckRangeProof(verifyingKey:)``.
/// - Returns: The sum of §12 for this proof.
@discardableResult
package func referenceVerify(
  verifyingKey: [UInt8], proof: [UInt8]
) throws(ReferenceRejection) -> SoundnessLedger {
  try outcome(verifyingKey, proof).soundness
}

/// The messages of a proof that holds, in order, with their places in the .proof file.
package func referenceMessages(
  verifyingKey: [UInt8], proof: [UInt8]
) throws(ReferenceRejection) -> [ReceivedMessage] {
  let (_, messages, start) = try outcome(verifyingKey, proof)
  return messages.map { message in
    ReceivedMessage(label: message.label, bytes: message.bytes.lowerBound + start..<message.bytes.upperBound + start)
  }
}

private func outcome(
  _ verifyingKey: [UInt8], _ proof: [UInt8]
) throws(ReferenceRejection) -> (soundness: SoundnessLedger, messages: [ReceivedMessage], start: Int) {
  let (key, circuit, model) = try checkedKey(verifyingKey)
  let file = try ProofFile(proof)
  guard file.keyCore == key.keyCore, file.modelID == key.modelID else { throw .otherKey }
  guard !file.isHiding || key.hidingProofs > 0 else { throw .notHidingKey }
  guard (1...circuit.batchCap).contains(file.statement.batch) else { throw .malformedStatement }
  let shown = try circuit.withHiddenInputs(file.statement.visibility, isHiding: file.isHiding)
  let (soundness, messages) = try ProofCheck.run(
    shown, purpose: .inference, isHiding: file.isHiding, keyCore: key.keyCore,
    prior: (model.map { [$0] } ?? []) + circuit.committedInputs(file.statement), statement: file.statement, proof: file.proof)
  return (soundness, messages, proof.count - 32 - file.proof.count)
}

private func checkedKey(
  _ file: [UInt8]
) throws(ReferenceRejection) -> (VerifyingKey, CircuitDescription, PriorCommitment?) {
  let key = try VerifyingKey(file)
  let circuit = try CircuitDescription(encoding: key.encodedCircuit)
  try circuit.checkValidity()
  guard key.hidingProofs <= 1 << 16 else { throw .wrongParameters }
  guard circuit.hasWeights else {
    guard key.code == [0, 0, 0], key.root == [UInt8](repeating: 0, count: 32) else { throw .wrongParameters }
    guard key.rangeProof.isEmpty else { throw .malformedFile }
    return (key, circuit, nil)
  }
  let shapes = circuit.columnIndices(.weight).map { index in
    ColumnShape(sizes: circuit.columns[index].axes.map { circuit.axes[$0] })
  }
  let code = try modelParameters(shapes, proofs: key.hidingProofs)
  guard key.code == code.encoded else { throw .wrongParameters }
  let model = PriorCommitment(columns: circuit.columnIndices(.weight), code: code, root: key.root)
  let statement = Statement(batch: 1, visibility: [], encodedInputs: [], encodedOutputs: [], context: [])
  let range = try circuit.weightRangeCircuit()
  _ = try ProofCheck.run(
    range, purpose: .weightRange, isHiding: key.hidingProofs > 0, keyCore: key.keyCore,
    prior: [PriorCommitment(columns: range.columnIndices(.weight), code: code, root: key.root)], statement: statement,
    proof: key.rangeProof)
  return (key, circuit, model)
}
