import Glibc
import Prover
import Testing
import Verifier

/// Every command that counts positions, stopped or failing at each of its system calls that write, sync or rename.
///
/// strace starts the tool and makes the faults. All that such a command shows is counted before it is on the disk.
@Suite(.enabled(if: Fault.isPossible, "strace is not here or may not trace: no command is stopped at its system calls"))
struct InterruptionTests {
  /// A folder before and after a command that ran to its end.
  private struct Case {
    let network: TrainedNetwork
    let arguments: [String]
    let before: [String: [UInt8]]
    /// The file in which something is counted first; nil for a command that shows nothing that was to be hidden.
    let ledger: String?

    init(_ network: TrainedNetwork, _ arguments: [String], ledger: String? = "net.spent") throws {
      (self.network, self.arguments, self.ledger) = (network, arguments, ledger)
      before = try Self.files(network.place)
    }

    static func files(_ place: Workplace) throws -> [String: [UInt8]] {
      try Dictionary(uniqueKeysWithValues: place.names.map { ($0, try place.bytes($0)) })
    }

    func restore() throws {
      let place = network.place
      for name in place.names where before[name] == nil { unlink("\(place.path)/\(name)") }
      for (name, bytes) in before where try !place.names.contains(name) || place.bytes(name) != bytes {
        unlink("\(place.path)/\(name)")
        try place.write(bytes, to: name)
      }
    }

    func sections(_ files: [String: [UInt8]]) throws -> [LedgerSection] {
      try ledger.flatMap { files[$0] }.map { try LedgerSection.sections($0) } ?? []
    }

    /// Runs the command with every fault in turn, and `check` on what each leaves.
    func forEachFault(_ check: (Fault, [String: [UInt8]]) throws -> Void) throws {
      try restore()
      let faults = try Fault.all(network.place, arguments)
      #expect(faults.count >= 14, "\(arguments)")
      for fault in faults {
        try restore()
        let result = try fault.run(network.place, arguments)
        #expect(fault.kind == .kill ? result.status == 137 : result.status < 128, "\(fault): \(result.status)")
        let after = try Case.files(network.place)
        for name in after.keys where name.hasPrefix(".zkml.") {
          #expect(network.place.mode(name) == 0o600, "\(fault) leaves \(name) to others")
        }
        try expectCounted(fault, after)
        try check(fault, after)
      }
    }

    /// Nothing is forgotten, and where anything is shown more is counted.
    private func expectCounted(_ fault: Fault, _ after: [String: [UInt8]]) throws {
      let (old, new) = (try sections(before), try sections(after))
      var isMore = new.count > old.count
      for section in old {
        let now = try #require(new.first { $0.key == section.key }, "\(fault) forgets a key")
        let isKept = zip(section.bits, now.bits).allSatisfy { $0 & ~$1 == 0 }
        #expect(isKept, "\(fault) forgets positions")
        isMore = isMore || now.spentCount > section.spentCount || now.isHidingGivenUp && !section.isHidingGivenUp
      }
      let shown = after.filter { name, bytes in
        bytes != before[name] && [FileKind.proof, .verifyingKey, .committedInput].contains { bytes.starts(with: $0.rawValue.utf8) }
      }
      #expect(shown.isEmpty || isMore || ledger == nil, "\(fault) shows \(shown.keys) before it is counted")
      if fault.kind == .noSpace {
        let kinds = [FileKind.proof, .verifyingKey, .provingKey]
        let staged = after.filter { name, bytes in name.hasPrefix(".zkml.") && kinds.contains { bytes.starts(with: $0.rawValue.utf8) } }
        #expect(staged.isEmpty, "\(fault) leaves \(staged.keys)")
      }
    }

    func succeed(_ fault: Fault) throws {
      let result = try network.place.run(arguments)
      #expect(result.status == 0, "after \(fault): \(result.errors)")
    }
  }

  @Test("setup --rerandomize leaves a usable key, and is finished by running it again, with the same bytes")
  func rerandomize() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "3")
    let interrupted = try Case(network, ["setup", "@net", "--rerandomize"])
    try network.succeed(interrupted.arguments)
    let complete = try Case.files(network.place)
    var number = 0
    try interrupted.forEachFault { fault, after in
      let (counted, written) = (after["net.spent"] != interrupted.before["net.spent"], after["net.vk"] != interrupted.before["net.vk"])
      let isOne = (!counted || after["net.spent"] == complete["net.spent"]) && (!written || after["net.vk"] == complete["net.vk"])
      #expect(isOne, "\(fault)")
      number += 1
      guard after["net.pk"] != complete["net.pk"] else { return }
      if number % 3 == 0 {
        try network.succeed("prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof")
        try network.succeed("verify", "--key", "@net.vk", "@a.proof")
        try interrupted.succeed(fault)
        let isSame = try ["net.pk", "net.vk"].allSatisfy { try network.place.bytes($0) == complete[$0] }
        #expect(isSame, "\(fault)")
      } else {
        try interrupted.succeed(fault)
        let isSame = try Case.files(network.place).filter { !$0.key.hasPrefix(".zkml.") } == complete
        #expect(isSame, "\(fault)")
      }
    }
  }

  @Test("setup", arguments: [[], ["--transparent", "--forfeit-hiding"]]) func setup(options: [String]) throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "1")
    let again = try Case(network, ["setup", "@net", "--overwrite"] + options)
    try again.forEachFault { fault, after in
      let isShown = after["net.vk"] != again.before["net.vk"]
      let isMarked = try again.sections(after).allSatisfy(\.isHidingGivenUp)
      #expect(options.isEmpty || !isShown || isMarked, "\(fault)")
      try again.succeed(fault)
    }
    for name in ["net.pk", "net.vk", "net.spent"] { unlink("\(network.place.path)/\(name)") }
    let first = try Case(network, ["setup", "@net"] + options, ledger: options.isEmpty ? "net.spent" : nil)
    try first.forEachFault { fault, after in
      let isOrdered = !options.isEmpty || after["net.pk"] == nil || after["net.spent"] != nil
      #expect(isOrdered, "\(fault)")
      guard after["net.pk"] == nil else { return }
      try first.succeed(fault)
      let sections = try first.sections(Case.files(network.place))
      let isKept = try first.sections(after).allSatisfy { old in sections.contains { $0.key == old.key && $0.bits == old.bits } }
      #expect(isKept, "\(fault)")
    }
  }

  @Test("prove", arguments: [[], ["--private-input"], ["--transparent", "--forfeit-hiding"]])
  func prove(options: [String]) throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "4")
    let key = try KeyBytes(network.place.bytes("net.pk")).key
    let one = try Case(network, ["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof"] + options)
    try one.forEachFault { fault, after in
      guard options.first == "--transparent", let file = after["a.proof"] else { return }
      let statement = try Proof(file: file, key: VerifyingKey(file: network.place.bytes("net.vk"))).statement
      let again = try key.prove(batch: 1, inputs: statement.inputs, mode: .transparent, threads: 1)
      let section = try #require(try one.sections(after).first)
      let isCounted = again.details.priorPositions[0].allSatisfy { section.bits[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
      #expect(isCounted, "\(fault)")
      #expect(section.isHidingGivenUp, "\(fault)")
    }
  }

  @Test("prove --many and --committed-input") func several() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "4")
    let lines = (0..<2).map { "\(TrainedNetwork.sample($0)) \(network.place.path)/\($0).proof\n" }
    try network.place.write(Array(lines.joined().utf8), to: "list")
    try Case(network, ["prove", "@net", "--many", "@list"]).forEachFault { _, _ in }
    try network.succeed("commit-input", "@net", "--input", TrainedNetwork.sample(0), "-o", "@x.input")
    let arguments = ["prove", "@net", "--committed-input", "@x.input", "-o", "@a.proof"]
    for ledger in ["net.spent", "x.input.spent"] { try Case(network, arguments, ledger: ledger).forEachFault { _, _ in } }
  }

  @Test("commit-input") func commitInput() throws {
    let network = try TrainedNetwork(isProved: false)
    let arguments = ["commit-input", "@net", "--input", TrainedNetwork.sample(0), "-o", "@x.input", "--overwrite"]
    let commit = try Case(network, arguments, ledger: "x.input.spent")
    try commit.forEachFault { fault, _ in try commit.succeed(fault) }
    try commit.restore()
    let first = try Case(network, Array(arguments.dropLast()), ledger: "x.input.spent")
    try first.forEachFault { fault, after in if after["x.input"] == nil { try first.succeed(fault) } }
  }
}

/// What happens at one system call.
private struct Fault: CustomStringConvertible {
  enum Kind: String {
    case kill = "signal=KILL"
    case noSpace = "error=ENOSPC"
  }

  let kind: Kind
  let call: Substring
  /// Which call of this name, from 1, of the main thread, which alone writes files.
  let place: Int

  var description: String { "\(kind.rawValue) at \(call) \(place)" }

  private static let calls = [
    "write", "pwrite64", "writev", "fsync", "fdatasync", "fchmod", "ftruncate", "?rename", "?renameat", "renameat2", "?link",
    "linkat", "?unlink", "unlinkat",
  ].joined(separator: ",")

  func run(_ place: Workplace, _ arguments: [String]) throws -> ToolResult {
    let fault = "inject=\(call):\(kind.rawValue):when=\(self.place)"
    return try place.run(arguments, under: ["strace", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e", fault])
  }

  /// Both kinds at every call of a command.
  static func all(_ place: Workplace, _ arguments: [String]) throws -> [Fault] {
    let program = ["strace", "-qq", "-o", "\(place.path)/.calls", "-e", "trace=\(calls)", "-e", "signal=none"]
    let result = try place.run(arguments, under: program)
    #expect(result.status == 0, "\(arguments): \(result.errors)")
    defer { unlink("\(place.path)/.calls") }
    var counts: [Substring: Int] = [:]
    return String(decoding: try place.bytes(".calls"), as: UTF8.self).split(separator: "\n").flatMap { line in
      let call = line.prefix { $0 != "(" }
      counts[call, default: 0] += 1
      return [Kind.kill, .noSpace].map { Fault(kind: $0, call: call, place: counts[call] ?? 0) }
    }
  }

  static let isPossible: Bool = {
    let arguments = ["strace", "-qq", "-o", "/dev/null", "-e", "inject=write:error=ENOSPC:when=1", "true"]
    return (try? ChildProcess(arguments, output: "/dev/null").wait()) == 0
  }()
}
