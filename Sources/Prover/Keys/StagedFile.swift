import Glibc
import Synchronization

/// A file that is written in whole under a temporary name in its folder, where only its owner can read it.
///
/// It is locked while the process lives, so that what an earlier process left is known.
final class StagedFile {
  private let file: OutputFile
  private let temporary: String
  private let descriptor: Int32
  private let folder: Int32

  init(_ file: OutputFile) throws(FileError) {
    try requireWritable(file.path, for: file.bytes)
    let place = Prover.folder(of: file.path)
    let folder = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw FileError(file.path, failedTo: "written") }
    guard let (temporary, descriptor) = TemporaryFiles.create(in: place) else {
      let failure = FileError(file.path, failedTo: "written", isFailedWrite: true)
      close(folder)
      throw failure
    }
    (self.file, self.temporary, self.descriptor, self.folder) = (file, temporary, descriptor, folder)
    guard writeAll(), fsync(descriptor) == 0 else {
      let failure = failure
      discard()
      throw failure
    }
  }

  deinit {
    close(descriptor)
    close(folder)
  }

  /// Takes the file's name, and then the mode that the user's mask gives a file that is not secret.
  func appear() throws(FileError) {
    guard TemporaryFiles.end(temporary, by: { rename(temporary, file.path) }), takeMode(), fsync(folder) == 0 else {
      throw failure
    }
  }

  /// Takes the file's name unless there is a file of that name, and says whether it did.
  func appearAsNew() throws(FileError) -> Bool {
    guard link(temporary, file.path) == 0 else {
      guard errno == EEXIST else { throw failure }
      return false
    }
    discard()
    guard takeMode(), fsync(folder) == 0 else { throw failure }
    return true
  }

  /// Removes what is still under the temporary name.
  func discard() { _ = TemporaryFiles.end(temporary) { unlink(temporary) } }

  private var failure: FileError { FileError(file.path, failedTo: "written", isFailedWrite: true) }

  private func takeMode() -> Bool {
    guard !file.isSecret else { return true }
    let mask = umask(0)
    umask(mask)
    return fchmod(descriptor, 0o644 & ~mask) == 0
  }

  private func writeAll() -> Bool {
    var written = 0
    while written < file.bytes.count {
      let count = file.bytes.withUnsafeBytes { bytes in
        Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }
}

/// The files of this process that do not stay: they have no name of their own yet, or are for another program.
package enum TemporaryFiles {
  private static let paths = Mutex<[String]>([])
  private static let prefix = ".zkml."
  private static let folderPrefix = "zkml-run."

  /// Creates an empty one that only its owner can read.
  fileprivate static func create(in folder: String) -> (path: String, descriptor: Int32)? {
    paths.withLock { paths in
      var template = Array("\(folder)/\(prefix)XXXXXX".utf8CString)
      let descriptor = mkstemp(&template)
      guard descriptor >= 0 else { return nil }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      flock(descriptor, LOCK_EX | LOCK_NB)
      let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      paths.append(path)
      return (path, descriptor)
    }
  }

  /// Runs a call that gives the file another name or removes it; true when it succeeds.
  fileprivate static func end(_ path: String, by call: () -> Int32) -> Bool {
    paths.withLock { paths in
      guard let index = paths.firstIndex(of: path), call() == 0 else { return false }
      paths.remove(at: index)
      return true
    }
  }

  /// A folder of the user's for files that are to be discarded; it is locked while the process lives.
  package static func makeFolder() -> String? {
    paths.withLock { paths in
      var template = Array("/tmp/\(folderPrefix)XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { return nil }
      flock(open(template, O_RDONLY | O_DIRECTORY | O_CLOEXEC), LOCK_EX | LOCK_NB)
      paths.append(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
      return paths.last
    }
  }

  /// Counts files that have names as temporary.
  package static func note(_ names: [String]) { paths.withLock { $0 += names } }

  /// Removes files and folders, in order.
  package static func discard(_ names: [String]) {
    for name in names { _ = end(name) { remove(name) } }
  }

  /// Removes all of them and lets no other begin or get its name, for a process that ends now.
  package static func removeAll(andEnd end: () -> Never) -> Never {
    paths.withLock { paths in
      for path in paths.reversed() { remove(path) }
      end()
    }
  }

  /// Those in the folder of a file that a process left which was stopped.
  package static func leftovers(beside path: String) -> [String] {
    entries(of: folder(of: path), prefix).filter { isAbandoned($0) }
  }

  /// The folders that `makeFolder` made for processes of this user which were stopped.
  package static func leftFolders() -> [String] {
    entries(of: "/tmp", folderPrefix).filter { path in
      var status = stat()
      return lstat(path, &status) == 0 && status.st_uid == getuid() && status.st_mode == S_IFDIR | 0o700
        && isAbandoned(path, O_DIRECTORY)
    }
  }

  /// Removes temporary names of a file that its process, stopped, left beside its own name.
  ///
  /// For who has locked the file: its process has ended.
  static func removeNames(of file: stat, beside path: String) {
    for name in entries(of: folder(of: path), prefix) where name != path {
      var status = stat()
      if lstat(name, &status) == 0, status.st_dev == file.st_dev, status.st_ino == file.st_ino { unlink(name) }
    }
  }

  /// The paths of what a folder has whose names are this and six letters or digits, sorted.
  private static func entries(of folder: String, _ prefix: String) -> [String] {
    guard let entries = opendir(folder) else { return [] }
    defer { closedir(entries) }
    var paths: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let rest = name.utf8.dropFirst(prefix.utf8.count)
      let isMade = rest.count == 6 && rest.allSatisfy { $0 != UInt8(ascii: ".") && $0 < 0x80 }
      if name.hasPrefix(prefix), isMade { paths.append("\(folder)/\(name)") }
    }
    return paths.sorted()
  }

  private static func isAbandoned(_ path: String, _ kind: Int32 = 0) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | kind)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0
  }
}
