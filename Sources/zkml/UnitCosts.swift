import Circuit
import Field
import Prover
import Verifier

/// The phases of a proof, in order.
func phaseNames(_ mode: ProofMode) -> [String] {
  ["witness", "plan", "commit", "lookups", "contractions", "merge"] + (mode == .hiding ? ["discharge"] : []) + ["open"]
}

/// What work takes: fitted by scripts/tools/fit-costs to proofs on the machine that docs/performance.md names.
enum UnitCosts {
  /// One thread, for one of what `WorkKind` counts.
  static func nanoseconds(_ kind: WorkKind) -> Double {
    switch kind {
    case .witnessProducts: 0.03
    case .witnessValues: 5.5
    case .planColumns: 5200
    case .commitStatement: 120
    case .commitSymbols: 25
    case .lookupLeaves: 75
    case .lookupValues: 45
    case .contractionElements: 5.4
    case .contractionTables: 140
    case .mergePasses: 1.4
    case .mergeTables: 67
    case .dischargePads: 600
    case .openNonces: 50
    case .openSymbols: 56
    case .openTails: 4
    }
  }

  /// One thread, whatever the network.
  static func fixedNanoseconds(_ phase: String) -> Double {
    switch phase {
    case "plan": 2.5e4
    case "witness": 1.2e4
    case "commit": 6e4
    case "lookups": 42e4
    case "contractions": 4e4
    case "merge": 17e4
    case "discharge": 20e4
    case "open": 13e5
    case _: 0
    }
  }

  /// The part of a phase that several threads share.
  static func parallelShare(_ phase: String) -> Double {
    switch phase {
    case "commit": 0.34
    case "merge": 0.08
    case "open": 0.28
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
