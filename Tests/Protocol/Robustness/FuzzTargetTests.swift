import FuzzTargets
import TestSupport
import Testing

/// What `scripts/fuzz` does for hours, for a moment: a trap ends the test run.
@Suite struct FuzzTargetTests {
  @Test("row 16: seeds are used as what they are, and so are changes of them", arguments: [FuzzTarget.proof, .key, .circuit])
  func seeds(target: FuzzTarget) {
    var random = RepeatableRandom(seed: 61)
    for seed in target.seeds {
      target.use(seed)
      for _ in 0..<40 {
        var copy = seed
        for _ in 0...Int.random(in: 0...2, using: &random) {
          copy[Int.random(in: copy.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        target.use(copy)
      }
    }
    #expect(target.seeds.count >= 4)
  }
}
