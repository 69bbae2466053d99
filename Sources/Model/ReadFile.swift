import Glibc

/// The bytes of a regular file, at most `limit`.
///
/// - Parameters:
///   - offset: Of the first byte.
///   - count: Of bytes; to the end when nil.
/// - Throws: `.unusableFile`.
package func readFile(_ path: String, from offset: Int = 0, count: Int? = nil, limit: Int = 1 << 30) throws(ModelError) -> [UInt8] {
  func refuse(_ reason: String) -> ModelError { .unusableFile(path, reason: reason) }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw refuse("cannot be opened: \(String(cString: strerror(errno)))") }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw refuse("is not a regular file")
  }
  let whole = Int(status.st_size)
  guard (0...whole).contains(offset), count.map({ (0...whole - offset).contains($0) }) ?? true else {
    throw refuse("has \(whole) bytes, too few for \(count ?? 0) from byte \(offset) on")
  }
  let size = count ?? whole - offset
  guard size <= limit else { throw refuse("has \(size) bytes, more than the limit of \(limit)") }
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    while let start = buffer.baseAddress, count < size {
      let received = pread(descriptor, start + count, size - count, off_t(offset + count))
      if received < 0, errno == EINTR { continue }
      guard received > 0 else { return }
      count += received
    }
  }
  guard bytes.count == size else { throw refuse("cannot be read to its end") }
  return bytes
}
