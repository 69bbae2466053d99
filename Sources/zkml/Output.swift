import Glibc
import Model
import Synchronization

/// All that the tool shows: lines on standard output and standard error.
enum Output {
  private static let hasFailed = Mutex(false)

  /// Whether an object was asked for, also where arguments cannot be parsed.
  static let isJSON = CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains("--json")

  /// False when something that was to be on standard output is not there.
  static var isComplete: Bool { hasFailed.withLock { !$0 } }

  /// One line on standard output, whatever names are in it.
  static func show(_ line: String) {
    let isWritten = StatusLine.pause { write(line.printable + "\n", to: STDOUT_FILENO) }
    if !isWritten { hasFailed.withLock { $0 = true } }
  }

  /// Lines on standard output, of the tool's own text.
  static func showPage(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) { show(String(line)) }
  }

  /// One object on standard output.
  static func show(_ object: JSON) {
    let isWritten = StatusLine.pause {
      var target = Pieces()
      object.write(to: &target)
      target.write("\n")
      target.flush()
      return target.isWritten
    }
    if !isWritten { hasFailed.withLock { $0 = true } }
  }

  /// What is written to standard output whenever it is long enough.
  private struct Pieces: TextOutputStream {
    private var text = ""
    private(set) var isWritten = true

    mutating func write(_ piece: String) {
      text += piece
      if text.utf8.count >= 1 << 16 { flush() }
    }

    mutating func flush() {
      isWritten = isWritten && Output.write(text, to: STDOUT_FILENO)
      text = ""
    }
  }

  /// One line on standard error.
  static func showError(_ line: String) {
    _ = StatusLine.pause { write(line.printable + "\n", to: STDERR_FILENO) }
  }

  /// Asks on a terminal; true without one.
  static func confirm(_ question: String) -> Bool {
    guard isatty(STDIN_FILENO) == 1 else { return true }
    _ = StatusLine.pause { write(question.printable, to: STDERR_FILENO) }
    return readLine().map { $0.lowercased().hasPrefix("y") } ?? false
  }

  /// Keeps the first three descriptors from being given to files: what is shown would be written there.
  static func reserveDescriptors() {
    while true {
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard (STDIN_FILENO...STDERR_FILENO).contains(descriptor) else {
        close(descriptor)
        return
      }
    }
  }

  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
