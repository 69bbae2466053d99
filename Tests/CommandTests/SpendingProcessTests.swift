import Glibc
import Prover
import Testing
import Verifier

/// Two processes at a time that spend and release, without the proofs.
@Suite struct SpendingProcessTests {
  private let place: Workplace

  init() throws {
    place = try Workplace()
    mkdir(place.path + "/released", 0o700)
  }

  private func ledger(limit: Int) throws -> PositionLedger {
    let ledger = PositionLedger(
      path: place.path + "/net.spent", key: .zero, domainBits: 17, limit: limit, queryCount: 64)
    try write([ledger.newFile(spent: [])])
    return ledger
  }

  private func start(_ ledger: PositionLedger, first: String) throws -> ChildProcess {
    let numbers = [ledger.domainBits, ledger.limit, ledger.queryCount].map(String.init)
    return try ChildProcess([built("SpendingProcess"), ledger.path] + numbers + [place.path + "/released", first])
  }

  /// Positions in files with a name or without one yet that the ledger does not have.
  private func unaccounted() throws -> (files: Int, positions: Set<Int>) {
    let spent = Set(PositionLedgerTests.spentPositions(try place.bytes("net.spent"), 17))
    let files = try place.names(in: "released").map { try place.bytes("released/" + $0) }
    let released = files.flatMap { bytes in
      stride(from: 0, to: bytes.count - 3, by: 4).map { bytes[$0..<$0 + 4].reversed().reduce(0) { $0 << 8 | Int($1) } }
    }
    return (files.count, Set(released).subtracting(spent))
  }

  /// Killed at random points, nothing is released unspent; spent after the release, something is.
  @Test(arguments: ["spend", "release"]) func killedProcessesLeaveNothingUnaccounted(first: String) throws {
    let ledger = try ledger(limit: 1 << 17)
    var processes = [try start(ledger, first: first), try start(ledger, first: first)]
    var releaseCount = 0
    for turn in 0..<1000 where releaseCount < 300 {
      let process = processes[turn % 2]
      releaseCount += try process.receive(Int.random(in: 0...6))
      usleep(.random(in: 0..<3000))
      process.kill()
      processes[turn % 2] = try start(ledger, first: first)
    }
    for process in processes { process.kill() }
    let (fileCount, positions) = try unaccounted()
    #expect(fileCount >= 300)
    #expect(positions.isEmpty == (first == "spend"), "\(positions.count) positions")
  }

  @Test func processesThatShareALedgerEndAtItsLimit() throws {
    let ledger = try ledger(limit: 4000)
    let processes = [try start(ledger, first: "spend"), try start(ledger, first: "spend")]
    for process in processes { #expect(process.wait() == 0) }
    let spent = PositionLedgerTests.spentPositions(try place.bytes("net.spent"), 17)
    #expect((4000 - 64...4000).contains(spent.count))
    #expect(try ledger.remainingProofCount() == 0)
    #expect(try unaccounted().positions.isEmpty)
  }
}
