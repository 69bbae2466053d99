import Circuit
import Verifier

private func isValid(_ proof: [UInt8], _ key: [UInt8]) -> Bool {
  do throws(VerificationError) {
    let key = try VerifyingKey(file: key)
    try key.verifyWeights()
    try key.verify(try Proof(file: proof, key: key))
    return true
  } catch { return false }
}

/// Verifies a proof, then changed ones whose digest is right again.
///
/// - Returns: 0 when the proof is valid and none of the others; 1 when it is not, 2 when one of them is.
@_cdecl("check")
func check(_ key: UnsafePointer<UInt8>, _ keyCount: Int, _ proof: UnsafePointer<UInt8>, _ proofCount: Int) -> Int32 {
  let key = Array(UnsafeBufferPointer(start: key, count: keyCount))
  let proof = Array(UnsafeBufferPointer(start: proof, count: proofCount))
  guard isValid(proof, key) else { return 1 }
  let content = Array(proof.dropLast(Digest.byteCount))
  for index in stride(from: 0, to: content.count, by: content.count / 64 + 1) {
    var changed = content
    changed[index] ^= 1
    guard !isValid(changed + Hash(.file).digest(changed).bytes, key) else { return 2 }
  }
  return 0
}
