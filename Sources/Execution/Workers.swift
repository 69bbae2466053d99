import CPlatform
import Dispatch
import Foundation
import Synchronization

/// A thread that lends itself to whoever has work.
///
/// Work of a proof comes in thousands of pieces of microseconds; to wake a thread takes as long as fifty of them. So a
/// worker looks for more work for a moment before it sleeps, and work that it has not begun when the rest is done is
/// taken back from it.
private final class Worker: @unchecked Sendable {
  private enum State {
    static let idle = 0
    static let reserved = 1
    static let posted = 2
    static let running = 3
  }

  private let state = Atomic<Int>(State.idle)
  private let isAsleep = Atomic<Bool>(false)
  private let bell = DispatchSemaphore(value: 0)
  /// Whoever reserved the worker writes it. A pointer, since the compiler moves a closure's reference counts past atomics.
  private var work: UnsafePointer<() -> Void>?

  /// Looks at `state` this often before it sleeps, for about a millisecond.
  private static let patience = 1 << 14

  init() {
    let thread = Thread { [self] in serve() }
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Takes the worker if nobody has it.
  func reserve() -> Bool {
    state.compareExchange(expected: State.idle, desired: State.reserved, ordering: .acquiring).exchanged
  }

  /// Gives a reserved worker its work, which must stay there until `finish` returns.
  func post(_ work: UnsafePointer<() -> Void>) {
    self.work = work
    state.store(State.posted, ordering: .sequentiallyConsistent)
    if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.signal() }
  }

  /// Returns when the work is done or was taken back.
  func finish() {
    guard !state.compareExchange(expected: State.posted, desired: State.idle, ordering: .relaxed).exchanged else { return }
    var looks = 0
    while state.load(ordering: .acquiring) != State.idle { Self.wait(&looks) }
  }

  private func serve() {
    while true {
      var looks = 0
      while state.load(ordering: .relaxed) != State.posted, looks < Self.patience { Self.wait(&looks) }
      if state.compareExchange(expected: State.posted, desired: State.running, ordering: .acquiring).exchanged {
        if let work { Self.perform(work) }
        state.store(State.idle, ordering: .releasing)
      } else if looks >= Self.patience {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        // Who posts from here on rings the bell, and who posted just before has not seen that it is needed.
        let isPosted = state.load(ordering: .sequentiallyConsistent) == State.posted
        if !isPosted || !isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.wait() }
      }
    }
  }

  /// Not inlined: all references to what the closure holds end here.
  @inline(never) private static func perform(_ work: UnsafePointer<() -> Void>) { work.pointee() }

  private static func wait(_ looks: inout Int) {
    looks += 1
    if looks & 1023 == 0 { sched_yield() } else { platform_pause() }
  }
}

/// The workers of this process, one for each core but the first.
enum Workers {
  private static let all = (1..<max(ProcessInfo.processInfo.activeProcessorCount, 1)).map { _ in Worker() }

  /// Runs `work` here and on as many free workers as there are, at most `helpers`, at the same time.
  static func run(helpers: Int, _ work: () -> Void) {
    withoutActuallyEscaping(work) { work in
      withUnsafePointer(to: work) { pointer in
        var taken: [Worker] = []
        for worker in all where taken.count < helpers && worker.reserve() {
          worker.post(pointer)
          taken.append(worker)
        }
        work()
        for worker in taken { worker.finish() }
      }
    }
  }
}
