import FoundationEssentials
import Glibc
import Testing

/// A verified inference rests on its proof and on the key's proofs about weights: both errors and their sum are shown.
@Suite struct SoundnessOutputTests {
  /// The bits of a sum of errors.
  private func together(_ bits: [Double]) -> Double { -log2(bits.reduce(0) { $0 + exp2(-$1) }) }

  private func isClose(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 0.02 }

  @Test func proofsRestOnTheChainUpToTheirCommitment() throws {
    let network = try TrainedNetwork(isProved: false, setup: "--proofs", "2")
    func prove(_ name: String) throws {
      try network.succeed("prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@\(name).proof")
    }
    try prove("old")
    try network.succeed("setup", "@net", "--rerandomize", "--proofs", "3")
    try prove("new")
    let key: Inspected = try network.object("inspect", "@net.vk")
    let weights = key.chain.compactMap(\.soundness?.total)
    #expect(weights.count == 2 && weights.allSatisfy { $0 > 100 })
    for (name, count) in [("old", 1), ("new", 2)] {
      let verified: Verified = try network.object("verify", "--key", "@net.vk", "@\(name).proof")
      let inspected: Resting = try network.object("inspect", "@\(name).proof", "--key", "@net.vk")
      let resting = verified.proofs[0]
      #expect(resting == inspected)
      let weightBits = try #require(resting.weights_soundness_bits)
      #expect(isClose(weightBits, together(Array(weights.prefix(count)))))
      #expect(isClose(resting.total_soundness_bits, together([resting.soundness_bits, weightBits])))
      #expect(resting.total_soundness_bits < min(resting.soundness_bits, weightBits) && resting.work_bits == 12)
      for text in [
        try network.succeed("verify", "--key", "@net.vk", "@\(name).proof").output,
        try network.succeed("inspect", "@\(name).proof", "--key", "@net.vk").output,
      ] {
        #expect(text.contains(" this proof, 2^-") && text.contains(count == 1 ? " the key's proof about weights" : " the key's 2 proofs about weights"))
        #expect(text.contains(" together\n") && text.contains("computational: 12 of the bits at positions are work"))
      }
    }
    let text = try network.succeed("inspect", "@net.vk").output
    #expect(text.contains(" together\n") && text.contains("work      at most ") && isClose(key.total_soundness_bits, together(weights + [key.soundness_bits])))
    #expect(key.work > 0 && key.weights_work > 0 && max(key.work, key.weights_work) < key.work_cap && key.work_cap == 1 << 30)
  }
}

private struct Resting: Decodable, Equatable {
  let soundness_bits, total_soundness_bits: Double
  let weights_soundness_bits: Double?
  let work_bits: Int
}

private struct Verified: Decodable { let proofs: [Resting] }

private struct Inspected: Decodable {
  struct Sum: Decodable { let total: Double }
  struct Link: Decodable { let soundness: Sum? }
  let chain: [Link]
  let soundness_bits, total_soundness_bits: Double
  let work, weights_work, work_cap: Int
}
