/// A verifying key (§10, §11).
struct VerifyingKey {
  var encodedCircuit: [UInt8]
  var parameters: [UInt8]
  var root: [UInt8]
  var rangeProof: [UInt8]

  init(_ file: [UInt8]) throws(ReferenceRejection) {
    var reader = try openFile(file, magic: "zkml.vk\n")
    encodedCircuit = try reader.take(try reader.u32())
    parameters = try reader.take(2)
    root = try reader.take(32)
    rangeProof = try reader.take(try reader.u32())
    guard reader.isAtEnd else { throw .malformedFile }
  }

  var circuitDigest: [UInt8] { hash("circuit", encodedCircuit) }

  var modelID: [UInt8] { hash("model", littleEndian(UInt16(1)) + circuitDigest + parameters + root) }

  var keyCore: [UInt8] {
    hash("key", littleEndian(UInt16(1)) + [0] + circuitDigest + parameters + modelID + root)
  }
}

/// A proof with its statement (§11).
struct ProofFile {
  var keyCore: [UInt8]
  var modelID: [UInt8]
  var statement: Statement
  var proof: [UInt8]

  init(_ file: [UInt8]) throws(ReferenceRejection) {
    var reader = try openFile(file, magic: "zkml.pf\n")
    keyCore = try reader.take(32)
    modelID = try reader.take(32)
    let batch = try reader.u32()
    let visibility = try reader.take(try reader.u8())
    let context = try reader.take(try reader.u32())
    let inputs = try reader.take(try reader.u32())
    let outputs = try reader.take(try reader.u32())
    proof = try reader.take(try reader.u32())
    guard reader.isAtEnd else { throw .malformedFile }
    statement = Statement(
      batch: batch, visibility: visibility, encodedInputs: inputs, encodedOutputs: outputs, context: context)
  }
}

/// Checks the digest, the magic number, the version and the mode of a file (§11).
private func openFile(_ file: [UInt8], magic: String) throws(ReferenceRejection) -> ByteReader {
  guard file.count >= 32 else { throw .malformedFile }
  let body = Array(file.dropLast(32))
  guard hash("file", body) == Array(file.suffix(32)) else { throw .malformedFile }
  var reader = ByteReader(body)
  guard try reader.take(8) == Array(magic.utf8), try reader.u16() == 1, try reader.u8() == 0 else {
    throw .malformedFile
  }
  return reader
}
