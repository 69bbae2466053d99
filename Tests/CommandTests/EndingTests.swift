import Glibc
import Prover
import Testing

/// How the tool ends when it is told to, or crashes, and what it says of files that are not as they should be.
@Suite struct EndingTests {
  /// Starts a program in the folder where core dumps would be written, with crash reports on if the language's runtime
  /// makes them, and waits until it has begun.
  private func start(_ place: Workplace, _ command: String, hasBegun: (pid_t) -> Bool) throws -> ChildProcess {
    let script = "ulimit -c unlimited 2>/dev/null; cd \(place.path); exec \(command)"
    let process = try ChildProcess(
      ["sh", "-c", script], output: place.path + "/.output", errors: place.path + "/.errors",
      environment: ["XDG_CACHE_HOME=\(place.path)/.cache", "SWIFT_BACKTRACE=enable=yes,color=no,interactive=no"])
    var turns = 0
    while !hasBegun(process.identifier), turns < 20_000 {
      usleep(1000)
      turns += 1
    }
    return process
  }

  private static func coreLimit(_ process: String) -> [Substring] {
    guard let file = fopen("/proc/\(process)/limits", "r") else { return [] }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 4096)
    let count = fread(&text, 1, text.count, file)
    let limits = String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
    return line?.split(separator: " ").dropFirst(4).prefix(2).map { $0 } ?? []
  }

  /// Whether a process can leave a core in its folder.
  private static let leavesCores: Bool = {
    guard let file = fopen("/proc/sys/kernel/core_pattern", "r") else { return false }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 4096)
    let count = fread(&text, 1, text.count, file)
    let pattern = String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return pattern.hasPrefix("core") && coreLimit("self").last == "unlimited"
  }()

  /// Whether a process waits for a lock on a file.
  private static func isWaiting(_ process: String) -> Bool {
    guard let file = fopen("/proc/locks", "r") else { return false }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 1 << 16)
    let count = fread(&text, 1, text.count, file)
    let locks = String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return locks.split(separator: "\n").contains { line in
      let words = line.split(separator: " ")
      return words.contains("->") && words.contains(Substring(process))
    }
  }

  private static let crashes = [SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGQUIT]

  @Test("a crash prints no memory and leaves no core", arguments: crashes) func crash(signal: Int32) throws {
    let network = try TrainedNetwork(isProved: false)
    let place = network.place
    let names = place.names
    // It waits for the count, with the key in its memory.
    let ledger = open("\(place.path)/net.spent", O_RDWR | O_CLOEXEC)
    #expect(flock(ledger, LOCK_EX) == 0)
    defer { close(ledger) }
    let process = try start(place, "\(built("zkml")) prove net --input \(TrainedNetwork.sample(0)) -o a.proof") {
      Self.coreLimit("\($0)") == ["0", "0"] && Self.isWaiting("\($0)")
    }
    process.send(signal)
    #expect(process.wait() == 128 + signal)
    let errors = String(decoding: try place.bytes(".errors"), as: UTF8.self)
    #expect(errors.isEmpty, "\(errors)")
    #expect(place.names.filter { !$0.hasPrefix(".zkml.") } == names)
  }

  /// Another process of this language, which has no such measures, so that the test above can fail.
  @Test("a crash can be seen here", .enabled(if: leavesCores, "no cores are left here"))
  func control() throws {
    let place = try Workplace()
    mkdir(place.path + "/released", 0o700)
    let ledger = PositionLedger(path: place.path + "/net.spent", key: .zero, domainBits: 17, limit: 1 << 17, queryCount: 64)
    try ledger.begin(spent: [])
    let command = "\(built("SpendingProcess")) net.spent 17 131072 64 released spend"
    let process = try start(place, command) { _ in !place.names(in: "released").isEmpty }
    process.send(SIGSEGV)
    var turns = 0
    func isSeen() throws -> Bool { try !place.bytes(".errors").isEmpty || place.names.contains { $0.hasPrefix("core") } }
    while try !isSeen(), turns < 1000 {
      usleep(20_000)
      turns += 1
    }
    #expect(try isSeen())
    process.kill()
  }

  @Test("told to end while files are written, it removes them and ends as told", arguments: [SIGTERM, SIGINT, SIGHUP])
  func end(signal: Int32) throws {
    let network = try TrainedNetwork(isProved: false)
    let place = network.place
    for name in ["net.pk", "net.vk", "net.spent"] { unlink("\(place.path)/\(name)") }
    let names = place.names
    let process = try start(place, "\(built("zkml")) setup net --proofs 2000") { _ in
      place.names.contains { $0.hasPrefix(".zkml.") }
    }
    process.send(signal)
    let status = process.wait()
    #expect([0, 128 + signal].contains(status) && !place.names.contains { $0.hasPrefix(".zkml.") }, "\(place.names)")
    #expect(Set(place.names).isSuperset(of: names))
  }

  @Test("a signal that the parent ignores is ignored") func ignored() throws {
    let network = try TrainedNetwork(isProved: false)
    let process = try start(network.place, "sh -c 'trap \"\" HUP; exec \(built("zkml")) setup net --proofs 1000 --overwrite'") { _ in
      network.place.names.contains { $0.hasPrefix(".zkml.") }
    }
    process.send(SIGHUP)
    #expect(process.wait() == 0)
  }

  @Test("a write that fails ends with status 3 and leaves nothing") func failedWrites() throws {
    let network = try TrainedNetwork()
    let (place, names) = (network.place, network.place.names)
    // As they are for a process of a shell, whatever is ignored here.
    let tool = "env --default-signal=PIPE,XFSZ '\(built("zkml"))'"
    for command in [
      "prove net --input '\(TrainedNetwork.sample(0))' -o b.proof", "setup net --overwrite --yes", "compile \(TrainedNetwork.model) --calibrate \(TrainedNetwork.calibration) -o other",
    ] {
      let result = try place.shell("ulimit -f \(command.hasPrefix("compile") ? 1 : 20); \(tool) \(command)")
      #expect(result.status == 3 && result.errors.contains("cannot be written: File too large"), "\(command): \(result)")
      #expect(place.names == names, "\(command)")
    }
    for command in ["verify --key net.vk a.proof --context 'order 1'", "inspect net.vk --json", "help prove"] {
      let piped = try place.shell("{ sleep 0.3; \(tool) \(command); echo $? >&2; } | true")
      #expect(piped.errors == "zkml: standard output cannot be written\n3\n", "\(command): \(piped.errors)")
    }
  }

  @Test("leftovers of killed runs are named, files of running ones are not") func leftovers() throws {
    let network = try TrainedNetwork(isProved: false)
    let place = network.place
    func prove() throws -> ToolResult {
      try place.run("prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof")
    }
    #expect(try prove().errors.isEmpty)
    try place.write([1], to: ".zkml.AbCdEf")
    let descriptor = open("\(place.path)/.zkml.GhIjKl", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
    #expect(descriptor >= 0 && flock(descriptor, LOCK_EX) == 0)
    let told = try prove()
    #expect(told.status == 0 && told.errors.contains("rm \(place.path)/.zkml.AbCdEf") && !told.errors.contains("GhIjKl"))
    close(descriptor)
    #expect(try prove().errors.contains("GhIjKl") && place.names.contains(".zkml.AbCdEf"))
  }

  @Test("folders of inputs that killed runs left are named, those of running ones are not") func folders() throws {
    let network = try TrainedNetwork(isProved: false)
    let arguments = ["measure", "@net", "--input", TrainedNetwork.sample(0), "--repeat", "1"]
    let evaluate = ["evaluate", "@net", "--data", TrainedNetwork.data, "--labels", "labels"]
    let folder = try #require(TemporaryFiles.makeFolder())
    defer { TemporaryFiles.discard([folder]) }
    #expect(try !network.succeed(arguments).errors.contains(folder))
    var template = Array("/tmp/zkml-run.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    defer { rmdir(template) }
    let left = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    for command in [arguments, evaluate] {
      let errors = try network.place.run(command).errors
      #expect(errors.contains("rm -r \(left)") && !errors.contains(folder), "\(command): \(errors)")
    }
  }

  @Test("secret files that others can read are named") func readers() throws {
    let network = try TrainedNetwork(isProved: false)
    let place = network.place
    try network.succeed("commit-input", "@net", "--input", TrainedNetwork.sample(0), "-o", "@x.input")
    let commands = [
      "net.weights": [["run", "@net", "--input", TrainedNetwork.sample(0)], ["setup", "@net", "--overwrite"], ["inspect", "@net.weights"]],
      "net.pk": [
        ["prove", "@net", "--committed-input", "@x.input", "-o", "@a.proof"], ["inspect", "@net.pk"],
        ["measure", "@net", "--input", TrainedNetwork.sample(0), "--repeat", "1"], ["setup", "@net", "--rerandomize"],
      ],
      "net.spent": [["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof"]],
      "x.input": [["prove", "@net", "--committed-input", "@x.input", "-o", "@a.proof"]],
      "x.input.spent": [["prove", "@net", "--committed-input", "@x.input", "-o", "@a.proof"]],
    ]
    for (name, commands) in commands {
      for arguments in commands {
        chmod("\(place.path)/\(name)", 0o640)
        let told = try network.succeed(arguments)
        #expect(told.errors.contains("chmod 600 \(place.path)/\(name)"), "\(arguments): \(told.errors)")
        chmod("\(place.path)/\(name)", 0o600)
        #expect(try !network.succeed(arguments).errors.contains("chmod"), "\(arguments)")
      }
    }
  }
}
