import Glibc

/// The bytes of a regular file of at most `limit` bytes.
///
/// - Throws: `.unusableFile`.
package func readFile(_ path: String, limit: Int = 1 << 30) throws(ModelError) -> [UInt8] {
  func refuse(_ reason: String) -> ModelError { .unusableFile(path, reason: reason) }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw refuse("cannot be opened: \(String(cString: strerror(errno)))") }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw refuse("is not a regular file")
  }
  let size = Int(status.st_size)
  guard size <= limit else { throw refuse("has \(size) bytes, more than the limit of \(limit)") }
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    while let start = buffer.baseAddress, count < size {
      let received = read(descriptor, start + count, size - count)
      if received < 0, errno == EINTR { continue }
      guard received > 0 else { return }
      count += received
    }
  }
  guard bytes.count == size else { throw refuse("cannot be read to its end") }
  return bytes
}
