import Circuit
import Model
import Prover
import Verifier

/// What `measure` collects, run by run.
struct Figures {
  let circuit: ArithmeticCircuit
  let key: VerifyingKey
  let mode: ProofMode
  let batch: Int
  let threads: Int
  let provingKeyByteCount: Int
  let verifyingKeyByteCount: Int
  /// Against the float network, when that is known.
  var layerErrors: [LayerError] = []
  /// Whether the weights may be known, by the count.
  var isHidingGivenUp = false
  private var prove: [Double] = []
  private var verify: [Double] = []
  private var plain: [Double] = []
  private var phases: [(name: String, seconds: [Double])] = []
  private var parts: [(label: String, byteCount: Int)] = []
  private var proofByteCount = 0

  init(
    circuit: ArithmeticCircuit, key: VerifyingKey, mode: ProofMode, batch: Int, threads: Int, provingKeyByteCount: Int,
    verifyingKeyByteCount: Int
  ) {
    self.circuit = circuit
    self.key = key
    self.mode = mode
    self.batch = batch
    self.threads = threads
    self.provingKeyByteCount = provingKeyByteCount
    self.verifyingKeyByteCount = verifyingKeyByteCount
  }

  mutating func add(
    _ details: ProofBytes, prove: Duration, verify: Duration, plain: Duration, byteCount: Int
  ) {
    self.prove.append(prove / .seconds(1))
    self.verify.append(verify / .seconds(1))
    self.plain.append(plain / .seconds(1))
    for (name, seconds) in details.phases {
      if let index = phases.firstIndex(where: { $0.name == name }) {
        phases[index].seconds.append(seconds)
      } else {
        phases.append((name, [seconds]))
      }
    }
    parts = details.parts
    proofByteCount = byteCount
  }

  private var witnessElementCount: Int {
    circuit.columns(of: .advice).reduce(0) { $0 + circuit.shape(ofColumn: $1, batch: batch).reduce(1, *) }
      + circuit.tables.reduce(0) { $0 + 1 << $1.bitCount }
  }

  private var weightElementCount: Int {
    circuit.columns(of: .weight).reduce(0) { $0 + circuit.shape(ofColumn: $1, batch: batch).reduce(1, *) }
  }

  private func seconds(ofPhase name: String) -> Double? {
    phases.first { $0.name == name }.map { median($0.seconds) }
  }

  func json(onnxruntime onnx: ONNXRuntimeFigures?) -> JSON {
    let plainSeconds = median(plain)
    return [
      "model": .string(key.modelID), "batch": .integer(batch), "threads": .integer(threads),
      "isa": .string(Machine.instructions), "hiding": .bool(mode == .hiding),
      "proofs": .integer(key.core.proofCount), "repeat": .integer(prove.count),
      "plain_s": .number(plainSeconds), "onnxruntime_s": JSON(onnx?.seconds),
      "onnxruntime_runs": onnx.map { .integer($0.runCount) } ?? .null,
      "onnxruntime_version": onnx.map { .string($0.version) } ?? .null,
      "witness_s": JSON(seconds(ofPhase: "witness")), "prove_s": .number(median(prove)),
      "verify_s": .number(median(verify)), "check_s": .number(median(verify)), "overhead_plain": .number(median(prove) / plainSeconds),
      "overhead_onnxruntime": JSON(onnx.map { median(prove) / $0.seconds }),
      "proof_bytes": .integer(proofByteCount), "proving_key_bytes": .integer(provingKeyByteCount),
      "verifying_key_bytes": .integer(verifyingKeyByteCount),
      "peak_rss_bytes": JSON(Machine.peakMemoryByteCount),
      "soundness_bits": .number(key.soundness(mode, batch: batch).totalBits),
      "lookups": .integer(circuit.lookedUpCount(batch: batch)), "witness_elements": .integer(witnessElementCount),
      "weight_elements": .integer(weightElementCount), "columns": .integer(circuit.columns.count),
      "phases": .object(phases.map { Member($0.name, .number(median($0.seconds))) }),
      "proof_parts": .object(parts.map { Member($0.label, .integer($0.byteCount)) }),
      "layer_errors": layerErrors.json,
    ]
  }

  func lines(onnxruntime onnx: ONNXRuntimeFigures?) -> [String] {
    func overhead(_ seconds: Double) -> String {
      "proving takes \(decimal(median(prove) / seconds, places: 0)) times as long"
    }
    var lines = ["\(mode.name), batch \(batch), \(threads) threads, \(Machine.instructions), medians of \(prove.count) runs"]
    lines += ["prove        \(duration(median(prove)))"]
    lines += phases.map { "  \(padded($0.name, to: 14)) \(duration(median($0.seconds)))" }
    lines += ["verify       \(duration(median(verify)))"]
    lines += ["plain        \(duration(median(plain))); \(overhead(median(plain)))"]
    if let onnx { lines += ["onnxruntime  \(duration(onnx.seconds)); \(overhead(onnx.seconds))"] }
    lines += ["proof        \(grouped(proofByteCount)) bytes"]
    lines += parts.map { "  \(padded($0.label, to: 14)) \(grouped($0.byteCount))" }
    lines += layerErrors.lines
    return lines + [
      "proving key  \(grouped(provingKeyByteCount)) bytes", "verifying key \(grouped(verifyingKeyByteCount)) bytes",
      "peak memory  \(Machine.peakMemoryByteCount.map(grouped) ?? "unknown") bytes",
      "soundness    \(decimal(key.soundness(mode, batch: batch).totalBits, places: 2)) bits",
      mode.notice(isGivenUp: isHidingGivenUp),
    ]
  }
}

private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

extension [LayerError] {
  var json: JSON {
    .array(
      map {
        [
          "name": .string($0.name), "max_error": .number($0.largestError), "mean_error": .number($0.meanError),
          "max_value": .number($0.largestValue),
        ]
      })
  }

  var lines: [String] {
    map { error in
      let parts = [error.largestError, error.meanError, error.largestValue].map { decimal($0, places: 4) }
      return "  \(padded(error.name, to: 20)) error at most \(parts[0]), on average \(parts[1]), of \(parts[2])"
    }
  }
}
