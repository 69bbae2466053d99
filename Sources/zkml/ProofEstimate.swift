import Circuit
import Prover
import Verifier

/// What one proof will cost, from the circuit alone.
struct ProofEstimate {
  let mode: ProofMode
  let batch: Int
  let threads: Int
  let size: ProofSize
  let work: ProofWork
  /// How slow the machine is now, beside that of the unit costs.
  let slowness: Double
  /// Seconds by phase, in the order of a proof.
  let phases: [(name: String, seconds: Double)]
  /// The peak of a process that proves.
  let memoryByteCount: Int

  var proveSeconds: Double { phases.reduce(0) { $0 + $1.seconds } }

  /// - Parameter proofCount: What the key hides the weights in; 0 is a transparent proof.
  init(
    _ circuit: ArithmeticCircuit, proofCount: Int, batch: Int, threads: Int, slowness: Double = UnitCosts.slowness()
  ) {
    let plan = Plan(
      circuit: circuit.withClassRelations, batch: batch, modelCode: circuit.modelCode(proofCount: proofCount), isHiding: proofCount > 0)
    let work = ProofWork(plan)
    self.slowness = slowness
    mode = plan.mode
    self.batch = batch
    self.threads = threads
    self.work = work
    size = ProofSize(plan)
    phases = phaseNames(plan.mode).map { name in
      let growing = WorkKind.allCases.filter { $0.phase == name }.reduce(0) {
        $0 + UnitCosts.nanoseconds($1) * Double(work.counts[$1] ?? 0)
      }
      let share = UnitCosts.parallelShare(name)
      let nanoseconds = UnitCosts.fixedNanoseconds(name) + growing * (1 - share + share / Double(threads))
      return (name, 1e-9 * slowness * nanoseconds)
    }
    memoryByteCount = Self.memory(plan)
  }

  /// The key without its symbols; then what a proof adds: columns, the witness's code, the trees of fractions.
  private static func memory(_ plan: Plan) -> Int {
    let weights = plan.circuit.columns(of: .weight).reduce(0) {
      $0 + plan.circuit.shape(ofColumn: $1, batch: 1).reduce(1, *)
    }
    let columns = plan.circuit.columns.indices.reduce(0) {
      $0 + plan.circuit.shape(ofColumn: $1, batch: plan.batch).reduce(1, *)
    }
    var key = 12 * weights
    var proof = 8 * columns
    for (index, commitment) in plan.commitments.enumerated() {
      let code = commitment.code
      if index == 0, plan.columns.hasWeights {
        key += commitment.rowCount * (2 << code.variableCount + 8 * code.tailCount)
      } else {
        proof +=
          8 * commitment.rowCount * (code.vectorCount + 1 << code.domainBits)
          + (64 + code.saltByteCount) << code.domainBits
      }
    }
    // What is beyond the last block is not stored.
    proof += 56 * plan.columns.lookupBlocks.leafCount + 80 << plan.columns.tableBlocks.depth
    return UnitCosts.processByteCount + key + proof
  }
}

extension ProofEstimate {
  var line: String {
    let subject = "a \(mode.name) proof of a batch of \(batch) on \(threads) thread\(threads == 1 ? "" : "s"), about"
    let bytes = (grouped(size.byteCount), grouped(memoryByteCount))
    return "\(subject): \(bytes.0) bytes, \(duration(proveSeconds)), \(bytes.1) bytes of memory"
  }

  var json: JSON {
    [
      "hiding": .bool(mode == .hiding), "batch": .integer(batch), "threads": .integer(threads), "proof_bytes": .integer(size.byteCount),
      "prove_s": .number(proveSeconds), "memory_bytes": .integer(memoryByteCount),
      "slowness": .number(slowness),
      "phases": .object(phases.map { Member($0.name, .number($0.seconds)) }),
      "proof_parts": .object(size.parts.map { Member($0.label, .integer(Int($0.byteCount.rounded()))) }),
      "work": .object(WorkKind.allCases.map { Member($0.rawValue, .integer(work.counts[$0] ?? 0)) }),
    ]
  }
}
