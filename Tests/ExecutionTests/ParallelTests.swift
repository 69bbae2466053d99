import Dispatch
import Execution
import Foundation
import Synchronization
import Testing

@Suite struct ParallelTests {
  @Test(arguments: [1, 2, 3, 64]) func everyIndexIsVisitedOnce(_ threads: Int) {
    for count in [0, 1, 2, 3, 100, 4097] {
      let visits = Mutex([Int](repeating: 0, count: count))
      Parallel.forEach(count, threads: threads) { index in visits.withLock { $0[index] += 1 } }
      let areSingle = visits.withLock { $0.allSatisfy { $0 == 1 } }
      #expect(areSingle)
    }
  }

  /// Workers that sleep, that just ended, that others have, and regions within regions.
  @Test func regionsOfAllKindsEnd() {
    let sum = Atomic<Int>(0)
    for pause in [0, 0, 5_000, 0, 100_000, 0, 0] {
      usleep(UInt32(pause))
      Parallel.forEach(50, threads: 4) { outer in
        Parallel.forEach(20, threads: 4) { inner in
          sum.wrappingAdd(outer * inner, ordering: .relaxed)
        }
      }
    }
    #expect(sum.load(ordering: .relaxed) == 7 * (49 * 25) * (19 * 10))
  }

  /// Aside work that is short, long or never begun by a worker, beside regions, on threads that compete for workers.
  @Test(arguments: [1, 2, 8]) func bothArePerformedOnce(_ threads: Int) {
    let runs = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for turn in 0..<500 {
        let (first, second) = Parallel.both(threads: threads) {
          runs.wrappingAdd(1, ordering: .relaxed)
          if turn % 50 == 0 { usleep(200) }
          return (0..<turn).reduce(thread, +)
        } _: { left in
          let sum = Atomic<Int>(0)
          Parallel.forEach(turn % 7, threads: left) { index in
            Parallel.forEach(3, threads: left) { sum.wrappingAdd(index + $0, ordering: .relaxed) }
          }
          return sum.load(ordering: .relaxed)
        }
        let count = turn % 7
        if first != thread + turn * (turn - 1) / 2 || second != 3 * count * (count - 1) / 2 + 3 * count { runs.wrappingAdd(1 << 32, ordering: .relaxed) }
      }
    }
    #expect(runs.load(ordering: .relaxed) == 2000)
  }
}
