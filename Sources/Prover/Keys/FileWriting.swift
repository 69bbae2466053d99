import Glibc

/// A file to be written; a secret one is readable by its owner alone.
package struct OutputFile: Sendable {
  package let path: String
  @Secret package var bytes: [UInt8]
  package let isSecret: Bool

  package init(path: String, bytes: [UInt8], isSecret: Bool = false) {
    self.path = path
    _bytes = Secret(wrappedValue: bytes)
    self.isSecret = isSecret
  }
}

/// A file cannot be used, and why.
package struct FileError: Error, Equatable {
  package let path: String
  package let reason: String
  /// True when the file was begun to be written, and the machine failed to.
  package let isFailedWrite: Bool

  init(_ path: String, _ reason: String, isFailedWrite: Bool = false) {
    self.path = path
    self.reason = reason
    self.isFailedWrite = isFailedWrite
  }

  /// For the error that the last system call left.
  init(_ path: String, failedTo action: String, isFailedWrite: Bool = false) {
    self.init(path, "cannot be \(action): \(String(cString: strerror(errno)))", isFailedWrite: isFailedWrite)
  }
}

/// Writes files so that each is there in whole or not at all, and none if one cannot be written.
///
/// They appear in order. Each is on the disk, with its name, before the next appears, and all are when this returns,
/// whatever happens to process or machine then. Until a file appears only its owner can read it.
///
/// - Parameter replacing: Without it a file that is there is an error, also one that another process has just written.
package func write(_ files: [OutputFile], replacing: Bool = true) throws(FileError) {
  var staged: [StagedFile] = []
  defer { for file in staged { file.discard() } }
  for file in files { staged.append(try StagedFile(file)) }
  for (file, output) in zip(staged, files) {
    if replacing { try file.appear() } else if try !file.appearAsNew() { throw FileError(output.path, "exists") }
  }
}

/// Runs `body` while no other process runs one for a file of the same folder, so that files of several runs do not mix.
///
/// The system frees the folder when the process ends in whatever way. Whoever can read a folder can keep it, so it is
/// waited for a minute only; some network disks have no such locks. Then only the names of new files keep runs apart.
package func alone<Value>(besides path: String, _ body: () throws -> Value) throws -> Value {
  let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError(path, failedTo: "written") }
  defer { close(descriptor) }
  var turns = 0
  while flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR, turns < 600 {
    usleep(100_000)
    turns += 1
  }
  return try body()
}

/// Writes a file as `write` does, if there is none of its name, and says whether it did.
package func create(_ file: OutputFile) throws(FileError) -> Bool {
  let staged = try StagedFile(file)
  defer { staged.discard() }
  return try staged.appearAsNew()
}

/// Refuses a path where no file can be written, as far as that can be seen without writing, or where a file of another
/// kind would be lost.
///
/// - Parameter content: What is to be written, at least the bytes that begin every file of its kind.
package func requireWritable(_ path: String, for content: some Collection<UInt8>) throws(FileError) {
  let nameByteCount = path.split(separator: "/", omittingEmptySubsequences: false).last?.utf8.count ?? 0
  guard (1...Int(NAME_MAX)).contains(nameByteCount) else { throw FileError(path, "is not the name of a file") }
  var status = stat()
  if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
    throw FileError(path, "exists and is not a regular file")
  }
  guard access(folder(of: path), R_OK | W_OK | X_OK) == 0 else { throw FileError(path, failedTo: "written") }
  guard fileExists(path) else { return }
  let old = try StoredBytes(path: path)
  let start = try old.read(at: 0, count: min(old.count, kindByteCount))
  guard start.isEmpty || start.elementsEqual(content.prefix(kindByteCount)) else {
    throw FileError(path, "exists and is a file of another kind, which would be lost: choose another name")
  }
}

/// Refuses a file that is larger than the room on its disk.
package func requireRoom(_ path: String, byteCount: Int) throws(FileError) {
  var status = statvfs()
  guard statvfs(folder(of: path), &status) == 0 else { throw FileError(path, failedTo: "written") }
  let room = Double(status.f_bavail) * Double(status.f_frsize)
  guard Double(byteCount) <= room else {
    throw FileError(path, "takes \(byteCount) bytes, and its disk has room for \(Int(room))")
  }
}

/// True when the path names anything, also a symbolic link to nothing.
package func fileExists(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0
}

/// What a path means, however it is written: a file, or where nothing is there a name in a folder.
package struct FileIdentity: Hashable {
  private let device: UInt64
  private let number: UInt64
  /// Empty for a file that is there.
  private let name: [UInt8]

  /// Nil without a folder.
  package init?(_ path: String) {
    var status = stat()
    let isThere = stat(path, &status) == 0
    guard isThere || stat(folder(of: path), &status) == 0 else { return nil }
    (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
    name = isThere ? [] : Array(path.utf8.reversed().prefix { $0 != UInt8(ascii: "/") })
  }
}

/// Files of one kind begin with the same bytes: the formats of this tool and .npy, `FileKind`.
private let kindByteCount = 7

func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
