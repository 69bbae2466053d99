import Glibc
import Prover
import Synchronization
import TestSupport
import Testing

/// What is overwritten on this task, by address.
private final class ErasureLog: Sendable {
  struct Entry: Equatable {
    let address: UInt
    let isInPlace: Bool
    let content: [UInt8]
    var isZero = false
  }

  private let log = Mutex<[Entry]>([])

  var entries: [Entry] { log.withLock { $0 } }

  func record(_ body: () -> Void) {
    let observer: Erasure.Observer = { [self] erasure, memory in
      log.withLock { entries in
        switch erasure {
        case .begins(let isInPlace):
          entries.append(
            Entry(address: UInt(bitPattern: memory.baseAddress), isInPlace: isInPlace, content: Array(memory)))
        case .ended: entries[entries.count - 1].isZero = memory.allSatisfy { $0 == 0 }
        }
      }
    }
    Erasure.observed(by: observer, body)
  }
}

@Suite("Secrets are overwritten before their memory is given back") struct SecretTests {
  private func makeElements() -> [UInt64] { (0..<1_000).map { 0xFEED_0000_0000_0001 + $0 } }
  private func address(_ elements: [UInt64]) -> UInt { elements.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
  private func bytes(_ elements: [UInt64]) -> [UInt8] { elements.withUnsafeBytes { Array($0) } }

  @Test("by the last of its holders, in place") func lastHolder() {
    let log = ErasureLog()
    var place: UInt = 0
    log.record {
      var first: Secret<UInt64>? = Secret(wrappedValue: makeElements())
      var second = first
      place = first.map { address($0.wrappedValue) } ?? 0
      first = nil
      #expect(log.entries.isEmpty)
      let isWhole = second.map { bytes($0.wrappedValue) } == bytes(makeElements())
      #expect(isWhole)
      second = nil
    }
    let entries = log.entries
    #expect(entries.count == 1 && entries[0].isInPlace && entries[0].isZero && entries[0].address == place)
    #expect(entries[0].content.starts(with: bytes(makeElements())))
  }

  @Test("and all that an array has room for, also what it does not count any more") func room() {
    let log = ErasureLog()
    log.record {
      var elements = makeElements()
      elements.removeLast(900)
      elements.erase()
      #expect(elements == [UInt64](repeating: 0, count: 100))
    }
    let entries = log.entries
    #expect(entries.count == 1 && entries[0].isInPlace && entries[0].isZero)
    #expect(entries[0].content.starts(with: bytes(makeElements())))
  }

  @Test("an array that others hold is not taken from them") func shared() {
    let log = ErasureLog()
    let held = makeElements()
    log.record {
      var copy = held
      copy.erase()
    }
    #expect(held == makeElements())
    #expect(log.entries.count == 1 && !log.entries[0].isInPlace)
  }

  @Test("a stream of secrets leaves no seed and no draw") func stream() {
    let log = ErasureLog()
    var drawn: [UInt8] = []
    var elements: [UInt8] = []
    log.record {
      var stream = SecretStream("label", mixing: [[1, 2, 3]], seed: [UInt8](repeating: 7, count: 32))
      drawn = stream.secureElements(5).withUnsafeBytes { Array($0) }
      elements = stream.elements(9).withUnsafeBytes { Array($0) }
    }
    let entries = log.entries
    #expect(entries.allSatisfy(\.isZero) && entries.allSatisfy(\.isInPlace))
    // Given seed, what is hashed with it, the seed that follows, and for each draw its own seed, bytes and elements.
    #expect(entries.count { $0.content.starts(with: [UInt8](repeating: 7, count: 32)) } == 1)
    #expect(entries.contains { $0.content.starts(with: [5, 0, 0, 0, 0, 0, 0, 0] + Array("label".utf8)) })
    #expect(entries.count { $0.content.starts(with: drawn) } == 2)
    #expect(entries.contains { $0.content.starts(with: elements) })
    #expect(entries.count { $0.content.count < 64 } >= 4)
  }
}

@Suite("Secrets are kept out of images of memory") struct ShieldTests {
  /// The flags that the system has for the page of an address.
  fileprivate func flags(_ address: UInt) -> [Substring] {
    guard let file = fopen("/proc/self/smaps", "r") else { return [] }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 4096)
    var isIt = false
    while fgets(&line, Int32(line.count), file) != nil {
      let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(whereSeparator: \.isWhitespace)
      let ends = words.first.map { $0.split(separator: "-").compactMap { UInt($0, radix: 16) } } ?? []
      if ends.count == 2 { isIt = (ends[0]..<ends[1]).contains(address) }
      if isIt, words.first == "VmFlags:" { return Array(words.dropFirst()) }
    }
    return []
  }

  @Test("each page of the array, and locked where that is allowed") func pages() {
    let array = [UInt64](repeating: 0xFEED, count: 3000)
    array.shield()
    let isAllowed = [UInt64](repeating: 0, count: 3000).withUnsafeBytes { mlock($0.baseAddress, $0.count) == 0 }
    array.withUnsafeBytes { bytes in
      for offset in [0, 4096, bytes.count - 1] {
        let flags = flags(UInt(bitPattern: bytes.baseAddress) + UInt(offset))
        #expect(flags.contains("dd"), "\(flags)")
        if isAllowed { #expect(flags.contains("lo"), "\(flags)") }
      }
    }
    [UInt64]().shield()
  }

  @Test("what a key holds") func key() {
    let network = DenseNetwork(sizes: [20, 12, 5])
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 1, threads: 1)
    let places = key.weights.map { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
      + [key.commitment?.tails.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } ?? 0]
    for place in places { #expect(flags(place).contains("dd")) }
  }

  /// Where the user may lock less than a key has, what hides the weights comes before them.
  @Test("the tails of a key before its weights") func order() async {
    await #expect(processExitsWith: .success) {
      let network = DenseNetwork(sizes: [200, 300, 5])
      func key() -> ProvingKey { ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 1, threads: 1) }
      let tailByteCount = key().commitment.map { $0.tails.count * 8 } ?? 0
      munlockall()
      var limit = rlimit(rlim_cur: rlim_t(tailByteCount + 5 * 4096), rlim_max: rlim_t(tailByteCount + 5 * 4096))
      guard setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 else { exit(1) }
      if geteuid() == 0 { guard setuid(65534) == 0 else { exit(2) } }
      let limited = key()
      let tails = limited.commitment?.tails.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) + 8192 } ?? 0
      let weights = limited.weights.map { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) + 4096 } }
      guard ShieldTests().flags(tails).contains("lo") else { exit(3) }
      guard !weights.allSatisfy({ ShieldTests().flags($0).contains("lo") }) else { exit(4) }
    }
  }
}
