import CSodium
import Field
import Prover
import TestSupport
import Testing
import Verifier

@Suite struct HashTreeTests {
  private let leafTag = Array("zkml.leaf\0\0\0\0\0\0\0".utf8)
  private let nodeTag = Array("zkml.node\0\0\0\0\0\0\0".utf8)

  private func digest(_ message: [UInt8], _ personalization: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let salt = [UInt8](repeating: 0, count: 16)
    let status = crypto_generichash_blake2b_salt_personal(
      &digest, 32, message, UInt64(message.count), nil, 0, salt, personalization)
    #expect(status == 0)
    return digest
  }

  private func bytes(_ element: BaseField) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: element.value >> (8 * $0)) } }

  @Test(arguments: Array(1...17) + [31, 63, 64, 65, 70, 256], [0, 1, 5, 13, 14, 15, 16, 17, 30, 31, 32, 33, 40, 100])
  func leavesAgreeWithSodium(_ columnCount: Int, _ rowCount: Int) {
    var random = RepeatableRandom(seed: 301)
    let symbols = random.baseFields(columnCount * rowCount)
    let salts = (0..<16 * columnCount).map { _ in UInt8.random(in: 0...255, using: &random) }
    for salt in [[], salts] {
      let expected = (0..<columnCount).flatMap { column in
        let content = (0..<rowCount).flatMap { bytes(symbols[$0 * columnCount + column]) }
        return digest(content + salt.dropFirst(16 * column).prefix(16), leafTag)
      }
      for threads in [1, 2] {
        let leaves = hashLeaves(
          symbols, columnCount: columnCount, personalization: leafTag, salts: salt, threads: threads)
        #expect(leaves.flatMap(\.bytes) == expected)
      }
    }
  }

  @Test(arguments: [0, 1, 2, 3, 6, 9]) func treesAgreeWithSodium(_ depth: Int) {
    var random = RepeatableRandom(seed: 302)
    let leaves = (0..<1 << depth).map { _ in
      Digest(words: SIMD4.random(in: 0 ... .max, using: &random))
    }
    var expected = [leaves]
    while let level = expected.last, level.count > 1 {
      expected.append(
        stride(from: 0, to: level.count, by: 2).map {
          Digest(bytes: digest(level[$0].bytes + level[$0 + 1].bytes, nodeTag)[...])
        })
    }
    for threads in [1, 2] { #expect(buildTree(leaves, personalization: nodeTag, threads: threads) == expected) }
  }

  @Test("the nonce is the first that a verifier takes", arguments: [0, 1, 5, 8, 12, 13], [1, 2, 3])
  func nonces(bits: Int, threads: Int) {
    for seed in 0..<3 as Range<UInt8> {
      var sponge = Sponge()
      sponge.observe("seed", [seed])
      var expected: UInt64 = 0
      while !sponge.isGround(expected.littleEndianBytes[...], bits: bits) { expected += 1 }
      #expect(firstNonce(after: sponge.state, bits: bits, threads: threads) == expected)
    }
  }
}
