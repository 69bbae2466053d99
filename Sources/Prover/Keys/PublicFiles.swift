import Circuit
import Verifier

extension ByteWriter {
  package init(_ kind: FileKind, _ mode: ProofMode) {
    self.init()
    append(Array(kind.rawValue.utf8))
    append(formatVersion)
    append(mode.rawValue)
  }

  /// All bytes, followed by their digest.
  package var sealed: [UInt8] { bytes + Hash(.file).digest(bytes).bytes }
}

extension VerifyingKey {
  /// The most commitments that a .vk file has.
  package static let chainCap = 255

  /// The bytes of a .vk file. docs/protocol.md §11.
  package var file: [UInt8] {
    var writer = ByteWriter(.verifyingKey, core.mode)
    writer.append(block: circuit.encoded)
    writer.append(UInt8(chain.count))
    for link in chain {
      writer.append(link.core.parameters)
      writer.append(link.core.root.bytes)
      writer.append(block: link.proof)
    }
    return writer.sealed
  }
}

extension Proof {
  /// The bytes of a .proof file, for the key's circuit. docs/protocol.md §11.
  package func file(_ circuit: ArithmeticCircuit) -> [UInt8] {
    let circuit = circuit.stating(statement.visibility) ?? circuit
    var writer = ByteWriter(.proof, mode)
    writer.append(keyDigest.bytes)
    writer.append(modelDigest.bytes)
    writer.append(UInt32(statement.batch))
    writer.append(UInt8(statement.visibility.count))
    writer.append(statement.visibility.map(\.rawValue))
    for commitment in statement.commitments {
      writer.append(UInt32(truncatingIfNeeded: commitment.proofCount))
      writer.append(commitment.root.bytes)
    }
    writer.append(block: statement.context)
    writer.append(block: Statement.encode(statement.inputs, circuit.inputs.map(circuit.shownColumn)))
    writer.append(block: Statement.encode(statement.outputs, circuit.outputs.map(circuit.shownColumn)))
    writer.append(block: bytes)
    return writer.sealed
  }
}
