import Circuit
import Field
import Prover
import Verifier

/// Commitments in memory, that can always be opened.
extension Commitment {
  /// Row-major.
  var symbols: [BaseField] { made.symbols }

  var salts: [UInt8] { made.salts }

  private var made: EncodedRows {
    guard case .made(let rows) = leaves else { preconditionFailure("symbols are in memory") }
    return rows
  }

  /// By row.
  func leaf(_ position: Int) -> [BaseField] {
    let symbols = symbols
    return (0..<rowCount).map { symbols[$0 << code.domainBits + position] }
  }

  /// Leaves and siblings as a proof has them.
  func opened(at positions: [Int]) -> (leaves: [UInt8], siblings: [Digest]) {
    do throws(ProvingError) {
      let opening = try leaves.open(at: positions)
      return (opening.bytes, opening.siblings)
    } catch { preconditionFailure("\(error)") }
  }

  /// With the tree of other symbols.
  func with(symbols: [BaseField]) -> Commitment {
    let made = EncodedRows(symbols: symbols, salts: salts, depth: code.domainBits, threads: 1)
    return Commitment(code: code, rows: rows, tails: tails, leaves: .made(made))
  }
}

extension ProverTranscript {
  /// Step 7 for commitments in memory.
  mutating func openAll(
    _ plan: Plan, _ commitments: [Commitment], _ claim: OpeningClaim, random: (any SecretSource)?
  ) {
    do throws(ProvingError) { try open(plan, commitments, claim, random: random, threads: 1) } catch {
      preconditionFailure("\(error)")
    }
  }
}

extension Layout {
  /// All rows, for changes.
  func rows(of columns: [[Int64]]) -> [BaseField] { packedRows(of: columns, threads: 1).elements }
}
