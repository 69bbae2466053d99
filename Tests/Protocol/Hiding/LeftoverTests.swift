import Circuit
import Execution
import Glibc
import Prover
import Synchronization
import TestSupport
import Testing
import Verifier

/// Secrets of a stream, of which it is remembered what they are not.
private struct NotedSecrets: SecretSource {
  final class Notes: Sendable {
    /// By draw, the complements of words.
    let draws = Mutex<[[UInt64]]>([])
  }

  let notes: Notes
  var stream: SecretStream

  mutating func bytes(_ count: Int) -> [UInt8] {
    let bytes = stream.bytes(count)
    notes.draws.withLock { $0.append(bytes.complementedWords) }
    return bytes
  }
}

/// What is found in the memory of this process.
private enum Leftovers {
  /// Pairs of words, complemented, that are found somewhere.
  static func found(_ pairs: Set<SIMD2<UInt64>>) -> [(address: UInt, pair: SIMD2<UInt64>)] {
    var heads = [Bool](repeating: false, count: 1 << 20)
    for pair in pairs { heads[Int(truncatingIfNeeded: pair.x) & (1 << 20 - 1)] = true }
    var found: [(UInt, SIMD2<UInt64>)] = []
    let memory = open("/proc/self/mem", O_RDONLY)
    defer { close(memory) }
    let buffer = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 1 << 17)
    defer { buffer.deallocate() }
    guard let base = buffer.baseAddress else { return [] }
    let own = UInt(bitPattern: base)..<UInt(bitPattern: base + buffer.count)
    for region in regions() {
      var address = region.lowerBound
      while address < region.upperBound {
        let count = pread(memory, base, min(8 * buffer.count, Int(region.upperBound - address)), Int(address))
        guard count >= 16 else { break }
        for index in 0..<count / 8 - 1 where heads[Int(truncatingIfNeeded: ~base[index]) & (1 << 20 - 1)] {
          let pair = SIMD2(~base[index], ~base[index + 1])
          let place = address + UInt(8 * index)
          if pairs.contains(pair), !own.contains(place) { found.append((place, pair)) }
        }
        address += UInt(max(count - 8, 8))
        if count < 8 * buffer.count { break }
      }
    }
    return found
  }

  private static func regions() -> [Range<UInt>] {
    guard let maps = fopen("/proc/self/maps", "r") else { return [] }
    defer { fclose(maps) }
    var regions: [Range<UInt>] = []
    var line = [CChar](repeating: 0, count: 4096)
    while fgets(&line, Int32(line.count), maps) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      let words = text.split(separator: " ")
      let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      if ends.count == 2, words[1].hasPrefix("rw") { regions.append(ends[0]..<ends[1]) }
    }
    return regions
  }

  /// How many parts of a proof's secrets are found after it, by name. What was written over by chance is not found.
  ///
  /// - Parameter keeps: Whether a mask is kept on purpose.
  static func ofProof(_ network: SmallNetwork = .hidden(isPermuted: false), keeps: Bool = false) -> [String: Int] {
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 1, threads: 1)
    let notes = NotedSecrets.Notes()
    let plan = Plan(circuit: network.circuit, batch: 2, modelCode: key.core.code, isHiding: true)
    var (proof, kept, seedNote, columns): ([UInt8], [UInt8], [UInt64], [UInt64]) = ([], [], [], [])
    do {
      let inputs = network.inputs(2)
      guard var witness = try? Witness(key.executor, batch: 2, inputs: inputs, threads: 1) else { return [:] }
      let statement = Statement(batch: 2, inputs: inputs, outputs: witness.outputs(network.circuit))
      let shown = network.circuit.outputs.map(\.column)
      for column in network.circuit.columns(of: .virtual) where !shown.contains(column) {
        columns += witness.columns[column].map { ~UInt64(bitPattern: $0) }
      }
      var seed = [UInt8](repeating: 0, count: SecretStream.seedByteCount)
      for index in seed.indices { seed[index] = .random(in: 0...255) }
      seedNote = seed.complementedWords
      var random = NotedSecrets(notes: notes, stream: SecretStream(seed: seed))
      seed.erase()
      if keeps { kept = random.bytes(64) }
      let made = try? plan.prove(
        .inference, key.core, [key.commitment].compactMap { $0 }, statement, witness, random: random, threads: 1)
      proof = made?.bytes ?? []
      witness.erase(network.circuit)
    }
    let shown = Set(proof.complementedWords)
    let levels = plan.levels.filter(\.isMasked).indices.flatMap { level in ["masks", "tails", "salts"].map { "level \(level) \($0)" } }
    var names = ["pads", "tails", "salts"] + levels + ["seed", "columns"]
    if keeps { names.insert("kept", at: 0) }
    let secrets = notes.draws.withLock { $0 } + [seedNote, columns]
    precondition(columns.count >= 8 && secrets.count == names.count && secrets.allSatisfy { !$0.isEmpty }, "all that is drawn has a name")
    var counts: [String: Int] = [:]
    for (name, words) in zip(names, secrets) {
      let pairs = stride(from: 0, to: words.count - 1, by: 2).map { SIMD2(words[$0], words[$0 + 1]) }
      counts[name] = Set(found(Set(pairs.filter { !shown.contains($0.x) })).map(\.pair)).count
    }
    withExtendedLifetime(kept) {}
    // Columns hold small integers, a pair of which can stand elsewhere by chance, as two positions do.
    return counts.filter { $0.value > ($0.key == "columns" ? 1 : 0) }
  }
}

extension [UInt8] {
  fileprivate var complementedWords: [UInt64] { (0..<count / 8).map { ~word(at: 8 * $0) } }
}

@Suite("A proof leaves none of its secrets in memory") struct LeftoverTests {
  @Test("in a process of its own, no mask, seed or value between is found after a proof") func nothing() async {
    await #expect(processExitsWith: .success) {
      let found = Leftovers.ofProof()
      precondition(found.isEmpty, "\(found)")
    }
  }

  @Test("what is kept on purpose is found, and nothing else") func control() async {
    await #expect(processExitsWith: .success) {
      let found = Leftovers.ofProof(keeps: true)
      precondition(found.count == 1 && found["kept"] != nil, "\(found)")
    }
  }

  /// On one thread: a worker's stack may keep what its vector registers held, which docs/security.md leaves out.
  @Test("nor of rows so long that the merge groups their weights") func nothingOfLongRows() async {
    await #expect(processExitsWith: .success) {
      let network = SmallNetwork(DenseNetwork(sizes: [1024, 1024, 8]), batches: [2])
      let code = network.circuit.modelCode(proofCount: 1)
      precondition(code.map { GroupedWeights.lowBits($0.variableCount) < $0.variableCount } ?? false, "long rows")
      let found = Leftovers.ofProof(network)
      precondition(found.isEmpty, "\(found)")
    }
  }

  @Test("all that is overwritten is overwritten where it stands", arguments: [(0, ProofMode.transparent), (1, .hiding)], [1, 2])
  func inPlace(_ kind: (proofCount: Int, mode: ProofMode), threads: Int) {
    let counts = Mutex((all: 0, copies: 0, nonzero: 0))
    let observer: Erasure.Observer = { erasure, memory in
      counts.withLock {
        switch erasure {
        case .begins(let isInPlace):
          $0.all += 1
          $0.copies += isInPlace ? 0 : 1
        case .ended: $0.nonzero += memory.contains { $0 != 0 } ? 1 : 0
        }
      }
    }
    let network = SmallNetwork.hidden(isPermuted: false)
    Erasure.observed(by: observer) {
      let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: kind.proofCount, threads: threads)
      let rangeProof = try? key.proveWeightRange(threads: threads)
      let proof = try? key.prove(batch: 2, inputs: network.inputs(2), mode: kind.mode, threads: threads)
      #expect(rangeProof != nil && proof != nil)
    }
    let seen = counts.withLock { $0 }
    #expect(seen.all > 100 && seen.copies == 0 && seen.nonzero == 0, "\(seen)")
  }
}
