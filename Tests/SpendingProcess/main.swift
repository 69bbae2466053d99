import Circuit
import Glibc
import Prover
import Verifier

/// A prover without proofs: draws positions, spends them on a ledger and releases a file that lists them, again and again
/// until the positions are used up. A byte on standard output says that a file has been released.
///
/// Arguments: the ledger, its domain bits, limit and query count, the folder of the files, and what comes first, "spend" or
/// "release".
let words = CommandLine.arguments
let numbers = words[2...4].map { Int($0) ?? 0 }
let ledger = PositionLedger(path: words[1], key: .zero, domainBits: numbers[0], limit: numbers[1], queryCount: numbers[2])
let (folder, spendsFirst) = (words[5], words[6] == "spend")

do {
  for number in 0... {
    let positions = (0..<ledger.queryCount).map { _ in Int.random(in: 0..<1 << ledger.domainBits) }
    var writer = ByteWriter()
    for position in positions { writer.append(UInt32(position)) }
    if spendsFirst { try ledger.spend(positions) }
    try write([OutputFile(path: "\(folder)/\(getpid()).\(number)", bytes: writer.bytes)])
    if !spendsFirst { try ledger.spend(positions) }
    guard write(STDOUT_FILENO, [1], 1) == 1 else { exit(1) }
  }
} catch LedgerError.usedUp {
  exit(0)
} catch {
  exit(1)
}
