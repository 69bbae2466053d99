/// The bytes of an .npy file of float64 values in C order.
///
/// - Precondition: `values` has as many elements as `shape`.
package func encodeNPY(_ values: [Double], shape: [Int]) -> [UInt8] {
  encode("<f8", words: values.map(\.bitPattern), shape: shape)
}

/// The bytes of an .npy file of int64 values in C order.
///
/// - Precondition: `values` has as many elements as `shape`.
package func encodeNPY(_ values: [Int64], shape: [Int]) -> [UInt8] {
  encode("<i8", words: values.map(UInt64.init(bitPattern:)), shape: shape)
}

private func encode(_ type: String, words: [UInt64], shape: [Int]) -> [UInt8] {
  precondition(elementCount(shape) == words.count)
  let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
  var header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
  let alignment = 64
  let prefixCount = npyMagic.count + 4
  let padding = alignment - (prefixCount + header.count + 1) % alignment
  header += [UInt8](repeating: 0x20, count: padding % alignment) + [0x0a]

  var bytes = npyMagic + [1, 0, UInt8(header.count & 0xff), UInt8(header.count >> 8)] + header
  bytes.reserveCapacity(bytes.count + 8 * words.count)
  for word in words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
  return bytes
}
