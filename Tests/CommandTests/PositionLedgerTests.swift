import Circuit
import Dispatch
import Glibc
import Prover
import Testing
import Verifier

@Suite struct PositionLedgerTests {
  private let place: Workplace
  private let ledger: PositionLedger

  init() throws {
    place = try Workplace()
    ledger = PositionLedger(path: place.path + "/net.spent", key: .zero, domainBits: 9, limit: 20, queryCount: 4)
    try write([ledger.newFile(spent: [0, 7, 8, 511])])
  }

  private func spentPositions() throws -> [Int] { try PositionLedgerTests.spentPositions(place.bytes("net.spent"), 9) }

  /// Bytes of a section before its bits.
  static let sectionHead = 3 * Digest.byteCount + 6
  /// Of these, before the domain bits.
  static let names = 2 * Digest.byteCount

  /// The positions in a ledger's file, read from its description.
  static func spentPositions(_ file: [UInt8], _ domainBits: Int) -> [Int] {
    let bits = file.dropFirst(11 + sectionHead)
    return (0..<1 << domainBits).filter { bits[bits.startIndex + $0 / 8] >> UInt8($0 % 8) & 1 == 1 }
  }

  @Test func spentPositionsStaySpent() throws {
    #expect(try spentPositions() == [0, 7, 8, 511] && place.mode("net.spent") == 0o600)
    try ledger.spend([100, 3, 100, 8])
    #expect(try spentPositions() == [0, 3, 7, 8, 100, 511])
    try PositionLedger(path: ledger.path, key: .zero, domainBits: 9, limit: 20, queryCount: 4).spend([200])
    try ledger.spend([])
    #expect(try spentPositions() == [0, 3, 7, 8, 100, 200, 511])
    #expect(place.names == ["net.spent"])
  }

  @Test func noMoreThanTheLimitIsSpent() throws {
    #expect(try ledger.remainingProofCount() == 4)
    try ledger.spend(Array(20..<33))
    #expect(try ledger.remainingProofCount() == 0)
    let before = try place.bytes("net.spent")
    #expect(throws: LedgerError.usedUp) { try ledger.spend([1, 2, 3, 4]) }
    #expect(try place.bytes("net.spent") == before)
    try ledger.spend([1, 2, 3, 20, 21, 22])
    #expect(throws: LedgerError.usedUp) { try ledger.spend([4]) }
    try ledger.spend([1])
    #expect(try spentPositions().count == 20)
  }

  @Test func whatIsNoLedgerOfThisKeyIsNeverReplaced() throws {
    let file = try place.bytes("net.spent")
    func expect(_ error: LedgerError, _ ledger: PositionLedger, _ content: [UInt8]?) throws {
      #expect(throws: error) { try ledger.spend([1]) }
      #expect(throws: error) { try ledger.remainingProofCount() }
      if let content { #expect(try place.bytes("net.spent") == content) } else { #expect(place.names == []) }
    }
    for content in [[], Array(file.dropLast()), file + [0], Array(repeating: 0, count: file.count)] {
      try place.write(content, to: "net.spent")
      try expect(.damaged, ledger, content)
    }
    for position in file.indices {
      var changed = file
      changed[position] ^= 1
      try place.write(changed, to: "net.spent")
      try expect([8, 9].contains(position) ? .otherVersion : .damaged, ledger, changed)
    }
    try place.write(file, to: "net.spent")
    let key = Digest(bytes: [1])
    try expect(.otherKey, PositionLedger(path: ledger.path, key: key, domainBits: 9, limit: 20, queryCount: 4), file)
    try expect(.damaged, PositionLedger(path: ledger.path, key: .zero, domainBits: 10, limit: 20, queryCount: 4), file)
    unlink(ledger.path)
    try expect(.missing, ledger, nil)
    symlink("elsewhere", ledger.path)
    #expect(throws: LedgerError.self) { try ledger.spend([1]) }
  }

  private func next(_ byte: UInt8, domainBits: Int = 8) -> PositionLedger {
    PositionLedger(path: ledger.path, key: Digest(bytes: [byte]), domainBits: domainBits, limit: 10, queryCount: 2)
  }

  private func spentPositions(of section: LedgerSection) -> [Int] {
    (0..<1 << section.domainBits).filter { section.bits[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
  }

  private func sections() throws -> [LedgerSection] { try LedgerSection.sections(place.bytes("net.spent")) }

  private let successor = Successor(proofCount: 3, proof: [1])

  @Test func nextKeysHaveSectionsOfTheirOwn() throws {
    let next = next(1)
    #expect(throws: LedgerError.otherKey) { try next.spend([3]) }
    try ledger.spend(Array(20..<36))
    #expect(throws: LedgerError.usedUp) { try ledger.spend([200]) }
    try ledger.handOver([7, 100, 101], to: next, [9, 255], successor)
    #expect(place.names == ["net.spent"])
    #expect(try sections().map(\.key) == [ledger.key, next.key])
    #expect(try ledger.section().successor == successor && next.section().successor == nil)
    #expect(try sections().map(spentPositions) == [[0, 7, 8] + (20..<36) + [100, 101, 511], [9, 255]])
    try next.spend([9, 10])
    #expect(try next.remainingProofCount() == 3)
    #expect(try ledger.remainingProofCount() == 0)
    #expect(throws: LedgerError.usedUp) { try ledger.spend([7]) }
    #expect(throws: LedgerError.damaged) { try self.next(1, domainBits: 9).spend([1]) }
  }

  /// What is kept back is for one proof, which may be counted again.
  @Test func oneKeyFollowsAnother() throws {
    let next = next(1)
    try ledger.spend(Array(20..<36))
    try ledger.handOver([100, 101, 102, 103], to: next, [9, 255], successor)
    let before = try place.bytes("net.spent")
    try ledger.handOver([100, 101, 102, 103], to: next, [9, 255], successor)
    #expect(try place.bytes("net.spent") == before)
    for (positions, other, error) in [
      ([100], Successor(proofCount: 3, proof: [2]), LedgerError.otherSuccessor),
      ([100], Successor(proofCount: 4, proof: [1]), .otherSuccessor), ([104], successor, .usedUp),
    ] {
      #expect(throws: error) { try ledger.handOver(positions, to: self.next(2), [1], other) }
    }
    #expect(throws: LedgerError.otherKey) { try self.next(4).handOver([1], to: self.next(5), [2], successor) }
    #expect(try place.bytes("net.spent") == before)
    try next.handOver([1], to: self.next(2, domainBits: 3), [7], Successor(proofCount: 4, proof: [1]))
    #expect(try sections().map(\.spentCount) == [24, 3, 1])
    #expect(place.names == ["net.spent"])
  }

  /// All sections are marked, those that follow too.
  @Test func hidingIsGivenUpForGood() throws {
    func of(_ model: UInt8, _ key: UInt8) -> PositionLedger {
      PositionLedger(
        path: ledger.path, key: Digest(bytes: [key]), model: Digest(bytes: [model]), domainBits: 8, limit: 10, queryCount: 2)
    }
    for ledger in [of(1, 1), of(2, 2)] { try ledger.begin(spent: [1]) }
    try of(1, 1).handOver([2], to: of(1, 3), [3], successor)
    #expect(throws: LedgerError.usedUp) { try of(1, 1).spend(Array(0..<20), givesUpHiding: true) }
    #expect(try sections().allSatisfy { !$0.isHidingGivenUp })
    try of(1, 1).spend([5], givesUpHiding: true)
    try of(1, 1).spend([6])
    try of(1, 3).handOver([4], to: of(1, 4), [3], successor)
    #expect(try sections().count == 5 && sections().allSatisfy(\.isHidingGivenUp))
  }

  /// A new key of known weights is marked, in a file that is there and in a new one.
  @Test func newKeysInheritWhatIsKnown() throws {
    try next(1).begin(spent: [3])
    #expect(try sections().map(\.isHidingGivenUp) == [false, false])
    try ledger.spend([5], givesUpHiding: true)
    try next(2).begin(spent: [3])
    #expect(try sections().map(\.isHidingGivenUp) == [true, true, true])
    unlink(ledger.path)
    try next(3).begin(spent: [3])
    try PositionLedger.giveUpHiding(ledger.path)
    #expect(try sections().map(\.isHidingGivenUp) == [true])
    unlink(ledger.path)
    try next(5).begin(spent: [3], isHidingGivenUp: true)
    #expect(try sections().map(\.isHidingGivenUp) == [true])
  }

  /// What is counted under one name of a file would be unknown under the other.
  @Test func filesOfTwoNamesAreRefused() throws {
    let (file, other) = (try place.bytes("net.spent"), place.path + "/other.spent")
    #expect(link(ledger.path, other) == 0)
    let twin = PositionLedger(path: other, key: .zero, domainBits: 9, limit: 20, queryCount: 4)
    for ledger in [ledger, twin] {
      #expect(throws: LedgerError.linked) { try ledger.spend([1]) }
      #expect(throws: LedgerError.linked) { try ledger.requireOneName() }
      #expect(throws: LedgerError.linked) { try self.next(1).begin(spent: [1]) }
      #expect(throws: LedgerError.linked) { try PositionLedger.giveUpHiding(ledger.path) }
    }
    #expect(try place.bytes("net.spent") == file && place.bytes("other.spent") == file)
    unlink(other)
    try ledger.requireOneName()
    // As a run leaves it that was killed between its two names.
    let left = place.path + "/.zkml.AbCdEf"
    #expect(link(ledger.path, left) == 0 && link(ledger.path, other) == 0)
    #expect(throws: LedgerError.linked) { try ledger.spend([1]) }
    unlink(other)
    let own = place.path + "/.zkml.a.spent"
    #expect(link(ledger.path, own) == 0)
    for path in [ledger.path, own] {
      let ledger = PositionLedger(path: path, key: .zero, domainBits: 9, limit: 20, queryCount: 4)
      #expect(throws: LedgerError.linked) { try ledger.spend([1]) }
    }
    unlink(own)
    try place.write([1], to: ".zkml.GhIjKl")
    #expect(link(ledger.path, left) == 0)
    try ledger.spend([1])
    #expect(place.names == [".zkml.GhIjKl", "net.spent"])
    #expect(try spentPositions() == [0, 1, 7, 8, 511])
  }

  /// A new key takes nothing from those that are there.
  @Test func newKeysAreAdded() throws {
    let before = try sections()
    try next(1).begin(spent: [3])
    #expect(try sections().map(\.key) == before.map(\.key) + [next(1).key] && sections()[0].bits == before[0].bits)
    let file = try place.bytes("net.spent")
    for content in [Array(file.dropLast()), [], resealed(file.enumerated().map { $0 == 8 ? 99 : $1 })] {
      try place.write(content, to: "net.spent")
      #expect(throws: content.count == file.count ? LedgerError.otherVersion : .damaged) { try next(2).begin(spent: [1]) }
      #expect(try place.bytes("net.spent") == content && place.names == ["net.spent"])
    }
    unlink(ledger.path)
    try next(2).begin(spent: [1])
    #expect(try sections().map(spentPositions) == [[1]] && place.mode("net.spent") == 0o600)
    unlink(ledger.path)
    #expect(throws: LedgerError.self) {
      let nowhere = PositionLedger(path: place.path + "/none/net.spent", key: .zero, domainBits: 9, limit: 20, queryCount: 4)
      try nowhere.begin(spent: [1])
    }
  }

  /// Any bytes under a right seal are sections or malformed.
  @Test func sealedChangesDoNotTrap() throws {
    try ledger.handOver([100], to: next(1), [9], successor)
    let file = try place.bytes("net.spent")
    let content = Array(file.dropLast(Digest.byteCount))
    func sealed(_ content: [UInt8]) -> [UInt8] { content + Hash(.file).digest(content).bytes }
    let second = 11 + Self.sectionHead + 64
    var marked = content
    marked[11 + Self.names + 1] = 2
    var nameless = content
    nameless[11 + Self.names + 2] = 0
    for changed in [marked, nameless] {
      #expect(throws: VerificationError.malformed) { try LedgerSection.sections(sealed(changed)) }
    }
    for byte in [11 + Self.names, second + Self.names] {
      for domainBits in UInt8.min...UInt8.max {
        var changed = content
        changed[byte] = domainBits
        if changed != content { #expect(throws: VerificationError.malformed) { try LedgerSection.sections(sealed(changed)) } }
      }
    }
    for length in 11..<content.count {
      let isWhole = length == 11 || length == second
      #expect(((try? LedgerSection.sections(sealed(Array(content.prefix(length))))) != nil) == isWhole)
    }
    let twice = sealed(content + content[11..<second])
    #expect(throws: VerificationError.malformed) { try LedgerSection.sections(twice) }
    try place.write(twice, to: "net.spent")
    #expect(throws: LedgerError.damaged) { try ledger.spend([1]) }
    try place.write(sealed(Array(content.prefix(11))), to: "net.spent")
    #expect(throws: LedgerError.otherKey) { try ledger.spend([1]) }
  }

  @Test func handlesDoNotLoseEachOthersPositions() throws {
    let ledger = PositionLedger(path: ledger.path, key: .zero, domainBits: 9, limit: 512, queryCount: 4)
    DispatchQueue.concurrentPerform(iterations: 4) { handle in
      for position in 0..<16 { try? ledger.spend([64 * handle + 4 * position]) }
    }
    let expected = Set((0..<4).flatMap { handle in (0..<16).map { 64 * handle + 4 * $0 } }).union([0, 7, 8, 511])
    #expect(try spentPositions() == expected.sorted())
  }
}
