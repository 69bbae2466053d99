import CPlatform
import Glibc
import Prover

/// How the process ends when it is told to, or crashes.
enum Ending {
  private static let signals: sigset_t = {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGHUP, SIGINT, SIGTERM] where !isIgnored(signal) { sigaddset(&signals, signal) }
    return signals
  }()

  /// Those of writes that fail, which the calls that write say too.
  static let ignored = [SIGPIPE, SIGXFSZ]

  /// At the beginning of the process, which has no other thread yet: none will be interrupted. Signals that whoever started it
  /// had blocked end it too. No write that fails does.
  static func prepare() {
    platform_guard_memory()
    for failure in ignored { signal(failure, SIG_IGN) }
    var signals = signals
    var thread = pthread_t()
    pthread_sigmask(SIG_SETMASK, &signals, nil)
    guard pthread_create(&thread, nil, { _ in Ending.wait() }, nil) != 0 else { return }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Removes what has no name yet and ends as the signal that comes ends a process.
  private static func wait() -> Never {
    var signals = signals
    var received: Int32 = 0
    while sigwait(&signals, &received) != 0 {}
    TemporaryFiles.removeAll {
      signal(received, SIG_DFL)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      kill(getpid(), received)
      while true { pause() }
    }
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    sigaction(signal, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }
}
