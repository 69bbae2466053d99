import Verifier

/// True when a key was made from what a .circuit and a .weights file hold; a verifying key has no weights to compare.
///
/// The files are compared byte by byte as `KeyFiles` lays them out, piece by piece, and nothing is checked.
///
/// - Parameter key: A .pk or .vk file.
/// - Throws: where a file cannot be read.
package func isMade(_ key: StoredBytes, fromCircuit circuit: StoredBytes, weights: StoredBytes) throws(FileError) -> Bool {
  let digestByteCount = Digest.byteCount
  let headerByteCount = 11
  let start = headerByteCount + 4
  let encodedByteCount = circuit.count - digestByteCount
  guard key.count > start, encodedByteCount >= 0 else { return false }
  let size = try key.read(at: headerByteCount, count: 4).reversed().reduce(0) { $0 << 8 | Int($1) }
  guard size == encodedByteCount, try areEqual(key, start, circuit, 0, count: size) else { return false }
  let kind = try key.read(at: 0, count: FileKind.provingKey.rawValue.utf8.count)
  guard kind.elementsEqual(FileKind.provingKey.rawValue.utf8) else { return true }
  let integers = headerByteCount + digestByteCount
  let integerByteCount = weights.count - integers - digestByteCount
  let before = start + size + WeightCommitment.parameterByteCount + 2 * digestByteCount
  guard integerByteCount >= 0 else { return false }
  return try areEqual(key, before, weights, integers, count: integerByteCount)
}

private func areEqual(
  _ first: StoredBytes, _ firstStart: Int, _ second: StoredBytes, _ secondStart: Int, count: Int
) throws(FileError) -> Bool {
  guard count <= first.count - firstStart, count <= second.count - secondStart else { return false }
  let pieceByteCount = 1 << 16
  var offset = 0
  while offset < count {
    let size = min(pieceByteCount, count - offset)
    var pieces = [
      try first.read(at: firstStart + offset, count: size), try second.read(at: secondStart + offset, count: size),
    ]
    defer { for index in pieces.indices { pieces[index].erase() } }
    guard pieces[0] == pieces[1] else { return false }
    offset += size
  }
  return true
}
