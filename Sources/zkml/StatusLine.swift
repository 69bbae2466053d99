import Dispatch
import Glibc
import Synchronization

/// A line on a terminal that says what is being done, and for how long; rewritten in place.
///
/// Nothing is shown in the first second, nor when standard error is not a terminal.
enum StatusLine {
  private struct State {
    var text: String?
    var start = ContinuousClock.now
    var isVisible = false
  }

  private static let state = Mutex(State())
  private static let interval = DispatchTimeInterval.milliseconds(200)
  private static let width = 78

  /// Shows a text until the next one or `end`.
  static func show(_ text: String) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    let isFirst = state.withLock { state in
      let isFirst = state.text == nil
      if isFirst { state.start = .now }
      state.text = text.printable
      draw(&state)
      return isFirst
    }
    if isFirst { tick() }
  }

  /// Writes to the terminal while the line is cleared.
  static func pause(_ body: () -> Bool) -> Bool {
    state.withLock { state in
      erase(&state)
      return body()
    }
  }

  static func end() {
    state.withLock { state in
      erase(&state)
      state.text = nil
    }
  }

  private static func tick() {
    let isActive = state.withLock { state in
      draw(&state)
      return state.text != nil
    }
    if isActive { DispatchQueue.global().asyncAfter(deadline: .now() + interval) { tick() } }
  }

  private static func draw(_ state: inout State) {
    let seconds = (ContinuousClock.now - state.start) / .seconds(1)
    guard let text = state.text, seconds >= 1 else { return }
    emit("\r" + "\(text), \(Int(seconds)) s".prefix(width) + "\u{1b}[K")
    state.isVisible = true
  }

  private static func erase(_ state: inout State) {
    if state.isVisible { emit("\r\u{1b}[K") }
    state.isVisible = false
  }

  private static func emit(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
