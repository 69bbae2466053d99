import Circuit
import Glibc
import Verifier

/// The file that says which positions of a model's codeword have been opened over the life of a proving key.
///
/// The tails of the codeword hide the weights as long as others see at most `limit` distinct positions, and those of one
/// more proof, and this file is the only memory of how many they saw. So positions are spent before a proof that opens
/// them leaves the process. It has a section for each commitment that was ever made under its name, and each key finds its
/// own; no section is ever dropped. Several processes may spend on one file. Copies of it with the key, restored backups and snapshots of machines are
/// not known to each other: together they open more than the limit.
package struct PositionLedger: Sendable {
  package let path: String
  /// Digest of the key.
  package let key: Digest
  /// That of the model; sections of one model share what is known of its weights.
  package let model: Digest
  /// The codeword has 2^domainBits positions.
  package let domainBits: Int
  /// How many distinct positions may ever be opened, but for those of the proof that a next commitment holds the same.
  package let limit: Int
  /// At most this many positions are opened by one proof.
  package let queryCount: Int

  /// - Parameter model: Nil for a commitment that stands alone.
  package init(path: String, key: Digest, model: Digest? = nil, domainBits: Int, limit: Int, queryCount: Int) {
    self.path = path
    self.key = key
    self.model = model ?? key
    self.domainBits = domainBits
    self.limit = limit
    self.queryCount = queryCount
  }

  /// The ledger of a key; nil for one whose commitment hides nothing.
  ///
  /// Of the positions that the tails hide, as many as one proof opens are kept for a commitment that follows this one.
  package init?(path: String, core: WeightCommitment) {
    guard let code = core.code, code.isTailed else { return nil }
    self.init(path: path, key: core.digest, model: core.modelID, code: code)
  }

  /// The ledger of a commitment in a tailed code.
  package init(path: String, key: Digest, model: Digest? = nil, code: Code) {
    self.init(
      path: path, key: key, model: model, domainBits: code.domainBits, limit: code.tailCount - code.queryCount,
      queryCount: code.queryCount)
  }

  /// The file of a new key, of which `positions` are open from the beginning.
  package func newFile(spent positions: [Int]) -> OutputFile {
    var sections: [LedgerSection] = []
    insert(positions, in: &sections)
    return Self.file(path, sections)
  }

  /// Begins to count for a new key, of which `positions` are open from the beginning.
  ///
  /// A file that is there is kept, with a section more.
  ///
  /// - Parameter isHidingGivenUp: True when the weights may be known in any case.
  /// - Throws: and then nothing of the key may leave the process. A file that cannot be read is left as it is.
  package func begin(spent positions: [Int], isHidingGivenUp: Bool = false) throws(LedgerError) {
    func insertAll(in sections: inout [LedgerSection]) {
      insert(positions, in: &sections)
      if isHidingGivenUp { Self.giveUpHiding(in: &sections) }
    }
    do throws(FileError) {
      var sections: [LedgerSection] = []
      insertAll(in: &sections)
      if try create(Self.file(path, sections)) { return }
    } catch { throw LedgerError(error) }
    try Self.change(path) { sections throws(LedgerError) in insertAll(in: &sections) }
  }

  /// Refuses a file that is there and cannot be read or changed, to which `begin` could add nothing.
  package static func requireReadable(_ path: String) throws(LedgerError) {
    do throws(LedgerError) {
      let descriptor = try openAlone(path)
      defer { close(descriptor) }
      _ = try sections(in: descriptor, path)
    } catch {
      guard error == .missing else { throw error }
    }
  }

  /// Counts positions as opened, for good. When this returns the file on the disk says so.
  ///
  /// Waits while another process does the same.
  ///
  /// - Parameter givesUpHiding: True when what opens them hides nothing, which is noted too.
  /// - Throws: and then nothing that shows one of these positions may leave the process.
  package func spend(_ positions: [Int], givesUpHiding: Bool = false) throws(LedgerError) {
    try changeOwn { sections throws(LedgerError) in
      guard insert(positions, in: &sections) <= limit else { throw .usedUp }
      if givesUpHiding { Self.giveUpHiding(in: &sections) }
    }
  }

  /// Notes that the weights may be known, for all keys of a file: they are of one network, whose weights may have been
  /// compiled in several ways.
  private static func giveUpHiding(in sections: inout [LedgerSection]) {
    for index in sections.indices { sections[index].isHidingGivenUp = true }
  }

  /// Counts what a proof opens of this commitment and of the next one, that both hold the same.
  ///
  /// It may open what is kept back from other proofs. Only one commitment ever follows this one, with one proof: counting
  /// the same again changes nothing.
  ///
  /// - Throws: `.otherSuccessor` when it is not the one; and then nothing that shows one of these positions may leave the
  ///   process.
  package func handOver(
    _ positions: [Int], to next: PositionLedger, _ nextPositions: [Int], _ successor: Successor
  ) throws(LedgerError) {
    try changeOwn { sections throws(LedgerError) in
      guard insert(positions, in: &sections) <= limit + queryCount else { throw .usedUp }
      for index in sections.indices where sections[index].key == key {
        guard sections[index].successor ?? successor == successor else { throw .otherSuccessor }
        sections[index].successor = successor
      }
      next.insert(nextPositions, in: &sections)
    }
  }

  /// Notes for all keys of a file that their weights may be known.
  package static func giveUpHiding(_ path: String) throws(LedgerError) {
    try change(path) { sections throws(LedgerError) in giveUpHiding(in: &sections) }
  }

  /// What the file says of this key.
  package func section() throws(LedgerError) -> LedgerSection {
    let descriptor = try Self.openFile(path, O_RDONLY)
    defer { close(descriptor) }
    let sections = try Self.sections(in: descriptor, path)
    return sections[try ownIndex(sections)]
  }

  /// Refuses a file in which nothing could be counted, because it has other names.
  package func requireOneName() throws(LedgerError) { close(try Self.openAlone(path)) }

  /// How many more proofs there are positions for.
  package func remainingProofCount() throws(LedgerError) -> Int {
    max(0, limit - (try section().spentCount)) / queryCount
  }

  private func ownIndex(_ sections: [LedgerSection]) throws(LedgerError) -> Int {
    guard let index = sections.firstIndex(where: { $0.key == key }) else { throw .otherKey }
    guard sections[index].domainBits == domainBits, sections[index].model == model else { throw .damaged }
    return index
  }

  /// Returns how many positions of this key are spent then.
  @discardableResult
  private func insert(_ positions: [Int], in sections: inout [LedgerSection]) -> Int {
    if !sections.contains(where: { $0.key == key }) {
      var section = LedgerSection(key, model, domainBits: domainBits)
      section.isHidingGivenUp = sections.contains(where: \.isHidingGivenUp)
      sections.append(section)
    }
    guard let index = sections.firstIndex(where: { $0.key == key }) else { return 0 }
    sections[index].insert(positions)
    return sections[index].spentCount
  }

  /// `change`, for a file that has a section of this key.
  private func changeOwn(_ body: (inout [LedgerSection]) throws(LedgerError) -> Void) throws(LedgerError) {
    try Self.change(path) { sections throws(LedgerError) in
      _ = try ownIndex(sections)
      try body(&sections)
    }
  }
}
