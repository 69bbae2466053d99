import Circuit
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Twenty proofs of circuits/digits-mlp on real images.
@Suite struct DigitsTests {
  private struct Digits {
    let key: ProvingKey
    let verifyingKey: VerifyingKey
    let otherKey: VerifyingKey
    let images: [[Int64]]
    let mode: ProofMode

    init(_ mode: ProofMode) throws {
      self.mode = mode
      let folder = String(#filePath.dropLast("Tests/Protocol/Soundness/DigitsTests.swift".count)) + "circuits/digits-mlp/"
      let compiled = try compile(
        model: folder + "model.onnx", calibration: DataSource(folder + "calibration.npz"))
      let source = folder + "test.npz"
      let samples = try compiled.integers.inputs[0].samples(
        try DataReference(source).read(preferring: "input"), source: source)
      let batch = compiled.integers.inputs[0].quantize(samples)
      let width = compiled.integers.inputs[0].port.width
      images = (0..<21).map { Array(batch.values[$0 * width..<($0 + 1) * width]) }
      key = ProvingKey(
        circuit: compiled.lowered.circuit, weights: compiled.lowered.weights, proofCount: mode.proofCount, threads: 2)
      verifyingKey = try key.verifyingKey(threads: 2)
      var weights = compiled.lowered.weights
      weights[0][0] += weights[0][0] < 0 ? 1 : -1
      otherKey = try ProvingKey(
        circuit: key.circuit, weights: weights, proofCount: mode.proofCount, threads: 2
      ).verifyingKey(threads: 2)
    }

    func isAccepted(_ statement: Statement, _ bytes: [UInt8], _ key: VerifyingKey) -> Bool {
      do throws(VerificationError) {
        try key.verify(Proof(core: key.core, mode: mode, statement: statement, bytes: bytes))
        return true
      } catch { return false }
    }
  }

  @Test("rows 1, 2, 3, 5, 14, 28: twenty proofs hold, for nothing else, and with no field changed",
    arguments: ProofMode.both)
  func twentyProofs(mode: ProofMode) throws {
    let digits = try Digits(mode)
    let plan = Plan(circuit: digits.key.circuit, batch: 1, modelCode: digits.key.core.code, isHiding: mode == .hiding)
    var changes = 0
    for index in 0..<20 {
      let (proof, _) = try digits.key.prove(
        batch: 1, inputs: [digits.images[index]], context: Array("image \(index)".utf8), mode: mode,
        threads: 1 + index % 2)
      let (statement, bytes) = (proof.statement, proof.bytes)
      #expect(digits.isAccepted(statement, bytes, digits.verifyingKey))
      #expect(!digits.isAccepted(statement, bytes, digits.otherKey))
      var others = [statement, statement, statement, statement]
      others[0].inputs[0] = digits.images[index + 1]
      others[1].inputs[0][index] += statement.inputs[0][index] == 0 ? 1 : -1
      others[2].outputs[0][index % 10] += 1
      others[3].context.append(0)
      for other in others { #expect(!digits.isAccepted(other, bytes, digits.verifyingKey)) }
      let manifest = ProofManifest(plan, digits.key.core, .inference, statement, bytes)
      #expect(manifest.byteCount == bytes.count)
      // Every field of the first proof, every twentieth of the others, so that together they cover each again.
      let fields = stride(from: index, to: manifest.fields.count, by: index == 0 ? 1 : 20)
      for field in fields.map({ manifest.fields[$0] }) {
        var changed = bytes
        switch field.kind {
        case .secure, .symbol: changed = bytes.incremented(at: field.offset)
        case .digest, .salt, .nonce: changed[field.offset + index % field.kind.byteCount] ^= 1
        }
        #expect(!digits.isAccepted(statement, changed, digits.verifyingKey), "\(field.label) at \(field.offset)")
        changes += 1
      }
    }
    print("digits-mlp: 20 proofs, \(changes) changed fields rejected")
  }

  @Test("row 16: 2,000 random changes of bytes of a real proof are rejected", arguments: ProofMode.both)
  func randomChanges(mode: ProofMode) throws {
    let digits = try Digits(mode)
    let (proof, _) = try digits.key.prove(batch: 1, inputs: [digits.images[0]], mode: mode, threads: 2)
    var random = RepeatableRandom(seed: 2_000)
    for _ in 0..<2_000 {
      var changed = proof.bytes
      changed[Int.random(in: changed.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      #expect(!digits.isAccepted(proof.statement, changed, digits.verifyingKey))
    }
  }
}
