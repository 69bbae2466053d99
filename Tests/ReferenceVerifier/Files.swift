/// Of circuits (§3.1), files (§11) and the digests of keys and committed inputs.
let formatVersion: UInt16 = 4

/// A verifying key (§10, §11).
struct VerifyingKey {
  var encodedCircuit: [UInt8]
  var hides: Bool
  /// The chain; not empty.
  var commitments: [KeyCommitment]

  init(_ file: [UInt8]) throws(ReferenceRejection) {
    var (reader, hides) = try openFile(file, magic: "zkml.vk\n")
    self.hides = hides
    encodedCircuit = try reader.take(try reader.u32())
    commitments = []
    let count = try reader.u8()
    guard count > 0 else { throw .malformedFile }
    for _ in 0..<count { commitments.append(try KeyCommitment(&reader)) }
    guard reader.isAtEnd else { throw .malformedFile }
  }

  var circuitDigest: [UInt8] { hash("circuit", encodedCircuit) }

  var modelID: [UInt8] {
    hash("model", littleEndian(formatVersion) + circuitDigest + commitments[0].parameters + commitments[0].root)
  }

  func keyCore(_ commitment: KeyCommitment) -> [UInt8] {
    hash("key", littleEndian(formatVersion) + circuitDigest + commitment.parameters + modelID + commitment.root)
  }
}

/// One of a key's commitments to the weights (§10).
struct KeyCommitment {
  /// J.
  var hidingProofs: Int
  /// u8 m ‖ u8 r ‖ u8 ⌈log τ⌉.
  var code: [UInt8]
  var root: [UInt8]
  /// Of the first that weights are in range, of the others that they are those of the one before.
  var proof: [UInt8]

  init(_ reader: inout ByteReader) throws(ReferenceRejection) {
    hidingProofs = try reader.u32()
    code = try reader.take(3)
    root = try reader.take(32)
    proof = try reader.take(try reader.u32())
  }

  var parameters: [UInt8] { littleEndian(UInt32(hidingProofs)) + code }
}

/// A proof with its statement (§11).
struct ProofFile {
  var isHiding: Bool
  var keyCore: [UInt8]
  var modelID: [UInt8]
  var statement: Statement
  var proof: [UInt8]

  init(_ file: [UInt8]) throws(ReferenceRejection) {
    var (reader, hides) = try openFile(file, magic: "zkml.pf\n")
    isHiding = hides
    keyCore = try reader.take(32)
    modelID = try reader.take(32)
    let batch = try reader.u32()
    let visibility = try reader.take(try reader.u8())
    var commitments: [(proofs: Int, root: [UInt8])] = []
    for byte in visibility where byte == 2 { commitments.append((try reader.u32(), try reader.take(32))) }
    let context = try reader.take(try reader.u32())
    let inputs = try reader.take(try reader.u32())
    let outputs = try reader.take(try reader.u32())
    proof = try reader.take(try reader.u32())
    guard reader.isAtEnd else { throw .malformedFile }
    statement = Statement(
      batch: batch, visibility: visibility, commitments: commitments, encodedInputs: inputs, encodedOutputs: outputs,
      context: context)
  }
}

/// Checks the digest, the magic number and the version of a file (§11); the mode byte is 0 or 1.
private func openFile(
  _ file: [UInt8], magic: String
) throws(ReferenceRejection) -> (reader: ByteReader, isHiding: Bool) {
  guard file.count >= 32 else { throw .malformedFile }
  let body = Array(file.dropLast(32))
  guard hash("file", body) == Array(file.suffix(32)) else { throw .malformedFile }
  var reader = ByteReader(body)
  guard try reader.take(8) == Array(magic.utf8), try reader.u16() == formatVersion else { throw .malformedFile }
  let mode = try reader.u8()
  guard mode <= 1 else { throw .malformedFile }
  return (reader, mode == 1)
}
