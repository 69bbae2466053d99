import Circuit
import Verifier

/// What one proof of a batch of one will cost, roughly; from the circuit alone.
struct ProofEstimate {
  let proofByteCount: Int
  let proveSeconds: Double
  let memoryByteCount: Int

  init(_ circuit: ArithmeticCircuit) {
    let plan = Plan(circuit: circuit, batch: 1, modelCode: circuit.modelCode)
    var bytes = 0
    for commitment in plan.commitments {
      bytes += Self.openingByteCount(commitment.code, symbolByteCount: 8 * commitment.layout.rowCount)
    }
    for level in plan.levels {
      switch level {
      case .clear(let elementCount): bytes += 16 * elementCount
      case .committed(let code, let rowCount, _):
        bytes += Self.openingByteCount(code, symbolByteCount: 16 * rowCount)
      }
    }
    let depth = max(plan.lookupBlocks.depth, plan.tableBlocks.depth)
    bytes += 48 * depth * depth / 2 + 128 * depth
    let symbols = plan.commitments.map { $0.layout.rowCount << $0.code.domainBits }
    let leaves = circuit.lookups.isEmpty ? 0 : 1 << plan.lookupBlocks.depth + 1 << plan.tableBlocks.depth
    let committed = plan.commitments.map { $0.layout.rowCount << $0.layout.variableCount }.reduce(0, +)
    proofByteCount = bytes
    memoryByteCount = 12 << 20 + 24 * symbols.reduce(0, +) + 160 * leaves
    proveSeconds = 0.006 + 1e-8 * Double(symbols.last ?? 0) + 6e-8 * Double(committed) + 6e-7 * Double(leaves)
  }

  private static func openingByteCount(_ code: Code, symbolByteCount: Int) -> Int {
    let shared = Int.bitWidth - 1 - code.queryCount.leadingZeroBitCount
    return code.queryCount * (symbolByteCount + 32 * max(0, code.domainBits - shared))
  }
}

extension ArithmeticCircuit {
  var modelCode: Code? {
    ParameterPlanner.modelCode(shapes: columns(of: .weight).map { shape(ofColumn: $0, batch: 1) })
  }
}
