/// BLAKE2b-256 of as many messages of one length as `Lanes` has elements, without key and with zero salt (RFC 7693).
struct Blake2bLanes<Lanes: SIMD<UInt64>> {
  private var h0, h1, h2, h3, h4, h5, h6, h7: Lanes

  /// - Precondition: `personalization` has 16 bytes.
  init(personalization: [UInt8]) {
    precondition(personalization.count == 16, "a personalization has 16 bytes")
    let words = [0, 8].map { start in
      personalization[start..<start + 8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    }
    h0 = Lanes(repeating: blake2bVector[0] ^ 0x0101_0020)
    h1 = Lanes(repeating: blake2bVector[1])
    h2 = Lanes(repeating: blake2bVector[2])
    h3 = Lanes(repeating: blake2bVector[3])
    h4 = Lanes(repeating: blake2bVector[4])
    h5 = Lanes(repeating: blake2bVector[5])
    h6 = Lanes(repeating: blake2bVector[6] ^ words[0])
    h7 = Lanes(repeating: blake2bVector[7] ^ words[1])
  }

  /// The digests' words: word k of message l is element l of the k-th vector.
  var digest: (Lanes, Lanes, Lanes, Lanes) { (h0, h1, h2, h3) }

  /// Absorbs a block of 16 words; word k of message l is at `words` + k·`pitch` + l.
  ///
  /// - Parameter byteCount: bytes of a message up to the end of this block, padding not counted.
  mutating func absorb(_ words: UnsafePointer<UInt64>, pitch: Int, byteCount: Int, isLast: Bool) {
    var (v0, v1, v2, v3) = (h0, h1, h2, h3)
    var (v4, v5, v6, v7) = (h4, h5, h6, h7)
    var v8 = Lanes(repeating: blake2bVector[0])
    var v9 = Lanes(repeating: blake2bVector[1])
    var v10 = Lanes(repeating: blake2bVector[2])
    var v11 = Lanes(repeating: blake2bVector[3])
    var v12 = Lanes(repeating: blake2bVector[4] ^ UInt64(byteCount))
    var v13 = Lanes(repeating: blake2bVector[5])
    var v14 = Lanes(repeating: isLast ? ~blake2bVector[6] : blake2bVector[6])
    var v15 = Lanes(repeating: blake2bVector[7])
    let raw = UnsafeRawPointer(words)
    let schedule = blake2bSchedule.span
    for round in 0..<12 {
      let row = 16 &* round
      func word(_ index: Int) -> Lanes {
        raw.loadUnaligned(fromByteOffset: Int(schedule[unchecked: row &+ index]) &* pitch &* 8, as: Lanes.self)
      }
      mix(&v0, &v4, &v8, &v12, word(0), word(1))
      mix(&v1, &v5, &v9, &v13, word(2), word(3))
      mix(&v2, &v6, &v10, &v14, word(4), word(5))
      mix(&v3, &v7, &v11, &v15, word(6), word(7))
      mix(&v0, &v5, &v10, &v15, word(8), word(9))
      mix(&v1, &v6, &v11, &v12, word(10), word(11))
      mix(&v2, &v7, &v8, &v13, word(12), word(13))
      mix(&v3, &v4, &v9, &v14, word(14), word(15))
    }
    h0 ^= v0 ^ v8
    h1 ^= v1 ^ v9
    h2 ^= v2 ^ v10
    h3 ^= v3 ^ v11
    h4 ^= v4 ^ v12
    h5 ^= v5 ^ v13
    h6 ^= v6 ^ v14
    h7 ^= v7 ^ v15
  }
}

@inline(__always)
private func mix<Lanes: SIMD<UInt64>>(
  _ a: inout Lanes, _ b: inout Lanes, _ c: inout Lanes, _ d: inout Lanes, _ x: Lanes, _ y: Lanes
) {
  a = a &+ b &+ x
  d ^= a
  d = (d &>> 32) | (d &<< 32)
  c = c &+ d
  b ^= c
  b = (b &>> 24) | (b &<< 40)
  a = a &+ b &+ y
  d ^= a
  d = (d &>> 16) | (d &<< 48)
  c = c &+ d
  b ^= c
  b = (b &>> 63) | (b &+ b)
}

private let blake2bVector: [UInt64] = [
  0x6A09_E667_F3BC_C908, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1,
  0x510E_527F_ADE6_82D1, 0x9B05_688C_2B3E_6C1F, 0x1F83_D9AB_FB41_BD6B, 0x5BE0_CD19_137E_2179,
]

private let blake2bSchedule: [UInt8] = {
  let rounds: [[UInt8]] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
  ]
  return (0..<12).flatMap { rounds[$0 % 10] }
}()
