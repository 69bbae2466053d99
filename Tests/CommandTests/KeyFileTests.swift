import Circuit
import Prover
import TestSupport
import Testing
import Verifier

@Suite struct KeyFileTests {
  private let network = DenseNetwork(sizes: [20, 12, 5])
  private var key: ProvingKey { ProvingKey(circuit: network.circuit, weights: network.weights, threads: 2) }

  @Test func filesGiveBackWhatWasWritten() throws {
    let circuit = try ArithmeticCircuit(file: network.circuit.file)
    #expect(circuit == network.circuit)
    #expect(try circuit.weights(file: circuit.weightsFile(network.weights)) == network.weights)
    let decoded = try ProvingKey(file: key.file)
    #expect(decoded.core == key.core && decoded.weights == key.weights && decoded.file == key.file)
    let inputs = network.input(batch: 2)
    let proofs = try [key, decoded].map { try $0.prove(batch: 2, inputs: inputs, threads: 2).proof.file(circuit) }
    #expect(proofs[0] == proofs[1])
    try decoded.verifyingKey(threads: 1).verifyWeights()
  }

  @Test func hidingKeysKeepTailsAndSalts() throws {
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 1, threads: 2)
    let decoded = try ProvingKey(file: key.file)
    #expect(decoded.core == key.core && decoded.core.mode == .hiding && decoded.file == key.file)
    let inputs = network.input(batch: 1)
    let proof = try decoded.prove(batch: 1, inputs: inputs, mode: .hiding, threads: 2).proof
    try key.verifyingKey(threads: 2).verify(proof)
  }

  @Test func invalidCircuitsAreRefused() throws {
    let file = ArithmeticCircuit(name: "none", batchCap: 1, axes: [0]).file
    #expect(throws: VerificationError.self) { try ArithmeticCircuit(file: file) }
  }

  @Test func unsealedChangesAreMalformed() throws {
    for file in [key.file, network.circuit.weightsFile(network.weights)] {
      for position in stride(from: 11, to: file.count, by: file.count / 50) {
        var changed = file
        changed[position] ^= 0x10
        #expect(throws: VerificationError.malformed) { try load(changed) }
      }
    }
  }

  /// Hostile bytes under a right seal: an error or a value, never a trap.
  @Test func sealedChangesDoNotTrap() throws {
    var random = RepeatableRandom(seed: 3)
    for file in [key.file, network.circuit.weightsFile(network.weights), network.circuit.file] {
      let head = min(file.count - 32, 1500)
      for _ in 0..<400 {
        var changed = file
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let position = Int.random(in: 0..<(Bool.random(using: &random) ? head : file.count - 32), using: &random)
          changed[position] = UInt8.random(in: 0...255, using: &random)
        }
        _ = try? load(resealed(changed))
      }
      for length in stride(from: 0, to: file.count, by: max(1, file.count / 200)) {
        _ = try? load(resealed(Array(file.prefix(length)) + [UInt8](repeating: 0, count: 32)))
      }
    }
  }

  @Test func valuesOutsideTheirRangeAreMalformed() throws {
    let file = key.file
    let start = 11 + 4 + network.circuit.encoded.count + KeyCore.parameterByteCount + Digest.byteCount
    let widths = network.circuit.weightColumns.map(\.integerByteCount)
    var bias = file
    let biasStart = start + widths[0] * 20 * 12
    for byte in 0..<widths[1] { bias[biasStart + byte] = 0xff }
    #expect(throws: VerificationError.malformed) { _ = try ProvingKey(file: resealed(bias)) }
    var symbol = file
    let symbolStart = start + zip(widths, network.weights).reduce(0) { $0 + $1.0 * $1.1.count }
    for byte in 0..<8 { symbol[symbolStart + byte] = 0xff }
    #expect(throws: VerificationError.malformed) { _ = try ProvingKey(file: resealed(symbol)) }
  }

  private func load(_ file: [UInt8]) throws {
    if file.starts(with: FileKind.provingKey.rawValue.utf8) {
      _ = try ProvingKey(file: file)
    } else if file.starts(with: ArithmeticCircuit.magic) {
      _ = try ArithmeticCircuit(file: file)
    } else {
      _ = try network.circuit.weights(file: file)
    }
  }
}
