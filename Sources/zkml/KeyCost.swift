import Circuit
import Prover
import Verifier

/// What it costs to make a key whose commitment hides the weights in a number of proofs, from the circuit alone.
struct KeyCost {
  let proofCount: Int
  /// Positions of the model's codeword; 0 without weights.
  let positionCount: Int
  let keyByteCount: Int
  /// A proof of a batch of one with this key.
  let proof: ProofEstimate
  /// The same with a key that hides nothing.
  let transparent: ProofEstimate

  init(_ circuit: ArithmeticCircuit, proofCount: Int, threads: Int) {
    self.proofCount = proofCount
    let code = circuit.modelCode(proofCount: proofCount)
    positionCount = code.map { 1 << $0.domainBits } ?? 0
    keyByteCount = ProvingKey.fileByteCount(circuit, code)
    let slowness = UnitCosts.slowness()
    let estimate = { ProofEstimate(circuit, proofCount: $0, batch: 1, threads: threads, slowness: slowness) }
    proof = estimate(proofCount)
    transparent = estimate(0)
  }

  var line: String {
    let subject = "a key that hides " + (proofCount == 0 ? "nothing" : "the weights in \(proofs(proofCount))")
    let cost = { (proof: ProofEstimate) in "\(grouped(proof.size.byteCount)) bytes and \(duration(proof.proveSeconds))" }
    return "\(subject): \(grouped(positionCount)) positions, \(grouped(keyByteCount)) bytes; a proof about \(cost(proof))"
      + (proofCount == 0 ? "" : ", transparent \(cost(transparent))")
  }

  var json: JSON {
    [
      "proofs": .integer(proofCount), "positions": .integer(positionCount), "proving_key_bytes": .integer(keyByteCount),
      "proof": proof.json, "transparent": transparent.json,
    ]
  }
}

extension ArithmeticCircuit {
  /// The largest power of two for which tails add at most an eighth to the rows of weights, but at least 16: for small
  /// networks that costs more.
  var defaultProofCount: Int {
    let counts = sequence(first: WeightCommitment.proofCountCap) { $0 > 32 ? $0 / 2 : nil }
    return counts.first { count in
      modelCode(proofCount: count).map { $0.tailCount <= 1 << ($0.variableCount - 3) } ?? false
    } ?? 16
  }
}
