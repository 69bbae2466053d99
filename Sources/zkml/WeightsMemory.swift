import Circuit
import Glibc
import Model
import Verifier

/// Remembers in a folder of the user which verifying keys have proofs about their weights that hold.
///
/// An entry is believed only in a folder that belongs to the user and that nobody else may read or write. Anything
/// unexpected makes the proofs be checked again; nothing here can fail.
struct WeightsMemory {
  private let folder: String?

  init() { folder = Self.userFolder() }

  func contains(_ name: String) -> Bool {
    guard let folder, Self.isPrivate(folder) else { return false }
    var status = stat()
    guard lstat(folder + "/" + name, &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFREG && status.st_uid == geteuid()
  }

  func insert(_ name: String) {
    guard let folder else { return }
    mkdir(folder, 0o700)
    guard Self.isPrivate(folder) else { return }
    let descriptor = open(folder + "/" + name, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if descriptor >= 0 { close(descriptor) }
  }

  /// To be raised with every change of what `verifyWeights` or the validity of circuits accepts.
  private static let revision: UInt16 = 3

  /// The entry of a key: digest of the exact bytes of its file, the format version and the revision of the check.
  static func name(ofKey file: [UInt8]) -> String {
    var writer = ByteWriter()
    writer.append(file)
    writer.append(formatVersion)
    writer.append(revision)
    return Hash(.file).digest(writer.bytes).hexadecimal
  }

  private static func isPrivate(_ folder: String) -> Bool {
    var status = stat()
    guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
    return status.st_uid == geteuid() && status.st_mode & 0o077 == 0
  }

  private static func userFolder() -> String? {
    func absolutePath(_ variable: String) -> String? {
      guard let value = getenv(variable) else { return nil }
      let path = String(cString: value)
      return path.hasPrefix("/") ? path : nil
    }
    if let cache = absolutePath("XDG_CACHE_HOME") {
      mkdir(cache, 0o700)
      return cache + "/zkml"
    }
    guard let home = absolutePath("HOME") else { return nil }
    mkdir(home + "/.cache", 0o700)
    return home + "/.cache/zkml"
  }
}

extension VerifyingKey {
  /// The key of a .vk file whose proofs about the weights hold.
  ///
  /// - Throws: `Failure`, `.doesNotHold` when they do not.
  static func trusted(_ path: String, recheck: Bool = false) throws -> (key: VerifyingKey, wasRemembered: Bool) {
    let bytes = try readFile(path, limit: verifyingKeyByteCap)
    let key = try load(path) { () throws(VerificationError) in try VerifyingKey(file: bytes) }
    let memory = WeightsMemory()
    let name = WeightsMemory.name(ofKey: bytes)
    if !recheck, memory.contains(name) { return (key, true) }
    do throws(VerificationError) { try key.verifyWeights() } catch {
      throw Failure.doesNotHold(
        "\(path): the proof that its weights are in range, or the same in all commitments, does not hold: it \(error.reason)"
      )
    }
    memory.insert(name)
    return (key, false)
  }
}
