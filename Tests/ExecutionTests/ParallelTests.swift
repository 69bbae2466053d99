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
}
