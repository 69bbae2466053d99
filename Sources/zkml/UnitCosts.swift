import Circuit
import Field
import Prover

/// The phases of a proof, in order.
let phaseNames = ["witness", "plan", "commit", "lookups", "contractions", "merge", "open"]

/// What work takes: fitted by scripts/tools/fit-costs to proofs on the machine that docs/performance.md names.
enum UnitCosts {
  /// One thread, for one of what `WorkKind` counts.
  static func nanoseconds(_ kind: WorkKind) -> Double {
    switch kind {
    case .witnessProducts: 0.09
    case .witnessValues: 40
    case .planColumns: 7100
    case .commitStatement: 150
    case .commitSymbols: 27
    case .lookupLeaves: 71
    case .lookupValues: 56
    case .contractionElements: 5.4
    case .contractionTables: 140
    case .mergePasses: 1.4
    case .mergeTables: 67
    case .openSymbols: 59
    }
  }

  /// One thread, whatever the network.
  static func fixedNanoseconds(_ phase: String) -> Double {
    switch phase {
    case "witness": 2.4e4
    case "commit": 6e4
    case "lookups": 49e4
    case "contractions": 4e4
    case "merge": 18e4
    case "open": 14e5
    case _: 0
    }
  }

  /// The part of a phase that several threads share.
  static func parallelShare(_ phase: String) -> Double {
    switch phase {
    case "witness": 0.48
    case "commit": 0.41
    case "lookups": 0.04
    case "merge": 0.11
    case "open": 0.37
    case _: 0
    }
  }

  /// What a process takes that proves next to nothing.
  static let processByteCount = 22 << 20

  /// How many times as long as on the machine of the unit costs a fixed piece of work takes here, now.
  static func slowness() -> Double {
    let code = Code(variableCount: 10, rateBits: 2)
    let rows = (0..<8 << code.variableCount).map { BaseField(Int64($0)) }
    let seconds = (0..<6).map { _ in
      let start = ContinuousClock.now
      _ = Commitment(rows: rows, code: code, threads: 1)
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return (seconds.min() ?? referenceSeconds) / referenceSeconds
  }

  private static let referenceSeconds = 0.94e-3
}
