import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

extension ProofMode {
  static let both = [ProofMode.transparent, .hiding]

  /// How many proofs the keys of this mode's tests hide.
  var proofCount: Int {
    switch self {
    case .transparent: 0
    case .hiding: 2
    }
  }

  /// What is said of a lie that a verifier of transparent proofs meets with `error`: one of hiding proofs finds any only in the opening.
  func found(_ error: VerificationError) -> VerificationError {
    switch self {
    case .transparent: error
    case .hiding: .openingMismatch
    }
  }
}

/// A network with its keys and one honest proof.
struct ProvenNetwork: Sendable, CustomTestStringConvertible {
  private static let seed = [UInt8](repeating: 7, count: SecretStream.seedByteCount)

  let key: ProvingKey
  let verifyingKey: VerifyingKey
  let plan: Plan
  let proof: Proof
  let details: ProofBytes
  let witness: Witness
  /// What the proof's masks were drawn from.
  let secrets: any SecretSource

  var core: WeightCommitment { key.core }
  var circuit: ArithmeticCircuit { key.circuit }
  var statement: Statement { proof.statement }
  var mode: ProofMode { proof.mode }
  var manifest: ProofManifest { ProofManifest(plan, core, .inference, statement, proof.bytes) }
  var testDescription: String { "\(circuit.name), \(mode)" }

  init(_ network: SmallNetwork, batch: Int, mode: ProofMode = .transparent) {
    do {
      key = ProvingKey(
        circuit: network.circuit, weights: network.weights, proofCount: mode.proofCount, seed: Self.seed, threads: 1)
      verifyingKey = try key.proveWeightRange(seed: Self.seed, threads: 1).key
      plan = Plan(circuit: network.circuit.withClassRelations, batch: batch, modelCode: key.core.code, isHiding: mode == .hiding)
      let inputs = network.inputs(batch)
      witness = try Witness(key.executor, batch: batch, inputs: inputs, threads: 1)
      (proof, details) = try key.prove(
        batch: batch, inputs: inputs, context: [3, 1, 4], mode: mode, seed: Self.seed, threads: 1)
      secrets = key.core.secrets(.inference, proof.statement, network.circuit, inputs, seed: Self.seed)
    } catch { preconditionFailure("an honest proof exists: \(error)") }
  }

  /// Both commitments, lookups, padding; a transparent proof sends the final vector at once.
  static func small(_ mode: ProofMode) -> ProvenNetwork { proven(mode)[0] }

  static func proven(_ mode: ProofMode) -> [ProvenNetwork] {
    switch mode {
    case .transparent: transparent
    case .hiding: hiding
    }
  }

  private static let deep = SmallNetwork(DenseNetwork(sizes: [300, 100, 10]), batches: [2])

  /// Without and with a committed level before the final vector; with every part.
  private static let transparent = [ProvenNetwork(.small, batch: 3), ProvenNetwork(deep, batch: 2), ProvenNetwork(.sample, batch: 2)]

  /// The same, and one with products of three, one with several rows of pads, one without weights, one with nothing
  /// but pads in its witness, and one with every part.
  private static let hiding = [
    (.small, 3), (deep, 2), (.threeOperands, 3), (.manyTerms, 1), (.weightless, 3), (.linear, 2), (.sample, 2),
  ].map { ProvenNetwork($0, batch: $1, mode: .hiding) }

  /// Verifies other bytes, or another statement, under the same key.
  func verify(_ bytes: [UInt8], _ statement: Statement? = nil) throws(VerificationError) {
    try verifyingKey.verify(Proof(core: core, mode: mode, statement: statement ?? self.statement, bytes: bytes))
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
