import Circuit
import Field
import Prover
import Verifier

/// The phases of a proof, in order.
func phaseNames(_ mode: ProofMode) -> [String] {
  ["witness", "commit", "lookups", "contractions", "merge"] + (mode == .hiding ? ["discharge"] : []) + ["open"]
}

/// What work takes: fitted by scripts/tools/fit-costs to proofs on the machine that docs/performance.md names.
enum UnitCosts {
  /// One thread, for one of what `WorkKind` counts.
  static func nanoseconds(_ kind: WorkKind) -> Double {
    switch kind {
    case .witnessProducts: 0.023
    case .witnessValues: 6.8
    case .witnessColumns: 10_000
    case .witnessPads: 1100
    case .commitStatement: 90
    case .commitSymbols: 21
    case .lookupLeaves: 59
    case .contractionElements: 0.78
    case .contractionTables: 57
    case .mergePasses: 0.97
    case .mergeTables: 3.4
    case .dischargePads: 100
    case .openElements: 0.71
    case .openNonces: 270
    case .openSymbols: 29
    case .openPads: 1100
    case .openTails: 1.6
    }
  }

  /// One thread, whatever the network.
  static func fixedNanoseconds(_ phase: String) -> Double {
    switch phase {
    case "witness": 2.4e5
    case "commit": 8.2e5
    case "lookups": 6.8e5
    case "contractions": 1.5e5
    case "merge": 3.4e5
    case _: 0
    }
  }

  /// The part of what grows with the network that several threads share.
  static func parallelShare(_ phase: String) -> Double {
    switch phase {
    case "witness": 0.44
    case "commit": 0.79
    case "lookups": 0.73
    case "contractions": 0.83
    case "merge": 0.6
    case "open": 0.68
    case _: 0
    }
  }

  /// What a process takes that proves next to nothing.
  static let processByteCount = 26 << 20

  /// How many times as long as on the machine of the unit costs a fixed piece of work takes here, now.
  static func slowness() -> Double {
    let code = Code(variableCount: 10, rateBits: 2)
    let rows = (0..<8 << code.variableCount).map { BaseField(Int64($0)) }
    let seconds = (0..<41).map { _ in
      let start = ContinuousClock.now
      _ = Commitment(rows: rows, code: code, threads: 1)
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return seconds.sorted()[seconds.count / 2] / referenceSeconds
  }

  private static let referenceSeconds = 0.94e-3
}
