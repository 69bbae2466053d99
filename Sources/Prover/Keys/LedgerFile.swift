import Circuit
import Glibc
import Verifier

extension PositionLedger {
  /// Header, then the sections, sealed.
  static func file(_ path: String, _ sections: [LedgerSection]) -> OutputFile {
    var writer = ByteWriter(.spentPositions, .hiding)
    for section in sections { section.append(to: &writer) }
    return OutputFile(path: path, bytes: writer.sealed, isSecret: true)
  }

  /// Replaces the file, kept from all others meanwhile.
  static func change(
    _ path: String, _ body: (inout [LedgerSection]) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    let descriptor = try openAlone(path)
    defer { close(descriptor) }
    var sections = try sections(in: descriptor, path)
    try body(&sections)
    do throws(FileError) { try write([file(path, sections)]) } catch { throw LedgerError(error) }
  }

  static func sections(in descriptor: Int32, _ path: String) throws(LedgerError) -> [LedgerSection] {
    let file = try content(of: descriptor, path)
    do throws(VerificationError) { return try LedgerSection.sections(file) } catch {
      throw error == .unsupportedVersion ? .otherVersion : .damaged
    }
  }

  static func openFile(_ path: String, _ access: Int32) throws(LedgerError) -> Int32 {
    let descriptor = open(path, access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor < 0 else { return descriptor }
    throw errno == ENOENT ? .missing : .inaccessible(FileError(path, failedTo: "opened").reason)
  }

  /// Opens the file and keeps all others out who open it so; the system lets them in when the descriptor is closed, or
  /// the process ends in whatever way.
  ///
  /// The file is replaced by who holds it, so after waiting the name may have come to mean another file.
  ///
  /// - Throws: `.linked`, too: what is counted under one name of the file would be unknown under the others.
  static func openAlone(_ path: String) throws(LedgerError) -> Int32 {
    while true {
      let descriptor = try openFile(path, O_RDWR)
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
        if held.st_nlink > 1 {
          TemporaryFiles.removeNames(of: held, beside: path)
          fstat(descriptor, &held)
        }
        guard held.st_nlink > 1 else { return descriptor }
        close(descriptor)
        throw .linked
      }
      close(descriptor)
    }
  }

  private static func content(of descriptor: Int32, _ path: String) throws(LedgerError) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < byteCap {
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

/// The one commitment that follows another, with the proof that both hold the same weights.
package struct Successor: Equatable, Sendable {
  /// How many proofs it hides the weights in, at least 1.
  package let proofCount: Int
  /// Of the proof's bytes.
  package let proof: Digest

  package init(proofCount: Int, proof: [UInt8]) { self.init(proofCount: proofCount, proof: Hash(.file).digest(proof)) }

  fileprivate init(proofCount: Int, proof: Digest) { (self.proofCount, self.proof) = (proofCount, proof) }
}

/// What is known of one commitment.
package struct LedgerSection: Sendable {
  /// Digest of the key.
  package let key: Digest
  /// That of its model.
  package let model: Digest
  package let domainBits: Int
  /// A proof that hides nothing has been made of a key of this file, so its weights may be known.
  package internal(set) var isHidingGivenUp = false
  /// What was counted to follow it, whether it was written or not.
  package internal(set) var successor: Successor?
  /// A bit for each position, the lowest of the first byte first.
  package private(set) var bits: [UInt8]

  init(_ key: Digest, _ model: Digest, domainBits: Int) {
    (self.key, self.model, self.domainBits) = (key, model, domainBits)
    bits = [UInt8](repeating: 0, count: 1 << (domainBits - 3))
  }

  package var spentCount: Int { bits.reduce(0) { $0 + $1.nonzeroBitCount } }

  mutating func insert(_ positions: [Int]) {
    for position in positions { bits[position >> 3] |= 1 << UInt8(position & 7) }
  }

  /// Digest of the key, that of the model, u8 domainBits, u8 1 when hiding was given up, u32 proofs and digest of the
  /// successor (zeros without one), the bits.
  fileprivate func append(to writer: inout ByteWriter) {
    writer.append(key.bytes)
    writer.append(model.bytes)
    writer.append(UInt8(domainBits))
    writer.append(UInt8(isHidingGivenUp ? 1 : 0))
    writer.append(UInt32(successor?.proofCount ?? 0))
    writer.append((successor?.proof ?? .zero).bytes)
    writer.append(bits)
  }

  private init(_ reader: inout ByteReader) throws(MalformedBytes) {
    let key = Digest(bytes: try reader.read(Digest.byteCount))
    let model = Digest(bytes: try reader.read(Digest.byteCount))
    let domainBits = try reader.u8()
    let mark = try reader.u8()
    let proofCount = try reader.u32()
    let proof = Digest(bytes: try reader.read(Digest.byteCount))
    guard (3...40).contains(domainBits), 1 << (domainBits - 3) <= reader.remaining, mark <= 1,
      proofCount <= WeightCommitment.proofCountCap, proofCount > 0 || proof == .zero
    else { throw reader.malformed() }
    self.init(key, model, domainBits: domainBits)
    isHidingGivenUp = mark == 1
    successor = proofCount > 0 ? Successor(proofCount: proofCount, proof: proof) : nil
    bits = Array(try reader.read(bits.count))
  }

  /// Decodes a ledger's file: sections of different keys.
  ///
  /// - Throws: `.malformed`, `.unsupportedVersion`.
  package static func sections(_ file: [UInt8]) throws(VerificationError) -> [LedgerSection] {
    var (reader, _) = try ByteReader.open(.spentPositions, sealed: file)
    var sections: [LedgerSection] = []
    do throws(MalformedBytes) {
      while reader.remaining > 0 {
        let section = try LedgerSection(&reader)
        guard !sections.contains(where: { $0.key == section.key }) else { throw reader.malformed() }
        sections.append(section)
      }
    } catch { throw .malformed }
    return sections
  }
}

/// Why positions could not be counted.
package enum LedgerError: Error, Equatable {
  case missing
  /// Not a ledger, or not as it was written.
  case damaged
  /// Of a format that this version does not know.
  case otherVersion
  /// Of another key than the one that proves.
  case otherKey
  /// More positions would be open than the tails hide.
  case usedUp
  /// Another commitment than this one was counted to follow, or another proof about it.
  case otherSuccessor
  /// The file has other names.
  case linked
  case inaccessible(String)
  /// The file could not be written, though it was begun.
  case unwritten(String)

  init(_ error: FileError) { self = error.isFailedWrite ? .unwritten(error.reason) : .inaccessible(error.reason) }
}
