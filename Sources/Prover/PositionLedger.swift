import Circuit
import Glibc
import Verifier

/// The file that says which positions of a model's codeword have been opened over the life of a proving key.
///
/// The tails of the codeword hide the weights as long as others see at most `limit` distinct positions, and this file is
/// the only memory of how many they saw. So positions are spent before a proof that opens them leaves the process.
/// Several processes may spend on one file. Copies of it with the key, restored backups and snapshots of machines are
/// not known to each other: together they open more than the limit.
package struct PositionLedger: Sendable {
  package let path: String
  /// Digest of the key.
  package let key: Digest
  /// The codeword has 2^domainBits positions.
  package let domainBits: Int
  /// How many distinct positions may ever be opened.
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
  /// Header, digest of the key, u8 domainBits, one bit for each position from the lowest bit of the first byte on,
  /// sealed.
  package func newFile(spent positions: [Int]) -> OutputFile {
    var spent = PositionSet(domainBits: domainBits)
    spent.insert(positions)
    return file(spent)
  }

  /// Counts positions as opened, for good. When this returns the file on the disk says so.
  ///
  /// Waits while another process does the same.
  ///
  /// - Throws: and then nothing that shows one of these positions may leave the process.
  package func spend(_ positions: [Int]) throws(LedgerError) {
    let descriptor = try openAlone()
    defer { close(descriptor) }
    var spent = try positionSet(in: descriptor)
    spent.insert(positions)
    guard spent.count <= limit else { throw .usedUp }
    do throws(FileError) { try write([file(spent)]) } catch { throw .inaccessible(error.reason) }
  }

  /// How many more proofs there are positions for.
  package func remainingProofCount() throws(LedgerError) -> Int {
    let descriptor = try openFile(O_RDONLY)
    defer { close(descriptor) }
    return max(0, limit - (try positionSet(in: descriptor).count)) / queryCount
  }

  private func file(_ spent: PositionSet) -> OutputFile {
    var writer = ByteWriter(.spentPositions, .hiding)
    writer.append(key.bytes)
    writer.append(UInt8(domainBits))
    writer.append(spent.bits)
    return OutputFile(path: path, bytes: writer.sealed, isSecret: true)
  }

  private func positionSet(in descriptor: Int32) throws(LedgerError) -> PositionSet {
    let file = try content(of: descriptor)
    let owner, bits: ArraySlice<UInt8>
    let writtenDomainBits: Int
    do throws(VerificationError) {
      var (reader, _) = try ByteReader.open(.spentPositions, sealed: file)
      do throws(MalformedBytes) {
        owner = try reader.read(Digest.byteCount)
        writtenDomainBits = try reader.u8()
        bits = try reader.read(reader.remaining)
      } catch { throw VerificationError.malformed }
    } catch { throw .damaged }
    guard Digest(bytes: owner) == key else { throw .otherKey }
    guard writtenDomainBits == domainBits, bits.count == 1 << (domainBits - 3) else { throw .damaged }
    return PositionSet(bits: Array(bits))
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

  private static let byteCap = 1 << 26
}

/// Positions of a codeword, a bit for each.
private struct PositionSet {
  private(set) var bits: [UInt8]

  init(bits: [UInt8]) { self.bits = bits }

  init(domainBits: Int) { bits = [UInt8](repeating: 0, count: 1 << (domainBits - 3)) }

  var count: Int { bits.reduce(0) { $0 + $1.nonzeroBitCount } }

  mutating func insert(_ positions: [Int]) {
    for position in positions { bits[position >> 3] |= 1 << UInt8(position & 7) }
  }
}

/// Why positions could not be counted.
package enum LedgerError: Error, Equatable {
  case missing
  /// Not a ledger, or not as it was written.
  case damaged
  /// Of another key than the one that proves.
  case otherKey
  /// More positions would be open than the tails hide.
  case usedUp
  case inaccessible(String)
}
