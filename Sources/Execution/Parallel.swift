import Synchronization

/// Work split over threads. The split never depends on the thread count, so neither does any result.
package enum Parallel {
  /// Runs `body` for every index below `count`, in any order, on at most `threads` threads.
  package static func forEach(_ count: Int, threads: Int, _ body: (Int) -> Void) {
    precondition(threads > 0, "at least one thread")
    guard threads > 1, count > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    nonisolated(unsafe) let work = body
    let next = Atomic<Int>(0)
    Workers.run(helpers: min(threads, count) - 1) {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        work(index)
      }
    }
  }

  /// The results of two pieces of work, at the same time where a thread is free.
  ///
  /// - Parameter body: Receives how many threads it may use: one less, or all where there are no more; then the worker of
  ///   `aside` comes to it once it is done.
  package static func both<A, B>(threads: Int, _ aside: () -> A, _ body: (_ threads: Int) -> B) -> (A, B) {
    guard threads > 1 else { return (aside(), body(threads)) }
    nonisolated(unsafe) var first: A?
    nonisolated(unsafe) let work = aside
    var second: B?
    Workers.run(aside: { first = work() }) { second = body(Workers.count < threads ? threads : threads - 1) }
    guard let first, let second else { preconditionFailure("both were run") }
    return (first, second)
  }

  /// Runs `body` on consecutive ranges of `size` indices below `count`, the last one shorter.
  package static func forEachRange(_ count: Int, size: Int, threads: Int, _ body: (Range<Int>) -> Void) {
    precondition(size > 0, "a range has indices")
    forEach((count + size - 1) / size, threads: threads) { index in
      body(index * size..<min((index + 1) * size, count))
    }
  }
}
