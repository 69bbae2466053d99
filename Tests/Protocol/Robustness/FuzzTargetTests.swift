import FuzzTargets
import TestSupport
import Testing

/// What `scripts/fuzz` does for hours, for a moment: a trap ends the test run.
@Suite struct FuzzTargetTests {
  @Test("row 16: seeds and what was found are used as what they are, and so are changes of them", arguments: FuzzTarget.allCases)
  func seeds(target: FuzzTarget) {
    var random = RepeatableRandom(seed: 61)
    let (seeds, corpus) = (target.seeds, target.corpus)
    for (index, seed) in (seeds + corpus).enumerated() {
      target.use(seed)
      guard !seed.isEmpty else { continue }
      for _ in 0..<(index < seeds.count ? 40 : 3) {
        var copy = seed
        for _ in 0...Int.random(in: 0...2, using: &random) {
          copy[Int.random(in: copy.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        target.use(copy)
      }
    }
    #expect(seeds.count + corpus.count >= 4)
  }
}
