import Circuit
import Prover
import TestSupport
import Testing
import Verifier

@Suite struct KeyFileTests {
  private let network = DenseNetwork(sizes: [20, 12, 5])
  private var key: ProvingKey { ProvingKey(circuit: network.circuit, weights: network.weights, threads: 2) }
  private var file: [UInt8] { get throws { try key.file() } }

  @Test func filesGiveBackWhatWasWritten() throws {
    let circuit = try ArithmeticCircuit(file: network.circuit.file)
    #expect(circuit == network.circuit)
    #expect(try circuit.weights(file: circuit.weightsFile(network.weights)) == network.weights)
    let decoded = try KeyBytes(file).key
    #expect(try decoded.core == key.core && decoded.weights == key.weights && decoded.file() == file)
    try decoded.checkLeaves()
    let inputs = network.input(batch: 2)
    let proofs = try [key, decoded].map { try $0.prove(batch: 2, inputs: inputs, threads: 2).proof.file(circuit) }
    #expect(proofs[0] == proofs[1])
    try decoded.verifyingKey(threads: 1).verifyWeights()
  }

  @Test func hidingKeysKeepTailsAndSalts() throws {
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 1, threads: 2)
    let file = try key.file()
    let decoded = try KeyBytes(file).key
    #expect(try decoded.core == key.core && decoded.core.mode == .hiding && decoded.file() == file)
    try decoded.checkLeaves()
    let inputs = network.input(batch: 1)
    let proof = try decoded.prove(batch: 1, inputs: inputs, mode: .hiding, threads: 2).proof
    try key.verifyingKey(threads: 2).verify(proof)
  }

  @Test func invalidCircuitsAreRefused() throws {
    let file = ArithmeticCircuit(name: "none", batchCap: 1, axes: [0]).file
    #expect(throws: VerificationError.self) { try ArithmeticCircuit(file: file) }
  }

  @Test func unsealedChangesAreMalformed() throws {
    let (head, rest) = (try KeyBytes(file).head, try KeyBytes(file).rest)
    for file in [head, network.circuit.weightsFile(network.weights)] {
      for position in stride(from: 11, to: file.count, by: file.count / 50) {
        var changed = file
        changed[position] ^= 0x10
        #expect(throws: VerificationError.malformed) { try load(changed, rest) }
      }
    }
  }

  /// Hostile bytes under a right seal: an error or a value, never a trap.
  @Test func sealedChangesDoNotTrap() throws {
    var random = RepeatableRandom(seed: 3)
    let key = KeyBytes(try file)
    for file in [key.head, network.circuit.weightsFile(network.weights), network.circuit.file] {
      let head = min(file.count - 32, 1500)
      for _ in 0..<400 {
        var changed = file
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let position = Int.random(in: 0..<(Bool.random(using: &random) ? head : file.count - 32), using: &random)
          changed[position] = UInt8.random(in: 0...255, using: &random)
        }
        _ = try? load(resealed(changed), key.rest)
      }
      for length in stride(from: 0, to: file.count, by: max(1, file.count / 200)) {
        _ = try? load(resealed(Array(file.prefix(length)) + [UInt8](repeating: 0, count: 32)), key.rest)
      }
    }
    for headCount: UInt64 in [0, 42, 43, UInt64(key.head.count) - 1, UInt64(key.file.count) - 7, 1 << 62, 1 << 63, .max] {
      let file = key.head + key.rest + headCount.littleEndianBytes
      #expect(throws: VerificationError.malformed) { try ProvingKey(file: StoredBytes(file)) }
    }
    for count in 0..<8 { #expect(throws: VerificationError.malformed) { try ProvingKey(file: StoredBytes([UInt8](repeating: 0, count: count))) } }
  }

  @Test func valuesOutsideTheirRangeAreMalformed() throws {
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 1, threads: 2)
    let file = KeyBytes(try key.file())
    let start = 11 + 4 + network.circuit.encoded.count + WeightCommitment.parameterByteCount + 2 * Digest.byteCount
    let widths = network.circuit.weightColumns.map(\.integerByteCount)
    let tailStart = start + zip(widths, network.weights).reduce(0) { $0 + $1.0 * $1.1.count }
    for (place, count) in [(start + widths[0] * 20 * 12, widths[1]), (tailStart, 8)] {
      let changed = file.changed { for byte in 0..<count { $0[place + byte] = 0xff } }
      #expect(throws: VerificationError.malformed) { _ = try changed.key }
    }
  }

  /// Each kind of byte that is not sealed, with that of a leaf which is opened and of one which is not.
  @Test func whatIsOpenedIsChecked() throws {
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 1, threads: 2)
    let file = KeyBytes(try key.file())
    let code = try #require(key.core.code)
    let (inputs, seed) = (network.input(batch: 1), [UInt8](repeating: 1, count: 32))
    func proof(_ key: ProvingKey) throws -> (proof: Proof, details: ProofBytes) {
      try key.prove(batch: 1, inputs: inputs, mode: .hiding, seed: seed, threads: 1)
    }
    let honest = try proof(key)
    let opened = Set(honest.details.priorPositions[0])
    let leafByteCount = (file.rest.count - 32 * (2 << code.domainBits - 2)) >> code.domainBits
    let closed = (0..<1 << code.domainBits).filter { !opened.contains($0) }.prefix(1)
    for (position, offset) in closed.map({ ($0, 0) }) + opened.prefix(3).flatMap({ [($0, 0), ($0, leafByteCount - 1)] }) {
      var changed = file
      changed.rest[position * leafByteCount + offset] ^= 1
      let decoded = try changed.key
      #expect(throws: ProvingError.self) { try decoded.checkLeaves() }
      if opened.contains(position) {
        #expect(throws: ProvingError.self) { try proof(decoded) }
      } else {
        #expect(try proof(decoded).proof.file(network.circuit) == honest.proof.file(network.circuit))
      }
    }
    var changed = file
    for index in leafByteCount << code.domainBits..<file.rest.count { changed.rest[index] ^= 1 }
    #expect(throws: ProvingError.self) { try proof(changed.key) }
  }

  /// A file that is replaced stays what it was; one that is cut short is no longer read.
  @Test func filesThatChangeWhileTheyAreUsed() throws {
    let place = try Workplace()
    let path = place.path + "/net.pk"
    try place.write(try file, to: "net.pk")
    let decoded = try ProvingKey(file: StoredBytes(path: path))
    try write([OutputFile(path: path, bytes: Array(FileKind.provingKey.rawValue.utf8))])
    let inputs = network.input(batch: 1)
    let proof = try decoded.prove(batch: 1, inputs: inputs, threads: 1).proof
    #expect(try proof.file(network.circuit) == key.prove(batch: 1, inputs: inputs, threads: 1).proof.file(network.circuit))
    try place.write(try file, to: "net.pk")
    let cut = try ProvingKey(file: StoredBytes(path: path))
    try place.write(try KeyBytes(file).head, to: "net.pk")
    let error = #expect(throws: ProvingError.self) { try cut.prove(batch: 1, inputs: inputs, threads: 1) }
    guard case .key(let reason) = error else { return #expect(Bool(false), "it is the key's") }
    #expect(reason.path == path && reason.reason.hasPrefix("is damaged"))
  }

  private func load(_ file: [UInt8], _ rest: [UInt8]) throws {
    if file.starts(with: FileKind.provingKey.rawValue.utf8) {
      var key = KeyBytes([0, 0, 0, 0, 0, 0, 0, 0])
      (key.head, key.rest) = (file, rest)
      _ = try key.key
    } else if file.starts(with: ArithmeticCircuit.magic) {
      _ = try ArithmeticCircuit(file: file)
    } else {
      _ = try network.circuit.weights(file: file)
    }
  }
}
