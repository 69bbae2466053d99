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
    case .witnessProducts: 0.0041
    case .witnessValues: 5.2
    case .witnessColumns: 18_000
    case .witnessPads: 380
    case .commitStatement: 51
    case .commitSymbols: 7.3
    case .lookupLeaves: 24
    case .contractionElements: 0.31
    case .contractionTables: 29
    case .mergePasses: 0.33
    case .mergeTables: 1.4
    case .dischargePads: 42
    case .openElements: 0.15
    case .openPads: 3100
    case .openNonces: 57
    case .openSymbols: 13
    }
  }

  /// One thread, whatever the network.
  static func fixedNanoseconds(_ phase: String) -> Double {
    switch phase {
    case "commit": 1.9e5
    case "lookups": 3.2e5
    case "contractions": 6.4e4
    case "merge": 1.5e5
    case "discharge": 1.5e4
    case _: 0
    }
  }

  /// The part of what grows with the network that several threads share.
  static func parallelShare(_ phase: String) -> Double {
    switch phase {
    case "witness": 0.37
    case "commit": 0.87
    case "lookups": 0.66
    case "contractions": 0.86
    case "merge": 0.7
    case "open": 0.67
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

  private static let referenceSeconds = 0.343e-3
}
