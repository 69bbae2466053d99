import Circuit
import FoundationEssentials
import Model
import Prover
import TestSupport
import Verifier

/// What arbitrary bytes are read as.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case proof, key, circuit, onnx, data, json

  /// Reads bytes as whoever gets them from others does; whatever they are, nothing traps and nothing false is accepted.
  package func use(_ bytes: [UInt8]) {
    switch self {
    case .proof: useProof(bytes)
    case .key: useKey(bytes)
    case .circuit: useCircuit(bytes)
    case .onnx: useModel(bytes)
    case .data: for name in ["a.npy", "a.npz"] { read(name, bytes) }
    case .json: for name in ["a.json", "a.json:a", "a.json[0]"] { read(name, bytes) }
    }
  }

  /// Files from which changes start, without digests; the other targets start from those in the repository.
  package var seeds: [[UInt8]] {
    switch self {
    case .proof: Honest.all.indices.map { [UInt8($0)] + Honest.all[$0].proofFile.dropLast(Digest.byteCount) }
    case .key: Honest.all.map { Array($0.keyFile.dropLast(Digest.byteCount)) }
    case .circuit: SmallNetwork.all.map(\.circuit.encoded).filter { $0.count < 4_096 }
    case .onnx, .data, .json: []
    }
  }

  /// What earlier runs found that reaches other parts of the code, kept by `scripts/fuzz keep`; none for keys and proofs,
  /// which are long and do not compress.
  package var corpus: [[UInt8]] {
    let path = #filePath.dropLast("FuzzTarget.swift".count) + "corpus/\(rawValue).zip"
    guard let file = try? Data(contentsOf: URL(fileURLWithPath: String(path))) else { return [] }
    do {
      let archive = try ZipArchive([UInt8](file))
      return try archive.names.map { try archive.content(of: $0) }
    } catch { fatalError("\(path): \(error)") }
  }

  /// The first byte says for which key.
  private func useProof(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let honest = Honest.all[Int(first) % Honest.all.count]
    let file = sealed(bytes.dropFirst())
    guard !Honest.all.contains(where: { $0.proofFile == file }), let proof = try? Proof(file: file, key: honest.key) else { return }
    precondition((try? honest.key.verify(proof)) == nil, "a changed proof was accepted")
  }

  private func useKey(_ bytes: [UInt8]) {
    let file = sealed(bytes[...])
    guard let key = try? VerifyingKey(file: file) else { return }
    precondition(key.file == file, "a key is not written as it was read")
    guard !Honest.all.contains(where: { $0.keyFile == file }), (try? key.verifyWeights()) != nil else { return }
    precondition(key.core.code == nil, "a changed key was accepted")
  }

  private func useCircuit(_ bytes: [UInt8]) {
    guard let circuit = try? ArithmeticCircuit(encoded: bytes[...]) else { return }
    precondition(circuit.encoded == bytes, "a circuit is not written as it was read")
    guard (try? circuit.validate()) != nil else { return }
    _ = circuit.weightRangeCircuit
    _ = circuit.stating(circuit.inputs.map { _ in .hidden })
  }

  private func useModel(_ bytes: [UInt8]) {
    guard let network = try? importONNX(bytes, file: "fuzz").simplified() else { return }
    guard network.nodes.allSatisfy({ $0.shape.reduce(1, *) < 1 << 14 }) else { return }
    _ = network.run(network.inputs.map { FloatBatch(count: 1, values: [Double](repeating: 0.5, count: $0.width)) })
  }

  private func read(_ name: String, _ bytes: [UInt8]) { _ = try? DataReference(name).read(bytes, preferring: "a") }

  private func sealed(_ content: ArraySlice<UInt8>) -> [UInt8] { content + Hash(.file).digest(content).bytes }
}

/// A key with one honest proof.
private struct Honest {
  let key: VerifyingKey
  let keyFile: [UInt8]
  let proofFile: [UInt8]

  static let all = [
    Honest(.transparent, .shown), Honest(.hiding, .shown), Honest(.hiding, .hidden), Honest(.hiding, .committed),
  ]

  private init(_ mode: ProofMode, _ visibility: Visibility) {
    let network = SmallNetwork.small
    let seed = [UInt8](repeating: 7, count: SecretStream.seedByteCount)
    do {
      let provingKey = ProvingKey(
        circuit: network.circuit, weights: network.weights, proofCount: mode == .hiding ? 2 : 0, seed: seed, threads: 1)
      key = try provingKey.proveWeightRange(seed: seed, threads: 1).key
      let inputs = network.inputs(2)
      let committed = CommittedInput(
        network.circuit.inputs[0], of: network.circuit, batch: 2, integers: inputs[0], proofCount: 2, threads: 1)
      let proof = try provingKey.prove(
        batch: 2, inputs: inputs, visibility: [visibility], committed: visibility == .committed ? [committed] : [],
        context: [2, 7], mode: mode, seed: seed, threads: 1).proof
      keyFile = key.file
      proofFile = proof.file(network.circuit)
    } catch { fatalError("an honest proof exists: \(error)") }
  }
}
