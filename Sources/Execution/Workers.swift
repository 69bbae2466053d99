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
  /// A work's address while it is posted, and 1 more while it is done: who posted it tells its own from that of others.
  private enum State {
    static let idle = 0
    static let reserved = 1

    static func posted(_ work: UnsafePointer<() -> Void>) -> Int { Int(bitPattern: work) }
    static func running(_ work: UnsafePointer<() -> Void>) -> Int { Int(bitPattern: work) | 1 }
    static func isPosted(_ state: Int) -> Bool { state > reserved && state & 1 == 0 }
  }

  private let state = Atomic<Int>(State.idle)
  private let isAsleep = Atomic<Bool>(false)
  private let bell = DispatchSemaphore(value: 0)

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
  ///
  /// By address, since the compiler moves a closure's reference counts past atomics.
  func post(_ work: UnsafePointer<() -> Void>) {
    state.store(State.posted(work), ordering: .sequentiallyConsistent)
    if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.signal() }
  }

  /// Returns when the work is done or was taken back.
  func finish(_ work: UnsafePointer<() -> Void>) {
    let taken = state.compareExchange(expected: State.posted(work), desired: State.idle, ordering: .acquiring)
    guard !taken.exchanged else { return }
    var looks = 0
    while state.load(ordering: .acquiring) == State.running(work) { Self.wait(&looks) }
  }

  private func serve() {
    while true {
      var looks = 0
      var seen = state.load(ordering: .relaxed)
      while !State.isPosted(seen), looks < Self.patience {
        Self.wait(&looks)
        seen = state.load(ordering: .relaxed)
      }
      if let work = UnsafePointer<() -> Void>(bitPattern: seen), State.isPosted(seen) {
        guard state.compareExchange(expected: seen, desired: State.running(work), ordering: .acquiring).exchanged else { continue }
        Self.perform(work)
        state.store(State.idle, ordering: .releasing)
      } else {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        // Who posts from here on rings the bell, and who posted just before has not seen that it is needed.
        let isPosted = State.isPosted(state.load(ordering: .sequentiallyConsistent))
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
        for worker in taken { worker.finish(pointer) }
      }
    }
  }
}
