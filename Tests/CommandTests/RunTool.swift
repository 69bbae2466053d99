import Foundation
import Glibc
import Testing

/// What one run of the tool gave.
struct ToolResult {
  let status: Int32
  let output: String
  let errors: String

  var errorLines: [Substring] { errors.split(separator: "\n") }
}

/// A folder for one test, removed with it, and the tool run in it.
final class Workplace {
  let path: String

  init() throws {
    var template = Array("/tmp/zkml-test.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { _ = try? ChildProcess(["rm", "-rf", path], output: "/dev/null").wait() }

  /// Runs the tool with a memory of its own; `@` at the start of an argument stands for the folder.
  @discardableResult
  func run(_ arguments: [String], cache: String? = nil, under program: [String] = []) throws -> ToolResult {
    let logs = [path + "/.output", path + "/.errors"]
    let status = try start(arguments, cache: cache, logs: logs, under: program).wait()
    defer { for log in logs { unlink(log) } }
    return ToolResult(
      status: status, output: String(decoding: try bytes(".output"), as: UTF8.self),
      errors: String(decoding: try bytes(".errors"), as: UTF8.self))
  }

  /// Starts the tool, which writes standard output and errors to the two files.
  ///
  /// - Parameter program: One that starts it, with its arguments.
  func start(_ arguments: [String], cache: String? = nil, logs: [String], under program: [String] = []) throws -> ChildProcess {
    let words = arguments.map { $0.hasPrefix("@") ? path + "/" + $0.dropFirst() : $0 }
    return try ChildProcess(
      program + [built("zkml")] + words, output: logs[0], errors: logs[1],
      environment: ["XDG_CACHE_HOME=\(cache ?? path + "/.cache")"])
  }

  /// Runs a script of bash in the folder; `zkml` stands for the tool.
  func shell(_ script: String) throws -> ToolResult {
    let logs = [path + "/.output", path + "/.errors"]
    defer { for log in logs { unlink(log) } }
    let status = try ChildProcess(
      ["/bin/bash", "-c", "cd \(path); zkml() { '\(built("zkml"))' \"$@\"; }; \(script)"], output: logs[0], errors: logs[1],
      environment: ["XDG_CACHE_HOME=\(path)/.cache"]
    ).wait()
    return ToolResult(
      status: status, output: String(decoding: try bytes(".output"), as: UTF8.self),
      errors: String(decoding: try bytes(".errors"), as: UTF8.self))
  }

  @discardableResult
  func run(_ arguments: String...) throws -> ToolResult { try run(arguments) }

  func bytes(_ name: String) throws -> [UInt8] {
    let file = try #require(fopen(path + "/" + name, "r"), "\(name)")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&part, 1, part.count, file)
      guard count > 0 else { return bytes }
      bytes += part.prefix(count)
    }
  }

  /// A file that only its owner can read.
  func write(_ bytes: [UInt8], to name: String) throws {
    let file = try #require(fopen(path + "/" + name, "w"), "\(name)")
    defer { fclose(file) }
    fchmod(fileno(file), 0o600)
    try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }

  func mode(_ name: String) -> mode_t {
    var status = stat()
    return stat(path + "/" + name, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  /// The names of all files but the memory of the tool, sorted.
  var names: [String] { names(in: "").filter { ![".cache", ".output", ".errors"].contains($0) } }

  func names(in folder: String) -> [String] {
    guard let folder = opendir(path + "/" + folder) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.filter { ![".", ".."].contains($0) }.sorted()
  }
}

/// The folder of a network of the project.
func circuitFolder(_ name: String) -> String {
  #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/circuits/" + name
}

/// What is built beside the tests.
func built(_ name: String) -> String {
  var path = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &path, path.count - 1)
  let executable = path.prefix(max(count, 0)).map(UInt8.init(bitPattern:))
  let folder = executable.lastIndex(of: UInt8(ascii: "/")).map { executable[..<$0] } ?? []
  return String(decoding: folder, as: UTF8.self) + "/" + name
}

/// Whether `measure --onnxruntime` can be tested.
let hasONNXRuntime: Bool = {
  (try? ChildProcess(["python3", "-c", "import onnxruntime, numpy"], output: "/dev/null").wait()) == 0
}()

/// A running process whose standard output is a pipe or a file; its end is awaited when it is killed or waited for.
final class ChildProcess {
  let identifier: pid_t
  private let output: Int32

  init(
    _ arguments: [String], input: String = "/dev/null", output: String? = nil, errors: String = "/dev/null",
    environment: [String] = []
  ) throws {
    var pipe: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    if output == nil { try #require(socketpair(AF_UNIX, kind, 0, &pipe) == 0) }
    self.output = pipe[0]
    defer { close(pipe[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY | O_NOCTTY, 0)
    if let output {
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    } else {
      posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO)
    }
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var words = arguments.map { strdup($0) } + [nil]
    let inherited = ["PATH", "HOME", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    var variables = (inherited + environment).map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var process = pid_t()
    let status = posix_spawnp(&process, arguments[0], &actions, nil, &words, &variables)
    identifier = process
    try #require(status == 0 && process > 0, "\(arguments[0])")
  }

  deinit { if output >= 0 { close(output) } }

  /// Waits for bytes in the pipe, or for its end; returns how many came.
  func receive(_ count: Int) throws -> Int {
    var bytes = [UInt8](repeating: 0, count: count)
    var received = 0
    while received < count {
      let more = read(output, &bytes, count - received)
      if more < 0, errno == EINTR { continue }
      try #require(more >= 0)
      if more == 0 { break }
      received += more
    }
    return received
  }

  func send(_ signal: Int32) { Glibc.kill(identifier, signal) }

  func kill() {
    send(SIGKILL)
    _ = wait()
  }

  /// Of a process that was waited for: seconds of all threads, and the most memory.
  private(set) var usage = (cpuSeconds: 0.0, peakByteCount: 0)

  /// The exit status, 128 + the signal for a process that was killed.
  ///
  /// Memory is that of the process as it was last seen, 5 ms before its end at the earliest: `ru_maxrss` is at least
  /// the memory of the process that started it.
  func wait() -> Int32 {
    var ending: Int32 = 0
    var used = rusage()
    while wait4(identifier, &ending, WNOHANG, &used) != identifier {
      usage.peakByteCount = max(usage.peakByteCount, peakByteCount ?? 0)
      usleep(5_000)
    }
    let seconds = { (time: timeval) in Double(time.tv_sec) + 1e-6 * Double(time.tv_usec) }
    usage.cpuSeconds = seconds(used.ru_utime) + seconds(used.ru_stime)
    return ending & 0x7f == 0 ? (ending >> 8) & 0xff : 128 + ending & 0x7f
  }

  /// The most memory that the process has had, while it runs.
  private var peakByteCount: Int? {
    let lines = try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8).split(separator: "\n")
    return lines?.first { $0.hasPrefix("VmHWM:") }?.split(whereSeparator: \.isWhitespace).dropFirst().first
      .flatMap { Int($0) }.map { $0 << 10 }
  }
}
