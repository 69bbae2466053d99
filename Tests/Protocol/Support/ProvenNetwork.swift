import Circuit
import Field
import Prover
import TestSupport
import Verifier

/// A network with its keys and one honest proof.
struct ProvenNetwork: Sendable {
  let key: ProvingKey
  let verifyingKey: VerifyingKey
  let plan: Plan
  let proof: Proof
  let details: ProofBytes
  let witness: Witness

  var core: KeyCore { key.core }
  var circuit: ArithmeticCircuit { key.circuit }
  var statement: Statement { proof.statement }
  var manifest: ProofManifest { ProofManifest(plan, core, .inference, statement, proof.bytes) }

  init(_ network: SmallNetwork, batch: Int, mode: ProofMode = .plain) {
    do {
      key = ProvingKey(
        circuit: network.circuit, weights: network.weights, proofCount: mode == .hiding ? 2 : 0, threads: 1)
      verifyingKey = try key.verifyingKey(threads: 1)
      plan = Plan(circuit: network.circuit, batch: batch, modelCode: key.core.code, isHiding: mode == .hiding)
      let inputs = network.inputs(batch)
      witness = try Witness(key.executor, batch: batch, inputs: inputs, threads: 1)
      (proof, details) = try key.prove(batch: batch, inputs: inputs, context: [3, 1, 4], mode: mode, threads: 1)
    } catch { preconditionFailure("an honest proof exists: \(error)") }
  }

  /// Both commitments, lookups, padding; the final vector is sent at once.
  static let small = ProvenNetwork(.small, batch: 3)
  /// A committed level before the final vector.
  static let deep = ProvenNetwork(SmallNetwork(DenseNetwork(sizes: [300, 100, 10]), batches: [2]), batch: 2)
  static let proven = [small, deep]

  /// Verifies other bytes, or another statement, under the same key.
  func verify(_ bytes: [UInt8], _ statement: Statement? = nil) throws(VerificationError) {
    try verifyingKey.verify(Proof(core: core, statement: statement ?? self.statement, bytes: bytes))
  }

  /// Nil when the bytes are accepted.
  func error(_ bytes: [UInt8], _ statement: Statement? = nil) -> VerificationError? {
    do throws(VerificationError) {
      try verify(bytes, statement)
      return nil
    } catch { return error }
  }
}

extension [UInt8] {
  func word(at offset: Int) -> UInt64 {
    self[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func setWord(_ word: UInt64, at offset: Int) {
    for index in 0..<8 { self[offset + index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * index)) }
  }

  /// Adds one to an element of F.
  func incremented(at offset: Int) -> [UInt8] {
    var copy = self
    let element = BaseField(reducing: word(at: offset)) + .one
    copy.setWord(element.value, at: offset)
    return copy
  }

  func element(at offset: Int) -> SecureField {
    SecureField(c0: BaseField(reducing: word(at: offset)), c1: BaseField(reducing: word(at: offset + 8)))
  }

  mutating func setElement(_ element: SecureField, at offset: Int) {
    setWord(element.c0.value, at: offset)
    setWord(element.c1.value, at: offset + 8)
  }
}
