import Prover

/// What a key and then a proof draw, in order.
enum SecretDraw: Int, CaseIterable {
  case modelTails, modelSalts
  case pads, tails, salts
  case levelMasks, levelTails, levelSalts
}

/// A change of what is drawn: a mask left out, or one used twice.
typealias SecretChange = @Sendable (SecretDraw, inout [UInt8]) -> Void

/// Zeros instead of a draw, or of some of its bytes.
func without(_ draw: SecretDraw, _ ranges: [Range<Int>] = [0..<Int.max]) -> SecretChange {
  { current, bytes in
    guard current == draw else { return }
    for range in ranges { for index in range.clamped(to: bytes.indices) { bytes[index] = 0 } }
  }
}

/// Secrets of which some are drawn anew for each proof, and the others are the same in all of them.
struct StagedSecrets: SecretSource {
  private var fresh: SecretStream
  private var kept: SecretStream
  private var next: Int
  private let renewed: [SecretDraw: Range<Int>]
  private let change: SecretChange

  /// - Parameters:
  ///   - first: What is drawn first.
  ///   - stream: Another one for each commitment that is made before.
  ///   - renewed: By draw, the bytes that are drawn anew.
  init(
    from first: SecretDraw, stream: Int = 0, number: UInt64, renewed: [SecretDraw: Range<Int>],
    change: @escaping SecretChange = { _, _ in }
  ) {
    func seed(_ number: UInt64) -> [UInt8] {
      number.littleEndianBytes + [UInt8](repeating: UInt8(first.rawValue + 16 * stream), count: SecretStream.seedByteCount - 8)
    }
    fresh = SecretStream(seed: seed(number + 1))
    kept = SecretStream(seed: seed(0))
    next = first.rawValue
    self.renewed = renewed
    self.change = change
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    var (bytes, new) = (kept.bytes(count), fresh.bytes(count))
    defer { next += 1 }
    guard let draw = SecretDraw(rawValue: next) else { preconditionFailure("no secrets are drawn after the last level's") }
    if let range = renewed[draw]?.clamped(to: bytes.indices) { bytes[range] = new[range] }
    new = bytes
    change(draw, &new)
    return new
  }
}
