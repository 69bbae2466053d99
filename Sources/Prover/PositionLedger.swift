import Circuit
import Glibc
import Verifier

/// The file that says which positions of a model's codeword have been opened over the life of a proving key.
///
/// The tails of the codeword hide the weights as long as others see at most `limit` distinct positions, and those of one
/// more proof, and this file is the only memory of how many they saw. So positions are spent before a proof that opens
/// them leaves the process. It has a section for each commitment that followed another, and each key finds its own.
/// Several processes may spend on one file. Copies of it with the key, restored backups and snapshots of machines are
/// not known to each other: together they open more than the limit.
package struct PositionLedger: Sendable {
  package let path: String
  /// Digest of the key.
  package let key: Digest
  /// The codeword has 2^domainBits positions.
  package let domainBits: Int
  /// How many distinct positions may ever be opened, but for those of the proof that a next commitment holds the same.
  package let limit: Int
  /// At most this many positions are opened by one proof.
  package let queryCount: Int

  package init(path: String, key: Digest, domainBits: Int, limit: Int, queryCount: Int) {
    self.path = path
    self.key = key
    self.domainBits = domainBits
    self.limit = limit
    self.queryCount = queryCount
  }

  /// The ledger of a key; nil for one whose commitment hides nothing.
  ///
  /// Of the positions that the tails hide, as many as one proof opens are kept for a commitment that follows this one.
  package init?(path: String, core: KeyCore) {
    guard let code = core.code, code.isHiding else { return nil }
    self.init(path: path, key: core.digest, code: code)
  }

  /// The ledger of a commitment in a hiding code.
  package init(path: String, key: Digest, code: Code) {
    self.init(
      path: path, key: key, domainBits: code.domainBits, limit: code.tailCount - code.queryCount,
      queryCount: code.queryCount)
  }

  /// The file of a new key, of which `positions` are open from the beginning.
  ///
  /// Header, for each section digest of the key, u8 domainBits and one bit for each position from the lowest bit of the
  /// first byte on, sealed.
  package func newFile(spent positions: [Int]) -> OutputFile {
    var sections: [LedgerSection] = []
    insert(positions, in: &sections)
    return file(sections)
  }

  /// Refuses to let a new file take the place of one that another version of the tool wrote: what it counts, nobody else does.
  package static func requireNoOtherVersion(_ path: String) throws(LedgerError) {
    let ledger = PositionLedger(path: path, key: .zero, domainBits: 0, limit: 0, queryCount: 0)
    do throws(LedgerError) {
      let descriptor = try ledger.openFile(O_RDONLY)
      defer { close(descriptor) }
      _ = try ledger.sections(in: descriptor)
    } catch .otherVersion { throw .otherVersion } catch {}
  }

  /// Counts positions as opened, for good. When this returns the file on the disk says so.
  ///
  /// Waits while another process does the same.
  ///
  /// - Throws: and then nothing that shows one of these positions may leave the process.
  package func spend(_ positions: [Int]) throws(LedgerError) {
    try change { sections throws(LedgerError) in
      guard insert(positions, in: &sections) <= limit else { throw .usedUp }
      return []
    }
  }

  /// Counts what a proof opens of this commitment and of the next one, that both hold the same; then writes the files
  /// that show the proof.
  ///
  /// It may open what is kept back from other proofs. When this is interrupted, all files that are there can be used.
  ///
  /// - Throws: and then nothing that shows one of these positions may leave the process, but for the files.
  package func handOver(
    _ positions: [Int], to next: PositionLedger, _ nextPositions: [Int], writing files: [OutputFile]
  ) throws(LedgerError) {
    try change { sections throws(LedgerError) in
      guard insert(positions, in: &sections) <= limit + queryCount else { throw .usedUp }
      next.insert(nextPositions, in: &sections)
      return files
    }
  }

  /// How many more proofs there are positions for.
  package func remainingProofCount() throws(LedgerError) -> Int {
    let descriptor = try openFile(O_RDONLY)
    defer { close(descriptor) }
    let own = try sections(in: descriptor).first { $0.key == key }
    return max(0, limit - (own?.spentCount ?? limit)) / queryCount
  }

  /// Returns how many positions of this key are spent then.
  @discardableResult
  private func insert(_ positions: [Int], in sections: inout [LedgerSection]) -> Int {
    if !sections.contains(where: { $0.key == key }) { sections.append(LedgerSection(key, domainBits: domainBits)) }
    guard let index = sections.firstIndex(where: { $0.key == key }) else { return 0 }
    sections[index].insert(positions)
    return sections[index].spentCount
  }

  /// Replaces the file, kept from all others meanwhile, and then writes what `body` returns.
  private func change(
    _ body: (inout [LedgerSection]) throws(LedgerError) -> [OutputFile]
  ) throws(LedgerError) {
    let descriptor = try openAlone()
    defer { close(descriptor) }
    var sections = try sections(in: descriptor)
    let files = try body(&sections)
    do throws(FileError) { try write([file(sections)] + files) } catch { throw .inaccessible(error.reason) }
  }

  private func file(_ sections: [LedgerSection]) -> OutputFile {
    var writer = ByteWriter(.spentPositions, .hiding)
    for section in sections {
      writer.append(section.key.bytes)
      writer.append(UInt8(section.domainBits))
      writer.append(section.bits)
    }
    return OutputFile(path: path, bytes: writer.sealed, isSecret: true)
  }

  /// Those of the file, one of them of this key.
  private func sections(in descriptor: Int32) throws(LedgerError) -> [LedgerSection] {
    let file = try content(of: descriptor)
    let sections: [LedgerSection]
    do throws(VerificationError) { sections = try LedgerSection.sections(file) } catch {
      throw error == .unsupportedVersion ? .otherVersion : .damaged
    }
    guard let own = sections.first(where: { $0.key == key }) else { throw .otherKey }
    guard own.domainBits == domainBits else { throw .damaged }
    return sections
  }

  private func openFile(_ access: Int32) throws(LedgerError) -> Int32 {
    let descriptor = open(path, access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor < 0 else { return descriptor }
    throw errno == ENOENT ? .missing : .inaccessible(FileError(path, failedTo: "opened").reason)
  }

  /// Opens the file and keeps all others out who open it so; the system lets them in when the descriptor is closed, or
  /// the process ends in whatever way.
  ///
  /// The file is replaced by who holds it, so after waiting the name may have come to mean another file.
  private func openAlone() throws(LedgerError) -> Int32 {
    while true {
      let descriptor = try openFile(O_RDWR)
      var isLocked = flock(descriptor, LOCK_EX) == 0
      while !isLocked, errno == EINTR { isLocked = flock(descriptor, LOCK_EX) == 0 }
      guard isLocked else {
        let error = FileError(path, failedTo: "locked")
        close(descriptor)
        throw .inaccessible(error.reason)
      }
      var (held, named) = (stat(), stat())
      if fstat(descriptor, &held) == 0, lstat(path, &named) == 0, held.st_dev == named.st_dev,
        held.st_ino == named.st_ino
      {
        return descriptor
      }
      close(descriptor)
    }
  }

  private func content(of descriptor: Int32) throws(LedgerError) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < Self.byteCap {
      let count = read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .inaccessible(FileError(path, failedTo: "read").reason) }
      if count == 0 { break }
      bytes += part.prefix(count)
    }
    return bytes
  }

  private static let byteCap = 1 << 32
}

/// The positions of one commitment's codeword, a bit for each.
package struct LedgerSection: Sendable {
  /// Digest of the key.
  package let key: Digest
  package let domainBits: Int
  package private(set) var bits: [UInt8]

  fileprivate init(_ key: Digest, domainBits: Int) {
    self.key = key
    self.domainBits = domainBits
    bits = [UInt8](repeating: 0, count: 1 << (domainBits - 3))
  }

  package var spentCount: Int { bits.reduce(0) { $0 + $1.nonzeroBitCount } }

  fileprivate mutating func insert(_ positions: [Int]) {
    for position in positions { bits[position >> 3] |= 1 << UInt8(position & 7) }
  }

  /// Decodes a ledger's file: sections of different keys.
  ///
  /// - Throws: `.malformed`, `.unsupportedVersion`.
  package static func sections(_ file: [UInt8]) throws(VerificationError) -> [LedgerSection] {
    var (reader, _) = try ByteReader.open(.spentPositions, sealed: file)
    var sections: [LedgerSection] = []
    do throws(MalformedBytes) {
      while reader.remaining > 0 {
        let key = Digest(bytes: try reader.read(Digest.byteCount))
        let domainBits = try reader.u8()
        guard (3...40).contains(domainBits), 1 << (domainBits - 3) <= reader.remaining,
          !sections.contains(where: { $0.key == key })
        else { throw reader.malformed() }
        var section = LedgerSection(key, domainBits: domainBits)
        section.bits = Array(try reader.read(section.bits.count))
        sections.append(section)
      }
    } catch { throw .malformed }
    return sections
  }
}

/// Why positions could not be counted.
package enum LedgerError: Error, Equatable {
  case missing
  /// A ledger of another format.
  case otherVersion
  /// Not a ledger, or not as it was written.
  case damaged
  /// Of another key than the one that proves.
  case otherKey
  /// More positions would be open than the tails hide.
  case usedUp
  case inaccessible(String)
}
