import Glibc

/// A file's bytes, read where they are needed; or bytes in memory.
///
/// It is read, not mapped: a file that is cut short while it is used makes an error, and no signal. One that is
/// replaced by another of its name stays what it was.
package final class StoredBytes: Sendable {
  package let count: Int
  private let path: String
  /// Nil for bytes in memory.
  private let descriptor: Int32?
  private let memory: Secret<UInt8>

  package init(_ bytes: [UInt8]) {
    (count, path, descriptor, memory) = (bytes.count, "the key", nil, Secret(wrappedValue: bytes))
  }

  /// - Throws: also for what is not a regular file.
  package init(path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path, failedTo: "opened") }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(path, "is not a regular file")
    }
    (count, self.path, self.descriptor) = (Int(status.st_size), path, descriptor)
    memory = Secret(wrappedValue: [])
  }

  deinit { if let descriptor { close(descriptor) } }

  /// - Throws: where there are no such bytes, or no longer.
  package func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= self.count - count else { throw damaged }
    guard let descriptor else { return Array(memory.wrappedValue[offset..<offset + count]) }
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while let start = buffer.baseAddress, initialized < count, failure == nil {
        let received = pread(descriptor, start + initialized, count - initialized, offset + initialized)
        if received < 0, errno == EINTR { continue }
        if received < 0 { failure = FileError(path, failedTo: "read") }
        if received == 0 { failure = damaged }
        initialized += max(received, 0)
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Has the system fetch bytes that will be read, meanwhile.
  func fetch(at offset: Int, count: Int) {
    if let descriptor { posix_fadvise(descriptor, offset, count, Int32(POSIX_FADV_WILLNEED)) }
  }

  /// That the bytes are not those that were written.
  var damaged: FileError { FileError(path, "is damaged, or is not the file that it should be") }
}
