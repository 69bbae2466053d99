import CSodium

/// H_x (§2): BLAKE2b without key, zero salt, personalization "zkml." ‖ x.
package func hash(_ name: String, _ data: [UInt8], byteCount: Int = 32) -> [UInt8] {
  var personal = Array("zkml.".utf8) + Array(name.utf8)
  personal += [UInt8](repeating: 0, count: 16 - personal.count)
  let salt = [UInt8](repeating: 0, count: 16)
  var digest = [UInt8](repeating: 0, count: byteCount)
  let status = crypto_generichash_blake2b_salt_personal(
    &digest, byteCount, data, UInt64(data.count), nil, 0, salt, personal)
  precondition(status == 0)
  return digest
}

package func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
}

func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
