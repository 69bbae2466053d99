import CPlatform
import Dispatch
import Foundation
import Synchronization

/// A thread that lends itself to whoever has work.
///
/// Work of a proof comes in thousands of pieces of microseconds; to wake a thread takes as long as fifty of them. So a
/// worker looks for more work for a moment before it sleeps, and work that it has not begun when the rest is done is
/// taken back from it. Work is given by address, since the compiler moves a closure's reference counts past atomics.
private final class Worker: @unchecked Sendable {
  /// The address of work that waits, or 0.
  private let posted = Atomic<Int>(0)
  /// The address of work that the worker does, or is about to take, or 0.
  private let running = Atomic<Int>(0)
  private let isAsleep = Atomic<Bool>(false)
  private let bell = DispatchSemaphore(value: 0)

  /// Looks for work this often before it sleeps, for about a millisecond.
  private static let patience = 1 << 14

  init() {
    let thread = Thread { [self] in serve() }
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Has the work wait for the worker, if none does; then it must stay there until `finish` returns.
  func post(_ work: UnsafePointer<() -> Void>) -> Bool {
    guard posted.compareExchange(expected: 0, desired: Int(bitPattern: work), ordering: .sequentiallyConsistent).exchanged else { return false }
    if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.signal() }
    return true
  }

  /// Returns when the work is done, true; or takes it back.
  func finish(_ work: UnsafePointer<() -> Void>) -> Bool {
    let address = Int(bitPattern: work)
    if posted.compareExchange(expected: address, desired: 0, ordering: .acquiring).exchanged { return false }
    // Who has taken it said so before.
    var looks = 0
    while running.load(ordering: .acquiring) == address { Self.wait(&looks) }
    return true
  }

  private func serve() {
    while true {
      var looks = 0
      var address = posted.load(ordering: .relaxed)
      while address == 0, looks < Self.patience {
        Self.wait(&looks)
        address = posted.load(ordering: .relaxed)
      }
      if let work = UnsafePointer<() -> Void>(bitPattern: address) {
        running.store(address, ordering: .sequentiallyConsistent)
        if posted.compareExchange(expected: address, desired: 0, ordering: .sequentiallyConsistent).exchanged { Self.perform(work) }
        running.store(0, ordering: .releasing)
      } else {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        // Who posts from here on rings the bell, and who posted just before has not seen that it is needed.
        let isPosted = posted.load(ordering: .sequentiallyConsistent) != 0
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

  static var count: Int { all.count }

  /// Runs `work` here and on as many workers as come to it meanwhile, at most `helpers`.
  static func run(helpers: Int, _ work: () -> Void) {
    withoutActuallyEscaping(work) { work in
      withUnsafePointer(to: work) { pointer in
        var asked: [Worker] = []
        for worker in all where asked.count < helpers && worker.post(pointer) { asked.append(worker) }
        work()
        for worker in asked { _ = worker.finish(pointer) }
      }
    }
  }

  /// Runs `aside` on a worker while `work` runs here, or here afterwards.
  static func run(aside: () -> Void, _ work: () -> Void) {
    withoutActuallyEscaping(aside) { aside in
      withUnsafePointer(to: aside) { pointer in
        let worker = all.first { $0.post(pointer) }
        work()
        if let worker, worker.finish(pointer) { return }
        aside()
      }
    }
  }
}
